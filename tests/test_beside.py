"""A second process makes some of what is made of very many."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import Counter
from contextlib import suppress

import pytest

from tests.connectors.terraform.plans import PlanBuilder
from tierwise import beside
from tierwise.beside import aside, in_two
from tierwise.connectors.terraform.source import judged, open_plans

HERE = os.getpid()


@pytest.fixture
def forking(monkeypatch):
    monkeypatch.setattr(beside, "MANY", 2)
    monkeypatch.setattr(beside, "_BATCH", 1)
    monkeypatch.setattr(beside, "_LIFE", 3)
    monkeypatch.setattr(beside, "_may_fork", lambda: True)


@pytest.fixture
def copy_ended(monkeypatch):
    """Waits, in this process, until the last copy of it has ended; it is left for `in_two` to hear of."""
    copies, fork = [], os.fork

    def forked():
        copies.append(fork())
        return copies[-1]

    monkeypatch.setattr(os, "fork", forked)

    def wait():
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, copies[-1], os.WEXITED | os.WNOWAIT)

    return wait


@pytest.fixture
def makers():
    """Numbers with whether this process made them; both wait with the first that they make until the other has begun."""
    mine, theirs = os.pipe(), os.pipe()
    met = set()

    def made(numbers):
        here = os.getpid() == HERE
        if os.getpid() not in met:
            met.add(os.getpid())
            os.write((theirs if here else mine)[1], b"x")
            os.read((mine if here else theirs)[0], 1)
        return [(number, here) for number in numbers]

    yield made
    for end in (*mine, *theirs):
        os.close(end)


def test_two_processes_make_some_each_and_all_come_in_order(forking, makers):
    made = list(in_two(range(9), makers))
    assert [number for number, _ in made] == list(range(9))
    assert {here for _, here in made} == {True, False}


def test_what_the_other_has_made_comes_while_it_goes_on(forking, makers):
    """It waits at the end of the second batch that it makes until the first has come here."""
    go_on = os.pipe()
    theirs = []

    def held_up(numbers):
        made = makers(numbers)
        if os.getpid() != HERE:
            theirs.append(numbers)
            if len(theirs) == 2:
                os.read(go_on[0], 1)
        return made

    found = []
    for number, here in in_two(range(9), held_up):
        found.append(number)
        if not here:
            os.write(go_on[1], b"x")
    assert found == list(range(9))
    for end in go_on:
        os.close(end)


def test_each_is_made_once_whoever_is_faster(forking, tmp_path):
    log = tmp_path / "made"

    def noted(numbers):
        with log.open("ab", buffering=0) as file:
            file.write(b"".join(b"%d\n" % number for number in numbers))
        return numbers

    assert list(in_two(range(700), noted)) == list(range(700))
    assert sorted(map(int, log.read_text().split())) == list(range(700))


def test_a_copy_that_has_made_its_batches_gives_way_to_a_new_one(forking, copy_ended):
    def waiting(numbers):
        if os.getpid() == HERE:
            copy_ended()
        return [(number, os.getpid()) for number in numbers]

    made = list(in_two(range(20), waiting))
    assert [number for number, _ in made] == list(range(20))
    copies = Counter(maker for _, maker in made if maker != HERE)
    assert len(copies) > 1
    assert max(copies.values()) == 3


def test_there_are_no_more_turns_than_a_pipe_holds(forking, monkeypatch):
    monkeypatch.setattr(beside, "_MOST", 3)
    sizes = []

    def noted(numbers):
        sizes.append(len(numbers))
        return numbers

    monkeypatch.setattr(os, "fork", lambda: (_ for _ in ()).throw(BlockingIOError))
    assert list(in_two(range(10), noted)) == list(range(10))
    assert sizes == [4, 4, 2]


@pytest.mark.parametrize("missing", [(os, "fork"), (tempfile, "TemporaryFile")])
def test_where_there_is_no_room_for_another_process_all_are_made_here(forking, monkeypatch, missing):
    def refused():
        raise BlockingIOError

    monkeypatch.setattr(*missing, refused)
    assert list(in_two(range(5), where)) == [(n, True) for n in range(5)]


def where(numbers):
    return [(number, os.getpid() == HERE) for number in numbers]


def test_few_are_made_here(forking):
    assert list(in_two([7], where)) == [(7, True)]


def test_where_the_system_has_no_second_process_all_are_made_here(forking, monkeypatch):
    monkeypatch.setattr(beside, "_may_fork", lambda: False)
    assert list(in_two(range(1, 4), where)) == [(1, True), (2, True), (3, True)]


def test_what_the_other_process_cannot_make_is_made_here(forking, makers):
    def fails_elsewhere(numbers):
        made = makers(numbers)
        if os.getpid() != HERE:
            raise MemoryError
        return made

    assert list(in_two(range(9), fails_elsewhere)) == [(number, True) for number in range(9)]


def test_what_the_other_process_cannot_send_is_made_here(forking, copy_ended):
    def unsendable(numbers):
        if os.getpid() == HERE:
            copy_ended()
        return [(one for one in where(numbers))]

    made = list(in_two(range(9), unsendable))
    assert [list(one) for one in made] == [[(number, True)] for number in range(9)]


def test_what_cannot_be_made_at_all_fails_here(forking):
    def fails(numbers):
        if 4 in numbers:
            raise ValueError("four")
        return numbers

    with pytest.raises(ValueError, match="four"):
        list(in_two([1, 2, 3, 4], fails))


def test_the_other_process_is_gone_when_this_one_stops_early(forking, makers, monkeypatch):
    started = []
    fork = os.fork

    def noted() -> int:
        started.append(fork())
        return started[-1]

    monkeypatch.setattr(os, "fork", noted)
    halves = in_two(range(9), makers)
    next(halves)
    halves.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(started[0], os.WNOHANG)


def test_a_plan_gives_the_same_from_one_process_and_from_two(tmp_path, monkeypatch):
    plan = PlanBuilder()
    for number in range(6):
        plan.add("aws_s3_bucket", f"b{number}", {"bucket": f"store-{number}", "tags": {"owner": "x"}})
        plan.add("aws_kms_key", f"k{number}", {}, unknown={"arn": True})
    (read,) = open_plans([plan.write(tmp_path)]).plans
    alone = list(judged(read))
    monkeypatch.setattr(beside, "MANY", 2)
    monkeypatch.setattr(beside, "_BATCH", 1)
    monkeypatch.setattr(beside, "_may_fork", lambda: True)
    assert list(judged(read)) == alone
    assert len(alone) == 12


def test_one_thing_is_made_by_another_process_beside_what_this_one_does(forking):
    with aside(os.getpid) as made:
        assert made() != HERE


def test_what_another_process_fails_to_make_is_made_here_when_it_is_asked_for(forking):
    def only_here():
        if os.getpid() != HERE:
            raise RuntimeError("there")
        return "here"

    with aside(only_here) as made:
        assert made() == "here"


def test_what_nobody_asks_for_leaves_no_process_behind(forking, monkeypatch):
    fork, copies = os.fork, []

    def forked():
        copies.append(fork())
        return copies[-1]

    monkeypatch.setattr(os, "fork", forked)
    with pytest.raises(RuntimeError, match="the other thing"), aside(os.getpid):
        raise RuntimeError("the other thing")
    (copy,) = copies
    with pytest.raises(ChildProcessError):
        os.waitpid(copy, os.WNOHANG)


def test_what_another_process_makes_is_made_by_that_one_alone(monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    with aside(lambda: (os.getpid(), beside._may_fork())) as made:
        maker, more = made()
    assert maker != HERE
    assert not more
