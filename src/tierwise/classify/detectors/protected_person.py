"""Markers of people whose safety depends on secrecy: protected witnesses, refuges, relocated cohorts."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector
from tierwise.classify.terms import terms
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
        "safe address",
        "assumed identity",
        "former identity",
        "birth identity",
        "gender recognition certificate",
        "marac case",
        "marac reference",
        "safe house address",
        "osman warning",
        "arap case",
        "afghan relocation",
        "birth family address",
        "adoptive parent address",
        "s flag reason",
        "threat to life",
    ),
    values=terms(
        "witness protection",
        "protected witness",
        "assumed identity",
        "refuge address",
        "marac",
        "osman warning",
        "threat to life",
        "safe house",
        "afghan relocations",
        "forced marriage protection",
        "gender recognition certificate",
        positives=("Witness protection", "MARAC - high risk"),
        negatives=("protected", "refuge", "identity"),
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
