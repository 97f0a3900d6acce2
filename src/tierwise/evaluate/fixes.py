"""Findings grouped by the one change that closes them, and by cause for display; verdicts stay per control."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import groupby
from typing import Final, NamedTuple

from tierwise.beside import in_two
from tierwise.model.control import Control
from tierwise.model.finding import Finding, Findings, Fix, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.shelf import Pack, Picked, Shelf, packs

_SOME: Final = 256
"""The fixes of how many resources are made together, where there are very many."""


def entries(findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """Failed findings as shown: findings of one resource with one cause are one entry; worst first inside it."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in Findings.of(findings).problems:
        if finding.verdict is Verdict.FAIL:
            groups[finding.resource, finding.cause or finding.control].append(finding)
    return [tuple(sorted(group, key=lambda one: (-one.severity, one.control))) for group in groups.values()]


def fixes_of(findings: Sequence[Finding], controls: Mapping[str, Control]) -> Sequence[Fix]:
    """One entry per place of change and what is changed there (a cause, a setting, a control), most severe and widest first.

    What is changed at a resource for its own sake is told at once, so that nobody holds the findings of all.
    """
    held = Findings.of(findings)
    problems = held.problems
    shared = frozenset[str]().union(*(in_two(problems, _elsewhere) if isinstance(problems, Shelf) else _elsewhere(problems)))
    groups: dict[tuple[str, str], _Group] = {}
    ranked = _Ranked()
    for own, others in _own(held, shared, controls):
        ranked.take(own)
        for one in others:
            groups.setdefault(_change(one), _Group(one)).add(one)
    for group in groups.values():
        ranked.take(_Fixes.of([group.fix(controls)]))
    return ranked.fixes()


def _own(findings: Findings, shared: Set[str], controls: Mapping[str, Control]) -> Iterator[tuple[_Fixes, list[Finding]]]:
    """What is changed at resources for their own sake, some at a time, and with it the findings that are closed elsewhere; of many by two processes."""
    problems, ends = findings.problems, findings.ends

    def made(some: Iterable[Finding]) -> tuple[_Fixes, list[Finding]]:
        fixes: list[Fix] = []
        others: list[Finding] = []
        for _, mine in groupby(_failed(some), key=lambda one: one.resource):
            own: dict[tuple[str, str], _Group] = {}
            for one in mine:
                if one.fix_at in shared:
                    others.append(one)
                else:
                    own.setdefault(_change(one), _Group(one)).add(one)
            fixes += [group.fix(controls) for group in own.values()]
        return _Fixes.of(fixes, packed=many), others

    many = isinstance(problems, Shelf) and ends is not None
    if not many or ends is None:
        yield made(problems)
        return
    bounds = ends

    def of(places: Sequence[int]) -> Iterator[tuple[_Fixes, list[Finding]]]:
        for first in range(0, len(places), _SOME):
            span = places[first : first + _SOME]
            yield made(problems[bounds[span[0]] : bounds[span[-1] + 1]])

    yield from in_two(range(len(ends) - 1), of)


def _change(one: Finding) -> tuple[str, str]:
    """Where and what is changed."""
    return one.fix_at, one.cause or one.setting or one.control


def _elsewhere(problems: Iterable[Finding]) -> Iterator[frozenset[str]]:
    """Where that is changed which is not changed at the resource itself."""
    yield frozenset(one.fix_at for one in _failed(problems) if one.fix_at != one.resource)


def _failed(problems: Iterable[Finding]) -> Iterator[Finding]:
    return (one for one in problems if one.verdict is Verdict.FAIL and not one.accepted)


def remedy_of(first: Finding, controls: Mapping[str, Control]) -> str:
    """What is to be changed, by the finding that leads the change: an account once for all that is in it, where its control says how."""
    control = controls.get(first.control)
    account_wide = control is not None and control.one_change and first.fix_at.startswith("account ")
    return control.one_change if control is not None and account_wide else first.remediation


class _Group:
    """Findings that one change closes, as they come."""

    def __init__(self, first: Finding) -> None:
        self._first = first
        """The most severe, of several the first."""
        self._findings: list[str] = []
        self._resources: dict[str, None] = {}
        self._tiers: set[Tier] = set()
        self._owners: set[str] = set()

    def add(self, one: Finding) -> None:
        """One more."""
        self._first = max(self._first, one, key=lambda each: each.severity)
        self._findings.append(one.fingerprint)
        self._resources[one.resource] = None
        self._tiers.add(one.tier)
        if one.owner:
            self._owners.add(one.owner)

    def fix(self, controls: Mapping[str, Control]) -> Fix:
        """The change that closes them."""
        first = self._first
        return Fix(
            fix_at=first.fix_at,
            control=first.control,
            title=first.title,
            remedy=remedy_of(first, controls),
            findings=tuple(self._findings),
            resources=tuple(self._resources),
            severity=first.severity,
            tiers=tuple(sorted(self._tiers, reverse=True)),
            owner=self._owners.pop() if len(self._owners) == 1 else "",
        )


class _Fixes(NamedTuple):
    """Some fixes, by what they are ranked by and where they are made, as one process tells another of them."""

    ranks: list[tuple[tuple[int, int, str], str]]
    fixes: Sequence[Fix]
    packs: Sequence[Pack]

    @classmethod
    def of(cls, fixes: Sequence[Fix], *, packed: bool = False) -> _Fixes:
        """Those; packed where there are very many."""
        ranks = [((-one.severity, -len(one.findings), one.control), one.fix_at) for one in fixes]
        return cls(ranks, () if packed else fixes, tuple(packs(fixes, 1)) if packed else ())


class _Ranked:
    """Fixes on their way into their order; of those alike in severity, width and control, only the places are sorted."""

    def __init__(self) -> None:
        self._made: Shelf[Fix] = Shelf(batch=1)
        self._alike: dict[tuple[int, int, str], array[int]] = defaultdict(lambda: array("I"))
        self._last: dict[tuple[int, int, str], str] = {}
        self._mixed: set[tuple[int, int, str]] = set()
        """Those that did not come in the order of their places."""

    def take(self, some: _Fixes) -> None:
        """Some more."""
        for at, (key, place) in enumerate(some.ranks, len(self._made)):
            if place < self._last.get(key, ""):
                self._mixed.add(key)
            self._last[key] = place
            self._alike[key].append(at)
        if some.packs:
            self._made.take(some.packs)
        for one in some.fixes:
            self._made.add(one)

    def fixes(self) -> Sequence[Fix]:
        """All of them, in order."""
        order = array("I")
        for key in sorted(self._alike):
            places = self._alike[key]
            order.extend(sorted(places, key=lambda place: self._made[place].fix_at) if key in self._mixed else places)
        found = Picked(self._made, order)
        return found if self._made.many else tuple(found)
