"""Kleene's three truth values, ordered so that `and` is the least and `or` the greatest."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason


class Truth(IntEnum):
    """No, not settled, yes; ascending."""

    NO = 0
    OPEN = 1
    YES = 2


NO: Final = Truth.NO
OPEN: Final = Truth.OPEN
YES: Final = Truth.YES
_NEGATED: Final = (YES, OPEN, NO)

UNDETERMINED_DETAIL: Final = "a part of the policy that decides this is known only after apply"


def both(*parts: Truth) -> Truth:
    """Conjunction; YES of nothing."""
    return min(parts, default=YES)


def either(*parts: Truth) -> Truth:
    """Disjunction; NO of nothing."""
    return max(parts, default=NO)


def any_of(parts: Iterable[Truth]) -> Truth:
    """Disjunction over a stream; stops at the first YES."""
    best = NO
    for part in parts:
        if part is YES:
            return YES
        best = max(best, part)
    return best


def negate(part: Truth) -> Truth:
    """YES of NO, NO of YES, and OPEN of OPEN."""
    return _NEGATED[part]


def truth(value: bool) -> Truth:
    """A settled truth value."""
    return YES if value else NO


def as_fact(value: Truth, via: Provenance) -> Maybe[bool]:
    """A truth value as a fact; OPEN is unknown because the plan does not say yet."""
    if value is OPEN:
        return Unknown(UnknownReason.KNOWN_AFTER_APPLY, via, UNDETERMINED_DETAIL)
    return Known(value is YES, via)


def of_fact(value: Maybe[bool]) -> Truth:
    """A fact as a truth value."""
    match value:
        case Known(value=known):
            return truth(known)
        case Unknown():
            return OPEN
