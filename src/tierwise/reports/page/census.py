"""One look over everything that a result holds: the stores by their rank, and what the page tells of all findings; of very many by two processes, which hand over what they counted."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import accumulate, chain, islice
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from tierwise.beside import in_two
from tierwise.model.attestation import State
from tierwise.model.control import Severity
from tierwise.model.finding import PROBLEMS, Finding, Findings, Verdict
from tierwise.model.resource import HELD, Kind, Resource
from tierwise.model.sensitivity import TIER_IDS, Tier, TierState
from tierwise.reports.page.changes import Changes
from tierwise.reports.page.flows import Flows
from tierwise.reports.page.stores import ASSUMED, Answer, Datasets, Owners, Spots, Store, name_of, store_id, store_of
from tierwise.reports.shown import Shown
from tierwise.shelf import Each, Picked, places_of

MOST_ROWS: Final = 100
"""How many rows of a table are told where there may be very many."""
_BATCH: Final = 256
Rank: TypeAlias = tuple[int | str, ...]
"""What a problem is ranked by before its resource (`Shown.rank`)."""


@dataclass(slots=True)
class Alike:
    """Problems of one rank."""

    problems: array[int] = field(default_factory=lambda: array("I"))
    """Their places."""
    resources: array[int] = field(default_factory=lambda: array("I"))
    """Of what is not met on data of tier T2 and above, those of its resources."""


class Sort(NamedTuple):
    """What is told of problems by their rank."""

    held: bool
    """Somebody answers for them."""
    verdict: Verdict
    severity: int
    tier: int
    assumed: bool
    control: str

    @classmethod
    def of(cls, rank: Rank) -> Sort:
        """The sort of a rank."""
        _blocks, _let, held, unknown, severity, tier, assumed, control = rank
        return cls(bool(held), Verdict.UNKNOWN if unknown else Verdict.FAIL, -int(severity), -int(tier), bool(assumed), str(control))

    @property
    def row(self) -> str:
        """The row of a table in which they are counted."""
        return ASSUMED if self.assumed else TIER_IDS[self.tier]

    @property
    def on_people(self) -> bool:
        """Whether they are not met, on data of tier T2 or above."""
        return self.verdict is Verdict.FAIL and self.tier >= Tier.T2

    @property
    def grave(self) -> bool:
        """Whether they are that, of high severity or above, on a settled tier, and not accepted."""
        return self.on_people and self.severity >= Severity.HIGH and not self.assumed and not self.held


@dataclass(frozen=True, slots=True)
class Judged:
    """What is not met of one control on data of tier T2 and above."""

    grave: int = 0
    """Of high severity or above, on a settled tier, not accepted, and not attested too long ago."""
    accepted: int = 0
    stale: int = 0
    places: Sequence[Sequence[int]] = ()
    """The resources on which it is not met."""


@dataclass(slots=True)
class Counts:
    """What is counted of all that fails or is unknown."""

    alike: dict[Rank, Alike] = field(default_factory=dict)
    """All of it, by rank."""
    titles: dict[str, str] = field(default_factory=dict)
    """Of the controls."""
    unseen: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Why verdicts are open, and what would settle them."""
    stale: Counter[Sort] = field(default_factory=Counter)
    """What was attested too long ago."""
    lapsed: array[int] = field(default_factory=lambda: array("I"))
    """The places of what an acceptance names that is not in force."""
    soonest: str = ""
    """When the first of the accepted risks ends."""
    opened: Counter[str] = field(default_factory=Counter)
    """Of what fails at T3 and T4 and nobody answers for, the days from which it has been so; the empty one where no store knows."""

    def see(self, one: Finding, rank: Rank, problem: int, place: int) -> None:
        """One more; `problem` is its place, `place` that of its resource."""
        alike = self.alike.get(rank)
        if alike is None:
            alike = self.alike[rank] = Alike()
            self.titles[one.control] = one.title
        alike.problems.append(problem)
        held, tier = one.accepted, one.tier
        if one.verdict is Verdict.UNKNOWN:
            self.unseen.update({(part.reason, part.action or part.via or part.fact) for part in one.unknowns})
        elif tier >= Tier.T2:
            alike.resources.append(place)
            if tier >= Tier.T3 and held is None and not one.assumed:
                self.opened[one.since] += 1
        if held is not None:
            self.soonest = min(self.soonest or held.expires, held.expires)
        if one.lapsed:
            self.lapsed.append(problem)
        if one.attested is State.STALE:
            self.stale[Sort.of(rank)] += 1

    def join(self, other: Counts) -> None:
        """What was counted elsewhere, of resources behind these."""
        for rank, theirs in other.alike.items():
            alike = self.alike.setdefault(rank, theirs)
            if alike is not theirs:
                alike.problems.extend(theirs.problems)
                alike.resources.extend(theirs.resources)
        self.titles.update(other.titles)
        self.unseen.update(other.unseen)
        self.stale.update(other.stale)
        self.lapsed.extend(other.lapsed)
        self.soonest = min(filter(None, (self.soonest, other.soonest)), default="")
        self.opened.update(other.opened)

    def sorts(self) -> Iterator[tuple[Sort, Alike]]:
        """All of it, by what is told of it."""
        return ((Sort.of(rank), alike) for rank, alike in self.alike.items())

    @property
    def accepted(self) -> int:
        """How much somebody answers for."""
        return sum(len(alike.problems) for sort, alike in self.sorts() if sort.held)

    def by_row(self) -> tuple[Counter[tuple[str, Verdict]], Counter[str]]:
        """What nobody answers for, by row and verdict, and what somebody answers for, by row."""
        now, held = Counter[tuple[str, Verdict]](), Counter[str]()
        for sort, alike in self.sorts():
            if sort.held:
                held[sort.row] += len(alike.problems)
            else:
                now[sort.row, sort.verdict] += len(alike.problems)
        return now, held

    def judged(self) -> dict[str, Judged]:
        """What is not met of each control on data of tier T2 and above."""
        found: dict[str, list[tuple[Sort, array[int]]]] = defaultdict(list)
        for sort, alike in self.sorts():
            if sort.on_people:
                found[sort.control].append((sort, alike.resources))
        return {control: self._judged(sorts) for control, sorts in found.items()}

    def _judged(self, found: Sequence[tuple[Sort, array[int]]]) -> Judged:
        stale = {sort: self.stale[sort] for sort, _ in found}
        return Judged(
            sum(len(places) for sort, places in found if sort.grave) - sum(number for sort, number in stale.items() if sort.grave),
            sum(len(places) for sort, places in found if sort.held),
            sum(stale.values()),
            [places for _, places in found],
        )


