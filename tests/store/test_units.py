"""What scans that have not ended have read: kept, taken up again, dropped when they end and when nobody goes on with them."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text, update

from tests.store.test_save import ONE, but, keep
from tests.store.worlds import SERIES
from tierwise.errors import StoreError
from tierwise.model.finding import Verdict
from tierwise.model.history import Counts, Retention
from tierwise.store import earlier, units
from tierwise.store.check import check
from tierwise.store.connect import open_store
from tierwise.store.notices import claim
from tierwise.store.prune import prune, tidy
from tierwise.store.read import find_series, history_of, run_with, said_of, trend_of
from tierwise.store.restore import restored
from tierwise.store.save import save
from tierwise.store.tables import AGES, FINDINGS, META, NOTICES, SCANS, STORE, UNITS, WORDS
from tierwise.store.units import KeptUnit, begin, begun, kept, lines_of

STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
HALF = "aws:1/eu-west-2/\ud800"
"""A name with half a surrogate pair, which databases refuse."""


def begin_one(store, run="one", at=STARTED):
    begin(store, run, at, {"command": "aws", "sources": ["aws:1"]})
    units.keep(store, run, [KeptUnit(HALF, b'{"a":1}\n'), KeptUnit("aws:1", b"", below=(HALF,))], at)


def rows(store):
    with store.reading() as connection:
        return tuple(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (SCANS, UNITS))


def test_what_units_read_is_kept_and_comes_back(store):
    begin_one(store)
    units.keep(store, "one", [KeptUnit("details/x", b'{"b":2}\n{"c":3}\n', {"bucket": "d1"})], STARTED)
    with store.reading() as connection:
        (one,) = begun(connection)
        found = {unit.name: unit for unit in kept(connection, "one")}
    assert (one.run, one.started, one.scope["sources"], one.units) == ("one", STARTED.isoformat(), ["aws:1"], 3)
    (half,) = found["aws:1"].below
    assert lines_of(found[half]) == [b'{"a":1}']
    assert (lines_of(found["details/x"]), found["details/x"].asked) == ([b'{"b":2}', b'{"c":3}'], {"bucket": "d1"})
    assert check(store).problems == ()
    assert check(store).unfinished == ("one",)


def test_two_processes_at_one_scan_keep_a_unit_once(store):
    begin_one(store)
    units.keep(store, "one", [KeptUnit(HALF, b'{"a":2}\n'), KeptUnit("more", b"")], STARTED)
    assert rows(store) == (1, 3)
    with store.reading() as connection:
        assert [lines_of(one) for one in kept(connection, "one") if one.name.startswith("aws:1/")] == [[b'{"a":1}']]


def test_a_run_that_is_kept_leaves_no_units_and_is_kept_once(store):
    result = ONE.result(1)
    begin_one(store, result.run.id)
    begin_one(store, "another")
    save(store, result, series=SERIES, controls=ONE.controls)
    assert rows(store) == (1, 2)
    with pytest.raises(StoreError, match="another process went on with the same scan"):
        save(store, result, series=SERIES, controls=ONE.controls)
    with pytest.raises(StoreError, match="another process has ended it"):
        units.keep(store, result.run.id, [KeptUnit("late", b"")], STARTED)
    assert check(store).problems == ()


def test_a_scan_that_nobody_goes_on_with_is_dropped_after_a_week(store):
    begin_one(store, "old")
    begin_one(store, "new", STARTED.replace(day=12))
    assert prune(store, Retention(), date(2026, 1, 14), dry=True).scans == 1
    assert rows(store) == (2, 4)
    tidy(store, Retention(), date(2026, 1, 14))
    with store.reading() as connection:
        assert [one.run for one in begun(connection)] == ["new"]
    assert rows(store) == (1, 2)
    assert prune(store, Retention(), date(2026, 2, 14)).scans == 1


def test_a_store_of_the_first_schema_gains_them(where, path):
    store = open_store(where, path, create=True)
    keep(store, ONE)
    with store.reading() as connection:
        told, history = (
            restored(connection, run_with(connection, ONE.result(1).run.id)),
            history_of(connection, find_series(connection, "")),
        )
    with store.writing() as connection:
        said = said_of(connection)
        for row in connection.execute(select(FINDINGS)).all():
            connection.execute(update(FINDINGS).where(FINDINGS.c.key == row.key).values(detail=json.dumps(said(row))))
        META.drop_all(connection, [UNITS, SCANS, NOTICES, WORDS, AGES])
        connection.execute(text("ALTER TABLE day_counts DROP COLUMN attested"))
        connection.execute(text("ALTER TABLE findings DROP COLUMN words"))
        connection.execute(update(STORE).where(STORE.c.key == "schema").values(value="1"))
    store = open_store(where, path)
    with store.reading() as connection:
        assert restored(connection, run_with(connection, ONE.result(1).run.id)) == told
        assert history_of(connection, find_series(connection, "")) == history
    assert history.ages
    begin_one(store)
    assert claim(store, ONE.result(1).run.id, "team", STARTED)
    save(store, but(ONE, claims_2=Verdict.ATTESTED).result(2), series=SERIES, controls=ONE.controls)
    with store.reading() as connection:
        assert [point.by_row()["T3"] for point in trend_of(connection, 1)] == [Counts(passed=1, failed=1), Counts(attested=1, failed=1)]
    assert check(store).problems == ()


def test_what_does_not_add_up_is_found(store):
    begin_one(store)
    with store.writing() as connection:
        connection.execute(UNITS.delete().where(UNITS.c.name != "aws:1"))
    assert "lacks units that others rest on" in check(store).problems[0]
    begin_one(store, "two", STARTED.replace(hour=10))
    with store.writing() as connection:
        connection.execute(UNITS.update().where(UNITS.c.run == "two", UNITS.c.name != "aws:1").values(items=zlib.compress(b"cut")[:5]))
    assert "is damaged" in " ".join(check(store).problems)
    with store.writing() as connection:
        connection.execute(text("DELETE FROM scans"))
    keep(store, ONE)
    begin(store, ONE.result(1).run.id, STARTED, {})
    assert "has ended, and is kept as one that has not" in check(store).problems[0]


def test_a_run_of_another_id_is_another_run(store):
    result = ONE.result(1)
    begin_one(store, "mine")
    save(store, replace(result, run=replace(result.run, id="mine")), series=SERIES, controls=ONE.controls)
    assert rows(store) == (0, 0)


def test_what_a_scan_leaves_for_the_next_takes_the_place_of_what_was_there_and_grows_old(store):
    left = [earlier.Left(f"run-{day}", f"2026-01-0{day}T09:00:00+00:00", "1") for day in (5, 6)]
    for one in left:
        earlier.leave(store, "scope", one, iter([(HALF, [{"item": one.run}])]))
    earlier.leave(store, "other", left[0], iter([]))
    with store.reading() as connection:
        assert [earlier.left_by(connection, key) for key in ("scope", "other", "none")] == [left[1], left[0], None]
    assert [earlier.unit(store, "scope", one.run, HALF) for one in left] == [[], [{"item": "run-6"}]]
    assert earlier.unit(store, "scope", "run-6", "none") == []
    for day, there in ((date(2026, 4, 5), (left[1], left[0])), (date(2026, 4, 6), (left[1], None)), (date(2026, 4, 7), (None, None))):
        prune(store, Retention(), day, dry=True)
        prune(store, Retention(), day)
        with store.reading() as connection:
            assert (earlier.left_by(connection, "scope"), earlier.left_by(connection, "other")) == there, day
    assert earlier.unit(store, "scope", "run-6", HALF) == []
