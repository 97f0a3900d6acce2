"""The lower parts of the report: risks to act on, findings in groups, owners, principles, accepted risks and the quality of the scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tierwise.model.fact import UnknownReason
from tierwise.model.finding import PROBLEMS, Finding, Findings, Fix, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.reports.cause import first_sentence
from tierwise.reports.page.census import Census
from tierwise.reports.page.stores import Store
from tierwise.reports.page.summary import group_id, row_of
from tierwise.reports.shown import Shown, found, open_parts
from tierwise.reports.text import count, listed
from tierwise.shelf import places_of

_ENDED: Final = {"ok": "answered", "absent": "answered: not set up"}
"""The outcomes of a read that are no reason why something is unknown, in words."""


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
    since: str
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
    since: str
    """The day on which it was first seen; empty where no store has kept a run."""


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one family at one tier."""

    id: str
    row: str
    family: str
    lines: tuple[Line, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """One reason why verdicts are open."""

    reason: str
    settle: str
    verdicts: int


def risks_of(census: Census, most: int) -> tuple[Risk, ...]:
    """The changes that matter most: by the worst store that each puts right, in the order of the stores; accepted risks and assumed tiers aside."""
    ranked = sorted(census.counts.worst.values(), key=lambda one: (one.weight, one.finding.control))
    wanted = {one.finding.fingerprint: one for one in ranked}
    fixes: dict[str, Fix] = {}
    for fix in census.page.result.fixes:
        fixes.update((each, fix) for each in fix.findings if each in wanted and wanted[each].finding.control == fix.control)
        if len(fixes) == len(wanted):
            break
    leading = (one for one in ranked if one.finding.fingerprint in fixes)
    return tuple(
        _risk(census.page, fixes[one.finding.fingerprint], one.finding, store, one.count)
        for one in islice(leading, most)
        if (store := census.store(one.place)) is not None
    )


def _risk(page: Shown, fix: Fix, worst: Finding, store: Store, places: int) -> Risk:
    return Risk(
        worst.title,
        worst.control,
        worst.severity.word,
        store.name,
        store.target,
        places - 1,
        worst.tier.label,
        f"up to {store.subjects:,}" if store.subjects is not None else page.unsaid,
        store.reach.words,
        fix.owner or worst.owner or page.nobody,
        day_of(worst) or "not known",
        first_sentence(fix.remedy) or worst.title,
    )


def lines_of(census: Census, most: int) -> Iterator[tuple[tuple[str, str], Line]]:
    """What fails or is unknown, worst first, each with its row and family; so many of them."""
    places = places_of(census.page.result.by_id)
    return (((row_of(one), one.family), _line(one, census.store(places[one.resource]))) for one in census.page.problems(most=most))


def totals_of(page: Shown) -> Counter[tuple[str, str]]:
    """How much fails or is unknown in each row and family."""
    wanted = page.view.verdicts or PROBLEMS
    found: Counter[tuple[str, str]] = Counter()
    for sort, number in Findings.of(page.result.findings).tally.items():
        if sort.verdict in wanted & PROBLEMS:
            found[row_of(sort), sort.family] += number
    return found


def groups_of(lines: Iterable[tuple[tuple[str, str], Line]], totals: Mapping[tuple[str, str], int]) -> tuple[Group, ...]:
    """Lines by tier and family, highest tier first, each group with its total; of no lines too, where the totals name it."""
    kept: dict[tuple[str, str], list[Line]] = {key: [] for key in totals}
    for key, line in lines:
        kept.setdefault(key, []).append(line)
    labels = [*(tier.label for tier in reversed(Tier)), "assumed"]
    keys = sorted(kept, key=lambda key: (labels.index(key[0]), key[1]))
    return tuple(Group(group_id(*key), *key, tuple(kept[key]), totals.get(key, len(kept[key]))) for key in keys)


def _line(one: Finding, store: Store | None) -> Line:
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
        day_of(one),
    )


def day_of(one: Finding) -> str:
    """The day on which it was first seen."""
    return (one.first_seen or "")[:10]


def spots_of(groups: Iterable[Group], most: int) -> dict[str, tuple[Line, ...]]:
    """For each control the first of the lines in some groups, as many as are wanted."""
    found: dict[str, list[Line]] = {}
    for group in groups:
        for line in group.lines:
            held = found.setdefault(line.control, [])
            if len(held) < most:
                held.append(line)
    return {control: tuple(lines) for control, lines in found.items()}


def unseen_of(census: Census, most: int) -> tuple[Unseen, ...]:
    """Why verdicts are open and what would settle them, most verdicts first."""
    ordered = sorted(census.counts.unseen.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Unseen(reason, settle, number) for (reason, settle), number in ordered[:most])


def outcomes_of(page: Shown) -> tuple[tuple[str, int], ...]:
    """How the reads that were due ended, most first."""
    tally: Counter[str] = Counter()
    for one in page.result.outcomes:
        tally[_ENDED.get(one.outcome, one.outcome)] += one.count
    return tuple(tally.most_common())


def reads_of(page: Shown) -> str:
    """How many calls were made, of which sort all of them are, and how what was denied is granted; empty where nothing was read live."""
    made = Counter[str]()
    for one in page.result.outcomes:
        made[one.operation] += one.count
    if not made:
        return ""
    denied = any(one.outcome == UnknownReason.PERMISSION_DENIED.value for one in page.result.outcomes)
    return (
        f"{count(made.total(), 'call')} of {count(len(made), 'operation')} answered or refused. All are reads that tierwise declares: any other call is refused before it is sent."
        + (" The policy that 'tierwise permissions' prints grants what was denied." if denied else "")
    )


def notes_of(page: Shown) -> tuple[str, ...]:
    """What the run said beside its findings, and the controls that the profile leaves out."""
    left = [f"{control} is left out by the profile: {because}" for control, because in page.result.deselected]
    closed = Counter(one.status for one in page.result.regions)
    regions = [
        f"Regions {status.replace('-', ' ')}: {listed(sorted(one.region for one in page.result.regions if one.status == status), 8)}"
        for status in sorted(closed)
    ]
    return (*page.result.notes, *left, *regions)
