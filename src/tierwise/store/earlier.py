"""What a scan leaves for the next one of the same scope, which takes over what has not changed; of each scope the last scan's is kept."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from tierwise.store.connect import Store
from tierwise.store.stage import plain
from tierwise.store.tables import EARLIER, EARLIER_UNITS

KEPT_DAYS: Final = 90
"""How long it is kept: no history of changes goes further back."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a scan has left for the next."""

    run: str
    started: str
    version: str
    """Of tierwise: what another version has read may have been read otherwise."""


def scope_key(scope: Mapping[str, Any]) -> str:
    """What tells one scope from another."""
    return hashlib.sha256(json.dumps(scope, sort_keys=True).encode()).hexdigest()[:32]


def leave(store: Store, key: str, left: Left, units: Iterator[tuple[str, Sequence[Mapping[str, Any]]]]) -> None:
    """Keep what a scan has read, in place of what an earlier one of the scope has left: by unit, one object for each resource."""
    with store.writing() as connection:
        connection.execute(delete(EARLIER).where(EARLIER.c.scope == key))
        row = {"scope": key, "run": left.run, "started": left.started, "version": left.version}
        connection.execute(insert(EARLIER), row)
        for name, entries in units:
            packed = zlib.compress(json.dumps(list(entries), separators=(",", ":")).encode(), 3)
            connection.execute(insert(EARLIER_UNITS), {"scope": key, "name": plain(name), "items": packed})


def left_by(connection: Connection, key: str) -> Left | None:
    """What the last scan of a scope has left."""
    row = connection.execute(select(EARLIER).where(EARLIER.c.scope == key)).one_or_none()
    return Left(row.run, row.started, row.version) if row is not None else None


def unit(store: Store, key: str, run: str, name: str) -> list[Any]:
    """What that run has left of a unit; nothing where another has taken its place meanwhile."""
    of = (EARLIER.c.scope == key, EARLIER.c.run == run, EARLIER_UNITS.c.name == plain(name))
    with store.reading() as connection:
        packed = connection.execute(
            select(EARLIER_UNITS.c["items"]).join(EARLIER, EARLIER.c.scope == EARLIER_UNITS.c.scope).where(*of)
        ).scalar()
    found: list[Any] = json.loads(zlib.decompress(packed)) if packed is not None else []
    return found


def drop_old(connection: Connection, today: date, *, dry: bool = False) -> int:
    """Drop what is too old for any history; how much of it there was."""
    old = EARLIER.c.started < date.fromordinal(max(1, today.toordinal() - KEPT_DAYS)).isoformat()
    if dry:
        return int(connection.execute(select(func.count()).select_from(EARLIER).where(old)).scalar_one())
    return connection.execute(delete(EARLIER).where(old)).rowcount
