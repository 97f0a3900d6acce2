"""Tiers, how they were reached, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

import msgspec


class Tier(IntEnum):
    """A strength of protection; not a classification, and not a statement that personal data is present."""

    T0 = 0
    T1 = 1
    T2 = 2
    T3 = 3
    T4 = 4

    @property
    def label(self) -> str:
        """Number and name together, as they are always printed: `T3 heightened`."""
        return _LABELS[self]


TIER_NAMES = {Tier.T0: "published", Tier.T1: "internal", Tier.T2: "personal", Tier.T3: "heightened", Tier.T4: "exceptional"}
TIER_IDS: Final = tuple(tier.name for tier in Tier)
"""`T3`, by tier: looking up an enum's name takes ten times as long."""
_LABELS: Final = tuple(f"{tier.name} {TIER_NAMES[tier]}" for tier in Tier)


class TierState(StrEnum):
    """How a tier came about."""

    DECLARED = "declared"
    REGISTERED = "registered"
    INFERRED = "inferred"
    INHERITED = "inherited"
    ASSUMED = "assumed"


class PersonalData(StrEnum):
    """Whether personal data is present; a statement of its own beside the tier."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Marking(StrEnum):
    """Protective markings in ascending order, as the fact `marking.level` has them."""

    NONE = "none"
    OFFICIAL = "official"
    OFFICIAL_SENSITIVE = "official-sensitive"
    SECRET = "secret"
    TOP_SECRET = "top-secret"


class Category(StrEnum):
    """Categories of data, DOMAIN section 3(a)."""

    C0 = "C0"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of the way to a tier: which rule, on what input, with what result."""

    rule: str
    """Stable id, e.g. `declared-tag`, `name-token`, `promote`, `inherit`, `assume`."""
    because: str
    """A sentence that a security lead understands; never a value of the data."""
    tier: Tier | None = None
    source: str = ""
    """The tag, register line, resource id or read that the step rests on."""


class TierInterval(msgspec.Struct, frozen=True, gc=False):
    """The lowest and highest tier still possible."""

    lo: Tier
    hi: Tier

    @property
    def settled(self) -> bool:
        """Whether one tier only is possible."""
        return self.lo == self.hi


@dataclass(frozen=True, slots=True)
class Classification:
    """A resource's tier with everything that explains it."""

    tier: Tier
    """The tier to print; where the interval is open, the tier at the profile's assumption inside it."""
    interval: TierInterval
    state: TierState
    personal_data: PersonalData = PersonalData.UNKNOWN
    declared: Tier | None = None
    inferred: Tier | None = None
    marking: Marking = Marking.NONE
    categories: tuple[Category, ...] = ()
    subjects: int | None = None
    confidence: float = 0.0
    trace: tuple[TraceStep, ...] = ()
    understated: bool = False
    """Declared below what other evidence gives at sufficient confidence."""
    dataset: str = ""
    owner: str = ""
    unread: tuple[str, ...] = ()
    """IAM actions or reads of tier evidence that failed and keep the interval open."""
