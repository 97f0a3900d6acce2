"""Trade union membership in columns, a special category."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
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
