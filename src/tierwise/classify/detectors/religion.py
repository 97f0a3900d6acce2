"""Religion and belief in columns, a special category."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="religion",
    title="religion or belief",
    category=DataCategory(Category.C3),
    columns=(
        "religion",
        "religious belief",
        "religious affiliation",
        "faith",
        "philosophical belief",
    ),
    types=TEXT_OR_NUMBER,
    column_positives=(
        "religion",
        "religious_belief:text",
    ),
    column_negatives=(
        "religion_required:bool",
        "good_faith_flag",
    ),
)
