"""Two processors: for what is done alike to very many resources, and for one thing beside others; knows nothing of resources."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO, Final, Generic, NoReturn, Self, TypeVar

from tierwise.pack import packed, unpacked

P = TypeVar("P")
T = TypeVar("T")

MANY: Final = 2_000
"""From how many on a second process saves more than it costs."""
_BATCH: Final = 64
_MOST: Final = 4_096
"""How many batches there are at most: as many as the smallest pipe holds bytes (pipe(7), a page)."""
_LIFE: Final = 192
"""How many batches a copy of this process makes: what it looks at is in memory twice as long as it lives, and a new copy takes the system time."""
_LENGTH: Final = 8
"""The bytes after each batch that say how long it is."""
_FIRST: Final = os.getpid()
"""The process that began it all: what is made beside it makes no further copies, as there are two processors and not more."""


def in_two(places: Sequence[P], make: Callable[[Sequence[P]], Iterable[T]]) -> Generator[T, None, None]:
    """What `make` gives of all places, in their order; of many it is asked batch by batch, by two processes where the system allows.

    The second process is a copy of this one (fork), so that nothing has to be handed to it. It makes the batches from the last one on, this one those from the first
    on, until they meet: whoever is held up makes fewer. What it makes comes back packed, through a file without a name. Should it fail, its batches are made here, and
    fail here or do not.
    """
    if len(places) < MANY or not _may_fork():
        yield from make(places)
        return
    batches, mine = _batches(places), 0

    def theirs(first: int) -> Iterator[list[T]]:
        return (list(make(one)) for one in islice(reversed(batches), first, first + _LIFE) if turns.mine())

    with _Turns(len(batches)) as turns, _Other(theirs) as other:
        while turns.mine():
            yield from make(batches[mine])
            mine += 1
            other.renew()
        if other.has_made_all():
            yield from other.made()
            return
    for batch in batches[mine:]:
        yield from make(batch)


@contextmanager
def aside(make: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """One thing that a copy of this process makes, where the system allows, while this one does something else; what is yielded waits for it and gives it.

    Should the copy fail, it is made when it is asked for, and fails then or does not. It is asked for once.
    """
    if not _may_fork():
        yield make
        return
    # A generator, which makes nothing before the copy asks it to.
    with _Other(lambda _: ([each()] for each in (make,))) as other:
        yield lambda: next(other.made()) if other.has_made_all() else make()


def _batches(places: Sequence[P]) -> list[Sequence[P]]:
    each = max(_BATCH, -(-len(places) // _MOST))
    return [places[first : first + each] for first in range(0, len(places), each)]


def _may_fork() -> bool:
    """Whether a copy of this process is safe, as it is with one thread on Linux, and runs beside it."""
    return sys.platform == "linux" and os.getpid() == _FIRST and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


class _Turns:
    """So many turns, of which each of two processes takes one after the other: each is one byte of a pipe that both read."""

    def __init__(self, number: int) -> None:
        self._end, start = os.pipe()
        os.write(start, bytes(number))
        os.close(start)

    def __enter__(self) -> Self:
        return self

    def mine(self) -> bool:
        """Take one; False where none is left."""
        return bool(os.read(self._end, 1))

    def __exit__(self, *_: object) -> None:
        os.close(self._end)


class _Other(Generic[T]):
    """A copy of this process that makes batches and leaves them in a file, so that neither process holds all of them; none where the system has no room for it.

    What a copy looks at is no longer shared with this process: after so many batches it ends, and a new copy goes on.
    """

    def __init__(self, make: Callable[[int], Iterable[list[T]]]) -> None:
        """`make` makes batches from one on, counted from the last."""
        self._make = make
        self._file: IO[bytes] = io.BytesIO()
        self._pid = 0
        self._made = 0
        with suppress(OSError):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `__exit__`
            self._start()

    def _start(self) -> None:
        self._pid = os.fork() or _give(self._make(self._made), self._file)

    def __enter__(self) -> Self:
        return self

    def renew(self) -> None:
        """Start a new copy where the last has made its batches."""
        if self._pid and self._ended(os.WNOHANG):
            self._made += _LIFE
            with suppress(OSError):
                self._start()

    def has_made_all(self) -> bool:
        """Whether it made all of its batches; waits until it has ended."""
        return bool(self._pid) and self._ended(0)

    def _ended(self, options: int) -> bool:
        """Whether the copy has ended well; one that failed is never renewed."""
        pid, status = os.waitpid(self._pid, options)
        if pid:
            self._pid = 0
        return bool(pid) and status == 0

    def made(self) -> Iterator[T]:
        """What it made, the last batch first."""
        end = self._file.seek(0, os.SEEK_END)
        while end:
            self._file.seek(end - _LENGTH)
            length = int.from_bytes(self._file.read(_LENGTH), "big")
            end -= _LENGTH + length
            self._file.seek(end)
            yield from unpacked(self._file.read(length))

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _give(batches: Iterable[list[T]], file: IO[bytes]) -> NoReturn:
    """Make, write and end, whatever happens: nothing of what this process was started for may be done twice."""
    status = 1
    try:
        # What the other process holds is looked at by its own collector; here it would be copied by being looked at.
        gc.freeze()
        file.seek(0, os.SEEK_END)
        for batch in batches:
            made = packed(batch)
            file.write(made)
            file.write(len(made).to_bytes(_LENGTH, "big"))
        file.flush()
        status = 0
    finally:
        os._exit(status)
