"""Ethnicity in columns, a special category."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="ethnicity",
    title="ethnicity",
    category=DataCategory(Category.C3),
    columns=(
        "ethnicity",
        "ethnic origin",
        "ethnic group",
        "ethnic code",
        "ethnic category",
        "race",
    ),
    types=TEXT_OR_NUMBER,
    column_positives=(
        "ethnicity:text",
        "ethnic_origin_code",
        "EthnicGroup:int",
    ),
    column_negatives=(
        "trace",
        "race_condition_id",
        "ethnicity_required:bool",
    ),
)
