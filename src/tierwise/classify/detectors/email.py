"""E-mail addresses of people; mailboxes of teams and roles are not personal."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match
from tierwise.classify.names import singular, split_words
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_ADDRESS: Final = re.compile(
    r"(?<![\w.+%-])([A-Za-z0-9][A-Za-z0-9._%+'-]{0,63})@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24})(?![\w-])",
    re.ASCII,
)
_ROLES: Final = frozenset(
    [
        "team",
        "support",
        "info",
        "noreply",
        "no",
        "reply",
        "admin",
        "administrator",
        "security",
        "data",
        "platform",
        "op",
        "ops",
        "service",
        "helpdesk",
        "help",
        "desk",
        "enquiry",
        "contact",
        "hello",
        "office",
        "mailbox",
        "alert",
        "alarm",
        "billing",
        "account",
        "root",
        "postmaster",
        "webmaster",
        "abuse",
        "dev",
        "devops",
        "infra",
        "infrastructure",
        "cloud",
        "aws",
        "azure",
        "gcp",
        "digital",
        "group",
        "dl",
        "list",
        "press",
        "media",
        "hr",
        "it",
        "sre",
        "oncall",
        "call",
        "compliance",
        "privacy",
        "dpo",
        "dpa",
        "finance",
        "payment",
        "licensing",
        "user",
        "notification",
        "bot",
        "ci",
    ]
)
_SYNTHETIC: Final = ("example.com", "example.org", "example.net", ".example", ".test", ".invalid", ".localhost")
_MACHINES: Final = (".gserviceaccount.com", "amazonses.com", "amazonaws.com")


def find(text: str) -> Match:
    """An address whose local part names no team or role."""
    seen = Match.NO
    for address in _ADDRESS.finditer(text):
        local, domain = address[1], address[2].lower()
        words = {singular(word) for word in split_words(local)}
        if domain.endswith(_MACHINES) or not words.isdisjoint(_ROLES):
            continue
        if any(domain == end.lstrip(".") or domain.endswith("." + end.lstrip(".")) for end in _SYNTHETIC):
            seen = Match.SYNTHETIC
        else:
            return Match.REAL
    return seen


DETECTOR: Final = Detector(
    id="email",
    title="e-mail address of a person",
    category=DataCategory(Category.C1),
    columns=("email", "e mail", "email address", "emailaddress", "mail address"),
    column_confidence=0.8,
    find=find,
    positives=("exports for jane.smith@dept.gov.uk", "a.b1990@mail.co.uk"),
    synthetic=("jane.smith@example.org", "x.y@host.test"),
    negatives=(
        "payments-team@dept.gov.uk",
        "security@dept.gov.uk",
        "no-reply@dept.gov.uk",
        "job@project-1.iam.gserviceaccount.com",
        "git@host",
        "a@b",
    ),
    column_positives=("email", "customer_email:varchar(255)", "EmailAddress", "contact_e_mail"),
    column_negatives=(
        "email_verified:bool",
        "email_verified",
        "email:boolean",
        "email_template_id",
        "email_count:int",
        "emailed_at:timestamp",
    ),
)
