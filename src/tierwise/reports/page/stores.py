"""Stores as the report ranks them, datasets with the people in them, and where data lives: counted of stores as they come, by one process or by two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final

import msgspec

from tierwise.model.finding import Finding, Verdict
from tierwise.model.resource import HELD, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState
from tierwise.reports.page.first import First
from tierwise.reports.page.reach import Outside, Reach, reach_of
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
_PEOPLE, _FAILS = 2**34 - 1, 2**16 - 1
"""More people than there are, and more of what fails than there are controls: a rank takes eight bytes, of which very many are held."""
_BASES: Final = {"declared-subjects": "as its tag declares", "registered-subjects": "as the register says"}


class Store(msgspec.Struct, frozen=True, gc=False):
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
    """The worst store has the least: by danger, severity, tier, reach, people and number of what fails; those alike stand in the order of the resources."""

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
    """Highest tier first; those of which a tier is only assumed stand last, by themselves."""
    open: int | None
    """How many can be reached from outside, or nobody could say; None where the audience is not shown it."""


def store_id(place: int) -> str:
    """The id of the section of the resource at a place."""
    return f"r-{place + 1}"


def name_of(resource: Resource) -> str:
    """What a resource is called in the page."""
    return resource.address or resource.name or resource.id


def store_of(place: int, resource: Resource, told: Classification, found: Sequence[Finding]) -> Store:
    """The resource at a place, with what fails or is unknown on it."""
    fails = [one for one in found if one.verdict is Verdict.FAIL and one.accepted is None]
    worst = max(fails, key=lambda one: (one.danger, one.severity, one.control), default=None)
    assumed = told.state is TierState.ASSUMED
    reach = reach_of(resource)
    # In the order of the fields: by their names it takes longer, and there are a great many.
    return Store(
        resource.id,
        name_of(resource),
        store_id(place),
        resource.type,
        (resource.provider, resource.account, resource.region),
        resource.unit,
        told.tier,
        told.state.value,
        assumed,
        resource.kind in HELD,
        told.understated,
        told.subjects,
        _basis(told),
        ", ".join([f"{one.value} {CATEGORIES[one.value]}" for one in told.categories if one.value in CATEGORIES]),
        told.dataset,
        told.owner or next((one.owner for one in found if one.owner), ""),
        reach,
        len(fails),
        sum([one.verdict is Verdict.UNKNOWN for one in found]),
        worst.severity.word if worst else "",
        worst.title if worst else "",
        bool(worst and worst.danger),
        place,
        _rank(
            (not (worst and worst.danger), 1),
            (assumed, 1),
            (0xF - int(worst.severity) if worst else 0xF, 0xF),
            (0xF - int(told.tier), 0xF),
            (0xF - int(reach.rank * 2), 0xF),
            (_PEOPLE - min(told.subjects or 0, _PEOPLE), _PEOPLE),
            (_FAILS - min(len(fails), _FAILS), _FAILS),
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
        self._single: First[tuple[int, int, str, int]] = First(most)
        """Those that stand for themselves: by tier, people and name, each with its place."""

    def add(self, one: Store) -> None:
        """One more store. One that belongs to no dataset, and holds people's data, stands for itself."""
        if not one.holds or one.tier < Tier.T2 or one.assumed:
            return
        if one.dataset:
            self._named.setdefault(one.dataset, _Group()).add(one)
        else:
            self._single.add((-one.tier, -(one.subjects or 0), one.name, one.place))

    def join(self, other: Datasets) -> None:
        """What was counted elsewhere, of stores behind these."""
        for name, group in other._named.items():
            self._named.setdefault(name, _Group()).join(group)
        self._single.join(other._single)

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._named) + self._single.number

    def told(self, store: Callable[[int], Store | None]) -> tuple[Dataset, ...]:
        """The first, highest tier and most people first; `store` finds the store at a place."""
        found = [one.told(name) for name, one in self._named.items()]
        for *_, place in self._single.told():
            if (one := store(place)) is not None:
                group = _Group()
                group.add(one)
                found.append(group.told(one.name))
        return tuple(sorted(found, key=lambda one: (-one.tier, -(one.subjects or 0), one.name))[: self._most])


