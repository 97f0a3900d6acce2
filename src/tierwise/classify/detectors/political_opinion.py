"""Political opinions, a special category."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.classify.terms import terms
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
    values=terms(
        "conservative party",
        "labour party",
        "liberal democrat",
        "green party",
        "scottish national party",
        "plaid cymru",
        "reform uk",
        "sinn fein",
        "democratic unionist",
        positives=("Labour Party", "Liberal Democrats"),
        negatives=("party", "green"),
    ),
    column_positives=(
        "political_affiliation",
        "political_party:text",
    ),
    column_negatives=(
        "political_map_url",
        "third_party",
    ),
)
