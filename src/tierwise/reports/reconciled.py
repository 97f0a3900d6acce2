"""What differs between register and estate: a page for people, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Final

from tierwise.classify.reconcile import Difference, Reconciled, Row
from tierwise.reports.base import View
from tierwise.reports.console import Printer, console_for
from tierwise.reports.escape import json_bytes
from tierwise.reports.tabular import csv_bytes
from tierwise.reports.text import count, log_lines, short_id

SCHEMA: Final = "tierwise/register-check/1"
COLUMNS: Final = ("difference", "what", "register_line", "registered", "found", "cannot_be_told_because")
_TITLES: Final[Mapping[Difference, str]] = {
    Difference.MISSING: "Registered, but not found",
    Difference.UNREGISTERED: "Found, but not registered",
    Difference.TIER: "Tier: the register says one thing, the estate another",
    Difference.REGION: "Region: outside what the register names",
    Difference.RETENTION: "Retention: another period, or kept for longer",
    Difference.OWNER: "Owner: the register names one, the tag another",
}


def page(found: Reconciled, view: View) -> str:
    """The differences by kind, each with where the register speaks of it, and what cannot be told."""
    console, out = console_for(view)
    made = Printer(console)
    differing = sum(not row.open for row in found.rows)
    unsure = len(found.rows) - differing
    made.line(
        f"{count(differing, 'difference')} between register and estate; {unsure} cannot be told; {count(found.agreed, 'registered store')} agree.",
        "bold",
    )
    if found.copies:
        made.line(f"{count(found.copies, 'copy', 'copies')} of registered data, which no line selects, follow what they are a copy of.")
    for difference, rows in groupby(found.rows, key=lambda row: row.difference):
        made.title(_TITLES[difference])
        for row in rows:
            _row(made, row)
    if any(row.difference is Difference.UNREGISTERED for row in found.rows):
        made.line()
        made.line("'tierwise classify suggest' and 'tierwise classify worksheet' help to register what was found.")
    return log_lines(out.getvalue())


def _row(made: Printer, row: Row) -> None:
    place = f" ({row.place})" if row.place else ""
    made.bullet(f"{short_id(row.what, 100)}{place}: {row.found}", mark="?" if row.open else "-")
    if row.registered:
        made.detail("register", row.registered)
    if row.open:
        made.detail("open", row.open)


def as_csv(found: Reconciled, view: View) -> bytes:  # noqa: ARG001 - one signature for all formats
    """One row for each difference or open question."""
    return csv_bytes(COLUMNS, (_cells(row) for row in found.rows))


def _cells(row: Row) -> tuple[str, ...]:
    return (row.difference.value, row.what, row.place, row.registered, row.found, row.open)


def as_json(found: Reconciled, view: View) -> bytes:  # noqa: ARG001 - one signature for all formats
    """The same as JSON (`tierwise/register-check/1`)."""
    rows = [dict(zip(COLUMNS, _cells(row), strict=True)) for row in found.rows]
    return json_bytes({"schema": SCHEMA, "agreed": found.agreed, "copies": found.copies, "differences": rows}) + b"\n"


FORMATS: Final[Mapping[str, Callable[[Reconciled, View], str | bytes]]] = {"console": page, "csv": as_csv, "json": as_json}
"""The check by format."""
