"""Runs tasks on a `dask.distributed` cluster: processes on this machine, or workers of a scheduler elsewhere.

The scheduler gives a task whose worker was lost to another one; what a task yields is the same wherever it is run, and however often.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tierwise import __version__
from tierwise.connectors.aws.connect import opened_again
from tierwise.connectors.aws.session import Access
from tierwise.connectors.aws.source import AwsAccount
from tierwise.connectors.aws.task import Elsewhere, Ran, Reach, Task
from tierwise.connectors.aws.worker import Worker
from tierwise.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client

Enter: TypeAlias = Callable[[Reach, Access], AwsAccount]
WAIT: Final = 15
"""Seconds to wait for the scheduler, and for its first worker."""
Told: TypeAlias = tuple[tuple[str, object], ...]
"""How accounts are reached, as it goes to a worker: the values of `Access` that are no state of one process."""
_SETTINGS: Final = {
    "logging.distributed": "critical",
    "distributed.comm.timeouts.connect": f"{WAIT}s",
    "distributed.scheduler.allowed-failures": 3,
    # It would look at every thread a hundred times a second, and keep what it saw of each of the last thousand seconds.
    "distributed.worker.profile.enabled": False,
    # Of each connection the last thousand messages, which hold tasks and what they yielded, would be kept for those who develop dask.
    "distributed.admin.low-level-log-length": 0,
}
_WORKERS: dict[Told, Worker] = {}
_LOCK: Final = threading.Lock()


class WorkerLostError(RuntimeError):
    """A task at which several workers were lost, one after the other."""


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

    The ceiling is shared out among the workers that are there when the scan begins, so that together they keep to it.
    """
    try:
        import dask
        from distributed import KilledWorker
    except ModuleNotFoundError:
        raise UsageError("dask.distributed is not installed: pip install 'tierwise[dask]'") from None
    with dask.config.set(_SETTINGS), _client(cluster) as client:
        share = _told(replace(access, ceiling=access.ceiling / _checked(client, cluster)))

        def run(task: Task) -> Ran:
            try:
                found: Ran = client.submit(_run, task, share, enter, pure=False).result()
            except KilledWorker:
                where = f"{task.service} of account {task.reach.account}{f' in {task.region}' if task.region else ''}"
                raise WorkerLostError(f"several workers were lost one after the other at {where}; give them more memory") from None
            return found

        yield run


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


def _checked(client: Any, cluster: Cluster) -> int:
    """How many workers there are; UsageError where there is none, or one that is no worker for this scan."""
    where = cluster.scheduler or "this machine"

    def version() -> str:
        """Run by a worker, to which it goes whole, since one that has no tierwise could not look it up: empty where there is none."""
        try:
            from tierwise import __version__ as own
        except ImportError:
            return ""
        return own

    try:
        client.wait_for_workers(1, timeout=WAIT)
    except TimeoutError:
        raise UsageError(f"the scheduler at {where} has no worker\nstart some: dask worker {where}") from None
    found: dict[str, str] = client.run(version)
    for worker, its in found.items():
        if its != __version__:
            has = f"tierwise {its}" if its else "no tierwise"
            raise UsageError(
                f"worker {worker} has {has}, and this is {__version__}\ninstall the same on all of them: pip install tierwise=={__version__}"
            )
    return len(found)


def _told(access: Access) -> Told:
    return tuple((one.name, getattr(access, one.name)) for one in fields(access) if one.default_factory is MISSING)


def _run(task: Task, told: Told, enter: Enter) -> Ran:
    with _LOCK:
        worker = _WORKERS.get(told)
        if worker is None:
            worker = _WORKERS[told] = Worker(Access(**dict(told)), enter=enter)  # type: ignore[arg-type]  # made of the same fields
    return worker.run(task)
