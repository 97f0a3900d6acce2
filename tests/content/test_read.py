from __future__ import annotations

import csv
import io
import json
from random import Random
from zipfile import ZipFile

import pytest
import zstandard

from tests.content.hostile import SAMPLES, archive
from tests.content.ranged import Ranged
from tierwise.content.blob import Bounds, Bytes, Reason, Window, spread
from tierwise.content.read import Unread, read
from tierwise.content.table import Reading

BOUNDS = Bounds()
NUMBERS = tuple(f"99900{number:05d}" for number in range(40))


def readings(data: bytes, name: str, bounds: Bounds = BOUNDS) -> list[Reading | Unread]:
    return list(read(Bytes(data), name, bounds))


def columns(data: bytes, name: str, bounds: Bounds = BOUNDS) -> dict[str | None, tuple[str, ...]]:
    (one,) = readings(data, name, bounds)
    assert isinstance(one, Reading), one
    return {column.name: tuple(column.values) for column in one.columns}


def formats(data: bytes, name: str) -> list[str]:
    return [one.format for one in readings(data, name)]


def reasons(data: bytes, name: str, bounds: Bounds = BOUNDS) -> set[Reason]:
    return {one.reason for one in readings(data, name, bounds) if isinstance(one, Unread)}


CSV = b"nhs_number,full_name\n9990000018,Ann Lee\n9990000026,Bo Lind\n"


@pytest.mark.parametrize("sample", sorted(one.name for one in SAMPLES.glob("*-v*.parquet")))
def test_parquet_gives_the_values_of_its_first_pages(sample):
    found = columns((SAMPLES / sample).read_bytes(), sample)
    assert found["nhs_number"] == NUMBERS[:25]
    assert found["age"] == tuple(str(number) for number in range(0, 25, 3))
    assert found["born"][:2] == ("1980-01-01", "1980-01-02")
    assert found["parts"][:4] == ("a", "b0", "a", "b1")


def test_parquet_of_an_encoding_that_is_not_read_gives_its_names():
    (one,) = readings((SAMPLES / "delta.parquet").read_bytes(), "a.parquet")
    assert isinstance(one, Reading)
    assert [column.name for column in one.columns] == ["nhs_number", "age", "born", "parts"]
    assert one.columns[0].values == ()
    assert one.note == "values of 1 columns were not read"


def test_parquet_is_read_by_ranges_whose_sum_is_small():
    data = (SAMPLES / "none-v1.parquet").read_bytes()
    footer = 8 + int.from_bytes(data[-8:-4], "little")
    blob = Ranged(data[:-footer], bytes(10_000_000), data[-footer:])
    (one,) = read(blob, "a.parquet", BOUNDS)
    assert isinstance(one, Reading)
    assert tuple(one.columns[0].values) == NUMBERS[:25]
    assert sum(length for _, length in blob.asked) < blob.size / 100


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard"])
def test_avro_gives_the_values_of_its_first_blocks(codec):
    found = columns((SAMPLES / f"{codec}.avro").read_bytes(), "a.avro")
    assert found["nhs_number"] == NUMBERS
    assert found["parts"][:3] == ("a", "b0", "a")


def test_avro_that_is_cut_off_gives_what_comes_before_the_cut():
    data = (SAMPLES / "null.avro").read_bytes()
    assert columns(data[: len(data) // 2], "a.avro")["nhs_number"][0] == NUMBERS[0]


def test_avro_of_a_codec_that_is_not_read_gives_its_names():
    (one,) = readings((SAMPLES / "bzip2.avro").read_bytes(), "a.avro")
    assert isinstance(one, Reading)
    assert [column.name for column in one.columns] == ["nhs_number", "age", "parts"]
    assert one.note == "values were not read"


def test_a_workbook_gives_its_columns():
    found = columns((SAMPLES / "book.xlsx").read_bytes(), "a.xlsx")
    assert found["nhs_number"] == NUMBERS
    assert found["age"][:2] == ("0", "3")


def test_an_opendocument_sheet_gives_its_columns_and_skips_what_is_only_repeated():
    cells = "".join(
        f"<table:table-row>{''.join(f'<table:table-cell><text:p>{value}</text:p></table:table-cell>' for value in row)}"
        '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        for row in (("nhs_number", "age"), ("9990000018", "4"), ("9990000026", "5"))
    )
    content = f'<o xmlns:table="t" xmlns:text="x"><table:table>{cells}<table:table-row table:number-rows-repeated="99"/></table:table></o>'
    data = archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()})
    assert columns(data, "a.ods") == {"nhs_number": ("9990000018", "9990000026"), "age": ("4", "5")}


