"""Unique taxpayer references: ten digits of which the first checks the rest (HMRC); one number in ten passes, so a name or a word must agree."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.classify.digits import repeated_or_run
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_CHECKS: Final = "21987654321"
_WEIGHTS: Final = (6, 7, 8, 9, 10, 5, 4, 3, 2)


def judge(number: str) -> Match:
    """Ten digits, with or without the K of corporation or self assessment, whose first digit is right."""
    digits = number.strip("K")
    total = sum(int(digit) * weight for digit, weight in zip(digits[1:], _WEIGHTS, strict=True))
    return Match.REAL if _CHECKS[total % 11] == digits[0] and not repeated_or_run(digits) else Match.NO


DETECTOR: Final = Detector(
    id="utr",
    title="unique taxpayer reference",
    category=DataCategory(Category.C2),
    columns=(
        "utr",
        "sa utr",
        "ct utr",
        "unique taxpayer reference",
        "taxpayer reference",
    ),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"[Kk]?\d{10}[Kk]?|\d{5} \d{5}",
        judge=judge,
        strength=Strength.WEAK,
        chance=0.099,
        random=("9999999999",),
        varies=((1, 5),),
        context=frozenset({"utr", "taxpayer"}),
        in_text=True,
        positives=("1955839661", "19558 39661", "1955839661K"),
        negatives=("2955839661", "1111111111"),
    ),
    column_positives=(
        "sa_utr:bigint",
        "utr",
    ),
    column_negatives=(
        "outre",
        "utr_valid:bool",
        "neutral",
    ),
)
