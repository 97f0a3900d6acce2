"""Names of people in columns."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="full_name",
    title="name of a person",
    category=DataCategory(Category.C1),
    columns=(
        "full name",
        "fullname",
        "first name",
        "firstname",
        "last name",
        "lastname",
        "surname",
        "forename",
        "given name",
        "family name",
        "middle name",
        "maiden name",
        "customer name",
        "patient name",
        "applicant name",
        "person name",
        "child name",
    ),
    column_positives=(
        "full_name",
        "FirstName",
        "applicant_surname:text",
    ),
    column_negatives=(
        "name",
        "file_name",
        "table_name",
        "full_name_required:bool",
        "username_count",
    ),
)
