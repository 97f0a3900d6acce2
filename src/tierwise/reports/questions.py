"""The worksheet of questions as an OpenDocument sheet, with the answers that may be chosen and how to fill it in, and as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tierwise.classify.worksheet import COLUMNS, KNOWN, QUESTIONS, SELECT, Sheet
from tierwise.reports.ods import Column, Table, ods
from tierwise.reports.tabular import csv_bytes

_HELP: Final = (
    "Each row is a service, or a store, of which nobody has said what it holds. Please answer the questions on the first sheet for those you know.",
    "Where a list is offered, choose from it. Nobody has to guess: a row in which something is not known stays open, and is asked again.",
    "Numbers may be rough: 12000, 12k, 1.2 million. How long it is kept: 7 years, 90 days, without end.",
    "Leave the last column as it is: it says which stores the answers are about.",
    "Then send the file back. It becomes lines of the asset register, which are reviewed before anything is judged by them.",
)


def as_ods(one: Sheet) -> bytes:
    """The questions on the first sheet, and on the second how to answer."""
    widths = dict(zip(KNOWN, (4.5, 3.5, 6.0, 5.0, 6.0), strict=True))
    columns = [
        *(Column(title, widths[title]) for title in KNOWN),
        *(Column(question.title, 4.0, question.choices) for question in QUESTIONS),
        Column(SELECT, 6.0),
    ]
    return ods(
        [Table("Questions", columns, one.rows), Table("How to answer", [Column("How to answer", 24.0)], [(text,) for text in _HELP])]
    )


def as_csv(one: Sheet) -> bytes:
    """The questions as RFC 4180 has it."""
    return csv_bytes(COLUMNS, one.rows)


FORMATS: Final[Mapping[str, Callable[[Sheet], bytes]]] = {"ods": as_ods, "csv": as_csv}
"""The worksheet by format."""
