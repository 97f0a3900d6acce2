"""Bank account details in columns."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.classify.digits import repeated_or_run
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(number: str) -> Match:
    """Digits that are not all alike or in succession, or a sort code and them."""
    return Match.NO if repeated_or_run(number) else Match.REAL


DETECTOR: Final = Detector(
    id="bank_account",
    title="bank account",
    category=DataCategory(Category.C2),
    columns=(
        "bank account",
        "bank details",
        "bank account number",
        "bank account no",
        "account holder name",
    ),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"\d{6,10}|\d{2}-\d{2}-\d{2} \d{8}",
        judge=judge,
        strength=Strength.WEAK,
        chance=1.0,
        named_rate=0.0,
        positives=("55779911", "20-15-30 55779911"),
        negatives=("00000000", "12345678"),
    ),
    column_positives=(
        "bank_account:varchar(8)",
        "bank_details",
    ),
    column_negatives=(
        "account_id",
        "bank_account_verified:bool",
        "databank",
    ),
)
