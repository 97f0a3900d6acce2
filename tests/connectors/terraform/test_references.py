from __future__ import annotations

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.resource import Rel

BUCKET, VERSIONING = "aws_s3_bucket", "aws_s3_bucket_versioning"
ON = {"versioning_configuration": [{"status": "Enabled"}]}
NEW = {"id": True, "arn": True}


@pytest.fixture
def plan():
    return PlanBuilder()


def bucket(plan, name="b", **more):
    return plan.add(BUCKET, name, {}, unknown={**NEW, "bucket": True}, **more)


def versioning(plan, expression, name="v", **more):
    return plan.add(VERSIONING, name, ON, unknown={"bucket": True}, expressions={"bucket": expression}, **more)


def versioned(plan, tmp_path):
    """Address to True, False or why it is not known."""
    found = {}
    for address, one in plan.read(tmp_path).items():
        fact = one.facts["recovery.versioning"]
        found[address] = fact.value if isinstance(fact, Known) else fact.reason if isinstance(fact, Unknown) else None
    return found


OPEN = UnknownReason.UNRESOLVED_REFERENCE


def test_a_direct_reference(plan, tmp_path):
    one, other = bucket(plan), bucket(plan, "other")
    versioning(plan, ref("aws_s3_bucket.b.id"))
    assert versioned(plan, tmp_path) == {one: True, other: False}


def test_a_literal_number_picks_the_instance(plan, tmp_path):
    first, second = bucket(plan, key=0), bucket(plan, key=1)
    versioning(plan, {"references": ["aws_s3_bucket.b[1].id", "aws_s3_bucket.b[1]", "aws_s3_bucket.b"]})
    assert versioned(plan, tmp_path) == {first: False, second: True}


def test_count_index_picks_the_same_number(plan, tmp_path):
    first, second = bucket(plan, key=0), bucket(plan, key=1)
    versioning(plan, ref("aws_s3_bucket.b", "count.index"), key=1)
    assert versioned(plan, tmp_path) == {first: False, second: True}


def test_each_key_picks_the_same_key(plan, tmp_path):
    first, second = bucket(plan, key="a.b"), bucket(plan, key='c["d"]')
    versioning(plan, ref("aws_s3_bucket.b", "each.key"), key='c["d"]')
    assert versioned(plan, tmp_path) == {first: False, second: True}


def test_resource_chaining_picks_the_same_key(plan, tmp_path):
    first, second = bucket(plan, key="a"), bucket(plan, key="b")
    versioning(plan, ref("each.value.id", "each.value"), key="a", for_each_expression=ref("aws_s3_bucket.b"))
    assert versioned(plan, tmp_path) == {first: True, second: False}


def test_all_instances_without_a_key_are_ambiguous(plan, tmp_path):
    first, second, apart = bucket(plan, key="a"), bucket(plan, key="b"), bucket(plan, "apart")
    versioning(plan, ref("aws_s3_bucket.b"))
    assert versioned(plan, tmp_path) == {first: OPEN, second: OPEN, apart: False}


def test_a_conditional_between_two_is_open_for_both_and_only_for_them(plan, tmp_path):
    one, two, apart = bucket(plan, "one"), bucket(plan, "two"), bucket(plan, "apart")
    versioning(plan, ref("aws_s3_bucket.one.id", "aws_s3_bucket.two.id"))
    assert versioned(plan, tmp_path) == {one: OPEN, two: OPEN, apart: False}


def test_a_variable_is_followed_up_through_two_modules(plan, tmp_path):
    one, other = bucket(plan), bucket(plan, "other")
    plan.module("outer", {"name": ref("aws_s3_bucket.b.id")})
    plan.module("outer.inner", {"target": ref("var.name")})
    versioning(plan, ref("var.target"), module="outer.inner")
    assert versioned(plan, tmp_path) == {one: True, other: False}


def test_an_output_is_followed_down(plan, tmp_path):
    inside, other = bucket(plan, module="m"), bucket(plan)
    plan.module("m", outputs={"id": ref("aws_s3_bucket.b.id")})
    versioning(plan, ref("module.m.id"))
    assert versioned(plan, tmp_path) == {inside: True, other: False}


def test_a_module_with_for_each_joins_inside_each_instance(plan, tmp_path):
    found = {}
    for key in ("a", "b.c"):
        found[bucket(plan, module="m", module_keys=[key])] = True
    versioning(plan, ref("aws_s3_bucket.b.id"), module="m", module_keys=["a"])
    versioning(plan, ref("aws_s3_bucket.b.id"), module="m", module_keys=["b.c"])
    assert versioned(plan, tmp_path) == found
    del plan.changes[-1]
    assert list(versioned(plan, tmp_path).values()) == [True, False]


def test_an_output_of_a_module_with_for_each_by_key(plan, tmp_path):
    first, second = bucket(plan, module="m", module_keys=["a"]), bucket(plan, module="m", module_keys=["b"])
    plan.module("m", outputs={"id": ref("aws_s3_bucket.b.id")})
    versioning(plan, {"references": ['module.m["b"].id', 'module.m["b"]', "module.m"]})
    assert versioned(plan, tmp_path) == {first: False, second: True}


