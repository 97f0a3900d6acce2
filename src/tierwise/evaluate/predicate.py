"""Named pure predicates over several facts, for what a comparison with a constant cannot say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tierwise.evaluate.truth import Truth
from tierwise.model.fact import NOT_COLLECTED, UNLIMITED, AnyFact, Facts, Known, Unknown
from tierwise.model.vocabulary import rank, spec_of


def _bounds(name: str, fact: AnyFact) -> tuple[float, float] | None:
    match fact:
        case Known(value=value):
            at = rank(spec_of(name), value)
            return at, at
        case Unknown(between=(lo, hi)):
            return rank(spec_of(name), lo), rank(spec_of(name), hi)
        case Unknown():
            return 0.0, UNLIMITED
        case _:
            return None


def _may_not_apply(name: str, fact: AnyFact) -> bool:
    """Whether an unknown fact may turn out not to apply: nothing that is known of the other one settles the predicate then."""
    return isinstance(fact, Unknown) and fact.between is None and spec_of(name).na


def within(args: Mapping[str, str | int], facts: Facts) -> Truth:
    """`fact` is at most `times` x `of` + `plus`; both are numbers of the same unit, never negative."""
    name, limit = str(args["fact"]), str(args["of"])
    left = _bounds(name, facts.get(name, NOT_COLLECTED))
    right = _bounds(limit, facts.get(limit, NOT_COLLECTED))
    if left is None or right is None:
        return Truth.NOT_APPLICABLE
    if _may_not_apply(name, facts.get(name, NOT_COLLECTED)) or _may_not_apply(limit, facts.get(limit, NOT_COLLECTED)):
        return Truth.UNKNOWN
    times, plus = int(args.get("times", 1)), int(args.get("plus", 0))
    lowest, highest = (times * bound + plus for bound in right)
    if left[1] <= lowest:
        return Truth.TRUE
    return Truth.FALSE if left[0] > highest else Truth.UNKNOWN


PREDICATES: Final[Mapping[str, Callable[[Mapping[str, str | int], Facts], Truth]]] = {"within": within}
