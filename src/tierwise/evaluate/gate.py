"""The gate: what blocks, what only advises, and whether the scan saw enough to say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fnmatch import fnmatchcase

from tierwise.model.control import Severity
from tierwise.model.finding import Finding, Gate, Verdict
from tierwise.model.profile import GatePolicy, Profile
from tierwise.model.resource import Gap, ReadOutcome


def coverage_of(outcomes: Iterable[ReadOutcome]) -> float:
    """The share of reads and listings that were due and got an answer (`not configured` is one); 1.0 where none was due."""
    due = answered = 0
    for outcome in outcomes:
        due += outcome.count
        answered += outcome.count if outcome.outcome in {"ok", "absent"} else 0
    return answered / due if due else 1.0


def expected_gap(gap: Gap, profile: Profile, today: date) -> bool:
    """Whether the profile declares the gap, with a reason that has not expired."""
    name = f"{gap.account}/{gap.region}/{gap.service}"
    return any(fnmatchcase(name, pattern) and date.fromisoformat(expires) >= today for pattern, _because, expires in profile.expected_gaps)


def decide(findings: Sequence[Finding], gaps: Sequence[Gap], coverage: float, policy: GatePolicy) -> Gate:
    """Failed where something may and does block; else incomplete where too little was read; else passed."""
    would = [finding.fingerprint for finding in findings if blocks(finding, policy)]
    reasons: list[str] = []
    if policy.mode == "new":
        there = sum(1 for finding in findings if not finding.introduced and would_block(finding, policy))
        if there:
            reasons.append(
                f"{there} finding(s) at {policy.fail_on.word} or above were there already and only advise (--fail-on blocks on them)"
            )
    unexpected = [gap for gap in gaps if not gap.expected]
    if unexpected:
        places = sorted({f"{gap.service} in {gap.account}/{gap.region or 'global'}" for gap in unexpected})
        reasons.append(f"{len(unexpected)} listing(s) failed: {', '.join(places[:5])}{' ...' if len(places) > 5 else ''}")
    if coverage < policy.min_coverage:
        reasons.append(f"coverage {coverage:.1%} is under the profile's {policy.min_coverage:.0%}")
    if would and policy.mode in {"new", "full"}:
        bar = f"{len(would)} finding(s) at {policy.fail_on.word} or above"
        return Gate("failed", policy.mode, policy.fail_on, tuple(would), (bar, *reasons))
    if would:
        reasons.append(f"observe mode: {len(would)} finding(s) would block")
    incomplete = bool(unexpected) or coverage < policy.min_coverage
    return Gate("incomplete" if incomplete else "passed", policy.mode, policy.fail_on, tuple(would), tuple(reasons))


def blocks(finding: Finding, policy: GatePolicy) -> bool:
    """Whether a finding may block: never on an assumed tier, never where accepted; unknown only where the profile says so."""
    return (policy.mode != "new" or finding.introduced) and would_block(finding, policy)


def would_block(finding: Finding, policy: GatePolicy) -> bool:
    """The same without regard to who brought it."""
    if finding.assumed or finding.accepted or finding.severity < policy.fail_on:
        return False
    if finding.verdict is Verdict.FAIL:
        return True
    if finding.verdict is not Verdict.UNKNOWN or policy.unknown_from is None or finding.tier < policy.unknown_from:
        return False
    return any(part.action for part in finding.unknowns)


def with_bar(policy: GatePolicy, fail_on: Severity | None, mode: str | None) -> GatePolicy:
    """The policy with the command line's bar and mode over the profile's."""
    return GatePolicy(mode or policy.mode, policy.fail_on if fail_on is None else fail_on, policy.unknown_from, policy.min_coverage)
