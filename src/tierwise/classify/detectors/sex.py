"""Sex in columns: a weak sign alone, but part of an identity kit."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_WORDS: Final = frozenset(
    {"m", "f", "male", "female", "man", "woman", "x", "u", "other", "unknown", "indeterminate", "non-binary", "1", "2", "0", "9"}
)


def judge(text: str) -> Match:
    """A word or code for a sex; numbers are the NHS Data Dictionary's person stated gender codes."""
    return Match.REAL if text.lower() in _WORDS else Match.NO


DETECTOR: Final = Detector(
    id="sex",
    title="sex",
    category=DataCategory(Category.C1),
    columns=(
        "sex",
        "gender",
        "patient sex",
        "person sex",
        "sex at birth",
        "sex code",
        "gender code",
        "rhyw",
    ),
    weak=True,
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"[A-Za-z -]{1,14}|[0-9]",
        judge=judge,
        strength=Strength.WEAK,
        chance=1.0,
        named_rate=0.5,
        as_written=True,
        people=True,
        positives=("M", "female", "Non-binary", "2"),
        negatives=("blue", "7"),
    ),
    column_positives=(
        "sex:char(1)",
        "gender",
        "sex_at_birth",
    ),
    column_negatives=(
        "gender_options",
        "sex_required:bool",
        "essex",
    ),
)
