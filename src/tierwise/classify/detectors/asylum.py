"""Asylum and immigration status."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.classify.terms import terms
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="asylum",
    title="asylum or immigration status",
    category=DataCategory(Category.C3),
    columns=(
        "asylum",
        "asylum status",
        "asylum reference",
        "asylum claim",
        "immigration reference",
        "home office reference",
        "home office ref",
        "ho ref",
        "immigration status",
        "refugee",
    ),
    types=TEXT_OR_NUMBER,
    values=terms(
        "asylum seeker",
        "asylum claim",
        "refugee",
        "refugee status",
        "humanitarian protection",
        "discretionary leave",
        "indefinite leave to remain",
        "leave to remain",
        "removal directions",
        positives=("Asylum seeker", "Indefinite leave to remain"),
        negatives=("leave", "annual leave"),
    ),
    column_positives=(
        "asylum_claim_ref",
        "home_office_reference",
    ),
    column_negatives=(
        "home_office_url",
        "asylum_seekers_count:int",
    ),
)
