import csv
import io
import json
import re
import unicodedata
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from tests.reports import ocsfcheck, sarifcheck
from tests.reports.hostile import HOSTILE, hostile_result
from tests.reports.sample import text_of
from tierwise.reports.base import View, reports
from tierwise.reports.markdown import MARKER
from tierwise.reports.text import safe_text

FORMATS = sorted(reports())
OWN = ("::error title=", "::warning title=", "::notice title=")
FORMULA = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
LIVE = {"html_inline", "html_block", "link_open", "image", "table_open", "fence", "code_block"}


def rendered(name: str, text: str, audience: str = "team") -> bytes:
    made = reports()[name].render(hostile_result(text), View(audience=audience))
    return text_of(made).encode()


def test_the_table_has_forty_different_strings():
    assert len(HOSTILE) == len(set(HOSTILE)) == 40


@pytest.mark.parametrize("audience", ["team", "public"])
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_writes_a_raw_control_character(name, audience):
    for text in HOSTILE:
        made = rendered(name, text, audience).decode()
        assert [char for char in made if unicodedata.category(char) == "Cc" and char not in "\r\n"] == [], (text, name)


def obeyed(line: str) -> bool:
    """Whether a pipeline's runner would take a line of the log for a command: GitHub's ActionCommand (V2 and V1), Azure's Command."""
    return line.lstrip().startswith("::") or "##[" in line or "##vso[" in line


@pytest.mark.parametrize("name", FORMATS)
def test_no_line_of_a_format_is_a_command_of_the_source_to_a_pipeline(name):
    for text in HOSTILE:
        lines = rendered(name, text).decode().split("\n")
        assert [line for line in lines if obeyed(line) and not (name == "github" and line.startswith(OWN))] == [], text


@pytest.mark.parametrize("width", range(60, 70))
def test_no_line_of_the_console_becomes_a_command_where_it_is_wrapped(width):
    made = str(reports()["console"].render(hostile_result("word ::error::gone " * 20), View(width=width)))
    assert "::error::" in made
    assert [line for line in made.split("\n") if obeyed(line)] == []


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in {"json", "jsonl", "ocsf"}])
def test_no_format_for_people_writes_bidirectional_or_zero_width_characters_of_the_source(name):
    for text in ("\u202egpj.exe", "\u2066x", "a\u00adc\ufeffd"):
        assert not set(rendered(name, text).decode()) & set("\u202e\u2066\u00ad\ufeff")


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab"])
def test_json_parses(name):
    for text in HOSTILE:
        assert json.loads(rendered(name, text))


def test_sarif_stays_within_the_standard():
    for text in HOSTILE:
        assert sarifcheck.problems(rendered("sarif", text)) == [], text


def test_sarif_messages_hold_no_link():
    for text in HOSTILE:
        run = json.loads(rendered("sarif", text))["runs"][0]
        assert not [one for one in run["results"] if re.search(r"\[[^\]]*\]\(", one["message"]["text"])]
        for rule in run["tool"]["driver"]["rules"]:
            assert_dead(rule["help"]["markdown"])


def test_each_line_of_jsonl_parses_and_keeps_the_text():
    for text in HOSTILE:
        lines = [json.loads(line) for line in rendered("jsonl", text).split(b"\n")[:-1]]
        assert lines[0]["schema"] == "tierwise/scan/1"
        if text.isprintable():
            assert lines[1]["resource"]["name"] == text


def test_ocsf_stays_within_the_official_schema():
    for text in HOSTILE:
        assert ocsfcheck.problems(rendered("ocsf", text)) == [], text


def test_gitlab_has_what_it_requires_of_each_entry():
    for text in HOSTILE:
        entries = json.loads(rendered("gitlab", text))
        assert len({one["fingerprint"] for one in entries}) == len(entries) == 4
        for one in entries:
            assert one["severity"] in {"info", "minor", "major", "critical", "blocker"}
            assert one["location"]["lines"]["begin"] >= 1
            assert not {"", ".", ".."} & set(one["location"]["path"].split("/"))
            assert one["check_name"].strip()
            assert one["description"].strip()


def test_xml_parses_and_no_text_becomes_an_element():
    for text in HOSTILE:
        root = ET.fromstring(rendered("junit", text))
        assert {element.tag for element in root.iter()} == {"testsuites", "testsuite", "testcase", "failure", "error", "skipped"}
        assert len(list(root.iter("testcase"))) == 5


def test_csv_reads_back_with_no_cell_that_is_a_formula():
    for text in HOSTILE:
        rows = list(csv.reader(io.StringIO(rendered("csv", text).decode(), newline=""), strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert len(rows) == 6
        assert [cell for row in rows for cell in row if cell[:1] and cell[0] in FORMULA] == []
        names = {row[rows[0].index("name")] for row in rows[1:]}
        assert names == {("'" if text[0] in FORMULA else "") + safe_text(text)}


def assert_dead(text: str) -> None:
    """Nothing in a Markdown page is live: no HTML, link, image, table; no mention, address or autolink outside code."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    assert [token.type for token in flat if token.type in LIVE] == []
    words = "".join(token.content for token in flat if token.type == "text")
    assert not re.search(r"@[\w-]|://|www\.|\w#\d|(?<!\w)#\d", words), words


@pytest.mark.parametrize("audience", ["team", "public"])
def test_markdown_has_no_live_link_html_image_table_or_mention(audience):
    for text in HOSTILE:
        made = rendered("markdown", text, audience).decode()
        assert made.startswith(f"{MARKER}\n")
        assert_dead(made.removeprefix(f"{MARKER}\n"))
        *headings, second = [line for line in made.splitlines() if line.startswith("#")]
        assert second.startswith("### Second opinion: ")
        assert headings == [
            "## tierwise: gate failed",
            "### Blocks (1)",
            "### Weakens, raises, lowers, takes away (3)",
            "### Advises (1)",
            "### Accepted risks (1)",
            "### Could not be seen (2)",
            "### Open until it is applied (1)",
        ]


def test_each_workflow_command_is_one_line_and_one_command():
    for text in HOSTILE:
        lines = rendered("github", text).decode().split("\n")[:-1]
        assert len(lines) == 5
        for line in lines:
            kind = re.fullmatch(r"::(error|warning|notice) title=[^:,\r\n]*::[^\r\n]*", line)
            assert kind, line
            assert not re.search(r"%(?!25|0D|0A|3A|2C)", line), line
