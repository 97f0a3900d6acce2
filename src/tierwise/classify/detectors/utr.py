"""Unique taxpayer references in columns; their check passes for one number in ten, so no text is searched."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

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
