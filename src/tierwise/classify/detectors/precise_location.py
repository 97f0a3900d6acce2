"""Coordinates of people in columns: location tracks."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

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
    ),
    types=TEXT_OR_NUMBER,
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
