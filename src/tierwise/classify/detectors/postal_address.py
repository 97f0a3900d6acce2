"""Postal addresses in columns."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_STREET: Final = re.compile(
    r"(?:(?:flat|unit|apartment|studio) ?)?\d{1,4}[a-z]?,? .*\b(?:road|rd|street|st|avenue|ave|lane|close|drive|way|crescent|place|gardens|grove|court|"
    r"terrace|hill|mews|row|square|walk|park|view|green|rise)\b.*",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)


def judge(text: str) -> Match:
    """A house number and a word for a street."""
    return Match.REAL if _STREET.fullmatch(text) else Match.NO


_WHOSE: Final = (
    "applicant",
    "claimant",
    "patient",
    "customer",
    "client",
    "tenant",
    "keeper",
    "owner",
    "objector",
    "commenter",
    "respondent",
    "parent",
    "next of kin",
)
"""People of whom columns give the address."""

DETECTOR: Final = Detector(
    id="postal_address",
    title="postal address",
    category=DataCategory(Category.C1),
    columns=(
        "address line",
        "home address",
        "postal address",
        "street address",
        "address1",
        "address",
        "house number",
        "residential address",
        "correspondence address",
        "billing address",
        "delivery address",
        "property address",
        "prop addr",
        "contact address",
        "current address",
        "previous address",
        "address property",
        "address of property",
        "addr1",
        "addr line",
        *(f"{one} address" for one in _WHOSE),
        "cyfeiriad",
    ),
    values=Values(
        shape=r"[A-Za-z0-9][\s\S]{5,200}",
        judge=judge,
        strength=Strength.WEAK,
        chance=0.02,
        rate=0.5,
        named_rate=0.0,
        as_written=True,
        people=True,
        of_things=True,
        positives=("12 High Street, Leeds", "Flat 3, 4a Mill Lane"),
        negatives=("High Street", "12 apples"),
    ),
    column_positives=(
        "home_address:text",
        "address_line_1",
        "address",
    ),
    column_negatives=(
        "ip_address",
        "mac_address",
        "email_address",
        "address_count:int",
        "wallet_addresses_enabled",
    ),
)
