from __future__ import annotations

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, ref, why
from tierwise.model.fact import Known, UnknownReason

BUCKET, VERSIONING = "aws_s3_bucket", "aws_s3_bucket_versioning"
OF = {"bucket": ref(f"{BUCKET}.b.id")}


def versioned(plan: PlanBuilder, address: str = f"{BUCKET}.b") -> object:
    fact = plan.judged()[address].facts["recovery.versioning"]
    return fact.value if isinstance(fact, Known) else why(fact)


def block(name: str = "v", **more: object) -> dict[str, object]:
    return {"mode": "managed", "type": VERSIONING, "name": name, "expressions": OF, **more}


@pytest.fixture
def plan() -> PlanBuilder:
    made = PlanBuilder()
    made.add(BUCKET, "b", {"bucket": "records"}, unknown={"id": True})
    return made


def test_a_block_that_has_one_instance_and_has_none_in_the_plan_was_left_out_and_is_not_missing(plan):
    assert versioned(plan) is False
    plan.root["resources"].append(block())
    assert versioned(plan) is UnknownReason.KNOWN_AFTER_APPLY


@pytest.mark.parametrize(
    "said",
    [
        {"errored": True},
        {"complete": False},
        {"deferred_changes": [{"reason": "instance_count_unknown", "resource_change": {"address": f"{VERSIONING}.v"}}]},
    ],
    ids=lambda said: next(iter(said)),
)
def test_a_block_with_a_count_or_keys_may_have_none_unless_the_plan_is_partial(plan, said):
    plan.root["resources"].append(block(for_each_expression=ref("local.them")))
    assert versioned(plan) is False
    plan.extra = said
    assert versioned(plan) is UnknownReason.KNOWN_AFTER_APPLY
    plan.root["resources"][-1] = block(count_expression=const(0))
    assert versioned(plan) is False


def test_what_the_configuration_writes_of_what_was_left_out_is_known(plan):
    plan.add(BUCKET, "other", {"bucket": "others"}, unknown={"id": True})
    plan.root["resources"].append(block(expressions={"bucket": const("others")}))
    assert (versioned(plan), versioned(plan, f"{BUCKET}.other")) == (False, UnknownReason.KNOWN_AFTER_APPLY)


@pytest.mark.parametrize(("call", "expected"), [({}, UnknownReason.KNOWN_AFTER_APPLY), ({"for_each_expression": ref("local.x")}, False)])
def test_a_module_of_which_the_plan_has_nothing_was_left_out_where_it_is_called_once(plan, call, expected):
    plan.module("m", {"bucket": ref(f"{BUCKET}.b.id")}, **call)
    plan.root["module_calls"]["m"]["module"]["resources"].append(block(expressions={"bucket": ref("var.bucket")}))
    assert versioned(plan) is expected


def test_what_was_left_out_is_no_resource_and_changes_nothing_of_what_is_there(tmp_path):
    plan = PlanBuilder()
    there = {"bucket": "records", "id": "records"}
    plan.add(BUCKET, "b", there, before=there, actions=("no-op",))
    plan.root["resources"].append(block())
    found = plan.read(tmp_path)
    assert set(found) == {f"{BUCKET}.b"}
    assert why(found[f"{BUCKET}.b"].facts["recovery.versioning"]) is UnknownReason.KNOWN_AFTER_APPLY
