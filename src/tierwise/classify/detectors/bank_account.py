"""Bank account details in columns."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="bank_account",
    title="bank account",
    category=DataCategory(Category.C2),
    columns=(
        "bank account",
        "bank details",
        "bank account number",
        "account holder name",
    ),
    types=TEXT_OR_NUMBER,
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
