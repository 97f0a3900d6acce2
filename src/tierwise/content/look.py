"""A look into one store: keys are listed, some objects read in part, their columns examined, and only counts kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from tierwise.classify.content import Column, examine, masked
from tierwise.classify.withheld import Distinct
from tierwise.content.blob import Bounds, Reason, UnreadableError
from tierwise.content.budget import Budget, Purse
from tierwise.content.choose import Chosen, Entry, Level, choose
from tierwise.content.read import Unread, read
from tierwise.content.table import Reading, Table
from tierwise.model.content import IN_KEYS, Depth, Found, Look, Sampled
from tierwise.model.detection import Detection

_SHARED_BY_FEW: Final = 20
"""First parts of keys are shown where a store has so few of them; where it has many they may be people."""
_DIGITS: Final = re.compile(r"\d+")
_BOUNDS: Final = Bounds()


class Objects(Protocol):
    """A store of objects. Both calls raise UnreadableError where they fail."""

    def level(self, prefix: str, after: str) -> Level:
        """One page of what lies directly below a prefix."""
        ...

    def fetch(self, entry: Entry, start: int, length: int) -> bytes:
        """A range of an object that is still what the listing said."""
        ...


class Items(Protocol):
    """A table without a schema."""

    def pages(self, count: int) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of items from different parts of the table, about `count` in all; UnreadableError where one fails."""
        ...


@dataclass(slots=True)
class Looker:
    """How a run looks: how deeply, and from which budget."""

    depth: Depth
    budget: Budget
    bounds: Bounds = _BOUNDS

    def into_objects(self, resource: str, store: Objects) -> Look:
        """Look into a store of objects."""
        tally = _Tally(Purse(self.budget))
        try:
            chosen = choose(lambda prefix, after: _listed(tally, store, prefix, after), self.budget.limits)
        except UnreadableError as error:
            tally.unread["keys", error.reason] += 1
            return tally.look(resource, self.depth)
        tally.listed = len(chosen.keys)
        tally.add(examine([Column(None, chosen.keys)]), IN_KEYS)
        if self.depth is Depth.CONTENT:
            for entry in chosen.entries:
                self._object(tally, store, entry, chosen)
        return tally.look(resource, self.depth)

    def _object(self, tally: _Tally, store: Objects, entry: Entry, chosen: Chosen) -> None:
        if entry.archived:
            tally.unread["object", Reason.ARCHIVED] += 1
            return
        place = _place(entry, chosen)
        for one in read(_Remote(store, entry, tally.purse), entry.key, self.bounds):
            if isinstance(one, Unread):
                tally.unread[one.format, one.reason] += 1
            else:
                tally.take(one, f"{one.format} objects{place}")
        tally.objects += 1

    def into_items(self, resource: str, table: Items) -> Look:
        """Look into a table of items; its keys cannot be listed without them."""
        tally = _Tally(Purse(self.budget))
        gathered = Table(replace(self.bounds, rows=self.budget.limits.items * 2))
        try:
            if self.depth is Depth.CONTENT:
                for page in table.pages(self.budget.limits.items):
                    tally.purse.spend(0)
                    tally.objects += 1
                    for item in page:
                        tally.purse.bytes += _put(gathered, item)
        except UnreadableError as error:
            tally.unread["items", error.reason] += 1
        if gathered.rows:
            tally.take(gathered.reading("items"), "items")
        return tally.look(resource, self.depth)


def _listed(tally: _Tally, store: Objects, prefix: str, after: str) -> Level:
    tally.purse.spend(0)
    return store.level(prefix, after)


@dataclass(frozen=True, slots=True)
class _Remote:
    """An object of a store as a blob whose ranges are paid for."""

    store: Objects
    entry: Entry
    purse: Purse

    @property
    def size(self) -> int:
        return self.entry.size

    def read(self, start: int, length: int) -> bytes:
        length = min(length, self.entry.size - start)
        if length <= 0:
            return b""
        self.purse.spend(length)
        return self.store.fetch(self.entry, start, length)


def _put(table: Table, item: Mapping[str, Any]) -> int:
    """Add an item's values by the names of their attributes, nested ones by their own; the characters that it has."""
    table.rows += 1
    waiting: list[tuple[str | None, Any]] = list(item.items())
    length = 0
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.items()
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += [(name, one) for one in value]
        elif value is not None and not isinstance(value, bool):
            table.put(name, value)
            length += len(str(name)) + len(str(value))
    return length


def _place(entry: Entry, chosen: Chosen) -> str:
    """The first part of the key, without digits, where many objects share it and it is no identifier."""
    top, slash, _ = entry.key.partition("/")
    if not slash or chosen.tops > _SHARED_BY_FEW:
        return ""
    return f" under {masked(_DIGITS.sub('#', masked(top)))!r}"


@dataclass(slots=True)
class _Tally:
    """What a look has found and taken so far."""

    purse: Purse
    listed: int = 0
    objects: int = 0
    read: Counter[str] = field(default_factory=Counter)
    unread: Counter[tuple[str, Reason]] = field(default_factory=Counter)
    found: dict[tuple[str, str, str | None], Found] = field(default_factory=dict)
    rows: int = 0
    signs: int = 0
    people: dict[str, Distinct] = field(default_factory=dict)

    def take(self, reading: Reading, place: str) -> None:
        """Examine what was read, and forget it."""
        self.read[reading.format] += 1
        named = [column.values for column in reading.columns if column.name is not None]
        self.rows += max(map(len, named), default=0)
        self.signs += sum(len(value) + 1 for values in named for value in values)
        self.add(examine(reading.columns, people=self.people), place)

    def add(self, detections: Iterable[Detection], place: str) -> None:
        """Add what was found in one object to what was found in others."""
        for one in detections:
            key = (place, one.detector, one.column)
            known = self.found.get(key)
            self.found[key] = Found(one, place) if known is None else _together(known, one)

    def look(self, resource: str, depth: Depth) -> Look:
        """The outcome."""
        denied = bool(self.unread) and not self.read and all(reason is Reason.DENIED for _, reason in self.unread)
        what = (
            "keys"
            if any(kind == "keys" for kind, _ in self.unread)
            else "items"
            if any(kind == "items" for kind, _ in self.unread)
            else "content"
        )
        return Look(
            resource, depth, listed=self.listed, objects=self.objects, bytes=self.purse.bytes, requests=self.purse.requests,
            read=dict(sorted(self.read.items())),
            unread={f"{kind}: {reason.value}": number for (kind, reason), number in sorted(self.unread.items())},
            found=tuple(one for _, one in sorted(self.found.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or ""))),
            sampled=Sampled(self.rows, self.signs, tuple((name, seen.count) for name, seen in sorted(self.people.items()))),
            blocked=what if denied else "",
        )  # fmt: skip


def _together(found: Found, other: Detection) -> Found:
    """What several objects of a place hold: the sums, and the surest of them."""
    one = found.detection
    sure = one if one.confidence >= other.confidence else other
    hits, checked, synthetic = one.hits + other.hits, one.checked + other.checked, one.synthetic + other.synthetic
    summed = replace(sure, hits=hits, checked=checked, synthetic=synthetic, distinct=max(one.distinct, other.distinct))
    return Found(summed, found.place, found.objects + 1)
