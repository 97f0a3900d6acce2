from __future__ import annotations

import os
import tracemalloc
from dataclasses import dataclass, replace
from enum import StrEnum

import pytest

from tierwise import beside
from tierwise.errors import UsageError
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, Provenance, Unknown, UnknownReason, told_apart
from tierwise.model.resource import FACTS, NO_TAGS, Kind, Resource
from tierwise.pack import Common
from tierwise.shelf import (
    Alike,
    Each,
    Named,
    Picked,
    Shelf,
    Stock,
    changed,
    holding,
    in_order,
    joined,
    kept,
    kept_in_two,
    near,
    packs,
    places_of,
)

MOST = 5


def resource(name: str) -> Resource:
    facts: dict[str, AnyFact] = {
        "encryption.at_rest": Known(value=True, via=Provenance(f"{name}#x")),
        "transport.tls_required": NOT_COLLECTED,
    }
    return Resource(name, Kind.KEY, "t", "aws", "1", "eu-west-2", name, tags=NO_TAGS, facts=facts)


@pytest.mark.parametrize("count", [0, MOST, MOST + 1, 4 * MOST + 3])
@pytest.mark.parametrize("batch", [1, 3])
def test_what_is_put_there_is_found_in_its_order_however_much_it_is(count: int, batch: int) -> None:
    things = [resource(f"r{number}") for number in range(count)]
    shelf = Shelf(things, most=MOST, batch=batch)
    assert shelf.many == (count > MOST)
    assert list(shelf) == things
    assert [shelf[place] for place in range(len(shelf))] == things
    assert [shelf[-place - 1] for place in range(len(shelf))] == things[::-1]
    assert list(shelf[1:-1]) == things[1:-1]
    with pytest.raises(IndexError):
        shelf[count]
    shelf.add(resource("last"))
    assert shelf[-1] == resource("last")


def test_a_fact_that_nobody_read_is_the_same_object_in_a_copy() -> None:
    copy = Shelf([resource("a")], most=0)[0]
    assert copy == resource("a")
    assert copy.facts["transport.tls_required"] is NOT_COLLECTED


def test_what_is_met_again_is_one_object_and_what_only_looks_alike_is_not() -> None:
    common = Common(told_apart, most=4)
    one, again = {"a": Known(value=True), "b": Known("x")}, {"a": Known(value=True), "b": Known("x"), "c": NOT_COLLECTED}
    assert common.taken_apart(one)[1] == list(one.items())
    numbers, rest = common.taken_apart(again)
    assert rest == [("c", NOT_COLLECTED)]
    assert common.taken_apart(one) == (numbers[:4], [])
    put = common.put_together(numbers, rest)
    assert put == again
    assert list(put) == ["a", "b", "c"]
    assert put["a"] is again["a"]
    # Its numbers are known without a look, and to nobody else.
    assert common.numbers(put) is put.numbers
    assert common.taken_apart(put) == (numbers, rest)
    assert Common(told_apart).numbers(put) == [0, 0, 0]
    # One is not true, and what a connector says was not collected is not what nobody read.
    others = {"a": Known(1), "b": Known(value=True), "c": Unknown(UnknownReason.NOT_COLLECTED)}
    for _ in range(3):
        put = common.put_together(*common.taken_apart(others))
        assert put == others
        assert put["a"].value is not True
        assert put["c"] is not NOT_COLLECTED


def test_another_process_writes_numbers_that_this_one_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "MANY", 2)
    monkeypatch.setattr(beside, "_BATCH", 2)
    monkeypatch.setattr(beside, "_may_fork", lambda: True)
    things = [replace(resource("a"), id=str(number), facts={"x": Known(f"v{number % 3}")}) for number in range(40)]
    shelf: Shelf[Resource] = Shelf(most=0)
    shelf.take(beside.in_two(things, lambda some: packs(some, 1)))
    assert list(shelf) == things


def test_of_equal_things_one_is_held_and_the_others_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierwise.shelf._FEW", 2)
    things = [("a",), ("b",), ("a",), ("c",), ("d",), ("b",), ("c",)]
    alike = Alike(things)
    assert list(alike) == things
    assert [alike[place] for place in range(len(alike))] == things
    assert alike[-1] == ("c",)
    assert list(alike[1:3]) == things[1:3]
    assert alike[0] is alike[2]
    alike.take([("e",), ("a",), ("d",)], [1, 1, 0, 2])
    assert list(alike) == [*things, ("a",), ("a",), ("e",), ("d",)]


class Word(StrEnum):
    ONE = "one"


@dataclass(frozen=True, slots=True)
class Single:
    only: Word


def test_a_dataclass_of_one_field_is_held_as_any_other() -> None:
    assert list(Shelf([Single(Word.ONE)], most=0)) == [Single(Word.ONE)]


