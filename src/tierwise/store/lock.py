"""One scan of the same estate at a time: a lock in the store, of which the system lets go however the process ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import text

from tierwise.store.connect import Store, told

_CLASS: Final = 0x71E2_0002
"""The class of our advisory locks in PostgreSQL; any number that no one else uses."""


@contextmanager
def alone(store: Store, scope: str) -> Iterator[bool]:
    """Whether no other process scans the scope into the store; held while the context lasts.

    SQLite: a lock on a file beside the store, so of processes of one machine. PostgreSQL: an advisory lock of a session of its own, so of all machines.
    A store that cannot be locked, since nothing may be written beside it, is one that nobody can scan into: writing to it says so.
    """
    digest = hashlib.sha256(scope.encode("utf-8", "replace")).digest()
    if store.path is None:
        with told(store.where), store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            key = int.from_bytes(digest[:4], signed=True)
            yield bool(session.execute(text("SELECT pg_try_advisory_lock(:class, :key)"), {"class": _CLASS, "key": key}).scalar_one())
        return
    lock = FileLock(f"{store.path}.{digest.hex()[:12]}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError:
        yield True
        return
    try:
        yield True
    finally:
        lock.release()
