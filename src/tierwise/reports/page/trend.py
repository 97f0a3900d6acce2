"""What the store's earlier runs say beside this one: whether fewer requirements are unmet, by tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tierwise.model.finding import Verdict
from tierwise.model.history import Counts, DayPoint
from tierwise.model.sensitivity import TIER_IDS, Tier
from tierwise.reports.page.census import Census

_ASSUMED: Final = "assumed"
MOST_DAYS: Final = 10


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One tier over the days."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """The days, earliest first, this run last, and a row for each tier that had verdicts."""

    days: tuple[str, ...]
    rows: tuple[TrendRow, ...]
    answer: str
    failed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By the label of its row, what failed on each day; rows that never failed are left out."""


def trend_of(census: Census) -> Trend:
    """A run beside the last runs of earlier days; without any there is no row, and the answer says so."""
    page = census.page
    day = page.result.run.started[:10]
    earlier = [one for one in page.view.earlier if one.day < day][-MOST_DAYS:]
    if not earlier:
        return Trend((), (), "No earlier day of this scan is in a store, so this report cannot say.")
    points = [one.by_row() for one in earlier] + [_now(census)]
    labels = [*((TIER_IDS[tier], tier.label) for tier in reversed(Tier)), (_ASSUMED, _ASSUMED)]
    rows = tuple(
        TrendRow(label, tuple(_cell(one.get(key)) for one in points)) for key, label in labels if any(key in one for one in points)
    )
    failed = {label: tuple(one[key].failed if key in one else 0 for one in points) for key, label in labels}
    return Trend(
        (*(one.day for one in earlier), f"{day} (this run)"),
        rows,
        _answer(earlier, points),
        {label: numbers for label, numbers in failed.items() if any(numbers)},
    )


def _now(census: Census) -> dict[str, Counts]:
    """The counts of the run as the store would keep them: what somebody answers for is neither failed nor unknown."""
    tally, held = census.seen.counts.by_row()
    return {
        key: Counts(failed=tally[key, Verdict.FAIL], unknown=tally[key, Verdict.UNKNOWN], accepted=held[key])
        for key in {*(key for key, _ in tally), *held}
    }


def _cell(one: Counts | None) -> str:
    if one is None or not (one.failed or one.unknown or one.accepted):
        return "nothing"
    return f"{one.failed:,} failed, {one.unknown:,} unknown{f', {one.accepted:,} accepted' if one.accepted else ''}"


def _answer(earlier: Sequence[DayPoint], points: Sequence[dict[str, Counts]]) -> str:
    before, now = (sum(counts.failed for key, counts in one.items() if key != _ASSUMED) for one in points[-2:])
    open_before, open_now = (sum(counts.unknown for counts in one.values()) for one in points[-2:])
    moved = (
        "Fewer requirements are unmet than"
        if now < before
        else "More requirements are unmet than"
        if now > before
        else "As many are unmet as"
    )
    unknown = "" if open_now == open_before else f"; unknown verdicts went from {open_before:,} to {open_now:,}"
    aside_before, aside_now = (one.get(_ASSUMED, Counts()).failed for one in points[-2:])
    aside = "" if aside_now == aside_before else f" Where the tier is only assumed: {aside_now:,} now, {aside_before:,} then."
    return f"{moved} on {earlier[-1].day}: {now:,} now, {before:,} then{unknown}.{aside} 'tierwise diff' says why."
