"""Columns that say whose safety depends on secrecy."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="protected_person",
    title="protection of a person at risk",
    category=DataCategory(Category.C5),
    columns=(
        "witness protection",
        "protected witness",
        "refuge address",
        "assumed identity",
        "former identity",
        "birth identity",
        "gender recognition certificate",
    ),
    column_positives=(
        "refuge_address:text",
        "assumed_identity",
    ),
    column_negatives=(
        "address",
        "identity",
        "protected_branch",
        "assumed_role",
    ),
)
