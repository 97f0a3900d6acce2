"""The month for a board on one side: the answer, what stands behind it, how it moved, and what is to be decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tierwise.model.finding import MERGED, Findings
from tierwise.model.history import ROWS, Cause, Comparison
from tierwise.model.sensitivity import Tier
from tierwise.reports.attested import standing_of, told
from tierwise.reports.history import label
from tierwise.reports.page import summary
from tierwise.reports.page.census import Census, census_of
from tierwise.reports.paper import Grid, Listed, Paper, Part, heading, lead, paragraph
from tierwise.reports.shown import Shown
from tierwise.reports.text import count, listed

_DATASETS: Final = 5
_SOON_DAYS: Final = 30
_DECISIONS: Final = 5


@dataclass(frozen=True, slots=True)
class Month:
    """What a board paper is made from."""

    name: str
    """`2026-01`"""
    page: Shown
    """The month's last run."""
    moved: Comparison | None
    """From the last run before the month to it, or from the month's first where there is none; None where it is the first of all."""
    frozen: str = ""
    """The day on which the figures were frozen; empty for a draft."""

    @property
    def day(self) -> date:
        """The day of the run."""
        return date.fromisoformat(self.page.result.run.started[:10])


def board_paper(month: Month) -> Paper:
    """The paper."""
    state = f"frozen on {month.frozen}" if month.frozen else "draft"
    run = month.page.result.run
    return Paper(
        title=f"Protection of personal data, {month.name} ({state})",
        parts=tuple(_parts(month)),
        run=run.id,
        sources=listed(list(run.sources), 4),
        marking=month.page.view.marking,
        dense=True,
    )


def _parts(month: Month) -> Iterator[Part]:
    census = census_of(month.page)
    yield lead(census.seen.answer.told())
    yield heading("What we can vouch for")
    yield paragraph(_vouched(census))
    yield heading("By tier")
    yield Grid("Stores and requirements by tier", ("Tier", "Resources", "Not met", "Not known", "Accepted", "Met"), tuple(_tiers(census)))
    yield heading("How it moved")
    yield from _moved(month)
    yield heading("The five datasets that matter most")
    yield from _datasets(census)
    yield heading("Accepted risks and what is overdue")
    yield Listed(tuple(_standing(month, census)))
    yield heading("Decisions asked of the board")
    yield Listed(tuple(_decisions(month, census))[:_DECISIONS] or ("None this month.",))


def _vouched(census: Census) -> str:
    page, strip = census.page, summary.strip_of(census)
    return (
        f"On {page.result.run.started[:10]}, {strip.coverage} of what had to be read was answered, on {count(strip.resources, 'resource')}"
        f" in {count(strip.accounts, 'account')}. {count(strip.unknown, 'requirement is', 'requirements are')} neither met nor unmet, because it could not be read;"
        f" {count(strip.gaps, 'list', 'lists')} of resources could not be read at all; for {count(strip.assumed, 'store')} nobody has said what it holds."
        f" {_attested(page)}"
    )


def _attested(page: Shown) -> str:
    """Whether what no scan sees is in the figures."""
    standing = standing_of(page.result)
    if not standing:
        return "What a scan cannot see, such as training, contracts and purpose, is not in these figures."
    return f"What a scan cannot see is for people to attest: {told(standing)}. What is attested is never counted as met."


def _tiers(census: Census) -> Iterator[tuple[str, ...]]:
    _families, rows = summary.heat_map(census)
    for row in rows:
        numbers = (sum(getattr(cell, name) for cell in row.cells) for name in ("failed", "unknown", "accepted", "passed"))
        yield row.label, f"{row.stores:,}", *(f"{number:,}" for number in numbers)


