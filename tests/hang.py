"""Ends what hangs, long after anything that does not; how long something takes is told by the benchmarks."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

HANGS = 120.0
"""Seconds after which something hangs: a machine that has other work, and one that stands still for a while, take less."""


@contextmanager
def ending(seconds: float = HANGS) -> Iterator[None]:
    """TimeoutError where the context lasts longer."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
