"""Two runs of a store as pictures for comparing: only the spans that began or ended between them are read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from tierwise.errors import StoreError
from tierwise.evaluate.progress import compare
from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.model.history import Comparison, KeptRun, LivePlace, Picture, Place, Standing
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier
from tierwise.store.read import at_run, detail_of, said_of, series_id
from tierwise.store.save import Unseen
from tierwise.store.tables import FINDINGS, GAPS, RESOURCES

_MOST_KEYS: Final = 500


def comparison(connection: Connection, before: KeptRun, after: KeptRun) -> Comparison:
    """What differs from one run to another of the same series; StoreError where they are not comparable any more."""
    if before.series != after.series:
        raise StoreError(
            f"{before.id} is a run of {before.series!r} and {after.id} of {after.series!r}, which are not of the same estate"
            "\ncompare two runs of one series: tierwise history --series NAME"
        )
    for run in (before, after):
        if run.pruned:
            raise StoreError(f"run {run.id} of {run.day} is kept for its T3 and T4 evidence only; its other findings have been pruned")
    series = series_id(connection, before.series)
    sides = tuple(zip((before, after), _moved(FINDINGS, before, after), _moved(RESOURCES, before, after), strict=True))
    standings = [{one.fingerprint: one for one in _standings(connection, series, findings)} for _run, findings, _ in sides]
    named = {one.resource for side in standings for one in side.values()}
    rows = [{row.key: row for row in _resources(connection, series, run, here, named)} for run, _, here in sides]
    return compare(
        _picture(connection, before, standings[0], rows[0], rows[1]),
        _picture(connection, after, standings[1], rows[1], rows[0]),
    )


def live_places(connection: Connection, run: KeptRun) -> tuple[LivePlace, ...]:
    """Every resource of a run with its verdicts; StoreError where not all of them are kept any more."""
    if run.pruned:
        raise StoreError(f"run {run.id} of {run.day} is kept for its T3 and T4 evidence only; its other findings have been pruned")
    series = series_id(connection, run.series)
    standings: dict[str, dict[str, Standing]] = {}
    for one in _standings(connection, series, at_run(FINDINGS, run.number)):
        standings.setdefault(one.resource, {})[one.control] = one
    rows = connection.execute(select(RESOURCES).where(RESOURCES.c.series == series, at_run(RESOURCES, run.number)))
    return tuple(
        LivePlace(
            row.key,
            row.kind,
            row.provider,
            row.name,
            tuple(detail_of(row).get("aliases", ())),
            frozenset(row.passes.split()),
            frozenset(row.not_applicable.split()),
            standings.get(row.key, {}),
        )
        for row in rows
    )


def _picture(
    connection: Connection, run: KeptRun, standings: Mapping[str, Standing], own: Mapping[str, Any], other: Mapping[str, Any]
) -> Picture:
    absent = (row for key, row in other.items() if key not in own)
    return Picture(run, standings, {key: _place(row) for key, row in own.items()}, _unseen(connection, run, absent))


def _moved(table: Table, before: KeptRun, after: KeptRun) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The spans of the one run that have ended by the other, and those of the other that had not begun in the one."""
    low, high = sorted((before.number, after.number))
    early = and_(table.c.since <= low, table.c.until > low, table.c.until <= high)
    late = and_(table.c.since > low, table.c.since <= high, or_(table.c.until.is_(None), table.c.until > high))
    return (early, late) if before.number <= after.number else (late, early)


def _standings(connection: Connection, series: int, here: ColumnElement[bool]) -> Iterator[Standing]:
    said = said_of(connection)
    for row in connection.execute(select(FINDINGS).where(FINDINGS.c.series == series, here)):
        detail = said(row)
        accepted = json.loads(row.accepted) if row.accepted else None
        yield Standing(
            row.key,
            row.control,
            row.resource,
            Verdict(row.verdict),
            Severity(row.severity),
            Tier(row.tier),
            row.assumed,
            f"{accepted['approver']} until {accepted['expires']}" if accepted else "",
            detail["title"],
            detail["why"],
            detail["expected"],
            "; ".join(f"{fact} {value}" for fact, value, _via in detail["actual"]),
            detail["owner"],
        )


def _resources(connection: Connection, series: int, run: KeptRun, here: ColumnElement[bool], named: Iterable[str]) -> Iterator[Any]:
    yield from connection.execute(select(RESOURCES).where(RESOURCES.c.series == series, here))
    keys = sorted(named)
    for at in range(0, len(keys), _MOST_KEYS):
        asked = select(RESOURCES).where(RESOURCES.c.series == series, RESOURCES.c.key.in_(keys[at : at + _MOST_KEYS]))
        yield from connection.execute(asked.where(at_run(RESOURCES, run.number)))


def _place(row: Any) -> Place:
    tier = Tier(row.tier)
    because = next((step[1] for step in reversed(detail_of(row)["trace"]) if step[2] == tier.name), "")
    passes, absent = frozenset(row.passes.split()), frozenset(row.not_applicable.split())
    return Place(row.key, tier, row.assumed, because, passes, absent, attested=row.kind == Kind.DATASET.value)


def _unseen(connection: Connection, run: KeptRun, absent: Iterable[Any]) -> frozenset[str]:
    asked = select(GAPS.c.provider, GAPS.c.account, GAPS.c.region, GAPS.c.kinds).where(GAPS.c.run == run.id)
    rows: Sequence[Any] = connection.execute(asked).all()
    gaps = Unseen(tuple((provider, account, region, frozenset(kinds.split())) for provider, account, region, kinds in rows))
    return frozenset(row.key for row in absent if gaps.holds(row.provider, row.account, row.region, row.kind))
