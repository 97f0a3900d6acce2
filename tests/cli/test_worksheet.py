"""From a scan to a worksheet, from its answers to a register, and links to a spreadsheet that there is already."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run
from tests.cli.test_classify import CARRIED, bucket, write
from tests.content.hostile import workbook
from tests.reports.test_ods import read_back
from tierwise.catalogue.register import load_register
from tierwise.classify.worksheet import COLUMNS, QUESTIONS, SELECT
from tierwise.cli.match import LINKS
from tierwise.cli.worksheet import SHEETS
from tierwise.reports import linked, questions
from tierwise.reports.ods import Column, Table, ods

TITLES = {one.key: one.title for one in QUESTIONS}
NO = {one.key: "no" for one in QUESTIONS if one.tells_tier}
Fill = Callable[..., Path]


@pytest.fixture
def estate(home: Path) -> Path:
    return write(home / "estate.jsonl", bucket("case-files-a"), bucket("case-files-b"), bucket("plain"))


@pytest.fixture
def fill(home: Path) -> Fill:
    """A worksheet with answers: by number of row (from 2) the answers by key."""

    def made(given: dict[int, dict[str, str]], name: str = "answers.csv", drop: str = "") -> Path:
        rows = list(csv.DictReader(io.StringIO((home / "sheet.csv").read_text("utf-8"), newline="")))
        for number, answers in given.items():
            rows[number - 2] |= {TITLES.get(key, key): text for key, text in answers.items()}
        columns = [one for one in COLUMNS if one != drop]
        path = home / name
        if name.endswith(".ods"):
            path.write_bytes(ods([Table("t", [Column(one) for one in columns], [[row[one] for one in columns] for row in rows])]))
            return path
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return made


def test_the_formats_that_help_names_are_those_that_exist() -> None:
    assert set(SHEETS) == set(questions.FORMATS)
    assert set(LINKS) == set(linked.FORMATS)


def test_the_worksheet_is_an_opendocument_sheet_unless_asked_otherwise(tierwise: Run, home: Path, estate: Path) -> None:
    ran = tierwise("classify", "worksheet", "--inventory", estate)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "2 rows; have worksheet.ods filled in, then 'tierwise classify import worksheet.ods'\n"
    sheets = read_back((home / "worksheet.ods").read_bytes())
    assert sheets["Questions"][0] == list(COLUMNS)
    assert [row[0] for row in sheets["Questions"][1:]] == ["case-files", "plain"]
    assert len(sheets["How to answer"]) > 3
    text = tierwise("classify", "worksheet", "--inventory", estate, "--format", "csv").out
    assert [[str(cell) for cell in row] for row in sheets["Questions"]] == list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", ["answers.csv", "answers.ods"])
def test_answers_are_printed_for_review_written_when_asked_and_settle_the_stores(
    tierwise: Run, home: Path, estate: Path, fill: Fill, name: str
) -> None:
    tierwise("classify", "worksheet", "--inventory", estate, "--format", "csv=sheet.csv")
    path = fill({2: NO | {"people": "yes", "health": "yes", "number": "12k", "kept": "7 years", "owner": "A. Owner"}}, name)
    ran = tierwise("classify", "import", path)
    assert yaml.safe_load(ran.out)["entries"] == [
        {
            "select": {"name": "case-files-*"}, "dataset": "case-files", "categories": ["C1", "C3"], "subjects": 12000,
            "personal_data": "yes", "asset_owner": "A. Owner", "retention": "P7Y",
        }
    ]  # fmt: skip
    assert ran.err == "1 line for register.yaml, 0 already there, 0 left open, 1 not filled in: nothing written; --write adds them\n"
    assert not (home / "register.yaml").exists()
    written = tierwise("classify", "import", path, "--write")
    assert written.out == ran.out
    assert written.err.endswith("written; have it reviewed and merged, and name it: register = 'register.yaml' in tierwise.toml\n")
    assert load_register(home / "register.yaml").entries[0].subjects == 12_000
    again = tierwise("classify", "import", path, "--write")
    assert (again.code, again.out) == (0, "")
    assert "1 already there" in again.err
    listed = json.loads(tierwise("classify", "inventory", estate, "--register", "register.yaml", "--format", "json").out)
    assert {one["name"]: (one["tier"], one["confirmed"]) for one in listed["stores"]} == {
        "case-files-a": ("T3", True),
        "case-files-b": ("T3", True),
        "plain": ("T2", False),
    }
    text = tierwise("classify", "worksheet", "--inventory", estate, "--register", "register.yaml", "--format", "csv").out
    assert [row["Service"] for row in csv.DictReader(io.StringIO(text, newline=""))] == ["plain"]


def test_lines_are_added_above_those_that_are_there_which_stay_as_they_are(tierwise: Run, home: Path, estate: Path, fill: Fill) -> None:
    before = "# ours\nentries:\n  - {select: {name: old-*}, tier: T1} # kept\n"
    (home / "register.yaml").write_text(before, "utf-8")
    tierwise("classify", "worksheet", "--inventory", estate, "--format", "csv=sheet.csv")
    tierwise("classify", "import", fill({2: {"people": "no"}, 3: {"people": "no and published"}}), "--write")
    text = (home / "register.yaml").read_text("utf-8")
    assert text.endswith("  - {select: {name: old-*}, tier: T1} # kept\n")
    assert [one["select"] for one in yaml.safe_load(text)["entries"]] == [
        {"name": "case-files-*"},
        {"id": "arn:aws:s3:::plain"},
        {"name": "old-*"},
    ]


def test_every_mistake_is_told_with_its_cell_and_nothing_is_written(tierwise: Run, home: Path, estate: Path, fill: Fill) -> None:
    tierwise("classify", "worksheet", "--inventory", estate, "--format", "csv=sheet.csv")
    wrong = {2: NO | {"people": "yess", "number": "lots", SELECT: "x: ["}, 3: {"people": "no", "danger": "yes", SELECT: ""}}
    ran = tierwise("classify", "import", fill(wrong), "--write")
    assert (ran.code, ran.out) == (2, "")
    told = ran.err.splitlines()
    assert [line.split(": ")[1].split(" ")[0] for line in told[:-1]] == ["F2", "N2", "Q2", "M3", "Q3"]
    assert "did you mean 'yes'?" in told[0]
    assert told[-1].startswith("error: 5 mistakes in ")
    assert not (home / "register.yaml").exists()


def test_rows_about_the_same_and_a_register_that_says_otherwise_are_mistakes(tierwise: Run, home: Path, estate: Path, fill: Fill) -> None:
    tierwise("classify", "worksheet", "--inventory", estate, "--format", "csv=sheet.csv")
    twice = fill({2: {"people": "no"}, 3: {"people": "no", SELECT: '{name: "case-files-*"}'}})
    assert "the same as in row 2; keep one of the two rows" in tierwise("classify", "import", twice).err
    (home / "register.yaml").write_text("entries:\n  - {select: {name: case-files-*}, owner: someone}\n", "utf-8")
    assert "register.yaml:2 has a line of that selector" in tierwise("classify", "import", fill({2: {"people": "no"}})).err


def test_what_nobody_knows_stays_open_and_the_rest_is_imported(tierwise: Run, estate: Path, fill: Fill, home: Path) -> None:
    tierwise("classify", "worksheet", "--inventory", estate, "--format", "csv=sheet.csv")
    ran = tierwise("classify", "import", fill({2: NO | {"people": "yes", "danger": "don't know"}, 3: {"people": "no"}}))
    assert ran.code == 0
    assert "row 2 (case-files): nobody knows: Could somebody be in danger if it leaked?" in ran.err
    assert [one["dataset"] for one in yaml.safe_load(ran.out)["entries"]] == ["plain"]


def test_an_answer_that_no_text_has_is_a_mistake(tierwise: Run, estate: Path, fill: Fill) -> None:
    tierwise("classify", "worksheet", "--inventory", estate, "--format", "csv=sheet.csv")
    ran = tierwise("classify", "import", fill({2: {"people": "no", "owner": "A\x9bB", "Service": "x\x1b[2J"}}))
    assert ran.code == 2
    assert [line.split(": ")[1].split(" ")[0] for line in ran.err.splitlines()[:-1]] == ["P2", "A2"]
    assert "\x1b" not in ran.err


def test_another_sheet_and_another_register_are_refused(tierwise: Run, home: Path, estate: Path, fill: Fill) -> None:
    tierwise("classify", "worksheet", "--inventory", estate, "--format", "csv=sheet.csv")
    assert f"row 1: no column {SELECT!r}" in tierwise("classify", "import", fill({}, drop=SELECT)).err
    assert f"row 1: no column {TITLES['people']!r}" in tierwise("classify", "import", fill({}, drop=TITLES["people"])).err
    path = fill({2: {"people": "no"}})
    tierwise("classify", "import", path, "--register", "r.csv").complains(2, "lines are written into YAML")
    (home / "tiers.yaml").write_text("tiers_only: true\nentries: []\n", "utf-8")
    tierwise("classify", "import", path, "--register", "tiers.yaml").complains(2, "tiers.yaml")
    tierwise("classify", "import", "nowhere.ods").complains(2, "cannot be read")
    (home / "book.xlsx").write_bytes(workbook("<w/>"))
    tierwise("classify", "import", "book.xlsx").complains(2, "the sheet is empty")
    for command in (("classify", "worksheet"), ("register", "match", path)):
        tierwise(*command, "--inventory", estate, "--audience", "public").complains(2, "--audience team")
    tierwise("classify", "import", path, "--audience", "public").complains(2, "--audience team")


def test_a_worksheet_that_is_there_is_not_written_over(tierwise: Run, home: Path, estate: Path) -> None:
    tierwise("classify", "worksheet", "--inventory", estate)
    before = (home / "worksheet.ods").read_bytes()
    tierwise("classify", "worksheet", "--inventory", estate).complains(
        2, "worksheet.ods is there, and may hold answers", "--format ods=FILE"
    )
    assert (home / "worksheet.ods").read_bytes() == before


def test_nothing_to_ask_is_said(tierwise: Run, home: Path) -> None:
    path = write(home / "told.jsonl", bucket("x", tags={"data-classification": "internal"}))
    tierwise("classify", "worksheet", "--inventory", path).complains(2, "there is nothing to ask")


def test_hostile_names_and_answers_come_back_as_they_went_out_or_are_left_out(tierwise: Run, home: Path, fill: Fill) -> None:
    path = write(home / "hostile.jsonl", *(bucket(text, id=text) for text in CARRIED))
    ran = tierwise("classify", "worksheet", "--inventory", path, "--format", "csv=sheet.csv")
    rows = list(csv.DictReader(io.StringIO((home / "sheet.csv").read_text("utf-8"), newline="")))
    assert "left out, which no file can select" in ran.err
    assert len(rows) >= 20
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
    said = [text for text in CARRIED if " ".join(text.split()).isprintable()]
    answers = {number: {"people": "no", "owner": said[number % len(said)]} for number in range(2, len(rows) + 2)}
    ran = tierwise("classify", "import", fill(answers), "--write")
    assert ran.code == 0, ran.err
    written = [entry.selector for entry in load_register(home / "register.yaml").entries]
    assert len(written) == len(rows)
    assert {one.id for one in written if one.id} <= set(CARRIED)
    assert "\x1b" not in ran.out + ran.err


ASSETS = "Asset ID;Asset name;Owner\nIAR-1;Case files;a\nIAR-2;Rockets;b\nIAR-2;Rockets;b\n"


def test_links_are_proposed_in_each_form_and_nothing_is_written(tierwise: Run, home: Path, estate: Path) -> None:
    (home / "assets.csv").write_text(ASSETS, "utf-8")
    names = set(home.iterdir())
    match = ("register", "match", "assets.csv", "--inventory", estate)
    ran = tierwise(*match)
    assert ran.out.splitlines()[0].startswith("1 row of 3 may speak of stores; 1 store that no row is near. These are proposals")
    assert "row 2: Case files (IAR-1)" in ran.out
    assert "2 rows are called 'Rockets'" in ran.out
    made = json.loads(tierwise(*match, "--format", "json").out)
    assert [len(row["links"]) for row in made["rows"]] == [2, 0, 0]
    assert len(list(csv.DictReader(io.StringIO(tierwise(*match, "--format", "csv").out, newline="")))) == 2
    assert set(home.iterdir()) == names
    tierwise(*match, "--format", "yaml=links.yaml", "--least", "0.4")
    assert {(one.dataset, one.references["iar-id"]) for one in load_register(home / "links.yaml").entries} == {("Case files", "IAR-1")}
    tierwise(*match, "--format", "yaml=none.yaml", "--least", "1")
    assert load_register(home / "none.yaml").entries == ()


def test_a_sheet_that_cannot_be_matched_is_refused(tierwise: Run, home: Path, estate: Path) -> None:
    (home / "head.csv").write_text("Asset name,Owner\n", "utf-8")
    tierwise("register", "match", "head.csv", "--inventory", estate).complains(2, "no rows below the header")
    (home / "latin.csv").write_bytes(b"Name\n\xe9t\xe9\n")
    tierwise("register", "match", "latin.csv", "--inventory", estate).complains(2, "line 2: byte 5 is not UTF-8")


def test_hostile_spreadsheets_are_shown_harmlessly(tierwise: Run, home: Path, estate: Path) -> None:
    with (home / "hostile.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("Asset ID", "Asset name"), *((text.replace("\0", ""), f"case files {text}".replace("\0", "")) for text in CARRIED)]
        )
    match = ("register", "match", "hostile.csv", "--inventory", estate)
    ran = tierwise(*match, "--format", "console", "--format", "csv=o.csv", "--format", "json=o.json", "--format", "yaml=o.yaml")
    assert ran.code == 0, ran.err
    assert not [char for char in "\x1b\x07\r\u202e" if char in ran.out]
    assert not any(
        value.startswith(("=", "+", "-", "@")) for row in csv.reader((home / "o.csv").open(encoding="utf-8", newline="")) for value in row
    )
    load_register(home / "o.yaml")
