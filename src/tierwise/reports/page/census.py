"""One look over everything that a result holds: the stores by their rank, and what the page tells of all findings; of very many by two processes, and held in files."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import accumulate
from typing import Final

from tierwise.beside import in_two
from tierwise.model.attestation import State
from tierwise.model.control import Severity
from tierwise.model.finding import Finding, Findings, Verdict
from tierwise.model.resource import HELD, Kind
from tierwise.model.sensitivity import TIER_IDS, Tier, TierState
from tierwise.reports.page.stores import ASSUMED, Answer, Datasets, Owners, Spots, Store, store_of
from tierwise.reports.shown import Shown
from tierwise.shelf import Picked, Shelf, places_of

MOST_ROWS: Final = 100
"""How many rows of a table are told where there may be very many."""
_BATCH: Final = 256


@dataclass(slots=True)
class Judged:
    """The verdicts of one control on data of tier T2 and above that are no pass."""

    grave: int = 0
    """Not met, of high severity or above, on a settled tier, and not accepted."""
    accepted: int = 0
    stale: int = 0
    places: array[int] = field(default_factory=lambda: array("I"))
    """The resources on which it is not met."""

    def add(self, other: Judged) -> None:
        """What was counted elsewhere, of resources behind these."""
        self.grave += other.grave
        self.accepted += other.accepted
        self.stale += other.stale
        self.places.extend(other.places)


@dataclass(slots=True)
class Worst:
    """Of the findings of one control and severity, the one to show, and on how many resources there are any."""

    weight: tuple[int, ...]
    finding: Finding
    place: int
    count: int = 1

    def add(self, other: Worst) -> None:
        """What was found elsewhere."""
        self.count += other.count
        if other.weight < self.weight:
            self.weight, self.finding, self.place = other.weight, other.finding, other.place


@dataclass(slots=True)
class Counts:
    """What is counted of all that fails or is unknown."""

    unseen: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Why verdicts are open, and what would settle them."""
    now: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    """What nobody answers for, by row and verdict."""
    held: Counter[str] = field(default_factory=Counter)
    """What somebody answers for, by row."""
    stale: int = 0
    lapsed: int = 0
    """What an acceptance names that is not in force."""
    soonest: str = ""
    """When the first of the accepted risks ends."""
    opened: Counter[str] = field(default_factory=Counter)
    """Of what fails at T3 and T4 and nobody answers for, the days on which it was first seen; the empty one where no store knows."""
    titles: dict[str, str] = field(default_factory=dict)
    """Of the controls."""
    judged: dict[str, Judged] = field(default_factory=lambda: defaultdict(Judged))
    """By control."""
    worst: dict[tuple[str, Severity], Worst] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        """How much somebody answers for."""
        return self.held.total()

    def see(self, one: Finding, place: int) -> None:
        """One more, of the resource at a place."""
        held = one.accepted
        self.titles[one.control] = one.title
        row = ASSUMED if one.assumed else TIER_IDS[one.tier]
        if held is None:
            self.now[row, one.verdict] += 1
            if one.verdict is Verdict.FAIL and one.tier >= Tier.T3 and not one.assumed:
                self.opened[(one.first_seen or "")[:10]] += 1
        else:
            self.held[row] += 1
            self.soonest = min(self.soonest or held.expires, held.expires)
        self.lapsed += bool(one.lapsed)
        self.stale += one.attested is State.STALE
        if one.verdict is Verdict.UNKNOWN:
            self.unseen.update({(part.reason, part.action or part.via or part.fact) for part in one.unknowns})
            return
        if one.tier >= Tier.T2:
            judged = self.judged[one.control]
            judged.places.append(place)
            judged.accepted += held is not None
            judged.stale += one.attested is State.STALE
            judged.grave += one.severity >= Severity.HIGH and not one.assumed and held is None and one.attested is not State.STALE

    def weigh(self, one: Finding, place: int, rank: int) -> None:
        """One that leads a change: the others that the change closes are closed with it."""
        if not one.assumed:
            self._weigh((one.control, one.severity), Worst((not one.danger, -one.severity, -one.tier, rank), one, place))

    def _weigh(self, key: tuple[str, Severity], one: Worst) -> None:
        if key in self.worst:
            self.worst[key].add(one)
        else:
            self.worst[key] = one

    def add(self, other: Counts) -> None:
        """What was counted elsewhere, of resources behind these."""
        self.unseen.update(other.unseen)
        self.now.update(other.now)
        self.titles.update(other.titles)
        self.held.update(other.held)
        self.opened.update(other.opened)
        self.stale += other.stale
        self.lapsed += other.lapsed
        self.soonest = min(filter(None, (self.soonest, other.soonest)), default="")
        for control, judged in other.judged.items():
            self.judged[control].add(judged)
        for key, worst in other.worst.items():
            self._weigh(key, worst)


