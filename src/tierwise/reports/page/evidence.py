"""The lower parts of the report: risks to act on, findings in groups, owners, principles, accepted risks and the quality of the scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from tierwise.evaluate.fixes import remedy_of
from tierwise.model.fact import UnknownReason
from tierwise.model.finding import PROBLEMS, Finding, Findings, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.reports.cause import first_sentence
from tierwise.reports.page.census import Census
from tierwise.reports.page.changes import Lead
from tierwise.reports.page.stores import Store
from tierwise.reports.page.summary import group_id, row_of
from tierwise.reports.shown import Shown, found, open_parts
from tierwise.reports.text import count, listed

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
    """The day from which it has been so; empty where no store has kept a run."""


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one family at one tier."""

    id: str
    row: str
    family: str
    lines: tuple[Markup, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """One reason why verdicts are open."""

    reason: str
    settle: str
    verdicts: int


def risks_of(census: Census, most: int) -> Iterator[Risk]:
    """The changes that matter most: by the worst store that each puts right, in the order of the stores; accepted risks and assumed tiers aside."""
    for _sort, lead in census.seen.changes.told()[:most]:
        store = census.on(lead.problem)
        if store is not None:
            yield _risk(census.page, census.problems[lead.problem], lead, store)


def _risk(page: Shown, worst: Finding, lead: Lead, store: Store) -> Risk:
    return Risk(
        worst.title,
        worst.control,
        worst.severity.word,
        store.name,
        store.target,
        lead.resources - 1,
        worst.tier.label,
        f"up to {store.subjects:,}" if store.subjects is not None else page.unsaid,
        store.reach.words,
        lead.owner or worst.owner or page.nobody,
        worst.since or "not known",
        first_sentence(remedy_of(worst, page.view.controls)) or worst.title,
    )


def totals_of(page: Shown) -> Counter[tuple[str, str]]:
    """How much fails or is unknown in each row and family."""
    wanted = page.view.verdicts or PROBLEMS
    found: Counter[tuple[str, str]] = Counter()
    for sort, number in Findings.of(page.result.findings).tally.items():
        if sort.verdict in wanted & PROBLEMS:
            found[row_of(sort), sort.family] += number
    return found


def group_key(one: Finding) -> tuple[str, str]:
    """The row and family that a finding stands under."""
    return row_of(one), one.family


def groups_of(lines: Iterable[tuple[tuple[str, str], Markup]], totals: Mapping[tuple[str, str], int]) -> tuple[Group, ...]:
    """Lines by tier and family, highest tier first, each group with its total; of no lines too, where the totals name it."""
    kept: dict[tuple[str, str], list[Markup]] = {key: [] for key in totals}
    for key, line in lines:
        kept.setdefault(key, []).append(line)
    labels = [*(tier.label for tier in reversed(Tier)), "assumed"]
    keys = sorted(kept, key=lambda key: (labels.index(key[0]), key[1]))
    return tuple(Group(group_id(*key), *key, tuple(kept[key]), totals.get(key, len(kept[key]))) for key in keys)


def line_of(one: Finding, where: str, target: str) -> Line:
    """A finding as a list has it, with the store that it is on and the id of its section."""
    held = one.accepted
    return Line(
        one.verdict.value,
        one.severity.word,
        one.control,
        one.title,
        where,
        target,
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
        one.since,
    )


def spots_of(lines: Iterable[Line], most: int) -> dict[str, tuple[Line, ...]]:
    """For each control the first of some lines, as many as are wanted."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        held = found.setdefault(line.control, [])
        if len(held) < most:
            held.append(line)
    return {control: tuple(lines) for control, lines in found.items()}


def unseen_of(census: Census, most: int) -> tuple[Unseen, ...]:
    """Why verdicts are open and what would settle them, most verdicts first."""
    ordered = sorted(census.seen.counts.unseen.items(), key=lambda one: (-one[1], one[0]))
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
