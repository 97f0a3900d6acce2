"""Keys and tokens that open other systems, by the prefixes their makers give them."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_KEY: Final = (
    r"(?:AKIA|ASIA)[A-Z2-7]{16}|gh[pousr]_[A-Za-z0-9]{36,80}|github_pat_[A-Za-z0-9_]{60,90}|xox[abprs]-[A-Za-z0-9-]{20,80}|glpat-[A-Za-z0-9_-]{20,40}|"
    r"AIza[A-Za-z0-9_-]{35}|sk_live_[A-Za-z0-9]{20,100}|eyJ[A-Za-z0-9_-]{10,300}\.eyJ[A-Za-z0-9_-]{10,500}\.[A-Za-z0-9_-]{20,500}|"
    r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----"
)
_FOUND: Final = re.compile(_KEY, re.ASCII)


def judge(text: str) -> Match:
    """A key of a known maker; one that calls itself an example is synthetic."""
    found = _FOUND.search(text)
    if found is None:
        return Match.NO
    return Match.SYNTHETIC if "EXAMPLE" in found[0].upper() else Match.REAL


DETECTOR: Final = Detector(
    id="secret_key",
    title="secret key or token",
    category=DataCategory(Category.C6),
    columns=("api key", "secret key", "access token", "client secret", "private key", "auth token", "bearer token"),
    find=judge,
    needs=r"AKIA|ASIA|gh[pousr]_|github_pat_|xox[abprs]-|glpat-|AIza|sk_live_|eyJ|-----BEGIN",
    values=Values(
        shape=_KEY,
        judge=judge,
        strength=Strength.STRONG,
        chance=0.0005,
        rate=0.2,
        coverage=0.1,
        as_written=True,
        in_text=True,
        bounded=False,
        positives=("AKIAQ7XV5ZJ3LT2WNDRH", "-----BEGIN RSA PRIVATE KEY-----"),
        synthetic=("AKIAIOSFODNN7EXAMPLE",),
        negatives=("AKIA", "-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----"),
    ),
    positives=("key AKIAQ7XV5ZJ3LT2WNDRH",),
    synthetic=("AKIAIOSFODNN7EXAMPLE",),
    negatives=("AKIA", "-----BEGIN PUBLIC KEY-----"),
    column_positives=("api_key", "client_secret:text", "access_token"),
    column_negatives=("api_key_count:int", "primary_key", "secret_key_policy", "private_key_required:bool"),
)
