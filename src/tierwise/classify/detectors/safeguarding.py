"""Safeguarding and child protection: children or vulnerable people."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.classify.terms import terms
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
        "category of abuse",
        "category of concern",
        "abuse category",
    ),
    types=TEXT_OR_NUMBER,
    values=terms(
        "child protection plan",
        "child in need",
        "looked after child",
        "section 47",
        "at risk of neglect",
        "emotional abuse",
        "physical abuse",
        "sexual abuse",
        "sexual exploitation",
        "neglect",
        "domestic abuse",
        "female genital mutilation",
        "county lines",
        positives=("Child protection plan", "Physical abuse"),
        negatives=("abuse of process", "protection"),
    ),
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