@dataclass(frozen=True, slots=True)
class _Part:
    """What came of some resources that follow each other."""

    stores: list[Store] = field(default_factory=list)
    accounts: set[str] = field(default_factory=set)
    tiers: Counter[str] = field(default_factory=Counter)
    datasets: list[int] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Census:
    """What there is."""

    page: Shown
    held: Sequence[Store]
    """In the order of their resources."""
    order: array[int]
    """Their places in it, the worst first."""
    counts: Counts
    accounts: frozenset[str]
    tiers: Counter[str]
    """How many resources there are, by the label of their tier, assumed ones apart."""
    datasets: tuple[int, ...]
    """The places of datasets among the resources."""
    problems: Sequence[Finding]
    ends: Sequence[int]
    """Where the problems of each resource end, after the nought at which the first begin."""
    at: array[int]
    """Of each resource, the place of its store and one; nought where it is none."""
    position: array[int]
    """Of each store, its place in the order."""
    answer: Answer
    sets: Datasets
    spots: Spots
    owners: Owners

    @property
    def ranked(self) -> Sequence[Store]:
        """The stores, the worst first."""
        return Picked(self.held, self.order)

    def first(self, places: Iterable[int], most: int) -> list[Store]:
        """Of the stores that the resources at some places are, the worst."""
        position = self.position
        return [self.held[at] for at in nsmallest(most, (self.at[place] - 1 for place in places), key=position.__getitem__)]

    def store(self, place: int) -> Store | None:
        """The store that the resource at a place is."""
        return self.held[self.at[place] - 1] if self.at[place] else None

    def problems_of(self, store: Store) -> Sequence[Finding]:
        """What fails or is unknown on a store."""
        return self.problems[self.ends[store.place] : self.ends[store.place + 1]]


def census_of(page: Shown) -> Census:
    """Every resource that holds data, or on which something fails, and what is counted of all findings."""
    findings = Findings.of(page.result.findings)
    problems, ends = _by_resource(page, findings)
    held: Shelf[Store] = Shelf(batch=1)
    ranks: list[int] = []
    at = array("I", bytes(4 * len(page.result.resources)))
    counts, accounts, tiers, datasets = Counts(), set[str](), Counter[str](), list[int]()
    answer, sets, spots, owners = Answer(), Datasets(MOST_ROWS), Spots(), Owners()
    for part in in_two(range(len(page.result.resources)), lambda span: _parts(page, problems, ends, span)):
        for store in part.stores:
            ranks.append(store.rank)
            held.add(store)
            at[store.place] = len(ranks)
            answer.add(store)
            sets.add(store)
            spots.add(store)
            owners.add(store)
        tiers.update(part.tiers)
        datasets += part.datasets
        counts.add(part.counts)
        accounts |= part.accounts
    order = array("I", sorted(range(len(ranks)), key=ranks.__getitem__))
    position = array("I", bytes(4 * len(order)))
    for number, place in enumerate(order):
        position[place] = number
    return Census(
        page=page,
        held=held if held.many else tuple(held),
        order=order,
        counts=counts,
        accounts=frozenset(accounts),
        tiers=tiers,
        datasets=tuple(datasets),
        problems=problems,
        ends=ends,
        at=at,
        position=position,
        answer=answer,
        sets=sets,
        spots=spots,
        owners=owners,
    )


def stores_of(page: Shown) -> Sequence[Store]:
    """Every resource that holds data, or on which something fails, the worst first."""
    return census_of(page).ranked


def _by_resource(page: Shown, findings: Findings) -> tuple[Sequence[Finding], Sequence[int]]:
    """What fails or is unknown in the order of the resources, and where that of each ends."""
    if findings.ends is not None:
        return findings.problems, findings.ends
    places = places_of(page.result.by_id)
    of = array("I", [places[one.resource] for one in findings.problems])
    number = Counter(of)
    ends = array("Q", accumulate((number[place] for place in range(len(places))), initial=0))
    return Picked(findings.problems, array("I", sorted(range(len(of)), key=of.__getitem__))), ends


def _parts(page: Shown, problems: Sequence[Finding], ends: Sequence[int], span: Sequence[int]) -> Iterator[_Part]:
    for first in range(0, len(span), _BATCH):
        part = _Part()
        for place in span[first : first + _BATCH]:
            resource = page.result.resources[place]
            if resource.account:
                part.accounts.add(resource.account)
            told = page.result.classifications[resource.id]
            part.tiers[ASSUMED if told.state is TierState.ASSUMED else told.tier.label] += 1
            if resource.kind is Kind.DATASET:
                part.datasets.append(place)
            found = problems[ends[place] : ends[place + 1]]
            if resource.kind in HELD or found:
                store = store_of(place, resource, told, found)
                part.stores.append(store)
                for one in found:
                    part.counts.see(one, place)
                for one in _leading(found):
                    part.counts.weigh(one, place, store.rank)
        yield part


def _leading(found: Sequence[Finding]) -> Iterable[Finding]:
    """Of what one change to a resource closes the most severe, as fixes are told by it."""
    lead: dict[tuple[str, str], Finding] = {}
    for one in found:
        if one.verdict is Verdict.FAIL and one.accepted is None:
            first = lead.setdefault((one.fix_at, one.cause or one.setting or one.control), one)
            if one.severity > first.severity:
                lead[one.fix_at, one.cause or one.setting or one.control] = one
    return lead.values()
