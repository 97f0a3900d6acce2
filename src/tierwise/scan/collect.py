"""Collects from sources: the only thread pool. What a unit yields is filed by the thread that started it."""

from __future__ import annotations

import ctypes
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count, groupby, islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from tierwise.beside import in_two
from tierwise.classify.mask import Mask, passing_mask
from tierwise.classify.withhold import withhold
from tierwise.connectors.base import Item, Organisation, Unit
from tierwise.connectors.reported import Reported
from tierwise.model.change import Change
from tierwise.model.content import Look
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import ALL_KINDS, FactUpdate, Gap, Kind, ReadOutcome, RegionStatus, Resource
from tierwise.pack import unpacked
from tierwise.scan.outcomes import Outcomes
from tierwise.scan.together import Listed, at_odds
from tierwise.shelf import Pack, Shelf, Stock, packs

if TYPE_CHECKING:
    from tierwise.scan.checkpoint import Checkpoint

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with (stage, units done, units known so far); from one thread."""

_SOME: Final = 256
"""How many resources are filed together where there are very many."""
_TOO_LONG: Final = (
    UnknownReason.API_ERROR.value,
    "",
    "it was begun by two processes that had ended before it was read, and was not begun again: give each more time, or scan the account by itself",
)
"""Reason, action and detail of a unit that fits into no process."""
_M_ARENA_MAX: Final = -8
"""mallopt(3)'s parameter, from <malloc.h>."""


class _Withheld(NamedTuple):
    """Resources from which identifiers are withheld, as one process tells another of them."""

    names: list[str]
    masked: dict[str, str]
    planned: bool
    packs: tuple[Pack, ...]


