"""What a plan means for a resource, from its judgement before and after: facts that fall, a tier that moves, data that goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tierwise.evaluate.compiled import CompiledControl, Part
from tierwise.evaluate.origin import Past
from tierwise.evaluate.render import render_fact
from tierwise.evaluate.truth import Truth
from tierwise.model.change import Action, Change, PlanChange, Recoverable, RungChange, TierMove, Weakening
from tierwise.model.control import All, AnyOf, Compare, Op, Predicate
from tierwise.model.direction import has_fallen
from tierwise.model.fact import NOT_COLLECTED, Facts, NotApplicable
from tierwise.model.resource import HELD, Kind, Resource
from tierwise.model.sensitivity import Classification
from tierwise.model.vocabulary import Better, FactType, facts_of, spec_of

NO_RUNG: Final = "no rung"
_OF_THE_TIER: Final = frozenset({"tags.missing", "acceptance.faults"})
"""Facts that are counted against what the tier asks for."""
_LOST_WITH: Final = HELD | {Kind.KEY}
"""Kinds with which data goes: what holds it, and the key without which it cannot be read."""
_RECOVERABLE: Final = (
    "recovery.delete_protected",
    "recovery.backup_covered",
    "recovery.backup_isolation",
    "retention.backup_days",
    "recovery.point_in_time",
    "recovery.soft_delete_days",
    "immutability.mode",
    "retention.legal_hold",
    "key.deletion_window_days",
    "key.purge_protected",
)
"""What says whether data can be got back, or is kept from going at all."""


def directions(controls: Sequence[CompiledControl]) -> Mapping[str, Better]:
    """Which way each set is better, as the rungs say: a set of which members are asked for, or one of which members are forbidden."""
    found: dict[str, Better] = {}
    for compiled in controls:
        for part in compiled.rungs[-1]:
            for compare in _compares(part.predicate):
                if compare.op is Op.INCLUDES or (compare.op is Op.EMPTY and not compare.operand):
                    found.setdefault(compare.fact, Better.HIGH)
                elif compare.op in (Op.NONE_OUTSIDE, Op.EMPTY):
                    found.setdefault(compare.fact, Better.LOW)
    return found


def _compares(predicate: Predicate) -> Iterator[Compare]:
    match predicate:
        case Compare():
            yield predicate
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _compares(part)
        case _:
            return


def fallen(kind: Kind, before: Facts, after: Facts, sets: Mapping[str, Better], *, rises: bool) -> frozenset[str]:
    """The facts of which less is certain after than before, in their own direction (of a set: in that of the rungs).

    `rises`: the tier does, and what the tier alone asks more of has not fallen.
    """
    return frozenset(
        spec.name
        for spec in facts_of(kind)
        if spec.name in before
        and not (rises and spec.name in _OF_THE_TIER)
        and before[spec.name] is not after.get(spec.name)
        and has_fallen(
            spec,
            sets.get(spec.name, Better.NEUTRAL) if spec.type is FactType.STRINGS else spec.better,
            before[spec.name],
            after.get(spec.name, NOT_COLLECTED),
        )
    )


def _change(
    change: Change | None, past: Past, facts: Facts, classification: Classification, due: Sequence[CompiledControl]
) -> PlanChange | None:
    """What the plan means for a resource that is there before and after; None where there is nothing to say."""
    made = PlanChange(
        resource=past.resource.id,
        action=change.action if change is not None else Action.KEEP,
        previous_address=change.previous_address if change is not None else "",
        detail=change.detail if change is not None else "",
        weakened=tuple(_weakenings(past, facts, classification, due)),
        tier=_move(past, facts, classification, due),
        parts=change.parts if change is not None else (),
        loses=_loses(past, change),
    )
    told = made.weakened or made.tier or made.loses is not None or made.previous_address or made.action is Action.FORGET
    return made if told else None


def _gone(change: Change | None, past: Past) -> PlanChange | None:
    """What it means that a resource goes; None where no data goes with it."""
    loses = _loses(past, change)
    if change is None or loses is None:
        return None
    return PlanChange(change.resource, change.action, change.previous_address, change.detail, loses=loses)


def _loses(past: Past, change: Change | None) -> tuple[Recoverable, ...] | None:
    if change is None or not change.destroys or past.resource.kind not in _LOST_WITH:
        return None
    told = ((name, past.facts.get(name, NOT_COLLECTED)) for name in _RECOVERABLE if past.resource.kind in spec_of(name).kinds)
    return tuple(Recoverable(name, render_fact(fact)) for name, fact in told if not isinstance(fact, NotApplicable))


def _weakenings(past: Past, facts: Facts, classification: Classification, due: Sequence[CompiledControl]) -> Iterator[Weakening]:
    for name in sorted(past.fallen):
        before, after = past.facts[name], facts.get(name, NOT_COLLECTED)
        rungs = [
            RungChange(compiled.control.id, part.tier, part.words, _says(compiled, part, past.facts), _says(compiled, part, facts))
            for compiled in due
            for part in compiled.rungs[classification.interval.hi]
            if name in part.facts
        ]
        because = past.deeds.behind(past.resource, before, after)
        yield Weakening(name, render_fact(before), render_fact(after), after.via.via, because, tuple(rungs))


def _move(past: Past, facts: Facts, now: Classification, due: Sequence[CompiledControl]) -> TierMove | None:
    was = past.classification
    if (was.tier, was.declared) == (now.tier, now.declared):
        return None
    rungs: list[RungChange] = []
    for compiled in due:
        had, has = compiled.rungs[was.tier], compiled.rungs[now.tier]
        # A higher tier's rung begins with all of a lower one's.
        rungs += [RungChange(compiled.control.id, part.tier, part.words, NO_RUNG, _says(compiled, part, facts)) for part in has[len(had) :]]
        rungs += [
            RungChange(compiled.control.id, part.tier, part.words, _says(compiled, part, past.facts), NO_RUNG) for part in had[len(has) :]
        ]
    because = next((step.because for step in now.trace if step.tier == now.tier), "")
    return TierMove(was.tier, now.tier, was.declared, now.declared, because, tuple(rungs))


_WORDS: Final = {Truth.TRUE: "pass", Truth.FALSE: "fail", Truth.UNKNOWN: "unknown", Truth.NOT_APPLICABLE: "not-applicable"}


def _says(compiled: CompiledControl, part: Part, facts: Facts) -> str:
    """What one part of a rung says, under the control's guard."""
    return _WORDS[compiled.guarded(part.judge(facts), facts)]


def plan_changes(
    changes: Mapping[str, Change],
    pasts: Mapping[str, Past],
    resources: Mapping[str, Resource],
    classifications: Mapping[str, Classification],
    due: Mapping[Kind, Sequence[CompiledControl]],
) -> tuple[PlanChange, ...]:
    """What a plan means for all that is there before it: first what it breaks, then what goes with data in it, then by tier."""
    found: list[PlanChange] = []
    for key, past in pasts.items():
        change = changes.get(key)
        if key in resources:
            made = _change(change, past, resources[key].facts, classifications[key], due.get(past.resource.kind, ()))
        else:
            made = _gone(change, past)
        if made is not None:
            found.append(made)

    def rank(one: PlanChange) -> tuple[bool, bool, bool, int, str]:
        rungs = [*(rung for weak in one.weakened for rung in weak.rungs), *(one.tier.rungs if one.tier else ())]
        breaks = any(rung.after == "fail" for rung in rungs)
        return not breaks, one.loses is None, not one.weakened, -pasts[one.resource].classification.tier, one.resource

    return tuple(sorted(found, key=rank))
