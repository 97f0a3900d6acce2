"""Delimited text: comma, tab, semicolon and pipe; with a header or without."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from tierwise.classify.schema import column_detectors
from tierwise.content.blob import Bounds
from tierwise.content.table import Reading, Table, unnamed

DELIMITERS: Final = ",\t;|"
_LABEL: Final = re.compile(r"[A-Za-z_][\w .()/%-]{0,127}")
_JOINED: Final = re.compile(r"[a-z0-9](_[A-Za-z0-9]|[A-Z])")
_MEASURED: Final = re.compile(r"[-+\d.,:/ T]+Z?")
_LOOKED_AT: Final = 20


def delimiter_of(text: str) -> str | None:
    """The delimiter that cuts the first whole lines of a text into the same number of cells, at least two; None where none does."""
    lines = [line[: csv.field_size_limit()] for line in text.splitlines()[:_LOOKED_AT]]
    best: tuple[int, str] | None = None
    for delimiter in DELIMITERS:
        widths = {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
        if len(widths) == 1 and (width := widths.pop()) > 1 and (best is None or width > best[0]):
            best = (width, delimiter)
    return best[1] if best is not None and len(lines) > 1 else None


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
    headed = has_header(rows)
    width = max((len(row) for row in rows), default=0)
    names = [*rows[0], *map(unnamed, range(len(rows[0]), width))] if headed else [*map(unnamed, range(width))]
    names = [name.strip() or unnamed(place) for place, name in enumerate(names)]
    table = Table(bounds)
    for name in names:
        table.column(name)
    for row in rows[headed : headed + bounds.rows]:
        table.row(names, row)
    return table.reading("tsv" if delimiter == "\t" else "csv")


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns.

    It does where all its cells are distinct labels and something shows that they are no data: a name that a detector knows, a name
    that is joined the way programs join them, or a column of measures below a word. A row of people's names passes for data.
    """
    if not rows:
        return False
    first = [cell.strip().strip("\ufeff") for cell in rows[0]]
    filled = [cell for cell in first if cell]
    if not filled or len(set(filled)) < len(filled) or not all(_LABEL.fullmatch(cell) for cell in filled):
        return False
    if any(_JOINED.search(cell) or column_detectors(cell, "") for cell in filled):
        return True
    body = rows[1:_LOOKED_AT]
    return any(
        body and all(len(row) > place and _MEASURED.fullmatch(row[place].strip()) for row in body) for place in range(min(len(first), 64))
    )
