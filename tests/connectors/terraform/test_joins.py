"""Parts of which a plan does not tell to which parent they belong leave open those to which they may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.connectors.terraform.plans import PlanBuilder
from tierwise.model.fact import Unknown

UNKNOWN = {"bucket": True}
OPEN = {"references": ["local.name"]}


def plan_with(buckets: Mapping[str, str], *parts: str) -> PlanBuilder:
    """Buckets by name with their modules, and versionings in these modules of which nobody can tell whose they are."""
    plan = PlanBuilder()
    for name, module in buckets.items():
        plan.add("aws_s3_bucket", name, {}, unknown={"id": True, "bucket": True}, module=module)
    for number, module in enumerate(parts):
        after: dict[str, Any] = {"versioning_configuration": [{"status": "Enabled"}]}
        plan.add("aws_s3_bucket_versioning", f"v{number}", after, unknown=UNKNOWN, expressions={"bucket": OPEN}, module=module)
    return plan


def left_open(plan: PlanBuilder) -> dict[str, str]:
    """Which part leaves the versioning of each bucket open."""
    found = {key: one.facts["recovery.versioning"] for key, one in plan.judged().items() if one.type == "aws_s3_bucket"}
    return {
        key.rpartition(".")[2]: fact.detail.partition(": ")[0].rpartition(".")[2]
        for key, fact in found.items()
        if isinstance(fact, Unknown)
    }


@pytest.mark.parametrize(
    ("parts", "opened"),
    [
        (("",), {"top": "v0", "one": "v0", "two": "v0"}),
        (("a",), {"one": "v0", "two": "v0"}),
        (("a.b",), {"two": "v0"}),
        # There is no bucket in it, but around it.
        (("a.b.c",), {"two": "v0"}),
        # There is none in nor around it but the root, which all are in.
        (("d",), {"top": "v0", "one": "v0", "two": "v0"}),
        # Each parent is told of the last part that may belong to it.
        (("a", "a.b"), {"one": "v0", "two": "v1"}),
        (("a.b", "a"), {"one": "v1", "two": "v1"}),
    ],
)
def test_a_loose_part_leaves_open_the_parents_in_its_module_and_below_else_in_one_around_it(parts, opened):
    assert left_open(plan_with({"top": "", "one": "a", "two": "a.b"}, *parts)) == opened


def test_where_no_module_around_a_loose_part_has_a_parent_all_are_left_open():
    assert left_open(plan_with({"one": "a", "two": "a.b"}, "d", "d")) == {"one": "v1", "two": "v1"}


def test_a_loose_part_that_names_two_parents_and_one_that_names_none_are_told_in_their_order():
    either = {"references": ["var.which", "aws_s3_bucket.one.id", "aws_s3_bucket.one", "aws_s3_bucket.two.id", "aws_s3_bucket.two"]}
    for named_last in (True, False):
        plan = plan_with({"one": "", "two": "", "three": ""}, *([""] if named_last else []))
        plan.add("aws_s3_bucket_versioning", "named", {}, unknown=UNKNOWN, expressions={"bucket": either})
        if not named_last:
            plan.add("aws_s3_bucket_versioning", "v0", {}, unknown=UNKNOWN, expressions={"bucket": OPEN})
        told = "named" if named_last else "v0"
        assert left_open(plan) == {"one": told, "two": told, "three": "v0"}
