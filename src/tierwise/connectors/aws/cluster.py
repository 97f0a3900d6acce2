"""Begins a `dask.distributed` cluster, processes on this machine, or joins that of a scheduler elsewhere; `fleet` has what is sent there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors.aws.build import build, unlike
from tierwise.connectors.aws.connect import opened_again
from tierwise.connectors.aws.fleet import Enter, Fleet, its_build, told
from tierwise.connectors.aws.session import Access
from tierwise.connectors.aws.task import Elsewhere
from tierwise.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client

WAIT: Final = 15
"""Seconds to wait for the scheduler, and for its first worker."""
_SETTINGS: Final = {
    "logging.distributed": "critical",
    "distributed.comm.timeouts.connect": f"{WAIT}s",
    "distributed.scheduler.allowed-failures": 3,
    # It would look at every thread a hundred times a second, and keep what it saw of each of the last thousand seconds.
    "distributed.worker.profile.enabled": False,
    # Of each connection the last thousand messages, which hold tasks and what they yielded, would be kept for those who develop dask.
    "distributed.admin.low-level-log-length": 0,
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which workers run the tasks of a scan."""

    scheduler: str = ""
    """`tcp://host:port` or `tls://host:port`; empty: processes that are begun on this machine, and end with the scan."""
    processes: int = 2
    threads: int = 24
    """Of all processes on this machine together."""


@contextmanager
def workers(cluster: Cluster, access: Access, enter: Enter = opened_again) -> Iterator[Elsewhere]:
    """What runs tasks on the cluster while the context lasts. UsageError where it cannot: no scheduler, no worker, another version.

    The ceiling is shared out among the workers that are there when the scan begins, and no more than so many read at once, so that together they keep to it.
    """
    try:
        import dask
        import distributed  # noqa: F401 - whether it is there is asked before anything is begun
    except ModuleNotFoundError:
        raise UsageError("dask.distributed is not installed: pip install 'tierwise[dask]'") from None
    with dask.config.set(_SETTINGS), _client(cluster) as client:
        found = _checked(client, cluster)
        share = told(replace(access, ceiling=access.ceiling / len(found)))
        yield Fleet(client, share, enter, WAIT, found if cluster.scheduler else ())


ANY_PORT: Final = {"dashboard_address": "127.0.0.1:0"}
"""Where a scheduler of its own has its HTTP server, which it starts without a dashboard too: at port 8787, which another has, it would complain."""


@contextmanager
def _client(cluster: Cluster) -> Iterator[Client]:
    from distributed import Client, LocalCluster

    if not cluster.scheduler:
        each = max(1, cluster.threads // cluster.processes)
        # Encrypted, by a key that is made for this scan: another user of the machine must not be able to send tasks.
        with (
            LocalCluster(
                n_workers=cluster.processes, threads_per_worker=each, dashboard_address=None, scheduler_kwargs=dict(ANY_PORT), security=True
            ) as own,
            Client(own) as client,
        ):
            yield client
        return
    try:
        client = Client(cluster.scheduler, timeout=WAIT)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"no scheduler answers at {cluster.scheduler}: {type(error).__name__}\nstart one: dask scheduler; and workers: dask worker {cluster.scheduler}"
        ) from None
    with client:
        yield client


def _checked(client: Any, cluster: Cluster) -> tuple[str, ...]:
    """The workers that are there; UsageError where there is none, or one that is no worker for this scan."""
    where = cluster.scheduler or "this machine"
    try:
        client.wait_for_workers(1, timeout=WAIT)
    except TimeoutError:
        raise UsageError(f"the scheduler at {where} has no worker\nstart some: dask worker {where}") from None
    found: dict[str, str] = client.run(its_build())
    for worker, its in found.items():
        if its != build():
            raise UsageError(unlike(worker, its, build()))
    return tuple(found)