def test_a_stock_is_a_mapping_in_which_the_last_of_a_name_counts() -> None:
    for most in (1, 100):
        stock: Stock[int] = Stock({"b": 1, "c": 2, "a": 3}, most=most)
        stock["c"] = 20
        stock["d"] = 4
        assert stock.many == (most == 1)
        assert list(stock.items()) == [("b", 1), ("c", 20), ("a", 3), ("d", 4)]
        assert list(stock.by_name()) == [3, 1, 20, 4]
        stock.sort()
        stock["a"] = 30
        assert list(stock.by_name()) == [30, 1, 20, 4]
        assert list(stock.items()) == [("a", 30), ("b", 1), ("c", 20), ("d", 4)]
        assert list(stock.values()) == [stock[name] for name in stock]
        assert "c" in stock
        assert stock.get("e") is None


def test_what_is_made_of_many_is_what_is_made_of_few() -> None:
    few, many = Stock({"b": 1, "a": 2, "c": 3}, most=100), Stock({"b": 1, "a": 2, "c": 3}, most=1)
    for made in (
        lambda one: changed(one, str),
        lambda one: kept(one, lambda some: map(str, in_order(one)[some.start : some.stop])),
        lambda one: joined(one, {"aa": 9}),
    ):
        for stock in (few, many):
            stock.sort()
        assert list(made(few).items()) == list(made(many).items())
        assert dict(made(many)) == made(few)
        assert list(in_order(made(many))) == list(in_order(made(few)))
        assert dict(places_of(made(many))) == places_of(made(few))
    assert isinstance(changed(few, str), dict)
    assert isinstance(changed(many, str), Named)


def test_of_many_nothing_is_made_before_it_is_looked_at_and_what_is_looked_at_again_is_near() -> None:
    made: list[int] = []

    def make(one: int) -> int:
        made.append(one)
        return -one

    each = Each([1, 2, 3], make)
    assert made == []
    assert (each[1], each[1], len(each)) == (-2, -2, 3)
    assert made == [2]
    assert list(each[1:]) == [-2, -3]
    assert list(Picked(each, [2, 0])) == [-3, -1]


def test_a_second_process_reads_the_same_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "MANY", 10)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    shelf = Shelf(range(100), most=MOST, batch=3)
    assert list(beside.in_two(shelf, lambda some: (one * 2 for one in some))) == [one * 2 for one in range(100)]


def test_memory_does_not_grow_with_what_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is met again has a bound of its own.
    monkeypatch.setattr(FACTS, "_most", 0)

    def peak(count: int) -> int:
        tracemalloc.start()
        shelf = Shelf((resource(f"r{number}") for number in range(count)), most=100)
        assert sum(1 for _ in shelf) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(200)
    assert peak(2_000) < peak(500) * 1.3


def test_a_folder_without_room_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(UsageError, match=r"No space left on device\); name a folder that has: TMPDIR=FOLDER"):
        Shelf(range(3), most=1)


def test_packs_of_any_size_lie_behind_what_was_put_there_one_by_one() -> None:
    shelf = Shelf(range(7), most=2, batch=2)
    shelf.take([*packs(range(7, 10), 3), *packs([10]), *packs(range(11, 16), 2)])
    shelf.add(16)
    assert list(shelf) == list(range(17))
    assert [shelf[place] for place in (6, 9, 10, 11, 15, 16, -1)] == [6, 9, 10, 11, 15, 16, 16]


@pytest.mark.parametrize("most", [1, 1000])
@pytest.mark.parametrize("many", [10, 1000])
def test_what_two_processes_make_is_kept_as_what_one_makes(monkeypatch: pytest.MonkeyPatch, most: int, many: int) -> None:
    monkeypatch.setattr(beside, "MANY", many)
    monkeypatch.setattr(beside, "_may_fork", lambda: True)
    stock = Stock({f"r{number}": resource(f"r{number}") for number in range(600)}, most=most)
    with holding(most):
        made = kept_in_two(stock, lambda one: len(one.name), lambda one, length: replace(one, name=f"{one.name} {length}"))
    assert list(made.items()) == [(name, replace(resource(name), name=f"{name} {len(name)}")) for name in stock]
    assert isinstance(made, dict) == (most == 1000)


def test_what_is_made_near_is_made_when_it_is_looked_at() -> None:
    made: list[str] = []

    def make(one: str) -> str:
        made.append(one)
        return one.upper()

    for things in (Stock({"b": "b", "a": "a"}), changed(Stock({"b": "b", "a": "a"}, most=1), str)):
        made.clear()
        close = near(things, make)
        assert (close["a"], close["a"], list(close)) == ("A", "A", ["b", "a"])
        assert made == ["a"]
