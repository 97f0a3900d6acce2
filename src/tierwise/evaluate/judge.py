"""A compiled control held against one resource at its tier interval: the verdict, and the parts that explain it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.evaluate.compiled import CompiledControl, Part, facts_in
from tierwise.evaluate.truth import Truth
from tierwise.model.fact import NOT_COLLECTED, Facts, Unknown
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier, TierInterval

VERDICTS = {
    Truth.TRUE: Verdict.PASS,
    Truth.FALSE: Verdict.FAIL,
    Truth.UNKNOWN: Verdict.UNKNOWN,
    Truth.NOT_APPLICABLE: Verdict.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what decided it."""

    verdict: Verdict
    tier: Tier
    """The tier of the rung that decided: the highest for a pass, the lowest failing one for a fail."""
    parts: tuple[Part, ...]
    """The conjuncts that are false (fail) or open (unknown); all that apply for a pass."""
    open_facts: tuple[str, ...] = ()
    """Facts that keep an unknown verdict open."""
    tier_open: bool = False
    """The facts settle it at every tier, but not alike: only the tier is missing."""
    at_tier: Verdict | None = None
    """Where the interval is open: the verdict at the tier that would be printed."""


def has_rung(compiled: CompiledControl, interval: TierInterval) -> bool:
    """Whether the control asks anything at the highest tier still possible."""
    return bool(compiled.rungs[interval.hi])


def judge(compiled: CompiledControl, facts: Facts, interval: TierInterval, printed: Tier) -> Judgement:
    """Judge one resource: a rung that passes at `hi` passes, one that fails at `lo` fails, anything else is unknown.

    Only call it where `has_rung`. No rung at `lo` counts as met there.
    """
    at_hi = compiled.truth(interval.hi, facts)
    if interval.settled:
        return _explain(compiled, facts, interval.hi, at_hi)
    at_printed = VERDICTS[compiled.truth(printed, facts)] if compiled.rungs[printed] else Verdict.PASS
    if at_hi in (Truth.TRUE, Truth.NOT_APPLICABLE):
        return _with(_explain(compiled, facts, interval.hi, at_hi), at_printed)
    if compiled.rungs[interval.lo]:
        at_lo = compiled.truth(interval.lo, facts)
        if at_lo is Truth.FALSE:
            return _with(_explain(compiled, facts, interval.lo, at_lo), at_printed)
    found = _explain(compiled, facts, interval.hi, at_hi)
    return Judgement(Verdict.UNKNOWN, interval.hi, found.parts, found.open_facts, tier_open=at_hi is Truth.FALSE, at_tier=at_printed)


def _with(judgement: Judgement, at_tier: Verdict) -> Judgement:
    return Judgement(judgement.verdict, judgement.tier, judgement.parts, judgement.open_facts, judgement.tier_open, at_tier)


def _explain(compiled: CompiledControl, facts: Facts, tier: Tier, truth: Truth) -> Judgement:
    rung = compiled.rungs[tier]
    match truth:
        case Truth.FALSE:
            wrong = tuple(part for part in rung if part.judge(facts) is Truth.FALSE)
            return Judgement(Verdict.FAIL, min(part.tier for part in wrong), wrong)
        case Truth.UNKNOWN:
            still_open = tuple(part for part in rung if part.judge(facts) is Truth.UNKNOWN)
            guard = sorted(facts_in(compiled.control.when)) if compiled.control.when else []
            return Judgement(Verdict.UNKNOWN, tier, still_open or rung, _open_facts(still_open, facts, guard))
        case _:
            applies = tuple(part for part in rung if part.judge(facts) is not Truth.NOT_APPLICABLE)
            return Judgement(VERDICTS[truth], tier, applies or rung)


def _open_facts(parts: Sequence[Part], facts: Facts, guard: Sequence[str]) -> tuple[str, ...]:
    named = [*guard, *(name for part in parts for name in part.facts)]
    return tuple(dict.fromkeys(name for name in named if isinstance(facts.get(name, NOT_COLLECTED), Unknown)))
