"""Reads and writes `tierwise/inventory/1` (header, resources, changes of a plan, gaps as JSON Lines) and reads a scan's JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec

from tierwise import __version__
from tierwise.connectors.base import Item, Organisation, Unit
from tierwise.connectors.inventory.items import item_in, item_out
from tierwise.errors import InputError
from tierwise.model.change import Change
from tierwise.model.codec import INVENTORY_SCHEMA, SCAN_SCHEMA, earlier_in, gap_in, region_in, resource_in
from tierwise.model.fact import Known, Maybe
from tierwise.model.resource import REGISTER, Gap, ReadOutcome, RegionStatus, Resource

MOST_BYTES: Final = 4 << 30


def lines(
    resources: Iterable[Resource],
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
    items: Iterable[Item] = chain[Item](resources, changes, gaps, regions, outcomes)
    for item in items:
        yield msgspec.json.encode(item_out(item)) + b"\n"


@dataclass(frozen=True, slots=True)
class InventorySource:
    """A saved inventory as a source; `started` is the time that it was taken."""

    path: Path
    started: datetime
    items: tuple[Item, ...]

    @property
    def name(self) -> str:
        """`inventory:<file name>`."""
        return f"inventory:{self.path.name}"

    def survey(self) -> Iterable[Unit]:
        """One unit with everything."""
        return [Unit("", "", "inventory", lambda: self.items, provider="file")]

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:  # noqa: ARG002 - a file has nothing more to give
        """Nothing: a saved inventory is read whole."""
        return ()


def open_inventory(path: Path) -> InventorySource:
    """Read a file whole; InputError says what is wrong, in which line, and how such a file is made."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from None
    return inventory_of(path, raw)


def inventory_of(path: Path, raw: bytes) -> InventorySource:
    """The same of a text that is already read; the path stands in messages."""
    if not raw.strip():
        raise InputError(f"{path}: the file is empty; write one with 'tierwise scan aws --save-inventory FILE'")
    first = raw.lstrip()[:4096].split(b"\n", 1)[0]
    try:
        header = msgspec.json.decode(first)
    except msgspec.DecodeError:
        return _from_scan(path, raw)
    if isinstance(header, dict) and header.get("schema") == INVENTORY_SCHEMA:
        return _from_lines(path, raw, header)
    return _from_scan(path, raw)


def _from_lines(path: Path, raw: bytes, header: Mapping[str, Any]) -> InventorySource:
    items: list[Item] = []
    for number, line in enumerate(raw.splitlines(), 1):
        if number == 1 or not line.strip():
            continue
        try:
            items.append(item_in(msgspec.json.decode(line)))
        except (msgspec.DecodeError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(
                f"{path}:{number}: not a line of {INVENTORY_SCHEMA}: {_reason(error)}; the file may be cut short, save it again"
            ) from None
    if "organisation" in header:
        items.append(Organisation(Known(frozenset(str(one) for one in header["organisation"]))))
    return InventorySource(path, _time(path, header.get("started")), tuple(items))


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
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise InputError(f"{path}: the header's 'started' is not a time: {text!r}") from None
    if found.tzinfo is None:
        raise InputError(f"{path}: the header's 'started' has no time zone: {text!r}")
    return found
