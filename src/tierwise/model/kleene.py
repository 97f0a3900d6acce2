"""Three-valued `not`, `or` and `and` over statements that were read or not, which keep why one is unknown."""

from __future__ import annotations

from tierwise.model.fact import Known, Maybe, Unknown


def negated(value: Maybe[bool]) -> Maybe[bool]:
    """The opposite of a statement."""
    return value if isinstance(value, Unknown) else Known(not value.value, value.via)


def either(*parts: Maybe[bool]) -> Maybe[bool]:
    """Whether one of some statements holds: one that does settles it, else any that is unknown leaves it open."""
    settled = next((one for one in parts if isinstance(one, Known) and one.value), None)
    return settled or next((one for one in parts if isinstance(one, Unknown)), parts[0])


def all_of(*parts: Maybe[bool]) -> Maybe[bool]:
    """Whether each of some statements holds: one that does not settles it, else any that is unknown leaves it open."""
    settled = next((one for one in parts if isinstance(one, Known) and not one.value), None)
    return settled or next((one for one in parts if isinstance(one, Unknown)), parts[0])
