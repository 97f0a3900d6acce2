from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.catalogue.yamlfile import MAX_BYTES, MAX_DEPTH, Items, Leaf, Table, load, plain
from tierwise.errors import CatalogueError


def problems(text: str) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load(text, "a.yaml")
    return caught.value.problems


def test_every_node_knows_its_line_and_column():
    node = load("a: 1\nb:\n  - x\n  - {c: true}\n", "a.yaml")
    assert isinstance(node, Table)
    entry = node.entries["b"]
    assert (entry.line, entry.column) == (2, 1)
    assert isinstance(entry.node, Items)
    inner = entry.node.items[1]
    assert (inner.line, inner.column) == (4, 5)
    assert isinstance(inner, Table)
    assert (inner.entries["c"].line, inner.entries["c"].column) == (4, 6)
    assert plain(node) == {"a": 1, "b": ["x", {"c": True}]}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True),
        ("false", False),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("TRUE", "TRUE"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-02-01", "2026-02-01"),
        (".inf", ".inf"),
        ("1e3", "1e3"),
        ("-7", -7),
        ("0", 0),
        ("0.7", 0.7),
        ("~", None),
        ("null", None),
        ('"true"', "true"),
        ("'12'", "12"),
        ("=", "="),
    ],
)
def test_only_true_and_false_are_booleans_and_no_text_turns_into_something_else(written: str, read: object):
    value = plain(load(f"a: {written}\n"))
    assert value == {"a": read}
    assert isinstance(value, dict)
    assert type(value["a"]) is type(read)


def test_a_number_keeps_its_text_so_that_a_version_stays_exact():
    node = load("a: 1.0\n")
    assert isinstance(node, Table)
    leaf = node.entries["a"].node
    assert isinstance(leaf, Leaf)
    assert leaf.raw == "1.0"


def test_a_key_that_stands_twice_is_told_with_the_line_of_the_first():
    assert problems("a: 1\nb: 2\na: 3\n") == ["a.yaml:3:1: key 'a' is already set at line 1; keep one"]


def test_keys_that_yaml_would_turn_into_numbers_or_booleans_stay_text():
    assert plain(load("1: x\nno: y\n")) == {"1": "x", "no": "y"}


def test_anchor_alias_merge_key_and_tag_are_all_told_at_once():
    assert problems("a: &x {c: 1}\nb: *x\nd:\n  <<: {e: 1}\nf: !!python/object:os.system {}\n") == [
        "a.yaml:1:4: anchor &x is not allowed; write the value out",
        "a.yaml:2:4: alias *x is not allowed; write the value out",
        "a.yaml:4:3: merge key << is not allowed; write the keys out",
        "a.yaml:5:4: tag tag:yaml.org,2002:python/object:os.system is not allowed; write a plain value",
    ]


def test_a_list_as_a_key_is_told():
    assert problems("? [a]\n: 1\n") == ["a.yaml:1:3: a key must be plain text"]


def test_a_second_document_is_told():
    assert problems("a: 1\n---\nb: 2\n") == ["a.yaml:2:1: a second document begins here; one file holds one document"]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_an_empty_file_is_not_silently_nothing(text: str):
    if text == "---\n":
        assert plain(load(text)) is None
    else:
        assert problems(text) == ["a.yaml:1:1: the file is empty"]


def test_broken_yaml_is_told_with_its_place():
    (problem,) = problems("a: [1, 2\nb: 3\n")
    assert problem.startswith("a.yaml:2:")
    assert "not readable as YAML" in problem


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_a_file_nested_without_end_gives_a_clear_error(opening: str):
    (problem,) = problems(opening * 20_000)
    assert problem.endswith(f"nested deeper than {MAX_DEPTH} levels")


def test_a_number_of_many_digits_is_refused_before_it_is_made():
    assert problems(f"a: {'9' * 5000}\n") == ["a.yaml:1:4: a number of more than 18 digits; quote it if it is text"]


def test_a_file_over_the_size_bound_is_refused(tmp_path: Path):
    path = tmp_path / "big.yaml"
    path.write_text("a: " + "x" * MAX_BYTES, encoding="utf-8")
    with pytest.raises(CatalogueError, match="larger than 1048576 bytes"):
        load(path)


def test_bytes_that_are_not_utf_8_are_told(tmp_path: Path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: caf\xe9\n")
    with pytest.raises(CatalogueError, match="byte 6 is not UTF-8"):
        load(path)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path):
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert plain(load(path)) == {"a": 1}


def test_a_missing_file_says_why(tmp_path: Path):
    with pytest.raises(CatalogueError, match=r"none\.yaml:1:1: cannot be read: No such file"):
        load(tmp_path / "none.yaml")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_catalogue_error(text: str):
    with contextlib.suppress(CatalogueError):
        assert load(text).line >= 1
