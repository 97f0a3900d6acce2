"""Religion and belief, a special category."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector
from tierwise.classify.terms import terms
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
        "crefydd",
    ),
    types=TEXT_OR_NUMBER,
    values=terms(
        "christian",
        "muslim",
        "islam",
        "hindu",
        "sikh",
        "jewish",
        "judaism",
        "buddhist",
        "church of england",
        "roman catholic",
        "no religion",
        "christianity",
        "hinduism",
        "sikhism",
        "buddhism",
        "atheist",
        "agnostic",
        "pagan",
        positives=("Christian", "No religion"),
        negatives=("Sunday", "None"),
    ),
    column_positives=(
        "religion",
        "religious_belief:text",
    ),
    column_negatives=(
        "religion_required:bool",
        "good_faith_flag",
    ),
)
