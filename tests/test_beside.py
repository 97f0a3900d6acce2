"""A second process makes the second half of what is made of very many."""

from __future__ import annotations

import os

import pytest

from tests.connectors.terraform.plans import PlanBuilder
from tierwise import beside
from tierwise.beside import in_two
from tierwise.connectors.terraform.source import judged, open_plans

HERE = os.getpid()


@pytest.fixture
def forking(monkeypatch):
    monkeypatch.setattr(beside, "MANY", 2)
    monkeypatch.setattr(beside, "_may_fork", lambda: True)


def makers(numbers):
    return [(number, os.getpid() == HERE) for number in numbers]


def test_the_second_half_is_made_by_another_process_and_comes_in_order(forking):
    assert list(in_two(range(5), makers)) == [(0, True), (1, True), (2, False), (3, False), (4, False)]


def test_few_are_made_here(forking):
    assert list(in_two([7], makers)) == [(7, True)]


def test_where_the_system_has_no_second_process_all_are_made_here(monkeypatch):
    monkeypatch.setattr(beside, "MANY", 2)
    monkeypatch.setattr(beside, "_may_fork", lambda: False)
    assert list(in_two(range(3), makers)) == [(0, True), (1, True), (2, True)]


def test_what_the_other_process_cannot_make_or_send_is_made_here(forking):
    def fails_elsewhere(numbers):
        if os.getpid() != HERE:
            raise MemoryError
        return numbers

    assert list(in_two([1, 2], fails_elsewhere)) == [1, 2]
    unsendable = list(in_two([1, 2], lambda numbers: [(one for one in numbers)]))
    assert len(unsendable) == 2


def test_what_cannot_be_made_at_all_fails_here(forking):
    def fails(numbers):
        if 4 in numbers:
            raise ValueError("four")
        return numbers

    with pytest.raises(ValueError, match="four"):
        list(in_two([1, 2, 3, 4], fails))


def test_the_other_process_is_gone_when_this_one_stops_early(forking, monkeypatch):
    started = []
    fork = os.fork

    def noted() -> int:
        started.append(fork())
        return started[-1]

    monkeypatch.setattr(os, "fork", noted)
    halves = in_two([1, 2], makers)
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
    monkeypatch.setattr(beside, "_may_fork", lambda: True)
    assert list(judged(read)) == alone
    assert len(alone) == 12
