"""A scan in legs comes to an end, also where a leg is too short for one of its units."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.scan.clouds import AnyRegion, scanned, told
from tests.scan.recording import Answer, refused
from tests.scan.worlds import Failing
from tierwise.connectors.base import Item, Unit
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import FactUpdate, Gap, Kind, Resource
from tierwise.scan import Outcome, checkpoint
from tierwise.scan.checkpoint import LEAST, TRIES, Checkpoint
from tierwise.scan.collect import Collected, run_units
from tierwise.scan.pool import Pool
from tierwise.store.units import KeptUnit

HELD = Resource("arn:aws:s3:::held", Kind.OBJECT_STORE, "s3.bucket", "aws", "111111111111", "eu-west-2", "held")


class Stopped(BaseException):
    """What ends a leg."""


def leg_of(kept: dict[str, KeptUnit], seconds: float) -> Checkpoint:
    """The checkpoint of a process that goes on from what is kept, and lasts so long from its first look at the clock to any other."""
    times = iter((0.0,))

    def write(units: Sequence[KeptUnit]) -> None:
        kept.update({one.name: replace(one, items=zlib.compress(one.items)) for one in units})

    return Checkpoint("run", write, print, dict(kept), every=0, clock=lambda: next(times, seconds))


class Legs:
    """A function that is invoked again and again, and what its legs have kept."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0
        self.kept: dict[str, KeptUnit] = {}
        self.begun: list[str] = []

    def units(self) -> Iterator[Unit]:
        yield Unit("111111111111", "", "account", self._account, kept="aws:1")

    def _account(self) -> Iterator[Item]:
        yield Unit("111111111111", "eu-west-2", "s3", self._quick, kept="aws:1/eu-west-2/s3")
        yield Unit("111111111111", "eu-west-2", "kms", self._slow, kept="aws:1/eu-west-2/kms")

    def _quick(self) -> Iterator[Item]:
        self.begun.append("s3")
        yield HELD

    def _slow(self) -> Iterator[Item]:
        self.begun.append("kms")
        self.now += self.seconds
        raise Stopped

    def leg(self) -> Collected | None:
        """What is collected when a leg ends by itself; None where it is stopped."""

        def write(units: Sequence[KeptUnit]) -> None:
            self.kept |= {one.name: replace(one, items=zlib.compress(one.items)) for one in units}

        known, collected = Checkpoint("run", write, print, dict(self.kept), clock=lambda: self.now), Collected()
        try:
            run_units(self.units(), collected, jobs=1, stage="survey", progress=None, checkpoint=known)
        except Stopped:
            known.interrupted()
            return None
        return collected


def test_a_unit_that_two_legs_in_which_nothing_was_kept_did_not_end_is_told_as_a_gap_and_not_begun_again() -> None:
    legs = Legs(LEAST)
    # The first leg keeps the bucket; the two after it nothing.
    assert [legs.leg() for _ in range(3)] == [None] * 3
    last = legs.leg()
    assert last is not None
    assert list(last.resources) == [HELD.id]
    (gap,) = last.gaps
    assert isinstance(gap, Gap)
    assert (gap.account, gap.region, gap.service, gap.reason) == ("111111111111", "eu-west-2", "kms", "api-error")
    assert "give each more time" in gap.detail
    assert legs.begun == ["s3", "kms", "kms", "kms"]
    # The account is not kept as one that was read.
    assert "aws:1" not in legs.kept


@pytest.mark.parametrize("seconds", [0.0, LEAST - 1])
def test_who_stops_a_scan_at_once_however_often_loses_no_unit(seconds: float) -> None:
    legs = Legs(seconds)
    assert [legs.leg() for _ in range(5)] == [None] * 5
    assert legs.begun == ["s3", *["kms"] * 5]


class Short(AnyRegion):
    """A cloud that is there for so many calls."""

    def __init__(self, calls: int, failing: Failing | None = None) -> None:
        super().__init__(failing)
        self.left = calls

    def answer(self, service: str, region: str, method: str, params: dict[str, Any], *, paged: bool) -> Answer:
        self.left -= 1
        if self.left < 0:
            raise Stopped
        return super().answer(service, region, method, params, paged=paged)


def in_legs(
    calls: int, failing: Failing | None = None, *, seconds: float = LEAST, most: int = 80, kept: dict[str, KeptUnit] | None = None
) -> tuple[Outcome, list[Short]]:
    """A scan in legs of so many calls and seconds each, and what each leg was answered; it goes on from what is `kept`."""
    kept = {} if kept is None else kept
    legs: list[Short] = []
    while len(legs) < most:
        legs.append(Short(calls, failing))
        known = leg_of(kept, seconds)
        try:
            return scanned(legs[-1], known), legs
        except Stopped:
            known.interrupted()
    raise AssertionError(f"{most} legs of {calls} calls did not end it")


