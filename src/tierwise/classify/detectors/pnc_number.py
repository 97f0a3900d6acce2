"""Numbers of the Police National Computer: year, serial and a check letter by modulus 23. They are criminal offence data."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values, strongest
from tierwise.classify.digits import has_context
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_SHAPE: Final = re.compile(r"(?<![0-9A-Za-z])(?:\d{4}|\d{2})/\d{1,7}[A-Za-z](?![0-9A-Za-z])", re.ASCII)
_LETTERS: Final = "ZABCDEFGHJKLMNPQRTUVWXY"
_CONTEXT: Final = frozenset({"pnc", "pncid", "offender", "police", "conviction"})


def find(text: str) -> Match:
    """A number with the right check letter, in a text that speaks of the police."""
    return strongest(judge(shape[0].upper()) for shape in _SHAPE.finditer(text)) if has_context(text, _CONTEXT) else Match.NO


def judge(number: str) -> Match:
    """The check letter is that of the year's last two digits followed by the serial in seven digits."""
    year, _, serial = number.partition("/")
    if len(year) == 4 and year[:2] not in {"19", "20"}:
        return Match.NO
    return Match.REAL if int(serial[:-1]) and _LETTERS[int(year[-2:] + serial[:-1].zfill(7)) % 23] == serial[-1] else Match.NO


DETECTOR: Final = Detector(
    id="pnc_number",
    title="Police National Computer number",
    category=DataCategory(Category.C3, "criminal"),
    columns=("pnc", "pnc id", "pnc number", "pnc no"),
    column_confidence=0.9,
    find=find,
    needs=r"\d/\d",
    values=Values(
        shape=r"(?:\d{4}|\d{2})/\d{1,7}[A-Za-z]",
        judge=judge,
        strength=Strength.MEDIUM,
        chance=0.0385,
        random=("99/9999999A",),
        varies=((-4, -1), (-1, 99)),
        context=_CONTEXT,
        in_text=True,
        positives=("2003/0062845E", "03/62845E"),
        negatives=("2003/0062845F", "2024/123", "1803/0062845E"),
    ),
    positives=("pnc 2003/0062845E",),
    negatives=("invoice 2003/0062845E", "pnc 2003/0062845F"),
    column_positives=("pnc_id", "pnc_number:varchar(13)"),
    column_negatives=("pnc_checked:bool", "sync_number"),
)