@dataclass(slots=True)
class Collected:
    """What the sources gave, as it came in."""

    resources: Stock[Resource] = field(default_factory=Stock)
    planned: bool = False
    """Whether some are of a plan."""
    changes: dict[str, Change] = field(default_factory=dict)
    """What a plan does to what is there already, by resource id."""
    gaps: list[Gap] = field(default_factory=list)
    outcomes: Outcomes = field(default_factory=Outcomes)
    regions: list[RegionStatus] = field(default_factory=list)
    organisation: Maybe[frozenset[str]] = NOT_COLLECTED
    looks: list[Look] = field(default_factory=list)
    again: dict[str, Listed] = field(default_factory=dict)
    """What was listed more than once, by id."""
    relinked: bool = False
    """Whether links that waited have come in since tiers were computed."""
    notes: list[str] = field(default_factory=list)
    """What the reader of a report should know of how the evidence came in."""
    mask: Mask = field(default_factory=passing_mask)
    masked: dict[str, str] = field(default_factory=dict)
    """The ids of resources that are masked, by the id under which their source knows them."""
    crashes: list[str] = field(default_factory=list)
    """Tracebacks of units that a bug ended; the run goes on and ends with exit code 70."""

    def take(self, item: Item) -> Item:
        """File one item where it belongs; units are the pool's. What was filed: the item without identifiers."""
        match item:
            case Resource():
                return self._resource(item)
            case FactUpdate():
                return self._update(item)
            case Change():
                change = self.mask.change(item)
                self.changes[change.resource] = change
                return change
            case Gap():
                gap = self.mask.gap(item)
                self.gaps.append(gap)
                return gap
            case ReadOutcome():
                return self._outcome(item)
            case RegionStatus():
                status = replace(item, account=self.mask.text(item.account))
                self.regions.append(status)
                return status
            case Look():
                return self._look(item)
            case Organisation():
                members = item.members
                if isinstance(members, Known):
                    members = Known(frozenset([self.mask.text(one) for one in members.value]), members.via)
                self.organisation = _members(self.organisation, members)
                return Organisation(members)
            case Unit():
                raise TypeError("a unit is run, not filed")

    def take_many(self, items: Sequence[Item]) -> None:
        """File very many items that are there already: by two processes, where the system allows, what is withheld is withheld."""
        # Both have to have the same key.
        self.mask.key()
        for some in in_two(items, self._withheld):
            if not isinstance(some, _Withheld):
                self.take(some)
                continue
            self.masked |= some.masked
            names = set(some.names)
            if len(names) == len(some.names) and names.isdisjoint(self.resources):
                self.planned = self.planned or some.planned
                self.resources.extend(some.names, some.packs)
            else:
                for _, pack in some.packs:
                    self._told(unpacked(pack)[0])

    def _withheld(self, items: Iterable[Item]) -> Iterator[_Withheld | Item]:
        """What stands between resources is not touched."""
        for are, some in groupby(items, key=lambda item: isinstance(item, Resource)):
            if not are:
                yield from some
                continue
            while resources := [one for one in islice(some, _SOME) if isinstance(one, Resource)]:
                told = [withhold(one, self.mask) for one in resources]
                masked = {one.id: other.id for one, other in zip(resources, told, strict=True) if one.id != other.id}
                planned = any(one.address is not None for one in told)
                yield _Withheld([one.id for one in told], masked, planned, tuple(packs(told, 1)))

    def _resource(self, resource: Resource) -> Resource:
        told = withhold(resource, self.mask)
        if told.id != resource.id:
            self.masked[resource.id] = told.id
        return self._told(told)

    def _told(self, told: Resource) -> Resource:
        self.planned = self.planned or told.address is not None
        known = self.resources.get(told.id)
        if known is not None:
            self.again.setdefault(told.id, Listed([known])).listings.append(told)
        self.resources[told.id] = told if known is None else self.again[told.id].resource
        return told

    def _update(self, update: FactUpdate) -> FactUpdate:
        known = self.resources[self.masked.get(update.resource, update.resource)]
        kept = told = self.mask.update(update, known)
        if known.id in self.again:
            told = self.again[known.id].updated(told)
        links = known.links if told.links is None else told.links
        self.relinked = self.relinked or links != known.links
        # What nobody has read this time stays as it was read before: by an earlier process, or in an earlier scan.
        facts = {name: fact for name, fact in told.facts.items() if name not in known.facts or not _is_unread(fact)}
        self.resources[known.id] = replace(known, facts={**known.facts, **facts}, grants=told.grants or known.grants, links=links)
        return kept

    def _outcome(self, outcome: ReadOutcome) -> ReadOutcome:
        """File what came of a read; that of a document that several resources share once."""
        own = outcome.resource
        resource = own if own in self.resources else self.masked.get(own) or self.mask.text(own)
        told = replace(outcome, account=self.mask.text(outcome.account), resource=resource, shared=self.mask.text(outcome.shared))
        self.outcomes.add(told)
        return told

    def _look(self, look: Look) -> Look:
        """File a look, with what it found as evidence of its store; where all of it was denied, evidence that is due is missing."""
        known = self.resources[self.masked.get(look.resource, look.resource)]
        told = replace(look, resource=known.id)
        self.looks.append(told)
        evidence = replace(known.evidence, found=(*known.evidence.found, *look.found), sampled=look.sampled)
        if look.listed or look.read:
            evidence = replace(evidence, looked=look.depth)
        if look.blocked:
            via = Provenance(f"sample: {look.blocked}", look.blocked)
            evidence = replace(evidence, unread=(*evidence.unread, Unknown(UnknownReason.PERMISSION_DENIED, via)))
        self.resources[known.id] = replace(known, evidence=evidence)
        return told

    def report(self, reported: Reported) -> None:
        """File what another tool says of the stores; a note tells of what it says of none of them."""
        said = {self.mask.text(store).lower(): words for store, words in reported.words.items()}
        known: set[str] = set()
        for key, resource in self.resources.items():
            mine = said.keys() & {key.lower(), *(alias.lower().rstrip("/") for alias in resource.aliases)}
            if mine:
                known |= mine
                external = tuple(sorted({*resource.evidence.external}.union(*(said[one] for one in mine))))
                self.resources[key] = replace(resource, evidence=replace(resource.evidence, external=external))
        if lost := len(said) - len(known):
            self.notes.append(f"{reported.source}: {reported.tool} speaks of stores that are not in this scan: {lost}")

    def remarks(self) -> Iterator[str]:
        """What is to be known of what was listed more than once and told otherwise."""
        odd = sorted(key for key in self.again if at_odds(self.resources[key]))
        if odd:
            yield f"resources that were listed more than once and told otherwise: {len(odd):,}, the first {odd[0]}; what was told otherwise is unknown"

    def as_asked(self, ids: Iterable[str]) -> list[str]:
        """Ids as the sources know them."""
        unmasked = {told: own for own, told in self.masked.items()}
        return [unmasked.get(one, one) for one in ids]


def _is_unread(fact: AnyFact) -> bool:
    return isinstance(fact, Unknown) and fact.reason is UnknownReason.NOT_COLLECTED


