"""Unique pupil numbers: a check letter and twelve digits; they say that the data is about children."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values, strongest
from tierwise.classify.digits import has_context
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_SHAPE: Final = re.compile(r"(?<![0-9A-Za-z])([A-HJ-NP-RT-Z])(\d{12})(?![0-9A-Za-z])", re.ASCII | re.IGNORECASE)
_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"
_CONTEXT: Final = frozenset({"upn", "pupil", "school", "child", "children", "census"})


def find(text: str) -> Match:
    """A number with the right check letter, in a text that speaks of schools or pupils."""
    if not has_context(text, _CONTEXT):
        return Match.NO
    return strongest(judge(shape[0].upper()) for shape in _SHAPE.finditer(text))


def judge(number: str) -> Match:
    """A letter and twelve digits with the right check letter."""
    total = sum(int(digit) * weight for digit, weight in zip(number[1:], range(2, 14), strict=True))
    return Match.REAL if len(set(number[1:])) > 1 and _LETTERS[total % 23] == number[0] else Match.NO


DETECTOR: Final = Detector(
    id="upn",
    title="unique pupil number",
    category=DataCategory(Category.C3, "children"),
    columns=("upn", "unique pupil number", "pupil number"),
    find=find,
    needs=r"\d{12}",
    values=Values(
        shape=r"[A-Za-z]\d{12}",
        judge=judge,
        strength=Strength.STRONG,
        chance=0.0385,
        random=("A999999999999",),
        coverage=0.1,
        varies=((0, 1), (6, 13)),
        context=_CONTEXT,
        in_text=True,
        positives=("B801200005001", "b801200005001"),
        negatives=("A801200005001", "I801200005001", "B80120000500"),
    ),
    positives=("pupil B801200005001", "upn-B801200005001"),
    negatives=("build-B801200005001", "pupil A801200005001", "pupil B80120000500", "school-123456789012"),
    column_positives=("upn:char(13)", "unique_pupil_number"),
    column_negatives=("upnp", "pupil_count:int", "number"),
)
