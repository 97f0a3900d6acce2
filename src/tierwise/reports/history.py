"""The history of a series and the difference between two of its runs, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from tierwise.model.history import (
    BUCKETS,
    ROWS,
    Bridge,
    Cause,
    Comparison,
    Counts,
    DayPoint,
    History,
    KeptRun,
    Move,
    Sort,
    Standing,
)
from tierwise.model.sensitivity import Tier
from tierwise.reports.base import View
from tierwise.reports.console import Printer, console_for
from tierwise.reports.escape import json_bytes
from tierwise.reports.text import count, listed, log_lines, safe_text, short_id

if TYPE_CHECKING:
    from rich.table import Table

HISTORY_SCHEMA: Final = "tierwise/history/1"
DIFF_SCHEMA: Final = "tierwise/diff/1"
_MOST_MOVES: Final = 12
_MARK: Final = {
    Sort.NEW: "+",
    Sort.WORSE: "+",
    Sort.FIXED: "-",
    Sort.GONE: "-",
    Sort.BETTER: "-",
    Sort.BECAME_UNKNOWN: "?",
    Sort.UNSEEN: "?",
}
_STYLE: Final = {
    Sort.NEW: "red",
    Sort.WORSE: "red",
    Sort.FIXED: "green",
    Sort.BETTER: "green",
    Sort.BECAME_UNKNOWN: "yellow",
    Sort.UNSEEN: "yellow",
}


def label(row: str) -> str:
    """A row as tables name it: `T3 heightened`, `assumed`."""
    return Tier[row].label if row in Tier.__members__ else row


def history_text(found: History, others: Sequence[str], view: View, store: str = "") -> str:
    """Runs, trend, ages and times for people; `store` as it was named on the command line, for the command that goes on."""
    console, out = console_for(view)
    page = Printer(console)
    last = found.runs[0]
    page.line(f"{safe_text(found.series)}: run {last.number:,}, on {last.day}", "bold")
    page.line(
        f"{last.failed:,} failed, {last.unknown:,} unknown, {last.accepted:,} accepted on {count(last.resources, 'resource')};"
        f" coverage {last.coverage:.1%}; gate {last.gate}"
    )
    page.title("Runs")
    page.table(_runs(found.runs))
    if len(found.trend) > 1:
        page.title("Failed (and unknown) by tier, the last run of each day")
        page.table(_trend(found.trend))
    if found.bridge is not None:
        first = found.runs[1]
        days = (
            f"From {first.day} to {last.day}" if first.day != last.day else f"On {last.day}, from run {first.number:,} to {last.number:,}"
        )
        page.title(f"{days}: open failures")
        page.table(_bridge(found.bridge))
    if found.ages:
        page.title("How long it has been open")
        page.table(_ages(found))
    if found.times:
        page.title("How long fixing took")
        for one in found.times:
            back = f"; {count(one.reopened, 'finding')} came back" if one.reopened else ""
            fixed = f"{one.fixed:,} fixed, half of them within {count(one.median_days, 'day')}, the slowest after {count(one.slowest_days, 'day')}"
            page.bullet(f"{label(one.row)}: {fixed if one.fixed else 'none fixed'}{back}")
    page.line()
    where = f" --store {safe_text(quote(store))}" if store else ""
    page.line(
        f"Next: tierwise diff{where}" + (f"   other series: {listed([safe_text(one) for one in others], 3)}" if others else ""), "dim"
    )
    return log_lines(out.getvalue())


def _table(*right: str, first: str = "tier") -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column(first, no_wrap=True)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _runs(runs: Sequence[KeptRun]) -> Table:
    table = _table("resources", "failed", "unknown", "accepted", "coverage", "gate", "run", first="began")
    for one in runs:
        numbers = [f"{number:,}" for number in (one.resources, one.failed, one.unknown, one.accepted)]
        table.add_row(
            one.started[:16].replace("T", " "),
            *numbers,
            f"{one.coverage:.1%}",
            one.gate,
            f"{one.id}{' (T3, T4 only)' if one.pruned else ''}",
        )
    return table


def _trend(trend: Sequence[DayPoint]) -> Table:
    rows = [point.by_row() for point in trend]
    table = _table(*(point.day[5:] for point in trend))
    for row in ROWS:
        if any(row in one for one in rows):
            cells = [one.get(row, Counts()) for one in rows]
            table.add_row(label(row), *(f"{one.failed:,}{f' ?{one.unknown:,}' if one.unknown else ''}" for one in cells))
    return table


def _bridge(bridge: Bridge) -> Table:
    rows = [row for row in ROWS if any(row in side for side in (bridge.opening, bridge.closing, *bridge.lines.values()))]
    table = _table("all", *rows, first="")
    table.add_row("opening", f"{sum(bridge.opening.values()):,}", *(f"{bridge.opening.get(row, 0):,}" for row in rows))
    for cause in Cause:
        line = bridge.lines.get(cause)
        if line:
            table.add_row(cause.value, f"{bridge.total(cause):+,}", *(f"{line[row]:+,}" if line.get(row) else "." for row in rows))
    table.add_row("closing", f"{sum(bridge.closing.values()):,}", *(f"{bridge.closing.get(row, 0):,}" for row in rows))
    return table


def _ages(found: History) -> Table:
    names = [f"< {BUCKETS[0]} d", *(f"{low}-{high - 1} d" for low, high in pairwise(BUCKETS)), f">= {BUCKETS[-1]} d"]
    table = _table("open", *names, "median", "oldest")
    for one in found.ages:
        buckets = [f"{number:,}" if number else "." for number in one.buckets]
        table.add_row(label(one.row), f"{one.open:,}", *buckets, f"{one.median_days} d", f"{one.oldest_days} d")
    return table


def diff_text(found: Comparison, view: View) -> str:
    """What changed between two runs, for people."""
    console, out = console_for(view)
    page = Printer(console)
    page.line(f"{safe_text(found.after.series)}: from {found.before.id} to {found.after.id}", "bold")
    for note in found.notes:
        page.bullet(note, mark="i")
    if not found.moves and not found.tiers:
        page.line("Nothing changed.")
    for sort in Sort:
        moves = [one for one in found.moves if one.sort is sort]
        if moves:
            page.title(f"{sort.value.capitalize()}: {len(moves):,}")
        for one in moves[:_MOST_MOVES]:
            _move(page, one)
        if len(moves) > _MOST_MOVES:
            page.line(f"    and {len(moves) - _MOST_MOVES:,} more; see --format json")
    if found.tiers:
        page.title(f"Tier changed: {len(found.tiers):,}")
        for moved in found.tiers[:_MOST_MOVES]:
            page.bullet(
                f"{short_id(moved.resource, 100)}: {moved.before}, now {moved.after}{f' ({safe_text(moved.because)})' if moved.because else ''}",
                mark="~",
            )
        if len(found.tiers) > _MOST_MOVES:
            page.line(f"    and {len(found.tiers) - _MOST_MOVES:,} more; see --format json")
    page.title("Open failures")
    page.table(_bridge(found.bridge))
    return log_lines(out.getvalue())


def _move(page: Printer, one: Move) -> None:
    said = one.shown
    tier = f"{said.tier.label}{', assumed' if said.assumed else ''}"
    accepted = f" [accepted by {safe_text(said.accepted)}]" if said.accepted and one.sort is not Sort.ACCEPTED else ""
    head = f"{said.severity.word}: {short_id(said.resource, 100)} ({tier}): {said.title} ({said.control}){accepted}"
    page.bullet(head, _STYLE.get(one.sort, ""), _MARK.get(one.sort, "~"))
    page.detail("why", one.why)


def run_out(one: KeptRun) -> dict[str, Any]:
    """A run, without the digests of its controls."""
    return {each.name: getattr(one, each.name) for each in fields(one) if each.name != "controls"}


def counts_out(one: Counts) -> dict[str, int]:
    """Counts by name."""
    return {each.name: getattr(one, each.name) for each in fields(one)}


def bridge_out(bridge: Bridge) -> dict[str, Any]:
    """A bridge: opening and lines make closing, in all and in every row."""

    def side(rows: Mapping[str, int]) -> dict[str, Any]:
        return {"all": sum(rows.values()), "by_tier": dict(rows)}

    lines = [{"cause": cause.value, **side(line)} for cause, line in bridge.lines.items()]
    return {"opening": side(bridge.opening), "lines": lines, "closing": side(bridge.closing)}


def history_json(found: History, others: Sequence[str]) -> bytes:
    """The same as JSON."""
    trend = [
        {
            "day": point.day,
            "coverage": point.coverage,
            "resources": dict(point.resources),
            "by_tier": {row: counts_out(counts) for row, counts in point.by_row().items()},
            "by_family": [{"tier": row, "family": family, **counts_out(counts)} for (row, family), counts in sorted(point.counts.items())],
        }
        for point in found.trend
    ]
    made = {
        "schema": HISTORY_SCHEMA,
        "series": found.series,
        "other_series": list(others),
        "runs": [run_out(one) for one in found.runs],
        "trend": trend,
        "bridge": bridge_out(found.bridge) if found.bridge is not None else None,
        "ages": [
            {
                "tier": one.row,
                "open": one.open,
                "median_days": one.median_days,
                "oldest_days": one.oldest_days,
                "younger_than_days": {str(edge): number for edge, number in zip((*BUCKETS, "older"), one.buckets, strict=True)},
            }
            for one in found.ages
        ],
        "time_to_fix": [
            {
                "tier": one.row,
                "fixed": one.fixed,
                "median_days": one.median_days,
                "slowest_days": one.slowest_days,
                "reopened": one.reopened,
            }
            for one in found.times
        ],
    }
    return json_bytes(made) + b"\n"


def _standing_out(one: Standing | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "verdict": one.verdict.value,
        "severity": one.severity.word,
        "tier": one.tier.name,
        "assumed": one.assumed,
        "accepted": one.accepted or None,
        "why": one.why,
        "expected": one.expected,
        "actual": one.actual,
    }


def diff_json(found: Comparison) -> bytes:
    """The same as JSON."""
    made = {
        "schema": DIFF_SCHEMA,
        "before": run_out(found.before),
        "after": run_out(found.after),
        "notes": list(found.notes),
        "summary": {sort.value: sum(one.sort is sort for one in found.moves) for sort in Sort},
        "findings": [
            {
                "fingerprint": one.shown.fingerprint,
                "change": one.sort.value,
                "why": one.why,
                "control": one.shown.control,
                "title": one.shown.title,
                "resource": one.shown.resource,
                "before": _standing_out(one.before),
                "after": _standing_out(one.after),
            }
            for one in found.moves
        ],
        "tiers": [{"resource": one.resource, "before": one.before, "after": one.after, "because": one.because} for one in found.tiers],
        "bridge": bridge_out(found.bridge),
    }
    return json_bytes(made) + b"\n"
