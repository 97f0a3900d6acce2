"""Reads and writes `tierwise/inventory/1` (header, resources, changes of a plan, gaps as JSON Lines) and reads a scan's JSON."""

from __future__ import annotations

import io
import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, BinaryIO, Final, overload

import msgspec

from tierwise import __version__
from tierwise.beside import in_two
from tierwise.connectors.base import Item, Organisation, Unit
from tierwise.connectors.inventory.items import item_in, item_out
from tierwise.errors import InputError
from tierwise.model.change import Change
from tierwise.model.codec import INVENTORY_SCHEMA, SCAN_SCHEMA, earlier_in, facts_json, gap_in, region_in, resource_in
from tierwise.model.fact import Known, Maybe
from tierwise.model.resource import REGISTER, Gap, ReadOutcome, RegionStatus, Resource
from tierwise.shelf import Shelf, made_in_two

_LONGEST_HEADER: Final = 1 << 20
_TOGETHER: Final = 64
"""How many lines are read together."""


def lines(
    resources: Sequence[Resource],
    gaps: Iterable[Gap],
    outcomes: Iterable[ReadOutcome],
    regions: Iterable[RegionStatus],
    changes: Iterable[Change] = (),
    *,
    started: datetime,
    organisation: Maybe[frozenset[str]],
) -> Iterator[bytes]:
    """An inventory line by line, newline included; facts as collected, before derivation."""
    header: dict[str, Any] = {
        "schema": INVENTORY_SCHEMA,
        "tool": {"name": "tierwise", "version": __version__},
        "started": started.isoformat(),
    }
    if isinstance(organisation, Known):
        header["organisation"] = sorted(organisation.value)
    yield msgspec.json.encode(header) + b"\n"
    yield from in_two(resources, _written)
    yield from _written(chain[Item](changes, gaps, regions, outcomes))


def _written(items: Iterable[Item]) -> Iterator[bytes]:
    return (msgspec.json.encode(item_out(item, facts_json)) + b"\n" for item in items)


@dataclass(frozen=True, slots=True)
class InventorySource:
    """A saved inventory as a source; `started` is the time that it was taken."""

    path: Path
    started: datetime
    items: Sequence[Item]

    @property
    def name(self) -> str:
        """`inventory:<file name>`."""
        return f"inventory:{self.path.name}"

    def survey(self) -> Iterable[Unit]:
        """One unit with everything."""
        return [Unit("", "", "inventory", lambda: self.items, provider="file", there=True)]


def open_inventory(path: Path) -> InventorySource:
    """Read a file line by line, or whole where it is a scan's JSON; InputError says what is wrong, in which line, and how such a file is made."""
    try:
        with path.open("rb") as file:
            return _source(path, file)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from None


def inventory_of(path: Path, raw: bytes) -> InventorySource:
    """The same of a text that is already read; the path stands in messages."""
    return _source(path, io.BytesIO(raw))


def _source(path: Path, file: BinaryIO) -> InventorySource:
    first = file.readline(_LONGEST_HEADER)
    if not first.strip():
        raw = first + file.read()
        if not raw.strip():
            raise InputError(f"{path}: the file is empty; write one with 'tierwise scan aws --save-inventory FILE'")
        return _source(path, io.BytesIO(raw.lstrip()))
    try:
        header = msgspec.json.decode(first)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        header = None
    if isinstance(header, dict) and header.get("schema") == INVENTORY_SCHEMA:
        return _from_lines(path, file, header)
    return _from_scan(path, first + file.read())


def _from_lines(path: Path, lines: Iterable[bytes], header: Mapping[str, Any]) -> InventorySource:
    items: Shelf[Item]
    if isinstance(lines, io.BufferedReader) and lines.seekable():
        items = made_in_two(_Lines(lines), lambda some: _items(path, some))
    else:
        # What comes through a pipe cannot be read by two processes.
        items = Shelf(_items(path, enumerate(lines, 2)))
    if "organisation" in header:
        items.add(Organisation(Known(frozenset(str(one) for one in header["organisation"]))))
    return InventorySource(path, _time(path, header.get("started")), items)


def _items(path: Path, lines: Iterable[tuple[int, bytes]]) -> Iterator[Item]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            yield item_in(msgspec.json.decode(line))
        except (msgspec.DecodeError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(
                f"{path}:{number}: not a line of {INVENTORY_SCHEMA}: {_reason(error)}; the file may be cut short, save it again"
            ) from None


class _Lines(Sequence[tuple[int, bytes]]):
    """The lines of a file from where it stands, which is behind the first one, with their numbers; read when they are looked at, by whichever process."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._starts = array("Q", accumulate(map(len, file), initial=file.tell()))
        self._span = range(len(self._starts) - 1)

    def __len__(self) -> int:
        return len(self._span)

    @overload
    def __getitem__(self, at: int) -> tuple[int, bytes]: ...

    @overload
    def __getitem__(self, at: slice) -> _Lines: ...

    def __getitem__(self, at: int | slice) -> tuple[int, bytes] | _Lines:
        if isinstance(at, slice):
            some = copy(self)
            some._span = self._span[at]
            return some
        return next(iter(self[at : at + 1]))

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        for first in range(0, len(self._span), _TOGETHER):
            places = self._span[first : first + _TOGETHER]
            start = self._starts[places[0]]
            # By its place, since a copy of this process has the same file open.
            text = os.pread(self._file.fileno(), self._starts[places[-1] + 1] - start, start)
            for place in places:
                yield place + 2, text[self._starts[place] - start : self._starts[place + 1] - start]


def _from_scan(path: Path, raw: bytes) -> InventorySource:
    hint = "expected a file that 'tierwise scan ... --save-inventory FILE' or '--format json=FILE' wrote"
    try:
        data = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise InputError(f"{path}: not an inventory: {_reason(error)}; {hint}") from None
    if not isinstance(data, dict) or data.get("schema") != SCAN_SCHEMA:
        raise InputError(f"{path}: not an inventory: no schema {INVENTORY_SCHEMA!r} or {SCAN_SCHEMA!r}; {hint}")
    items: list[Item] = []
    for key, read in (("resources", resource_in), ("earlier", earlier_in)):
        for index, one in enumerate(data.get(key) or ()):
            try:
                item = read(one)
            except (ValueError, TypeError, KeyError) as error:
                raise InputError(
                    f"{path}: {key}[{index}] cannot be used: {_reason(error)}; was it written with --audience public?"
                ) from None
            # Datasets are made anew from the register and the attestations in force now.
            if not (isinstance(item, Resource) and item.provider == REGISTER):
                items.append(item)
    items.extend(gap_in(one) for one in data.get("gaps") or ())
    items.extend(region_in(one) for one in data.get("regions") or ())
    return InventorySource(path, _time(path, (data.get("run") or {}).get("started")), tuple(items))


def _reason(error: Exception) -> str:
    return f"missing {error}" if isinstance(error, KeyError) else "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _time(path: Path, text: object) -> datetime:
    """The time in UTC, by which days are counted."""
    try:
        found = datetime.fromisoformat(str(text))
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(f"{path}: the header's 'started' is not a time: {text!r}") from None
    raise InputError(f"{path}: the header's 'started' has no time zone: {text!r}")
