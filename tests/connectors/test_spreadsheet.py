"""Spreadsheets that people made: rows keep their numbers, and what cannot be read whole is told, never half of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests.content.hostile import SAMPLES, archive, hostile, workbook
from tierwise.connectors import spreadsheet
from tierwise.connectors.spreadsheet import Grid, letters, read_grid
from tierwise.content.blob import Bounds
from tierwise.content.sheet import Line
from tierwise.errors import InputError
from tierwise.reports.ods import Column, Table, ods

ODS = "application/vnd.oasis.opendocument.spreadsheet"
OFFICE = (
    '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>'
    '<table:table table:name="one">{}</table:table><table:table table:name="two"><table:table-row><table:table-cell><text:p>not read</text:p>'
    "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
)


def cells(text: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}"><table:table-cell>{text}</table:table-cell></table:table-row>'


def read(tmp_path: Path, data: bytes, name: str = "a.csv") -> Grid:
    (tmp_path / name).write_bytes(data)
    return read_grid(tmp_path / name)


def table(tmp_path: Path, rows: str) -> list[tuple[int, tuple[str, ...]]]:
    made = read(tmp_path, archive({"mimetype": ODS.encode(), "content.xml": OFFICE.format(rows).encode()}), "a.ods")
    return [(line.number, line.cells) for line in made.lines]


@pytest.mark.parametrize("data", [b"a;b\r\n1;2\r\n", b"a,b\n1,2\n", b"\xef\xbb\xbfa\tb\n1\t2\n", "a,b\n1,2\n".encode("utf-16")])
def test_delimiters_and_encodings_that_spreadsheets_write_are_known(tmp_path, data):
    assert [line.cells for line in read(tmp_path, data).lines] == [("a", "b"), ("1", "2")]


def test_rows_keep_the_number_that_the_spreadsheet_shows(tmp_path):
    assert read(tmp_path, b'a,b\n,\n"x\ny",2\n').lines == (Line(1, ("a", "b")), Line(3, ("x\ny", "2")))
    rows = cells("<text:p>head</text:p>") + cells("", 5) + cells("<text:p>body</text:p>", 2) + cells("", 1_048_000)
    assert table(tmp_path, rows) == [(1, ("head",)), (7, ("body",)), (8, ("body",))]
    sheet = '<w><row r="3"><c r="B3" t="inlineStr"><is><t>head</t></is></c></row><row r="9"><c r="A9"><v>1</v></c></row><row><c><v>2</v></c></row></w>'
    found = read(tmp_path, workbook(sheet), "a.xlsx")
    assert found.lines == (Line(3, ("", "head")), Line(9, ("1",)), Line(10, ("2",)))
    assert found.place(found.lines[0], 1) == f"{tmp_path / 'a.xlsx'}: B3"


def test_titles_above_the_names_of_columns_are_left_out_and_rows_keep_their_number(tmp_path):
    found = read(
        tmp_path,
        b"Register v3 (2);;;;\r\nLast updated;by J Smith;;;\r\n;;;;\r\nRef;Asset;Owner;Where;Notes\r\n1;Payroll;HR;Kent;\r\n2;Fleet;;;\r\n3;Post;HR;Kent;-\r\n",
    )
    assert [(line.number, line.cells[0]) for line in found.lines] == [(4, "Ref"), (5, "1"), (6, "2"), (7, "3")]


def test_a_comment_is_no_part_of_a_cell_and_white_space_is(tmp_path):
    rows = cells('<office:annotation><text:p>ask Ada</text:p></office:annotation><text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p>')
    assert table(tmp_path, rows) == [(1, ("a  b c",))]


def test_what_is_written_is_read_back(tmp_path):
    rows = [("a  b", 3), (" é", None), ("", 2.5)]
    found = read(tmp_path, ods([Table("t", [Column("name"), Column("number")], rows)]), "a.ods")
    assert [line.cells for line in found.lines] == [("name", "number"), ("a  b", "3"), (" é", ""), ("", "2.5")]


def test_a_workbook_of_another_program_is_read():
    found = read_grid(SAMPLES / "book.xlsx")
    assert found.header == ("nhs_number", "age")
    assert found.lines[1].number == 2


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "the sheet is empty"),
        ("a.csv", b"\n,\n", "the sheet is empty"),
        ("a.csv", b"Name\n\xe9t\xe9\n", "line 2: byte 5 is not UTF-8"),
        ("a.csv", "Name\nx".encode("utf-16")[:-1], "is not UTF-16"),
        ("a.csv", b"Name\na\0b\n", "line 2: no text"),
        ("a.csv", b'Name\n"a\n', "not readable as CSV"),
        ("a.xlsx", b"PK\x03\x04" + bytes(50), "the file is broken"),
        ("a.zip", archive({"a.txt": b"x"}), "no spreadsheet"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(50), "save it as .ods, .xlsx"),
    ],
)
def test_what_is_no_spreadsheet_is_told_with_what_to_save_instead(tmp_path, name, data, words):
    with pytest.raises(InputError, match=words) as told:
        read(tmp_path, data, name)
    assert str(told.value).startswith(str(tmp_path / name))


def test_more_rows_than_are_read_are_refused_in_each_format(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 5)
    monkeypatch.setattr(spreadsheet, "_BOUNDS", Bounds(rows=5))
    many = "".join(f'<row r="{number}"><c><v>{number}</v></c></row>' for number in range(1, 8))
    for name, data in (
        ("a.csv", b"a,b\n" * 7),
        ("a.ods", archive({"mimetype": b"x", "content.xml": OFFICE.format(cells("<text:p>x</text:p>", 900_000_000)).encode()})),
        ("a.xlsx", workbook(f"<w>{many}</w>")),
    ):
        with pytest.raises(InputError, match="more than 5 rows; split it"):
            read(tmp_path, data, name)


def test_hostile_files_are_read_or_refused_and_nothing_else(tmp_path):
    for title, name, data in hostile():
        with suppress(InputError):
            assert read(tmp_path, data, name.rpartition("/")[2] or "a").lines, title


def test_columns_are_called_as_spreadsheets_call_them():
    assert [letters(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
