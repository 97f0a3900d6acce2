"""VAT registration numbers: businesses have them, and sole traders, so they count only beside people."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(number: str) -> Match:
    """Nine digits with the modulus-97 check in its older or newer form (HMRC), with or without the branch."""
    digits = number.removeprefix("GB")[:9]
    total = sum(int(digit) * weight for digit, weight in zip(digits[:7], range(8, 1, -1), strict=True)) + int(digits[7:])
    return Match.REAL if digits.strip("0") and (total % 97 == 0 or (total + 55) % 97 == 0) else Match.NO


DETECTOR: Final = Detector(
    id="vat_number",
    title="VAT registration number",
    category=DataCategory(Category.C1),
    columns=("vat number", "vat no", "vat registration", "vat reg"),
    weak=True,
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"(?:[Gg][Bb] ?)?\d{3} ?\d{4} ?\d{2}(?: ?\d{3})?",
        judge=judge,
        strength=Strength.WEAK,
        chance=0.0206,
        random=("999999999",),
        people=True,
        of_things=True,
        positives=("GB980780684", "980 7806 84"),
        negatives=("GB980780685", "000000000"),
    ),
    column_positives=("vat_number", "vat_no:char(9)"),
    column_negatives=("vat_rate", "private_number", "vat_number_valid:bool"),
)