@dataclass(slots=True)
class Seen:
    """What came of resources that follow each other."""

    places: array[int] = field(default_factory=lambda: array("I"))
    """Those of stores among the resources."""
    ranks: array[int] = field(default_factory=lambda: array("Q"))
    """Of each store."""
    weakest: tuple[int, int] | None = None
    """The rank and the place of the worst that holds data and on which something fails."""
    accounts: set[str] = field(default_factory=set)
    tiers: Counter[str] = field(default_factory=Counter)
    """How many resources there are, by the label of their tier, assumed ones apart."""
    datasets: list[int] = field(default_factory=list)
    """The places of datasets among the resources."""
    counts: Counts = field(default_factory=Counts)
    changes: Changes = field(default_factory=Changes)
    answer: Answer = field(default_factory=Answer)
    sets: Datasets = field(default_factory=lambda: Datasets(MOST_ROWS))
    spots: Spots = field(default_factory=Spots)
    owners: Owners = field(default_factory=Owners)
    flows: Flows = field(default_factory=lambda: Flows(MOST_ROWS))

    def add(self, store: Store) -> None:
        """One more store."""
        self.places.append(store.place)
        self.ranks.append(store.rank)
        if store.failed and store.holds:
            self._compare((store.rank, store.place))
        self.answer.add(store)
        self.sets.add(store)
        self.spots.add(store)
        self.owners.add(store)

    def _compare(self, one: tuple[int, int]) -> None:
        self.weakest = min(self.weakest or one, one)

    def join(self, other: Seen) -> None:
        """What came of resources behind these."""
        self.places.extend(other.places)
        self.ranks.extend(other.ranks)
        if other.weakest is not None:
            self._compare(other.weakest)
        self.accounts |= other.accounts
        self.tiers.update(other.tiers)
        self.datasets += other.datasets
        self.counts.join(other.counts)
        self.changes.join(other.changes)
        self.answer.join(other.answer)
        self.sets.join(other.sets)
        self.spots.join(other.spots)
        self.owners.join(other.owners)
        self.flows.join(other.flows)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a result holds, by the places of its resources."""

    page: Shown
    problems: Sequence[Finding]
    """What fails or is unknown, in the order of the resources."""
    ends: Sequence[int]
    """Where the problems of each resource end, after the nought at which the first begin."""

    def found(self, place: int) -> Sequence[Finding]:
        """What fails or is unknown on a resource."""
        return self.problems[self.ends[place] : self.ends[place + 1]]

    def store(self, place: int) -> Store:
        """The store that a resource is."""
        resource = self.page.result.resources[place]
        return store_of(place, resource, self.page.result.classifications[resource.id], self.found(place))

    def parts(self, span: Sequence[int]) -> Iterator[Seen]:
        """What comes of some resources that follow each other."""
        for first in range(0, len(span), _BATCH):
            some = span[first : first + _BATCH]
            start, end = some[0], some[-1] + 1
            problems = iter(self.problems[self.ends[start] : self.ends[end]])
            seen = Seen()
            for place, resource in zip(some, self.page.result.resources[start:end], strict=True):
                self._see(seen, place, resource, tuple(islice(problems, self.ends[place + 1] - self.ends[place])))
            yield seen

    def _see(self, seen: Seen, place: int, resource: Resource, found: Sequence[Finding]) -> None:
        page, first = self.page, self.ends[place]
        told = page.result.classifications[resource.id]
        seen.tiers[ASSUMED if told.state is TierState.ASSUMED else told.tier.label] += 1
        if resource.account:
            seen.accounts.add(resource.account)
        if resource.kind is Kind.DATASET:
            seen.datasets.append(place)
        if resource.links:
            seen.flows.add(page, place, resource)
        if resource.kind not in HELD and not found:
            return
        store = store_of(place, resource, told, found)
        seen.add(store)
        seen.changes.add(found, first, store.rank)
        for problem, one in enumerate(found, first):
            seen.counts.see(one, page.rank(one)[:-1], problem, place)


@dataclass(frozen=True, slots=True)
class Census:
    """What there is. Stores and what fails on them are made when they are looked at."""

    page: Shown
    seen: Seen
    problems: Sequence[Finding]
    """What fails or is unknown, in the order of the resources."""
    stores: Sequence[Store]
    """In the order of their resources."""
    ends: Sequence[int]
    """Where the problems of each resource end, after the nought at which the first begin."""

    @property
    def weakest(self) -> Store | None:
        """The worst that holds data and on which something fails."""
        return self.store(self.seen.weakest[1]) if self.seen.weakest is not None else None

    def among(self, wanted: Callable[[Store], bool]) -> list[Store]:
        """Those of which something is true, the worst first; all are looked at, and only they are held."""
        return sorted(filter(wanted, self.stores), key=lambda one: one.rank)

    def ranked(self, most: int) -> Sequence[int]:
        """The places of the worst among the stores, so many at most."""
        return array("I", nsmallest(most, range(len(self.stores)), key=self.seen.ranks.__getitem__))

    def worst(self, places: Iterable[int], most: int) -> list[Store]:
        """Of the stores that the resources at some places are, the worst."""
        return [self.stores[at] for at in nsmallest(most, map(self._at, places), key=lambda at: (self.seen.ranks[at], at))]

    def store(self, place: int) -> Store | None:
        """The store that the resource at a place is."""
        at = self._at(place)
        return self.stores[at] if at < len(self.stores) and self.seen.places[at] == place else None

    def _at(self, place: int) -> int:
        return bisect_left(self.seen.places, place)

    def problems_of(self, store: Store) -> Sequence[Finding]:
        """What fails or is unknown on a store."""
        return self.problems[self.ends[store.place] : self.ends[store.place + 1]]

    def on(self, problem: int) -> Store | None:
        """The store on which the problem at a place is."""
        return self.store(self._resource(problem))

    def spot(self, problem: int) -> tuple[str, str]:
        """What that store is called, and the id of its section."""
        place = self._resource(problem)
        return name_of(self.page.result.resources[place]), store_id(place)

    def _resource(self, problem: int) -> int:
        return bisect_right(self.ends, problem) - 1

    def listed(self, most: int, *, accepted: bool = False) -> Sequence[int]:
        """The places of problems that the view asks for, the worst first, so many at most; `accepted`: only those that somebody answers for."""
        wanted = self.page.view.verdicts or PROBLEMS
        ranks = ((rank, alike.problems) for rank, alike in self.seen.counts.alike.items())
        places = (
            places
            for rank, places in sorted(ranks, key=itemgetter(0))
            if (sort := Sort.of(rank)).verdict in wanted and sort.held >= accepted
        )
        return array("I", islice(chain.from_iterable(places), most))


def census_of(page: Shown) -> Census:
    """Every resource that holds data, or on which something fails, and what is counted of all findings."""
    held = _Held(page, *_by_resource(page, Findings.of(page.result.findings)))
    seen = Seen()
    for part in in_two(range(len(page.result.resources)), held.parts):
        seen.join(part)
    return Census(page, seen, held.problems, Each(seen.places, held.store), held.ends)


def _by_resource(page: Shown, findings: Findings) -> tuple[Sequence[Finding], Sequence[int]]:
    """What fails or is unknown in the order of the resources, and where that of each ends."""
    if findings.ends is not None:
        return findings.problems, findings.ends
    places = places_of(page.result.by_id)
    of = array("I", [places[one.resource] for one in findings.problems])
    number = Counter(of)
    ends = array("Q", accumulate((number[place] for place in range(len(places))), initial=0))
    return Picked(findings.problems, array("I", sorted(range(len(of)), key=of.__getitem__))), ends
