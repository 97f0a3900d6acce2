"""What a plan leaves open until it is applied: the facts that keep verdicts unknown, and the live reads that will tell them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tierwise.model.change import LiveRead, Pending
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.finding import Finding, Findings, Verdict
from tierwise.model.resource import Resource

TAGS: Final = "tags"
_AFTER: Final = frozenset({UnknownReason.KNOWN_AFTER_APPLY.value, UnknownReason.UNRESOLVED_REFERENCE.value})
"""Reasons that end when the plan is applied, whichever read then tells."""
_ELSEWHERE: Final = frozenset({UnknownReason.NOT_COLLECTED.value, UnknownReason.OUT_OF_SCOPE.value})
"""Reasons that end where something outside the plan is read, if a read is declared for it."""


def pending_of(
    findings: Sequence[Finding], resources: Mapping[str, Resource], reads: Mapping[str, Mapping[str, tuple[LiveRead, ...]]]
) -> tuple[Pending, ...]:
    """One entry for each type, fact and reason, those that keep most verdicts open first; `reads` are the live reads by type and fact."""
    open_: dict[tuple[str, str, str], dict[str, dict[str, None]]] = {}
    for finding in Findings.of(findings).problems:
        if finding.verdict is not Verdict.UNKNOWN or (resource := resources[finding.resource]).address is None:
            continue
        for fact, reason in dict.fromkeys(_waits(finding, resource)):
            if reason in _AFTER or (reason in _ELSEWHERE and fact in reads.get(resource.type, {})):
                open_.setdefault((resource.type, fact, reason), {}).setdefault(resource.id, {})[finding.fingerprint] = None
    made = [
        Pending(
            kind, fact, reason, reads.get(kind, {}).get(fact, ()), tuple(held), tuple(one for prints in held.values() for one in prints)
        )
        for (kind, fact, reason), held in open_.items()
    ]
    return tuple(sorted(made, key=lambda one: (-len(one.findings), one.type, one.fact, one.reason)))


def _waits(finding: Finding, resource: Resource) -> Iterable[tuple[str, str]]:
    """What the finding waits for: a fact, or the tags where the tier is open."""
    for part in finding.unknowns:
        if part.reason == UnknownReason.TIER_UNDETERMINED.value:
            unread = resource.tags if isinstance(resource.tags, Unknown) else next(iter(resource.evidence.unread), None)
            if unread is not None:
                yield TAGS, unread.reason.value
        else:
            yield part.fact, part.reason