def test_a_variable_of_a_module_with_for_each_takes_the_callers_key(plan, tmp_path):
    first, second = bucket(plan, key="a"), bucket(plan, key="b")
    plan.module("m", {"name": ref("aws_s3_bucket.b", "each.key")})
    versioning(plan, ref("var.name"), module="m", module_keys=["b"])
    assert versioned(plan, tmp_path) == {first: False, second: True}


def test_a_local_value_alone_is_open_for_its_module(plan, tmp_path):
    outside, inside = bucket(plan), bucket(plan, module="m")
    versioning(plan, ref("local.name"), module="m")
    assert versioned(plan, tmp_path) == {outside: False, inside: OPEN}


def test_a_local_condition_beside_the_one_resource_is_no_obstacle(plan, tmp_path):
    one, other = bucket(plan), bucket(plan, "other")
    plan.add(
        "aws_s3_bucket_policy",
        "p",
        {},
        unknown={"id": True, "bucket": True, "policy": True},
        expressions={"bucket": ref("aws_s3_bucket.b.id")},
    )
    versioning(plan, ref("local.has_policy", "aws_s3_bucket_policy.p.id", "aws_s3_bucket.b.id"))
    assert versioned(plan, tmp_path) == {one: True, other: False}


TRIED = {"references": [name for kind in (BUCKET, "aws_s3_directory_bucket") for name in (f"{kind}.b[0].id", f"{kind}.b[0]", f"{kind}.b")]}


@pytest.mark.parametrize(
    ("block", "expected"),
    [({"count_expression": ref("var.many")}, True), ({"for_each_expression": ref("var.names")}, True), ({}, OPEN)],
    ids=["count", "for_each", "one that has to be somewhere"],
)
def test_a_block_without_an_instance_gives_nothing_beside_one_that_has(plan, tmp_path, block, expected):
    """As in `try(aws_s3_bucket.b[0].id, aws_s3_directory_bucket.b[0].id)`, of which registry modules make their outputs."""
    plan.module("m", outputs={"id": TRIED})
    one = bucket(plan, key=0, module="m")
    plan.root["module_calls"]["m"]["module"]["resources"].append(
        {
            "address": "aws_s3_directory_bucket.b",
            "mode": "managed",
            "type": "aws_s3_directory_bucket",
            "name": "b",
            "expressions": {},
            **block,
        }
    )
    plan.add(
        "aws_s3_bucket_server_side_encryption_configuration", "e", {}, unknown={"bucket": True}, expressions={"bucket": ref("module.m.id")}
    )
    rule = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}
    plan.changes[-1]["change"]["after"]["rule"] = [rule]
    fact = plan.read(tmp_path)[one].facts["encryption.key_custody"]
    assert (fact.reason if isinstance(fact, Unknown) else fact.value == "provider-managed") == expected


def test_a_block_without_an_instance_alone_is_not_in_the_plan(plan, tmp_path):
    one = bucket(plan)
    plan.root["resources"].append(
        {"mode": "managed", "type": BUCKET, "name": "none", "expressions": {}, "count_expression": ref("var.many")}
    )
    versioning(plan, ref("aws_s3_bucket.none[0].id"))
    assert versioned(plan, tmp_path) == {one: OPEN}


def test_an_argument_that_another_resource_repeats_is_followed(plan, tmp_path):
    one, other = bucket(plan), bucket(plan, "other")
    plan.add("aws_s3_bucket_policy", "p", {}, unknown={"bucket": True, "policy": True}, expressions={"bucket": ref("aws_s3_bucket.b.id")})
    versioning(plan, ref("aws_s3_bucket_policy.p.bucket"))
    assert versioned(plan, tmp_path) == {one: True, other: False}


def test_a_name_outside_the_plan_touches_no_bucket_of_it(plan, tmp_path):
    one = bucket(plan)
    plan.add(VERSIONING, "v", {**ON, "bucket": "elsewhere"}, expressions={"bucket": const("elsewhere")})
    assert versioned(plan, tmp_path) == {one: False, 'outside.aws_s3_bucket["elsewhere"]': True}


def test_variables_that_refer_to_each_other_end(plan, tmp_path):
    one = bucket(plan, module="a")
    plan.module("a", {"x": ref("module.a.y")}, outputs={"y": ref("var.x")})
    versioning(plan, ref("var.x"), module="a")
    assert versioned(plan, tmp_path) == {one: OPEN}


def test_a_link_by_reference_goes_to_the_address(plan, tmp_path):
    one = bucket(plan)
    logs = bucket(plan, "logs", module="m", module_keys=["x"])
    plan.module("m", outputs={"id": ref("aws_s3_bucket.logs.id")})
    plan.add(
        "aws_s3_bucket_logging", "l", {}, unknown={"bucket": True, "target_bucket": True},
        expressions={"bucket": ref("aws_s3_bucket.b.id"), "target_bucket": {"references": ['module.m["x"].id', 'module.m["x"]', "module.m"]}},
    )  # fmt: skip
    assert [(link.rel, link.to) for link in plan.read(tmp_path)[one].links] == [(Rel.LOGS_TO, logs)]
