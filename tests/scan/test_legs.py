"""A scan in legs comes to an end, also where a leg is too short for one of its units."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tierwise.connectors.base import Item, Unit
from tierwise.model.resource import Gap, Kind, Resource
from tierwise.scan.checkpoint import LEAST, Checkpoint
from tierwise.scan.collect import Collected, run_units
from tierwise.store.units import KeptUnit

HELD = Resource("arn:aws:s3:::held", Kind.OBJECT_STORE, "s3.bucket", "aws", "111111111111", "eu-west-2", "held")


class Stopped(BaseException):
    """What ends a leg."""


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

        checkpoint, collected = Checkpoint("run", write, print, dict(self.kept), clock=lambda: self.now), Collected()
        try:
            run_units(self.units(), collected, jobs=1, stage="survey", progress=None, checkpoint=checkpoint)
        except Stopped:
            checkpoint.interrupted()
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
