"""Things as bytes and back, for files that no process opens but this one and its copies; knows nothing of what they are."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, Final

import msgspec


class _Reducers(dict[type, Any]):
    """How things are taken apart, by type: a frozen dataclass by its fields, which its own way does one by one, and a struct by its own."""

    def __missing__(self, kind: type) -> Any:
        if issubclass(kind, msgspec.Struct):
            self[kind] = kind.__reduce__
            return kind.__reduce__
        names = [one.name for one in fields(kind) if one.init] if is_dataclass(kind) else []
        if len(names) < 2:
            raise KeyError(kind)
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