def ods(*tables: str) -> bytes:
    content = f'<o xmlns:table="t" xmlns:text="x" xmlns:office="o">{"".join(f"<table:table>{one}</table:table>" for one in tables)}</o>'
    return archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()})


def row(*cells: str, value: str = "") -> str:
    return f"<table:table-row>{''.join(f'<table:table-cell{value}>{one}</table:table-cell>' for one in cells)}</table:table-row>"


def test_comments_on_cells_are_looked_at_as_text_and_are_no_part_of_values():
    comment = "<office:annotation><dc>Ada</dc><text:p>ask Ann, NHS 9990000018</text:p></office:annotation>"
    cell = f"{comment}<text:p>9990000026</text:p>"
    found = columns(
        ods(row("<text:p>nhs_number</text:p>") + row(cell) + row("<text:p>Ann<text:s/>Lee</text:p><text:p>Bo</text:p>")), "a.ods"
    )
    assert found == {"nhs_number": ("9990000026", "Ann Lee Bo"), None: ("Ada ask Ann, NHS 9990000018",)}

    strings = "<sst><si><t>full_name</t></si><si><t>\u6771\u4eac</t><rPh sb='0' eb='1'><t>tokyo</t></rPh></si></sst>"
    sheet = "<w><row><c t='s'><v>0</v></c></row><row><c t='s'><v>1</v></c></row></w>"
    parts = {
        "xl/workbook.xml": b"<w/>", "xl/worksheets/sheet1.xml": sheet.encode(), "xl/sharedStrings.xml": strings.encode(),
        "xl/comments1.xml": b"<x:comments xmlns:x='m'><x:comment ref='A1'><x:text><x:r><x:t>NHS 9990000018</x:t></x:r></x:text></x:comment></x:comments>",
    }  # fmt: skip
    assert columns(archive(parts), "a.xlsx") == {"full_name": ("\u6771\u4eac",), None: ("NHS 9990000018",)}


def test_a_number_that_a_sheet_shows_rounded_is_read_as_it_is_kept():
    exact = ' office:value-type="float" office:value="9990000018"'
    assert columns(ods(row("<text:p>nhs_number</text:p>") + row("<text:p>9.99E+09</text:p>", value=exact)), "a.ods") == {
        "nhs_number": ("9990000018",)
    }


def test_the_tables_after_a_long_one_are_looked_at():
    long = row("<text:p>row_id</text:p>") + row("<text:p>7</text:p>") * 500
    found = readings(ods(long, row("<text:p>nino</text:p>") + row("<text:p>AB123456C</text:p>")), "a.ods")
    assert [[(one.name, len(one.values)) for one in each.columns] for each in found if isinstance(each, Reading)] == [
        [("row_id", 200)], [("nino", 1)],
    ]  # fmt: skip


def test_an_encrypted_opendocument_is_told():
    manifest = b'<m xmlns:manifest="m"><manifest:encryption-data/></m>'
    assert reasons(archive({"mimetype": b"x", "content.xml": b"?", "META-INF/manifest.xml": manifest}), "a.ods") == {Reason.ENCRYPTED}


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.csv", CSV, ["csv"]),
        ("a.tsv", CSV.replace(b",", b"\t"), ["tsv"]),
        ("noname", CSV.replace(b",", b";"), ["csv"]),
        ("a.csv", CSV.decode().encode("utf-16"), ["csv"]),
        ("a.csv.zst", zstandard.compress(CSV), ["csv in zstd"]),
        ("a.zip", archive({"x/a.csv": CSV, "b.json": b'{"a": 1}'}), ["csv in zip", "json in zip"]),
        ("a.jsonl", b'{"a": 1}\n{"a": 2}\n', ["jsonl"]),
        ("app.log", b"[2026-01-01] started, ok\n[2026-01-02] done, ok\n", ["log"]),
        ("letter.txt", b"Dear Ann,\nthank you.\n", ["text"]),
        ("page.html", b"<p>one, two</p>\n<p>three, four</p>\n", ["xml"]),
    ],
)
def test_a_format_is_told_by_its_bytes(name, data, expected):
    assert formats(data, name) == expected


