"""Unique learner numbers: ten digits whose check is ten less the remainder by eleven; one number in eleven passes, so a name must agree."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.classify.digits import repeated_or_run
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(number: str) -> Match:
    """Weights 10 to 2 over nine digits; remainder 0 is never issued (Learning Records Service)."""
    rest = sum(int(digit) * weight for digit, weight in zip(number[:9], range(10, 1, -1), strict=True)) % 11
    return Match.REAL if rest and 10 - rest == int(number[9]) and not repeated_or_run(number) else Match.NO


DETECTOR: Final = Detector(
    id="uln",
    title="unique learner number",
    category=DataCategory(Category.C1),
    columns=("uln", "unique learner number", "learner number"),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"\d{10}",
        judge=judge,
        strength=Strength.WEAK,
        chance=0.091,
        random=("9999999999",),
        varies=((1, 4),),
        context=frozenset({"uln", "learner"}),
        in_text=True,
        positives=("2000000028", "1234567902"),
        negatives=("2000000029", "9999999999"),
    ),
    column_positives=("uln:char(10)", "unique_learner_number"),
    column_negatives=("uln_verified:bool", "null"),
)
