"""Postcodes: a weak sign alone; with date of birth and sex an identity kit."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="uk_postcode",
    title="postcode",
    category=DataCategory(Category.C1),
    columns=("postcode", "post code", "postal code", "zip code"),
    weak=True,
    column_positives=("postcode:varchar(8)", "home_post_code", "PostCode"),
    column_negatives=("postcode_lookup_url", "code", "postcode:bool", "compost_code"),
)
