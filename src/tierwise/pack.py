"""Things as bytes and back, for files that no process opens but this one and its copies; knows nothing of what they are."""

from __future__ import annotations

import io
import os
import pickle
from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from operator import attrgetter, methodcaller
from typing import Any, Final

import msgspec

_SEEN: Final = 1 << 12
TAKEN_APART: Final = "taken_apart"
"""The method of what knows best how it is taken apart: what makes it anew, and of what."""


class _Reducers(dict[type, Any]):
    """How things are taken apart, by type: by their own method, a frozen dataclass by its fields, which its own way does one by one, and a struct by its own."""

    def __missing__(self, kind: type) -> Any:
        if hasattr(kind, TAKEN_APART):
            own = self[kind] = getattr(kind, TAKEN_APART)
            return own
        if issubclass(kind, msgspec.Struct):
            self[kind] = kind.__reduce__
            return kind.__reduce__
        if issubclass(kind, type):
            # A class is written by its name.
            raise KeyError(kind)
        names = [one.name for one in fields(kind) if one.init] if is_dataclass(kind) else []
        if len(names) < 2:
            by_protocol = self[kind] = methodcaller("__reduce_ex__", pickle.HIGHEST_PROTOCOL)
            return by_protocol
        parts = attrgetter(*names)
        made = self[kind] = lambda one: (kind, parts(one))
        return made


_REDUCERS: Final = _Reducers()


def packed(things: Sequence[Any]) -> bytes:
    """Them as bytes; what they share is written once."""
    made = io.BytesIO()
    pickler = pickle.Pickler(made, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(things)
    return made.getvalue()


def unpacked(packed: bytes) -> Any:
    """The reverse: copies that are equal to what was packed."""
    return pickle.loads(packed)  # noqa: S301 - written by this process or a copy of it


class Numbered(dict[str, Any]):
    """What a `Common` has put together, with the numbers that it was put together from: nobody changes it."""

    __slots__ = ("by", "numbers")
    by: Common
    numbers: Sequence[int]

    def taken_apart(self) -> tuple[type[dict[str, Any]], tuple[list[tuple[str, Any]]]]:
        """Itself for a file, where it is not taken apart by its numbers."""
        return dict, (list(self.items()),)


class Common:
    """What very many things have alike, by name: what is met again is kept once in this process, and written as its number.

    A copy of this process knows what was kept when it was made, and keeps no more: the numbers in what it writes are known here.
    """

    __slots__ = ("_equal", "_held", "_most", "_numbers", "_process", "_seen", "_told")

    def __init__(self, told: Callable[[Any], Hashable], most: int = 1 << 14) -> None:
        """`told` is what is equal for those that may stand for each other; `most` is how many are kept: of what comes later nothing is."""
        self._told = told
        self._most = most
        self._process = os.getpid()
        self._held: list[tuple[str, Any]] = [("", None)]
        """By number, each under its name; none has the number 0."""
        self._numbers: dict[int, int] = {}
        """By the identity of what is held."""
        self._equal: dict[tuple[str, Hashable], int] = {}
        self._seen: set[int] = set()
        """The hashes of what was met once, lately."""

    def taken_apart(self, things: Mapping[str, Any]) -> tuple[bytes, list[tuple[str, Any]]]:
        """The numbers of things by name, and those that have none in their order; 0 stands for each of them."""
        found = self.numbers(things)
        rest = [] if all(found) else [one for one, number in zip(things.items(), found, strict=True) if not number]
        return array("H", found).tobytes(), rest

    def numbers(self, things: Mapping[str, Any]) -> Sequence[int]:
        """The number of each thing under its name; 0 where it has none."""
        if type(things) is Numbered and things.by is self:
            return things.numbers
        known, held, other = self._numbers, self._held, self._number
        return [at if (at := known.get(id(one), 0)) and held[at][0] == name else other(name, one) for name, one in things.items()]

    def _number(self, name: str, thing: Any) -> int:
        key = (name, self._told(thing))
        number = self._equal.get(key, 0)
        if number or len(self._held) >= self._most or os.getpid() != self._process:
            return number
        if (seen := hash(key)) not in self._seen:
            # What only one thing has would take the room of what many have.
            if len(self._seen) >= _SEEN:
                self._seen.clear()
            self._seen.add(seen)
            return 0
        number = self._equal[key] = len(self._held)
        self._held.append((name, thing))
        self._numbers[id(thing)] = number
        return number

    def put_together(self, numbers: bytes, rest: Sequence[tuple[str, Any]]) -> Numbered:
        """The reverse."""
        found = array("H", numbers)
        left = iter(rest)
        held = self._held
        things = Numbered([held[one] if one else next(left) for one in found] if rest else map(held.__getitem__, found))
        things.by, things.numbers = self, found
        return things
