"""Sort codes, alone or with the account number. The table of modulus checks is licensed and not used, so the name must say it."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(code: str) -> Match:
    """Six digits, or fourteen with the account; which of them a bank has cannot be told without its table."""
    return Match.NO if len(set(code.replace("/", ""))) == 1 else Match.REAL


DETECTOR: Final = Detector(
    id="sort_code",
    title="sort code of a bank account",
    category=DataCategory(Category.C2),
    columns=("sort code", "sortcode", "account sort code", "bank sort code", "cod didoli"),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"\d{2}[ -]\d{2}[ -]\d{2}(?:[ /-]\d{8})?|\d{5,6}",
        judge=judge,
        strength=Strength.WEAK,
        chance=1.0,
        context=frozenset({"sort", "sortcode"}),
        positives=("20-15-30", "201530", "20-15-30 55555556"),
        negatives=("00-00-00", "00-00-00 00000000"),
    ),
    column_positives=("sort_code:char(6)", "bank_sort_code"),
    column_negatives=("sort_order", "sort_code_count:int", "code"),
)
