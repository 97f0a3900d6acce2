"""Judgements turned into findings: who, what was expected, what was read, why this bar applies, and what would settle it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec

from tierwise.evaluate.attest import state_of
from tierwise.evaluate.compiled import CompiledControl, Part
from tierwise.evaluate.judge import Judgement, has_rung, judgement_of
from tierwise.evaluate.origin import Origin, Past, origin_of, unchanged
from tierwise.evaluate.render import render_fact
from tierwise.evaluate.truth import Truth
from tierwise.model.control import Severity
from tierwise.model.fact import NOT_COLLECTED, Facts, Known, Unknown, UnknownReason
from tierwise.model.finding import PROBLEMS, Actual, Finding, Findings, UnknownPart, Verdict
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState


def fingerprint(control: str, resource: Resource) -> str:
    """Stable over runs: control and canonical identity (the address for a plan), never a line number or message."""
    identity: tuple[str, ...]
    if resource.address is not None:
        identity = ("plan", resource.id)
    else:
        identity = (resource.provider, resource.account, resource.region, resource.type, resource.id)
    return hashlib.sha256("\x1f".join((control, *identity)).encode()).hexdigest()[:20]


class _Bar(msgspec.Struct, frozen=True, gc=False):
    """A judgement of a control on resources of one kind, tier and state that give the same answers, put into words once."""

    compiled: CompiledControl
    judgement: Judgement
    facts: tuple[str, ...]
    """The facts that decided it."""
    severity: Severity
    expected: str
    why: str
    remediation: str
    counted: tuple[str, Verdict]


class _Bench:
    """The controls that ask something of resources alike in kind, dialect, tier and state, each with the bars met so far."""

    def __init__(self, controls: Sequence[CompiledControl], classification: Classification, dialect: str) -> None:
        self._alike = classification
        self._dialect = dialect
        self._top = max(classification.interval.hi, classification.tier)
        self._asking: list[tuple[CompiledControl, dict[tuple[Truth, ...], _Bar]]] = [
            (compiled, {}) for compiled in controls if has_rung(compiled, classification.interval)
        ]

    def bars(self, facts: Facts) -> tuple[_Bar, ...]:
        """How the controls judge these facts, in their order."""
        found: list[_Bar] = []
        for compiled, known in self._asking:
            answers = compiled.answers(self._top, facts)
            bar = known.get(answers)
            if bar is None:
                bar = known[answers] = self._bar(compiled, answers)
            found.append(bar)
        return tuple(found)

    def _bar(self, compiled: CompiledControl, answers: tuple[Truth, ...]) -> _Bar:
        control, tier = compiled.control, self._alike.tier
        judgement = judgement_of(compiled, answers, self._alike.interval, tier)
        return _Bar(
            compiled,
            judgement,
            tuple(dict.fromkeys(name for part in judgement.parts for name in part.facts)),
            control.severity.get(tier) or control.severity.get(judgement.tier) or min(control.severity.values(), default=Severity.INFO),
            _expected(judgement.parts),
            _why(judgement, self._alike, control.rationale),
            control.remediation.get(self._dialect, ""),
            (control.id, judgement.verdict),
        )


class _Row(msgspec.Struct, frozen=True, gc=False):
    """One resource with the bars that it was held against."""

    resource: Resource
    classification: Classification
    past: Past | None
    bars: tuple[_Bar, ...]

    def problems(self) -> tuple[Finding, ...]:
        """The findings of what fails or is unknown."""
        origin = unchanged(self.resource)
        return tuple([_finding(bar, self, origin) for bar in self.bars if bar.judgement.verdict in PROBLEMS])


def findings_of(
    resources: Iterable[Resource],
    due: Mapping[Kind, Sequence[CompiledControl]],
    classifications: Mapping[str, Classification],
    pasts: Mapping[str, Past],
) -> Findings:
    """All verdicts on all resources, in the controls' order; a control without a rung at a resource's tier says nothing of it.

    `due` are the controls by kind. `pasts` are the resources before a plan that makes others of them.
    """
    benches: dict[tuple[object, ...], _Bench] = {}
    rows: list[_Row] = []
    for resource in resources:
        one = classifications[resource.id]
        dialect = "terraform" if resource.address is not None else resource.provider
        alike = (resource.kind, dialect, one.interval.lo, one.interval.hi, one.tier, one.state)
        bench = benches.get(alike)
        if bench is None:
            bench = benches[alike] = _Bench(due.get(resource.kind, ()), one, dialect)
        rows.append(_Row(resource, one, pasts.get(resource.id), bench.bars(resource.facts)))
    held = tuple([(row, row.problems()) for row in rows])
    problems = chain.from_iterable(problems for _row, problems in held)
    return Findings(problems, Counter(bar.counted for row in rows for bar in row.bars), held, _every)


def _every(rows: Iterable[tuple[_Row, tuple[Finding, ...]]]) -> Iterator[Finding]:
    for row, problems in rows:
        origin, held = unchanged(row.resource), iter(problems)
        for bar in row.bars:
            yield next(held) if bar.judgement.verdict in PROBLEMS else _finding(bar, row, origin)


def _finding(bar: _Bar, row: _Row, stays: Callable[[Verdict], Origin]) -> Finding:
    control, judgement = bar.compiled.control, bar.judgement
    resource, facts, classification = row.resource, row.resource.facts, row.classification
    origin = stays(judgement.verdict) if row.past is None else origin_of(bar.compiled, judgement, facts, classification, row.past)
    read = [(name, facts.get(name, NOT_COLLECTED)) for name in bar.facts]
    return Finding(
        fingerprint=fingerprint(control.id, resource),
        control=control.id,
        title=control.title,
        family=control.family,
        verdict=judgement.verdict,
        severity=bar.severity,
        tier=classification.tier,
        resource=resource.id,
        expected=bar.expected,
        actual=tuple([Actual(name, render_fact(fact), fact.via.via) for name, fact in read]),
        unknowns=_unknowns(judgement, facts, classification, planned=resource.address is not None),
        why=bar.why,
        at_assumed=judgement.at_tier,
        owner=classification.owner,
        cause=control.cause,
        fix_at=fix_at(control.one_change, resource),
        remediation=bar.remediation,
        danger=control.danger,
        assumed=classification.state is TierState.ASSUMED,
        introduced=origin.introduced,
        before=origin.before,
        brought_by=origin.brought_by,
        setting=_setting(bar.facts, facts) if judgement.verdict in PROBLEMS else "",
        attested=state_of(judgement.verdict, bar.facts, facts) if bar.compiled.attested else None,
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


def _expected(parts: Sequence[Part]) -> str:
    return parts[0].words if len(parts) == 1 else " and ".join(part.inner for part in parts)


def _unknowns(judgement: Judgement, facts: Facts, classification: Classification, *, planned: bool) -> tuple[UnknownPart, ...]:
    if judgement.verdict is not Verdict.UNKNOWN:
        return ()
    found: list[UnknownPart] = []
    for name in judgement.open_facts(facts):
        fact = facts.get(name, NOT_COLLECTED)
        if isinstance(fact, Unknown):
            # What waits for the tier is settled by whatever settles the tier.
            waits = fact.reason is UnknownReason.TIER_UNDETERMINED and not fact.via.action
            actions = classification.unread if waits else ()
            asked = [_asked(one, fact.via.via, planned=planned) for one in actions] or [(fact.via.via, fact.via.action)]
            found += [UnknownPart(name, fact.reason.value, via, action, fact.detail) for via, action in asked]
    if judgement.at_tier is not None and (judgement.at_tier is not Verdict.UNKNOWN or not found):
        interval = classification.interval
        between = f"the tier lies between {interval.lo.label} and {interval.hi.label}"
        for one in classification.unread or ("",):
            via, action = _asked(one, "classification", planned=planned)
            found.append(UnknownPart("tier", UnknownReason.TIER_UNDETERMINED.value, via, action, between))
    return tuple(found)


def _asked(unread: str, via: str, *, planned: bool) -> tuple[str, str]:
    """Where tier evidence stands, and the action that would read it: in a plan it is a place, which is no action that anyone may grant."""
    return (unread or via, "") if planned else (via, unread)


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
