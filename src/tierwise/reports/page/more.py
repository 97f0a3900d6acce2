"""Pages beside the first: how much each of them holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")
_MARKUP: Final = 500
"""Bytes of tags around an entry; those around its parts are counted with the parts."""
_AROUND: Final = 40


@dataclass(frozen=True, slots=True)
class More:
    """A link to another page."""

    href: str
    words: str


def first_of(entries: Iterable[T], most: int, most_bytes: int) -> Iterator[T]:
    """The first entries, so many and of about so many bytes at most; no more of them are taken than are given."""
    size = 0
    for one in islice(entries, most):
        yield one
        size += _MARKUP + size_of(one)
        if size > most_bytes:
            return


def cut(entries: Iterable[T], before: int, most_bytes: int, most_pages: int) -> Iterator[tuple[int, tuple[T, ...]]]:
    """The entries in pages of about so many bytes, each with the number of its first one, of which `before` stand on the first page."""
    held: list[T] = []
    first, size, made = before + 1, 0, 0
    for one in entries:
        bytes_ = _MARKUP + size_of(one)
        if held and size + bytes_ > most_bytes:
            yield first, tuple(held)
            made += 1
            if made == most_pages:
                return
            first, size, held = first + len(held), 0, []
        held.append(one)
        size += bytes_
    if held:
        yield first, tuple(held)


def size_of(value: object) -> int:
    """About how many bytes of markup a value takes; a character takes up to five where it is escaped."""
    if isinstance(value, str):
        plain = len(value.encode("utf-8", "replace"))
        return _AROUND + plain + 4 * sum([value.count(one) for one in "<>&'\""])
    if isinstance(value, tuple | list):
        return sum([size_of(one) for one in value])
    if isinstance(value, _PLAIN):
        return _AROUND
    kind: Any = type(value)
    names = _parts_of(kind)
    return sum([size_of(getattr(value, name)) for name in names]) if names else _AROUND


_PLAIN: Final = (int, float, type(None))


@cache
def _parts_of(kind: type[Any]) -> tuple[str, ...]:
    """The names of what a value of a type is made of."""
    if is_dataclass(kind):
        return tuple([one.name for one in fields(kind)])
    return kind.__struct_fields__ if issubclass(kind, msgspec.Struct) else ()
