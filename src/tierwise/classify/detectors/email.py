"""E-mail addresses of people; mailboxes of teams and roles are not personal."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import Detector, Match, Values, strongest
from tierwise.classify.names import singular, split_words
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_ADDRESS: Final = re.compile(
    r"(?<![\w.+%-])([A-Za-z0-9][A-Za-z0-9._%+'-]{0,63})@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24})(?![\w-])",
    re.ASCII,
)
_SERVICES: Final = (
    "procurement", "planning", "parking", "registrar", "registration", "highway", "street", "housing", "benefit", "council", "counciltax", "tax", "revenue",
    "rates", "election", "electoral", "waste", "recycling", "building", "control", "education", "admission", "school", "reception", "surgery",
    "practice", "clinic", "ward", "library", "leisure", "museum", "theatre", "environment", "environmental", "health", "trading", "standard", "customer",
    "customerservice", "contactcentre", "callcentre", "complaint", "feedback", "foi", "legal", "comm", "communication", "marketing", "sale", "order",
    "purchase", "purchasing", "ledger", "invoice", "payroll", "job", "career", "recruitment", "training", "event", "booking", "web", "website", "general",
    "main", "centre", "department", "dept", "unit", "duty", "room", "report", "reporting", "newsletter", "subscription", "system", "monitoring",
    "server", "backup", "daemon", "mailer", "test", "secretary", "clerk", "headteacher", "manager", "director", "president", "chair", "ebilling", "servicedesk",
    "social", "care", "adult", "safeguarding", "mash", "community", "regeneration", "policy", "transport", "licence", "cemetery", "archive", "tourism", "visit",
)  # fmt: skip
"""Departments, services and posts of councils, surgeries and firms."""
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
        *_SERVICES,
    ]
)
_SYNTHETIC: Final = ("example.com", "example.org", "example.net", ".example", ".test", ".invalid", ".localhost")
_FILES: Final = frozenset(
    {"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "json", "html", "service", "timer", "socket", "md", "py", "local", "internal"}
)
"""Endings that are no top-level domain of an address: `logo@2x.png`, `getty@tty1.service`."""
_MACHINES: Final = (".gserviceaccount.com", "amazonses.com", "amazonaws.com")


def find(text: str) -> Match:
    """An address whose local part names no team or role."""
    return strongest(_judged(address[1], address[2].lower()) for address in _ADDRESS.finditer(text))


def _judged(local: str, domain: str) -> Match:
    words = {singular(word) for word in split_words(local)}
    if (
        domain.endswith(_MACHINES)
        or domain.rpartition(".")[2] in _FILES
        or not words.isdisjoint(_ROLES)
        or sum(sign.isalpha() for sign in local) < 2
    ):
        return Match.NO
    synthetic = any(domain == end.lstrip(".") or domain.endswith("." + end.lstrip(".")) for end in _SYNTHETIC)
    return Match.SYNTHETIC if synthetic else Match.REAL


def judge(text: str) -> Match:
    """A whole address, whose local part names a person: a word, and no team or role."""
    address = _ADDRESS.fullmatch(text)
    return _judged(address[1], address[2].lower()) if address else Match.NO


DETECTOR: Final = Detector(
    id="email",
    title="e-mail address of a person",
    category=DataCategory(Category.C1),
    columns=("email", "e mail", "email address", "emailaddress", "mail address", "e bost", "ebost"),
    column_confidence=0.8,
    find=find,
    needs="@",
    values=Values(
        shape=r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,120}\.[A-Za-z]{2,24}",
        judge=judge,
        strength=Strength.STRONG,
        chance=0.0005,
        rate=0.2,
        coverage=0.1,
        as_written=True,
        of_one=lambda address: address.partition("@")[0],
        in_text=True,
        positives=("jane.smith@dept.gov.uk", "a.b1990@mail.co.uk"),
        synthetic=("jane.smith@example.org",),
        negatives=("payments-team@dept.gov.uk", "logo@2x.png", "20240101.123456@mail.dept.gov.uk", "getty@tty1.service"),
    ),
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
