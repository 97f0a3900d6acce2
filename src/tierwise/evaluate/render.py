"""Facts as people read them."""

from __future__ import annotations

from tierwise.model.fact import UNLIMITED, AnyFact, Known, NotApplicable, Unknown, Value


def render_value(value: Value) -> str:
    """A fact's value for people."""
    match value:
        case bool():
            return "true" if value else "false"
        case frozenset():
            return "[" + ", ".join(sorted(value)) + "]"
        case float() | int():
            return "unlimited" if value == UNLIMITED else str(int(value))
        case _:
            return value


def render_fact(fact: AnyFact) -> str:
    """A fact for people: its value, or why there is none."""
    match fact:
        case Known(value=value):
            return render_value(value)
        case Unknown(reason=reason, between=between, includes=includes):
            known = f", between {render_value(between[0])} and {render_value(between[1])}" if between else ""
            known += f", at least {render_value(includes)}" if includes else ""
            return f"unknown ({reason.value}{known})"
        case NotApplicable(because=because):
            return f"not applicable ({because})"
