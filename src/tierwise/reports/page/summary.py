"""What the report says first: how much could be seen, the answer in sentences, and how many verdicts fail at which tier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from tierwise.model.finding import Finding, Findings, Sort, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.reports.page.census import Census
from tierwise.reports.page.stores import ASSUMED, Store
from tierwise.reports.shown import Shown
from tierwise.reports.text import count, listed

OLD_DAYS: Final = 90
"""After so many days a requirement of T3 or T4 that is not met is overdue."""
_IN_ORDER: Final = "OWN-06"
"""The control that asks for risk acceptances to be in order."""
_COUNTED: Final = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.ATTESTED)
LOW_COVERAGE: Final = 0.95
"""Below it the strip that tells what could not be seen is the loudest thing on the page."""


@dataclass(frozen=True, slots=True)
class Question:
    """One of the six questions that the first screen answers."""

    asked: str
    answer: str
    target: str = ""
    """The id of the section that has more."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdicts of one family at one tier."""

    failed: int
    unknown: int
    passed: int
    attested: int
    accepted: int
    """Failed or unknown, and somebody answers for it; in neither of these two."""
    target: str

    @property
    def state(self) -> str:
        """`fail`, `unknown`, `pass` or `none`; the look of the cell, which its words say too. What is only attested has no look of its own: nothing was seen. What is accepted is no pass."""
        return "fail" if self.failed else "unknown" if self.unknown or self.accepted else "pass" if self.passed else "none"

    @property
    def words(self) -> str:
        """What the cell says."""
        told = [f"{self.failed:,} failed"] * bool(self.failed) + [f"{self.unknown:,} unknown"] * bool(self.unknown)
        told += [f"{self.accepted:,} accepted"] * bool(self.accepted)
        well = [f"{self.passed:,} passed"] * bool(self.passed) + [f"{self.attested:,} attested"] * bool(self.attested)
        return ", ".join(told or well) or "nothing judged"


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One tier's row of the table."""

    label: str
    stores: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """What the reader must know before believing the rest."""

    coverage: str
    low: bool
    unknown: int
    gaps: int
    read_at: str
    profile: str
    sources: str
    accounts: int
    resources: int
    assumed: int


def row_of(one: Finding | Sort) -> str:
    """The row a finding counts in: its tier, or apart where the tier is only assumed."""
    return ASSUMED if one.assumed else one.tier.label


def group_id(row: str, family: str) -> str:
    """The id of a group of findings in the page."""
    return f"f-{row.split(' ', maxsplit=1)[0].lower()}-{family}"


def strip_of(census: Census) -> Strip:
    """The trust strip."""
    result = census.page.result
    verdicts = Findings.of(result.findings).verdicts
    return Strip(
        coverage=f"{result.coverage.whole:.1%}",
        low=result.coverage.whole < LOW_COVERAGE or result.gate.result == "incomplete",
        unknown=verdicts[Verdict.UNKNOWN],
        gaps=sum(1 for one in result.gaps if one.account or not one.expected),
        read_at=_moment(result.run.started),
        profile=result.run.profile,
        sources=listed(list(result.run.sources), 4),
        accounts=len(census.seen.accounts),
        resources=len(result.resources),
        assumed=census.seen.answer.assumed,
    )


def _moment(started: str) -> str:
    """When the run began, as people write it."""
    return f"{datetime.fromisoformat(started).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def overdue_of(census: Census) -> tuple[int, int]:
    """How much of what fails at T3 and T4, and nobody answers for, has been so for so many days, and how much there is of it."""
    since = (date.fromisoformat(census.page.result.run.started[:10]) - timedelta(days=OLD_DAYS)).isoformat()
    opened = census.seen.counts.opened
    return sum(number for day, number in opened.items() if day and day <= since), opened.total()


def questions(census: Census, better: str) -> tuple[Question, ...]:
    """The six questions and their answers; the last is told by the trend."""
    worst = census.weakest
    return (
        Question("Which store is worst?", _worst(worst), worst.target if worst else ""),
        Question("Whose data is it?", _whose(census.page, worst), "people"),
        Question("Who can reach it?", f"{worst.reach.words[:1].upper()}{worst.reach.words[1:]}." if worst else "No store fails.", "map"),
        Question("What do we not know?", _unknown(census), "quality"),
        Question("What is overdue?", _overdue(census), "accepted"),
        Question("Are we getting better?", better, "trend"),
    )


