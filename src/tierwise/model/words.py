"""Predicates, values and rungs in plain words, for reports, documentation and messages."""

from __future__ import annotations

from typing import assert_never

from tierwise.model.control import All as AllOf
from tierwise.model.control import AnyOf, Compare, Holds, Op, Predicate
from tierwise.model.fact import UNLIMITED, Value


def count(number: int, one: str, many: str = "") -> str:
    """`1 bucket`, `3 buckets`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def describe(predicate: Predicate) -> str:
    """One plain sentence without a full stop: `encryption.at_rest is true and encryption.key_custody at least customer`."""
    return _describe(predicate, inner=False)


def describe_part(predicate: Predicate) -> str:
    """The same as a part of a longer sentence: in parentheses where it joins several parts itself."""
    return _describe(predicate, inner=True)


def describe_value(value: Value) -> str:
    """A fact's value as people read it."""
    match value:
        case bool():
            return "true" if value else "false"
        case frozenset():
            return listed(sorted(value), "and") if value else "nothing"
        case float() if value == UNLIMITED:
            return "unlimited"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def listed(words: list[str], joint: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def _describe(predicate: Predicate, *, inner: bool) -> str:
    match predicate:
        case Compare():
            return _compare(predicate)
        case Holds():
            return _holds(predicate)
        case AllOf(parts=parts):
            text = " and ".join(_describe(part, inner=True) for part in parts)
            return f"({text})" if inner and len(parts) > 1 else text
        case AnyOf(parts=parts):
            text = " or ".join(_describe(part, inner=True) for part in parts)
            return f"({text})" if inner and len(parts) > 1 else text
        case _:
            assert_never(predicate)


def _compare(compare: Compare) -> str:
    fact, value = compare.fact, describe_value(compare.operand)
    match compare.op:
        case Op.IS:
            return f"{fact} is {value}"
        case Op.IS_NOT:
            return f"{fact} is not {value}"
        case Op.AT_LEAST:
            return f"{fact} at least {value}"
        case Op.AT_MOST:
            return f"{fact} at most {value}"
        case Op.ONE_OF:
            return f"{fact} is one of {_members(compare.operand, 'or')}"
        case Op.NONE_OUTSIDE:
            return f"{fact} names nothing but {_members(compare.operand, 'and')}"
        case Op.INCLUDES:
            return f"{fact} includes {_members(compare.operand, 'and')}"
        case Op.EMPTY:
            return f"{fact} is empty" if compare.operand else f"{fact} is not empty"
        case _:
            assert_never(compare.op)


def _members(value: Value, joint: str) -> str:
    return listed(sorted(value), joint) if isinstance(value, frozenset) else describe_value(value)


def _holds(holds: Holds) -> str:
    args = dict(holds.args)
    if holds.name != "within":
        return f"{holds.name}({', '.join(f'{key} {value}' for key, value in holds.args)})"
    times, plus = args.get("times", 1), args.get("plus", 0)
    limit = str(args["of"]) if times == 1 else f"{times} times {args['of']}"
    return f"{args['fact']} at most {limit}" + (f" plus {plus}" if plus else "")
