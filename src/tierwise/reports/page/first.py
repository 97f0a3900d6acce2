"""The first few of very many things that come in any order."""

from __future__ import annotations

from heapq import nsmallest
from typing import Any, Generic, TypeVar

T = TypeVar("T", bound=tuple[Any, ...])


class First(Generic[T]):
    """Those that stand first in their order, so many at most, of things as they come; counts them all."""

    __slots__ = ("_held", "_last", "_most", "number")

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[T] = []
        self._last: T | None = None
        """What comes behind it stands behind as many as are held."""
        self.number = 0

    def add(self, one: T) -> None:
        """One more."""
        self.number += 1
        if self._last is None or one < self._last:
            self._hold([one])

    def join(self, other: First[T]) -> None:
        """What came elsewhere."""
        self.number += other.number
        self._hold(other._held)

    def _hold(self, more: list[T]) -> None:
        self._held += more
        if len(self._held) > 2 * self._most:
            self._held = self.told()
            self._last = self._held[-1]

    def told(self) -> list[T]:
        """They, in their order."""
        return nsmallest(self._most, self._held)
