"""Community Health Index numbers of Scotland: ten digits that hold date of birth and sex, with the check of NHS numbers."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.classify.digits import TEN_DIGITS, mod11, repeated_or_run
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def judge(number: str) -> Match:
    """Day, month, year, serial, sex digit and check digit; a leading zero that a spreadsheet dropped is put back."""
    whole = number.rjust(10, "0")
    day, month = int(whole[:2]), int(whole[2:4])
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return Match.NO
    return Match.REAL if mod11(whole) and not repeated_or_run(whole) else Match.NO


DETECTOR: Final = Detector(
    id="chi_number",
    title="CHI number",
    category=DataCategory(Category.C2),
    columns=(
        "chi",
        "chi number",
        "chi no",
    ),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=TEN_DIGITS + r"|\d{9}",
        judge=judge,
        strength=Strength.MEDIUM,
        chance=0.0033,
        random=("9999999999",),
        rate=0.6,
        coverage=0.2,
        varies=((-10, -6), (-6, -4)),
        context=frozenset({"chi", "patient", "health"}),
        in_text=True,
        positives=("0101701233", "101701233"),
        negatives=("0113701236", "0101701234"),
    ),
    column_positives=(
        "chi_number:char(10)",
        "chi",
    ),
    column_negatives=(
        "chi_square_count",
        "machine",
        "chi_valid:bool",
    ),
)
