"""Sends tasks to the workers of a `dask.distributed` cluster, and takes what they yield; each says first which code it runs.

The scheduler gives a task whose worker was lost to another one; what a task yields is the same wherever it is run, and however often.
Workers come and go while a scan runs. One that runs other code than this process refuses each task, which is then run by one that does not.
"""

from __future__ import annotations

import pickle
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Final, TypeAlias

from tierwise.connectors.aws.build import build, unlike
from tierwise.connectors.aws.collectors import collectors
from tierwise.connectors.aws.credentials import explained
from tierwise.connectors.aws.session import Access
from tierwise.connectors.aws.source import AwsAccount
from tierwise.connectors.aws.task import Ran, Reach, Task
from tierwise.connectors.aws.worker import Worker
from tierwise.errors import CredentialsError, ScannerError, UsageError
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Gap, Kind

if TYPE_CHECKING:
    from distributed import Client

Enter: TypeAlias = Callable[[Reach, Access], AwsAccount]
Told: TypeAlias = tuple[tuple[str, object], ...]
"""How accounts are reached, as it goes to a worker: the values of `Access` that are no state of one process."""
Came: TypeAlias = tuple[str, str, Ran | None]
"""What comes back of a task: the worker's address, its build, and what it read; None where that build is not the one that was asked for."""
_AGAIN: Final = 0.25
"""Seconds before it is looked again whether there is a worker for a task."""
_MOST_SCANS: Final = 4
"""Scans of which a worker keeps what it has open; it outlives them."""
_WORKERS: OrderedDict[str, Worker] = OrderedDict()
"""By scan: the next one signs in anew, with credentials that may have been renewed."""
_LOCK: Final = threading.Lock()


class WorkerLostError(RuntimeError):
    """A task at which several workers were lost, one after the other."""


@dataclass(slots=True)
class Fleet:
    """The workers of one scan, whoever they are at the time; tasks may be sent from several threads."""

    client: Client
    told: Told
    enter: Enter
    patience: float
    """Seconds to wait for a worker that runs the same code, where only others are there."""
    sharing: tuple[str, ...] = ()
    """The workers among which the ceiling was shared out: of those that join later one reads in the place of one that has gone. None where none can join."""
    _reading: tuple[str, ...] = field(init=False)
    """Those that read now, where others may join."""
    _scan: str = field(default_factory=lambda: uuid.uuid4().hex)
    _others: dict[str, str] = field(default_factory=dict)
    """The build of each worker that runs other code, by address."""
    _lapsed: dict[str, str] = field(default_factory=dict)
    """Why a worker's own credentials no longer hold, as it said last, by address."""
    _stopped: ScannerError | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Begin with those that are there."""
        self._reading = self.sharing

    @property
    def stopped(self) -> ScannerError | None:
        """Why no worker is left that can read, or one whose credentials have ended did not; None where all could."""
        with self._lock:
            address, code = next(iter(self._lapsed.items()), ("", ""))
        return self._stopped or (CredentialsError(f"worker {address}: {explained(code)}") if code else None)

    def __call__(self, task: Task) -> Ran:
        """What a worker that runs this code reads; where none is left, a gap, which holds until there is one."""
        packed, until = pickle.dumps((self._scan, task, self.told, self.enter)), 0.0
        while self._stopped is None:
            workers = self._right()
            if workers is None or workers:
                came = self.sent(task, packed, workers)
                if came is not None and (ran := self._taken(*came)) is not None:
                    return ran
                continue
            # One that was lost may be begun again in a moment.
            until = until or time.monotonic() + self.patience
            if time.monotonic() >= until:
                self._stop()
            time.sleep(_AGAIN)
        return Ran((_unread(task, str(self._stopped)),))

    def _right(self) -> list[str] | None:
        """The workers that may run this code, none of which may be there; None for all, as long as no other can have come up, or none is there to choose from."""
        if not self._others and not self.sharing:
            return None
        there = [one for one in self.client.nthreads() if one not in self._others]
        if not self.sharing:
            return there
        if not there and not self._others:
            return None
        with self._lock:
            still = [one for one in self._reading if one in there]
            self._reading = (*still, *(one for one in there if one not in still))[: len(self.sharing)]
            return list(self._reading)

    def sent(self, task: Task, packed: bytes, workers: list[str] | None) -> Came | None:
        """What comes of a task; None where it waited for workers that are gone, and no other may have it."""
        from distributed import KilledWorker, wait

        future = self.client.submit(_there(), packed, build(), workers=workers, pure=False)
        try:
            while workers is not None:
                try:
                    wait(future, timeout=self.patience)
                    break
                except TimeoutError:
                    if not {*workers} & {*self.client.nthreads()}:
                        future.cancel()
                        return None
            came: Came = future.result()
        except KilledWorker:
            where = f"{task.service} of account {task.reach.account}{f' in {task.region}' if task.region else ''}"
            raise WorkerLostError(f"several workers were lost one after the other at {where}; give them more memory") from None
        return came

    def _taken(self, address: str, its: str, ran: Ran | None) -> Ran | None:
        with self._lock:
            if ran is None:
                self._others[address] = its
            else:
                self._others.pop(address, None)
                self._lapsed.pop(address, None)
                if ran.lapsed:
                    self._lapsed[address] = ran.lapsed
        return ran

    def _stop(self) -> None:
        with self._lock:
            address, its = next(iter(self._others.items()))
            self._stopped = UsageError(f"no worker is left that runs this code: {unlike(address, its, build())}")


def _unread(task: Task, why: str) -> Gap:
    """The gap of a task that nobody runs; of one that lists it is what it could have listed."""
    reads = () if task.asked else collectors()[task.collector].reads
    kinds = frozenset[Kind]().union(*(read.kinds for read in reads))
    return Gap("aws", task.reach.account, task.region, task.service, UnknownReason.API_ERROR.value, "", why, kinds)


def told(access: Access) -> Told:
    """How accounts are reached, as workers are told it."""
    return tuple((one.name, getattr(access, one.name)) for one in fields(access) if one.default_factory is MISSING)


def its_build() -> Callable[[], str]:
    """What a worker is asked for its build by; it goes there whole, since one that runs other code, or has none, could not look it up."""

    def asked() -> str:
        """The build; the version alone where it knows of no builds, nothing where there is none."""
        try:
            from tierwise.connectors.aws.build import build as own
        except ImportError:
            try:
                from tierwise import __version__ as version
            except ImportError:
                return ""
            return version
        return own()

    return asked


def _there() -> Callable[[bytes, str], Came]:
    """What runs a task at a worker; it goes there whole too, and unpacks nothing before it knows that the code is the same."""
    asked = its_build()

    def run(packed: bytes, wanted: str) -> Came:
        from distributed import get_worker

        address, its = get_worker().address, asked()
        if its != wanted:
            return address, its, None
        from tierwise.connectors.aws.fleet import perform

        return address, its, perform(packed)

    return run


def perform(packed: bytes) -> Ran:
    """Run a task in this process, whose code is that of the process that packed it."""
    scan, task, access, enter = pickle.loads(packed)  # noqa: S301 - made by `Fleet` in a process of the same scan, as all that dask sends is
    with _LOCK:
        worker = _WORKERS.get(scan)
        if worker is None:
            worker = _WORKERS[scan] = Worker(Access(**dict(access)), enter=enter)
            while len(_WORKERS) > _MOST_SCANS:
                _WORKERS.popitem(last=False)
    return worker.run(task)
