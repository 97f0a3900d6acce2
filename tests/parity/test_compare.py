from __future__ import annotations

import re

import pytest

from tests.parity.compare import Comparison, Difference, compare_facts, pairs
from tests.parity.page import PAGE, explanations, page
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

OPEN = Unknown(UnknownReason.KNOWN_AFTER_APPLY)


def bucket(name, address=None, facts=None, kind=Kind.OBJECT_STORE):
    return Resource(name, kind, "aws_s3_bucket", "aws", "1", "eu-west-2", name, address=address, facts=facts or {})


@pytest.mark.parametrize(
    ("plan", "live", "told"),
    [
        (Known(True), Known(True), "equal"),
        (Known(True), Known(False), "differs"),
        (NotApplicable("x"), NotApplicable("y"), "equal"),
        (NotApplicable("x"), Known(False), "differs"),
        (OPEN, Known(True), "only live is known"),
        (OPEN, NotApplicable("x"), "only live is known"),
        (Known(True), OPEN, "only the plan knows"),
        (OPEN, OPEN, "neither knows"),
    ],
)
def test_a_fact_differs_only_where_both_sides_know_it(plan, live, told):
    found = Comparison()
    compare_facts([(bucket("a", "aws_s3_bucket.a", {"x": plan, "mine": plan}), bucket("b", None, {"x": live}))], found)
    assert dict(found.facts) == {told: 1}
    assert bool(found.differences) is (told == "differs")


def test_a_resource_is_found_by_its_arn_before_its_name_and_among_its_kind():
    state = {"aws_s3_bucket.a": {"arn": "arn:a", "name": "shared"}, "aws_s3_bucket.b": {"name": "shared"}, "aws_s3_bucket.c": {"id": "c"}}
    live = [bucket("arn:a"), bucket("shared"), bucket("c", kind=Kind.QUEUE)]
    planned = [bucket(address, address) for address in state]
    assert [(one.id, other and other.id) for one, other in pairs(planned, live, state)] == [
        ("aws_s3_bucket.a", "arn:a"),
        ("aws_s3_bucket.b", "shared"),
        ("aws_s3_bucket.c", None),
    ]


def test_what_has_no_counterpart_is_told():
    found = Comparison()
    compare_facts([(bucket("a", "aws_s3_bucket.a"), None)], found)
    assert found.unmatched == ["a"]


def test_a_difference_that_nobody_has_explained_stands_out_on_the_page():
    found = Comparison()
    found.differ(Difference("aws_s3_bucket", "x", "true", "false"), "aws_s3_bucket.a")
    assert "**not explained**" in page(found, 1)


def test_the_page_has_every_explanation_and_nothing_unexplained():
    rows = re.findall(r"^\| `(\w+)` \| `([\w.-]+)` \| (.+?) \| (.+?) \| .+ \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {Difference(kind, what, plan, live): why for kind, what, plan, live, why in rows} == explanations()
