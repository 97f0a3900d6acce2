"""Coverage: how much of what was due a scan has read, as a whole and by tier; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tierwise.model.coverage import Coverage
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import ANSWERED, ReadOutcome, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState

_FAILED: Final = frozenset({UnknownReason.PERMISSION_DENIED, UnknownReason.API_ERROR, UnknownReason.THROTTLED, UnknownReason.UNPARSABLE})
"""Why a read has no answer; other reasons are answers (what a plan leaves open) or nobody asked."""


def coverage_of(outcomes: Iterable[ReadOutcome], resources: Iterable[Resource], classifications: Mapping[str, Classification]) -> Coverage:
    """Coverage as a whole by what came of the reads, and by tier by the facts that rest on them."""
    whole = _answered(outcomes)
    return Coverage(whole, dict(_by_tier(resources, classifications, all_answered=whole == 1.0)))


def _answered(outcomes: Iterable[ReadOutcome]) -> float:
    """The share of reads and listings that got an answer (`not configured` is one); 1.0 where none was due."""
    due = answered = 0
    for outcome in outcomes:
        due += outcome.count
        answered += outcome.count if outcome.outcome in ANSWERED else 0
    return answered / due if due else 1.0


def _by_tier(
    resources: Iterable[Resource], classifications: Mapping[str, Classification], *, all_answered: bool
) -> Iterable[tuple[Tier, float]]:
    """A read is known by the provenance of its facts, which names its IAM action: one that left a fact unknown got no answer."""
    due, failed = dict.fromkeys(Tier, 0), dict.fromkeys(Tier, 0)
    if all_answered:
        found = {one.tier for one in classifications.values() if one.state is not TierState.ASSUMED}
        return [(tier, 1.0) for tier in Tier if tier in found]
    for resource in resources:
        one = classifications[resource.id]
        if one.state is TierState.ASSUMED:
            continue
        facts = [fact for fact in resource.facts.values() if fact.via.action]
        failed[one.tier] += len({fact.via for fact in facts if isinstance(fact, Unknown) and fact.reason in _FAILED})
        due[one.tier] += len({fact.via for fact in facts})
    return [(tier, 1 - failed[tier] / due[tier]) for tier in Tier if due[tier]]
