"""Two processors for what is done alike to very many resources; knows nothing of resources."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Final, Generic, NoReturn, TypeVar

P = TypeVar("P")
T = TypeVar("T")

MANY: Final = 2_000
"""From how many on a second process saves more than it costs."""
_BATCH: Final = 256


def in_two(places: Sequence[P], make: Callable[[Sequence[P]], Iterable[T]]) -> Generator[T, None, None]:
    """What `make` gives of all places, in their order; of many, a second process makes the second half, where the system allows.

    The second process is a copy of this one (fork), so that nothing has to be handed to it; what it makes comes back pickled, through a file without a name. Should it
    fail, its half is made here, and fails here or does not.
    """
    if len(places) < MANY or not _may_fork():
        yield from make(places)
        return
    half = len(places) // 2
    other: _Other[T] = _Other(lambda: make(places[half:]))
    try:
        yield from make(places[:half])
        if other.has_made_all():
            yield from other.made()
            return
    finally:
        other.end()
    yield from make(places[half:])


def _may_fork() -> bool:
    """Whether a copy of this process is safe, as it is with one thread on Linux, and runs beside it."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


class _Other(Generic[T]):
    """A copy of this process that makes some things and leaves them in a file, a batch at a time, so that neither process holds all of them."""

    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._pid = os.fork()
        if self._pid == 0:
            _give(make, self._file)

    def has_made_all(self) -> bool:
        """Whether it ended well; waits until it has ended."""
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return status == 0

    def made(self) -> Iterator[T]:
        """What it made."""
        self._file.seek(0)
        while batch := pickle.load(self._file):  # noqa: S301 - written by a copy of this process
            yield from batch

    def end(self) -> None:
        """End it, if it has not ended."""
        self._file.close()
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _give(make: Callable[[], Iterable[T]], file: IO[bytes]) -> NoReturn:
    """Make, write and end, whatever happens: nothing of what this process was started for may be done twice."""
    status = 1
    try:
        making = iter(make())
        while batch := list(islice(making, _BATCH)):
            pickle.dump(batch, file, pickle.HIGHEST_PROTOCOL)
        pickle.dump([], file)
        file.flush()
        status = 0
    finally:
        os._exit(status)