def _members(one: Maybe[frozenset[str]], other: Maybe[frozenset[str]]) -> Maybe[frozenset[str]]:
    """Who belongs to the organisations of two sources, the same whichever of them answered first."""
    if one is NOT_COLLECTED or other is NOT_COLLECTED:
        return other if one is NOT_COLLECTED else one
    first, second = sorted((one, other), key=_place_of, reverse=True)
    if isinstance(first, Known) and isinstance(second, Known):
        return Known(first.value | second.value, first.via)
    if isinstance(first, Unknown) and isinstance(second, Unknown):
        return first.including(first.includes | second.includes)
    return first if isinstance(first, Known) else second


def _place_of(members: Maybe[frozenset[str]]) -> tuple[str, ...]:
    return members.via.via, members.via.action, *((members.reason, members.detail) if isinstance(members, Unknown) else ())


@dataclass(slots=True)
class _Branch:
    """A unit that is kept, while it and the units below it run."""

    name: str
    asked: Mapping[str, frozenset[str]]
    above: _Branch | None
    left: int = 1
    """Units that have not ended."""
    whole: bool = True
    started: bool = False
    """Whether the unit itself has been given to a thread."""
    items: list[Item] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Job:
    """A unit to run, and the kept unit to which what it yields belongs."""

    unit: Unit
    branch: _Branch | None
    place: tuple[int, int]
    """How deep below the units that were given it lies, as a number below zero, and which it is of all."""

    def __lt__(self, other: _Job) -> bool:
        """What is deepest goes first: an account that was begun is read to its end, and the next waits."""
        return self.place < other.place


@dataclass(slots=True)
class _Ran:
    """A unit that was run, or is run while what it yields is looked at."""

    job: _Job
    items: Iterable[Item] = ()
    crash: str = ""
    """The traceback, where a bug ended it."""


@dataclass(frozen=True, slots=True)
class _Filing:
    """Where what units yield goes: to what was collected, and to the checkpoint where there is one."""

    collected: Collected
    checkpoint: Checkpoint | None
    only: frozenset[str] | None
    number: Iterator[int] = field(default_factory=count)

    def begin(self, unit: Unit, above: _Branch | None, depth: int = 0) -> list[_Job]:
        """The unit as a job; none where it is not wanted, or an earlier process has run it."""
        checkpoint, name, place = self.checkpoint, self.collected.mask.text(unit.kept), (-depth, next(self.number))
        if self.only is not None:
            return [_Job(unit, None, place)] if not name or name in self.only else []
        if checkpoint is None:
            return [_Job(unit, None, place)]
        branch = above
        if name or unit.asked:
            asked = self._asked(unit)
            name = name or checkpoint.name_of(asked)
            if kept := checkpoint.kept_as(name):
                for item in checkpoint.restore(kept, above.name if above is not None else ""):
                    self.collected.take(item)
                if above is not None:
                    above.below.append(kept)
                return []
            checkpoint.above[name] = above.name if above is not None else ""
            if checkpoint.takes_too_long(name):
                kinds = frozenset[Kind]() if unit.asked else ALL_KINDS
                self.collected.take(Gap(unit.provider, unit.account, unit.region, unit.service, *_TOO_LONG, kinds))
                if above is not None:
                    above.whole = False
                return []
            branch = checkpoint.reading[name] = _Branch(name, asked, above)
        if above is not None:
            above.left += 1
        return [_Job(unit, branch, place)]

    def _asked(self, unit: Unit) -> Mapping[str, frozenset[str]]:
        return {self.collected.masked.get(key, key): names for key, names in unit.asked.items()}

    def file(self, ran: _Ran) -> list[_Job]:
        """File what a unit yielded; the units among it as jobs."""
        more: list[_Job] = []
        job = ran.job
        items = ran.items
        if isinstance(items, Shelf) and items.many and job.branch is None:
            self.collected.take_many(items)
            items = ()
        for item in items:
            if isinstance(item, Unit):
                more += self.begin(item, job.branch, 1 - job.place[0])
                continue
            told = self.collected.take(item)
            if job.branch is not None:
                job.branch.items.append(told)
        if ran.crash:
            unit, crash = job.unit, self.collected.mask.text(ran.crash)
            self.collected.crashes.append(crash)
            self.collected.take(Gap(unit.provider, unit.account, unit.region, unit.service, "internal-error", "", crash.splitlines()[-1]))
        if job.branch is not None and self.checkpoint is not None:
            job.branch.whole = job.branch.whole and not ran.crash
            self._end(job.branch, self.checkpoint)
        return more

    @staticmethod
    def _end(branch: _Branch | None, checkpoint: Checkpoint) -> None:
        """One unit less to wait for; a branch of which all have ended is kept, and counts as one of the branch above."""
        while branch is not None:
            branch.left -= 1
            if branch.left:
                return
            checkpoint.reading.pop(branch.name, None)
            whole = branch.whole and checkpoint.keep(branch.name, branch.asked, branch.items, branch.below)
            branch.items.clear()
            above = branch.above
            if above is not None:
                above.whole = above.whole and whole
                above.below.append(branch.name)
            branch = above


