"""What two scans of one estate know of the same resource: what is equal, what only one of them knows, and what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tierwise.evaluate.render import render_fact
from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown
from tierwise.model.finding import Finding, Verdict
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification

NAMES = ("arn", "id", "bucket", "name", "key_id", "identifier")
DEFINITE = (Verdict.PASS, Verdict.FAIL)


@dataclass(frozen=True, order=True)
class Difference:
    """A fact, a verdict or a tier that both sides know, and not alike."""

    type: str
    what: str
    """A fact, a control, or `tier`."""
    plan: str
    live: str


@dataclass
class Comparison:
    """All that was compared."""

    facts: Counter[str] = field(default_factory=Counter)
    """`equal`, `differs`, `only the plan knows`, `only live is known`, `neither knows`"""
    verdicts: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    differences: dict[Difference, list[str]] = field(default_factory=dict)
    """Each with the addresses where it is."""
    unmatched: list[str] = field(default_factory=list)
    """Addresses for which no one live resource was found."""
    types: int = 0
    """How many Terraform types were compared."""

    def differ(self, one: Difference, address: str) -> None:
        self.differences.setdefault(one, []).append(address)


def pairs(planned: Iterable[Resource], live: Sequence[Resource], state: Mapping[str, Any]) -> Iterator[tuple[Resource, Resource | None]]:
    """Each planned resource with what it became: by its ARN in the state after apply, else by its other names and its kind."""
    for one in planned:
        values = state.get(str(one.address), {})
        found: list[Resource] = []
        for name in NAMES:
            if values.get(name) and not found:
                found = [each for each in live if each.kind == one.kind and values[name] in (each.id, *each.aliases)]
        yield one, found[0] if len(found) == 1 else None


def compare_facts(matched: Iterable[tuple[Resource, Resource | None]], into: Comparison) -> None:
    """Fact by fact, as far as both sides list them."""
    for planned, live in matched:
        if live is None:
            into.unmatched.append(planned.id)
            continue
        for name in sorted(planned.facts.keys() & live.facts.keys()):
            one, other = planned.facts[name], live.facts[name]
            told = _told(one, other)
            into.facts[told] += 1
            if told == "differs":
                into.differ(Difference(planned.type, name, render_fact(one), render_fact(other)), planned.id)


def _told(one: AnyFact, other: AnyFact) -> str:
    match one, other:
        case Unknown(), Unknown():
            return "neither knows"
        case Unknown(), _:
            return "only live is known"
        case _, Unknown():
            return "only the plan knows"
        case Known(value=mine), Known(value=theirs):
            return "equal" if mine == theirs else "differs"
        case NotApplicable(), NotApplicable():
            return "equal"
        case _:
            return "differs"


def compare_verdicts(
    matched: Iterable[tuple[Resource, Resource | None]], planned: Iterable[Finding], live: Iterable[Finding], into: Comparison
) -> None:
    """Verdict by verdict, where both sides say pass or fail."""
    theirs = {(one.resource, one.control): one for one in live}
    became = {one.id: (one.type, other.id) for one, other in matched if other is not None}
    for finding in planned:
        kind, other = became.get(finding.resource, ("", ""))
        answer = theirs.get((other, finding.control))
        if answer is None:
            continue
        if finding.verdict not in DEFINITE or answer.verdict not in DEFINITE:
            into.verdicts["one of them is not definite"] += 1
        elif finding.verdict is answer.verdict:
            into.verdicts["equal"] += 1
        else:
            into.verdicts["differs"] += 1
            into.differ(Difference(kind, finding.control, finding.verdict.value, answer.verdict.value), finding.resource)


def compare_tiers(
    matched: Iterable[tuple[Resource, Resource | None]],
    planned: Mapping[str, Classification],
    live: Mapping[str, Classification],
    into: Comparison,
) -> None:
    """Tier by tier, where both sides have one and not a range."""
    for one, other in matched:
        if other is None:
            continue
        mine, theirs = planned[one.id].interval, live[other.id].interval
        if not (mine.settled and theirs.settled):
            into.tiers["one of them is not definite"] += 1
        elif mine == theirs:
            into.tiers["equal"] += 1
        else:
            into.tiers["differs"] += 1
            into.differ(Difference(one.type, "tier", mine.hi.name, theirs.hi.name), one.id)
