"""A sound, incomplete check whether predicates already say what another one says."""

from __future__ import annotations

from collections.abc import Iterable

from tierwise.model.control import All, AnyOf, Compare, Holds, Op, Predicate
from tierwise.model.fact import UNLIMITED
from tierwise.model.vocabulary import FactSpec, FactType, rank, spec_of


def conjuncts(predicate: Predicate) -> tuple[Predicate, ...]:
    """The parts that must all hold."""
    return predicate.parts if isinstance(predicate, All) else (predicate,)


def implies(premises: Iterable[Predicate], conclusion: Predicate) -> bool:
    """True only if the conclusion holds wherever all the premises do, whatever drops out as not applicable; False may mean "not seen"."""
    known = [part for premise in premises for part in conjuncts(premise)]
    return all(_part_implied(known, part) for part in conjuncts(conclusion))


def _part_implied(known: list[Predicate], part: Predicate) -> bool:
    if part in known:
        return True
    match part:
        case Compare():
            return _compare_implied([premise for premise in known if isinstance(premise, Compare) and premise.fact == part.fact], part)
        case AnyOf(parts=parts):
            return any(_always(option) and implies(known, option) for option in parts) or any(
                _any_implied(premise, part) for premise in known if isinstance(premise, AnyOf)
            )
        case _:
            return False


def _always(predicate: Predicate) -> bool:
    """Whether no fact in it can be not applicable, so that it never drops out of an `any`."""
    match predicate:
        case Compare(fact=fact):
            return not spec_of(fact).na
        case Holds():
            return False
        case All(parts=parts) | AnyOf(parts=parts):
            return all(_always(part) for part in parts)


def _any_implied(premise: AnyOf, part: AnyOf) -> bool:
    """Option by option over the same facts, so that the same options drop out on both sides."""
    return len(premise.parts) == len(part.parts) and all(
        isinstance(old, Compare) and isinstance(new, Compare) and old.fact == new.fact and _compare_implied([old], new)
        for old, new in zip(premise.parts, part.parts, strict=True)
    )


def _compare_implied(premises: list[Compare], part: Compare) -> bool:
    if not premises:
        return False
    spec = spec_of(part.fact)
    if spec.type is FactType.STRINGS:
        return any(_set_implied(premise, part) for premise in premises)
    if spec.type is FactType.INT:
        return _int_implied(premises, part)
    values: tuple[bool | str, ...] = (False, True) if spec.type is FactType.BOOL else spec.scale
    possible = [value for value in values if all(_allows(premise, spec, value) for premise in premises)]
    return all(_allows(part, spec, value) for value in possible)


def _allows(compare: Compare, spec: FactSpec, value: bool | str) -> bool:
    match compare.op:
        case Op.IS:
            return value == compare.operand
        case Op.IS_NOT:
            return value != compare.operand
        case Op.AT_LEAST:
            return rank(spec, value) >= rank(spec, compare.operand)
        case Op.AT_MOST:
            return rank(spec, value) <= rank(spec, compare.operand)
        case Op.ONE_OF:
            return isinstance(compare.operand, frozenset) and value in compare.operand
        case _:
            return True


def _int_implied(premises: list[Compare], part: Compare) -> bool:
    lo, hi = -UNLIMITED, UNLIMITED
    for premise in premises:
        at = _number(premise)
        if premise.op in {Op.AT_LEAST, Op.IS}:
            lo = max(lo, at)
        if premise.op in {Op.AT_MOST, Op.IS}:
            hi = min(hi, at)
    limit = _number(part)
    match part.op:
        case Op.AT_LEAST:
            return lo >= limit
        case Op.AT_MOST:
            return hi <= limit
        case Op.IS:
            return lo == hi == limit
        case Op.IS_NOT:
            return limit < lo or limit > hi
        case _:
            return False


def _number(compare: Compare) -> float:
    return float(compare.operand) if isinstance(compare.operand, int | float) else UNLIMITED


def _members(compare: Compare) -> frozenset[str]:
    return compare.operand if isinstance(compare.operand, frozenset) else frozenset()


def _set_implied(premise: Compare, part: Compare) -> bool:
    match premise.op, part.op:
        case Op.NONE_OUTSIDE, Op.NONE_OUTSIDE:
            return _members(premise) <= _members(part)
        case Op.INCLUDES, Op.INCLUDES:
            return _members(part) <= _members(premise)
        case Op.EMPTY, Op.NONE_OUTSIDE:
            return premise.operand is True
        case Op.INCLUDES, Op.EMPTY:
            return part.operand is False
        case _:
            return False
