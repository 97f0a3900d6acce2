"""Stores as the report ranks them, datasets with the people in them, where data lives and where it flows."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final

from tierwise.model.finding import Finding, Verdict
from tierwise.model.resource import HELD, Rel, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState
from tierwise.reports.page.reach import Outside, Reach, reach_of
from tierwise.reports.shown import Shown
from tierwise.reports.text import count

ASSUMED: Final = "assumed"
CATEGORIES: Final = {
    "C1": "basic personal data",
    "C2": "identity or financial data",
    "C3": "special category, criminal, children's or location data",
    "C4": "genetic or biometric data",
    "C5": "protected people",
    "C6": "credentials",
}
_FLOWS: Final = {
    Rel.COPY_OF: "is a copy of",
    Rel.BACKUP_OF: "is a backup of",
    Rel.REPLICATES_TO: "replicates to",
    Rel.EXPORTS_TO: "exports to",
    Rel.LOGS_TO: "logs to",
}
_MANY: Final = 2**40 - 1
_BASES: Final = {"declared-subjects": "as its tag declares", "registered-subjects": "as the register says"}


@dataclass(frozen=True, slots=True)
class Store:
    """One resource that holds data, with what fails on it."""

    id: str
    name: str
    target: str
    """The id of its section in the page."""
    type: str
    where: tuple[str, str, str]
    """Provider, account and region."""
    unit: str
    tier: Tier
    state: str
    assumed: bool
    holds: bool
    """Whether it holds data itself; accounts and principals, on which something may fail too, do not."""
    understated: bool
    subjects: int | None
    basis: str
    categories: str
    dataset: str
    owner: str
    reach: Reach
    failed: int
    unknown: int
    severity: str
    """The worst severity of what fails; empty where nothing does."""
    headline: str
    danger: bool
    place: int
    """Among the resources of the result."""
    rank: int
    """The worst store has the least: by danger, severity, tier, reach, people and number of what fails, then in the order of the resources."""

    @property
    def stands(self) -> str:
        """Where it is, in words."""
        return " ".join(one for one in (*self.where, self.unit) if one)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The people in one dataset; its copies count once, and no number is a sum over stores."""

    name: str
    tier: Tier
    subjects: int | None
    basis: str
    stores: int
    copies: int
    failed: int
    reach: str
    owner: str


@dataclass(frozen=True, slots=True)
class Spot:
    """How many stores of each tier one account and region holds."""

    provider: str
    account: str
    region: str
    counts: tuple[int, ...]
    """Highest tier first."""
    open: int | None
    """How many can be reached from outside, or nobody could say; None where the audience is not shown it."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One way that data takes."""

    source: str
    words: str
    target: str
    tiers: str


def store_id(number: int) -> str:
    """The id of a resource's section in the page."""
    return f"r-{number}"


def store_of(place: int, resource: Resource, told: Classification, found: Sequence[Finding]) -> Store:
    """The resource at a place, with what fails or is unknown on it."""
    fails = [one for one in found if one.verdict is Verdict.FAIL and one.accepted is None]
    worst = max(fails, key=lambda one: (one.danger, one.severity, one.control), default=None)
    assumed = told.state is TierState.ASSUMED
    reach = reach_of(resource)
    return Store(
        id=resource.id,
        name=resource.address or resource.name or resource.id,
        target=store_id(place + 1),
        type=resource.type,
        where=(resource.provider, resource.account, resource.region),
        unit=resource.unit,
        tier=told.tier,
        state=told.state.value,
        assumed=assumed,
        holds=resource.kind in HELD,
        understated=told.understated,
        subjects=told.subjects,
        basis=_basis(told),
        categories=", ".join(f"{one.value} {CATEGORIES[one.value]}" for one in told.categories if one.value in CATEGORIES),
        dataset=told.dataset,
        owner=told.owner or next((one.owner for one in found if one.owner), ""),
        reach=reach,
        failed=len(fails),
        unknown=sum(1 for one in found if one.verdict is Verdict.UNKNOWN),
        severity=worst.severity.word if worst else "",
        headline=worst.title if worst else "",
        danger=bool(worst and worst.danger),
        place=place,
        rank=_rank(
            (not (worst and worst.danger), 1),
            (assumed, 1),
            (0xF - int(worst.severity) if worst else 0xF, 0xF),
            (0xF - int(told.tier), 0xF),
            (0xF - int(reach.rank * 2), 0xF),
            (_MANY - min(told.subjects or 0, _MANY), _MANY),
            (_MANY - min(len(fails), _MANY), _MANY),
            (place, _MANY),
        ),
    )


