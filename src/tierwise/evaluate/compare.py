"""The eight operators over one fact, each evaluated over all values that are still possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from tierwise.evaluate.truth import Truth
from tierwise.model.control import Compare, Op
from tierwise.model.fact import NOT_COLLECTED, Facts, Known, NotApplicable, Unknown, Value
from tierwise.model.vocabulary import FactSpec, FactType, rank, spec_of

Judge = Callable[[Facts], Truth]


def compile_compare(compare: Compare) -> Judge:
    """A function from facts to a truth value; a fact that nobody read is unknown. KeyError for a fact outside the vocabulary."""
    name, spec = compare.fact, spec_of(compare.fact)
    holds = _holds(compare, spec)

    def test(facts: Facts) -> Truth:
        fact = facts.get(name, NOT_COLLECTED)
        match fact:
            case Known(value=value):
                return Truth.TRUE if holds(value) else Truth.FALSE
            case Unknown():
                return _over_possible(compare, spec, fact)
            case NotApplicable():
                return Truth.NOT_APPLICABLE
            case _:
                assert_never(fact)

    return test


def _members(operand: Value) -> frozenset[str]:
    return operand if isinstance(operand, frozenset) else frozenset({str(operand)})


def _holds(compare: Compare, spec: FactSpec) -> Callable[[Value], bool]:
    operand = compare.operand
    match compare.op:
        case Op.IS:
            return lambda value: value == operand
        case Op.IS_NOT:
            return lambda value: value != operand
        case Op.AT_LEAST:
            floor = rank(spec, operand)
            return lambda value: rank(spec, value) >= floor
        case Op.AT_MOST:
            ceiling = rank(spec, operand)
            return lambda value: rank(spec, value) <= ceiling
        case Op.ONE_OF:
            words = _members(operand)
            return lambda value: str(value) in words
        case Op.NONE_OUTSIDE:
            allowed = _members(operand)
            return lambda value: _members(value) <= allowed
        case Op.INCLUDES:
            wanted = _members(operand)
            return lambda value: wanted <= _members(value)
        case Op.EMPTY:
            return lambda value: (not value) is bool(operand)
        case _:
            assert_never(compare.op)


def _over_possible(compare: Compare, spec: FactSpec, fact: Unknown) -> Truth:
    if spec.type is FactType.STRINGS:
        return _over_sets(compare, fact.includes)
    if fact.between is None:
        return Truth.UNKNOWN
    lo, hi = rank(spec, fact.between[0]), rank(spec, fact.between[1])
    match compare.op:
        case Op.AT_LEAST:
            floor = rank(spec, compare.operand)
            return Truth.TRUE if lo >= floor else Truth.FALSE if hi < floor else Truth.UNKNOWN
        case Op.AT_MOST:
            ceiling = rank(spec, compare.operand)
            return Truth.TRUE if hi <= ceiling else Truth.FALSE if lo > ceiling else Truth.UNKNOWN
        case Op.IS | Op.IS_NOT:
            at = rank(spec, compare.operand)
            inside, exact = lo <= at <= hi, lo == at == hi
            if compare.op is Op.IS:
                return Truth.TRUE if exact else Truth.UNKNOWN if inside else Truth.FALSE
            return Truth.FALSE if exact else Truth.UNKNOWN if inside else Truth.TRUE
        case Op.ONE_OF if spec.type is FactType.ENUM:
            possible = set(spec.scale[int(lo) : int(hi) + 1])
            words = _members(compare.operand)
            return Truth.TRUE if possible <= words else Truth.UNKNOWN if possible & words else Truth.FALSE
        case _:
            return Truth.UNKNOWN


def _over_sets(compare: Compare, certain: frozenset[str]) -> Truth:
    match compare.op:
        case Op.INCLUDES if _members(compare.operand) <= certain:
            return Truth.TRUE
        case Op.NONE_OUTSIDE if not certain <= _members(compare.operand):
            return Truth.FALSE
        case Op.EMPTY if certain:
            return Truth.FALSE if compare.operand else Truth.TRUE
        case _:
            return Truth.UNKNOWN
