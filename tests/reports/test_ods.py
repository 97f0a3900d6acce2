"""OpenDocument sheets, read back by another program's reader."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from tests.reports.hostile import HOSTILE
from tierwise.reports import ods as module
from tierwise.reports.escape import cell
from tierwise.reports.ods import MIME, Column, Table, ods

TWO = (Column("name"), Column("answer", 2.5, ("yes", 'say "no"')))


def read_back(made: bytes) -> dict[str, Any]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def test_rows_come_back_as_they_went_in():
    made = ods([Table("first", TWO, [("a  b ", 3), (" é€", None), ("", 2.5)]), Table("second", TWO[:1], [])])
    assert read_back(made) == {
        "first": [["name", "answer"], ["a  b ", 3.0], [" é€", ""], ["", 2.5]],
        "second": [["name"]],
    }


def test_what_would_be_a_formula_is_text_in_the_sheet_and_in_a_csv_made_of_it():
    made = ods([Table("hostile", TWO[:1], [(one,) for one in HOSTILE])])
    assert [row[0] for row in read_back(made)["hostile"][1:]] == [cell(one) for one in HOSTILE]
    content = ZipFile(io.BytesIO(made)).read("content.xml").decode()
    assert "table:formula" not in content
    types = {one.get(_office("value-type")) for one in ElementTree.fromstring(content).iter() if one.tag.endswith("}table-cell")}
    assert types == {"string"}


def test_half_a_surrogate_pair_is_written_out():
    assert read_back(ods([Table("t", TWO[:1], [("\ud800",)])]))["t"] == [["name"], ["\\ud800"]]


def test_the_type_is_read_at_its_fixed_place_and_the_same_rows_give_the_same_bytes():
    made = ods([Table("t", TWO, [("a", 1)])])
    assert made[30:38] == b"mimetype"
    assert made[38 : 38 + len(MIME)] == MIME.encode()
    assert made == ods([Table("t", TWO, iter([("a", 1)]))])


def test_every_member_is_well_formed_and_named_in_the_manifest():
    archive = ZipFile(io.BytesIO(ods([Table("a'b[]", TWO, [("x", "yes")])])))
    for name in archive.namelist()[1:]:
        ElementTree.fromstring(archive.read(name))
    listed = {value for one in ElementTree.fromstring(archive.read("META-INF/manifest.xml")) for value in one.attrib.values()}
    assert set(archive.namelist()) - {"mimetype", "META-INF/manifest.xml"} <= listed


def test_a_name_that_programs_refuse_becomes_one_that_they_take():
    assert list(read_back(ods([Table("a/b:c*'[x]" + "y" * 40, TWO, [])]))) == ["a_b_c___x_" + "y" * 21]


def test_choices_are_offered_in_the_cells_of_their_column():
    content = ElementTree.fromstring(ZipFile(io.BytesIO(ods([Table("t", TWO, [("a", None)])]))).read("content.xml"))
    named = {one.get(_table("name")): one.get(_table("condition")) for one in content.iter(_table("content-validation"))}
    assert list(named.values()) == ['of:cell-content-is-in-list("yes";"say ""no""")']
    offered = [one.get(_table("content-validation-name")) for one in content.iter(_table("table-cell"))]
    assert offered == [None, None, None, *named]


def test_what_attribute_values_refer_to_is_declared():
    """LibreOffice reads `of:` and `ooo:` in values through the namespaces; without them there are no choices and no header in view."""
    archive = ZipFile(io.BytesIO(ods([Table("t", TWO, [])])))
    for member, declared in (
        ("content.xml", 'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'),
        ("settings.xml", 'xmlns:ooo="http://openoffice.org/2004/office"'),
    ):
        assert declared in archive.read(member).decode()


def test_a_table_longer_than_programs_show_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    ods([Table("t", TWO[:1], [("a",)] * 2)])
    with pytest.raises(ValueError, match="3 rows at most"):
        ods([Table("t", TWO[:1], [("a",)] * 3)])


def _office(name: str) -> str:
    return f"{{urn:oasis:names:tc:opendocument:xmlns:office:1.0}}{name}"


def _table(name: str) -> str:
    return f"{{urn:oasis:names:tc:opendocument:xmlns:table:1.0}}{name}"
