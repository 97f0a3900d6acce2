"""National Insurance numbers: two letters, six digits and a suffix A to D, without the letters and prefixes never issued (HMRC).

Old records leave the suffix out; every second code of two letters and six digits looks like that, so such a column has to be named for it.
"""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.classify.digits import PARTED, digits, has_context
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_SIX: Final = rf"[A-Za-z]{{2}}{PARTED}?\d{{2}}{PARTED}?\d{{2}}{PARTED}?\d{{2}}"
_SHAPE: Final = re.compile(
    rf"(?<![0-9A-Za-z])([A-Za-z]{{2}}){PARTED}?(\d{{2}}){PARTED}?(\d{{2}}){PARTED}?(\d{{2}}){PARTED}?([A-Da-d])(?![0-9A-Za-z])", re.ASCII
)
_NEVER: Final = frozenset({"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"})
_CONTEXT: Final = frozenset({"nino", "ni", "insurance"})


def find(text: str) -> Match:
    """A number of the right shape; one that could be a piece of a lower-case hash needs a word beside it."""
    seen = Match.NO
    for shape in _SHAPE.finditer(text):
        prefix = shape[1].upper()
        if prefix == "QQ":
            seen = Match.SYNTHETIC
        elif _issued(prefix) and (not _hash_like(shape[0]) or has_context(text, _CONTEXT)):
            return Match.REAL
    return seen


def judge(number: str) -> Match:
    """Nine characters with a prefix and suffix that are issued; QQ is printed in examples, ZZ fills in where there is no number."""
    if number.startswith("ZZ"):
        return Match.SYNTHETIC
    if number[-1] not in "ABCD":
        return Match.NO
    if number.startswith("QQ"):
        return Match.SYNTHETIC
    return Match.REAL if _issued(number[:2]) else Match.NO


def judge_without_suffix(number: str) -> Match:
    """The same without the suffix."""
    return judge(f"{number}A")


def _issued(prefix: str) -> bool:
    return prefix[0] not in "DFIQUV" and prefix[1] not in "DFIOQUV" and prefix not in _NEVER


def _hash_like(written: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{9}", written) is not None


DETECTOR: Final = Detector(
    id="nino",
    title="National Insurance number",
    category=DataCategory(Category.C2),
    columns=(
        "ni number",
        "nino",
        "national insurance number",
        "national insurance no",
        "ni no",
        "ninumber",
        "n i number",
        "nat ins number",
        "nat ins no",
        "ni num",
        "rhif yswiriant gwladol",
        "rhif yg",
    ),
    column_confidence=0.9,
    find=find,
    needs=digits(6),
    values=Values(
        shape=_SIX + rf"{PARTED}?[A-Za-z]",
        judge=judge,
        strength=Strength.STRONG,
        chance=0.086,
        random=("AA999999A",),
        coverage=0.1,
        varies=((0, 2), (2, 8), (8, 9)),
        context=_CONTEXT,
        in_text=True,
        positives=("AB123456C", "ab 12 34 56 c", "AB-12-34-56-C", "AB.12.34.56.C", "ab123456c"),
        synthetic=("QQ123456C", "ZZ 42 36 33 T", "qq123456c"),
        negatives=("GB123456A", "AB123456E", "AB1234567C", "DA123456A"),
    ),
    loose=Values(
        shape=_SIX,
        judge=judge_without_suffix,
        strength=Strength.WEAK,
        chance=0.536,
        random=("AA999999",),
        named_rate=0.8,
        positives=("AB123456", "ab 12 34 56", "JG-10-37-59"),
        synthetic=("QQ123456",),
        negatives=("GB123456", "DA123456", "AB12345", "AB1234567"),
    ),
    positives=("claims-AB123456C", "AB 12 34 56 C", "claims_AB_12_34_56_C", "nino-ab123456c", "letters-jg103759a-2026"),
    synthetic=("QQ123456C", "claims/qq 12 34 56 a"),
    negatives=("GB123456A", "DA123456A", "AB123456E", "release-ab123456c", "XAB123456C", "AB1234567C", "ab12"),
    column_positives=("ni_number", "NINO:char(9)", "N.I. Number", "Nat Ins No", "applicantNationalInsuranceNumber"),
    column_negatives=("unit_number", "nino_verified:bool", "ni_number_valid", "domino"),
)
