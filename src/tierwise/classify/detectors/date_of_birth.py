"""Dates of birth in columns; a moment or a text, never a flag."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import MOMENT_OR_TEXT, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="date_of_birth",
    title="date of birth",
    category=DataCategory(Category.C1),
    columns=(
        "date of birth",
        "dob",
        "birth date",
        "birthdate",
        "birthday",
        "date birth",
        "dateofbirth",
        "year of birth",
    ),
    types=MOMENT_OR_TEXT,
    column_positives=(
        "date_of_birth:date",
        "DOB",
        "BirthDate:timestamp",
    ),
    column_negatives=(
        "dob_verified:bool",
        "birth_certificate_sent",
        "date",
        "adobe",
    ),
)
