"""Delimited text: comma, tab, semicolon and pipe; with a header or without."""

from __future__ import annotations

import csv
import io
from functools import partial
from itertools import dropwhile
from operator import gt
from typing import Final

from tierwise.content.blob import Bounds
from tierwise.content.heading import heading
from tierwise.content.table import Reading, Table

DELIMITERS: Final = ",\t;|"
_LOOKED_AT: Final = 40


def delimiter_of(text: str) -> str | None:
    """The delimiter that cuts the first whole lines of a text into the same number of cells, at least two; None where none does.

    Titles may stand above them: lines that it cuts into fewer, and that are not the most.
    """
    found = [line[: csv.field_size_limit()] for line in text.splitlines()[: _LOOKED_AT + 1]]
    best: tuple[int, str] | None = None
    for delimiter in DELIMITERS:
        widths = [len(row) for row in csv.reader(found[:_LOOKED_AT], delimiter=delimiter) if row]
        if len(found) > _LOOKED_AT:
            # The last of them may end inside a cell of several lines.
            widths.pop()
        table = list(dropwhile(partial(gt, widths[-1]), widths)) if widths else []
        if len(set(table)) == 1 and table[0] > 1 and len(table) * 2 > len(widths) and (best is None or table[0] > best[0]):
            best = (table[0], delimiter)
    return best[1] if best is not None and len(found) > 1 else None


def read_delimited(text: str, delimiter: str, bounds: Bounds, *, whole: bool) -> Reading:
    """The columns of delimited text; of a text that is cut off, the last row is dropped unless it is the only one."""
    rows: list[list[str]] = []
    source = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in source:
            if row:
                rows.append(row[: bounds.columns + 1])
            if len(rows) > bounds.rows + 1:
                break
    except csv.Error:
        # NOTE: a field over csv's own limit, or a lone carriage return: what was read before it counts.
        pass
    else:
        if not whole and len(rows) > 1 and len(rows) <= bounds.rows + 1:
            rows.pop()
    names, start = heading(rows)
    table = Table(bounds)
    for name in names:
        table.column(name)
    for row in rows[start : start + bounds.rows]:
        table.row(names, row)
    return table.reading("tsv" if delimiter == "\t" else "csv")
