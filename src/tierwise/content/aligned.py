"""Text whose columns stand in the same places of each line, below a line that names them."""

from __future__ import annotations

from typing import Final

from tierwise.content.blob import Bounds
from tierwise.content.heading import heading
from tierwise.content.table import Reading, Table

_LOOKED_AT: Final = 40
_LEAST: Final = 10
"""Lines that have blanks in the same places; of fewer they may by chance."""
_COLUMNS: Final = 2
_WIDEST: Final = 4096


def read_aligned(text: str, bounds: Bounds, *, whole: bool) -> Reading | None:
    """The columns of such a text, or None of any other; of a text that is cut off, the last line is dropped."""
    lines = [line for line in text.splitlines() if line.strip()]
    lines = lines if whole else lines[:-1]
    looked = lines[:_LOOKED_AT]
    width = max(map(len, looked), default=0)
    if len(looked) < _LEAST or width > _WIDEST:
        return None
    blank = [all(line[place : place + 1] in ("", " ") for line in looked) for place in range(width)]
    # Parts of one value, as of a number in pairs, may be aligned as well; they have one blank between them.
    starts = [place for place in range(width) if not blank[place] and all(blank[max(0, place - 2) : place])]
    if len(starts) < _COLUMNS:
        return None
    ends = [*starts[1:], None]
    rows = [[line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in lines[: bounds.rows + _LOOKED_AT]]
    names, first = heading(rows)
    if not first:
        return None
    table = Table(bounds)
    for row in rows[first : first + bounds.rows]:
        table.row(names, row)
    return table.reading("fixed width")
