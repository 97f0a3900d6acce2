"""Biometric templates and genetic data in columns."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="biometric",
    title="biometric or genetic data",
    category=DataCategory(Category.C4),
    columns=(
        "biometric",
        "biometric template",
        "fingerprint template",
        "face template",
        "face embedding",
        "iris template",
        "voiceprint",
        "dna profile",
        "genome",
        "genotype",
        "dna sequence",
    ),
    column_positives=(
        "fingerprint_template:bytea",
        "face_embedding:vector",
        "dna_profile",
    ),
    column_negatives=(
        "certificate_fingerprint",
        "biometric_enabled:bool",
        "typeface_template",
    ),
)