def run_units(
    units: Iterable[Unit],
    collected: Collected,
    *,
    jobs: int,
    stage: str,
    progress: Progress | None,
    checkpoint: Checkpoint | None = None,
    only: frozenset[str] | None = None,
) -> None:
    """Run units on a bounded pool until none is left; units may yield units. A crash costs its own unit only. One job needs no thread.

    With a checkpoint, what units yield is kept, and taken from there where an earlier process has run them. `only`: of kept units, these.
    """
    filing = _Filing(collected, checkpoint, only)
    first = [job for unit in units for job in filing.begin(unit, None)]
    if jobs == 1:
        _run_here(first, filing, stage, progress)
    else:
        _run_on_threads(first, filing, jobs, stage, progress)
    if checkpoint is not None:
        checkpoint.flush()


def _run_on_threads(first: list[_Job], filing: _Filing, jobs: int, stage: str, progress: Progress | None) -> None:
    _few_arenas()
    work: queue.PriorityQueue[_Job] = queue.PriorityQueue()
    # Who reads waits for who files: what waits to be filed is in memory as it was read.
    results: queue.Queue[_Ran] = queue.Queue(max(1, jobs))
    for job in first:
        work.put(job)
    threads = [threading.Thread(target=_work, args=(work, results), daemon=True) for _ in range(max(1, jobs))]
    for thread in threads:
        thread.start()
    done, known = 0, len(first)
    # What a unit holds goes with it.
    first.clear()
    while done < known:
        more = filing.file(_next(results, filing.checkpoint))
        for job in more:
            work.put(job)
        known += len(more)
        done += 1
        if progress:
            progress(stage, done, known)
    for _ in threads:
        work.put(_LAST)
    for thread in threads:
        thread.join()


def _next(results: queue.Queue[_Ran], checkpoint: Checkpoint | None) -> _Ran:
    """What the next unit to end has yielded; what is pending is kept meanwhile."""
    if checkpoint is None:
        return results.get()
    while True:
        try:
            return results.get(timeout=checkpoint.due)
        except queue.Empty:
            checkpoint.flush()


def _run_here(waiting: list[_Job], filing: _Filing, stage: str, progress: Progress | None) -> None:
    done = 0
    while waiting:
        ran = _Ran(heappop(waiting))
        # Filed while it is read, so that nothing holds all of it.
        ran.items = ran.job.unit.run() if ran.job.unit.there else _yielded(ran)
        for job in filing.file(ran):
            heappush(waiting, job)
        done += 1
        if progress:
            progress(stage, done, done + len(waiting))


def _few_arenas() -> None:
    """Keep glibc from giving each thread an arena of its own: with two dozen threads that costs 50 MB. Does nothing elsewhere."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 2)


_LAST: Final = _Job(Unit("", "", "", tuple), None, (1, 0))
"""After which a thread ends."""


def _work(work: queue.PriorityQueue[_Job], results: queue.Queue[_Ran]) -> None:
    while (job := work.get()) is not _LAST:
        results.put(_run(job))


def _run(job: _Job) -> _Ran:
    """What a unit yields, up to where it crashed, and the traceback if it did."""
    ran = _Ran(job)
    ran.items = list(_yielded(ran))
    return ran


def _yielded(ran: _Ran) -> Iterator[Item]:
    branch = ran.job.branch
    if branch is not None and (ran.job.unit.kept or ran.job.unit.asked):
        branch.started = True
    try:
        yield from ran.job.unit.run()
    except Exception as error:  # noqa: BLE001 - the one place: a bug in a collector costs its own unit, is kept whole, and ends the run with 70
        ran.crash = _without_values(error) if ran.job.unit.private else traceback.format_exc()


def _without_values(error: Exception) -> str:
    """Where a bug ended a look into a store, and its kind; its message may quote what was read."""
    return f"{''.join(traceback.format_tb(error.__traceback__))}{type(error).__name__}: message withheld, since content was being read"