def _rank(*digits: tuple[int, int]) -> int:
    """Numbers that are compared one after the other as one number, each with the most that it can be; very many are sorted by it."""
    rank = 0
    for value, most in digits:
        rank = rank * (most + 1) + value
    return rank


def _basis(told: Classification) -> str:
    """What the number of people rests on."""
    if told.subjects is None:
        return "not known"
    rules = {step.rule for step in told.trace}
    return next(
        (words for rule, words in _BASES.items() if rule in rules), "from its source" if told.state is TierState.INHERITED else "declared"
    )


class Datasets:
    """The datasets of stores as they come; of what belongs to none only the first are held."""

    def __init__(self, most: int) -> None:
        """`most` is how many are told."""
        self._most = most
        self._named: dict[str, _Group] = {}
        self._single: list[Dataset] = []
        self._count = 0

    def add(self, one: Store) -> None:
        """One more store. One that belongs to no dataset, and holds people's data, stands for itself."""
        if not one.holds or one.tier < Tier.T2 or one.assumed:
            return
        if one.dataset:
            self._named.setdefault(one.dataset, _Group()).add(one)
            return
        group = _Group()
        group.add(one)
        self._count += 1
        self._single.append(group.told(one.name))
        if len(self._single) > 2 * self._most:
            self._single = nsmallest(self._most, self._single, key=_weight)

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._named) + self._count

    def told(self) -> tuple[Dataset, ...]:
        """The first, highest tier and most people first."""
        return tuple(nsmallest(self._most, [*(one.told(name) for name, one in self._named.items()), *self._single], key=_weight))


def _weight(one: Dataset) -> tuple[int, int, str]:
    return -one.tier, -(one.subjects or 0), one.name


class _Group:
    """The stores of one dataset, as they come."""

    def __init__(self) -> None:
        self._stores = self._copies = self._failed = 0
        self._tier = Tier.T0
        self._largest: Store | None = None
        self._widest: Store | None = None
        self._owned: Store | None = None

    def add(self, one: Store) -> None:
        """One more."""
        self._stores += 1
        self._copies += one.state == TierState.INHERITED.value
        self._failed += one.failed
        self._tier = max(self._tier, one.tier)
        if self._largest is None or (-(one.subjects or -1), one.rank) < (-(self._largest.subjects or -1), self._largest.rank):
            self._largest = one
        if self._widest is None or (-one.reach.rank, one.rank) < (-self._widest.reach.rank, self._widest.rank):
            self._widest = one
        if one.owner and (self._owned is None or one.rank < self._owned.rank):
            self._owned = one

    def told(self, name: str) -> Dataset:
        """The dataset that they are."""
        return Dataset(
            f"{name} (a copy)" if self._copies == self._stores else name,
            self._tier,
            self._largest.subjects if self._largest else None,
            self._largest.basis if self._largest else "",
            self._stores,
            self._copies,
            self._failed,
            self._widest.reach.words if self._widest else "",
            self._owned.owner if self._owned else "",
        )


