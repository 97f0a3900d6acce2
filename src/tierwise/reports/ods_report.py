"""The rows of `csv` as an OpenDocument sheet, for those whose spreadsheet asks too many questions of a CSV."""

from __future__ import annotations

from tierwise.errors import UsageError
from tierwise.model.finding import ScanResult
from tierwise.reports.base import Report, View
from tierwise.reports.csv_report import COLUMNS, row_of
from tierwise.reports.ods import MOST_ROWS, Column, Table, ods
from tierwise.reports.shown import published


def render(result: ScanResult, view: View) -> bytes:
    """One sheet with a row for each finding; UsageError where programs would not show all of them."""
    page = published(result, view)
    if len(result.findings) >= MOST_ROWS and not view.verdicts:
        raise UsageError(f"a sheet has {MOST_ROWS:,} rows at most; add --findings fail,unknown or use --format csv")
    return ods([Table("findings", [Column(name) for name in COLUMNS], (row_of(one, page) for one in page.all()))])


REPORT = Report("ods", render, "the rows of csv as an OpenDocument sheet")
