"""Findings grouped by the one change that closes them, and by cause for display; verdicts stay per control."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from tierwise.model.control import Control
from tierwise.model.finding import Finding, Findings, Fix, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.shelf import Picked, Shelf


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
    problems = Findings.of(findings).problems
    shared = {one.fix_at for one in _failed(problems) if one.fix_at != one.resource}
    groups: dict[tuple[str, str], _Group] = {}
    ranked = _Ranked()
    for _, some in groupby(_failed(problems), key=lambda one: one.resource):
        own: dict[tuple[str, str], _Group] = {}
        for one in some:
            among = groups if one.fix_at in shared else own
            among.setdefault((one.fix_at, one.cause or one.setting or one.control), _Group(one)).add(one)
        for group in own.values():
            ranked.add(group.fix(controls))
    for group in groups.values():
        ranked.add(group.fix(controls))
    return ranked.fixes()


def _failed(problems: Iterable[Finding]) -> Iterator[Finding]:
    return (one for one in problems if one.verdict is Verdict.FAIL and not one.accepted)


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
        control = controls.get(first.control)
        account_wide = control is not None and control.one_change and first.fix_at.startswith("account ")
        return Fix(
            fix_at=first.fix_at,
            control=first.control,
            title=first.title,
            remedy=control.one_change if control is not None and account_wide else first.remediation,
            findings=tuple(self._findings),
            resources=tuple(self._resources),
            severity=first.severity,
            tiers=tuple(sorted(self._tiers, reverse=True)),
            owner=self._owners.pop() if len(self._owners) == 1 else "",
        )


class _Ranked:
    """Fixes on their way into their order; of those alike in severity, width and control, only the places are sorted."""

    def __init__(self) -> None:
        self._made: Shelf[Fix] = Shelf(batch=1)
        self._alike: dict[tuple[int, int, str], array[int]] = defaultdict(lambda: array("I"))
        self._last: dict[tuple[int, int, str], str] = {}
        self._mixed: set[tuple[int, int, str]] = set()
        """Those that did not come in the order of their places."""

    def add(self, fix: Fix) -> None:
        """One more."""
        key = (-fix.severity, -len(fix.findings), fix.control)
        if fix.fix_at < self._last.get(key, ""):
            self._mixed.add(key)
        self._last[key] = fix.fix_at
        self._alike[key].append(len(self._made))
        self._made.add(fix)

    def fixes(self) -> Sequence[Fix]:
        """All of them, in order."""
        order = array("I")
        for key in sorted(self._alike):
            places = self._alike[key]
            order.extend(sorted(places, key=lambda place: self._made[place].fix_at) if key in self._mixed else places)
        found = Picked(self._made, order)
        return found if self._made.many else tuple(found)
