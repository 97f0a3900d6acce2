"""International bank account numbers with their modulus-97 check: British ones in names and tags, those of the registry in content."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.classify.digits import mod97
from tierwise.model.detection import Strength
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


_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU XK", 21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS",
        23: "AE GI IL TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "PT", 26: "IS TR", 27: "FR GR IT MC MR SM", 28: "AL AZ CY DO GT HU LB PL",
        29: "BR PS QA UA", 30: "JO KW MU", 31: "MT SC",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""Lengths by country, from the IBAN registry that SWIFT keeps under ISO 13616."""


def judge(number: str) -> Match:
    """An account number of a country's length whose check digits are right."""
    if number in _EXAMPLES:
        return Match.SYNTHETIC
    return Match.REAL if _LENGTHS.get(number[:2]) == len(number) and mod97(number) else Match.NO


DETECTOR: Final = Detector(
    id="iban",
    title="bank account number (IBAN)",
    category=DataCategory(Category.C2),
    columns=("iban", "international bank account number"),
    find=find,
    needs=r"[Gg][Bb]\d\d",
    values=Values(
        shape=r"[A-Za-z]{2}\d{2}(?:[A-Za-z0-9]{11,30}|(?: [A-Za-z0-9]{4}){2,7}(?: [A-Za-z0-9]{1,3})?)",
        judge=judge,
        strength=Strength.STRONG,
        chance=0.0103,
        random=("GB99AAAA99999999999999",),
        coverage=0.1,
        varies=((-8, 99),),
        context=frozenset({"iban", "account", "bank"}),
        in_text=True,
        positives=("GB94BARC10201530093459", "gb94 barc 1020 1530 0934 59", "DE89370400440532013000"),
        synthetic=("GB82 WEST 1234 5698 7654 32",),
        negatives=("GB94BARC10201530093458", "GB94BARC1020153009345", "ZZ94BARC10201530093459"),
    ),
    positives=("refund gb94barc10201530093459", "GB94 BARC 1020 1530 0934 59"),
    synthetic=("GB82 WEST 1234 5698 7654 32",),
    negatives=("GB94BARC10201530093458", "GB94BARC1020153009345", "XGB94BARC10201530093459"),
    column_positives=("iban", "refund_iban"),
    column_negatives=("iban_valid:bool", "sort_order", "urbaniban"),
)
