"""Findings grouped by the one change that closes them, and by cause for display; verdicts stay per control."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tierwise.model.control import Control
from tierwise.model.finding import Finding, Findings, Fix, Verdict


def entries(findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """Failed findings as shown: findings of one resource with one cause are one entry; worst first inside it."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in Findings.of(findings).problems:
        if finding.verdict is Verdict.FAIL:
            groups[finding.resource, finding.cause or finding.control].append(finding)
    return [tuple(sorted(group, key=lambda one: (-one.severity, one.control))) for group in groups.values()]


def fixes_of(findings: Sequence[Finding], controls: Mapping[str, Control]) -> tuple[Fix, ...]:
    """One entry per place of change and what is changed there (a cause, a setting, a control), most severe and widest first."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in Findings.of(findings).problems:
        if finding.verdict is Verdict.FAIL and not finding.accepted:
            groups[finding.fix_at, finding.cause or finding.setting or finding.control].append(finding)
    fixes = [_fix(place, group, controls) for (place, _), group in groups.items()]
    return tuple(sorted(fixes, key=lambda fix: (-fix.severity, -len(fix.findings), fix.control, fix.fix_at)))


def _fix(place: str, group: Sequence[Finding], controls: Mapping[str, Control]) -> Fix:
    first = max(group, key=lambda one: one.severity)
    control = controls.get(first.control)
    account_wide = control is not None and control.one_change and place.startswith("account ")
    owners = {one.owner for one in group if one.owner}
    return Fix(
        fix_at=place,
        control=first.control,
        title=first.title,
        remedy=control.one_change if control is not None and account_wide else first.remediation,
        findings=tuple(one.fingerprint for one in group),
        resources=tuple(dict.fromkeys(one.resource for one in group)),
        severity=first.severity,
        tiers=tuple(sorted({one.tier for one in group}, reverse=True)),
        owner=owners.pop() if len(owners) == 1 else "",
    )
