"""What scans that have not ended have read so far, so that another process can go on from there."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from tierwise.errors import StoreError
from tierwise.store.connect import Store, upsert
from tierwise.store.stage import plain, text
from tierwise.store.tables import RUNS, SCANS, UNITS

KEPT_DAYS: Final = 7
"""How long a scan that nobody goes on with is kept: what it read is no picture of today's estate any more."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A scan that has begun and not ended."""

    run: str
    started: str
    touched: str
    """When something was last kept of it."""
    scope: Mapping[str, Any]
    """What it scans and by what: command, options, sources, profile, controls, version."""
    units: int


@dataclass(frozen=True, slots=True)
class KeptUnit:
    """What a unit yielded, and which kept units below it yielded the rest."""

    name: str
    items: bytes
    """JSON Lines, compressed in the store."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """For a unit of stage 2: a digest of what it answered, by resource id."""
    below: tuple[str, ...] = ()


def begin(store: Store, run: str, started: datetime, scope: Mapping[str, Any]) -> None:
    """Note that a scan has begun."""
    with store.writing() as connection:
        row = {"run": run, "started": started.isoformat(), "touched": started.isoformat(), "scope": text(scope)}
        connection.execute(insert(SCANS), row)


def begun(connection: Connection) -> tuple[Begun, ...]:
    """The scans that have not ended, the latest first."""
    count = select(func.count()).where(UNITS.c.run == SCANS.c.run).scalar_subquery()
    rows = connection.execute(select(SCANS, count.label("units")).order_by(SCANS.c.started.desc(), SCANS.c.run.desc()))
    return tuple(Begun(row.run, row.started, row.touched, json.loads(row.scope), row.units) for row in rows)


def keep(store: Store, run: str, units: Sequence[KeptUnit], now: datetime) -> None:
    """Keep what some units yielded, in one transaction; StoreError where the store cannot take it or the scan is no longer there."""
    with store.writing() as connection:
        touched = connection.execute(update(SCANS).where(SCANS.c.run == run).values(touched=now.isoformat()))
        if touched.rowcount == 0:
            raise StoreError(f"scan {run} is no longer in {store.where}: it was pruned, or another process has ended it")
        upsert(connection, UNITS, [_row(run, one) for one in units])


def kept(connection: Connection, run: str) -> Iterator[KeptUnit]:
    """What is kept of a scan; items stay compressed (see `lines_of`)."""
    for row in connection.execute(select(UNITS).where(UNITS.c.run == run)):
        yield KeptUnit(row.name, row.items, json.loads(row.asked), tuple(json.loads(row.below)))


def lines_of(unit: KeptUnit) -> list[bytes]:
    """The items of a unit as it comes out of a store."""
    return zlib.decompress(unit.items).splitlines()


def ended(connection: Connection, run: str) -> None:
    """Drop what was kept for going on: the run is in the store, or nobody will."""
    connection.execute(delete(SCANS).where(SCANS.c.run == run))


def drop_abandoned(connection: Connection, today: date, *, dry: bool = False) -> int:
    """Drop scans of which nothing was kept for a week; how many."""
    last = date.fromordinal(max(1, today.toordinal() - KEPT_DAYS)).isoformat()
    old = SCANS.c.touched < last
    if dry:
        return int(connection.execute(select(func.count()).select_from(SCANS).where(old)).scalar_one())
    return connection.execute(delete(SCANS).where(old)).rowcount


def problems(connection: Connection) -> Iterator[str]:
    """What must hold of scans that have not ended and does not."""
    for (run,) in connection.execute(select(SCANS.c.run).join(RUNS, RUNS.c.id == SCANS.c.run)):
        yield f"run {run} has ended, and is kept as one that has not"
    for one in begun(connection):
        units = {unit.name: unit for unit in kept(connection, one.run)}
        lost = sorted({name for unit in units.values() for name in unit.below} - units.keys())
        if lost:
            yield f"scan {one.run} lacks units that others rest on: {', '.join(lost[:3])}"
        for unit in units.values():
            try:
                lines_of(unit)
            except zlib.error:
                yield f"scan {one.run}: what unit {unit.name} read is damaged"


def _row(run: str, unit: KeptUnit) -> dict[str, Any]:
    return {
        "run": run,
        "name": plain(unit.name),
        "asked": text(unit.asked),
        "below": text([plain(name) for name in unit.below]),
        "items": zlib.compress(unit.items, 3),
    }
