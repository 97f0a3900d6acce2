"""International bank account numbers with their modulus-97 check; British ones in texts, any in column names."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match
from tierwise.classify.digits import mod97
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_SHAPE: Final = re.compile(r"(?<![0-9A-Za-z])GB\d{2} ?[A-Z]{4}(?: ?\d){14}(?![0-9A-Za-z])", re.ASCII | re.IGNORECASE)
_EXAMPLES: Final = frozenset({"GB82WEST12345698765432", "GB29NWBK60161331926819", "GB33BUKB20201555555555"})


def find(text: str) -> Match:
    """An account number whose check digits are right; those printed in the standard's examples are synthetic."""
    seen = Match.NO
    for shape in _SHAPE.finditer(text):
        number = shape[0].replace(" ", "").upper()
        if number in _EXAMPLES:
            seen = Match.SYNTHETIC
        elif mod97(number):
            return Match.REAL
    return seen


DETECTOR: Final = Detector(
    id="iban",
    title="bank account number (IBAN)",
    category=DataCategory(Category.C2),
    columns=("iban", "sort code", "bank account number", "account sort code", "bank account no"),
    find=find,
    positives=("refund gb94barc10201530093459", "GB94 BARC 1020 1530 0934 59"),
    synthetic=("GB82 WEST 1234 5698 7654 32",),
    negatives=("GB94BARC10201530093458", "GB94BARC1020153009345", "XGB94BARC10201530093459"),
    column_positives=("iban", "sort_code:char(6)", "refund_iban"),
    column_negatives=("iban_valid:bool", "sort_order", "urbaniban"),
)
