"""One scan of an estate at a time, on both databases, and no lock that outlives its process."""

from __future__ import annotations

import subprocess
import sys
import time

from tierwise.store.connect import Store, open_store
from tierwise.store.lock import alone

HOLD = """
import sys
from pathlib import Path
from tierwise.store.connect import open_store
from tierwise.store.lock import alone
with alone(open_store(sys.argv[1], Path("x"), create=True), "estate") as only:
    print(only, flush=True)
    sys.stdin.read()
"""


def free(store: Store) -> bool:
    with alone(store, "estate") as only:
        return only


def test_a_scope_is_one_processs_until_it_ends_in_whatever_way(where, path):
    store = open_store(where, path, create=True)
    with subprocess.Popen([sys.executable, "-c", HOLD, where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with alone(store, "estate") as only, alone(store, "another estate") as beside:
            assert (only, beside) == (False, True)
        other.kill()
        other.wait(10)
    # A server sees a little later than the system that the process is gone.
    until = time.monotonic() + 10
    while not free(store) and time.monotonic() < until:
        time.sleep(0.1)
    assert free(store)


def test_where_nothing_may_be_written_beside_the_store_nobody_is_kept_out(path, monkeypatch):
    store = open_store(str(path), path, create=True)

    def refused(*_args, **_more):
        raise PermissionError

    monkeypatch.setattr("tierwise.store.lock.FileLock.acquire", refused)
    with alone(store, "estate") as only:
        assert only
