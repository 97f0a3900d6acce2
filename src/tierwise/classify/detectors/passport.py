"""Passport numbers in columns; nine digits are too common to be searched for in texts."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.classify.digits import repeated_or_run
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(number: str) -> Match:
    """Nine digits, or the letters and digits that other countries print."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return Match.NO if len(digits) < 6 or repeated_or_run(digits) else Match.REAL


DETECTOR: Final = Detector(
    id="passport",
    title="passport number",
    category=DataCategory(Category.C2),
    columns=(
        "passport number",
        "passport no",
        "passport",
        "travel document number",
    ),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"\d{9}|[A-Za-z]{1,2}[A-Za-z0-9]{6,8}",
        judge=judge,
        strength=Strength.WEAK,
        chance=1.0,
        positives=("925076473", "PA1234521", "C01X00T47"),
        negatives=("123456789", "ABCDEFGH"),
    ),
    column_positives=(
        "passport_number",
        "passportNo:varchar(9)",
    ),
    column_negatives=(
        "passport_type",
        "passport_count:int",
        "passport_verified:bool",
    ),
)
