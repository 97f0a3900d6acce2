"""Password hashes and tokens of other people in columns."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

DETECTOR: Final = Detector(
    id="password_hash",
    title="credentials of people",
    category=DataCategory(Category.C6),
    columns=(
        "password",
        "password hash",
        "hashed password",
        "passwd",
        "pwd hash",
        "refresh token",
        "mfa secret",
        "totp secret",
        "security answer",
    ),
    column_positives=(
        "password_hash",
        "hashedPassword:bytea",
        "refresh_token",
    ),
    column_negatives=(
        "password_policy",
        "password_reset_sent:bool",
        "token_count:int",
        "password_length:int",
    ),
)
