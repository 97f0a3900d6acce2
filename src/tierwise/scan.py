"""The pipeline: collect in two stages, classify, derive, judge. The only thread pool and the only clock."""

from __future__ import annotations

import ctypes
import gc
import queue
import sys
import threading
import traceback
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Final

from tierwise.classify.declarations import declared_facts, missing_tags_within
from tierwise.classify.engine import classify
from tierwise.classify.identifiers import identifiers
from tierwise.connectors.base import Item, Organisation, Source, Unit, link_name
from tierwise.connectors.live import live_reads
from tierwise.derive.d1 import derive_relations
from tierwise.derive.d2 import derive_by_tier
from tierwise.derive.links import Context, Estate, resolve
from tierwise.derive.needs import OF_COPIES, is_copy, other_needs, own_needs
from tierwise.evaluate.accept import accept
from tierwise.evaluate.baseline import held_against
from tierwise.evaluate.change import directions, fallen, plan_changes
from tierwise.evaluate.compiled import CompiledControl, compile_control
from tierwise.evaluate.findings import findings_of
from tierwise.evaluate.fixes import fixes_of
from tierwise.evaluate.gate import coverage_of, decide, expected_gap
from tierwise.evaluate.origin import Past, deeds_of
from tierwise.evaluate.pending import pending_of
from tierwise.evaluate.requirements import evidence_of
from tierwise.evaluate.truth import Truth
from tierwise.model.baseline import Baseline
from tierwise.model.change import Change, Pending
from tierwise.model.control import Control
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, Maybe, Unknown, UnknownReason, say_same
from tierwise.model.finding import Finding, Override, Run, ScanResult
from tierwise.model.profile import GatePolicy, Profile
from tierwise.model.register import AcceptanceRule, Corrections, Register
from tierwise.model.resource import HELD, FactUpdate, Gap, Kind, ReadOutcome, RegionStatus, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState
from tierwise.model.vocabulary import find_spec

Progress = Callable[[str, int, int], None]
"""Called with (stage, units done, units known so far); from one thread."""


NOTHING_MADE: Final[Mapping[str, frozenset[str]]] = {}
"""Before the first round of stage 2."""
_M_ARENA_MAX = -8
"""mallopt(3)'s parameter, from <malloc.h>."""


_WHAT_IF = (Tier.T1, Tier.T2, Tier.T3)


@dataclass(frozen=True, slots=True)
class Judging:
    """What the estate is judged by."""

    profile: Profile
    controls: Sequence[Control]
    register: Register
    corrections: Corrections
    gate: GatePolicy
    acceptances: Sequence[AcceptanceRule] = ()
    baseline: Baseline | None = None
    override: Override | None = None


@dataclass(slots=True)
class Collected:
    """What the sources gave, as it came in."""

    resources: dict[str, Resource] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    """What a plan does to what is there already, by resource id."""
    gaps: list[Gap] = field(default_factory=list)
    outcomes: list[ReadOutcome] = field(default_factory=list)
    regions: list[RegionStatus] = field(default_factory=list)
    organisation: Maybe[frozenset[str]] = NOT_COLLECTED
    relinked: bool = False
    """Whether links that waited have come in since tiers were computed."""
    crashes: list[str] = field(default_factory=list)
    """Tracebacks of units that a bug ended; the run goes on and ends with exit code 70."""

    def take(self, item: Item) -> None:
        """File one item where it belongs; units are the pool's."""
        match item:
            case Resource():
                known = self.resources.get(item.id)
                self.resources[item.id] = item if known is None else _merged(known, item)
            case FactUpdate():
                known = self.resources[item.resource]
                links = known.links if item.links is None else item.links
                self.relinked = self.relinked or links != known.links
                self.resources[item.resource] = replace(
                    known, facts={**known.facts, **item.facts}, grants=item.grants or known.grants, links=links
                )
            case Change():
                self.changes[item.resource] = item
            case Gap():
                self.gaps.append(item)
            case ReadOutcome():
                self.outcomes.append(item)
            case RegionStatus():
                self.regions.append(item)
            case Organisation():
                self.organisation = _members(self.organisation, item.members)
            case Unit():
                raise TypeError("a unit is run, not filed")


