from __future__ import annotations

import pytest

from tests.connectors.terraform.plans import PlanBuilder, known, why
from tierwise.connectors.terraform.masks import mask_below, widened
from tierwise.model.fact import UnknownReason

DEEP = 900


def test_what_has_no_marks_keeps_its_mask():
    mask: dict[str, object] = {"tags": {}, "rule": [{}]}
    assert widened({"tags": {"a": "secret"}}, mask) is mask


def test_a_text_that_repeats_a_sensitive_one_is_marked_where_it_is():
    value = {
        "bucket": "nhs-records",
        "arn": "arn:aws:s3:::nhs-records",
        "rules": [{"x": "y"}, {"id": "nhs-records"}],
        "region": "eu-west-2",
    }
    assert widened(value, {"bucket": True}) == {"bucket": True, "arn": True, "rules": [False, {"id": True}]}


def test_values_that_are_one_text_which_repeats_a_sensitive_one_are_sensitive_as_a_whole():
    assert widened("nhs-records", {}, {"bucket": "nhs-records"}, {"bucket": True}) is True


def test_a_short_text_is_a_repetition_only_as_a_whole():
    assert widened({"a": "abc", "b": "abc", "c": "xabcx"}, {"a": True}) == {"a": True, "b": True}
    assert widened({"a": "no", "b": "no"}, {"a": True}) == {"a": True}


def test_tags_that_the_provider_computes_are_marked_with_those_that_are_written():
    value = {"tags": {"a": "no", "b": "x"}, "tags_all": {"a": "no", "b": "x"}, "labels": {"k": "v"}, "effective_labels": {"k": "v"}}
    found = widened(value, {"tags": {"a": True}, "labels": True})
    assert found == {"tags": {"a": True}, "tags_all": {"a": True}, "labels": True, "effective_labels": True}


def test_what_was_sensitive_before_a_change_stays_so_after_it():
    assert widened({"name": "hunter2"}, {}, {"name": "hunter2"}, {"name": True}) == {"name": True}


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        ({"a": True, "b": [True]}, {"a": True, "b": True}),
        ({"a": True, "b": {"c": False}}, {"a": True, "b": {"c": [True]}}),
        ({"a": True, "b": {"c": {"x": False}}}, {"a": True, "b": {"c": True}}),
        ({"a": True, "b": 7}, {"a": True, "b": True}),
    ],
)
def test_all_of_a_part_is_marked_whose_mask_does_not_fit(mask, found):
    assert widened({"a": "hunter2", "b": {"c": ["hunter2"]}}, mask) == found


def test_a_mask_of_a_list_over_an_object_hides_the_object():
    assert mask_below([False, {"x": True}], "name") is True
    assert mask_below([False, {"x": False}], "name") is None


def test_a_deep_value_is_gone_through_without_recursion():
    value: object = "hunter2"
    for _ in range(DEEP):
        value = [value]
    found = widened({"a": "hunter2", "b": value}, {"a": True})
    assert isinstance(found, dict)
    assert found["b"]


def test_a_sensitive_tag_is_unread_evidence_also_among_all_tags(tmp_path):
    plan = PlanBuilder()
    tags = {"owner": "hunter2hunter2", "data-classification": "special-category"}
    plan.add("aws_s3_bucket", "b", {"bucket": "data", "tags": tags, "tags_all": tags}, sensitive={"tags": {"owner": True}})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert known(bucket.tags) == {"data-classification": "special-category"}
    assert [why(one) for one in bucket.evidence.unread] == [UnknownReason.REDACTED]
