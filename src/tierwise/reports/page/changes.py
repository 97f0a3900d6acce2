"""The changes that matter most: of what leads each, the worst finding, and how many resources they put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from tierwise.model.control import Severity
from tierwise.model.finding import Finding, Verdict

_Weight: TypeAlias = tuple[bool, int, int, int]
"""Danger first, then severity, tier, and the rank of the store."""
_Sort: TypeAlias = tuple[str, Severity, str]
"""Changes that the same control leads, at the same severity, and that are made in the same way, are told together."""
_Worst: TypeAlias = tuple[_Weight, int, str]
"""The weight of the worst finding, its place, and its remedy."""
_SEVERAL: Final = 2


@dataclass(slots=True)
class Lead:
    """Changes of one sort: the worst finding that leads one, and how many resources they put right."""

    weight: _Weight
    problem: int
    """Its place among what fails or is unknown."""
    owner: str
    """Who answers for all that its change puts right, where that is one."""
    resources: int = 1

    def add(self, other: Lead) -> None:
        """More of them."""
        self.resources += other.resources
        if other.weight < self.weight:
            self.weight, self.problem, self.owner = other.weight, other.problem, other.owner


@dataclass(slots=True)
class _Shared:
    """A change that is made elsewhere than at a resource, with the findings that it closes as they come."""

    severity: Severity
    control: str
    """Of what leads it: the most severe, of several the first, as fixes are told by it."""
    worst: dict[str, _Worst] = field(default_factory=dict)
    """By control, which may come to lead."""
    owners: set[str] = field(default_factory=set)
    resources: int = 0
    last: str = ""
    """The resource that was counted last."""

    def add(self, one: Finding, weight: _Weight, problem: int) -> None:
        """One more."""
        self.resources += one.resource != self.last
        self.last = one.resource
        self._take(one.severity, one.control, {one.control: (weight, problem, one.remediation)}, {one.owner} - {""})

    def join(self, other: _Shared) -> None:
        """What was found elsewhere, on resources behind these."""
        self.resources += other.resources
        self._take(other.severity, other.control, other.worst, other.owners)

    def _take(self, severity: Severity, control: str, worst: dict[str, _Worst], owners: set[str]) -> None:
        if severity > self.severity:
            self.severity, self.control = severity, control
        for name, one in worst.items():
            self.worst[name] = min(self.worst.get(name, one), one)
        if len(self.owners) < _SEVERAL:
            self.owners |= owners

    def told(self) -> tuple[_Sort, Lead]:
        """What leads it."""
        weight, problem, remedy = self.worst[self.control]
        owner = next(iter(self.owners)) if len(self.owners) == 1 else ""
        return (self.control, self.severity, remedy), Lead(weight, problem, owner, self.resources)


class Changes:
    """What is to be changed, of what fails on one resource after the other; accepted risks and assumed tiers aside."""

    def __init__(self) -> None:
        self._own: dict[_Sort, Lead] = {}
        """At the resources themselves."""
        self._shared: dict[tuple[str, str], _Shared] = {}
        """By where and what is changed."""

    def add(self, found: Iterable[Finding], first: int, rank: int) -> None:
        """What fails or is unknown on one more resource, of such a rank; `first` is the place of the first of it."""
        own: dict[str, tuple[_Sort, Lead]] = {}
        for problem, one in enumerate(found, first):
            if one.verdict is not Verdict.FAIL or one.accepted is not None or one.assumed:
                continue
            weight = (not one.danger, -one.severity, -one.tier, rank)
            what = one.cause or one.setting or one.control
            if one.fix_at != one.resource:
                change = self._shared.setdefault((one.fix_at, what), _Shared(one.severity, one.control))
                change.add(one, weight, problem)
            elif what not in own or one.severity > own[what][0][1]:
                own[what] = ((one.control, one.severity, one.remediation), Lead(weight, problem, one.owner))
        for sort, lead in own.values():
            _put(self._own, sort, lead)

    def join(self, other: Changes) -> None:
        """What was found elsewhere, on resources behind these."""
        for sort, lead in other._own.items():
            _put(self._own, sort, lead)
        for change, theirs in other._shared.items():
            if change in self._shared:
                self._shared[change].join(theirs)
            else:
                self._shared[change] = theirs

    def told(self) -> list[tuple[_Sort, Lead]]:
        """All sorts of them, those that matter most first."""
        found = {sort: Lead(one.weight, one.problem, one.owner, one.resources) for sort, one in self._own.items()}
        for sort, lead in self._every():
            _put(found, sort, lead)
        return sorted(found.items(), key=lambda one: (one[1].weight, one[0]))

    def _every(self) -> Iterator[tuple[_Sort, Lead]]:
        return (one.told() for one in self._shared.values())


def _put(found: dict[_Sort, Lead], sort: _Sort, lead: Lead) -> None:
    if sort in found:
        found[sort].add(lead)
    else:
        found[sort] = lead
