"""Reads a store: its series and runs, daily figures, ages, and what one run saw."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from tierwise.errors import StoreError
from tierwise.model.history import BUCKETS, ROWS, Age, Counts, DayPoint, Ending, History, KeptRun, TimeToFix
from tierwise.store.tables import AGES, COVERAGE, DAY_COUNTS, DAY_TIERS, DAYS, FINDINGS, RUNS, SERIES, STANDINGS, WORDS

_BYTES: Final = 10
"""How long a fingerprint is."""
_ROWS: Final = 2_000
"""How many rows are fetched together."""


@dataclass(frozen=True, slots=True)
class KeptSeries:
    """One series of a store."""

    id: int
    name: str
    runs: int
    latest: str
    """When its last run began."""


def series_of(connection: Connection) -> tuple[KeptSeries, ...]:
    """All series, the one with the latest run first."""
    latest = func.max(RUNS.c.started)
    asked = select(SERIES.c.id, SERIES.c.name, func.count(), latest).join(RUNS, RUNS.c.series == SERIES.c.id)
    rows = connection.execute(asked.group_by(SERIES.c.id, SERIES.c.name).order_by(latest.desc(), SERIES.c.name))
    return tuple(KeptSeries(*row) for row in rows)


def find_series(connection: Connection, name: str) -> KeptSeries:
    """A series by its name or the beginning of it, or the latest where none is named; StoreError where there is none, or where several begin so."""
    known = series_of(connection)
    if not known:
        raise StoreError("the store holds no runs yet\n'tierwise scan aws' keeps its runs; other scans do with --store")
    if not name:
        return known[0]
    found = [one for one in known if one.name == name] or [one for one in known if one.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise StoreError(f"{len(found)} series begin with {name!r}: {', '.join(one.name for one in found[:4])}")
    near = get_close_matches(name, [one.name for one in known], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(one.name for one in known[:4])}"
    raise StoreError(f"the store has no series {name!r}{hint}")


def _run(row: Row[Any]) -> KeptRun:
    told: dict[str, Any] = dict(row._mapping)
    told["sources"] = tuple(json.loads(told["sources"]))
    told["controls"] = json.loads(told["controls"])
    told["open"] = json.loads(told["open"])
    return KeptRun(**told)


def _runs() -> Select[Any]:
    own = [column for column in RUNS.c if column.name != "series"]
    return select(SERIES.c.name.label("series"), *own).join(SERIES, SERIES.c.id == RUNS.c.series)


def last_run(connection: Connection, series: int) -> KeptRun | None:
    """The last run of a series."""
    row = connection.execute(_runs().where(RUNS.c.series == series).order_by(RUNS.c.number.desc()).limit(1)).first()
    return None if row is None else _run(row)


def last_named(connection: Connection, name: str) -> KeptRun | None:
    """The last run of the series of that name; None where there is none."""
    series = connection.execute(select(SERIES.c.id).where(SERIES.c.name == name)).scalar()
    return None if series is None else last_run(connection, series)


def calls_of(connection: Connection, run: KeptRun) -> dict[tuple[str, str], int]:
    """The calls of a run, by account and operation, whatever came of them."""
    asked = select(COVERAGE.c.account, COVERAGE.c.operation, func.sum(COVERAGE.c["count"])).where(COVERAGE.c.run == run.id)
    rows = connection.execute(asked.group_by(COVERAGE.c.account, COVERAGE.c.operation))
    return {(account, operation): int(number) for account, operation, number in rows}


def last_live(connection: Connection) -> KeptRun:
    """The last run that read accounts, or an inventory of them; StoreError where there is none."""
    for one in series_of(connection):
        run = last_run(connection, one.id)
        if run is not None and not any(source.startswith("plan:") for source in run.sources):
            return run
    raise StoreError("the store has no run of live accounts; 'tierwise scan aws|azure|gcp' keeps them")


def run_before(connection: Connection, run: KeptRun) -> KeptRun | None:
    """The run before another in its series."""
    number = series_id(connection, run.series)
    asked = _runs().where(RUNS.c.series == number, RUNS.c.number < run.number).order_by(RUNS.c.number.desc()).limit(1)
    row = connection.execute(asked).first()
    return None if row is None else _run(row)


def run_with(connection: Connection, id_: str) -> KeptRun:
    """A run by its whole id, which is there."""
    return _run(connection.execute(_runs().where(RUNS.c.id == id_)).one())


def runs_of(connection: Connection, series: int, most: int = 0) -> tuple[KeptRun, ...]:
    """The runs of a series, the latest first."""
    asked = _runs().where(RUNS.c.series == series).order_by(RUNS.c.number.desc())
    return tuple(_run(row) for row in connection.execute(asked.limit(most) if most else asked))


def find_run(connection: Connection, series: str, text: str) -> KeptRun:
    """A run by `last`, `last~N`, `first`, a date (the last run on or before that day), or the beginning of its id; StoreError where there is none."""
    if text in ("first", "last") or text.startswith("last~") or _day(text):
        return _by_place(connection, find_series(connection, series), text)
    found = connection.execute(_runs().where(RUNS.c.id.startswith(text, autoescape=True)).limit(2)).all()
    if len(found) == 1:
        return _run(found[0])
    how = "give last, last~1, first, a date or an id of 'tierwise history'"
    raise StoreError(f"{'several runs begin with' if found else 'the store has no run'} {text!r}; {how}")


def _by_place(connection: Connection, series: KeptSeries, text: str) -> KeptRun:
    asked = _runs().where(RUNS.c.series == series.id).order_by(RUNS.c.number.desc())
    if text == "first":
        asked = asked.order_by(None).order_by(RUNS.c.number)
    elif _day(text):
        asked = asked.where(func.substr(RUNS.c.started, 1, 10) <= text)
    elif text != "last":
        back = text.removeprefix("last~")
        if not back.isdecimal() or len(back) > 6:
            raise StoreError(f"{text!r} is no run; write last~1 for the run before the last")
        asked = asked.offset(int(back))
    row = connection.execute(asked.limit(1)).first()
    if row is None:
        raise StoreError(f"{series.name!r} has no run {text!r}: it has {series.runs}, see 'tierwise history'")
    return _run(row)


def _day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def trend_of(connection: Connection, series: int, since: str = "", most: int = 0) -> tuple[DayPoint, ...]:
    """The daily figures from a day on, or of the last days; the earliest first. Reads no finding."""
    asked = select(DAYS.c.day, DAYS.c.coverage).where(DAYS.c.series == series, DAYS.c.day >= since).order_by(DAYS.c.day.desc())
    days = [(str(day), float(coverage)) for day, coverage in connection.execute(asked.limit(most) if most else asked)]
    if not days:
        return ()
    first = days[-1][0]
    resources: dict[str, dict[str, int]] = defaultdict(dict)
    counts: dict[str, dict[tuple[str, str], Counts]] = defaultdict(dict)
    for row in connection.execute(select(DAY_TIERS).where(DAY_TIERS.c.series == series, DAY_TIERS.c.day >= first)):
        resources[row.day][row.row] = row.resources
    for row in connection.execute(select(DAY_COUNTS).where(DAY_COUNTS.c.series == series, DAY_COUNTS.c.day >= first)):
        counts[row.day][row.row, row.family] = Counts(row.passed, row.failed, row.unknown, row.not_applicable, row.accepted, row.attested)
    return tuple(DayPoint(day, coverage, resources[day], counts[day]) for day, coverage in reversed(days))


def trend_named(connection: Connection, name: str, most: int) -> tuple[DayPoint, ...]:
    """The daily figures of a series by its name; none where it has no run yet."""
    number = connection.execute(select(SERIES.c.id).where(SERIES.c.name == name)).scalar_one_or_none()
    return trend_of(connection, number, most=most) if number is not None else ()


def at_run(table: Any, number: int) -> ColumnElement[bool]:
    """The spans of a table that hold at a run."""
    return and_(table.c.since <= number, or_(table.c.until.is_(None), table.c.until > number))


def ages_of(connection: Connection, series: int, now: datetime) -> tuple[Age, ...]:
    """How long what fails at the last run, and nobody has accepted, has failed; strictest tier first."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    asked = select(AGES.c.row, AGES.c.day, AGES.c.failing).where(AGES.c.series == series, AGES.c.failing > 0)
    for row, opened, number in connection.execute(asked):
        found[row].append((max(0, (now.date() - date.fromisoformat(opened)).days), number))
    return tuple(_age(row, found[row]) for row in ROWS if row in found)


