"""A scan of one night at the connector, what it leaves for the next, and what it says; shared by the tests of all clouds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import structs

from tests.connectors.collected import Estate
from tierwise.connectors.rescan import Earlier, Kept, Rescan
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Unknown, oldest
from tierwise.model.resource import Resource


@dataclass
class Night:
    """One scan: what it read, by which calls, and what it leaves."""

    read: Estate
    calls: Counter[str]
    rescan: Rescan
    started: datetime

    def left(self) -> Earlier:
        """What the next scan finds of it."""
        units = {
            name: {key: Kept(self.read[key], mark) for key, mark in marks.items() if key in self.read}
            for name, marks in self.rescan.marks.items()
        }
        return Earlier("run", self.started, lambda name: units.get(name, {}))

    def says(self) -> dict[str, Any]:
        """Each resource, but for when what is said of it was read."""
        return {
            key: (one.tags, one.links, one.grants, {name: _undated(fact) for name, fact in one.facts.items()})
            for key, one in self.read.items()
        }

    def day(self, key: str) -> str:
        """When the first read of a resource was made; empty for this scan."""
        return oldest(self.read[key].facts.values())[:10]


def _undated(fact: AnyFact) -> AnyFact:
    return structs.replace(fact, via=structs.replace(fact.via, as_of=""))


def unread(resource: Resource, wanted: frozenset[str]) -> frozenset[str]:
    """What nobody has read of a resource, as the second stage asks for it."""

    return frozenset(name for name in wanted if isinstance(one := resource.facts.get(name), Unknown) and one.reason is NOT_COLLECTED.reason)
