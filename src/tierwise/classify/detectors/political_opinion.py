"""Political opinions in columns, a special category."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="political_opinion",
    title="political opinion",
    category=DataCategory(Category.C3),
    columns=(
        "political opinion",
        "political party",
        "political affiliation",
        "voting intention",
    ),
    types=TEXT_OR_NUMBER,
    column_positives=(
        "political_affiliation",
        "political_party:text",
    ),
    column_negatives=(
        "political_map_url",
        "third_party",
    ),
)
