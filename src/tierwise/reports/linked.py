"""Links proposed between a spreadsheet register and stores: a page for people, CSV, JSON, and register lines of which a person keeps the right ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tierwise.classify.match import Matched, Proposal, repeated
from tierwise.model.register import Selector
from tierwise.model.resource import Resource
from tierwise.reports.base import View
from tierwise.reports.console import Printer, console_for
from tierwise.reports.escape import json_bytes
from tierwise.reports.tabular import csv_bytes
from tierwise.reports.text import count, log_lines, safe_text, short_id

SCHEMA: Final = "tierwise/register-match/1"
COLUMNS: Final = ("row", "asset", "reference", "store", "name", "confidence", "why")
_REFERENCE: Final = "iar-id"


@dataclass(frozen=True, slots=True)
class Linked:
    """All rows, and the stores that no row is near."""

    rows: tuple[Matched, ...]
    unlinked: int

    @staticmethod
    def of(rows: Sequence[Matched], held: Sequence[Resource], least: float) -> Linked:
        """The rows with the proposals that are sure enough."""
        kept = tuple(replace(row, proposals=tuple(one for one in row.proposals if one.confidence >= least)) for row in rows)
        named = {one.resource.id for row in kept for one in row.proposals}
        return Linked(kept, sum(one.id not in named for one in held))


def page(found: Linked, view: View) -> str:
    """Row by row what it may speak of; a person decides."""
    console, out = console_for(view)
    made = Printer(console)
    near = [row for row in found.rows if row.proposals]
    made.line(
        f"{count(len(near), 'row')} of {len(found.rows)} may speak of stores; {count(found.unlinked, 'store')} that no row is near. These are proposals: nothing is written.",
        "bold",
    )
    for row in near:
        made.line()
        made.line(f"row {row.number}: {row.title}{f' ({row.reference})' if row.reference else ''}")
        for one in row.proposals:
            made.bullet(f"{one.confidence:.2f}  {short_id(one.resource.id, 90)}: {'; '.join(one.why)}")
    far = [row for row in found.rows if not row.proposals]
    if far:
        made.title("No store is near")
        for row in far:
            made.bullet(f"row {row.number}: {row.title}")
    for title, number in repeated(found.rows).items():
        made.line(f"{number} rows are called {title!r}: twice the same, or two that are called alike")
    made.line()
    made.line("'--format yaml' writes the links as register lines: take out those that are wrong, and have the rest reviewed.")
    return log_lines(out.getvalue())


def _pairs(found: Linked) -> Iterator[tuple[Matched, Proposal]]:
    yield from ((row, one) for row in found.rows for one in row.proposals)


def as_csv(found: Linked, view: View) -> bytes:  # noqa: ARG001 - one signature for all formats
    """One row for each proposed link."""
    return csv_bytes(
        COLUMNS,
        (
            (str(row.number), row.title, row.reference, one.resource.id, one.resource.name, f"{one.confidence:.2f}", "; ".join(one.why))
            for row, one in _pairs(found)
        ),
    )


def as_json(found: Linked, view: View) -> bytes:  # noqa: ARG001 - one signature for all formats
    """The same as JSON (`tierwise/register-match/1`), with the rows that no store is near."""
    rows = [
        {
            "row": row.number,
            "asset": row.title,
            "reference": row.reference,
            "links": [
                {"store": one.resource.id, "name": one.resource.name, "confidence": one.confidence, "why": list(one.why)}
                for one in row.proposals
            ],
        }
        for row in found.rows
    ]
    return json_bytes({"schema": SCHEMA, "rows": rows, "stores_that_no_row_is_near": found.unlinked}) + b"\n"


def as_yaml(found: Linked, view: View) -> str:  # noqa: ARG001 - one signature for all formats
    """Register lines that give a store its dataset and reference and say nothing of a tier; a store stands once, with its surest row."""
    surest: dict[str, tuple[Matched, Proposal]] = {}
    for row, one in _pairs(found):
        known = surest.get(one.resource.id)
        # What no file can say is left to a person, who sees it on the page.
        if one.resource.id.isprintable() and (known is None or known[1].confidence < one.confidence):
            surest[one.resource.id] = (row, one)
    lines = ["# Proposed links: take out those that are wrong, and have the rest reviewed.", "entries:" if surest else "entries: []"]
    for row, one in surest.values():
        reference = f", references: {{{_REFERENCE}: {_quoted(row.reference)}}}" if row.reference else ""
        lines.append(safe_text(f"  # row {row.number}, {one.confidence:.2f}: {'; '.join(one.why)}"))
        select = Selector(id=one.resource.id).written
        lines.append(f"  - {{select: {select}, dataset: {_quoted(row.title or f'row {row.number}')}{reference}}}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(" ".join(safe_text(text).split()), ensure_ascii=False)


FORMATS: Final[Mapping[str, Callable[[Linked, View], str | bytes]]] = {"console": page, "csv": as_csv, "json": as_json, "yaml": as_yaml}
"""The links by format."""