class _Group:
    """The stores of one dataset, as they come."""

    __slots__ = ("_copies", "_failed", "_largest", "_owned", "_stores", "_tier", "_widest")

    def __init__(self) -> None:
        self._stores = self._copies = self._failed = 0
        self._tier = Tier.T0
        self._largest: tuple[int, int, int | None, str] | None = None
        """The one with the most people, the worst of several: their number as it is compared, its rank, that number and what it rests on."""
        self._widest: tuple[float, int, str] | None = None
        """The one that most can reach, the same way, with who they are."""
        self._owned: tuple[int, str] | None = None
        """The worst that somebody owns, and who."""

    def add(self, one: Store) -> None:
        """One more."""
        self._count(1, one.state == TierState.INHERITED.value, one.failed, one.tier)
        self._compare(
            (-(one.subjects or -1), one.rank, one.subjects, one.basis),
            (-one.reach.rank, one.rank, one.reach.words),
            (one.rank, one.owner) if one.owner else None,
        )

    def join(self, other: _Group) -> None:
        """What was counted elsewhere, of stores behind these."""
        self._count(other._stores, other._copies, other._failed, other._tier)
        if other._largest is not None and other._widest is not None:
            self._compare(other._largest, other._widest, other._owned)

    def _count(self, stores: int, copies: int, failed: int, tier: Tier) -> None:
        self._stores += stores
        self._copies += copies
        self._failed += failed
        self._tier = max(self._tier, tier)

    def _compare(self, largest: tuple[int, int, int | None, str], widest: tuple[float, int, str], owned: tuple[int, str] | None) -> None:
        if self._largest is None or largest[:2] < self._largest[:2]:
            self._largest = largest
        if self._widest is None or widest[:2] < self._widest[:2]:
            self._widest = widest
        if owned is not None and (self._owned is None or owned[0] < self._owned[0]):
            self._owned = owned

    def told(self, name: str) -> Dataset:
        """The dataset that they are."""
        return Dataset(
            f"{name} (a copy)" if self._copies == self._stores else name,
            self._tier,
            self._largest[2] if self._largest else None,
            self._largest[3] if self._largest else "",
            self._stores,
            self._copies,
            self._failed,
            self._widest[2] if self._widest else "",
            self._owned[1] if self._owned else "",
        )


class Spots:
    """Where data of each tier lives, of stores as they come."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[tuple[str, str, str], Tier | None]] = Counter()
        """Without a tier: those of which it is only assumed."""
        self._reached: Counter[tuple[str, str, str]] = Counter()
        self._hidden = False

    def add(self, one: Store) -> None:
        """One more store."""
        if one.holds:
            self._counts[one.where, None if one.assumed else one.tier] += 1
            self._reached[one.where] += one.reach.rank >= 3 or one.reach.outside is Outside.NOT_KNOWN
            self._hidden = self._hidden or one.reach.outside is Outside.NOT_SHOWN

    def join(self, other: Spots) -> None:
        """What was counted elsewhere."""
        self._counts.update(other._counts)
        self._reached.update(other._reached)
        self._hidden = self._hidden or other._hidden

    @property
    def number(self) -> int:
        """How many places there are."""
        return len(self._reached)

    def told(self, most: int) -> tuple[Spot, ...]:
        """By place; of too many those that hold the most of the highest tiers."""
        found = [Spot(*where, self._of(where), None if self._hidden else self._reached[where]) for where in sorted(self._reached)]
        kept = nsmallest(most, range(len(found)), key=lambda at: tuple([-number for number in found[at].counts]))
        return tuple(found[at] for at in sorted(kept))

    def _of(self, where: tuple[str, str, str]) -> tuple[int, ...]:
        return tuple([self._counts[where, tier] for tier in (*reversed(Tier), None)])


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
            self._compare(one.tier, one.subjects or 0, one.basis)

    def join(self, other: Answer) -> None:
        """What was counted elsewhere, of stores behind these."""
        self.assumed += other.assumed
        self._weak.update(other._weak)
        self._reached.update(other._reached)
        for tier, largest in other._largest.items():
            self._compare(tier, *largest)

    def _compare(self, tier: Tier, people: int, basis: str) -> None:
        if people > self._largest.get(tier, (0, ""))[0]:
            self._largest[tier] = (people, basis)

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
        self._owned: dict[str, _Owned] = {}

    def add(self, one: Store) -> None:
        """One more store."""
        owned = self._owned.get(one.owner)
        if owned is None:
            owned = self._owned[one.owner] = _Owned()
        owned.stores += 1
        owned.failed += one.failed
        owned.unknown += one.unknown
        if one.failed and one.rank < owned.rank:
            owned.rank, owned.worst = one.rank, (one.severity, one.tier, one.headline)

    def join(self, other: Owners) -> None:
        """What was counted elsewhere, of stores behind these."""
        for name, theirs in other._owned.items():
            owned = self._owned.setdefault(name, theirs)
            if owned is not theirs:
                owned.stores += theirs.stores
                owned.failed += theirs.failed
                owned.unknown += theirs.unknown
                if theirs.rank < owned.rank:
                    owned.rank, owned.worst = theirs.rank, theirs.worst

    def told(self) -> tuple[Owner, ...]:
        """Owners with what fails, stores that nobody owns first."""
        made = [Owner(name, one.stores, one.failed, one.unknown, one.told()) for name, one in self._owned.items()]
        return tuple(sorted(made, key=lambda one: (bool(one.name), -one.failed, one.name)))


@dataclass(slots=True)
class _Owned:
    """What is counted of one owner's stores."""

    stores: int = 0
    failed: int = 0
    unknown: int = 0
    rank: int = 2**64
    """That of the worst."""
    worst: tuple[str, Tier, str] | None = None
    """Its severity, tier, and what fails."""

    def told(self) -> str:
        """The worst in words; empty where nothing fails."""
        if self.worst is None:
            return ""
        severity, tier, headline = self.worst
        return f"{severity}, {tier.label}: {headline}"
