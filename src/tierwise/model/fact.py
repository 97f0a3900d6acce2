"""Facts: one readable thing each, known, unknown with a reason, or not applicable; always with provenance."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final, Generic, TypeAlias, TypeVar

import msgspec

T_co = TypeVar("T_co", covariant=True)

Value: TypeAlias = bool | int | float | str | frozenset[str]
UNLIMITED: Final = math.inf
"""The value of a `days` or `hours` fact that never ends; written `unlimited` in files."""


class UnknownReason(StrEnum):
    """Why a fact is not known; the closed list of DESIGN section 3."""

    KNOWN_AFTER_APPLY = "known-after-apply"
    PERMISSION_DENIED = "permission-denied"
    API_ERROR = "api-error"
    THROTTLED = "throttled"
    UNPARSABLE = "unparsable"
    NOT_COLLECTED = "not-collected"
    NOT_SUPPORTED = "not-supported"
    REGION_DISABLED = "region-disabled"
    UNRESOLVED_REFERENCE = "unresolved-reference"
    OUT_OF_SCOPE = "out-of-scope"
    REDACTED = "redacted"
    TIER_UNDETERMINED = "tier-undetermined"


class Provenance(msgspec.Struct, frozen=True, gc=False):
    """Where a fact comes from."""

    via: str
    """The API call (`s3:GetBucketAcl`), plan address and attribute (`aws_s3_bucket.a#acl`), `constant: <doc>` or `derived: <rule>`."""
    action: str = ""
    """The IAM action that the read needs, where there is one."""
    as_of: str = ""
    """When it was read, or recorded by whom it is read from, in ISO 8601; empty where that is when the scan was made."""


NOWHERE: Final = Provenance("")


class Known(msgspec.Struct, Generic[T_co], frozen=True, gc=False):
    """A value that was read."""

    value: T_co
    via: Provenance = NOWHERE


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """A value that was not read, why, and what is known of it all the same."""

    reason: UnknownReason
    via: Provenance = NOWHERE
    detail: str = ""
    between: tuple[Value, Value] | None = None
    """For ordered and int facts: the lowest and highest value still possible, inclusive."""
    includes: frozenset[str] = frozenset()
    """For sets: members that are certain."""

    def including(self, members: frozenset[str]) -> Unknown:
        """The same of a set of which these members are certain."""
        return Unknown(self.reason, self.via, self.detail, self.between, members)

    def within(self, lowest: Value, highest: Value) -> Unknown:
        """The same of an ordered fact or a number that lies between these."""
        return Unknown(self.reason, self.via, self.detail, (lowest, highest), self.includes)

    def unsaid(self) -> Unknown:
        """The same without the detail, which may name things."""
        return Unknown(self.reason, self.via, "", self.between, self.includes)

    def __reduce__(self) -> str | tuple[type[Unknown], tuple[object, ...]]:
        """What nobody read is the same object in a copy, by which it is told from what a connector says of it."""
        if self is NOT_COLLECTED:
            return "NOT_COLLECTED"
        return Unknown, (self.reason, self.via, self.detail, self.between, self.includes)


class NotApplicable(msgspec.Struct, frozen=True, gc=False):
    """The question makes no sense here; only where the vocabulary allows it."""

    because: str
    via: Provenance = NOWHERE


Fact: TypeAlias = Known[T_co] | Unknown | NotApplicable
AnyFact: TypeAlias = Known[Value] | Unknown | NotApplicable
Facts: TypeAlias = Mapping[str, AnyFact]
Maybe: TypeAlias = Known[T_co] | Unknown
"""A read whose answer always exists: known or unknown, never not applicable."""


def says_same(one: AnyFact, other: AnyFact) -> bool:
    """Whether two facts say the same, wherever each comes from."""
    match one, other:
        case Known(value=mine), Known(value=theirs):
            return mine == theirs
        case Unknown(), Unknown():
            return (one.reason, one.between, one.includes) == (other.reason, other.between, other.includes)
        case NotApplicable(), NotApplicable():
            return True
        case _:
            return False


def say_same(one: Facts, other: Facts) -> bool:
    """The same of all facts of a resource."""
    return one.keys() == other.keys() and all(fact is other[name] or says_same(fact, other[name]) for name, fact in one.items())


def told_apart(fact: AnyFact) -> Hashable:
    """What is equal for facts of one name that may stand for each other: the same words, and not 1 for true or what was told for what nobody read."""
    match fact:
        case Known(value=value):
            return type(value), fact
        case Unknown(between=between):
            return fact is NOT_COLLECTED, *map(type, between or ()), fact
        case _:
            return fact


def oldest(facts: Iterable[AnyFact]) -> str:
    """When the one of them was read that was read first; empty where all were when the scan was made."""
    return min((fact.via.as_of for fact in facts if fact.via.as_of), default="")


NOT_COLLECTED: Final = Unknown(UnknownReason.NOT_COLLECTED)


@lru_cache(maxsize=4096, typed=True)
def _constant(value: Value, doc: str) -> Known[Value]:
    """One object for all resources of which it holds."""
    return Known(value, Provenance(f"constant: {doc}"))


@dataclass(slots=True)
class FactSheet:
    """A builder that a connector fills, fact by fact, for one resource; `via` and `action` are set once per read."""

    facts: dict[str, AnyFact] = field(default_factory=dict)

    def known(self, name: str, value: Value, via: Provenance) -> None:
        """Record a value that was read."""
        self.facts[name] = Known(value, via)

    def constant(self, name: str, value: Value, doc: str) -> None:
        """Record a value that the provider guarantees; `doc` names the page and the date from which it holds."""
        self.facts[name] = _constant(value, doc)

    def not_applicable(self, name: str, because: str, via: Provenance = NOWHERE) -> None:
        """Record that the question makes no sense here."""
        self.facts[name] = NotApplicable(because, via)

    def put(self, name: str, fact: AnyFact) -> None:
        """Record a fact that is already made."""
        self.facts[name] = fact
