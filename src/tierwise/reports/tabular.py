"""Rows of text as CSV and as a Markdown table, harmless for what opens them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from tierwise.reports.escape import cell, prose


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as RFC 4180 has it: header, quotes, CR LF, UTF-8; cells that a spreadsheet would take for a formula begin with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(text) for text in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table's lines, in whose cells nothing is live."""
    yield _line(columns)
    yield _line(["---"] * len(columns))
    yield from (_line([prose(text) for text in row]) for row in rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(one or ' ' for one in cells)} |"