def _worst(worst: Store | None) -> str:
    if worst is None:
        return "No store fails a requirement of its tier."
    how = f" ({worst.state})" if worst.assumed else ""
    return f"{worst.name}, {worst.tier.label}{how}: {count(worst.failed, 'requirement')} not met, the worst {worst.severity}: {worst.headline}."


def _whose(page: Shown, worst: Store | None) -> str:
    if worst is None:
        return "No store fails."
    people = f"up to {worst.subjects:,} people ({worst.basis})" if worst.subjects is not None else f"how many people is {page.unsaid}"
    of = f"; {worst.categories}" if worst.categories else ""
    return f"{worst.dataset or worst.name}: {people}{of}. Owner: {worst.owner or page.nobody}."


def _unknown(census: Census) -> str:
    strip = strip_of(census)
    told = [
        count(strip.unknown, "verdict is unknown", "verdicts are unknown") if strip.unknown else "",
        count(strip.gaps, "listing failed", "listings failed") if strip.gaps else "",
        count(strip.assumed, "store has a tier that is only assumed", "stores have a tier that is only assumed") if strip.assumed else "",
    ]
    return f"{'; '.join(one for one in told if one)}." if any(told) else "Every read that was due was answered, and every tier is settled."


def _overdue(census: Census) -> str:
    """Acceptances past their date no longer hold, so that their findings stand again: the control that asks for them to be in order tells of them."""
    tally = Findings.of(census.page.result.findings).tally
    faulty = sum(number for sort, number in tally.items() if sort.control == _IN_ORDER and sort.verdict is Verdict.FAIL)
    stale, soonest = census.seen.counts.stale.total(), census.seen.counts.soonest
    late, _ = overdue_of(census)
    told = [
        f"{count(faulty, 'resource has', 'resources have')} a risk acceptance that is past its date, ends soon or is otherwise not in order ({_IN_ORDER})."
        if faulty
        else "",
        f"{count(stale, 'attestation is', 'attestations are')} older than the tier allows." if stale else "",
        f"{count(late, 'requirement')} of T3 and T4 unmet for {OLD_DAYS} days or more." if late else "",
        "" if faulty or stale or late else "Nothing is past its date.",
        f"Of the accepted risks that hold, the next ends on {soonest}." if soonest else "No accepted risk is in force.",
    ]
    return " ".join(one for one in told if one)


def heat_map(census: Census) -> tuple[tuple[str, ...], tuple[HeatRow, ...]]:
    """The families, and a row for each tier that has resources, highest first, assumed tiers apart and last; what is accepted is counted by itself."""
    tally: Counter[tuple[str, str, Verdict | None]] = Counter()
    family_of: dict[str, str] = {}
    for sort, number in Findings.of(census.page.result.findings).tally.items():
        if sort.verdict is not Verdict.NOT_APPLICABLE:
            tally[row_of(sort), sort.family, sort.verdict] += number
            family_of[sort.control] = sort.family
    for held, alike in census.seen.counts.sorts():
        if held.held:
            row, family, number = ASSUMED if held.assumed else Tier(held.tier).label, family_of[held.control], len(alike.problems)
            tally[row, family, held.verdict] -= number
            tally[row, family, None] += number
    families = tuple(sorted({family for _, family, _ in tally}))
    rows = tuple(
        HeatRow(label, census.seen.tiers[label], tuple(_cells(label, families, tally)))
        for label in [*(tier.label for tier in reversed(Tier)), ASSUMED]
        if census.seen.tiers[label]
    )
    return families, rows


def _cells(label: str, families: Sequence[str], tally: Mapping[tuple[str, str, Verdict | None], int]) -> Iterator[Cell]:
    for family in families:
        failed, unknown, passed, attested, accepted = (tally.get((label, family, one), 0) for one in (*_COUNTED, None))
        target = group_id(label, family) if failed or unknown or accepted else ""
        yield Cell(failed, unknown, passed, attested, accepted, target)
