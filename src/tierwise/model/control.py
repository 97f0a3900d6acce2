"""Controls: a ladder of predicates over facts by tier, as parsed from one YAML file each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, TypeAlias, assert_never

from tierwise.model.fact import AnyFact, Value
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier
from tierwise.model.snippet import Snippet
from tierwise.model.vocabulary import is_attested


class Op(StrEnum):
    """The operators over one fact; with `all` and `any` the closed set of ten."""

    IS = "is"
    IS_NOT = "is-not"
    AT_LEAST = "at-least"
    AT_MOST = "at-most"
    ONE_OF = "one-of"
    NONE_OUTSIDE = "none-outside"
    INCLUDES = "includes"
    EMPTY = "empty"


class Severity(IntEnum):
    """How much harm a control directly prevents at a tier, ascending."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The lower-case word used in files and reports."""
        return _WORDS[self]


_WORDS: Final = {severity: severity.name.lower() for severity in Severity}


@dataclass(frozen=True, slots=True)
class Compare:
    """One fact held against one operand."""

    fact: str
    op: Op
    operand: Value
    """A bool, number, scale word, or set of words; `empty` takes a bool."""


@dataclass(frozen=True, slots=True)
class Holds:
    """A named pure predicate over several facts, for what a comparison with a constant cannot say."""

    name: str
    args: tuple[tuple[str, str | int], ...]
    """Argument name to fact name or number, in schema order."""

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it looks at, in argument order."""
        return tuple(str(value) for key, value in self.args if key in {"fact", "of"})


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold; parts that are not applicable drop out."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part must hold; parts that are not applicable drop out."""

    parts: tuple[Predicate, ...]


Predicate: TypeAlias = Compare | Holds | All | AnyOf


def facts_in(predicate: Predicate) -> Iterator[str]:
    """The names of all facts that a predicate looks at."""
    match predicate:
        case Compare(fact=name):
            yield name
        case Holds():
            yield from predicate.facts
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from facts_in(part)
        case _:
            assert_never(predicate)


@dataclass(frozen=True, slots=True)
class Case:
    """A worked example inside a control: facts, a tier, and the verdict that must come out."""

    name: str
    tier: Tier
    facts: Mapping[str, AnyFact]
    expect: str
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """One control. `ladder` holds each tier's own rung; the effective rung is the conjunction of it and all lower ones."""

    id: str
    title: str
    family: str
    applies_to: tuple[Kind, ...]
    ladder: Mapping[Tier, Predicate]
    severity: Mapping[Tier, Severity]
    """One entry per tier from the first rung up."""
    rationale: str
    remediation: Mapping[str, str]
    """By dialect: aws, azure, gcp, terraform."""
    source: str
    when: Predicate | None = None
    cause: str = ""
    """Controls with the same cause are shown as one entry per resource, e.g. `undeclared`."""
    one_change: str = ""
    """The one account-wide change that would meet this control for all resources of an account, where there is one."""
    danger: bool = False
    """True for what is dangerous at any tier (public, shared, open): it leads the report."""
    cases: tuple[Case, ...] = ()
    path: str = ""
    extra: Mapping[Tier, tuple[Predicate, ...]] = field(default_factory=dict)
    """Stricter rungs conjoined by the profile in force."""
    snippets: Mapping[str, Snippet] = field(default_factory=dict)
    """The change in Terraform's files, by resource type or `aws_*` for all of a provider's."""

    def snippet(self, kind: str) -> Snippet | None:
        """The change for a resource type: its own, else its provider's."""
        return self.snippets.get(kind) or self.snippets.get(f"{kind.partition('_')[0]}_*")


def rests_on_attestation(control: Control) -> bool:
    """Whether it judges what somebody attested, and not what was read; the catalogue lets none do both."""
    return any(is_attested(fact) for rung in control.ladder.values() for fact in facts_in(rung))
