"""Postal addresses in columns."""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import Detector
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

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
