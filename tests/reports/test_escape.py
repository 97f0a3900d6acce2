import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tierwise.model.finding import Actual
from tierwise.reports.escape import cell, code, command_data, command_property, json_bytes, json_lines, message, prose
from tierwise.reports.text import safe_text


def inline(text: str) -> list[tuple[str, str]]:
    """The pieces that a reader of CommonMark sees in a list item."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(f"- {text}\n")
    return [(piece.type, piece.content) for token in tokens if token.type == "inline" for piece in token.children or ()]


@given(st.text(alphabet="`ab \\\n<|", min_size=1, max_size=30).filter(lambda text: text.strip(" ")))
def test_a_code_span_shows_its_text_and_nothing_else(text):
    assert inline(code(text)) == [("code_inline", safe_text(text))]


@given(st.text(alphabet="`ab*_~[]()!<>&|\\#+-=1.)@:/$ \n", min_size=1, max_size=40))
def test_prose_is_one_piece_of_text_that_reads_the_same(text):
    wanted = safe_text(" ".join(text.split()))
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(f"- {prose(text)}\n")
    assert {token.type for token in tokens} <= {"bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close", "bullet_list_close"}  # fmt: skip
    assert "".join(content for _kind, content in inline(prose(text))).replace("\u200b", "") == wanted


@pytest.mark.parametrize("text", ["@team", "a@b.example", "https://x.example", "www.x.example", "see #12", "mailto:a"])
def test_prose_breaks_mentions_addresses_and_references(text):
    assert text not in prose(text)
    assert text not in "".join(content for _kind, content in inline(prose(text)))


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"])
def test_a_cell_that_would_be_a_formula_begins_with_an_apostrophe(text):
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "a=1", "arn:aws:s3:::x", "'=1"])
def test_other_cells_are_as_they_were(text):
    assert cell(text) == text


def test_workflow_commands_are_escaped_as_the_runner_undoes_it():
    assert command_data("50%, a:b") == "50%25, a:b"
    assert command_property("50%, a:b") == "50%25%2C a%3Ab"


def test_a_sarif_message_has_no_link():
    assert message("[click](https://x)") == "[click] (https://x)"


@given(st.text())
def test_json_keeps_every_text_and_hides_nothing(text):
    made = json_bytes({"x": text}).decode()
    assert json.loads(made) == {"x": text}
    assert not set(made) & set("\x1b\x7f\x9b\u202e\u2028\u200b\ufeff\u00ad\u2066")


def test_half_a_surrogate_pair_is_written_out():
    assert json.loads(json_bytes(["\ud800"])) == ["\\ud800"]


def test_lines_of_json_are_escaped_like_one_document_structs_in_them_too():
    things = [Actual("fact", "\u202e##[error]\n\x7f", "\ud800"), {"plain": ["text"]}]
    lines = json_lines(things).decode().splitlines()
    assert lines == [json_bytes(one).decode() for one in things]
    assert json.loads(lines[0]) == {"fact": "fact", "value": "\u202e##[error]\n\x7f", "via": "\\ud800"}
    assert "##[" not in lines[0]
