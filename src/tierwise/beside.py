"""Two processors: for what is done alike to very many resources, and for one thing beside others; knows nothing of resources."""

from __future__ import annotations

import gc
import io
import os
import select
import signal
import struct
import sys
import tempfile
import threading
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Final, Generic, NoReturn, Self, TypeVar

from tierwise.pack import packed, unpacked

P = TypeVar("P")
T = TypeVar("T")

MANY: Final = 2_000
"""From how many on a second process saves more than it costs."""
_BATCH: Final = 128
"""How many places there are in a batch at least; in more there is a multiple of it, as what is read together lies together."""
_MOST: Final = 2_048
"""How many batches there are at most: a turn is two bytes of a pipe, and the smallest pipe (pipe(7)) holds a page."""
_LIFE: Final = 32_768
"""How many places a copy of this process goes through: what it looks at is in memory twice as long as it lives, and a new copy takes the system time."""
_AHEAD: Final = 2
"""How many batches this process holds that come behind one which the other is still making."""
_FIRST: Final = os.getpid()
"""The process that began it all: what is made beside it makes no further copies, as there are two processors and not more."""


def in_two(places: Sequence[P], make: Callable[[Sequence[P]], Iterable[T]]) -> Generator[T, None, None]:
    """What `make` gives of all places, in their order; of many it is asked batch by batch, by two processes where the system allows.

    The second process is a copy of this one (fork), so that nothing has to be handed to it. Each takes the next batch that nobody has: whoever is held up makes fewer,
    and what is done here with what is made is done while the other goes on. What that makes comes back packed, through a file without a name. A batch at which it fails
    is made here, and fails here or does not.
    """
    if len(places) < MANY or not _may_fork():
        yield from make(places)
        return
    batches = _batches(places)
    most = max(1, _LIFE // len(batches[0]))

    def theirs() -> Iterator[tuple[int, list[T]]]:
        for _ in range(most):
            if (turn := turns.take()) is None:
                return
            yield turn, list(make(batches[turn]))

    with _Turns(len(batches)) as turns, _Other(theirs, most) as other:
        mine: dict[int, list[T]] = {}
        for place, batch in enumerate(batches):
            while place not in mine and not other.has(place):
                turn = turns.take() if len(mine) < _AHEAD else None
                if turn == place:
                    yield from make(batch)
                    break
                if turn is not None:
                    mine[turn] = list(make(batches[turn]))
                elif not other.has(place, wait=True):
                    mine[place] = list(make(batch))
            else:
                yield from mine.pop(place) if place in mine else other.made(place)


@contextmanager
def aside(make: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """One thing that a copy of this process makes, where the system allows, while this one does something else; what is yielded waits for it and gives it.

    Should the copy fail, it is made when it is asked for, and fails then or does not. It is asked for once.
    """
    if not _may_fork():
        yield make
        return
    # A generator, which makes nothing before the copy asks it to.
    with _Other(lambda: ((0, [each()]) for each in (make,)), 0) as other:
        yield lambda: other.made(0)[0] if other.has(0, wait=True) else make()


def _batches(places: Sequence[P]) -> list[Sequence[P]]:
    each = _BATCH * -(-len(places) // (_MOST * _BATCH))
    return [places[first : first + each] for first in range(0, len(places), each)]


def _may_fork() -> bool:
    """Whether a copy of this process is safe, as it is with one thread on Linux, and runs beside it."""
    return sys.platform == "linux" and os.getpid() == _FIRST and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


class _Turns:
    """So many turns, numbered, of which each of two processes takes one after the other from a pipe that both read: none is taken twice."""

    def __init__(self, number: int) -> None:
        self._end, start = os.pipe()
        os.write(start, array("H", range(number)).tobytes())
        os.close(start)

    def __enter__(self) -> Self:
        return self

    def take(self) -> int | None:
        """The next; None where none is left."""
        turn = os.read(self._end, 2)
        return int.from_bytes(turn, sys.byteorder) if turn else None

    def __exit__(self, *_: object) -> None:
        os.close(self._end)


class _Other(Generic[T]):
    """A copy of this process that makes batches and leaves them in a file, so that neither process holds all of them; none where the system has no room for it.

    What a copy looks at is no longer shared with this process: one that has made as many as one is to make is followed by a new one.
    """

    def __init__(self, make: Callable[[], Iterable[tuple[int, list[T]]]], most: int) -> None:
        """`make` makes batches, each with its place: so many of them at most where there may be more."""
        self._make = make
        self._most = most
        self._file: IO[bytes] = io.BytesIO()
        self._pid = 0
        self._end = -1
        """Of the pipe through which it says what it has made."""
        self._found: dict[int, tuple[int, int]] = {}
        """By place: where a batch that nobody has asked for yet begins in the file, and how long it is."""
        self._heard = 0
        with suppress(OSError):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `__exit__`
            self._start()

    def _start(self) -> None:
        self._end, start = os.pipe()
        self._heard = 0
        try:
            self._pid = os.fork() or _give(self._make(), self._file, start)
        except OSError:
            os.close(self._end)
            raise
        finally:
            os.close(start)

    def __enter__(self) -> Self:
        return self

    def has(self, place: int, *, wait: bool = False) -> bool:
        """Whether it has made a batch; where that is to be waited for, no means that it never will."""
        while place not in self._found and self._hear(wait=wait):
            pass
        return place in self._found

    def made(self, place: int) -> list[T]:
        """A batch that it has made; asked for once."""
        start, length = self._found.pop(place)
        made: list[T] = unpacked(os.pread(self._file.fileno(), length, start))
        return made

    def _hear(self, *, wait: bool) -> bool:
        """Whether there was something to hear."""
        if not self._pid or not (wait or select.select([self._end], [], [], 0)[0]):
            return False
        said = os.read(self._end, _SAID.size)
        if said:
            place, start, length = _SAID.unpack(said)
            self._found[place] = start, length
            self._heard += 1
            return True
        return self._ended_well() and self._heard == self._most and self._again()

    def _ended_well(self) -> bool:
        pid, self._pid = self._pid, 0
        os.close(self._end)
        return os.waitpid(pid, 0)[1] == 0

    def _again(self) -> bool:
        with suppress(OSError):
            self._start()
        return bool(self._pid)

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self._ended_well()


_SAID: Final = struct.Struct("=QQQ")
"""A batch's place, where it begins in the file, and how long it is; one message, as it is shorter than what a pipe takes whole."""


def _give(batches: Iterable[tuple[int, list[T]]], file: IO[bytes], start: int) -> NoReturn:
    """Make, write, say and end, whatever happens: nothing of what this process was started for may be done twice."""
    status = 1
    try:
        # What the other process holds is looked at by its own collector; here it would be copied by being looked at.
        gc.freeze()
        at = file.seek(0, os.SEEK_END)
        for place, batch in batches:
            made = packed(batch)
            file.write(made)
            file.flush()
            os.write(start, _SAID.pack(place, at, len(made)))
            at += len(made)
        status = 0
    finally:
        os._exit(status)
