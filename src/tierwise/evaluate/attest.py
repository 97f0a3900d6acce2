"""How attested evidence stands for a dataset: facts like any other, so that one engine judges them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from tierwise.evaluate.compiled import CompiledControl
from tierwise.evaluate.truth import Truth
from tierwise.model.attestation import TOPICS, State, Statement
from tierwise.model.fact import UNLIMITED, AnyFact, Facts, Known, Provenance, Unknown, UnknownReason
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier
from tierwise.model.vocabulary import is_attested


@dataclass(frozen=True, slots=True)
class _Age:
    """How old what is attested is, between two numbers of days, and why."""

    lo: float
    hi: float
    state: State
    why: str

    @property
    def rank(self) -> tuple[float, int]:
        """Younger first; of what is not in force, ended before refused before nothing."""
        return (self.hi, _ORDER.index(self.state))


_ORDER: Final = (State.ATTESTED, State.STALE, State.REJECTED, State.MISSING)
_NOTHING: Final = _Age(UNLIMITED, UNLIMITED, State.MISSING, "no attestation names it")


def attested_facts(dataset: str, accounts: Collection[str], statements: Sequence[Statement], today: date) -> dict[str, AnyFact]:
    """All attested facts of a dataset that these accounts hold: the youngest attestation counts, of each group where it is of groups, and the worst of the groups and of the accounts."""
    found: dict[str, AnyFact] = {}
    for fact in TOPICS.values():
        said = [one for one in statements if fact in one.says]
        covering = ([one for one in said if one.covers(dataset, account)] for account in sorted(accounts) or [""])
        found[fact] = _fact(_one_of([_of_groups(some, today) for some in covering], worst=True))
    return found


def _of_groups(statements: Sequence[Statement], today: date) -> _Age:
    """What is attested of the members of one group says nothing of those of another."""
    groups: dict[str, list[_Age]] = {}
    for one in statements:
        groups.setdefault(one.group.casefold(), [_NOTHING]).append(_age(one, today))
    return _one_of([_one_of(ages, worst=False) for ages in groups.values()] or [_NOTHING], worst=True)


def _one_of(ages: Sequence[_Age], *, worst: bool) -> _Age:
    """The youngest of several, or the worst, as far as it is known."""
    choose = max if worst else min
    lo, hi = choose(one.lo for one in ages), choose(one.hi for one in ages)
    if lo < hi:
        return replace(next(one for one in ages if one.lo < one.hi), lo=lo, hi=hi)
    return choose((one for one in ages if one.hi == hi), key=lambda one: one.rank)


def _age(one: Statement, today: date) -> _Age:
    days = float((today - one.made).days)
    if one.refused or days < 0:
        return _Age(UNLIMITED, UNLIMITED, State.REJECTED, f"{one.written}, {one.refused or 'it is dated in the future'}")
    if one.expires is not None and one.expires < today:
        return _Age(UNLIMITED, UNLIMITED, State.STALE, f"{one.written}, it ended on {one.expires.isoformat()}")
    if one.unreadable:
        # What cannot be checked is neither in force nor refused.
        return _Age(days, UNLIMITED, State.ATTESTED, f"{one.written}, its evidence {one.unreadable} cannot be read")
    return _Age(days, days, State.ATTESTED, f"{one.written}, by {one.role} on {one.made.isoformat()}")


def _fact(age: _Age) -> AnyFact:
    via = Provenance(f"{age.state.value}: {age.why}")
    return Known(age.lo, via) if age.lo == age.hi else Unknown(UnknownReason.NOT_COLLECTED, via, age.why, (age.lo, age.hi))


def state_of(verdict: Verdict, named: Sequence[str], facts: Facts) -> State | None:
    """How what a finding rests on stands: of its attested facts the worst. None where it rests on none, or on what could not be checked."""
    if verdict is Verdict.ATTESTED:
        return State.ATTESTED
    # What fails although its evidence could not be read is too old whatever the evidence says.
    told = [State(fact.via.via.partition(":")[0]) for name in named if is_attested(name) and (fact := facts.get(name)) is not None]
    if verdict is not Verdict.FAIL or not told:
        return None
    # In force, and yet the rung is not met: too old for the tier.
    return max((State.STALE if one is State.ATTESTED else one for one in told), key=_ORDER.index)


def too_old(one: Statement, controls: Sequence[CompiledControl], today: date) -> tuple[Tier, ...]:
    """The tiers at which a control that asks for what is attested would call it stale; where it is one of several things that are asked, the others are taken to be there."""
    age, fresh = (Known(days, Provenance(one.written)) for days in (float((today - one.made).days), 0.0))
    facts: Facts = {fact: age if fact in one.says else fresh for fact in TOPICS.values()}
    return tuple(tier for tier in Tier if any(control.truth(tier, facts) is Truth.FALSE for control in _asking(one, controls, tier)))


def asked_at(one: Statement, controls: Sequence[CompiledControl]) -> tuple[Tier, ...]:
    """The tiers at which some control asks for what is attested."""
    return tuple(tier for tier in Tier if any(_asking(one, controls, tier)))


def _asking(one: Statement, controls: Sequence[CompiledControl], tier: Tier) -> list[CompiledControl]:
    return [control for control in controls if control.attested and not one.says.isdisjoint(control.facts[tier])]
