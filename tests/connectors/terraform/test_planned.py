from __future__ import annotations

import pytest

from tests.connectors.terraform.plans import known, why
from tierwise.connectors.terraform.planned import Node
from tierwise.model.fact import Known, UnknownReason

SECRET = "hunter2-canary"


def node(value, unknown=None, sensitive=None, **more):
    return Node("t.n", value, unknown, sensitive, **more)


def test_known_unknown_absent_and_null_are_kept_apart():
    one = node({"a": False, "b": None}, {"c": True})
    assert one.get("a") == Known(False, one.at("a"))
    assert one.get("b") == Known(None, one.at("b"))
    assert one.get("never") == Known(None, one.at("never"))
    assert why(one.get("c")) is UnknownReason.KNOWN_AFTER_APPLY


def test_a_value_that_the_configuration_writes_as_it_stands_is_known_though_a_mask_of_a_hand_made_plan_says_otherwise():
    written = {"a": {"constant_value": True}, "b": {"constant_value": "y"}, "c": {"references": ["var.c"]}}
    one = node({"a": True, "b": "x", "c": True, "d": True}, {"a": True, "b": True, "c": True, "d": True}, _expression=written)
    assert one.flag("a") == Known(True, one.at("a"))
    assert [why(one.get(name)) for name in "bcd"] == [UnknownReason.KNOWN_AFTER_APPLY] * 3
    assert why(node({"a": True}, {"a": True}, {"a": True}, _expression=written).get("a")) is UnknownReason.REDACTED


def test_a_place_is_named_by_address_and_path():
    assert node({"a": [{"b": 1}]}).get("a", 0, "b") == Known(1, node({}).at("a", 0, "b"))
    assert node({}).at("a", 0, "b").via == "t.n#a.0.b"


def test_a_mask_over_a_whole_block_covers_what_lies_in_it():
    assert why(node({}, {"rule": True}).get("rule", 0, "status")) is UnknownReason.KNOWN_AFTER_APPLY
    assert why(node({}, True).get("anything")) is UnknownReason.KNOWN_AFTER_APPLY
    assert why(node({"rule": [{"x": 1}]}, None, {"rule": True}).get("rule", 0, "x")) is UnknownReason.REDACTED
    assert why(node({"x": 1}, None, True).get("x")) is UnknownReason.REDACTED


def test_false_in_a_mask_hides_nothing():
    one = node({"a": ["x"]}, {"a": [False]}, False)
    assert one.get("a") == Known(["x"], one.at("a"))


def test_a_container_with_a_hidden_part_is_not_given_out():
    one = node({"a": [{"b": SECRET, "c": 1}]}, None, {"a": [{"b": True}]})
    assert why(one.get("a")) is UnknownReason.REDACTED
    assert one.get("a", 0, "c") == Known(1, one.at("a", 0, "c"))
    assert SECRET not in repr(one)


def test_sensitive_values_are_redacted_by_every_reader():
    one = node({"a": SECRET, "l": [SECRET, "x"], "m": {"k": SECRET}}, None, {"a": True, "l": [True, False], "m": {"k": True}})
    assert why(one.text("a")) is UnknownReason.REDACTED
    texts = one.texts("l")
    assert isinstance(texts, Known)
    assert texts.value.known == ("x",)
    assert why(texts.value.open) is UnknownReason.REDACTED
    entries = one.entries("m")
    assert isinstance(entries, Known)
    assert [(key, why(value)) for key, value in entries.value] == [("k", UnknownReason.REDACTED)]
    assert SECRET not in repr((one.text("a"), texts, entries, one.blocks("m"), one.flag("a"), one.number("a")))


def test_an_entry_that_a_redacted_plan_leaves_out_is_there_all_the_same():
    entries = node({"tags": {"owner": "x"}}, None, {"tags": {"class": True, "owner": False}}).entries("tags")
    assert isinstance(entries, Known)
    assert [(key, one.value if isinstance(one, Known) else why(one)) for key, one in entries.value] == [
        ("class", UnknownReason.REDACTED),
        ("owner", "x"),
    ]


def test_numbers_and_switches_of_old_providers_are_texts():
    one = node({"n": "35", "t": "true", "f": "0", "e": "", "bad": "soon"})
    assert one.number("n") == Known(35, one.at("n"))
    assert one.flag("t") == Known(True, one.at("t"))
    assert one.flag("f") == Known(False, one.at("f"))
    assert one.number("e") == Known(None, one.at("e"))
    assert why(one.number("bad")) is UnknownReason.UNPARSABLE
    assert why(one.flag("bad")) is UnknownReason.UNPARSABLE


@pytest.mark.parametrize("value", [10**19, -(10**40), 1e300, 1.5, "9" * 19, "--5", "5-", "٣", "1e9", [1], {}])
def test_a_number_that_nothing_here_counts_is_none(value):
    assert why(node({"n": value}).number("n")) is UnknownReason.UNPARSABLE


def test_a_block_is_a_list_of_one_or_an_object():
    for value in ({"v": [{"x": 1}]}, {"v": {"x": 1}}):
        one = node(value)
        found = one.block("v")
        assert isinstance(found, Known)
        assert found.value is not None
        assert found.value.get("x") == Known(1, found.value.at("x"))
        inner = one.get("v", 0, "x")
        assert isinstance(inner, Known)
        assert inner.value == 1


def test_planned_values_leave_out_what_is_unknown():
    one = node({"a": 1}, _omits=UnknownReason.KNOWN_AFTER_APPLY)
    assert why(one.get("b")) is UnknownReason.KNOWN_AFTER_APPLY
    assert one.get("a") == Known(1, one.at("a"))


def test_parts_of_planned_blocks_are_left_out_too_and_an_empty_list_is_empty():
    one = node({"rule": [{"a": 1}], "none": [], "null": None}, _omits=UnknownReason.KNOWN_AFTER_APPLY)
    assert why(one.get("rule", 0, "b")) is UnknownReason.KNOWN_AFTER_APPLY
    assert known(one.get("none", 0, "b")) is None
    assert known(one.get("null", 0, "b")) is None
    assert why(one.get("never", 0, "b")) is UnknownReason.KNOWN_AFTER_APPLY


def test_an_address_with_a_hash_in_its_key_is_still_an_address():
    one = Node('t.n["a#b"]', {"x": [1]}, {"key": True}, _expression={"x": {}})
    assert one.at("x", 0).via == 't.n["a#b"]#x.0'
    assert one.is_computed("key")


def test_what_is_computed_is_told_from_what_a_dynamic_block_may_hide():
    one = node({"rule": [{}]}, {"key": True, "rule": [{"key": True}]}, _expression={"written": {}})
    assert one.is_computed("key")
    assert not one.is_computed("written")
    assert not one.is_computed("rule", 0, "key")
    assert not node({}, {"key": True}).is_computed("key")
