"""Risk acceptances laid over findings: the verdict stays, who answers for it until when is shown beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from tierwise.model.finding import PROBLEMS, Acceptance, Finding, Findings
from tierwise.model.register import AcceptanceRule, matches_glob, names
from tierwise.model.resource import Resource


def accept(findings: Sequence[Finding], resources: Mapping[str, Resource], rules: Sequence[AcceptanceRule], today: date) -> Findings:
    """The findings with unexpired acceptances attached; an expired one changes nothing."""
    live = [rule for rule in rules if rule.expires >= today]
    held = Findings.of(findings)
    return held.mapped(lambda finding: _accepted(finding, resources[finding.resource], live)) if live else held


def _accepted(finding: Finding, resource: Resource, rules: Sequence[AcceptanceRule]) -> Finding:
    if finding.verdict not in PROBLEMS:
        return finding
    for rule in rules:
        if _speaks_of(rule, finding, resource):
            acceptance = Acceptance(rule.reason, rule.owner, rule.approver, rule.expires.isoformat(), rule.file)
            return replace(finding, accepted=acceptance)
    return finding


def _speaks_of(rule: AcceptanceRule, finding: Finding, resource: Resource) -> bool:
    if not (rule.fingerprint or (rule.control and rule.resource)):
        return False
    if rule.fingerprint and rule.fingerprint != finding.fingerprint:
        return False
    if rule.control and not matches_glob(rule.control, finding.control):
        return False
    return not rule.resource or names(rule.resource, resource)
