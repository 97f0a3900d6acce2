"""Dates of birth in columns; a moment or a text, never a flag."""

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
        "year of birth",
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
    column_positives=(
        "date_of_birth:date",
        "DOB",
        "BirthDate:timestamp",
    ),
    column_negatives=(
        "dob_verified:bool",
        "birth_certificate_sent",
        "date",
        "adobe",
    ),
)
