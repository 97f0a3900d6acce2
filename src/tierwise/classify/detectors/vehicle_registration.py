"""Vehicle registration marks; products and bins are numbered alike, so a name or people beside them must agree."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_CURRENT: Final = re.compile(r"[A-HJ-PR-Y]{2}(?:0[2-9]|[12]\d|5[1-9]|[67]\d)[A-HJ-PR-Z]{3}", re.ASCII)
_OLDER: Final = re.compile(r"[A-HJ-NPR-TV-Y]\d{1,3}[A-HJ-PR-Y]{3}|[A-HJ-PR-Y]{3}\d{1,3}[A-HJ-NPR-TV-Y]", re.ASCII)


def judge(mark: str) -> Match:
    """A mark of the current scheme with an age identifier from 2001 on, or of the prefix or suffix scheme."""
    return Match.REAL if _CURRENT.fullmatch(mark) or _OLDER.fullmatch(mark) else Match.NO


DETECTOR: Final = Detector(
    id="vehicle_registration",
    title="vehicle registration",
    category=DataCategory(Category.C1),
    columns=("vrm", "vrn", "vehicle registration", "registration mark", "number plate", "reg no", "vehicle reg"),
    values=Values(
        shape=r"[A-Za-z]{2}\d{2} ?[A-Za-z]{3}|[A-Za-z]\d{1,3} ?[A-Za-z]{3}|[A-Za-z]{3} ?\d{1,3}[A-Za-z]",
        judge=judge,
        strength=Strength.WEAK,
        chance=0.43,
        random=("AA99 AAA", "A999 AAA"),
        varies=((0, 2), (-3, 99)),
        of_things=True,
        positives=("AB12 CDE", "fg71hjk", "P123 ABC", "ABC 123D"),
        negatives=("AB01 CDE", "QI12 CDE", "I123 ABC"),
    ),
    column_positives=("vrm", "vehicle_registration:varchar(8)", "number_plate"),
    column_negatives=("registration_date", "reg_no_format", "template_number"),
)
