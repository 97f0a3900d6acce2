"""Judgements turned into findings: who, what was expected, what was read, why this bar applies, and what would settle it."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import islice
from typing import overload

import msgspec

from tierwise.evaluate.attest import state_of
from tierwise.evaluate.compiled import CompiledControl, Part
from tierwise.evaluate.judge import Judgement, has_rung, judgement_of
from tierwise.evaluate.origin import Origin, Past, origin_of, unchanged
from tierwise.evaluate.render import render_fact
from tierwise.evaluate.truth import Truth
from tierwise.model.control import Severity
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Facts, Known, Unknown, UnknownReason, oldest
from tierwise.model.finding import MOST_PROBLEMS, PROBLEMS, Actual, Finding, Findings, UnknownPart, Verdict
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState
from tierwise.shelf import shelved


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

    def __init__(self, controls: Sequence[CompiledControl], classification: Classification, dialect: str, bars: list[_Bar]) -> None:
        """`bars` are those of all benches."""
        self._alike = classification
        self._dialect = dialect
        self._bars = bars
        self._top = max(classification.interval.hi, classification.tier)
        self._asking: list[tuple[CompiledControl, dict[tuple[Truth, ...], int]]] = [
            (compiled, {}) for compiled in controls if has_rung(compiled, classification.interval)
        ]

    def bars(self, facts: Facts) -> list[int]:
        """How the controls judge these facts, in their order: the place of each bar among all."""
        found: list[int] = []
        for compiled, known in self._asking:
            answers = compiled.answers(self._top, facts)
            place = known.get(answers)
            if place is None:
                place = known[answers] = len(self._bars)
                self._bars.append(self._bar(compiled, answers))
            found.append(place)
        return found

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
    bars: Sequence[_Bar]

    def problems(self) -> Iterator[Finding]:
        """The findings of what fails or is unknown."""
        origin = unchanged(self.resource)
        return (_finding(bar, self, origin) for bar in self.bars if bar.judgement.verdict in PROBLEMS)


class _Rows(Sequence[tuple[_Row, Sequence[Finding]]]):
    """What findings are made of, by resource; of each is kept which bars it was held against, and the rest is looked up."""

    def __init__(
        self, resources: Sequence[Resource], classifications: Mapping[str, Classification], pasts: Mapping[str, Past], bars: Sequence[_Bar]
    ) -> None:
        self._resources = resources
        self._classifications = classifications
        self._pasts = pasts
        self._bars = bars
        self.held = array("I")
        """The places of the bars, of one resource after the other."""
        self._ends = array("Q", [0])
        """Where those of each resource end, after where the first begin."""
        self._seen = array("Q", [0])
        """The same of its problems."""
        self.problems: Sequence[Finding] = ()
        self._span = range(0)

    def judged(self, benches: Callable[[Resource, Classification], _Bench]) -> Iterator[Finding]:
        """Hold all resources against their bars, once; what fails or is unknown."""
        for resource in self._resources:
            one = self._classifications[resource.id]
            self.held.extend(benches(resource, one).bars(resource.facts))
            self._ends.append(len(self.held))
            row = _Row(resource, one, self._pasts.get(resource.id), self._of(len(self._ends) - 2))
            self._seen.append(self._seen[-1])
            for finding in row.problems():
                self._seen[-1] += 1
                yield finding
        self._span = range(len(self._ends) - 1)

    def _of(self, place: int) -> Sequence[_Bar]:
        return [self._bars[one] for one in self.held[self._ends[place] : self._ends[place + 1]]]

    def __len__(self) -> int:
        return len(self._span)

    @overload
    def __getitem__(self, at: int) -> tuple[_Row, Sequence[Finding]]: ...

    @overload
    def __getitem__(self, at: slice) -> _Rows: ...

    def __getitem__(self, at: int | slice) -> tuple[_Row, Sequence[Finding]] | _Rows:
        if isinstance(at, slice):
            some = copy(self)
            some._span = self._span[at]
            return some
        return next(iter(self[at : at + 1]))

    def __iter__(self) -> Iterator[tuple[_Row, Sequence[Finding]]]:
        first, last = self._span.start, self._span.stop
        problems = iter(self.problems[self._seen[first] : self._seen[last]])
        for place, resource in zip(self._span, self._resources[first:last], strict=True):
            row = _Row(resource, self._classifications[resource.id], self._pasts.get(resource.id), self._of(place))
            yield row, tuple(islice(problems, self._seen[place + 1] - self._seen[place]))


def findings_of(
    resources: Sequence[Resource],
    due: Mapping[Kind, Sequence[CompiledControl]],
    classifications: Mapping[str, Classification],
    pasts: Mapping[str, Past],
) -> Findings:
    """All verdicts on all resources, in the controls' order; a control without a rung at a resource's tier says nothing of it.

    `due` are the controls by kind. `pasts` are the resources before a plan that makes others of them.
    """
    known: dict[tuple[object, ...], _Bench] = {}
    bars: list[_Bar] = []

    def bench_of(resource: Resource, one: Classification) -> _Bench:
        dialect = "terraform" if resource.address is not None else resource.provider
        alike = (resource.kind, dialect, one.interval.lo, one.interval.hi, one.tier, one.state)
        bench = known.get(alike)
        if bench is None:
            bench = known[alike] = _Bench(due.get(resource.kind, ()), one, dialect, bars)
        return bench

    rows = _Rows(resources, classifications, pasts, bars)
    rows.problems = shelved(rows.judged(bench_of), most=MOST_PROBLEMS)
    tally: Counter[tuple[str, Verdict]] = Counter()
    for place, count in Counter(rows.held).items():
        tally[bars[place].counted] += count
    return Findings(rows.problems, tally, rows, _every)


def _every(rows: Iterable[tuple[_Row, Sequence[Finding]]]) -> Iterator[Finding]:
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
        actual=tuple([Actual(name, _found(fact), fact.via.via) for name, fact in read]),
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
        as_of=_as_of(read, facts) if resource.address is None else "",
    )


def _found(fact: AnyFact) -> str:
    """A fact for people, with the day on which it was read where that is not the scan's."""
    return f"{render_fact(fact)}, as read on {fact.via.as_of[:10]}" if fact.via.as_of else render_fact(fact)


def _as_of(read: Iterable[tuple[str, AnyFact]], facts: Facts) -> str:
    """When what decided a verdict was read; what is derived may rest on anything that was read of the resource."""
    named = [fact for _, fact in read]
    return oldest(facts.values() if any(fact.via.via.startswith("derived:") for fact in named) else named)


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
