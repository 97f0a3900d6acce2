"""Driving licence numbers of Great Britain: sixteen characters that hold surname, date of birth, sex and initials."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.model.detection import Strength
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


def judge(number: str) -> Match:
    """The sixteen characters, with or without the two of the card's issue."""
    return find(number[:16])


DETECTOR: Final = Detector(
    id="driving_licence",
    title="driving licence number",
    category=DataCategory(Category.C2),
    columns=("driver number", "licence no", "driving licence", "driving licence number", "driver licence", "driving license"),
    find=find,
    needs=r"\d{6}",
    values=Values(
        shape=r"[A-Za-z][A-Za-z9]{4}[ -]?\d{6}[ -]?[A-Za-z][A-Za-z9][A-Za-z0-9][ -]?[A-Za-z]{2}(?: ?\d{2})?",
        judge=judge,
        strength=Strength.STRONG,
        chance=0.074,
        random=("AAAAA999999AAXAA",),
        coverage=0.1,
        varies=((0, 5), (5, 11)),
        context=frozenset({"licence", "license", "driver", "driving", "dvla"}),
        in_text=True,
        positives=("SMITH812159AB9XY", "FOX99712125J99AB", "SMITH 812159 AB9XY"),
        synthetic=("MORGA657054SM9IJ",),
        negatives=("SMITH899159AB9XY", "SMITH812159AB9X"),
    ),
    positives=(
        "scan-SMITH812159AB9XY",
        ["fox99", "FOX99712125J99AB"][1],
    ),
    synthetic=("MORGA657054SM9IJ",),
    negatives=("SMITH899159AB9XY", "SMITH812159AB9X", "XSMITH812159AB9XY", "abcde123456789012"),
    column_positives=("driver_number:varchar(16)", "driving_licence_number"),
    column_negatives=("driver_version", "licence_type", "number_of_drivers"),
)
