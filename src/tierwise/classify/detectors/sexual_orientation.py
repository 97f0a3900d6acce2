"""Sexual orientation and gender identity, special categories."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.classify.terms import terms
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="sexual_orientation",
    title="sexual orientation or gender identity",
    category=DataCategory(Category.C3),
    columns=(
        "sexual orientation",
        "sexuality",
        "gender identity",
        "transgender",
        "gender reassignment",
    ),
    types=TEXT_OR_NUMBER,
    values=terms(
        "heterosexual",
        "homosexual",
        "bisexual",
        "gay",
        "lesbian",
        "asexual",
        "pansexual",
        "gay or lesbian",
        "transgender",
        "trans man",
        "trans woman",
        positives=("Heterosexual or straight", "Gay or lesbian"),
        negatives=("straight", "left"),
    ),
    column_positives=(
        "sexual_orientation",
        "gender_identity:text",
    ),
    column_negatives=(
        "page_orientation",
        "sexual_orientation_required:bool",
    ),
)
