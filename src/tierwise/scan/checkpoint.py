"""Goes on from what an earlier process has read: what units yielded is kept as they end, and taken from there instead of run again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from tierwise.connectors.base import Item
from tierwise.connectors.inventory.items import item_in, item_out
from tierwise.errors import StoreError
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import FactUpdate, Gap, ReadOutcome, Resource
from tierwise.store.units import KeptUnit, lines_of

EVERY: Final = 0.25
"""Seconds between two transactions: what ends within them is kept together."""
_DETAILS: Final = "details/"
_UNREAD: Final = "unread/"
_TRIED: Final = "tried/"
"""Before the name of a unit: a line for each process that was over before it was read."""
TRIES: Final = 2
LEAST: Final = 30.0
"""Seconds that a process must have had for it to count as one that a unit does not fit into."""
_PASSING: Final = frozenset({UnknownReason.THROTTLED.value, UnknownReason.API_ERROR.value})
"""What may succeed when it is tried again; who goes on with a scan tries it."""


class Reading(Protocol):
    """A unit that is kept, and has been begun and not ended."""

    started: bool
    """Whether its own listing has begun, and not only what it lies below."""


@dataclass(slots=True)
class Checkpoint:
    """One scan on its way: what it has read, and what an earlier process had."""

    run: str
    """The id of the run, which is the same for all processes that work on it."""
    write: Callable[[Sequence[KeptUnit]], None]
    """Keeps units in one transaction; StoreError where it cannot."""
    warn: Callable[[str], None]
    """Says that nothing more can be kept; the scan goes on."""
    earlier: dict[str, KeptUnit] = field(default_factory=dict)
    """What an earlier process kept, by name; each is taken once."""
    every: float = EVERY
    clock: Callable[[], float] = time.monotonic
    restored: dict[str, str] = field(default_factory=dict)
    """The unit from which each resource was restored: its source knows nothing of it yet."""
    above: dict[str, str] = field(default_factory=dict)
    """The kept unit below which each kept unit was begun or restored."""
    reading: dict[str, Reading] = field(default_factory=dict)
    """The kept units that have begun and not ended, by name."""
    progress: bool = False
    """Whether this process has kept anything."""
    broken: bool = False
    """Whether the store could not take something: nothing that came after is kept."""
    _pending: list[KeptUnit] = field(default_factory=list)
    _written: float = -EVERY
    _began: float = 0.0

    def __post_init__(self) -> None:
        """Note when it began."""
        self._began = self.clock()

    @property
    def due(self) -> float | None:
        """Seconds until what is pending should be written; None where nothing is."""
        return max(0.0, self._written + self.every - self.clock()) if self._pending else None

    def restore(self, name: str, above: str) -> Iterator[Item]:
        """What a unit and those below it yielded to an earlier process."""
        unit = self.earlier.pop(name)
        self.above[name] = above
        for item in _items(unit):
            if isinstance(item, Resource):
                self.restored[item.id] = name
            yield item
        for below in unit.below:
            yield from self.restore(below, name)

    def answered(self, asks: Mapping[str, frozenset[str]]) -> tuple[list[Item], dict[str, frozenset[str]]]:
        """What an earlier process read of what is asked for in stage 2, and what is left to ask."""
        items: list[Item] = []
        left = dict(asks)
        for name, unit in list(self.earlier.items()):
            same = [key for key, of in unit.asked.items() if key in left and digest(left[key]) == of]
            if same and (len(same) == len(unit.asked) or name.startswith(_UNREAD)):
                items += _items(self.earlier.pop(name))
                for key in same:
                    del left[key]
        return items, left

    def units_of(self, resources: Collection[str]) -> frozenset[str]:
        """The kept units that have to run again for more to be read of these resources, with those above them."""
        found: set[str] = set()
        for resource in resources:
            name = self.restored.get(resource, "")
            while name and name not in found:
                found.add(name)
                name = self.above.get(name, "")
        return frozenset(found)

    def keep(self, name: str, asked: Mapping[str, frozenset[str]], items: Sequence[Item], below: Sequence[str]) -> bool:
        """Keep what a unit yielded; not where something failed that may succeed when it is tried again."""
        if any(_passes(item) for item in items):
            return False
        digests = {key: digest(names) for key, names in asked.items()}
        # ASCII: half a surrogate pair, which a name may hold, is written as an escape.
        lines = b"".join(json.dumps(item_out(item), separators=(",", ":")).encode() + b"\n" for item in items)
        self._add(KeptUnit(name or _DETAILS + _digest_of(digests), lines, digests, tuple(below)))
        return True

    def keep_unread(self, asks: Mapping[str, frozenset[str]]) -> None:
        """Keep that no source has a read for what is asked for, so that nobody lists it again to find out."""
        if asks:
            asked = {key: digest(names) for key, names in asks.items()}
            self._add(KeptUnit(_UNREAD + _digest_of(asked), b"", asked))

    def takes_too_long(self, name: str) -> bool:
        """Whether a unit was begun by several processes that were over before anything was read: the next would fare as they did."""
        tried = self.earlier.get(_TRIED + name)
        return tried is not None and len(lines_of(tried)) >= TRIES

    def interrupted(self) -> None:
        """Write what is pending, and, where this process had time and nothing came of it, what it was reading: so that a scan in legs comes to an end."""
        if not self.progress and self.clock() - self._began >= LEAST:
            holders = {self.above.get(name, "") for name in self.reading}
            for name in [name for name, one in self.reading.items() if one.started and name not in holders]:
                tried = self.earlier.get(_TRIED + name)
                self._pending.append(KeptUnit(_TRIED + name, b"\n" * (1 + (len(lines_of(tried)) if tried is not None else 0))))
        self.flush()

    def _add(self, unit: KeptUnit) -> None:
        self.progress = True
        self._pending.append(unit)
        if self.due == 0:
            self.flush()

    def flush(self) -> None:
        """Write what is pending; where the store cannot take it, say so once and go on without."""
        pending = list(self._pending)
        self._written = self.clock()
        if pending and not self.broken:
            try:
                self.write(pending)
            except StoreError as error:
                self.broken = True
                self.warn(str(error))
        # Only now: a signal may end the transaction before it is done.
        del self._pending[: len(pending)]


def digest(names: frozenset[str]) -> str:
    """What was asked for, in short."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def _digest_of(asked: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(asked.items())).encode()).hexdigest()[:32]


def _items(unit: KeptUnit) -> Iterator[Item]:
    for line in lines_of(unit):
        yield item_in(json.loads(line))


def _passes(item: Item) -> bool:
    match item:
        case Gap(reason=reason) | ReadOutcome(outcome=reason):
            return reason in _PASSING
        # Of a document that several share, the failure may have been told of another of them.
        case Resource(facts=facts, tags=tags, evidence=evidence):
            return any(map(_may_pass, (*facts.values(), tags, *(one.tags for one in evidence.inherited), *evidence.unread)))
        case FactUpdate(facts=facts):
            return any(map(_may_pass, facts.values()))
        case _:
            return False


def _may_pass(one: object) -> bool:
    return isinstance(one, Unknown) and one.reason.value in _PASSING
