"""Controls compiled once per tier: the effective rung, a closure that judges it, and what explains its answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from tierwise.evaluate.compare import Judge, compile_compare
from tierwise.evaluate.predicate import PREDICATES
from tierwise.evaluate.truth import Truth, conjoin, disjoin
from tierwise.model.control import All, AnyOf, Compare, Control, Holds, Predicate, facts_in
from tierwise.model.fact import Facts
from tierwise.model.sensitivity import Tier
from tierwise.model.vocabulary import is_attested
from tierwise.model.words import describe, describe_part


def compile_predicate(predicate: Predicate) -> Judge:
    """A function from facts to a truth value; a fact that nobody read counts as unknown (not collected)."""
    match predicate:
        case Compare():
            return compile_compare(predicate)
        case Holds(name=name, args=args):
            named, arguments = PREDICATES[name], dict(args)
            return lambda facts: named(arguments, facts)
        case All(parts=parts):
            judges = tuple(compile_predicate(part) for part in parts)
            return lambda facts: conjoin(judge(facts) for judge in judges)
        case AnyOf(parts=parts):
            judges = tuple(compile_predicate(part) for part in parts)
            return lambda facts: disjoin(judge(facts) for judge in judges)
        case _:
            assert_never(predicate)


@dataclass(frozen=True, slots=True)
class Part:
    """One conjunct of an effective rung and the tier whose own rung brings it."""

    tier: Tier
    predicate: Predicate
    judge: Judge
    words: str
    """What it asks for, standing alone."""
    inner: str
    """What it asks for, as part of a longer sentence."""
    facts: tuple[str, ...]
    """The facts that it looks at."""


@dataclass(frozen=True, slots=True)
class CompiledControl:
    """A control ready to judge; `rungs[t]` are the conjuncts of tier t's effective rung, empty where it has none."""

    control: Control
    when: Judge | None
    rungs: tuple[tuple[Part, ...], ...]
    facts: tuple[frozenset[str], ...]
    """Per tier, the facts that the guard and the effective rung look at."""
    attested: bool = False
    """Whether it rests on attested evidence: meeting it is no pass."""

    def truth(self, tier: Tier, facts: Facts) -> Truth:
        """What the effective rung of a tier says, guard included."""
        return self.guarded(conjoin([part.judge(facts) for part in self.rungs[tier]]), facts)

    def guarded(self, body: Truth, facts: Facts) -> Truth:
        """What the rung, or a part of it, says under the control's guard."""
        return body if self.when is None else under(self.when(facts), body)

    def answers(self, tier: Tier, facts: Facts) -> tuple[Truth, ...]:
        """What the guard says, and each part of a tier's effective rung: all that a judgement at that tier or a lower one rests on."""
        guard = Truth.TRUE if self.when is None else self.when(facts)
        return (guard, *[part.judge(facts) for part in self.rungs[tier]])

    def says(self, answers: Sequence[Truth], tier: Tier) -> Truth:
        """What the rung of a tier says, of answers at that tier or a higher one, whose rung begins with it."""
        return under(answers[0], conjoin(answers[1 : 1 + len(self.rungs[tier])]))


def under(guard: Truth, body: Truth) -> Truth:
    """What a rung says under a guard."""
    match guard:
        case Truth.TRUE:
            return body
        case Truth.UNKNOWN:
            return Truth.UNKNOWN if body is not Truth.NOT_APPLICABLE else body
        case _:
            return Truth.NOT_APPLICABLE


def _conjuncts(predicate: Predicate) -> Iterable[Predicate]:
    return predicate.parts if isinstance(predicate, All) else (predicate,)


def _part(tier: Tier, predicate: Predicate) -> Part:
    facts = tuple(dict.fromkeys(facts_in(predicate)))
    return Part(tier, predicate, compile_predicate(predicate), describe(predicate), describe_part(predicate), facts)


def compile_control(control: Control) -> CompiledControl:
    """Compile a control with the profile's extras; a higher tier's rung contains every lower one by construction."""
    guard_facts = frozenset(facts_in(control.when)) if control.when else frozenset[str]()
    parts: list[Part] = []
    rungs: list[tuple[Part, ...]] = []
    needs: list[frozenset[str]] = []
    for tier in Tier:
        own = [control.ladder[tier]] if tier in control.ladder else []
        for predicate in (*own, *control.extra.get(tier, ())):
            parts.extend(_part(tier, conjunct) for conjunct in _conjuncts(predicate))
        rungs.append(tuple(parts))
        named = frozenset(name for part in parts for name in part.facts)
        needs.append(named | guard_facts if parts else frozenset())
    when = compile_predicate(control.when) if control.when else None
    return CompiledControl(control, when, tuple(rungs), tuple(needs), any(map(is_attested, needs[-1])))
