"""Prison numbers (NOMIS): a letter, four digits, two letters. They are criminal offence data; without a check, the name must say it."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(number: str) -> Match:
    """A letter, four digits and two letters, not all alike."""
    return Match.NO if number[1:5] == "0000" else Match.REAL


DETECTOR: Final = Detector(
    id="prison_number",
    title="prison number",
    category=DataCategory(Category.C3, "criminal"),
    columns=(
        "prison number",
        "prisoner number",
        "noms number",
        "noms id",
        "nomis id",
        "nomis number",
        "noms no",
        "prison no",
        "prisoner no",
        "offender number",
        "delius crn",
    ),
    values=Values(
        shape=r"[A-Za-z]\d{4}[A-Za-z]{2}|[A-Za-z]\d{6}",
        judge=judge,
        strength=Strength.WEAK,
        chance=1.0,
        positives=("A1234AA", "X123456"),
        negatives=("A0000AA",),
    ),
    column_positives=("prison_number", "noms_id:char(7)", "offender_number"),
    column_negatives=("prison_count:int", "number", "economics_id"),
)
