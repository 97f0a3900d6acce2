from __future__ import annotations

import logging
import multiprocessing
import os
import random
import resource
import sqlite3
import stat
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text, update

import tierwise.store.save as saving
from tests.store.test_save import ONE, but
from tests.store.worlds import FIRST, SERIES, World, random_world
from tierwise.errors import StoreError
from tierwise.model.finding import Verdict
from tierwise.model.history import Retention
from tierwise.model.sensitivity import Tier
from tierwise.store.check import check
from tierwise.store.connect import open_store
from tierwise.store.prune import tidy
from tierwise.store.read import runs_of, series_of
from tierwise.store.save import save
from tierwise.store.tables import AGES, FINDINGS, RUNS, STANDINGS, STORE, WORDS

FORK = multiprocessing.get_context("fork")


def keep(store, world, number):
    return save(store, world.result(number), series=SERIES, controls=world.controls)


def refused(*words):
    """A message of at most six lines that has all the words."""
    return pytest.raises(StoreError, match="(?s)" + "".join(f"(?=.*{word})" for word in words) + r"\A(?:[^\n]*\n?){1,6}\Z")


@contextmanager
def as_nobody():
    """Without root's right to write everywhere."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_signal_that_arrives_as_a_connection_closes_ends_the_command_without_a_traceback(path, monkeypatch, capsys):
    class Signal(BaseException):
        pass

    def interrupted(*_):
        raise Signal

    store = open_store("", path, create=True)
    # As it is outside of pytest, whose handlers keep what nobody else takes off stderr.
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(store.engine.dialect, "do_close", interrupted)
    with pytest.raises(Signal), store.reading():
        pass
    assert capsys.readouterr().err == ""


def test_a_store_is_readable_by_the_user_alone(path):
    open_store("", path, create=True).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_store_that_is_not_there_is_not_made_by_looking(path):
    with refused("no store at", "tierwise scan"):
        open_store("", path)
    assert not path.exists()


@pytest.mark.parametrize("made", [b"this is no database\n" * 400, b"SQLite format 3\0" + bytes(9000)], ids=["text", "torn"])
def test_a_damaged_file_is_refused_with_the_way_on_and_left_alone(path, made):
    path.parent.mkdir()
    path.write_bytes(made)
    for create in (False, True):
        with refused("damaged or no store", "mv "):
            open_store("", path, create=create)
    assert path.read_bytes() == made


def test_a_page_that_was_overwritten_is_found(path):
    store = open_store("", path, create=True)
    for number in (1, 2):
        keep(store, ONE, number)
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 8)
    with refused("damaged|malformed"):
        problems = check(store).problems
        raise StoreError("\n".join(problems[:6]))


def test_the_database_of_something_else_is_refused_and_left_alone(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE songs (name)")
    with refused("a database of something else", "--store"):
        open_store("", path, create=True)


def test_a_newer_store_is_refused_and_left_alone(where, path):
    store = open_store(where, path, create=True)
    with store.writing() as connection:
        connection.execute(update(STORE).where(STORE.c.key == "schema").values(value="99"))
    for create in (False, True):
        with refused("from a newer tierwise", "schema 99", "pip install --upgrade"):
            open_store(where, path, create=create)


def test_an_older_store_is_brought_up_to_date_step_by_step(where, path, monkeypatch):
    monkeypatch.setattr("tierwise.store.connect.MIGRATIONS", ())
    open_store(where, path, create=True).close()

    def second(connection):
        connection.execute(text("ALTER TABLE runs ADD COLUMN place TEXT"))

    def third(connection):
        connection.execute(text("UPDATE runs SET place = 'moved'"))

    monkeypatch.setattr("tierwise.store.connect.MIGRATIONS", (second, third))
    store = open_store(where, path)
    with store.reading() as connection:
        assert connection.execute(STORE.select().where(STORE.c.key == "schema")).one().value == "3"
        assert connection.execute(text("SELECT count(place) FROM runs")).scalar() == 0
    open_store(where, path).close()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("mysql://somewhere/else", ("postgresql://", "mysql")),
        ("postgresql://user:s3cret@[::1", ("URL",)),
        ("postgresql://user:s3cret@/tierwise?host=/nowhere", ("cannot be reached", "psql", r"user:\*\*\*@")),
    ],
)
def test_a_wrong_url_is_told_without_its_password(path, where, words):
    with refused(*words) as told:
        open_store(where, path, create=True)
    assert "s3cret" not in str(told.value)


def test_a_store_that_may_not_be_written_is_read_and_says_so_when_written(path):
    keep(open_store("", path, create=True), ONE, 1)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    for folder in path.parents[1:-2]:
        folder.chmod(0o755)
    with as_nobody():
        store = open_store("", path)
        with store.reading() as connection:
            assert [one.failed for one in runs_of(connection, 1)] == [2]
        with refused("cannot be written", "--store"):
            keep(store, ONE, 2)
    path.parent.chmod(0o755)
    assert check(open_store("", path)).problems == ()


def test_a_place_where_nothing_can_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with refused("no store can be made", "--store", "none"):
        open_store(str(tmp_path / "file" / "store.db"), tmp_path, create=True)
    with refused("is a directory"):
        open_store(str(tmp_path), tmp_path, create=True)


def in_a_fork(work, *args):
    """The exit code of work done in a process of its own: 0, or 1 where it raised."""
    process = FORK.Process(target=work, args=args)
    process.start()
    process.join(60)
    return process.exitcode


def test_a_full_disk_is_told_and_costs_nothing_that_was_kept(path):
    store = open_store("", path, create=True)
    keep(store, ONE, 1)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8192, -1))
        names = [f"bucket-{number}" for number in range(500)]
        big = World(dict.fromkeys(names, Tier.T3), {(name, 1): Verdict.FAIL for name in names})
        with refused("no room", "store prune"):
            keep(store, big, 2)

    assert in_a_fork(fill) == 0
    assert check(open_store("", path)).problems == ()


def test_a_locked_store_is_told(path, monkeypatch):
    monkeypatch.setattr("tierwise.store.connect.BUSY_SECONDS", 0.05)
    store = open_store("", path, create=True)
    with store.writing():
        with refused("locked by another process"):
            keep(open_store("", path), ONE, 1)
        with store.reading() as connection:
            assert runs_of(connection, 1) == ()


def test_a_server_that_goes_away_while_a_run_is_saved_leaves_the_store_as_it_was(postgres, path, monkeypatch):
    store = open_store(postgres, path, create=True)
    keep(store, ONE, 1)
    fold = saving._fold_spans

    def cut(connection, *args):
        fold(connection, *args)
        other = create_engine(store.engine.url)
        with other.begin() as killer:
            killer.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )

    monkeypatch.setattr(saving, "_fold_spans", cut)
    with refused("cannot be reached", "psql"):
        keep(store, but(ONE, claims_1=Verdict.PASS), 2)
    monkeypatch.undo()
    assert check(store).problems == ()
    assert keep(store, ONE, 2).number == 2


def test_two_scans_at_once_are_kept_one_after_the_other(where, path):
    open_store(where, path, create=True).close()

    def scans(who):
        chance = random.Random(who)
        for number in range(1, 7):
            result = random_world(chance).result(number, days=0.01)
            store = open_store(where, path)
            save(store, replace(result, run=replace(result.run, id=f"{who}-{number}")), series=SERIES, controls={})
            tidy(store, Retention(), FIRST.date() + timedelta(days=number))
            store.close()

    both = [FORK.Process(target=scans, args=(who,)) for who in (1, 2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    store = open_store(where, path)
    assert check(store).problems == ()
    with store.reading() as connection:
        assert [one.number for one in runs_of(connection, 1)] == list(range(12, 0, -1))


def settled(store):
    """The store, once its server has ended what a client that was killed had asked for."""
    asked = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and state <> 'idle'"
    for _ in range(1000 if store.path is None else 0):
        with store.reading() as connection:
            if not connection.execute(text(asked)).scalar_one():
                break
        time.sleep(0.01)
    return store


def test_a_scan_that_is_killed_while_it_saves_is_kept_whole_or_not_at_all(where, path):
    open_store(where, path, create=True).close()
    chance = random.Random(7)

    def scans(attempt, first):
        worlds = random.Random(attempt)
        for number in range(first, first + 1000):
            store, result = open_store(where, path), random_world(worlds).result(number)
            save(store, replace(result, run=replace(result.run, id=f"{attempt}-{number}")), series=SERIES, controls={})
            store.close()

    first, store = 1, open_store(where, path)
    for attempt in range(5):
        process = FORK.Process(target=scans, args=(attempt, first))
        process.start()
        time.sleep(chance.uniform(0.02, 0.2))
        process.kill()
        process.join()
        store = settled(open_store(where, path))
        assert check(store).problems == ()
        with store.reading() as connection:
            # A database counts up its keys even where what took one was undone: the series is found by its name.
            first = 1 + sum(len(runs_of(connection, one.id)) for one in series_of(connection))
    assert keep(store, ONE, first).number == first
    assert check(store).problems == ()


def test_a_store_that_does_not_add_up_is_found(store):
    for number in (1, 2):
        keep(store, ONE, number)
    breaks = {
        "hold for runs that are not there": FINDINGS.update().values(since=9),
        "hold twice for the same run": FINDINGS.insert().from_select(
            list(FINDINGS.c.keys()),
            FINDINGS.select()
            .with_only_columns(
                *(
                    column if column.name not in ("since", "until") else text("0" if column.name == "since" else "2")
                    for column in FINDINGS.c
                )
            )
            .limit(1),
        ),
        "have no history": STANDINGS.delete(),
        "findings that are none": FINDINGS.delete(),
        "counted": RUNS.update().values(failed=7),
        "counted 2 resources": text("DELETE FROM resources"),
        "and the ages of": AGES.update().values(failing=AGES.c.failing + 1),
        "lack their words": WORDS.delete(),
    }
    for word, change in breaks.items():
        with store.engine.connect() as connection, connection.begin() as undone:
            connection.execute(change)
            problems = _problems(store, connection)
            undone.rollback()
        assert any(word in one for one in problems), (word, problems)
    assert check(store).problems == ()


def _problems(store, connection):
    from tierwise.store.check import _database, _series, _spans

    return [*_database(connection), *_spans(connection), *_series(connection, 1, SERIES)]
