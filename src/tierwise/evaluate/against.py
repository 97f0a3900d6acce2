"""A judged plan held against the last live run: what it would mend and break of what is there, resource by resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from tierwise.model.change import Action
from tierwise.model.finding import Finding, ScanResult, Verdict
from tierwise.model.history import KeptRun, LivePlace, PlanAgainst, PlanMove, PlanSort
from tierwise.model.resource import Resource

_SORTS: Final = tuple(PlanSort)


def against(result: ScanResult, run: KeptRun, live: Sequence[LivePlace]) -> PlanAgainst:
    """The plan of a result against what a run kept of each resource."""
    found = _Live(live)
    changes = {one.resource: one for one in result.earlier}
    by_resource: dict[str, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        by_resource[finding.resource].append(finding)
    moves: list[PlanMove] = []
    named, made, unmatched, stays = set[str](), 0, [], 0
    for planned in result.resources:
        place = found.match(planned)
        changed = planned.id in changes
        if place is None:
            if planned.existing or changed:
                unmatched.append(planned.id)
            else:
                made += 1
                moves += [_move(PlanSort.BREAKS, one, planned, None) for one in by_resource[planned.id] if one.verdict is Verdict.FAIL]
            continue
        named.add(place.id)
        stays += sum(one.verdict is Verdict.FAIL and place.verdict(one.control) is Verdict.FAIL for one in by_resource[planned.id])
        moves += _moves(by_resource[planned.id], planned, place, changed=changed or not planned.existing)
    for change in result.earlier:
        place = found.match(change.before) if change.action is Action.DELETE else None
        if place is not None and place.id not in named:
            named.add(place.id)
            moves += _gone(place, change.before)
    moves.sort(key=lambda one: (_SORTS.index(one.sort), -one.tier, -one.severity, one.resource, one.control))
    return PlanAgainst(run, len(named), made, tuple(sorted(unmatched)), len(live) - len(named), stays, tuple(moves))


class _Live:
    """The resources of a run, found by what a plan calls them."""

    def __init__(self, live: Iterable[LivePlace]) -> None:
        self._by_id: dict[tuple[str, str], LivePlace] = {}
        self._by_name: dict[tuple[str, str, str], list[LivePlace]] = defaultdict(list)
        for one in live:
            for key in (one.id, *one.aliases):
                self._by_id.setdefault((one.kind, key.casefold()), one)
            if one.name:
                self._by_name[one.kind, one.provider, one.name].append(one)

    def match(self, planned: Resource) -> LivePlace | None:
        """The one that an id of the plan names; else the only one of its kind and name in the cloud. None where that is not one."""
        kind = planned.kind.value
        for alias in planned.aliases:
            if alias != planned.name and (found := self._by_id.get((kind, alias.casefold()))) is not None:
                return found
        called = self._by_name.get((kind, planned.provider, planned.name), ())
        return called[0] if len(called) == 1 else None


def _moves(findings: Iterable[Finding], planned: Resource, place: LivePlace, *, changed: bool) -> Iterator[PlanMove]:
    for one in findings:
        sort = _sort(place.verdict(one.control), one.verdict, changed=changed)
        if sort is not None:
            yield _move(sort, one, planned, place)


def _sort(before: Verdict | None, after: Verdict, *, changed: bool) -> PlanSort | None:
    """What the plan makes of one verdict; None where nothing is to be told."""
    met = (Verdict.PASS, Verdict.NOT_APPLICABLE)
    if not changed:
        told = {before, after}
        return PlanSort.DIFFERS if Verdict.FAIL in told and not told.isdisjoint(met) else None
    if after is Verdict.FAIL:
        return PlanSort.BREAKS if before is not Verdict.FAIL else None
    if before is Verdict.FAIL:
        return PlanSort.MENDS if after in met else PlanSort.OPEN
    return None


def _move(sort: PlanSort, one: Finding, planned: Resource, place: LivePlace | None) -> PlanMove:
    before = place.verdict(one.control) if place is not None else None
    return PlanMove(
        sort,
        one.control,
        one.title,
        place.id if place is not None else planned.id,
        planned.id,
        one.tier,
        one.severity,
        before.value if before is not None else "",
        one.verdict.value,
    )


def _gone(place: LivePlace, planned: Resource) -> Iterator[PlanMove]:
    for one in place.standings.values():
        if one.verdict is Verdict.FAIL:
            yield PlanMove(PlanSort.GOES, one.control, one.title, place.id, planned.id, one.tier, one.severity, one.verdict.value, "")


def differing_controls(run: KeptRun, now: Mapping[str, str]) -> int:
    """How many controls ask something else now than at the run, or are asked in one of the two alone."""
    return sum(run.controls.get(control) != now.get(control) for control in run.controls.keys() | now.keys())
