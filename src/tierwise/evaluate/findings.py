"""Judgements turned into findings: who, what was expected, what was read, why this bar applies, and what would settle it."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import accumulate, chain, islice
from typing import Final, TypeAlias, overload

import msgspec

from tierwise.beside import in_two
from tierwise.evaluate.attest import state_of
from tierwise.evaluate.compiled import CompiledControl, Part
from tierwise.evaluate.judge import Judgement, has_rung, judgement_of
from tierwise.evaluate.origin import Origin, Past, origin_of, unchanged
from tierwise.evaluate.remedy import remedy_for
from tierwise.evaluate.render import render_fact
from tierwise.evaluate.truth import Truth
from tierwise.model.control import Severity
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Facts, Known, Unknown, UnknownReason, oldest
from tierwise.model.finding import PROBLEMS, Actual, Finding, Findings, Parted, Sort, UnknownPart, Verdict, most_problems
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierInterval, TierState
from tierwise.shelf import Pack, Shelf, packs

_SOME: Final = 256
"""How many resources are judged before another process is told of it."""


def fingerprint(control: str, resource: Resource) -> str:
    """Stable over runs: control and canonical identity (the address for a plan), never a line number or message."""
    return fingerprint_by(control, identity_of(resource))


def fingerprint_by(control: str, identity: str) -> str:
    """The same, where the identity is at hand."""
    return hashlib.sha256(f"{control}\x1f{identity}".encode()).hexdigest()[:20]


def identity_of(resource: Resource) -> str:
    """What a resource is known by over runs."""
    if resource.address is not None:
        return f"plan\x1f{resource.id}"
    return "\x1f".join((resource.provider, resource.account, resource.region, resource.type, resource.id))


_Alike: TypeAlias = tuple[Kind, str, TierInterval, Tier, TierState]
"""What resources have in common to which the same facts give the same answers: kind, dialect, and what is known of the tier."""
_Key: TypeAlias = tuple[_Alike, int, tuple[Truth, ...]]
"""What tells a bar from the others: what the resources have in common, which of the controls that ask something of them, and what it answers."""


class _Bar(msgspec.Struct, frozen=True, gc=False):
    """A judgement of a control on resources of one kind, tier and state that give the same answers, put into words once."""

    key: _Key
    compiled: CompiledControl
    judgement: Judgement
    facts: tuple[str, ...]
    """The facts that decided it."""
    severity: Severity
    expected: str
    why: str
    remediation: str
    counted: Sort


class _Bench:
    """The controls that ask something of resources alike, each with the bars met so far."""

    def __init__(self, controls: Sequence[CompiledControl], alike: _Alike, bars: list[_Bar]) -> None:
        """`bars` are those of all benches."""
        self._alike = alike
        _, _, self._interval, self._tier, _ = alike
        self._bars = bars
        self._top = max(self._interval.hi, self._tier)
        self._asking: list[tuple[CompiledControl, dict[tuple[Truth, ...], int]]] = [
            (compiled, {}) for compiled in controls if has_rung(compiled, self._interval)
        ]

    def bars(self, facts: Facts) -> list[int]:
        """How the controls judge these facts, in their order: the place of each bar among all."""
        found: list[int] = []
        for at, (compiled, known) in enumerate(self._asking):
            answers = compiled.answers(self._top, facts)
            place = known.get(answers)
            found.append(self.place(at, answers) if place is None else place)
        return found

    def place(self, at: int, answers: tuple[Truth, ...]) -> int:
        """The place of the bar of a control that answers so."""
        compiled, known = self._asking[at]
        place = known.get(answers)
        if place is None:
            place = known[answers] = len(self._bars)
            self._bars.append(self._bar(at, compiled, answers))
        return place

    def _bar(self, at: int, compiled: CompiledControl, answers: tuple[Truth, ...]) -> _Bar:
        control, (_, dialect, interval, tier, state) = compiled.control, self._alike
        judgement = judgement_of(compiled, answers, interval, tier)
        return _Bar(
            (self._alike, at, answers),
            compiled,
            judgement,
            tuple(dict.fromkeys(name for part in judgement.parts for name in part.facts)),
            control.severity.get(tier) or control.severity.get(judgement.tier) or min(control.severity.values(), default=Severity.INFO),
            _expected(judgement.parts),
            _why(judgement, tier, state, control.rationale),
            control.remediation.get(dialect, ""),
            Sort(control.id, control.family, judgement.verdict, tier, state is TierState.ASSUMED),
        )


class _Benches:
    """All of them, as they are met."""

    def __init__(self, due: Mapping[Kind, Sequence[CompiledControl]]) -> None:
        self._due = due
        self._known: dict[_Alike, _Bench] = {}
        self.bars: list[_Bar] = []

    def bench(self, alike: _Alike) -> _Bench:
        """The one for resources that have this in common."""
        bench = self._known.get(alike)
        if bench is None:
            bench = self._known[alike] = _Bench(self._due.get(alike[0], ()), alike, self.bars)
        return bench

    def of(self, resource: Resource, one: Classification) -> _Bench:
        """The one for a resource."""
        return self.bench(
            (resource.kind, "terraform" if resource.address is not None else resource.provider, one.interval, one.tier, one.state)
        )

    def place(self, key: _Key) -> int:
        """The place of a bar that another process may have met."""
        alike, at, answers = key
        return self.bench(alike).place(at, answers)


class _Row(msgspec.Struct, frozen=True, gc=False):
    """One resource with the bars that it was held against."""

    resource: Resource
    classification: Classification
    past: Past | None
    bars: Sequence[_Bar]
    identity: str
    """What its fingerprints tell of the resource."""
    stays: Callable[[Verdict], Origin]
    """The origin of a verdict where there is no past."""

    def problems(self) -> Iterator[Finding]:
        """The findings of what fails or is unknown."""
        return (_finding(bar, self) for bar in self.bars if bar.judgement.verdict in PROBLEMS)


class _Judged(msgspec.Struct, frozen=True, gc=False):
    """Some resources held against their bars, as one process tells another of it."""

    keys: list[_Key]
    held: array[int]
    """Of one resource after the other, which of these."""
    counts: array[int]
    """How many bars there are of each resource."""
    seen: array[int]
    """How many problems."""
    problems: list[Finding]
    packs: tuple[Pack, ...]
    """The problems of very many resources."""


class _Rows(Sequence[tuple[_Row, Sequence[Finding]]]):
    """What findings are made of, by resource; of each is kept which bars it was held against, and the rest is looked up."""

    def __init__(
        self, resources: Sequence[Resource], classifications: Mapping[str, Classification], pasts: Mapping[str, Past], benches: _Benches
    ) -> None:
        self._resources = resources
        self._classifications = classifications
        self._pasts = pasts
        self._benches = benches
        self.held = array("I")
        """The places of the bars, of one resource after the other."""
        self._ends = array("Q", [0])
        """Where those of each resource end, after where the first begin."""
        self.seen = array("Q", [0])
        """The same of its problems."""
        self.problems: Sequence[Finding] = ()
        """What fails or is unknown."""
        self._span = range(0)

    def judge(self) -> None:
        """Hold all resources against their bars, once."""
        problems: Shelf[Finding] = Shelf(most=most_problems())
        for judged in in_two(self._resources, self._judged):
            places = [self._benches.place(key) for key in judged.keys]
            self.held.extend(map(places.__getitem__, judged.held))
            self._ends.extend(islice(accumulate(judged.counts, initial=self._ends[-1]), 1, None))
            self.seen.extend(islice(accumulate(judged.seen, initial=self.seen[-1]), 1, None))
            for finding in judged.problems:
                problems.add(finding)
            if judged.packs:
                problems.take(judged.packs)
        self.problems = problems if problems.many else tuple(problems)
        self._span = range(len(self._ends) - 1)

    def _judged(self, resources: Iterable[Resource]) -> Iterator[_Judged]:
        """Some at a time."""
        left = iter(resources)
        while some := list(islice(left, _SOME)):
            bars = [self._benches.of(one, self._classifications[one.id]).bars(one.facts) for one in some]
            rows = [self._row(one, self._bars(places)) for one, places in zip(some, bars, strict=True)]
            problems = [list(row.problems()) for row in rows]
            keys = {place: at for at, place in enumerate(dict.fromkeys(chain.from_iterable(bars)))}
            every = chain.from_iterable(problems)
            many = len(self._resources) > most_problems()
            yield _Judged(
                [self._benches.bars[place].key for place in keys],
                array("I", map(keys.__getitem__, chain.from_iterable(bars))),
                array("I", map(len, bars)),
                array("I", map(len, problems)),
                [] if many else list(every),
                tuple(packs(every)) if many else (),
            )

    def _row(self, resource: Resource, bars: Sequence[_Bar]) -> _Row:
        classification, past = self._classifications[resource.id], self._pasts.get(resource.id)
        return _Row(resource, classification, past, bars, identity_of(resource), unchanged(resource))

    def _bars(self, places: Iterable[int]) -> Sequence[_Bar]:
        bars = self._benches.bars
        return [bars[one] for one in places]

    def tally(self) -> Counter[Sort]:
        """How many there are of each sort."""
        found: Counter[Sort] = Counter()
        for place, count in Counter(self.held).items():
            found[self._benches.bars[place].counted] += count
        return found

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
        problems = iter(self.problems[self.seen[first] : self.seen[last]])
        for place, resource in zip(self._span, self._resources[first:last], strict=True):
            row = self._row(resource, self._bars(self.held[self._ends[place] : self._ends[place + 1]]))
            yield row, tuple(islice(problems, self.seen[place + 1] - self.seen[place]))


def findings_of(
    resources: Sequence[Resource],
    due: Mapping[Kind, Sequence[CompiledControl]],
    classifications: Mapping[str, Classification],
    pasts: Mapping[str, Past],
) -> Findings:
    """All verdicts on all resources, in the controls' order; a control without a rung at a resource's tier says nothing of it.

    `due` are the controls by kind. `pasts` are the resources before a plan that makes others of them.
    """
    rows = _Rows(resources, classifications, pasts, _Benches(due))
    rows.judge()
    return Findings(rows.problems, rows.tally(), rows, _every, rows.seen, _parted)


def _every(rows: Iterable[tuple[_Row, Sequence[Finding]]]) -> Iterator[Finding]:
    for row, problems in rows:
        held = iter(problems)
        for bar in row.bars:
            yield next(held) if bar.judgement.verdict in PROBLEMS else _finding(bar, row)


def _parted(rows: Iterable[tuple[_Row, Sequence[Finding]]]) -> Iterator[Parted]:
    for row, problems in rows:
        yield Parted(row.resource.id, problems, [bar.counted for bar in row.bars if bar.judgement.verdict not in PROBLEMS])


def _finding(bar: _Bar, row: _Row) -> Finding:
    control, judgement = bar.compiled.control, bar.judgement
    resource, facts, classification = row.resource, row.resource.facts, row.classification
    origin = row.stays(judgement.verdict) if row.past is None else origin_of(bar.compiled, judgement, facts, classification, row.past)
    read = [(name, facts.get(name, NOT_COLLECTED)) for name in bar.facts]
    is_problem = judgement.verdict in PROBLEMS
    # In the order of the fields: by their names it takes three times as long, and there are a great many.
    return Finding(
        fingerprint_by(control.id, row.identity),
        control.id,
        control.title,
        control.family,
        judgement.verdict,
        bar.severity,
        classification.tier,
        resource.id,
        bar.expected,
        tuple([Actual(name, _found(fact), fact.via.via) for name, fact in read]),
        _unknowns(judgement, facts, classification, planned=resource.address is not None),
        bar.why,
        judgement.at_tier,
        classification.owner,
        control.cause,
        fix_at(control.one_change, resource),
        bar.remediation if resource.address is not None else remedy_for(bar.remediation, resource.type),
        control.danger,
        classification.state is TierState.ASSUMED,
        origin.introduced,
        origin.before,
        origin.brought_by,
        _setting(bar.facts, facts) if is_problem else "",
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


def _why(judgement: Judgement, tier: Tier, state: TierState, rationale: str) -> str:
    first = rationale.strip().split(". ")[0].rstrip(".")
    rung = "" if judgement.tier == tier else f" (this part of the bar applies from {judgement.tier.label} up)"
    return f"protected as {tier.label} because {_STATE_WORDS[state]}{rung}: {first}"
