"""Holders of matched data that can be counted and tested but not shown: not printed, formatted, logged, copied, pickled or serialised."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from heapq import heappush, heapreplace
from typing import Final, NoReturn, SupportsIndex, TypeVar

_T = TypeVar("_T")
_SHOWN: Final = "<withheld>"


_set: Final = object.__setattr__


class Withheld:
    """Bytes that matched. Whatever asks for a text gets the same constant; whatever would carry the bytes away is refused."""

    __slots__ = ("__bytes", "__digest")
    __bytes: bytes
    __digest: int | None

    def __init__(self, value: bytes) -> None:
        _set(self, "_Withheld__bytes", value)
        _set(self, "_Withheld__digest", None)

    def digest(self) -> int:
        """A 64-bit digest, for counting different values; it identifies the value to whoever can guess it, so it goes with the value and is never shown."""
        digest = self.__digest
        if digest is None:
            digest = int.from_bytes(blake2b(self.__bytes, digest_size=8).digest(), "big")
            _set(self, "_Withheld__digest", digest)
        return digest

    def tested(self, test: Callable[[str], _T]) -> _T:
        """What a test says of the bytes read as UTF-8."""
        return test(self.__bytes.decode(errors="replace"))

    def __len__(self) -> int:
        return len(self.__bytes)

    def __repr__(self) -> str:
        return _SHOWN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _SHOWN

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("withheld data is never copied, pickled or serialised")

    def __getstate__(self) -> NoReturn:
        raise TypeError("withheld data is never copied, pickled or serialised")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("withheld data does not change")


class Distinct:
    """Counts different values without keeping any: the smallest digests (k minimum values), exact up to `SIZE`."""

    SIZE: Final = 1024
    __slots__ = ("_heap", "_kept")

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._kept: set[int] = set()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("digests of withheld data are never copied, pickled or serialised")

    def add(self, value: Withheld) -> None:
        """Takes note of one value."""
        self._take(value.digest())

    def merge(self, other: Distinct) -> None:
        """Takes note of all that another has seen."""
        for digest in other._kept:
            self._take(digest)

    def _take(self, digest: int) -> None:
        if digest in self._kept:
            return
        if len(self._heap) < self.SIZE:
            heappush(self._heap, -digest)
        elif digest < -self._heap[0]:
            self._kept.discard(-heapreplace(self._heap, -digest))
        else:
            return
        self._kept.add(digest)

    @property
    def count(self) -> int:
        """How many different values were added; beyond `SIZE` with a standard error of about 3 %."""
        if len(self._heap) < self.SIZE:
            return len(self._heap)
        return round((self.SIZE - 1) * 2**64 / -self._heap[0])
