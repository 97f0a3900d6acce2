"""Unique property reference numbers in columns: any number could be one, so only the name says it; with people beside it, where they live."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="uprn",
    title="property reference (UPRN)",
    category=DataCategory(Category.C1),
    columns=("uprn", "unique property reference number"),
    weak=True,
    types=TEXT_OR_NUMBER,
    column_positives=("uprn:bigint", "home_uprn"),
    column_negatives=("uprn_count:int", "supernova"),
)
