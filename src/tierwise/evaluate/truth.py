"""Kleene's three truth values and `not applicable`, which drops out of every conjunction and disjunction."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """What a predicate says of the facts."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


def conjoin(parts: Iterable[Truth]) -> Truth:
    """`all`: one false settles it, else one unknown leaves it open; not applicable if every part is."""
    seen = set(parts) - {Truth.NOT_APPLICABLE}
    if Truth.FALSE in seen:
        return Truth.FALSE
    if Truth.UNKNOWN in seen:
        return Truth.UNKNOWN
    return Truth.TRUE if seen else Truth.NOT_APPLICABLE


def disjoin(parts: Iterable[Truth]) -> Truth:
    """`any`: one true settles it, else one unknown leaves it open; not applicable if every part is."""
    seen = set(parts) - {Truth.NOT_APPLICABLE}
    if Truth.TRUE in seen:
        return Truth.TRUE
    if Truth.UNKNOWN in seen:
        return Truth.UNKNOWN
    return Truth.FALSE if seen else Truth.NOT_APPLICABLE
