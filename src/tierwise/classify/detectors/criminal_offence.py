"""Convictions and offences in columns: criminal offence data."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import MOMENT_OR_TEXT, TEXT_OR_NUMBER, Detector
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
        "pnc id",
        "pnc number",
        "cro number",
        "prison number",
        "nomis id",
        "delius crn",
        "dbs certificate",
        "caution",
        "sentence",
    ),
    types=TEXT_OR_NUMBER | MOMENT_OR_TEXT,
    column_positives=(
        "offence_code",
        "pnc_id",
        "conviction_date:date",
        "nomis_id",
    ),
    column_negatives=(
        "defence_code",
        "sentence_count:int",
        "max_sentence_length",
        "caution_label",
    ),
)
