"""One text for whatever is equal, the same in every process: for digests, and for orders that depend on nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class _Word:
    text: str


def canonical(one: Any) -> str:
    """A value as text: keys of mappings and members of sets (of plain values) are sorted, records are told field by field. Without recursion, since others have written it."""
    found: list[str] = []
    waiting = [one]
    while waiting:
        top = waiting.pop()
        if isinstance(top, _Word):
            found.append(top.text)
            continue
        waiting += reversed(list(_parts(top)))
    return "".join(found)


def _parts(one: Any) -> Iterator[Any]:
    """Words, and values that are told after them."""
    match one:
        case Mapping():
            yield _Word("{")
            for key in sorted(one, key=str):
                yield from (_Word(f"{key!r}: "), one[key], _Word(", "))
            yield _Word("}")
        case frozenset() | set():
            yield _Word(f"<{', '.join(sorted(map(repr, one)))}>")
        case tuple() | list():
            yield _Word("[")
            for each in one:
                yield from (each, _Word(", "))
            yield _Word("]")
        case msgspec.Struct():
            yield from (_Word(type(one).__name__), tuple(getattr(one, name) for name in one.__struct_fields__))
        case _ if is_dataclass(one):
            yield from (_Word(type(one).__name__), tuple(getattr(one, each.name) for each in fields(one)))
        case _:
            yield _Word(repr(one))
