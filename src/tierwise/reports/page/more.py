"""Pages beside the first: how much each of them holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class More:
    """A link to another page."""

    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Most:
    """How much a page holds at most."""

    entries: int
    bytes: int


def size_of(text: str) -> int:
    """How many bytes some markup takes."""
    return len(text.encode("utf-8", "replace"))


def first_of(entries: Iterable[T], most: Most, markup: Callable[[T], str]) -> tuple[T, ...]:
    """The entries that fit on one page, and one at least."""
    return next(cut(islice(entries, most.entries), most, markup), ())


def cut(entries: Iterable[T], most: Most, markup: Callable[[T], str]) -> Iterator[tuple[T, ...]]:
    """The entries page by page."""
    held: list[T] = []
    size = 0
    for one in entries:
        bytes_ = size_of(markup(one))
        if held and (len(held) == most.entries or size + bytes_ > most.bytes):
            yield tuple(held)
            size, held = 0, []
        held.append(one)
        size += bytes_
    if held:
        yield tuple(held)
