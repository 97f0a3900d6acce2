"""Passport numbers in columns; nine digits are too common to be searched for in texts."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

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