class Spots:
    """Where data of each tier lives, of stores as they come."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[tuple[str, str, str], Tier]] = Counter()
        self._reached: Counter[tuple[str, str, str]] = Counter()
        self._hidden = False

    def add(self, one: Store) -> None:
        """One more store."""
        if one.holds:
            self._counts[one.where, one.tier] += 1
            self._reached[one.where] += one.reach.rank >= 3 or one.reach.outside is Outside.NOT_KNOWN
            self._hidden = self._hidden or one.reach.outside is Outside.NOT_SHOWN

    def told(self) -> tuple[Spot, ...]:
        """By place."""
        places = sorted({where for where, _ in self._counts})
        return tuple(
            Spot(*where, tuple(self._counts[where, tier] for tier in reversed(Tier)), None if self._hidden else self._reached[where])
            for where in places
        )


class Answer:
    """How many stores of which tier are weaker than they must be, of stores as they come."""

    def __init__(self) -> None:
        self.assumed = 0
        """How many hold data of a tier that is only assumed."""
        self._weak: Counter[Tier] = Counter()
        self._reached: Counter[tuple[Tier, Outside]] = Counter()
        self._largest: dict[Tier, tuple[int, str]] = {}

    def add(self, one: Store) -> None:
        """One more store."""
        self.assumed += one.holds and one.assumed
        if one.failed and one.holds and not one.assumed:
            self._weak[one.tier] += 1
            self._reached[one.tier, one.reach.outside] += 1
            if (one.subjects or 0) > self._largest.get(one.tier, (0, ""))[0]:
                self._largest[one.tier] = (one.subjects or 0, one.basis)

    def told(self) -> str:
        """How many stores fail, of the highest tier that does and of others, and how many of the former people outside can reach, or nobody knows."""
        if not self._weak:
            return "No store whose tier somebody said, or the evidence shows, fails a requirement of its tier."
        tier = max(self._weak)
        worst, lower = self._weak[tier], self._weak.total() - self._weak[tier]
        people, basis = self._largest.get(tier, (0, ""))
        about = f", the largest holding up to {people:,} people ({basis})" if people else ""
        others = f"{',' if about else ''} and {count(lower, 'store')} of lower tiers" if lower else "," if about else ""
        verb, whose = ("is", "its tier") if worst + lower == 1 else ("are", "their tier")
        return f"{count(worst, 'store')} of tier {tier.label}{about}{others} {verb} weaker than {whose} requires.{self._outside(tier)}"

    def _outside(self, tier: Tier) -> str:
        """How many of the stores of a tier are open to people outside, and of how many nobody could say."""
        anyone, named, open_ = (self._reached[tier, one] for one in (Outside.ANYONE, Outside.NAMED, Outside.NOT_KNOWN))
        told = [f"{anyone:,} can be reached by anyone outside"] * bool(anyone)
        told += [f"{named:,} {'' if told else 'can be reached '}by named accounts outside"] * bool(named)
        told += [f"of {open_:,} it is not known who can reach {'it' if open_ == 1 else 'them'}"] * bool(open_)
        if told:
            return f" At {tier.name}, {'; '.join(told)}."
        return f" None at {tier.name} can be reached by people outside." if self._reached[tier, Outside.NOBODY] else ""


@dataclass(frozen=True, slots=True)
class Owner:
    """What one owner answers for."""

    name: str
    stores: int
    failed: int
    unknown: int
    worst: str


class Owners:
    """What each owner answers for, of stores as they come."""

    def __init__(self) -> None:
        self._owned: dict[str, list[int]] = {}
        self._worst: dict[str, tuple[int, str]] = {}

    def add(self, one: Store) -> None:
        """One more store."""
        owned = self._owned.setdefault(one.owner, [0, 0, 0])
        for at, number in enumerate((1, one.failed, one.unknown)):
            owned[at] += number
        if one.failed:
            here = (one.rank, f"{one.severity}, {one.tier.label}: {one.headline}")
            self._worst[one.owner] = min(self._worst.get(one.owner, here), here)

    def told(self) -> tuple[Owner, ...]:
        """Owners with what fails, stores that nobody owns first."""
        made = [
            Owner(name, stores, failed, unknown, self._worst.get(name, (0, ""))[1])
            for name, (stores, failed, unknown) in self._owned.items()
        ]
        return tuple(sorted(made, key=lambda one: (bool(one.name), -one.failed, one.name)))


def flows_of(page: Shown) -> tuple[Flow, ...]:
    """Copies, replicas, exports and logs between what the scan saw, highest tier first."""
    by_name: dict[str, Resource] = {}
    moving = array("I")
    for place, resource in enumerate(page.result.resources):
        by_name.update(dict.fromkeys(resource.aliases, resource) if resource.aliases else {})
        if resource.links:
            moving.append(place)
    found = []
    for resource in map(page.result.resources.__getitem__, moving):
        for link in resource.links:
            if link.rel in _FLOWS and resource.kind in HELD:
                other = page.resources.get(link.to) or by_name.get(link.to)
                tiers = [page.result.classifications[one.id].tier for one in (resource, other) if one is not None]
                target = (other.name or other.id) if other else link.to or "something that could not be read"
                words = " and ".join(dict.fromkeys(tier.label for tier in tiers))
                found.append((-max(tiers), Flow(resource.name or resource.id, _FLOWS[link.rel], target, words)))
    found.sort(key=lambda one: (one[0], one[1].source, one[1].target))
    return tuple(flow for _, flow in found)
