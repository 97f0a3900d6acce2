"""What other people and tools call kinds of data: their words, and our detector or category of the same."""

from __future__ import annotations

import re
from typing import Final

WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("national insurance", "nino"), ("nhs", "nhs_number"), ("national health service", "nhs_number"), ("community health index", "chi_number"),
    ("email", "email"), ("e mail", "email"), ("iban", "iban"), ("credit card", "payment_card"), ("debit card", "payment_card"),
    ("bank account", "bank_account"), ("sort code", "sort_code"), ("passport", "passport"), ("drivers licen", "driving_licence"),
    ("driver licen", "driving_licence"), ("driver s licen", "driving_licence"), ("driving licen", "driving_licence"), ("taxpayer", "utr"),
    ("tax identification", "utr"), ("unique pupil", "upn"), ("date of birth", "date_of_birth"), ("birth date", "date_of_birth"),
    ("phone", "phone"), ("ip address", "ip_address"), ("ethnic", "ethnicity"), ("religio", "religion"), ("sexual orientation", "sexual_orientation"),
    ("political", "political_opinion"), ("trade union", "trade_union"), ("medical", "diagnosis"), ("icd", "diagnosis"), ("disease", "diagnosis"),
    ("health insurance", "diagnosis"), ("biometric", "biometric"), ("criminal", "criminal_offence"), ("password", "password_hash"), ("aws credentials", "secret_key"),
    ("secret key", "secret_key"), ("private key", "secret_key"), ("api key", "secret_key"), ("auth token", "secret_key"), ("encryption key", "secret_key"),
    ("gcp credentials", "secret_key"), ("azure auth token", "secret_key"), ("vehicle identification", "vehicle_registration"), ("license plate", "vehicle_registration"),
    ("location coordinates", "precise_location"), ("latitude longitude", "precise_location"), ("gender", "sex"), ("postcode", "uk_postcode"), ("postal code", "uk_postcode"),
    ("mac address", ""), ("person name", "full_name"), ("full name", "full_name"), ("first name", "full_name"), ("last name", "full_name"), ("name", "full_name"),
    ("street address", "postal_address"), ("mailing address", "postal_address"), ("address", "postal_address"),
    ("contact info", "C1"), ("banking", "bank_account"), ("national id", "C2"), ("social security", "C2"), ("ssn", "C2"), ("financial", "C2"),
    ("credential", "C6"), ("health", "diagnosis"), ("special category", "C3"), ("child", "C3/children"), ("gdpr", "C1"), ("pii", "C1"),
    ("personally identif", "C1"), ("personal data", "C1"), ("personal information", "C1"),
)  # fmt: skip
"""Words that the tools' names of kinds of data hold, in order, and our detector or category of the same; none for what is no person's. Sources: Macie's user
guide, "Managed data identifiers by type"; Sensitive Data Protection's "InfoType detector reference"; Purview's "Supported classifications"; the information
types and labels of Azure SQL's "Data discovery & classification"."""
_WHOLE: Final = frozenset({"name", "address"})
"""Words that are a kind of data only where they are all of its name."""
_BY_CATEGORY: Final = {"CREDENTIALS": "C6", "FINANCIAL_INFORMATION": "C2", "PERSONAL_INFORMATION": "C1"}
"""Macie's own categories (API, SensitiveDataItemCategory), for kinds that have no detector here."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.$ -]{0,79}\Z")
OTHER: Final = "custom"
"""What stands for a kind of data whose name is somebody's own text and looks like none."""


def kind_of(name: str, category: str = "") -> str:
    """Our word for a tool's kind of data: a detector's id or a category, else the category that the tool itself names, else its own word where it looks like one."""
    known = known_kind(name)
    return _BY_CATEGORY.get(category, name if _NAME.match(name) else OTHER) if known is None else known


def known_kind(name: str) -> str | None:
    """The id of our detector, or the category, that a name speaks of; empty for what is no person's, None for a name that is not known."""
    words = " ".join(re.findall(r"[a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()))
    own = words.removeprefix("microsoft ").removeprefix("personal ")
    for wanted, ours in WORDS:
        if own == wanted or (wanted not in _WHOLE and re.search(rf"\b{wanted}", words)):
            return ours
    return None
