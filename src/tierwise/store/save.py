"""Saves a run: staged first, then folded into the spans in one transaction, so that a run is kept whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, bindparam, case, delete, exists, insert, literal, select, update

from tierwise import __version__
from tierwise.errors import StoreError
from tierwise.evaluate.baseline import digests
from tierwise.model.control import Control
from tierwise.model.finding import ScanResult
from tierwise.model.history import Ending, KeptRun, row_of
from tierwise.model.resource import Gap
from tierwise.model.words import describe
from tierwise.store import units
from tierwise.store.connect import Store, told, upsert
from tierwise.store.read import last_run, run_with
from tierwise.store.stage import Tally, plain, stage, text
from tierwise.store.tables import (
    AGES,
    CONTROLS,
    COVERAGE,
    DAY_COUNTS,
    DAY_TIERS,
    DAYS,
    FACTS,
    FINDINGS,
    GAPS,
    RESOURCES,
    RUNS,
    SERIES,
    STAGED,
    STAGED_FINDINGS,
    STAGED_RESOURCES,
    STANDINGS,
    UNKNOWNS,
    WORDS,
    count_ages,
)

_EVIDENCE: Final = ("detail", "words")
"""On what a state rests, as it was read: where this alone is another a span ends too, so that a run tells what it saw and not what a later one did."""
OVERLAP: Final = timedelta(days=1)
"""Scans that overlap are kept in the order in which they end; what began longer before the last one is an old inventory, not an overlap."""


def save(store: Store, result: ScanResult, *, series: str, controls: Mapping[str, Control]) -> KeptRun:
    """Keep a run; StoreError where the store cannot take it, which leaves the store as it was.

    `series` names what the run is compared with: runs of the same sources by the same profile. `controls` are those that judged.
    """
    with told(store.where), store.engine.connect() as connection:
        with connection.begin():
            for staged, _spans in STAGED:
                staged.create(connection)
            tally = stage(connection, result)
        # Only now is the store locked: staging wrote to this connection's own tables.
        with connection.execution_options(writes=True).begin():
            return _fold(connection, store.where, result, series, controls, tally)


def _fold(connection: Connection, where: str, result: ScanResult, name: str, controls: Mapping[str, Control], tally: Tally) -> KeptRun:
    series = _series(connection, name)
    last = last_run(connection, series)
    if connection.execute(select(RUNS.c.id).where(RUNS.c.id == result.run.id)).first() is not None:
        raise StoreError(f"run {result.run.id} is in {where} already: another process went on with the same scan and ended it")
    _check_order(where, result, name, last)
    run = _run_row(result, series, 1 if last is None else last.number + 1, controls, tally)
    connection.execute(insert(RUNS), run)
    ended = _endings(connection, series, result, frozenset(json.loads(run["controls"])))
    for staged, spans in STAGED:
        _fold_spans(connection, staged, spans, series, run["number"])
    _fold_standings(connection, series, run["started"], last, ended)
    connection.execute(delete(AGES).where(AGES.c.series == series))
    count_ages(connection, FINDINGS.c.series == series)
    _add_parts(connection, result, tally)
    _add_texts(connection, controls, tally.words)
    _add_day(connection, series, run, tally)
    units.ended(connection, result.run.id)
    return run_with(connection, run["id"])


def _series(connection: Connection, name: str) -> int:
    upsert(connection, SERIES, [{"name": name}])
    # The row is locked (on SQLite the whole store is): two scans of one series are saved one after the other.
    return int(connection.execute(select(SERIES.c.id).where(SERIES.c.name == name).with_for_update()).scalar_one())


def _check_order(where: str, result: ScanResult, series: str, last: KeptRun | None) -> None:
    if last is None or datetime.fromisoformat(result.run.started) >= datetime.fromisoformat(last.started) - OVERLAP:
        return
    raise StoreError(
        f"this was read at {result.run.started}, before the last run of {series!r} in {where}, which began at {last.started}"
        "\nsave runs in their order, or give the old one a series of its own: --series NAME"
    )


def _run_row(result: ScanResult, series: int, number: int, controls: Mapping[str, Control], tally: Tally) -> dict[str, Any]:
    return {
        "id": result.run.id,
        "series": series,
        "number": number,
        "started": result.run.started,
        "finished": result.run.finished,
        "profile": result.run.profile,
        "tool": __version__,
        "sources": text(result.run.sources),
        "controls": text(digests(controls.values())),
        "gate": result.gate.result,
        "coverage": result.coverage.whole,
        "resources": len(result.resources),
        "failed": tally.total("failed"),
        "unknown": tally.total("unknown"),
        "accepted": tally.total("accepted"),
        "gaps": sum(not gap.expected for gap in result.gaps),
        "open": text(tally.by_row("failed")),
        "pruned": False,
    }


def _fold_spans(connection: Connection, staged: Table, spans: Table, series: int, number: int) -> None:
    """End what is no longer so, and begin what is new."""
    still = and_(spans.c.series == series, spans.c.until.is_(None))
    told = ["state"] if spans is FACTS else ["state", *(name for name in _EVIDENCE if name in spans.c)]
    same = and_(staged.c.key == spans.c.key, *(staged.c[name] == spans.c[name] for name in told))
    connection.execute(update(spans).where(still, ~exists().where(same)).values(until=number))
    names = [column.name for column in staged.columns]
    begun = select(literal(series), literal(number), *staged.columns).where(~exists().where(still, spans.c.key == staged.c.key))
    # In the order of their keys, in which the database keeps the keys of the spans too.
    put = insert(spans).from_select(["series", "since", *names], begun.order_by(staged.c.key))
    with _without_indexes(connection, spans):
        connection.execute(put)


@contextmanager
def _without_indexes(connection: Connection, spans: Table) -> Iterator[None]:
    """Where a table of SQLite has no row yet, its indexes are made once all rows are there: very many rows, one by one, take several times as long."""
    first = connection.dialect.name == "sqlite" and connection.execute(select(spans.c.key).limit(1)).first() is None
    indexes = sorted(spans.indexes, key=lambda one: str(one.name)) if first else []
    for one in indexes:
        one.drop(connection)
    yield
    for one in indexes:
        one.create(connection)


def _endings(connection: Connection, series: int, result: ScanResult, controls: frozenset[str]) -> list[dict[str, Any]]:
    """The findings that are none any more, each with why; asked before the spans change."""
    was, of, now = FINDINGS, RESOURCES, STAGED_RESOURCES
    held = of.join(was, and_(was.c.series == of.c.series, was.c.resource == of.c.key)).outerjoin(now, now.c.key == of.c.key)
    rows = connection.execute(
        select(
            was.c.key,
            was.c.control,
            was.c.verdict,
            was.c.tier,
            was.c.assumed,
            *(of.c.provider, of.c.account, of.c.region, of.c.kind),
            now.c.passes,
            now.c.not_applicable,
        )
        .select_from(held)
        .where(of.c.series == series, of.c.until.is_(None), was.c.until.is_(None), ~exists().where(STAGED_FINDINGS.c.key == was.c.key))
    )
    unseen = Unseen.of(result.gaps)
    found = []
    for key, control, verdict, tier, assumed, *place, passes, absent in rows:
        if passes is None:
            ending = Ending.UNSEEN if unseen.holds(*place) else Ending.GONE
        elif control not in controls:
            ending = Ending.RULE
        elif control in passes.split():
            ending = Ending.FIXED
        else:
            ending = Ending.NOT_APPLICABLE if control in absent.split() else Ending.RE_TIERED
        found.append({"of": key, "as": ending.value, "then": verdict, "at": row_of(tier, assumed=assumed)})
    return found


@dataclass(frozen=True, slots=True)
class Unseen:
    """Where listings failed, and so where nothing is known of what is not there."""

    gaps: tuple[tuple[str, str, str, frozenset[str]], ...]
    """Provider, account, region and kinds; what is empty holds for all."""

    @classmethod
    def of(cls, gaps: Sequence[Gap]) -> Unseen:
        """Those of a result."""
        return cls(tuple((one.provider, one.account, one.region, frozenset(kind.value for kind in one.kinds)) for one in gaps))

    def holds(self, provider: str, account: str, region: str, kind: str) -> bool:
        """Whether a resource could have been in one of the listings that failed."""
        place = (provider, account, region)
        return any(
            all(said in ("", own) for said, own in zip(where, place, strict=True)) and (not kinds or kind in kinds)
            for *where, kinds in self.gaps
        )


def _fold_standings(connection: Connection, series: int, started: str, last: KeptRun | None, ended: Sequence[dict[str, Any]]) -> None:
    """When each finding was first seen, came back and ended."""
    own = STANDINGS.c.series == series
    here = exists().where(STAGED_FINDINGS.c.key == STANDINGS.c.key)
    back = update(STANDINGS).where(own, STANDINGS.c.ended.is_not(None), here)
    nothing = dict.fromkeys(("last_seen", "ended", "ending", "row", "verdict", "days"))
    # What a failed listing hid has not come back: as far as anybody knows it was there all the time.
    hidden = STANDINGS.c.ending == Ending.UNSEEN.value
    times = STANDINGS.c.reopened + case((hidden, 0), else_=1)
    connection.execute(back.values(opened=case((hidden, STANDINGS.c.opened), else_=started), reopened=times, **nothing))
    new = select(literal(series), STAGED_FINDINGS.c.key, literal(started), literal(started), literal(0)).where(
        ~exists().where(own, STANDINGS.c.key == STAGED_FINDINGS.c.key)
    )
    connection.execute(
        insert(STANDINGS).from_select(["series", "key", "first_seen", "opened", "reopened"], new.order_by(STAGED_FINDINGS.c.key))
    )
    if not ended or last is None:
        return
    opened = _opened(connection, series, [one["of"] for one in ended])
    end = datetime.fromisoformat(started)
    days = [{**one, "took": max(0, (end - datetime.fromisoformat(opened[one["of"]])).days)} for one in ended if one["of"] in opened]
    change = update(STANDINGS).where(own, STANDINGS.c.key == bindparam("of"))
    values: dict[str, Any] = {"ending": bindparam("as"), "verdict": bindparam("then"), "row": bindparam("at"), "days": bindparam("took")}
    if days:
        connection.execute(change.values(last_seen=last.started, ended=started, **values), days)


def _opened(connection: Connection, series: int, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for at in range(0, len(keys), 500):
        asked = select(STANDINGS.c.key, STANDINGS.c.opened).where(STANDINGS.c.series == series, STANDINGS.c.key.in_(keys[at : at + 500]))
        found.update((key, opened) for key, opened in connection.execute(asked))
    return found


def _add_parts(connection: Connection, result: ScanResult, tally: Tally) -> None:
    run = result.run.id
    reads: Counter[tuple[str, str, str]] = Counter()
    for one in result.outcomes:
        reads[one.account, one.operation, one.outcome] += one.count
    gaps = [
        {
            "run": run,
            **{name: plain(getattr(gap, name)) for name in ("provider", "account", "region", "service", "reason", "action")},
            "kinds": " ".join(sorted(kind.value for kind in gap.kinds)),
            "expected": gap.expected,
        }
        for gap in result.gaps
    ]
    read = [{"run": run, "account": key[0], "operation": key[1], "outcome": key[2], "count": number} for key, number in reads.items()]
    unknowns = [
        {"run": run, "row": key[0], "reason": key[1], "action": plain(key[2]), "findings": number} for key, number in tally.unknowns.items()
    ]
    for table, rows in ((GAPS, gaps), (COVERAGE, read), (UNKNOWNS, unknowns)):
        if rows:
            connection.execute(insert(table), rows)


def _add_texts(connection: Connection, controls: Mapping[str, Control], words: Mapping[str, str]) -> None:
    """What each control asked, in words, once for each thing that it has ever asked, and what findings have alike."""
    upsert(connection, WORDS, [{"digest": digest, "text": said} for digest, said in sorted(words.items())])
    made = digests(controls.values())
    upsert(connection, CONTROLS, [{"id": one.id, "digest": made[one.id], "text": text(control_words(one))} for one in controls.values()])


def control_words(one: Control) -> dict[str, Any]:
    """A control for a reader: its ladder in words, why it exists and where it comes from."""
    return {
        "id": one.id,
        "title": one.title,
        "family": one.family,
        "rationale": " ".join(one.rationale.split()),
        "source": one.source,
        "ladder": {tier.name: describe(rung) for tier, rung in sorted(one.ladder.items())},
        "extra": {tier.name: [describe(rung) for rung in rungs] for tier, rungs in sorted(one.extra.items())},
        "when": describe(one.when) if one.when is not None else None,
        "severity": {tier.name: severity.word for tier, severity in sorted(one.severity.items())},
    }


def _add_day(connection: Connection, series: int, run: Mapping[str, Any], tally: Tally) -> None:
    """The day in numbers; a later run of the same day takes the place of an earlier one."""
    day = {"series": series, "day": run["started"][:10]}
    for table in (DAY_COUNTS, DAY_TIERS, DAYS):
        connection.execute(delete(table).where(table.c.series == series, table.c.day == day["day"]))
    connection.execute(insert(DAYS), {**day, "coverage": run["coverage"]})
    if tally.rows:
        connection.execute(insert(DAY_TIERS), [{**day, "row": row, "resources": number} for row, number in tally.rows.items()])
    cells: dict[tuple[str, str], dict[str, int]] = {}
    nothing = dict.fromkeys(("passed", "failed", "unknown", "not_applicable", "accepted", "attested"), 0)
    for (row, family, column), number in sorted(tally.counts.items()):
        cells.setdefault((row, family), dict(nothing))[column] = number
    if cells:
        connection.execute(insert(DAY_COUNTS), [{**day, "row": row, "family": family, **cell} for (row, family), cell in cells.items()])
