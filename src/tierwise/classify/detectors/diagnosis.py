"""Diagnoses and their codes in columns: health data."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="diagnosis",
    title="diagnosis",
    category=DataCategory(Category.C3),
    columns=(
        "diagnosis",
        "diagnosis code",
        "diagnoses",
        "icd10",
        "icd 10",
        "icd10 code",
        "snomed",
        "snomed code",
        "clinical code",
        "medication",
        "prescription",
        "drug name",
        "allergy",
        "blood type",
        "blood group",
        "medical condition",
        "health condition",
        "test result code",
        "pregnancy",
        "pregnant",
        "hiv",
        "disability",
        "disability code",
        "treatment code",
    ),
    types=TEXT_OR_NUMBER,
    column_positives=(
        "diagnosis_code:varchar",
        "icd10",
        "medication",
        "SnomedCode:bigint",
        "health_condition",
    ),
    column_negatives=(
        "condition",
        "diagnosis_count:int",
        "health_check_status",
        "has_disability_policy",
    ),
)
