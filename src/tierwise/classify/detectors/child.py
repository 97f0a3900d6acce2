"""Columns about a child or the people who look after one."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import MOMENT_OR_TEXT, TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="child",
    title="details of a child",
    category=DataCategory(Category.C3, "children"),
    columns=(
        "child name",
        "child first name",
        "child surname",
        "child forename",
        "child given name",
        "child last name",
        "child family name",
        "name of child",
        "pupil forename",
        "pupil first name",
        "child dob",
        "child date of birth",
        "child id",
        "pupil name",
        "pupil id",
        "pupil dob",
        "pupil surname",
        "parent carer",
        "guardian name",
        "parent guardian",
        "school year group",
        "nursery place",
    ),
    types=TEXT_OR_NUMBER | MOMENT_OR_TEXT,
    column_positives=("child_name", "pupil_id:int", "child_dob:date", "guardian_name"),
    column_negatives=("child_count:int", "child_process_id", "parent_id", "child_table"),
)
