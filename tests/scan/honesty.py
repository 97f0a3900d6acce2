"""What a failing read may change in a scan, and what it must not: compares a scan with the one in which everything was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.finding import Finding, ScanResult, Verdict
from tierwise.model.vocabulary import FactType, rank, spec_of

SETTLED = (Verdict.PASS, Verdict.FAIL)


def by_pair(result: ScanResult) -> dict[tuple[str, str], Finding]:
    """Findings by control and resource."""
    return {(one.control, one.resource): one for one in result.findings}


_BEFORE: dict[int, tuple[ScanResult, dict[tuple[str, str], Finding]]] = {}


def _before(whole: ScanResult) -> dict[tuple[str, str], Finding]:
    """The same of a scan that many are held against: findings are made as they are walked."""
    kept = _BEFORE.get(id(whole))
    if kept is None or kept[0] is not whole:
        kept = _BEFORE[id(whole)] = (whole, by_pair(whole))
    return kept[1]


def flips(whole: ScanResult, partial: ScanResult, after: dict[tuple[str, str], Finding]) -> Iterator[str]:
    """Verdicts that say something else than they did, where they may only become unknown, or go with their resource."""
    before = _before(whole)
    left = {resource.id for resource in partial.resources}
    for pair, was in before.items():
        now = after.get(pair)
        if now is None:
            if was.resource in left:
                yield f"{_name(pair)}: was {was.verdict}, is not judged any more"
        elif now.verdict is not was.verdict and now.verdict is not Verdict.UNKNOWN and not _applies_above(was, now, partial):
            yield f"{_name(pair)}: was {was.verdict}, is {now.verdict}"
    for pair, now in after.items():
        # An open tier may bring a rung of a higher tier: it may be met or open, and fails only where it failed before.
        if pair not in before and now.verdict is Verdict.FAIL:
            yield f"{_name(pair)}: was not judged, is fail"
    known = {one.id for one in whole.resources}
    yield from (f"{one.id} is new" for one in partial.resources if one.id not in known)


def _applies_above(was: Finding, now: Finding, partial: ScanResult) -> bool:
    """Whether what did not apply is met now because a tier that has become possible asks for more that does apply."""
    still_open = not partial.classifications[now.resource].interval.settled
    return was.verdict is Verdict.NOT_APPLICABLE and now.verdict is Verdict.PASS and still_open


def unnamed(whole: ScanResult, partial: ScanResult, after: dict[tuple[str, str], Finding], actions: frozenset[str]) -> Iterator[str]:
    """What became unknown without naming the denied action, and resources that went without a gap that names it."""
    before = _before(whole)
    for pair, now in after.items():
        was = before.get(pair)
        if was is not None and was.verdict is not now.verdict and now.verdict is Verdict.UNKNOWN:
            named = {part.action for part in now.unknowns}
            if not named & actions:
                yield f"{_name(pair)}: was {was.verdict}, is unknown because of {[(p.fact, p.reason, p.action) for p in now.unknowns]}"
    gone = {one.id for one in whole.resources} - {one.id for one in partial.resources}
    if gone and not actions & {gap.action for gap in partial.gaps}:
        yield f"{len(gone)} resources are gone without a gap, e.g. {min(gone)}"


def moved_tiers(whole: ScanResult, partial: ScanResult) -> Iterator[str]:
    """Tiers whose interval no longer holds what it held."""
    for key, now in partial.classifications.items():
        was = whole.classifications.get(key)
        if was is not None and not (now.interval.lo <= was.interval.lo and was.interval.hi <= now.interval.hi):
            yield f"{key}: was {was.interval.lo.name}..{was.interval.hi.name}, is {now.interval.lo.name}..{now.interval.hi.name}"


def changed_facts(whole: ScanResult, partial: ScanResult) -> Iterator[str]:
    """Facts that say something else than they did, or whose stated bounds leave out what they were."""
    facts = {one.id: one.facts for one in whole.resources}
    for resource in partial.resources:
        for name, now in resource.facts.items():
            was = facts.get(resource.id, {}).get(name)
            if was is not None and was != now and not consistent(name, was, now):
                yield f"{resource.id} {name}: was {_said(was)}, is {_said(now)}"


def unnamed_facts(whole: ScanResult, partial: ScanResult, actions: frozenset[str]) -> Iterator[str]:
    """Facts that became unknown without naming the denied action."""
    facts = {one.id: one.facts for one in whole.resources}
    for resource in partial.resources:
        waits = actions & set(partial.classifications[resource.id].unread)
        for name, now in resource.facts.items():
            was = facts.get(resource.id, {}).get(name)
            if not isinstance(now, Unknown) or was is None or isinstance(was, Unknown) or now.via.action in actions:
                continue
            if now.reason is not UnknownReason.TIER_UNDETERMINED or not waits:
                yield f"{resource.id} {name}: was {_said(was)}, is {_said(now)} by {now.via}"


def consistent(name: str, was: AnyFact, now: AnyFact) -> bool:
    """Whether a fact with less read agrees with the fact with all read."""
    match was, now:
        case (Unknown(), _):
            return True
        case (NotApplicable(), NotApplicable()):
            return True
        case (Known(value=one), Known(value=other)):
            return one == other
        case (NotApplicable(), Unknown()):
            return True
        case (Known(value=value), Unknown(between=between, includes=includes)):
            spec = spec_of(name)
            if spec.type is FactType.STRINGS:
                return isinstance(value, frozenset) and includes <= value
            return between is None or rank(spec, between[0]) <= rank(spec, value) <= rank(spec, between[1])
        case _:
            return False


def all_violations(whole: ScanResult, partial: ScanResult, actions: frozenset[str]) -> list[str]:
    """Everything that a failing read did and may not do."""
    after = by_pair(partial)
    found: list[Iterable[str]] = [
        (f"verdict {line}" for line in flips(whole, partial, after)),
        (f"silent {line}" for line in unnamed(whole, partial, after, actions)),
        (f"tier {line}" for line in moved_tiers(whole, partial)),
        (f"fact {line}" for line in changed_facts(whole, partial)),
        (f"silent fact {line}" for line in unnamed_facts(whole, partial, actions)),
    ]
    return [line for lines in found for line in lines]


def _name(pair: tuple[str, str]) -> str:
    return f"{pair[0]} on {pair[1]}"


def _said(fact: AnyFact) -> str:
    match fact:
        case Known(value=value):
            return repr(value)
        case Unknown(reason=reason, between=between, includes=includes):
            return f"unknown ({reason}, {between}, {set(includes)})"
        case NotApplicable(because=because):
            return f"not applicable ({because})"
