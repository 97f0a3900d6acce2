"""What a unit of the second stage holds, and what it yields, is held until it has ended and no longer."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import pytest

from tests.scan.clouds import checkpoint_in
from tierwise.connectors.base import Item, Unit
from tierwise.model.fact import Known
from tierwise.model.resource import FactUpdate, Kind, Resource
from tierwise.scan.collect import Collected
from tierwise.scan.pool import Pool
from tierwise.store.units import KeptUnit

SIZE = 20
WANTED = frozenset({"access.public_blocked"})


class Draft:
    """What a unit needs."""


class Drafts:
    """A source of stores, each with a draft, that counts what is held when one is read."""

    name = "aws:1"

    def __init__(self) -> None:
        self.drafts: weakref.WeakSet[Draft] = weakref.WeakSet()
        self.begun = 0
        """How many drafts there are when all units are made."""
        self.held = (0, 0)
        """How many drafts and updates there are when more is read of the last store."""

    def survey(self) -> Iterable[Unit]:
        yield Unit("1", "", "s3", self._list)

    @staticmethod
    def _list() -> Iterator[Item]:
        return (Resource(f"{number:02}", Kind.OBJECT_STORE, "s3.bucket", "aws", "1", "", "") for number in range(SIZE))

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        for key, names in asks.items():
            draft = Draft()
            self.drafts.add(draft)
            yield Unit("1", "", "s3", partial(self._read, key, draft), asked={key: names})
        self.begun = len(self.drafts)

    def _read(self, key: str, _draft: Draft) -> Iterator[Item]:
        if int(key) == SIZE - 1:
            self.held = len(self.drafts), sum(type(one) is FactUpdate for one in gc.get_objects())
        yield FactUpdate(key, {"access.public_blocked": Known(True)})


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_unit_holds_goes_with_it(jobs: int) -> None:
    kept: list[KeptUnit] = []
    source, collected = Drafts(), Collected()
    pool = Pool([source], collected, jobs, None, checkpoint_in(kept))
    pool.survey()
    assert pool.details(dict.fromkeys(collected.resources, WANTED))
    assert [one.facts for one in collected.resources.values()] == [{"access.public_blocked": Known(True)}] * SIZE
    assert sum(len(one.asked) for one in kept) == SIZE
    # The one that is read, those that are read meanwhile or were last, and no other.
    assert source.begun == SIZE
    assert max(source.held) <= 6, source.held
