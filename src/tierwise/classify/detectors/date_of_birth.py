"""Dates of birth in columns; a moment or a text, never a flag.

Spreadsheets keep dates as days since 1899-12-30, and databases as numbers like 19840321: many numbers look like either, so such a column has to be named for it.
"""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import MOMENT_OR_TEXT, Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_YEAR: Final = re.compile(r"(?<!\d)(19[0-9]{2}|200[0-9])(?!\d)|(?<!\d)(19[0-9]{2}|200[0-9])(?=[01]\d[0-3]\d(?!\d))", re.ASCII)


def judge(text: str) -> Match:
    """A date before 2010: of other dates few are so old, of birth dates most are."""
    return Match.REAL if _YEAR.search(text) else Match.NO


def judge_number(digits: str) -> Match:
    """A date written as a number: a year, days since 1899-12-30 (to 2040), or year, month and day in either order."""
    match len(digits):
        case 4:
            fits = "1900" <= digits <= "2040"
        case 5:
            fits = int(digits) <= _LAST_DAY
        case length:
            whole = digits.zfill(length + length % 2)
            fits = any(_is_date(whole, *places) for places in _PLACES[len(whole)])
    return Match.REAL if fits else Match.NO


_LAST_DAY: Final = 51_501
"""2040-12-31 in spreadsheets (ECMA-376 part 1, 18.17.4.1: the 1900 date base)."""
_PLACES: Final = {8: ((4, 6, 0), (0, 2, 4), (6, 4, 0)), 6: ((0, 2, 4), (4, 2, 0))}
"""Where day, month and year begin in that many digits."""


def _is_date(digits: str, day: int, month: int, year: int) -> bool:
    whole = digits[year : year + len(digits) - 4]
    return (
        1 <= int(digits[day : day + 2]) <= 31
        and 1 <= int(digits[month : month + 2]) <= 12
        and (len(whole) == 2 or "1900" <= whole <= "2040")
    )


DETECTOR: Final = Detector(
    id="date_of_birth",
    title="date of birth",
    category=DataCategory(Category.C1),
    columns=(
        "date of birth",
        "dob",
        "birth date",
        "birthdate",
        "birthday",
        "date birth",
        "dateofbirth",
        "d o b",
        "do b",
        "birth dt",
        "birthdt",
        "year of birth",
        "dyddiad geni",
    ),
    types=MOMENT_OR_TEXT,
    values=Values(
        shape=r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]00:00:00.*)?|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ,]+\d{4}|\d{8}",
        judge=judge,
        strength=Strength.WEAK,
        chance=0.5,
        rate=0.6,
        named_rate=0.0,
        coverage=0.8,
        as_written=True,
        positives=("1984-03-21", "21/03/1984", "21 March 1984", "19840321"),
        negatives=("2024-03-21", "21/03/2024"),
    ),
    loose=Values(
        shape=r"\d{4,8}",
        judge=judge_number,
        strength=Strength.WEAK,
        chance=0.515,
        random=("99999",),
        named_rate=0.8,
        positives=("30762", "42135", "1984", "19840321", "21031984", "3121984", "210384"),
        negatives=("60000", "1884", "99999999", "19841321", "993184"),
    ),
    column_positives=(
        "date_of_birth:date",
        "DOB",
        "D.O.B.",
        "BirthDate:timestamp",
    ),
    column_negatives=(
        "dob_verified:bool",
        "birth_certificate_sent",
        "date",
        "adobe",
    ),
)