def _merged(one: Resource, other: Resource) -> Resource:
    """One resource listed twice (two files of a plan set, two accounts that see one bucket): facts and links together, the first wins."""
    return replace(one, facts={**other.facts, **one.facts}, links=tuple(dict.fromkeys([*one.links, *other.links])))


def _members(one: Maybe[frozenset[str]], other: Maybe[frozenset[str]]) -> Maybe[frozenset[str]]:
    if isinstance(one, Known) and isinstance(other, Known):
        return Known(one.value | other.value, one.via)
    return other if isinstance(other, Known) or one is NOT_COLLECTED else one


def run_units(units: Iterable[Unit], collected: Collected, *, jobs: int, stage: str, progress: Progress | None) -> None:
    """Run units on a bounded pool until none is left; units may yield units. A crash costs its own unit only."""
    _few_arenas()
    work: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
    results: queue.SimpleQueue[tuple[Unit, list[Item], str]] = queue.SimpleQueue()
    known = 0
    for unit in units:
        work.put(unit)
        known += 1
    threads = [threading.Thread(target=_work, args=(work, results), daemon=True) for _ in range(max(1, jobs))]
    for thread in threads:
        thread.start()
    done = 0
    while done < known:
        unit, items, crash = results.get()
        done += 1
        for item in items:
            if isinstance(item, Unit):
                work.put(item)
                known += 1
            else:
                collected.take(item)
        if crash:
            collected.crashes.append(crash)
            collected.gaps.append(Gap(unit.provider, unit.account, unit.region, unit.service, "internal-error", "", crash.splitlines()[-1]))
        if progress:
            progress(stage, done, known)
    for _ in threads:
        work.put(None)
    for thread in threads:
        thread.join()


def _few_arenas() -> None:
    """Keep glibc from giving each thread an arena of its own: with two dozen threads that costs 50 MB. Does nothing elsewhere."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 2)


def _work(work: queue.SimpleQueue[Unit | None], results: queue.SimpleQueue[tuple[Unit, list[Item], str]]) -> None:
    while (unit := work.get()) is not None:
        items: list[Item] = []
        crash = ""
        try:
            items.extend(unit.run())
        except Exception:  # noqa: BLE001 - the one place: a bug in a collector costs its own unit, is kept whole, and ends the run with 70
            crash = traceback.format_exc()
        results.put((unit, items, crash))


@contextmanager
def bulk() -> Iterator[None]:
    """Keep the collector of garbage off: what reading a plan and judging make lives to the end and is part of no cycle, so it would look through all of it in vain."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def now() -> datetime:
    """The clock; read once at a run's start and once at its end."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scan's result, and what it was made from."""

    result: ScanResult
    collected: Collected
    """What was read, before anything was derived: the material of a saved inventory."""

    @property
    def crashes(self) -> tuple[str, ...]:
        """Tracebacks of units that a bug ended."""
        return tuple(self.collected.crashes)


def scan(
    sources: Sequence[Source],
    judging: Judging,
    *,
    started: datetime,
    gaps: Sequence[Gap] = (),
    jobs: int = 16,
    progress: Progress | None = None,
) -> Outcome:
    """Collect from all sources, judge, and return everything that a report may show.

    `gaps` are failures from before collection (an account whose role could not be assumed).
    """
    collected = Collected(gaps=list(gaps))
    run_units((unit for source in sources for unit in source.survey()), collected, jobs=jobs, stage="survey", progress=progress)
    compiled = [compile_control(control) for control in judging.controls]
    first = _assess(collected, judging, started.date())
    made: dict[str, frozenset[str]] = {}
    while asks := asked(first, compiled, made):
        details = [unit for source in sources for unit in source.details(asks)]
        if not details:
            break
        run_units(details, collected, jobs=jobs, stage="details", progress=progress)
        if not collected.relinked:
            estate = resolve(tuple(collected.resources.values()))
            first = _relate(replace_estate(first, estate, collected), judging, collected, started.date())
            break
        # A link that waited for its holder's tier may raise another's, for which more has to be read then.
        collected.relinked = False
        made = {key: made.get(key, frozenset()) | asks.get(key, frozenset()) for key in (*made, *asks)}
        first = _assess(collected, judging, started.date())
    facts = _by_tier(first, judging, _context(first, judging, collected, started.date()))
    pasts = _pasts(collected, first, facts, compiled, judging, started.date())
    return Outcome(_result(sources, collected, first, facts, pasts, compiled, judging, started), collected)


