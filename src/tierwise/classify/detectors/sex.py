"""Sex in columns: a weak sign alone, but part of an identity kit."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="sex",
    title="sex",
    category=DataCategory(Category.C1),
    columns=(
        "sex",
        "gender",
        "patient sex",
        "person sex",
        "sex at birth",
    ),
    weak=True,
    types=TEXT_OR_NUMBER,
    column_positives=(
        "sex:char(1)",
        "gender",
        "sex_at_birth",
    ),
    column_negatives=(
        "gender_options",
        "sex_required:bool",
        "essex",
    ),
)