def _moved(month: Month) -> Iterator[Part]:
    moved = month.moved
    if moved is None:
        yield paragraph("There is no run from before this one to compare with.")
        return
    if moved.before.day.startswith(month.name):
        yield paragraph("There is no run from before this month: what follows is since its first.")
    bridge = moved.bridge
    rows = [row for row in ROWS if any(row in side for side in (bridge.opening, bridge.closing, *bridge.lines.values()))]
    lines = [("Unmet at the start", bridge.opening, "{:,}")]
    lines += [(cause.value, bridge.lines[cause], "{:+,}") for cause in Cause if bridge.lines.get(cause)]
    lines += [("Unmet at the end", bridge.closing, "{:,}")]
    yield Grid(
        f"From {moved.before.day} to {moved.after.day}; risks that somebody accepted are not counted as unmet",
        ("Requirements", "All", *(label(row) for row in rows)),
        tuple((name, form.format(sum(side.values())), *(form.format(side.get(row, 0)) for row in rows)) for name, side, form in lines),
    )


def _datasets(census: Census) -> Iterator[Part]:
    found = [one for one in census.seen.sets.told(census.store) if one.copies < one.stores][:_DATASETS]
    if not found:
        yield paragraph("No dataset about people has been declared or found.")
        return
    yield Grid(
        "By tier and people; numbers are 'up to' and must not be added up, since the same people may be in several",
        ("Dataset", "Tier", "People", "Not met", "Who can reach it", "Owner"),
        tuple(
            (
                one.name,
                one.tier.label,
                f"up to {one.subjects:,}" if one.subjects is not None else "not known",
                f"{one.failed:,}",
                one.reach,
                one.owner or "nobody is named",
            )
            for one in found
        ),
    )


def _standing(month: Month, census: Census) -> Iterator[str]:
    problems = Findings.of(month.page.result.findings).problems
    held = [one.accepted for one in problems if one.accepted is not None]
    if held:
        who = listed(sorted({one.approver for one in held if one.approver}), 4) or "nobody who is named"
        loose = len({one.file for one in held if not one.merged.startswith(MERGED)})
        yield f"{count(len(held), 'unmet or unknown requirement is', 'unmet or unknown requirements are')} an accepted risk, accepted by {who} as written; the next ends on {min(one.expires for one in held)}."
        if loose:
            yield f"{count(loose, 'of these acceptances stands', 'of these acceptances stand')} in no commit, so that nothing shows that somebody has reviewed {'it' if loose == 1 else 'them'}."
    else:
        yield "No risk is accepted."
    late, old = summary.overdue_of(census)
    yield f"{count(late, 'requirement')} of tiers T3 and T4 {'has' if late == 1 else 'have'} been unmet for {summary.OLD_DAYS} days or more, of {old:,} unmet there."


def _decisions(month: Month, census: Census) -> Iterator[str]:
    ranked = census.among(lambda one: one.danger or one.understated or not one.owner)
    outside = [one.name for one in ranked if one.danger and one.failed and not one.assumed and one.tier >= Tier.T2]
    if outside:
        yield f"That {listed(outside, 3)} be closed to people outside at once."
    nobody = [one.name for one in ranked if one.holds and not one.owner and one.tier >= Tier.T3]
    if nobody:
        yield f"Who answers for {listed(nobody, 3)}."
    understated = [one.name for one in ranked if one.understated]
    if understated:
        yield f"That the declared tier of {listed(understated, 3)} be raised to what the evidence shows."
    soon = (month.day + timedelta(days=_SOON_DAYS)).isoformat()
    ending = [one.accepted for one in Findings.of(month.page.result.findings).problems if one.accepted and one.accepted.expires <= soon]
    if ending:
        yield f"Whether {count(len(ending), 'accepted risk')} that {'ends' if len(ending) == 1 else 'end'} within {_SOON_DAYS} days {'is' if len(ending) == 1 else 'are'} mended or accepted anew."
    assumed = census.seen.answer.assumed
    if assumed:
        yield f"By when {count(assumed, 'store', 'stores')} that nobody has classified must be."
