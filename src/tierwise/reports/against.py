"""What a plan would change of a live run, for people and as JSON."""

from __future__ import annotations

from typing import Final

from tierwise.model.history import PlanAgainst, PlanSort
from tierwise.reports.base import View
from tierwise.reports.console import Printer, console_for
from tierwise.reports.escape import json_bytes
from tierwise.reports.history import run_out
from tierwise.reports.text import count, listed, log_lines, safe_text, short_id

AGAINST_SCHEMA: Final = "tierwise/plan-diff/1"
_MOST_MOVES: Final = 12


def against_text(found: PlanAgainst, others: int, view: View) -> str:
    """What a plan would change of a live run, for people."""
    console, out = console_for(view)
    page = Printer(console)
    page.line(f"the plan against {safe_text(found.run.series)}: run {found.run.id} of {found.run.day}", "bold")
    page.line(
        f"{count(found.matched, 'resource')} of the plan {'is' if found.matched == 1 else 'are'} in that run, {found.made:,} would be made anew;"
        f" {count(found.untouched, 'resource')} of the run {'is' if found.untouched == 1 else 'are'} not in the plan; {count(found.stays, 'failure')} stay"
    )
    if others:
        page.bullet(
            f"{count(others, 'control asks', 'controls ask')} something else now than in that run, or only in one of the two", mark="i"
        )
    if found.unmatched:
        page.bullet(f"not in that run, or not to be told apart there: {listed([safe_text(one) for one in found.unmatched], 5)}", mark="i")
    for sort in PlanSort:
        moves = [one for one in found.moves if one.sort is sort]
        if moves:
            page.title(f"{sort.value.capitalize()}: {len(moves):,}")
        for one in moves[:_MOST_MOVES]:
            place = short_id(one.address if sort is PlanSort.BREAKS and not one.before else one.resource, 100)
            was = f"{one.before or 'not there'}, then {one.after or 'gone'}"
            page.bullet(f"{one.severity.word}: {place} ({one.tier.label}): {one.title} ({one.control}): {was}")
        if len(moves) > _MOST_MOVES:
            page.line(f"    and {len(moves) - _MOST_MOVES:,} more; see --format json")
    if not found.moves:
        page.line("The plan changes no verdict of that run.")
    return log_lines(out.getvalue())


def against_json(found: PlanAgainst, others: int) -> bytes:
    """The same as JSON."""
    made = {
        "schema": AGAINST_SCHEMA,
        "run": run_out(found.run),
        "matched": found.matched,
        "made_anew": found.made,
        "not_in_the_plan": found.untouched,
        "unmatched": list(found.unmatched),
        "controls_that_differ": others,
        "stays": found.stays,
        "summary": {sort.value: sum(one.sort is sort for one in found.moves) for sort in PlanSort},
        "findings": [
            {
                "change": one.sort.value,
                "control": one.control,
                "title": one.title,
                "resource": one.resource,
                "address": one.address,
                "tier": one.tier.name,
                "severity": one.severity.word,
                "before": one.before or None,
                "after": one.after or None,
            }
            for one in found.moves
        ],
    }
    return json_bytes(made) + b"\n"
