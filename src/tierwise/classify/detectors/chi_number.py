"""Community Health Index numbers of Scotland in columns; they hold date of birth and sex."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

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
