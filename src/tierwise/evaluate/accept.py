"""Risk acceptances laid over findings: the verdict stays, who answers for it until when is shown beside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import structs

from tierwise.evaluate.compiled import CompiledControl
from tierwise.evaluate.findings import fingerprint
from tierwise.evaluate.judge import has_rung, judge
from tierwise.model.acceptance import AcceptancePolicy, Fault, months_after
from tierwise.model.control import Control
from tierwise.model.fact import AnyFact, Facts, Known, NotApplicable, Provenance
from tierwise.model.finding import PROBLEMS, Acceptance, Finding, Findings
from tierwise.model.register import AcceptanceRule, matches_glob, names
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier

FACT: Final = "acceptance.faults"
_VIA: Final = Provenance("acceptances")
_UNNAMED: Final = NotApplicable("no acceptance names it", _VIA)
_WILD: Final = frozenset("*?")
_PARTS: Final = re.compile(r"[:/]")


def faults(rule: AcceptanceRule, tier: Tier, policy: AcceptancePolicy, today: date, *, danger: bool) -> frozenset[Fault]:
    """What is wrong with an acceptance of something at a tier; `danger`: of what is dangerous at any tier."""
    found: set[Fault] = set()
    if rule.expires < today:
        found.add(Fault.EXPIRED)
    elif rule.expires < today + timedelta(days=policy.soon_days):
        found.add(Fault.EXPIRES_SOON)
    began = rule.created or today
    if began > today:
        found.add(Fault.FUTURE)
    if rule.expires > months_after(began, policy.months[tier]):
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


def accept(
    findings: Sequence[Finding],
    resources: Mapping[str, Resource],
    rules: Sequence[AcceptanceRule],
    policy: AcceptancePolicy,
    today: date,
) -> Findings:
    """The findings with the acceptances in force attached; of the others each finding says why they are not, and OWN-06 tells it."""
    held = Findings.of(findings)
    return held.mapped(lambda one: _accepted(one, resources[one.resource], rules, policy, today)) if rules else held


def _accepted(finding: Finding, resource: Resource, rules: Sequence[AcceptanceRule], policy: AcceptancePolicy, today: date) -> Finding:
    if finding.verdict not in PROBLEMS:
        return finding
    lapsed = ""
    for rule in rules:
        if not speaks_of(rule, finding.control, resource):
            continue
        wrong = faults(rule, finding.tier, policy, today, danger=finding.danger) - {Fault.EXPIRES_SOON}
        if not wrong:
            return structs.replace(finding, accepted=_as_shown(rule))
        why = ", ".join(fault.words for fault in sorted(wrong))
        lapsed = f"{_as_shown(rule).by} accepted it until {rule.expires}, {_as_shown(rule).written}: not in force, as {why}"
    return structs.replace(finding, lapsed=lapsed) if lapsed else finding


def _as_shown(rule: AcceptanceRule) -> Acceptance:
    role = rule.role.word if rule.role is not None else ""
    expires = rule.expires.isoformat()
    return Acceptance(rule.reason, rule.owner, rule.approver, expires, rule.file, role, rule.evidence, rule.ticket, rule.merged)


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


def told_unused(
    judged: Iterable[tuple[Resource, Classification, Facts]],
    rules: Sequence[AcceptanceRule],
    due: Mapping[Kind, Sequence[CompiledControl]],
    unlisted: Collection[str] = (),
) -> Mapping[str, AnyFact]:
    """The fact `acceptance.faults` again, of resources that an acceptance names which accepts nothing that fails or is unknown anywhere.

    What a plan makes is not there yet, so that no acceptance is unused for it; one of the control that judges acceptances never is.
    One that names what is gone is told of by its account. `unlisted` are the accounts of which not all was listed.
    """
    named: dict[str, list[tuple[Resource, Facts]]] = {}
    used: set[str] = set()
    gone = _Gone(rules, due, unlisted)
    for resource, classification, facts in judged:
        fact = facts.get(FACT)
        gone.see(resource, facts)
        if fact is not None and not isinstance(fact, Known):
            continue
        for rule in rules:
            if rule.file in used or (rule.resource and not names(rule.resource, resource)):
                continue
            about = [one for one in due.get(resource.kind, ()) if speaks_of(rule, one.control.id, resource)]
            if any(FACT in one.facts[-1] or _problem(one, classification, facts) for one in about):
                used.add(rule.file)
            elif fact is not None and resource.address is None:
                named.setdefault(rule.file, []).append((resource, facts))
    named.update(gone.told())
    found: dict[str, AnyFact] = {}
    for file in named.keys() - used:
        for resource, facts in named[file]:
            before = found.get(resource.id, facts[FACT])
            held = before.value if isinstance(before, Known) and isinstance(before.value, frozenset) else frozenset()
            found[resource.id] = Known(held | {f"{file} {Fault.UNUSED.value}"}, _VIA)
    return found


class _Gone:
    """The acceptances of what is no longer there, as resources go by.

    Only where an id has the account in it, the account was scanned, others of the same sort were listed there, and no listing of it failed, is it known that nothing is there.
    """

    def __init__(self, rules: Sequence[AcceptanceRule], due: Mapping[Kind, Sequence[CompiledControl]], unlisted: Collection[str]) -> None:
        judged = {one.control.id for some in due.values() for one in some}
        asked = (one for one in rules if _WILD.isdisjoint(one.resource) and any(matches_glob(one.control, name) for name in judged))
        self._left = {one.file: one.resource for one in asked if _sort(one.resource)}
        """What they name, of those of which nothing has gone by."""
        self._listed: set[str] = set()
        self._accounts: dict[str, tuple[Resource, Facts]] = {}
        self._unlisted = unlisted

    def see(self, resource: Resource, facts: Facts) -> None:
        """One more resource."""
        if resource.kind is Kind.ACCOUNT and resource.address is None and resource.account not in self._unlisted:
            self._accounts[resource.account] = (resource, facts)
        for file, name in list(self._left.items()):
            if names(name, resource):
                del self._left[file]
            elif resource.id.startswith(_sort(name)):
                self._listed.add(file)

    def told(self) -> Mapping[str, list[tuple[Resource, Facts]]]:
        """Each with the account that tells of it."""
        there = (
            (file, set(_PARTS.split(_sort(name))) & self._accounts.keys()) for file, name in self._left.items() if file in self._listed
        )
        return {file: [self._accounts[one] for one in accounts] for file, accounts in there if accounts}


def _sort(name: str) -> str:
    """An id without its last part, which others of its sort have in common with it."""
    return name[: max(map(name.rfind, ":/")) + 1]


def _problem(compiled: CompiledControl, classification: Classification, facts: Facts) -> bool:
    interval = classification.interval
    return has_rung(compiled, interval) and judge(compiled, facts, interval, classification.tier).verdict in PROBLEMS


def unused(findings: Findings, rules: Sequence[AcceptanceRule], resources: Mapping[str, Resource]) -> tuple[AcceptanceRule, ...]:
    """The acceptances that speak of nothing that fails or is unknown."""
    left = list(rules)
    for one in findings.problems:
        if not left:
            break
        left = [rule for rule in left if not speaks_of(rule, one.control, resources[one.resource])]
    return tuple(left)
