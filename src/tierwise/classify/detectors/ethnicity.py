"""Ethnicity, a special category."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.classify.terms import terms
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
        "ethnigrwydd",
    ),
    types=TEXT_OR_NUMBER,
    values=terms(
        "white british",
        "white irish",
        "white other",
        "other white",
        "any other white",
        "gypsy or irish traveller",
        "roma",
        "black african",
        "black caribbean",
        "black british",
        "asian indian",
        "asian british",
        "asian pakistani",
        "asian bangladeshi",
        "asian chinese",
        "mixed white",
        "white and asian",
        "white and black",
        "any other ethnic",
        "any other asian",
        "any other black",
        "any other mixed",
        "mixed or multiple",
        "arab",
        "bangladeshi",
        "caribbean",
        positives=("White British", "Mixed - White and Asian"),
        negatives=("White", "Black", "Irish"),
    ),
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
