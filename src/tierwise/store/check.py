"""Looks over a store: the database's own checks, and what must hold between its tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, and_, exists, func, or_, select
from sqlalchemy import text as sql

from tierwise.model.history import Checked
from tierwise.store.connect import Store
from tierwise.store.read import last_run
from tierwise.store.tables import AGES, DAY_COUNTS, FACTS, FINDINGS, RESOURCES, RUNS, SERIES, STANDINGS, WORDS
from tierwise.store.units import begun
from tierwise.store.units import problems as of_units

_MOST: Final = 20


def check(store: Store) -> Checked:
    """What is wrong with a store; nothing is changed."""
    with store.reading() as connection:
        problems = list(_database(connection))
        if not problems:
            problems = [*_spans(connection), *of_units(connection)]
            problems += [
                problem
                for key, name in connection.execute(select(SERIES.c.id, SERIES.c.name)).all()
                for problem in _series(connection, key, name)
            ]
        runs = 0 if problems else int(connection.execute(select(func.count()).select_from(RUNS)).scalar_one())
        series = 0 if problems else int(connection.execute(select(func.count()).select_from(SERIES)).scalar_one())
        unfinished = () if problems else tuple(one.run for one in begun(connection))
        size = _bytes(store, connection)
    return Checked(store.where, runs, series, size, tuple(problems), unfinished)


def _bytes(store: Store, connection: Connection) -> int:
    if store.path is not None:
        return store.path.stat().st_size
    return int(connection.execute(sql("SELECT pg_database_size(current_database())")).scalar_one())


def _database(connection: Connection) -> Iterator[str]:
    """What SQLite itself finds; PostgreSQL looks after its own pages."""
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.execute(sql(f"PRAGMA integrity_check({_MOST})")):
        if said != "ok":
            yield f"the file is damaged: {said}"
    for row in connection.execute(sql("PRAGMA foreign_key_check")).fetchmany(_MOST):
        yield f"a row of {row[0]} refers to a {row[2]} that is not there"


def _spans(connection: Connection) -> Iterator[str]:
    for table in (RESOURCES, FACTS, FINDINGS):
        last = select(func.coalesce(func.max(RUNS.c.number), 0)).where(RUNS.c.series == table.c.series).scalar_subquery()
        wrong = or_(table.c.since > last, table.c.until > last, table.c.until <= table.c.since)
        yield from _told(connection, select(table.c.key).where(wrong), f"{table.name} hold for runs that are not there")
        yield from _told(connection, _overlaps(table), f"{table.name} hold twice for the same run")


def _overlaps(table: Table) -> Select[Any]:
    other = table.alias("other")
    later = and_(other.c.series == table.c.series, other.c.key == table.c.key, other.c.since > table.c.since)
    return select(table.c.key).where(exists().where(later, or_(table.c.until.is_(None), table.c.until > other.c.since)))


def _series(connection: Connection, key: int, name: str) -> Iterator[str]:
    run = last_run(connection, key)
    if run is None:
        return
    open_ = and_(FINDINGS.c.series == key, FINDINGS.c.until.is_(None))
    standing = and_(STANDINGS.c.series == key, STANDINGS.c.key == FINDINGS.c.key, STANDINGS.c.ended.is_(None))
    yield from _told(connection, select(FINDINGS.c.key).where(open_, ~exists().where(standing)), f"findings of {name} have no history")
    ended = and_(STANDINGS.c.series == key, STANDINGS.c.ended.is_(None), ~exists().where(open_, FINDINGS.c.key == STANDINGS.c.key))
    yield from _told(connection, select(STANDINGS.c.key).where(ended), f"the history of {name} has findings that are none")
    counted = {
        "failed": and_(FINDINGS.c.verdict == "fail", FINDINGS.c.accepted == ""),
        "unknown": and_(FINDINGS.c.verdict == "unknown", FINDINGS.c.accepted == ""),
        "accepted": FINDINGS.c.accepted != "",
    }
    day = select(*(func.coalesce(func.sum(DAY_COUNTS.c[column]), 0) for column in counted)).where(
        DAY_COUNTS.c.series == key, DAY_COUNTS.c.day == run.day
    )
    daily = dict(zip(counted, connection.execute(day).one(), strict=True))
    for column, which in counted.items():
        told = getattr(run, column)
        found = connection.execute(select(func.count()).select_from(FINDINGS).where(open_, which)).scalar_one()
        if found != told or daily[column] != told:
            yield f"run {run.id} counted {told:,} {column}, its findings are {found:,} and its day says {daily[column]:,}"
    failing = connection.execute(select(func.coalesce(func.sum(AGES.c.failing), 0)).where(AGES.c.series == key)).scalar_one()
    if failing != run.failed:
        yield f"run {run.id} counted {run.failed:,} failed, and the ages of {name} are those of {failing:,}"
    wordless = and_(open_, FINDINGS.c.words != "", ~exists().where(WORDS.c.digest == FINDINGS.c.words))
    yield from _told(connection, select(FINDINGS.c.key).where(wordless), f"findings of {name} lack their words")
    resources = connection.execute(
        select(func.count()).select_from(RESOURCES).where(RESOURCES.c.series == key, RESOURCES.c.until.is_(None))
    )
    held = resources.scalar_one()
    if held != run.resources:
        yield f"run {run.id} counted {run.resources:,} resources, and {held:,} are kept"


def _told(connection: Connection, asked: Select[Any], what: str) -> Iterator[str]:
    keys = [str(key) for (key,) in connection.execute(asked.limit(_MOST))]
    if keys:
        yield f"{what}: {', '.join(keys[:3])}{' and more' if len(keys) > 3 else ''}"
