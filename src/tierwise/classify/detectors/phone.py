"""Telephone numbers in columns."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="phone",
    title="telephone number",
    category=DataCategory(Category.C1),
    columns=(
        "phone number",
        "phone",
        "mobile",
        "mobile number",
        "telephone",
        "telephone number",
        "phone no",
        "tel no",
        "msisdn",
    ),
    types=TEXT_OR_NUMBER,
    column_positives=(
        "phone_number",
        "mobile:varchar(15)",
        "home_telephone:bigint",
    ),
    column_negatives=(
        "phone_verified:bool",
        "mobile_enabled",
        "phone_type",
        "microphone",
    ),
)
