"""Two processors for what is done alike to very many resources; knows nothing of resources."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Final, Generic, NoReturn, TypeVar

P = TypeVar("P")
T = TypeVar("T")

MANY: Final = 2_000
"""From how many on a second process saves more than it costs."""


def in_two(places: Sequence[P], make: Callable[[Sequence[P]], Iterable[T]]) -> Generator[T, None, None]:
    """What `make` gives of all places, in their order; of many, a second process makes the second half, where the system allows.

    The second process is a copy of this one (fork), so that nothing has to be handed to it; what it makes comes back pickled. Should it
    fail, its half is made here, and fails here or does not.
    """
    if len(places) < MANY or not _may_fork():
        yield from make(places)
        return
    half = len(places) // 2
    other: _Other[T] = _Other(lambda: list(make(places[half:])))
    try:
        yield from make(places[:half])
        made = other.result()
    finally:
        other.end()
    yield from make(places[half:]) if made is None else made


def _may_fork() -> bool:
    """Whether a copy of this process is safe, as it is with one thread on Linux, and runs beside it."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


class _Other(Generic[T]):
    """A copy of this process that makes a list."""

    def __init__(self, make: Callable[[], list[T]]) -> None:
        reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(reading)
            _give(make, writing)
        os.close(writing)
        self._answer = os.fdopen(reading, "rb")

    def result(self) -> list[T] | None:
        """What it made; None where it failed."""
        try:
            made: list[T] = pickle.load(self._answer)  # noqa: S301 - written by a copy of this process
        except (EOFError, pickle.UnpicklingError):
            return None
        return made

    def end(self) -> None:
        """End it, if it has not ended."""
        self._answer.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _give(make: Callable[[], list[T]], writing: int) -> NoReturn:
    """Make, write and end, whatever happens: nothing of what this process was started for may be done twice."""
    try:
        with os.fdopen(writing, "wb") as answer:
            pickle.dump(make(), answer, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)
