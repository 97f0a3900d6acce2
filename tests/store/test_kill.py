"""Wherever a scan is killed, its store is whole, and the scan that goes on ends as one that was not.

Two points on SQLite and one on PostgreSQL; `make kill` (TIERWISE_KILLS=50) does fifty and ten, and says where they fell.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from functools import partial

from sqlalchemy import create_engine, text

import tierwise.store.save as saving
from tests.scan.clouds import differences
from tests.store.killed import Scan, contents, killed_after, killed_at, steps_of
from tests.store.room import without_room
from tests.store.test_save import ONE
from tests.store.test_trouble import settled
from tests.store.worlds import SERIES
from tierwise.errors import StoreError
from tierwise.store import units
from tierwise.store.check import check
from tierwise.store.connect import open_store
from tierwise.store.read import find_run
from tierwise.store.save import save
from tierwise.store.units import begun

KILLS = int(os.environ.get("TIERWISE_KILLS", "2"))


def emptied(where):
    """The same place with nothing in it."""
    if "://" in where:
        engine = create_engine(where.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    return where


def left_of(store):
    """How far a killed scan came: the run is kept, or so many units of it, or nothing."""
    store = settled(store)
    assert check(store).problems == ()
    with store.reading() as connection:
        if any(begun(connection)):
            return begun(connection)[0].units
        return "ended" if check(store).runs else "nothing"


def test_a_scan_that_is_killed_anywhere_goes_on_to_the_same_end(where, tmp_path, capsys):
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole = Scan(tmp_path / "whole", where)
    at = time.monotonic()
    code, steps = steps_of(whole)
    took = time.monotonic() - at
    assert code == 1
    store = open_store(where, tmp_path)
    wanted, held = whole.report(), contents(store)
    chance, fell = random.Random(0), Counter[str]()
    kills = KILLS if store.path is not None else max(1, KILLS // 5)
    for number in range(kills):
        cut = Scan(tmp_path / "cut", emptied(where) if store.path is None else str(tmp_path / "cut" / f"{number}.db"))
        # One in each part of the scan, by steps and by time in turns; the first steps only read settings.
        part = (number + chance.random()) / kills
        if number % 2:
            killed_after(cut, part * took)
        else:
            killed_at(cut, int(steps * (0.2 + 0.8 * part)))
        left = left_of(open_store(cut.where, tmp_path, create=True))
        if left != "ended":
            assert cut.run("--resume", "auto") == code, cut.said
        assert (number, differences(cut.report(), wanted)) == (number, {})
        assert contents(open_store(cut.where, tmp_path)) == held, number
        assert left_of(open_store(cut.where, tmp_path)) == "ended"
        fell[left if isinstance(left, str) else f"{left // 20 * 20}+ units"] += 1
    with capsys.disabled():
        sys.stdout.write(
            f"\n{store.where.partition(':')[0][-9:]}: {sum(fell.values())} kills, the same end: {dict(sorted(fell.items()))}\n"
        )


def test_a_scan_that_is_asked_to_end_says_how_to_go_on(tmp_path):
    scan = Scan(tmp_path, str(tmp_path / "store.db"))
    process = scan.start()
    store, deadline = open_store(scan.where, tmp_path, create=True), time.monotonic() + 60
    units_kept = False
    while not units_kept:
        assert time.monotonic() < deadline
        with store.reading() as connection:
            units_kept = any(one.units for one in begun(connection))
    assert process.pid is not None
    os.kill(process.pid, signal.SIGTERM)
    process.join(60)
    assert process.exitcode == 143
    command = scan.said.splitlines()[0].partition("go on with it: tierwise ")[2].split()
    assert command[:2] == ["scan", "aws"]
    assert scan.run(*command[-2:]) == 1
    with store.reading() as connection:
        assert find_run(connection, "", command[-1]).number == 1


def full_disk():
    """In a scan's process: whatever it writes into its store finds no room."""
    units.keep, saving.save = without_room(units.keep), without_room(saving.save)


def goes_away(server):
    """In a scan's process: its database is dropped under it once it has kept something there."""
    keep = units.keep

    def once(*args):
        keep(*args)
        with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("DROP DATABASE passing WITH (FORCE)"))
        units.keep = keep

    units.keep = once


def test_a_full_disk_costs_the_way_back_and_no_report(tmp_path):
    scan = Scan(tmp_path, str(tmp_path / "store.db"))
    save(open_store(scan.where, tmp_path, create=True), ONE.result(1), series=SERIES, controls=ONE.controls)
    assert (scan.run(prepare=full_disk), scan.report()["summary"]["gate"]) == (1, "failed")
    said = scan.said.splitlines()
    assert said[0] == "error: what is read from here on is not kept for --resume; the scan goes on"
    assert said[1].startswith(f"  there is no room to write the store {scan.where}: ")
    assert "is not in the store: there is no room" in scan.said
    assert "it is not lost" in scan.said
    found = check(open_store(scan.where, tmp_path))
    assert (found.problems, found.runs) == ((), 1)


def test_a_database_that_goes_away_costs_the_way_back_and_no_report(postgres, tmp_path):
    server = postgres.replace("postgresql:", "postgresql+psycopg:")
    with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE passing"))
    scan = Scan(tmp_path, postgres.replace("/postgres?", "/passing?"))
    code = scan.run(prepare=partial(goes_away, server))
    assert code == 1
    assert scan.report()["summary"]["gate"] == "failed"
    assert scan.said.count("cannot be reached") == 3
    assert "not kept for --resume; the scan goes on" in scan.said
    assert "it is not lost" in scan.said


def test_a_store_that_cannot_be_written_is_told_before_anything_is_read(tmp_path):
    path = tmp_path / "store.db"
    open_store(str(path), path, create=True).close()
    begin = partial(setattr, units, "begin", refuses)
    assert Scan(tmp_path, str(path)).run(prepare=begin) == 2
    assert not (tmp_path / "scan.json").exists()


def refuses(*_args):
    raise StoreError("the store cannot be written")
