"""Asylum and immigration status in columns."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="asylum",
    title="asylum or immigration status",
    category=DataCategory(Category.C3),
    columns=(
        "asylum",
        "asylum reference",
        "asylum claim",
        "immigration reference",
        "home office reference",
        "refugee",
    ),
    types=TEXT_OR_NUMBER,
    column_positives=(
        "asylum_claim_ref",
        "home_office_reference",
    ),
    column_negatives=(
        "home_office_url",
        "asylum_seekers_count:int",
    ),
)