def _age(row: str, days: list[tuple[int, int]]) -> Age:
    edges = (0, *BUCKETS, 10**9)
    buckets = tuple(sum(number for age, number in days if low <= age < high) for low, high in pairwise(edges))
    return Age(row, sum(number for _, number in days), max(age for age, _ in days), median(days), buckets)


def median(counted: Iterable[tuple[int, int]]) -> int:
    """The lower median of values, each with how often it occurs."""
    ordered = sorted(counted)
    left = (sum(number for _, number in ordered) + 1) // 2
    for value, number in ordered:
        left -= number
        if left <= 0:
            return value
    raise ValueError("nothing has no median")


def times_of(connection: Connection, series: int) -> tuple[TimeToFix, ...]:
    """How long what was fixed had failed, by the tier that it had; strictest first."""
    fixed = (STANDINGS.c.series == series, STANDINGS.c.ending == Ending.FIXED.value, STANDINGS.c.verdict == "fail")
    asked = select(STANDINGS.c.row, STANDINGS.c.days, func.count()).where(*fixed).group_by(STANDINGS.c.row, STANDINGS.c.days)
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, days, number in connection.execute(asked):
        found[row].append((days, number))
    back = select(AGES.c.row, func.sum(AGES.c.back)).where(AGES.c.series == series, AGES.c.back > 0).group_by(AGES.c.row)
    reopened = {row: int(number) for row, number in connection.execute(back)}
    return tuple(
        TimeToFix(
            row,
            sum(number for _, number in found[row]),
            median(found[row]) if found[row] else 0,
            max((days for days, _ in found[row]), default=0),
            reopened.get(row, 0),
        )
        for row in ROWS
        if found.get(row) or row in reopened
    )


