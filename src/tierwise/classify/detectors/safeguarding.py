"""Safeguarding and child protection in columns: children or vulnerable people."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="safeguarding",
    title="safeguarding",
    category=DataCategory(Category.C3, "children"),
    columns=(
        "safeguarding",
        "safeguarding concern",
        "child protection",
        "child protection plan",
        "looked after",
        "sen status",
        "ehcp",
    ),
    types=TEXT_OR_NUMBER,
    column_positives=(
        "safeguarding_concern:text",
        "child_protection_plan",
    ),
    column_negatives=(
        "guard_count",
        "data_protection_plan",
        "safeguarding_policy_url",
    ),
)
