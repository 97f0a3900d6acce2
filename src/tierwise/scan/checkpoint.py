"""Goes on from what an earlier process has read: what units yielded is kept as they end, and taken from there instead of run again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
_FAILED: Final = "failed/"
"""Before the name of a unit of which something failed that may succeed when it is tried again, and in how many processes it has."""
_UNREAD: Final = "unread/"
_TRIED: Final = "tried/"
"""Before the name of a unit: a line for each process that was over before it was read."""
TRIES: Final = 2
"""Processes after which what came of a unit stays as it is, and what none of them came to an end with is not begun again."""
_AGAIN: Final = f"{_TRIED}again"
"""The same for processes that were over before any of what an earlier one had listed was listed again and read."""
PART: Final = 512
"""Resources that are listed again together at first."""
_LESS: Final = 3
"""For each process to which they were too many, an eighth of them: one to which one is too many was too short for stage 1."""
LEAST: Final = 20.0
"""Seconds that a process must have had for it to count as one in which a unit failed or did not fit."""
_PASSING: Final = frozenset({UnknownReason.THROTTLED.value, UnknownReason.API_ERROR.value})
"""What may succeed when it is tried again; who goes on with a scan tries it, after all else."""


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
    listing_again: bool = False
    """Whether this process has begun to list again what an earlier one has listed."""
    progress: bool = False
    """Whether this process has kept anything."""
    broken: bool = False
    """Whether the store could not take something: nothing that came after is kept."""
    failed: set[str] = field(default_factory=set)
    """The resources of which an earlier process tried to read more, and something failed that may succeed now."""
    _failed: list[KeptUnit] = field(default_factory=list)
    """What this process tried, and something of it failed for now."""
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
        unit, own = self.earlier.pop(name), _without_tries(name)
        self.above[own] = above
        for item in _items(unit):
            if isinstance(item, Resource):
                self.restored[item.id] = own
            yield item
        for below in unit.below:
            yield from self.restore(below, own)

    @staticmethod
    def name_of(asked: Mapping[str, frozenset[str]]) -> str:
        """Under which name what is asked for in stage 2 is kept."""
        return _DETAILS + _digest_of({key: digest(names) for key, names in asked.items()})

    def kept_as(self, name: str) -> str:
        """The name under which an earlier process has kept what came of a unit, by now for good; empty where it has to run."""
        return next((one for one in (name, f"{_FAILED}{TRIES}/{name}") if one in self.earlier), "")

    def answered(self, asks: Mapping[str, frozenset[str]]) -> tuple[list[Item], dict[str, frozenset[str]]]:
        """What an earlier process read of what is asked for in stage 2, and what is left to ask."""
        items: list[Item] = []
        left = dict(asks)
        for name, unit in list(self.earlier.items()):
            if name.startswith(_FAILED) and not name.startswith(f"{_FAILED}{TRIES}/"):
                self.failed |= unit.asked.keys()
                continue
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
        digests = {key: digest(names) for key, names in asked.items()}
        # ASCII: half a surrogate pair, which a name may hold, is written as an escape.
        lines = b"".join(json.dumps(item_out(item), separators=(",", ":")).encode() + b"\n" for item in items)
        unit = KeptUnit(name, lines, digests, tuple(below))
        if any(_passes(item) for item in items):
            self._failed.append(unit)
            return False
        self._add(unit)
        return True

    def keep_unread(self, asks: Mapping[str, frozenset[str]]) -> None:
        """Keep that no source has a read for what is asked for, so that nobody lists it again to find out."""
        if asks:
            asked = {key: digest(names) for key, names in asks.items()}
            self._add(KeptUnit(_UNREAD + _digest_of(asked), b"", asked))

    def takes_too_long(self, name: str) -> bool:
        """Whether a unit was begun by several processes that were over before anything was read: the next would fare as they did."""
        return self._tries(_TRIED + name) >= TRIES

    @property
    def part(self) -> int:
        """How many resources are listed again together at first, so that something comes of it however short a process is."""
        return max(1, PART >> _LESS * self._tries(_AGAIN))

    def _tries(self, name: str) -> int:
        tried = self.earlier.get(name)
        return len(lines_of(tried)) if tried is not None else 0

    def interrupted(self, *, counts: bool = True) -> None:
        """Write what is pending, and how far the rest came, so that a scan in legs comes to an end.

        What failed for now the next process tries again after all else, and what failed in several that had time it takes as it is. Of what was being read,
        where this process had time and nothing came of it, several such processes are told as too short. One that someone has to mend something for `counts` as none.
        """
        counts = counts and self.clock() - self._began >= LEAST
        for unit in self._failed:
            times = next((n for n in range(TRIES, 0, -1) if f"{_FAILED}{n}/{unit.name}" in self.earlier), 0)
            self._pending.append(replace(unit, name=f"{_FAILED}{min(TRIES, times + counts)}/{unit.name}"))
        if not self.progress and counts:
            holders = {self.above.get(name, "") for name in self.reading}
            tried = [_TRIED + name for name, one in self.reading.items() if one.started and name not in holders]
            for name in (*tried, *([_AGAIN] if self.listing_again else ())):
                self._pending.append(KeptUnit(name, b"\n" * (1 + self._tries(name))))
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


def _without_tries(name: str) -> str:
    return name.split("/", 2)[2] if name.startswith(_FAILED) else name


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
