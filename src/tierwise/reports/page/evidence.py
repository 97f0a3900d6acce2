"""The lower parts of the report: risks to act on, findings in groups, owners, principles, accepted risks and the quality of the scan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tierwise.model.control import Severity
from tierwise.model.finding import Finding, Findings, Fix, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.reports.cause import first_sentence
from tierwise.reports.page.stores import Store
from tierwise.reports.page.summary import group_id, row_of
from tierwise.reports.shown import Shown, found, open_parts
from tierwise.reports.text import listed


@dataclass(frozen=True, slots=True)
class Risk:
    """One change to make, with the worst store that it would put right."""

    title: str
    control: str
    severity: str
    store: str
    target: str
    others: int
    tier: str
    people: str
    reach: str
    owner: str
    fix: str


@dataclass(frozen=True, slots=True)
class Line:
    """One finding in a list."""

    verdict: str
    severity: str
    control: str
    title: str
    where: str
    target: str
    told: str
    """What was found, or why it is not known."""
    expected: str
    why: str
    fix: str
    owner: str
    accepted: str
    lapsed: str
    """Why an acceptance of it is not in force."""
    attested: str
    """Of attested evidence: how it stands."""


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one family at one tier."""

    id: str
    row: str
    family: str
    lines: tuple[Line, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Owner:
    """What one owner answers for."""

    name: str
    stores: int
    failed: int
    unknown: int
    worst: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """One reason why verdicts are open."""

    reason: str
    settle: str
    verdicts: int


def risks_of(page: Shown, stores: Sequence[Store], most: int) -> tuple[Risk, ...]:
    """The changes that matter most: by the worst store that each puts right, in the order of the stores; accepted risks and assumed tiers aside."""
    order = {one.id: number for number, one in enumerate(stores)}
    by_print = {one.fingerprint: one for one in Findings.of(page.result.findings).problems}
    alike: dict[tuple[str, Severity], list[tuple[Fix, Finding]]] = defaultdict(list)
    for fix in page.result.fixes:
        for one in (by_print[each] for each in fix.findings if each in by_print):
            if one.control == fix.control and one.accepted is None and not one.assumed and one.resource in order:
                alike[one.control, one.severity].append((fix, one))
    ranked = [min(group, key=lambda one: _weight(one[1], order)) for group in alike.values()]
    ranked.sort(key=lambda one: _weight(one[1], order))
    return tuple(
        _risk(fix, worst, stores[order[worst.resource]], len({one.resource for _, one in alike[worst.control, worst.severity]}))
        for fix, worst in ranked[:most]
    )


def _weight(one: Finding, order: Mapping[str, int]) -> tuple[bool, int, int, int, str]:
    return (not one.danger, -one.severity, -one.tier, order[one.resource], one.control)


def _risk(fix: Fix, worst: Finding, store: Store, places: int) -> Risk:
    return Risk(
        worst.title,
        worst.control,
        worst.severity.word,
        store.name,
        store.target,
        places - 1,
        worst.tier.label,
        f"up to {store.subjects:,}" if store.subjects is not None else "not known",
        store.reach.words,
        fix.owner or worst.owner or "nobody is named",
        first_sentence(fix.remedy) or worst.title,
    )


def lines_of(page: Shown, stores: Sequence[Store]) -> Iterator[tuple[tuple[str, str], Line]]:
    """What fails or is unknown, worst first, each with its row and family."""
    by_id = {one.id: one for one in stores}
    return (((row_of(one), one.family), _line(one, by_id)) for one in page.problems())


def totals_of(page: Shown) -> Counter[tuple[str, str]]:
    """How much fails or is unknown in each row and family."""
    return Counter((row_of(one), one.family) for one in page.problems())


def groups_of(lines: Iterable[tuple[tuple[str, str], Line]], totals: Mapping[tuple[str, str], int]) -> tuple[Group, ...]:
    """Lines by tier and family, highest tier first, each group with its total; of no lines too, where the totals name it."""
    kept: dict[tuple[str, str], list[Line]] = {key: [] for key in totals}
    for key, line in lines:
        kept.setdefault(key, []).append(line)
    labels = [*(tier.label for tier in reversed(Tier)), "assumed"]
    keys = sorted(kept, key=lambda key: (labels.index(key[0]), key[1]))
    return tuple(Group(group_id(*key), *key, tuple(kept[key]), totals.get(key, len(kept[key]))) for key in keys)


def _line(one: Finding, stores: Mapping[str, Store]) -> Line:
    store = stores.get(one.resource)
    held = one.accepted
    return Line(
        one.verdict.value,
        one.severity.word,
        one.control,
        one.title,
        store.name if store else one.resource,
        store.target if store else "",
        open_parts(one) if one.verdict is Verdict.UNKNOWN else found(one),
        one.expected,
        one.why,
        first_sentence(one.remediation),
        one.owner,
        f"until {held.expires}{f', by {held.approver}' if held.approver else ''}{f': {held.reason}' if held.reason else ''}"
        if held
        else "",
        one.lapsed,
        one.attested.value if one.attested is not None else "",
    )


def owners_of(stores: Sequence[Store]) -> tuple[Owner, ...]:
    """Owners with what fails, stores that nobody owns first."""
    groups: dict[str, list[Store]] = defaultdict(list)
    for one in stores:
        groups[one.owner].append(one)
    made = [
        Owner(
            name,
            len(group),
            sum(one.failed for one in group),
            sum(one.unknown for one in group),
            next((f"{one.severity}, {one.tier.label}: {one.headline}" for one in group if one.failed), ""),
        )
        for name, group in groups.items()
    ]
    return tuple(sorted(made, key=lambda one: (bool(one.name), -one.failed, one.name)))


def unseen_of(page: Shown, most: int) -> tuple[Unseen, ...]:
    """Why verdicts are open and what would settle them, most verdicts first."""
    tally: Counter[tuple[str, str]] = Counter()
    for one in Findings.of(page.result.findings).problems:
        if one.verdict is Verdict.UNKNOWN:
            tally.update({(part.reason, part.action or part.via or part.fact) for part in one.unknowns})
    return tuple(
        Unseen(reason, settle, number) for (reason, settle), number in sorted(tally.items(), key=lambda one: (-one[1], one[0]))[:most]
    )


def outcomes_of(page: Shown) -> tuple[tuple[str, int], ...]:
    """How the reads that were due ended, most first."""
    tally: Counter[str] = Counter()
    for one in page.result.outcomes:
        tally[one.outcome] += one.count
    return tuple(tally.most_common())


def notes_of(page: Shown) -> tuple[str, ...]:
    """What the run said beside its findings, and the controls that the profile leaves out."""
    left = [f"{control} is left out by the profile: {because}" for control, because in page.result.deselected]
    closed = Counter(one.status for one in page.result.regions)
    regions = [
        f"Regions {status.replace('-', ' ')}: {listed(sorted(one.region for one in page.result.regions if one.status == status), 8)}"
        for status in sorted(closed)
    ]
    return (*page.result.notes, *left, *regions)
