"""Coordinates of people: location tracks. Shops have coordinates too, so a column must be named for people or devices."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_PLACE: Final = re.compile(r"(?:POINT ?)?\(?(-?\d{1,3}\.\d{4,})(?:[, ]+(-?\d{1,3}\.\d{4,}))?\)?", re.ASCII | re.IGNORECASE)


def judge(text: str) -> Match:
    """One or two coordinates with four decimals or more: ten metres or less."""
    place = _PLACE.fullmatch(text)
    return Match.REAL if place and all(abs(float(one)) <= 180 for one in place.groups() if one) else Match.NO


DETECTOR: Final = Detector(
    id="precise_location",
    title="precise location of people",
    category=DataCategory(Category.C3, "location"),
    columns=(
        "home latitude",
        "home longitude",
        "gps location",
        "gps track",
        "location history",
        "last known location",
        "device location",
        "user latitude",
        "user longitude",
        "device latitude",
        "device longitude",
        "customer latitude",
        "customer longitude",
        "gps latitude",
        "gps longitude",
        "patient latitude",
        "patient longitude",
    ),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"(?:(?:POINT|point) ?)?\(?-?\d{1,3}\.\d{4,}(?:[, ]+-?\d{1,3}\.\d{4,})?\)?",
        judge=judge,
        strength=Strength.WEAK,
        chance=1.0,
        named_rate=0.0,
        as_written=True,
        positives=("51.507351", "-0.127758", "51.507351, -0.127758", "POINT (-0.127758 51.507351)"),
        negatives=("512.507351",),
    ),
    column_positives=(
        "gps_location:geography",
        "last_known_location",
    ),
    column_negatives=(
        "latitude",
        "s3_location",
        "location_id",
        "store_location",
    ),
)
