"""Password hashes and tokens of other people, by name or by the marks of password hashing schemes."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(text: str) -> Match:
    """The shape says it all: scheme, cost, salt and digest."""
    return Match.REAL if "$" in text or text.startswith("{") else Match.NO


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
    values=Values(
        shape=(
            r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$[A-Za-z0-9+/=,$]{30,200}|\$[156]\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}|"
            r"pbkdf2_sha(?:1|256|512)\$[0-9]+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]{20,100}|\{(?:SSHA|SSHA256|SSHA512)\}[A-Za-z0-9+/=]{28,120}"
        ),
        judge=judge,
        strength=Strength.STRONG,
        chance=0.0005,
        rate=0.2,
        coverage=0.1,
        as_written=True,
        in_text=True,
        bounded=False,
        positives=("$2b$12$" + "abcdefghijklmnopqrstuv" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "{SSHA}" + "abcdefgh" * 5),
        negatives=("$2b$12$short", "$100"),
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