@dataclass(frozen=True, slots=True)
class _Assessed:
    estate: Estate
    classifications: Mapping[str, Classification]
    declared: Mapping[str, Mapping[str, AnyFact]]
    facts: Mapping[str, Mapping[str, AnyFact]]
    """Facts read, declared and D1, by resource."""


@bulk()
def _assess(collected: Collected, judging: Judging, today: date) -> _Assessed:
    resources = tuple(collected.resources.values())
    declared = {
        resource.id: {**declared_facts(resource, judging.profile, judging.register), "metadata.identifiers": identifiers(resource)}
        for resource in resources
    }
    estate = resolve(resources)
    linked = tuple(estate.resources.values())
    gaps = _told(collected, judging, today)
    classifications = classify(linked, judging.profile, judging.register, judging.corrections, gaps=gaps, today=today)
    empty = _Assessed(estate, classifications, declared, {})
    return _relate(empty, judging, collected, today)


def _told(collected: Collected, judging: Judging, today: date) -> tuple[Gap, ...]:
    """The gaps, each with whether its source or the profile expects it."""
    return tuple(replace(gap, expected=gap.expected or expected_gap(gap, judging.profile, today)) for gap in collected.gaps)


def replace_estate(assessed: _Assessed, estate: Estate, collected: Collected) -> _Assessed:
    """The same tiers over an estate whose resources have gained facts and no links."""
    missing = collected.resources.keys() - assessed.classifications.keys()
    if missing:
        raise RuntimeError(f"stage 2 brought new resources: {sorted(missing)[:3]}")
    return replace(assessed, estate=estate)


@bulk()
def _relate(assessed: _Assessed, judging: Judging, collected: Collected, today: date) -> _Assessed:
    with_declared = {
        key: replace(resource, facts={**resource.facts, **assessed.declared[key]}) for key, resource in assessed.estate.resources.items()
    }
    estate = replace(assessed.estate, resources=with_declared)
    context = _context(assessed, judging, collected, today)
    derived = derive_relations(estate, context)
    facts = {key: {**resource.facts, **derived.get(key, {})} for key, resource in with_declared.items()}
    return replace(assessed, estate=estate, facts=facts)


def _context(assessed: _Assessed, judging: Judging, collected: Collected, today: date) -> Context:
    return Context(
        gaps=tuple(collected.gaps),
        own_accounts=_own_accounts(collected, judging.profile),
        known_principals=judging.profile.known_principals | judging.register.agreed(today),
        withheld=judging.register.withheld,
        datasets={key: one.dataset for key, one in assessed.classifications.items() if one.dataset},
        run_day=today,
    )


def _own_accounts(collected: Collected, profile: Profile) -> Maybe[frozenset[str]]:
    match collected.organisation:
        case Known(value=members, via=via):
            return Known(members | profile.own_accounts, via)
        case Unknown() as unknown if profile.own_accounts:
            return Known(profile.own_accounts | unknown.includes, unknown.via)
        case unknown:
            return unknown


