"""Judgements turned into findings: who, what was expected, what was read, why this bar applies, and what would settle it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from tierwise.evaluate.compiled import CompiledControl, Part
from tierwise.evaluate.judge import Judgement, has_rung, judge
from tierwise.evaluate.origin import Origin, Past, origin_of, unchanged
from tierwise.evaluate.render import render_fact
from tierwise.model.control import Severity
from tierwise.model.fact import NOT_COLLECTED, Facts, Known, Unknown, UnknownReason
from tierwise.model.finding import Actual, Finding, UnknownPart, Verdict
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification, Tier, TierState


def fingerprint(control: str, resource: Resource) -> str:
    """Stable over runs: control and canonical identity (the address for a plan), never a line number or message."""
    identity: tuple[str, ...]
    if resource.address is not None:
        identity = ("plan", resource.id)
    else:
        identity = (resource.provider, resource.account, resource.region, resource.type, resource.id)
    return hashlib.sha256("\x1f".join((control, *identity)).encode()).hexdigest()[:20]


def findings_of(
    controls: Sequence[CompiledControl], resource: Resource, facts: Facts, classification: Classification, past: Past | None = None
) -> Iterator[Finding]:
    """All verdicts on one resource, in the controls' order; controls without a rung at its tier yield nothing.

    `past` is the resource before a plan that makes another of it.
    """
    stays = unchanged(resource)
    for compiled in controls:
        if resource.kind in compiled.control.applies_to and has_rung(compiled, classification.interval):
            judgement = judge(compiled, facts, classification.interval, classification.tier)
            origin = stays(judgement.verdict) if past is None else origin_of(compiled, judgement, facts, classification, past)
            yield _finding(compiled, resource, facts, classification, judgement, origin)


def _finding(
    compiled: CompiledControl, resource: Resource, facts: Facts, classification: Classification, judgement: Judgement, origin: Origin
) -> Finding:
    control = compiled.control
    tier = classification.tier
    severity = control.severity.get(tier) or control.severity.get(judgement.tier) or min(control.severity.values(), default=Severity.INFO)
    named = _named(judgement.parts)
    dialect = "terraform" if resource.address is not None else resource.provider
    return Finding(
        fingerprint=fingerprint(control.id, resource),
        control=control.id,
        title=control.title,
        family=control.family,
        verdict=judgement.verdict,
        severity=severity,
        tier=tier,
        resource=resource.id,
        expected=_expected(judgement.parts),
        actual=tuple(Actual(name, render_fact(facts.get(name, NOT_COLLECTED)), facts.get(name, NOT_COLLECTED).via.via) for name in named),
        unknowns=_unknowns(judgement, facts, classification),
        why=_why(judgement, classification, control.rationale),
        at_assumed=judgement.at_tier,
        owner=classification.owner,
        cause=control.cause,
        fix_at=fix_at(control.one_change, resource),
        remediation=control.remediation.get(dialect, ""),
        danger=control.danger,
        assumed=classification.state is TierState.ASSUMED,
        introduced=origin.introduced,
        before=origin.before,
        brought_by=origin.brought_by,
        setting=_setting(named, facts),
    )


def _setting(named: Sequence[str], facts: Facts) -> str:
    found = {facts[name].via.via for name in named if name in facts and isinstance(facts[name], Known)}
    return found.pop() if len(found) == 1 else ""


def fix_at(one_change: str, resource: Resource) -> str:
    """The one place where the change is made: the block or stack that the resource is made from, or its account."""
    if resource.address is not None:
        return resource.address.split("[", 1)[0] if "module." not in resource.address else _without_indexes(resource.address)
    if one_change:
        return f"account {resource.account}"
    tags = resource.tags.value if isinstance(resource.tags, Known) else {}
    stack = tags.get("aws:cloudformation:stack-name")
    return f"stack {stack} in {resource.account}/{resource.region}" if stack else resource.id


def _without_indexes(address: str) -> str:
    out, depth, quoted = [], 0, False
    for char in address:
        if char == '"' and depth:
            quoted = not quoted
        elif not quoted and char in "[]":
            depth += 1 if char == "[" else -1
        elif not depth:
            out.append(char)
    return "".join(out)


def _named(parts: Sequence[Part]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part.facts))


def _expected(parts: Sequence[Part]) -> str:
    return parts[0].words if len(parts) == 1 else " and ".join(part.inner for part in parts)


def _unknowns(judgement: Judgement, facts: Facts, classification: Classification) -> tuple[UnknownPart, ...]:
    if judgement.verdict is not Verdict.UNKNOWN:
        return ()
    found: list[UnknownPart] = []
    for name in judgement.open_facts:
        fact = facts.get(name, NOT_COLLECTED)
        if isinstance(fact, Unknown):
            # What waits for the tier is settled by whatever settles the tier.
            waits = fact.reason is UnknownReason.TIER_UNDETERMINED and not fact.via.action
            actions = classification.unread if waits else ()
            found += [UnknownPart(name, fact.reason.value, fact.via.via, action, fact.detail) for action in actions or (fact.via.action,)]
    if judgement.at_tier is not None and (judgement.at_tier is not Verdict.UNKNOWN or not found):
        interval = classification.interval
        between = f"the tier lies between {interval.lo.label} and {interval.hi.label}"
        for action in classification.unread or ("",):
            found.append(UnknownPart("tier", UnknownReason.TIER_UNDETERMINED.value, "classification", action, between))
    return tuple(found)


_STATE_WORDS = {
    TierState.DECLARED: "its declaration says so",
    TierState.REGISTERED: "the asset register says so",
    TierState.INFERRED: "the evidence says so",
    TierState.INHERITED: "it inherits the tier of what it holds or serves",
    TierState.ASSUMED: "nothing is known of it and the profile assumes so",
}


def _why(judgement: Judgement, classification: Classification, rationale: str) -> str:
    first = rationale.strip().split(". ")[0].rstrip(".")
    tier: Tier = classification.tier
    rung = "" if judgement.tier == tier else f" (this part of the bar applies from {judgement.tier.label} up)"
    return f"protected as {tier.label} because {_STATE_WORDS[classification.state]}{rung}: {first}"
