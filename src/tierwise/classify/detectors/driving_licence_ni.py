"""Driving licence numbers of Northern Ireland: eight digits without a check, so the name must say it."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.classify.digits import repeated_or_run
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(number: str) -> Match:
    """Eight digits that are not all alike or in succession."""
    return Match.NO if repeated_or_run(number) else Match.REAL


DETECTOR: Final = Detector(
    id="driving_licence_ni",
    title="driving licence number of Northern Ireland",
    category=DataCategory(Category.C2),
    columns=("ni driving licence", "ni licence number", "dva licence number", "dva driver number", "ni driver number"),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"\d{8}",
        judge=judge,
        strength=Strength.WEAK,
        chance=1.0,
        positives=("63857201",),
        negatives=("11111111", "12345678"),
    ),
    column_positives=("ni_driving_licence", "dva_licence_number:int"),
    column_negatives=("licence_number", "unit_licence_count"),
)
