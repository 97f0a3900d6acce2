"""The machine-readable zone of passports (ICAO 9303): its check digits settle it."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_LINE: Final = re.compile(r"([A-Z0-9<]{9})(\d)[A-Z<]{3}(\d{6})(\d)[MFX<](\d{6})(\d)[A-Z0-9<]{14}[0-9<]\d", re.ASCII)
_EXAMPLES: Final = ("L898902C3", "L898902C<")


def judge(text: str) -> Match:
    """The second line of a TD3 document whose number, birth and expiry dates check; that of the standard is synthetic."""
    line = _LINE.search(text.upper())
    if line is None or not all(_checked(line[part], line[part + 1]) for part in (1, 3, 5)):
        return Match.NO
    return Match.SYNTHETIC if line[1] in _EXAMPLES else Match.REAL


def _checked(field: str, digit: str) -> bool:
    total = sum((0 if sign == "<" else int(sign, 36)) * (7, 3, 1)[place % 3] for place, sign in enumerate(field))
    return total % 10 == int(digit)


DETECTOR: Final = Detector(
    id="passport_mrz",
    title="machine-readable zone of a passport",
    category=DataCategory(Category.C2),
    columns=("mrz", "passport mrz", "machine readable zone"),
    find=judge,
    needs=r"\d{6}",
    values=Values(
        shape=r"(?:P[A-Z<][A-Z<]{42}[ |\\n]{0,2})?[A-Z0-9<]{10}[A-Z<]{3}[0-9]{7}[MFX<][0-9]{7}[A-Z0-9<]{14}[0-9<][0-9]",
        judge=judge,
        strength=Strength.STRONG,
        chance=0.001,
        random=("9999999999GBR9999999F9999999<<<<<<<<<<<<<<<9",),
        rate=0.5,
        coverage=0.1,
        as_written=True,
        in_text=True,
        positives=("9250764733GBR8509118F2807214<<<<<<<<<<<<<<08",),
        synthetic=("L898902C36UTO7408122F1204159ZE184226B<<<<<10",),
        negatives=("9250764734GBR8509118F2807214<<<<<<<<<<<<<<08",),
    ),
    positives=("scan 9250764733GBR8509118F2807214<<<<<<<<<<<<<<08",),
    synthetic=("L898902C36UTO7408122F1204159ZE184226B<<<<<10",),
    negatives=("9250764734GBR8509118F2807214<<<<<<<<<<<<<<08",),
    column_positives=("passport_mrz", "mrz:char(88)"),
    column_negatives=("mrz_valid:bool", "amrz"),
)
