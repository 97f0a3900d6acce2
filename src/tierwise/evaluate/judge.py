"""A compiled control held against one resource at its tier interval: the verdict, and the parts that explain it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.evaluate.compiled import CompiledControl, Part
from tierwise.evaluate.truth import Truth
from tierwise.model.control import facts_in
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
    asked: tuple[str, ...] = ()
    """Facts of which those that are unknown keep an unknown verdict open."""
    tier_open: bool = False
    """The facts settle it at every tier, but not alike: only the tier is missing."""
    at_tier: Verdict | None = None
    """Where the interval is open: the verdict at the tier that would be printed."""

    def open_facts(self, facts: Facts) -> tuple[str, ...]:
        """Facts that keep an unknown verdict open."""
        return tuple(name for name in self.asked if isinstance(facts.get(name, NOT_COLLECTED), Unknown))


def verdict_of(compiled: CompiledControl, truth: Truth) -> Verdict:
    """The verdict that a rung's answer makes: what somebody attested is met, and never passed."""
    verdict = VERDICTS[truth]
    return Verdict.ATTESTED if compiled.attested and verdict is Verdict.PASS else verdict


def has_rung(compiled: CompiledControl, interval: TierInterval) -> bool:
    """Whether the control asks anything at the highest tier still possible."""
    return bool(compiled.rungs[interval.hi])


def judge(compiled: CompiledControl, facts: Facts, interval: TierInterval, printed: Tier) -> Judgement:
    """Judge one resource: a rung that passes at `hi` passes, one that fails at `lo` fails, anything else is unknown.

    Only call it where `has_rung`. No rung at `lo` counts as met there.
    """
    return judgement_of(compiled, compiled.answers(max(interval.hi, printed), facts), interval, printed)


def judgement_of(compiled: CompiledControl, answers: Sequence[Truth], interval: TierInterval, printed: Tier) -> Judgement:
    """The same, of what guard and parts say; equal answers have equal judgements."""
    at_hi = compiled.says(answers, interval.hi)
    if interval.settled:
        return _explain(compiled, answers, interval.hi, at_hi, None)
    at_printed = verdict_of(compiled, compiled.says(answers, printed) if compiled.rungs[printed] else Truth.TRUE)
    if at_hi in (Truth.TRUE, Truth.NOT_APPLICABLE):
        return _explain(compiled, answers, interval.hi, at_hi, at_printed)
    if compiled.rungs[interval.lo]:
        at_lo = compiled.says(answers, interval.lo)
        if at_lo is Truth.FALSE:
            return _explain(compiled, answers, interval.lo, at_lo, at_printed)
    found = _explain(compiled, answers, interval.hi, at_hi, at_printed)
    return Judgement(Verdict.UNKNOWN, interval.hi, found.parts, found.asked, at_hi is Truth.FALSE, at_printed)


def _explain(compiled: CompiledControl, answers: Sequence[Truth], tier: Tier, truth: Truth, at_tier: Verdict | None) -> Judgement:
    rung = compiled.rungs[tier]
    said = list(zip(rung, answers[1:], strict=False))
    match truth:
        case Truth.FALSE:
            wrong = tuple(part for part, says in said if says is Truth.FALSE)
            return Judgement(Verdict.FAIL, min(part.tier for part in wrong), wrong, at_tier=at_tier)
        case Truth.UNKNOWN:
            still_open = tuple(part for part, says in said if says is Truth.UNKNOWN)
            guard = sorted(facts_in(compiled.control.when)) if compiled.control.when else []
            asked = tuple(dict.fromkeys([*guard, *(name for part in still_open for name in part.facts)]))
            return Judgement(Verdict.UNKNOWN, tier, still_open or rung, asked, at_tier=at_tier)
        case _:
            applies = tuple(part for part, says in said if says is not Truth.NOT_APPLICABLE)
            return Judgement(verdict_of(compiled, truth), tier, applies or rung, at_tier=at_tier)