@pytest.fixture(scope="module")
def whole() -> tuple[Outcome, int]:
    stand = AnyRegion()
    return scanned(stand), len(stand.asked)


def test_legs_too_short_for_all_to_be_listed_again_get_on_part_by_part(whole: tuple[Outcome, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "PART", 4)
    outcome, calls = whole
    ended, legs = in_legs(calls // 3)
    assert told(ended.result) == told(outcome.result)
    assert 3 < len(legs) < 20
    # What a leg lists again it reads as well: nothing is listed over and over.
    assert sum(len(leg.asked) for leg in legs) < 5 * calls


def test_where_the_first_part_is_too_large_for_a_leg_the_next_is_smaller(whole: tuple[Outcome, int]) -> None:
    outcome, calls = whole
    ended, legs = in_legs(calls // 3)
    assert told(ended.result) == told(outcome.result)
    assert len(legs) > 4


def test_what_fails_again_and_again_stays_as_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "PART", 4)
    failing: Failing = {("s3", "GetBucketPolicy"): lambda name: refused(name, "SlowDown")}
    stand = AnyRegion(failing)
    outcome = scanned(stand)
    ended, legs = in_legs(len(stand.asked) // 3, failing)
    assert told(ended.result) == told(outcome.result)
    assert any(
        isinstance(fact, Unknown) and fact.reason.value == "throttled"
        for one in ended.collected.resources.values()
        for fact in one.facts.values()
    )
    tried = [params for leg in legs for _, method, params in leg.asked if method == "get_bucket_policy"]
    # One whose leg ended before it had is tried once more.
    assert {tried.count(one) for one in tried} <= {TRIES, TRIES + 1}


def test_who_stops_a_scan_at_once_however_often_leaves_what_failed_to_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "PART", 4)
    failing: Failing = {("s3", "GetBucketPolicy"): lambda name: refused(name, "SlowDown")}
    calls, kept = scanned_calls(failing), dict[str, KeptUnit]()
    with pytest.raises(AssertionError, match="8 legs"):
        in_legs(len(calls) * 2 // 5, failing, seconds=LEAST - 1, most=8, kept=kept)
    _, legs = in_legs(len(calls) * 2, failing, kept=kept)
    every = {params for _, method, params in calls if method == "get_bucket_policy"}
    assert {params for _, method, params in legs[-1].asked if method == "get_bucket_policy"} == every


def scanned_calls(failing: Failing) -> list[tuple[str, str, str]]:
    """The calls of a scan that nobody stops."""
    stand = AnyRegion(failing)
    scanned(stand)
    return stand.asked


@pytest.mark.parametrize("legs", [1, TRIES])
def test_what_is_asked_of_a_resource_and_takes_longer_than_several_legs_is_told_as_a_gap(legs: int) -> None:
    kept: dict[str, KeptUnit] = {}
    asked = {HELD.id: frozenset({"recovery.versioning"})}
    begun: list[str] = []

    def slow() -> Iterator[Item]:
        begun.append("slow")
        yield FactUpdate(HELD.id, {})
        raise Stopped

    for _ in range(legs):
        known = leg_of(kept, LEAST)
        collected = Collected()
        collected.take(HELD)
        with pytest.raises(Stopped):
            run_units(
                [Unit("1", "eu-west-2", "s3", slow, asked=asked)], collected, jobs=1, stage="details", progress=None, checkpoint=known
            )
        known.interrupted()
    known, collected = leg_of(kept, LEAST), Collected()
    collected.take(HELD)
    unit = Unit("1", "eu-west-2", "s3", lambda: iter(()), asked=asked)
    run_units([unit], collected, jobs=1, stage="details", progress=None, checkpoint=known)
    assert begun == ["slow"] * legs
    assert [(gap.service, gap.kinds) for gap in collected.gaps] == ([("s3", frozenset())] if legs == TRIES else [])


def test_what_failed_is_tried_again_after_all_else() -> None:
    names = frozenset({"access.anonymous_read"})
    lost = Unknown(UnknownReason.THROTTLED)
    written: list[KeptUnit] = []
    before = Checkpoint("run", written.extend, print)
    assert not before.keep(before.name_of({"a": names}), {"a": names}, [FactUpdate("a", {"access.anonymous_read": lost})], ())
    before.interrupted()
    known = Checkpoint("run", print, print, {one.name: replace(one, items=zlib.compress(one.items)) for one in written})
    known.restored |= {"a": "aws:1/s3", "b": "aws:2/s3", "c": "aws:1/s3"}
    asks = dict.fromkeys("abcd", names)
    assert known.answered(asks) == ([], asks)
    assert list(Pool((), Collected(), 1, None, known).lost(asks)) == ["c", "b", "a"]