class Seen:
    """When each of very many findings was first seen, in fourteen bytes each: by their fingerprints as numbers, in order."""

    __slots__ = ("_days", "_ends", "_others", "_starts", "_when")

    def __init__(self, told: Iterable[tuple[str, str]]) -> None:
        """Fingerprints, each with its time; those that come in their order take no more room than is kept."""
        self._starts, self._ends, self._when = array("Q"), array("H"), array("I")
        self._others: dict[str, str] = {}
        """Those that are no fingerprints as they are made now."""
        days: dict[str, int] = {}
        last, sorted_ = 0, True
        for key, when in told:
            parts = _numbers(key)
            if parts is None:
                self._others[key] = when
                continue
            sorted_, last = sorted_ and last <= parts[0], parts[0]
            self._starts.append(parts[0])
            self._ends.append(parts[1])
            self._when.append(days.setdefault(when, len(days)))
        self._days = tuple(days)
        if not sorted_:
            order = sorted(range(len(self._starts)), key=self._starts.__getitem__)
            for name in ("_starts", "_ends", "_when"):
                held = getattr(self, name)
                setattr(self, name, array(held.typecode, map(held.__getitem__, order)))

    def get(self, fingerprint: str, otherwise: str) -> str:
        """When it was first seen; otherwise what is said."""
        parts = _numbers(fingerprint)
        if parts is None:
            return self._others.get(fingerprint, otherwise)
        starts, (start, end) = self._starts, parts
        at = bisect_left(starts, start)
        while at < len(starts) and starts[at] == start:
            if self._ends[at] == end:
                return self._days[self._when[at]]
            at += 1
        return otherwise


