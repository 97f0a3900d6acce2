"""Risk acceptances laid over findings: the verdict stays, who answers for it until when is shown beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import structs

from tierwise.evaluate.findings import fingerprint
from tierwise.model.acceptance import AcceptancePolicy, Fault, months_after
from tierwise.model.control import Control
from tierwise.model.fact import AnyFact, Known, NotApplicable, Provenance
from tierwise.model.finding import PROBLEMS, Acceptance, Finding, Findings
from tierwise.model.register import AcceptanceRule, matches_glob, names
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Tier

FACT: Final = "acceptance.faults"
_VIA: Final = Provenance("acceptances")
_UNNAMED: Final = NotApplicable("no acceptance names it", _VIA)
_WILD: Final = frozenset("*?")


def faults(rule: AcceptanceRule, tier: Tier, policy: AcceptancePolicy, today: date, *, danger: bool) -> frozenset[Fault]:
    """What is wrong with an acceptance of something at a tier; `danger`: of what is dangerous at any tier."""
    found: set[Fault] = set()
    if rule.expires < today:
        found.add(Fault.EXPIRED)
    elif rule.expires < today + timedelta(days=policy.soon_days):
        found.add(Fault.EXPIRES_SOON)
    began = rule.created or today
    if began > today or rule.expires > months_after(began, policy.months[tier]):
        found.add(Fault.TOO_LONG)
    if rule.created is None and tier >= Tier.T2:
        found.add(Fault.UNDATED)
    if rule.role is not None and rule.role < policy.approver[tier]:
        found.add(Fault.RANK)
    if rule.role is None and tier >= Tier.T2:
        found.add(Fault.RANK)
    if _broad(rule, tier):
        found.add(Fault.TOO_BROAD)
    if danger and tier is Tier.T4:
        found.add(Fault.NOT_ACCEPTABLE)
    return frozenset(found)


def _broad(rule: AcceptanceRule, tier: Tier) -> bool:
    """Patterns that say nothing are too broad anywhere, and at the highest tier any pattern is."""
    patterns = [one for one in (rule.control, rule.resource) if one]
    return any(not one.strip("*? ") or (tier is Tier.T4 and not _WILD.isdisjoint(one)) for one in patterns)


def in_force(rule: AcceptanceRule, tier: Tier, policy: AcceptancePolicy, today: date, *, danger: bool) -> bool:
    """Whether an acceptance counts: nothing is wrong with it but that it ends soon."""
    return faults(rule, tier, policy, today, danger=danger) <= {Fault.EXPIRES_SOON}


def accept(
    findings: Sequence[Finding],
    resources: Mapping[str, Resource],
    rules: Sequence[AcceptanceRule],
    policy: AcceptancePolicy,
    today: date,
) -> Findings:
    """The findings with the acceptances in force attached; what is wrong with the others changes nothing here, and OWN-06 tells it."""
    held = Findings.of(findings)
    return held.mapped(lambda one: _accepted(one, resources[one.resource], rules, policy, today)) if rules else held


def _accepted(finding: Finding, resource: Resource, rules: Sequence[AcceptanceRule], policy: AcceptancePolicy, today: date) -> Finding:
    if finding.verdict not in PROBLEMS:
        return finding
    for rule in rules:
        if speaks_of(rule, finding.control, resource) and in_force(rule, finding.tier, policy, today, danger=finding.danger):
            role = rule.role.word if rule.role is not None else ""
            acceptance = Acceptance(
                rule.reason, rule.owner, rule.approver, rule.expires.isoformat(), rule.file, role, rule.evidence, rule.ticket
            )
            return structs.replace(finding, accepted=acceptance)
    return finding


def speaks_of(rule: AcceptanceRule, control: str, resource: Resource) -> bool:
    """Whether an acceptance is about a control on a resource."""
    if not (rule.fingerprint or (rule.control and rule.resource)):
        return False
    if rule.control and not matches_glob(rule.control, control):
        return False
    if rule.resource and not names(rule.resource, resource):
        return False
    return not rule.fingerprint or rule.fingerprint == fingerprint(control, resource)


def fact_of(
    resource: Resource, tier: Tier, rules: Iterable[AcceptanceRule], controls: Sequence[Control], policy: AcceptancePolicy, today: date
) -> AnyFact:
    """The fact `acceptance.faults` of a resource, from the acceptances that name it and a control that may judge it."""
    named, found = False, set[str]()
    for rule in rules:
        if rule.resource and not names(rule.resource, resource):
            continue
        about = [one for one in controls if speaks_of(rule, one.id, resource)]
        if about:
            named = True
            wrong = faults(rule, tier, policy, today, danger=any(one.danger for one in about))
            found.update(f"{rule.file} {fault.value}" for fault in wrong)
    return Known(frozenset(found), _VIA) if named else _UNNAMED


def unused(findings: Findings, rules: Sequence[AcceptanceRule], resources: Mapping[str, Resource]) -> tuple[AcceptanceRule, ...]:
    """The acceptances that speak of nothing that fails or is unknown."""
    left = list(rules)
    for one in findings.problems:
        if not left:
            break
        left = [rule for rule in left if not speaks_of(rule, one.control, resources[one.resource])]
    return tuple(left)
