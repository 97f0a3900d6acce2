"""Health and Care numbers of Northern Ireland: the check of NHS numbers, issued from 320 000 0001 to 399 999 9999."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values, strongest
from tierwise.classify.digits import TEN_DIGITS, digits, groups, has_context, mod11
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_CONTEXT: Final = frozenset({"hcn", "patient", "health", "care"})


def find(text: str) -> Match:
    """A number with check digit and range, in a text that speaks of health and care."""
    return strongest(judge(number) for number in groups(text, 3, 3, 4)) if has_context(text, _CONTEXT) else Match.NO


def judge(number: str) -> Match:
    """Ten digits from 32 to 39 with the modulus-11 check."""
    return Match.REAL if number[0] == "3" and number[1] in "23456789" and mod11(number) else Match.NO


DETECTOR: Final = Detector(
    id="hc_number",
    title="Health and Care number",
    category=DataCategory(Category.C2),
    columns=("hcn", "h c number", "hc number", "health and care number"),
    column_confidence=0.9,
    types=TEXT_OR_NUMBER,
    find=find,
    needs=digits(10),
    values=Values(
        shape=TEN_DIGITS,
        judge=judge,
        strength=Strength.MEDIUM,
        chance=0.0073,
        random=("9999999999",),
        rate=0.6,
        coverage=0.2,
        varies=((1, 4), (4, 7)),
        context=_CONTEXT,
        in_text=True,
        positives=("3205577108", "320 557 7108"),
        negatives=("3205577109", "4505577104"),
    ),
    positives=("hcn-3205577108", "patient 320 557 7108"),
    negatives=("build-3205577108", "hcn-3205577109"),
    column_positives=("hcn", "health_and_care_number:char(10)"),
    column_negatives=("healthcheck_number", "hcn_valid:bool"),
)
