"""Driving licence numbers of Great Britain: sixteen characters that hold surname, date of birth, sex and initials."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_SHAPE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?=[A-Z9]{5})([A-Z]{1,5}9{0,4})\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d[A-Z][A-Z9][A-Z0-9][A-Z]{2}(?![0-9A-Za-z])",
    re.ASCII | re.IGNORECASE,
)
_EXAMPLES: Final = frozenset({"MORGA657054SM9IJ"})


def find(text: str) -> Match:
    """A number whose parts are all possible; the one printed in the leaflet is synthetic."""
    seen = Match.NO
    for shape in _SHAPE.finditer(text):
        if len(shape[1]) != 5:
            continue
        if shape[0].upper() in _EXAMPLES:
            seen = Match.SYNTHETIC
        else:
            return Match.REAL
    return seen


DETECTOR: Final = Detector(
    id="driving_licence",
    title="driving licence number",
    category=DataCategory(Category.C2),
    columns=("driver number", "licence no", "driving licence", "driving licence number", "driver licence", "driving license"),
    find=find,
    positives=(
        "scan-SMITH812159AB9XY",
        ["fox99", "FOX99712125J99AB"][1],
    ),
    synthetic=("MORGA657054SM9IJ",),
    negatives=("SMITH899159AB9XY", "SMITH812159AB9X", "XSMITH812159AB9XY", "abcde123456789012"),
    column_positives=("driver_number:varchar(16)", "driving_licence_number"),
    column_negatives=("driver_version", "licence_type", "number_of_drivers"),
)