def test_a_row_of_names_is_no_header():
    assert columns(b"Smith,John\nLee,Ann\n", "people.csv") == {"column 1": ("Smith", "Lee"), "column 2": ("John", "Ann")}


def test_a_row_above_measures_is_a_header():
    assert columns(b"Station,Level\nYork,1.2\nEly,3.4\n", "a.csv") == {"Station": ("York", "Ely"), "Level": ("1.2", "3.4")}


def test_the_last_row_of_a_csv_that_is_cut_off_is_dropped():
    assert columns(b"nhs_number,full_name\n" + b"9990000018,Ann Lee\n" * 9000, "a.csv", Bounds(head=100))["nhs_number"][-1] == "9990000018"


def test_keys_that_come_once_are_values_and_no_columns():
    people = {f"{number} Some Street": {"age": number, "born": "1990-01-01"} for number in range(30)}
    found = columns(json.dumps(people).encode(), "a.json")
    assert set(found) == {"age", "born"}
    looked_up = {f"person-{number}": f"value {number}" for number in range(30)}
    assert set(columns(json.dumps(looked_up).encode(), "a.json")) == {None}


def test_the_type_keys_of_an_export_are_not_its_columns():
    lines = b'{"Item": {"nhs_number": {"S": "9990000018"}}}\n' * 2
    assert columns(lines, "export.json") == {"nhs_number": ("9990000018", "9990000018")}


def test_without_the_extra_an_object_that_needs_it_is_told_with_what_it_needs(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    (one,) = readings(zstandard.compress(CSV), "a.csv.zst")
    assert one == Unread("zstd", Reason.NEEDS_EXTRA)
    assert "tierwise[content]" in one.reason


def test_objects_that_are_broken_anywhere_are_no_error():
    random = Random(5)
    whole = [(one.name, one.read_bytes()) for one in sorted(SAMPLES.iterdir()) if one.suffix != ".py"]
    for name, data in [*whole, ("a.zip", archive({"a.csv": CSV * 50})), ("a.csv", CSV), ("a.json", b'[{"a": {"b": [1, "x"]}}]')]:
        for _ in range(40):
            broken = bytearray(data)
            for _ in range(random.choice((1, 3, 20))):
                broken[random.randrange(len(broken))] = random.randrange(256)
            for one in readings(bytes(broken[: random.choice((len(broken), random.randrange(1, len(broken) + 1)))]), name):
                assert one.format


def test_a_window_reads_each_block_once_and_no_more_than_it_may():
    blob = Ranged(bytes(50_000), bytes(150_000))
    window = Window(blob, 100_000)
    window.seek(10)
    assert window.read(5) == bytes(5)
    window.seek(0)
    assert len(window.read(40_000)) == 40_000
    assert len(blob.asked) == 2
    window.seek(0)
    with pytest.raises(Exception, match="larger than the bounds"):
        window.read(150_000)


def test_zip_members_are_taken_from_all_over_the_archive():
    made = archive({f"{number:03d}.csv": CSV for number in range(100)})
    assert len(readings(made, "a.zip")) == BOUNDS.members
    assert spread(range(100), 3) == [0, 49, 99]
    assert ZipFile(io.BytesIO(made)).testzip() is None


def test_values_are_cut_to_the_bounds():
    made = io.StringIO()
    csv.writer(made).writerows([["a_b", "c_d"], ["x" * 5000, "y"]])
    assert len(columns(made.getvalue().encode(), "a.csv")["a_b"][0]) == BOUNDS.cell
