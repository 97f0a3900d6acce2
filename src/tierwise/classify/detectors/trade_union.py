"""Trade union membership, a special category."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.classify.terms import terms
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="trade_union",
    title="trade union membership",
    category=DataCategory(Category.C3),
    columns=(
        "trade union",
        "union membership",
        "union member",
        "union branch",
    ),
    types=TEXT_OR_NUMBER,
    values=terms(
        "unison",
        "unite the union",
        "gmb",
        "usdaw",
        "nasuwt",
        "neu",
        "pcs union",
        "rcn",
        "prospect union",
        "aslef",
        "rmt",
        "ucu",
        "unite union",
        positives=("UNISON", "Unite the Union"),
        negatives=("union square", "unite"),
    ),
    column_positives=(
        "trade_union",
        "union_membership:text",
    ),
    column_negatives=(
        "union_all",
        "union_query_count",
        "reunion",
    ),
)