def _numbers(fingerprint: str) -> tuple[int, int] | None:
    """Twenty hexadecimal digits as two numbers; None for anything else."""
    try:
        made = bytes.fromhex(fingerprint)
    except ValueError:
        return None
    return (int.from_bytes(made[:8]), int.from_bytes(made[8:])) if len(made) == _BYTES and made.hex() == fingerprint else None


def first_seen(connection: Connection, name: str) -> Seen:
    """When each finding of a series that is still one, as far as anybody knows, was first seen, by fingerprint; nothing for a series that is yet to begin."""
    asked = select(STANDINGS.c.key, STANDINGS.c.first_seen).join(SERIES, SERIES.c.id == STANDINGS.c.series)
    still = asked.where(SERIES.c.name == name, _still()).order_by(STANDINGS.c.key)
    return Seen(connection.execute(still, execution_options={"yield_per": _ROWS}).tuples())


def came_back(connection: Connection, name: str) -> Mapping[str, str]:
    """Since when those of them are findings again that had ended once."""
    asked = select(STANDINGS.c.key, STANDINGS.c.opened).join(SERIES, SERIES.c.id == STANDINGS.c.series)
    return dict(connection.execute(asked.where(SERIES.c.name == name, _still(), STANDINGS.c.reopened > 0)).tuples().all())


def _still() -> ColumnElement[bool]:
    """What a failed listing hid has not ended."""
    return or_(STANDINGS.c.ended.is_(None), STANDINGS.c.ending == Ending.UNSEEN.value)


def acceptances_of(connection: Connection, series: int, number: int) -> tuple[dict[str, Any], ...]:
    """The acceptances in force at a run, each once, with how many findings it covers; the first to expire first."""
    asked = (
        select(FINDINGS.c.accepted, FINDINGS.c.control, func.count())
        .where(FINDINGS.c.series == series, FINDINGS.c.accepted != "", at_run(FINDINGS, number))
        .group_by(FINDINGS.c.accepted, FINDINGS.c.control)
    )
    found: dict[str, dict[str, Any]] = {}
    for accepted, control, count in connection.execute(asked):
        one = found.setdefault(accepted, {**json.loads(accepted), "controls": [], "findings": 0})
        one["controls"] = sorted([*one["controls"], control])
        one["findings"] += count
    return tuple(sorted(found.values(), key=lambda one: (one["expires"], one["file"])))


def detail_of(row: Any) -> dict[str, Any]:
    """What is kept of a resource beside its state; runs kept by a tierwise before 0.2 have the trace alone."""
    detail = json.loads(row.detail)
    return detail if isinstance(detail, dict) else {"trace": detail}


def said_of(connection: Connection) -> Callable[[Any], dict[str, Any]]:
    """How the details of findings are read: each with what it has alike with others."""
    words = {digest: json.loads(text) for digest, text in connection.execute(select(WORDS.c.digest, WORDS.c.text))}
    return lambda row: {**words.get(row.words, {}), **json.loads(row.detail)}


def series_id(connection: Connection, name: str) -> int:
    """The number of a series that is there."""
    return int(connection.execute(select(SERIES.c.id).where(SERIES.c.name == name)).scalar_one())


def history_of(connection: Connection, series: KeptSeries, *, since: str = "", most: int = 10) -> History:
    """The last runs of a series, the daily figures, and the ages of what is open, as of its last run."""
    runs = runs_of(connection, series.id, most)
    return History(
        series=series.name,
        runs=runs,
        trend=trend_of(connection, series.id, since, 0 if since else most),
        ages=ages_of(connection, series.id, datetime.fromisoformat(runs[0].started)),
        times=times_of(connection, series.id),
    )