@bulk()
def _by_tier(assessed: _Assessed, judging: Judging, context: Context) -> dict[str, Mapping[str, AnyFact]]:
    derived = derive_by_tier(assessed.estate, assessed.classifications, assessed.facts, context)
    wanted = find_spec("tags.missing")
    kinds = wanted.kinds if wanted else frozenset()
    facts: dict[str, Mapping[str, AnyFact]] = {}
    for key, resource in assessed.estate.resources.items():
        own = {**assessed.facts[key], **derived.get(key, {})}
        if resource.kind in kinds:
            own["tags.missing"] = missing_tags_within(resource, assessed.classifications[key].interval, judging.profile, judging.register)
        facts[key] = own
    return facts


def asked(
    assessed: _Assessed, compiled: Sequence[CompiledControl], made: Mapping[str, frozenset[str]] = NOTHING_MADE
) -> dict[str, frozenset[str]]:
    """Per resource, the facts that a selected control needs at its highest possible tier and that nobody has read yet.

    With them the links that waited for the tier, whichever controls are selected: a tier does not depend on the selection. `made` is
    what has been asked for already.
    """
    asked_of = by_kind(compiled)

    @cache
    def needs(kind: Kind, top: Tier, copy: bool) -> frozenset[str]:
        named = frozenset(name for control in asked_of.get(kind, ()) for name in control.facts[top])
        return own_needs(named if copy else named - OF_COPIES)

    wanted: dict[str, frozenset[str]] = {}
    for key, resource in assessed.estate.resources.items():
        copy = is_copy((link.rel for link in resource.links), (rel for rel, _ in assessed.estate.incoming.get(key, ())))
        wanted[key] = needs(resource.kind, assessed.classifications[key].interval.hi, copy)
    for key, resource in assessed.estate.resources.items():
        for rel, outgoing, name in other_needs(wanted[key]):
            ends = [link.to for link in resource.links if link.rel is rel] if outgoing else [
                other for incoming, other in assessed.estate.incoming.get(key, ()) if incoming is rel
            ]  # fmt: skip
            for other in ends:
                found = assessed.estate.resources.get(other)
                spec = find_spec(name)
                if found is not None and spec is not None and found.kind in spec.kinds:
                    wanted[other] = wanted[other] | own_needs(frozenset({name}))
    for key, resource in assessed.estate.resources.items():
        if assessed.classifications[key].interval.hi >= Tier.T2:
            wanted[key] = wanted[key].union(link_name(link.rel) for link in resource.links if link.waits)
    return {
        key: still
        for key, names in wanted.items()
        if (still := frozenset(name for name in names - made.get(key, frozenset()) if _unread(assessed, key, name)))
    }


def _unread(assessed: _Assessed, key: str, name: str) -> bool:
    fact = assessed.estate.resources[key].facts.get(name, NOT_COLLECTED)
    return isinstance(fact, Unknown) and fact.reason is UnknownReason.NOT_COLLECTED


def _pasts(
    collected: Collected,
    assessed: _Assessed,
    facts: Mapping[str, Mapping[str, AnyFact]],
    compiled: Sequence[CompiledControl],
    judging: Judging,
    today: date,
) -> Mapping[str, Past]:
    """What is there before a plan and is another after it, judged by the same engine as it is before; nothing where nothing changes."""
    there = {key: one for key, one in collected.resources.items() if one.existing or one.address is None}
    if not collected.changes and len(there) in (0, len(collected.resources)):
        return {}
    there |= {key: change.before for key, change in collected.changes.items()}
    before = replace(collected, resources=there, changes={})
    then = _assess(before, judging, today)
    known = _by_tier(then, judging, _context(then, judging, before, today))
    sets, deeds = directions(compiled), deeds_of(collected.changes, collected.resources.values())
    pasts: dict[str, Past] = {}
    for key, was in then.classifications.items():
        now = assessed.classifications.get(key)
        if key not in collected.changes and now is not None and _alike(was, now) and say_same(known[key], facts[key]):
            continue
        resource = there[key]
        rises = now is not None and now.interval.hi > was.interval.hi
        less = fallen(resource.kind, known[key], facts[key], sets, rises=rises) if key in facts else frozenset[str]()
        pasts[key] = Past(resource, known[key], was, less, deeds)
    return pasts


