"""Retention: what is older than its time is dropped, and the last run of a series never."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, delete, func, select, update

from tierwise.model.history import Pruned, Retention
from tierwise.model.sensitivity import Tier
from tierwise.store.connect import Store, upsert
from tierwise.store.earlier import drop_old
from tierwise.store.tables import DAY_COUNTS, DAY_TIERS, DAYS, FACTS, FINDINGS, RESOURCES, RUNS, SERIES, STANDINGS, STORE
from tierwise.store.units import drop_abandoned

KEPT_LONGER: Final = Tier.T3
"""The tier from which findings and evidence are kept as long as the daily figures."""


def prune(store: Store, retention: Retention, today: date, *, dry: bool = False) -> Pruned:
    """Drop what is older than its time; `dry` only counts it."""
    with store.writing() as connection:
        found = [_series(connection, key, retention, today, dry=dry) for (key,) in connection.execute(select(SERIES.c.id)).all()]
        scans = drop_abandoned(connection, today, dry=dry)
        drop_old(connection, today, dry=dry)
    runs, findings, evidence, days = (sum(part) for part in zip(*(found or [(0, 0, 0, 0)]), strict=True))
    return Pruned(runs, findings, evidence, days, scans)


def tidy(store: Store, retention: Retention, today: date) -> None:
    """The same after a scan, once a day."""
    with store.writing() as connection:
        upsert(connection, STORE, [{"key": "pruned", "value": ""}])
        # Of two scans that end at once, the second waits here and then finds the day's work done.
        due = update(STORE).where(STORE.c.key == "pruned", STORE.c.value < today.isoformat())
        if connection.execute(due.values(value=today.isoformat())).rowcount == 0:
            return
        for (key,) in connection.execute(select(SERIES.c.id)).all():
            _series(connection, key, retention, today, dry=False)
        drop_abandoned(connection, today)
        drop_old(connection, today)


def _series(connection: Connection, series: int, retention: Retention, today: date, *, dry: bool) -> tuple[int, int, int, int]:
    whole = _first_from(connection, series, retention.whole_from(today))
    longest = min(whole, _first_from(connection, series, retention.evidence_from(today)))
    day = min(retention.evidence_from(today).isoformat(), _last_day(connection, series))
    spans = [
        (table, and_(table.c.series == series, table.c.until <= (longest if longer else whole), (table.c.tier >= KEPT_LONGER) == longer))
        for table in (FINDINGS, RESOURCES, FACTS)
        for longer in (True, False)
    ]
    old = and_(RUNS.c.series == series, RUNS.c.number < longest)
    past = [and_(table.c.series == series, table.c.day < day) for table in (DAYS, DAY_TIERS, DAY_COUNTS)]
    counts = {table.name: 0 for table in (FINDINGS, RESOURCES, FACTS)}
    for table, which in spans:
        counts[table.name] += _count(connection, select(func.count()).select_from(table).where(which))
    runs = _count(connection, select(func.count()).select_from(RUNS).where(old))
    days = _count(connection, select(func.count()).select_from(DAYS).where(past[0]))
    if not dry:
        for table, which in spans:
            connection.execute(delete(table).where(which))
        connection.execute(delete(RUNS).where(old))
        connection.execute(update(RUNS).where(RUNS.c.series == series, RUNS.c.number < whole).values(pruned=True))
        for table, which in zip((DAYS, DAY_TIERS, DAY_COUNTS), past, strict=True):
            connection.execute(delete(table).where(which))
        connection.execute(delete(STANDINGS).where(STANDINGS.c.series == series, STANDINGS.c.ended < day))
    return runs, counts[FINDINGS.name], counts[RESOURCES.name] + counts[FACTS.name], days


def _first_from(connection: Connection, series: int, day: date) -> int:
    """The number of the first run on or after a day; of the last where all are older."""
    from_then = select(func.min(RUNS.c.number)).where(RUNS.c.series == series, func.substr(RUNS.c.started, 1, 10) >= day.isoformat())
    found = connection.execute(from_then).scalar()
    return int(
        found if found is not None else connection.execute(select(func.max(RUNS.c.number)).where(RUNS.c.series == series)).scalar() or 0
    )


def _last_day(connection: Connection, series: int) -> str:
    return str(connection.execute(select(func.max(DAYS.c.day)).where(DAYS.c.series == series)).scalar() or "")


def _count(connection: Connection, asked: Select[Any]) -> int:
    return int(connection.execute(asked).scalar_one())
