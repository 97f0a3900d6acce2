"""Kleene's three truth values and `not applicable`, which drops out of every conjunction and disjunction."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Truth(StrEnum):
    """What a predicate says of the facts."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


def conjoin(parts: Iterable[Truth]) -> Truth:
    """`all`: one false settles it, else one unknown leaves it open; not applicable if every part is."""
    return _settled(parts, by=Truth.FALSE, otherwise=Truth.TRUE)


def disjoin(parts: Iterable[Truth]) -> Truth:
    """`any`: one true settles it, else one unknown leaves it open; not applicable if every part is."""
    return _settled(parts, by=Truth.TRUE, otherwise=Truth.FALSE)


def _settled(parts: Iterable[Truth], *, by: Truth, otherwise: Truth) -> Truth:
    found = Truth.NOT_APPLICABLE
    for part in parts:
        if part is by:
            return by
        if part is Truth.UNKNOWN or (part is otherwise and found is Truth.NOT_APPLICABLE):
            found = part
    return found
