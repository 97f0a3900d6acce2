"""Convictions and offences: criminal offence data."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import MOMENT_OR_TEXT, TEXT_OR_NUMBER, Detector
from tierwise.classify.terms import terms
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="criminal_offence",
    title="criminal offence",
    category=DataCategory(Category.C3, "criminal"),
    columns=(
        "conviction",
        "conviction date",
        "conviction code",
        "criminal record",
        "offence",
        "offence code",
        "cro number",
        "dbs certificate",
        "dbs cert",
        "dbs number",
        "dbs no",
        "dbs disclosure",
        "caution",
        "sentence",
    ),
    types=TEXT_OR_NUMBER | MOMENT_OR_TEXT,
    values=terms(
        "theft",
        "burglary",
        "robbery",
        "assault",
        "common assault",
        "actual bodily harm",
        "grievous bodily harm",
        "criminal damage",
        "possession of cannabis",
        "drink driving",
        "driving while disqualified",
        "fraud by false representation",
        "manslaughter",
        "murder",
        "rape",
        "affray",
        "public order offence",
        "handling stolen goods",
        "arson",
        "shoplifting",
        "harassment",
        "stalking",
        "wounding",
        "possession with intent",
        "breach of bail",
        "perverting the course",
        positives=("Common assault", "Theft from shop"),
        negatives=("defence", "salt"),
    ),
    column_positives=(
        "offence_code",
        "cro_number",
        "conviction_date:date",
    ),
    column_negatives=(
        "defence_code",
        "sentence_count:int",
        "max_sentence_length",
        "caution_label",
    ),
)
