"""Profiles: thresholds, tag dictionary, control selection, stricter rungs, gate policy and a framework's mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tierwise.model.acceptance import STANDARD, AcceptancePolicy
from tierwise.model.control import Predicate, Severity
from tierwise.model.coverage import LeastCoverage
from tierwise.model.sensitivity import Category, Marking, Tier


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the model with the reason for it, printed in reports."""

    value: int | float
    rationale: str
    source: str


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """A category's base tier and the numbers of people at which it is promoted; None where it is not."""

    category: Category
    title: str
    base: Tier
    to_t3: int | None
    to_t4: int | None
    rationale: str
    source: str
    variants: Mapping[str, int] = field(default_factory=dict)
    """Other `to_t4` numbers by sub-category, e.g. `criminal`."""


@dataclass(frozen=True, slots=True)
class TagKey:
    """One canonical key of the tag dictionary."""

    key: str
    aliases: tuple[str, ...]
    role: str
    """What the value means: tier, marking, categories, subjects, owner, environment, retention, retention-schedule, reference, region..."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Canonical meaning by value (compared without case and separators): a tier (`T2`), `production`, an owner role..."""
    wanted_from: Tier | None = None
    """The tier from which `tags.missing` asks for it."""


class Sight(StrEnum):
    """The most that a mapping can show of a requirement, however well all goes."""

    SCANNED = "scanned"
    PARTLY = "partly"
    """Scanned, and something of it is for somebody to attest, or is not asked by the controls."""
    ATTESTED = "attested"
    NOT_VISIBLE = "not visible"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a framework, mapped to the controls that give evidence of it."""

    id: str
    title: str
    controls: tuple[str, ...]
    attestation: str = ""
    """What must be attested where no scan can see it; empty where scanning suffices."""
    note: str = ""
    """What the controls leave open of it, or why none gives evidence."""
    sight: Sight = Sight.NOT_VISIBLE


def sight_words(requirements: Sequence[Requirement]) -> str:
    """How many requirements of a framework can be shown, and how far."""
    found = Counter(one.sight for one in requirements)
    return f"{len(requirements)} requirements: {', '.join(f'{found[sight]} {sight}' for sight in Sight)}. Coverage is the most that a report can show; none says that a requirement is met."


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What may block."""

    mode: str = "observe"
    fail_on: Severity = Severity.HIGH
    unknown_from: Tier | None = None
    """The tier from which an unknown blocks, where the author can settle it."""
    min_coverage: LeastCoverage = field(default_factory=lambda: dict.fromkeys(Tier, 0.9))
    """The share of reads that must have got an answer."""
    override_hours: int = 72
    """How long an override may live; 0 allows none."""
    override_up_to: Tier = Tier.T4
    """The highest tier at which an override lets findings through."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A profile, resolved and validated. One is itself and no other: it is never compared by value, and so may key a memo."""

    id: str
    title: str
    description: str
    framework: str
    source: str
    assumed_tier: Tier
    infer_confidence: float
    """The confidence from which inferred evidence sets a tier and contradicts a declaration."""
    categories: Mapping[Category, CategoryRule]
    parameters: Mapping[str, Parameter]
    tags: tuple[TagKey, ...]
    markings: Mapping[Marking, Tier]
    kind_floors: Mapping[str, Tier]
    """Tiers below which a kind never falls, whatever is declared; kind value to tier."""
    deselected: Mapping[str, str]
    """Control id to `because`."""
    tightened: Mapping[str, Mapping[Tier, Predicate]]
    severity: Mapping[str, Mapping[Tier, Severity]]
    gate: GatePolicy
    requirements: tuple[Requirement, ...]
    own_accounts: frozenset[str] = frozenset()
    known_principals: frozenset[str] = frozenset()
    expected_gaps: tuple[tuple[str, str, str], ...] = ()
    """(pattern of account/region/service, because, expires ISO date)"""
    acceptance: AcceptancePolicy = STANDARD
    synthetic_counts: bool = False
    """Whether documented test values raise the tier."""
    path: str = ""
