from __future__ import annotations

import csv
import io

from python_calamine import CalamineWorkbook

from tests.reports.hostile import HOSTILE
from tests.reports.sample import finding, result_of, sample
from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.reports import csv_report, ods_report
from tierwise.reports.base import View


def rows(made: bytes) -> list[list[str]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    return [[str(one) for one in row] for row in book.get_sheet_by_name("findings").to_python()]


def test_the_sheet_has_the_rows_of_the_table():
    table = csv.reader(io.StringIO(csv_report.render(sample(), View()).decode(), newline=""), strict=True)
    assert rows(ods_report.render(sample(), View())) == [list(row) for row in table]


def test_no_hostile_text_begins_a_cell_of_the_sheet_as_a_formula():
    for text in HOSTILE:
        one = finding(1, Verdict.FAIL, Severity.HIGH, text, title=text, owner=text)
        assert not [cell for row in rows(ods_report.render(result_of((one,)), View())) for cell in row if cell[:1] in tuple("=+-@\t\r\n")]
