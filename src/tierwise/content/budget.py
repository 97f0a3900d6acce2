"""What a run may spend on looking into stores, and what it has spent; shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tierwise.content.blob import MIB, Reason, UnreadableError


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a run takes, and that it takes of one store."""

    objects: int = 24
    """Objects of one store."""
    listings: int = 16
    """Pages of keys of one store."""
    store_bytes: int = 32 * MIB
    bytes: int = 2048 * MIB
    requests: int = 100_000
    seconds: float = 3600.0
    items: int = 100
    """Items of one table."""


@dataclass(slots=True)
class Budget:
    """The run's own; every request asks first."""

    limits: Limits
    clock: Callable[[], float]
    """Seconds since some fixed moment."""
    began: float = field(init=False)
    _bytes: int = 0
    _requests: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def spend(self, length: int) -> None:
        """Take a request of so many bytes; UnreadableError(SPENT) where the run has no more."""
        with self._lock:
            spent = self._bytes + length > self.limits.bytes or self._requests >= self.limits.requests
            if spent or self.clock() - self.began > self.limits.seconds:
                raise UnreadableError(Reason.SPENT)
            self._bytes += length
            self._requests += 1


@dataclass(slots=True)
class Purse:
    """One store's part of it, and what the store has cost."""

    budget: Budget
    bytes: int = 0
    requests: int = 0

    def spend(self, length: int) -> None:
        """Take a request of so many bytes at most; UnreadableError(SPENT) where the store or the run has no more."""
        if self.bytes + length > self.budget.limits.store_bytes:
            raise UnreadableError(Reason.SPENT)
        self.budget.spend(length)
        self.bytes += length
        self.requests += 1