def _alike(one: Classification, other: Classification) -> bool:
    return (one.tier, one.interval, one.declared) == (other.tier, other.interval, other.declared)


@bulk()
def _result(
    sources: Sequence[Source],
    collected: Collected,
    assessed: _Assessed,
    facts: Mapping[str, Mapping[str, AnyFact]],
    pasts: Mapping[str, Past],
    compiled: Sequence[CompiledControl],
    judging: Judging,
    started: datetime,
) -> ScanResult:
    resources = tuple(replace(resource, facts=facts[key]) for key, resource in sorted(assessed.estate.resources.items()))
    asked_of = by_kind(compiled)
    findings = findings_of(resources, asked_of, assessed.classifications, pasts)
    today = started.date()
    gaps = _told(collected, judging, today)
    by_id = {resource.id: resource for resource in resources}
    accepted = accept(findings, by_id, judging.acceptances, today)
    if judging.baseline is not None:
        accepted = held_against(accepted, judging.baseline, by_id, _moved(collected))
    coverage = coverage_of(collected.outcomes)
    return ScanResult(
        run=Run(
            f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
            started.isoformat(),
            now().isoformat(),
            judging.profile.id,
            tuple(source.name for source in sources),
        ),
        resources=resources,
        classifications=assessed.classifications,
        findings=accepted,
        gaps=gaps,
        gate=decide(accepted, gaps, coverage, judging.gate, judging.baseline, judging.override),
        coverage=coverage,
        outcomes=tuple(collected.outcomes),
        regions=tuple(collected.regions),
        no_rung=sum(len(asked_of.get(resource.kind, ())) for resource in resources) - len(findings),
        fixes=fixes_of(accepted, {one.control.id: one.control for one in compiled}),
        deselected=tuple(sorted(judging.profile.deselected.items())),
        requirements=evidence_of(judging.profile.requirements, accepted),
        framework=judging.profile.framework,
        what_if=_what_if(resources, assessed.classifications, compiled),
        earlier=tuple(collected.changes.values()),
        pending=_pending(accepted, by_id),
        changes=plan_changes(collected.changes, pasts, facts, assessed.classifications, asked_of),
    )


def _pending(findings: Sequence[Finding], resources: Mapping[str, Resource]) -> tuple[Pending, ...]:
    if all(one.address is None for one in resources.values()):
        return ()
    return pending_of(findings, resources, live_reads())


def _moved(collected: Collected) -> dict[str, str]:
    """The id that each moved resource of a plan had before: its file's prefix and the old address."""
    moves = ((key, collected.resources.get(key), change.previous_address) for key, change in collected.changes.items())
    return {key: key.removesuffix(now.address or "") + before for key, now, before in moves if now is not None and before}


def by_kind(compiled: Sequence[CompiledControl]) -> dict[Kind, list[CompiledControl]]:
    """The controls that ask something of each kind."""
    found: dict[Kind, list[CompiledControl]] = defaultdict(list)
    for control in compiled:
        for kind in control.control.applies_to:
            found[kind].append(control)
    return found


def _what_if(
    resources: Sequence[Resource], classifications: Mapping[str, Classification], compiled: Sequence[CompiledControl]
) -> dict[str, dict[str, int]]:
    """For stores whose tier is only assumed: how many failures each possible tier would bring."""
    found: dict[str, dict[str, int]] = {}
    asked_of = by_kind([one for one in compiled if not one.control.cause])
    for resource in resources:
        if classifications[resource.id].state is TierState.ASSUMED and resource.kind in HELD:
            answers = [(one, one.answers(_WHAT_IF[-1], resource.facts)) for one in asked_of.get(resource.kind, ())]
            found[resource.id] = {tier.name: sum(one.says(said, tier) is Truth.FALSE for one, said in answers) for tier in _WHAT_IF}
    return found
