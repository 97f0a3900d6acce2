"""Stores as the report ranks them, datasets with the people in them, where data lives and where it flows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.model.finding import Finding, Findings, Verdict
from tierwise.model.resource import HELD, Rel, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState
from tierwise.reports.page.reach import Reach, reach_of
from tierwise.reports.shown import Shown

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
_BASES: Final = {"declared-subjects": "as its tag declares", "registered-subjects": "as the register says"}


@dataclass(frozen=True, slots=True)
class Store:
    """One resource that holds data, with what fails on it."""

    id: str
    name: str
    target: str
    """The id of its section in the page."""
    type: str
    place: str
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
    rank: tuple[int, ...]


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
    open: int
    """How many can be reached from outside, or nobody could say."""


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


def stores_of(page: Shown) -> tuple[Store, ...]:
    """Every resource that holds data, or on which something fails, worst first: danger, severity, tier, reach, people."""
    by_resource: dict[str, list[Finding]] = defaultdict(list)
    for one in Findings.of(page.result.findings).problems:
        by_resource[one.resource].append(one)
    made = [
        _store(page, number, resource, by_resource.get(resource.id, ()))
        for number, resource in enumerate(page.result.resources, 1)
        if resource.kind in HELD or resource.id in by_resource
    ]
    return tuple(sorted(made, key=lambda one: (one.rank, one.name, one.id)))


def _store(page: Shown, number: int, resource: Resource, found: Sequence[Finding]) -> Store:
    told = page.result.classifications[resource.id]
    fails = [one for one in found if one.verdict is Verdict.FAIL and one.accepted is None]
    worst = max(fails, key=lambda one: (one.danger, one.severity, one.control), default=None)
    assumed = told.state is TierState.ASSUMED
    reach = reach_of(resource)
    return Store(
        id=resource.id,
        name=resource.address or resource.name or resource.id,
        target=store_id(number),
        type=resource.type,
        place=" ".join(one for one in (resource.provider, resource.account, resource.region, resource.unit) if one),
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
        rank=(
            not (worst and worst.danger),
            assumed,
            -int(worst.severity) if worst else 1,
            -int(told.tier),
            -int(reach.rank * 2),
            -(told.subjects or 0),
            -len(fails),
        ),
    )


def _basis(told: Classification) -> str:
    """What the number of people rests on."""
    if told.subjects is None:
        return "not known"
    rules = {step.rule for step in told.trace}
    return next(
        (words for rule, words in _BASES.items() if rule in rules), "from its source" if told.state is TierState.INHERITED else "declared"
    )


def datasets_of(stores: Sequence[Store]) -> tuple[Dataset, ...]:
    """By dataset, highest tier and most people first. A store that belongs to no dataset, and holds people's data, stands for itself."""
    groups: dict[str, list[Store]] = defaultdict(list)
    for one in stores:
        if one.holds and one.tier >= Tier.T2 and not one.assumed:
            groups[one.dataset or one.name].append(one)
    made = [_dataset(name, group) for name, group in groups.items()]
    return tuple(sorted(made, key=lambda one: (-one.tier, -(one.subjects or 0), one.name)))


def _dataset(name: str, group: Sequence[Store]) -> Dataset:
    largest = max(group, key=lambda one: one.subjects or -1)
    widest = max(group, key=lambda one: one.reach.rank)
    return Dataset(
        name,
        max(one.tier for one in group),
        largest.subjects,
        largest.basis,
        len(group),
        sum(1 for one in group if one.state == TierState.INHERITED.value),
        sum(one.failed for one in group),
        widest.reach.words,
        next((one.owner for one in group if one.owner), ""),
    )


def spots_of(page: Shown, stores: Sequence[Store]) -> tuple[Spot, ...]:
    """Where data of each tier lives."""
    counts: Counter[tuple[str, str, str, Tier]] = Counter()
    reached: Counter[tuple[str, str, str]] = Counter()
    for one in stores:
        if not one.holds:
            continue
        resource = page.resources[one.id]
        where = (resource.provider, resource.account, resource.region)
        counts[*where, one.tier] += 1
        reached[where] += one.reach.rank >= 3 or not one.reach.known
    places = sorted({key[:3] for key in counts})
    return tuple(Spot(*where, tuple(counts[*where, tier] for tier in reversed(Tier)), reached[where]) for where in places)


def flows_of(page: Shown) -> tuple[Flow, ...]:
    """Copies, replicas, exports and logs between what the scan saw, highest tier first."""
    by_name = {alias: one for one in page.result.resources for alias in (*one.aliases, one.id)}
    found = []
    for resource in page.result.resources:
        for link in resource.links:
            if link.rel in _FLOWS and resource.kind in HELD:
                other = by_name.get(link.to)
                tiers = [page.result.classifications[one.id].tier for one in (resource, other) if one is not None]
                target = (other.name or other.id) if other else link.to or "something that could not be read"
                words = " and ".join(dict.fromkeys(tier.label for tier in tiers))
                found.append((-max(tiers), Flow(resource.name or resource.id, _FLOWS[link.rel], target, words)))
    found.sort(key=lambda one: (one[0], one[1].source, one[1].target))
    return tuple(flow for _, flow in found)
