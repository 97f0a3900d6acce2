"""Which values of a fact are better: the range that a fact leaves open, and whether what it guarantees has fallen."""

from __future__ import annotations

import math

from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown, Value
from tierwise.model.vocabulary import Better, FactSpec, FactType, rank


def ends(spec: FactSpec) -> tuple[Value, Value]:
    """The lowest and highest value of an ordered fact."""
    match spec.type:
        case FactType.ENUM:
            return spec.scale[0], spec.scale[-1]
        case FactType.BOOL:
            return False, True
        case FactType.INT | FactType.STRINGS:
            return 0, math.inf


def possible(spec: FactSpec, fact: AnyFact) -> tuple[Value, Value] | None:
    """The lowest and highest value that an ordered fact can still have; None where it does not apply."""
    match fact:
        case Known(value=value):
            return value, value
        case Unknown(between=between):
            return between or ends(spec)
        case NotApplicable():
            return None


def worst_and_best(spec: FactSpec, fact: AnyFact) -> tuple[float, float] | None:
    """The same as numbers that rise with what is better; None where it does not apply."""
    found = possible(spec, fact)
    if found is None:
        return None
    sign = -1 if spec.better is Better.LOW else 1
    worst, best = sorted(sign * rank(spec, end) for end in found)
    return worst, best


def has_fallen(spec: FactSpec, better: Better, before: AnyFact, after: AnyFact) -> bool:
    """Whether less is certain of a protection than before: its worst possible value is worse.

    `better` is the fact's own direction; of a set, `high` where its members are asked for, `low` where they are forbidden. What did not apply
    before, or does not apply now, has no worth to compare.
    """
    if isinstance(before, NotApplicable) or isinstance(after, NotApplicable) or better not in (Better.HIGH, Better.LOW):
        return False
    if spec.type is FactType.STRINGS:
        had, has = _certain(before), _certain(after)
        if better is Better.HIGH:
            return not had <= has
        return not has <= had or (isinstance(before, Known) and isinstance(after, Unknown))
    was, now = worst_and_best(spec, before), worst_and_best(spec, after)
    return was is not None and now is not None and now[0] < was[0]


def _certain(fact: Known[Value] | Unknown) -> frozenset[str]:
    if isinstance(fact, Unknown):
        return fact.includes
    return fact.value if isinstance(fact.value, frozenset) else frozenset()
