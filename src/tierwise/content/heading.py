"""The names of a table's columns: in its first row, below titles, or nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from tierwise.classify.content import is_value
from tierwise.classify.schema import column_detectors
from tierwise.classify.vote import is_empty
from tierwise.content.table import unnamed

_LABEL: Final = re.compile(r"(?=[^a-zA-Z]{0,8}[^\W\d_])(?!.*\d{4})[^@\n]{1,128}", re.DOTALL)
"""Something with a letter near its beginning and without a long number, on one line."""
_WORDS: Final = 12
"""Names of columns have no more words; questions of a form have about as many."""
_JOINED: Final = re.compile(r"[a-z0-9](_[A-Za-z0-9]|[A-Z])")
_DIGIT: Final = re.compile(r"\d")
_LOOKED_AT: Final = 20
_TITLES: Final = 10
"""Rows above the names that are looked at."""
_COLUMNS: Final = 64


def heading(rows: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """A name for each column, and the row in which the data begins; columns without one are numbered.

    Titles, dates of a run and the upper of two lines of names are rows that fill less than half of the table, or less than names below them.
    """
    width = max(map(len, rows), default=0)
    start = _first(rows)
    if not has_header(rows[start:]):
        return [unnamed(place) for place in range(width)], 0
    first = [*rows[start], *[""] * (width - len(rows[start]))]
    return [name.strip().strip("\ufeff") or unnamed(place) for place, name in enumerate(first)], start + 1


def _first(rows: Sequence[Sequence[str]]) -> int:
    """The first row that is no title, or the one below it where that has more names."""
    first = titles(rows)
    upper, lower = (sum(1 for cell in row if cell.strip()) for row in rows[first : first + 2]) if len(rows) > first + 1 else (0, 0)
    return first + 1 if upper < lower and has_header(rows[first + 1 :]) else first


def titles(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the top are titles: they fill at most half as many cells as the fuller rows do."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[: _TITLES + _LOOKED_AT]]
    full = sorted(filled)[len(filled) * 3 // 4] if filled else 0
    found = len(list(takewhile(lambda number: number * 2 <= full, filled[:_TITLES])))
    return found if found < len(rows) else 0


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns.

    It does where all its cells are distinct labels that do not come again below, and something shows that they are no data: a name that
    a detector knows, a name that is joined the way programs join them, or a word above a column of numbers, dates or codes. A row of
    people's names passes for data.
    """
    if not rows:
        return False
    first = [cell.strip().strip("\ufeff") for cell in rows[0]]
    filled = [cell for cell in first if cell]
    if not filled or len(set(filled)) < len(filled) or not all(map(_is_label, filled)):
        return False
    body = rows[1:_LOOKED_AT]
    columns = [
        [row[place].strip() for row in body if len(row) > place and not is_empty(row[place])] for place in range(min(len(first), _COLUMNS))
    ]
    if any(cell and cell in column for cell, column in zip(first, columns, strict=False)):
        return False
    if any(_JOINED.search(cell) or column_detectors(cell, "") for cell in filled):
        return True
    counted = [
        cell and not _DIGIT.search(cell) and column and sum(1 for one in column if _DIGIT.search(one)) >= 0.9 * len(column)
        for cell, column in zip(first, columns, strict=False)
    ]
    return any(counted) and not any(map(is_value, filled))


def _is_label(cell: str) -> bool:
    return _LABEL.fullmatch(cell) is not None and cell.count(" ") < _WORDS and not is_empty(cell)
