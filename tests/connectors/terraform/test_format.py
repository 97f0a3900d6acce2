"""What a plan's format says and no other test holds; `docs/plan-reader.md` lists every point with its tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.terraform.plans import AWS, PlanBuilder, const, known, read, ref, value, why
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.source import judged, open_plans
from tierwise.model.change import Action, Change
from tierwise.model.codec import resource_out
from tierwise.model.fact import Known, UnknownReason
from tierwise.model.resource import Gap, Resource

BUCKET = "aws_s3_bucket"


def gaps(path: Path) -> list[Gap]:
    items = [item for unit in open_plans([path]).survey() for item in unit.run()]
    return [item for item in items if isinstance(item, Gap) and not item.expected]


def told(path: Path) -> list[Any]:
    """All that a plan gives, as it goes into an inventory."""
    (plan,) = open_plans([path]).plans
    return [resource_out(one) if isinstance(one, Resource) else one for one in judged(plan)]


def plan_of(builder: PlanBuilder, folder: Path) -> Plan:
    (plan,) = open_plans([builder.write(folder)]).plans
    return plan


@pytest.fixture
def plan() -> PlanBuilder:
    made = PlanBuilder()
    made.add(BUCKET, "b", {"bucket": "data"})
    return made


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"errored": True, "complete": False, "applyable": False}, ["ended in an error"]),
        ({"errored": False, "complete": False, "applyable": True}, ["not complete", "-target"]),
        ({"errored": False, "complete": True, "applyable": False}, []),
        ({"errored": False, "complete": True, "applyable": True}, []),
        ({"errored": None, "complete": None}, []),
    ],
)
def test_a_plan_that_says_it_is_partial_leaves_one_gap_and_what_it_does_not_say_is_not_false(plan, tmp_path, said, words):
    plan.extra.update(said)
    found = gaps(plan.write(tmp_path))
    assert [all(word in gap.detail for word in words) for gap in found] == ([True] if words else [])


def test_deferred_changes_are_counted_and_the_first_are_named_with_their_reasons(plan, tmp_path):
    plan.extra["deferred_changes"] = [
        {"reason": "instance_count_unknown", "resource_change": {"address": f"{BUCKET}.c{number}[*]", "index_unknown": True, "change": {}}}
        for number in range(5)
    ]
    plan.extra["complete"] = False
    (gap,) = gaps(plan.write(tmp_path))
    assert gap.reason == "known-after-apply"
    assert "5 changes (aws_s3_bucket.c0[*]: instance_count_unknown, " in gap.detail
    assert "c3" not in gap.detail
    assert list(plan.read(tmp_path)) == [f"{BUCKET}.b"]


@pytest.mark.parametrize(
    "section",
    [
        {
            "resource_drift": [
                {"address": f"{BUCKET}.b", "type": BUCKET, "name": "b", "change": {"actions": ["update"], "after": {"bucket": "x"}}}
            ]
        },
        {"relevant_attributes": [{"resource": f"{BUCKET}.b", "attribute": ["bucket"]}]},
        {
            "checks": [
                {"address": {"kind": "check", "to_display": "check.x"}, "status": "fail", "instances": [{"problems": [{"message": "no"}]}]}
            ]
        },
        {"condition_results": [{"address": "output.x", "result": False, "condition_type": "OutputPrecondition", "error_message": "no"}]},
        {"action_invocations": [{"address": "action.x.y"}], "deferred_action_invocations": [{"reason": "unknown"}]},
        {"timestamp": "2026-01-01T00:00:00Z", "output_changes": {"x": {"actions": ["create"], "after": 1}}},
    ],
    ids=lambda section: next(iter(section)),
)
def test_what_is_none_of_a_readers_business_changes_nothing(plan, tmp_path, section):
    """Drift too: `before` is the state after refreshing, so what of it matters is in the changes already."""
    without = told(plan.write(tmp_path, "without.json"))
    plan.extra.update(section)
    path = plan.write(tmp_path, "with.json")
    assert told(path) == without
    assert gaps(path) == []


@pytest.mark.parametrize(
    ("actions", "before", "action"),
    [
        (["create"], False, Action.CREATE),
        (["update"], True, Action.UPDATE),
        (["no-op"], True, Action.KEEP),
        (["delete"], True, Action.DELETE),
        (["delete", "create"], True, Action.REPLACE),
        (["create", "delete"], True, Action.REPLACE),
        (["forget"], True, Action.FORGET),
        (["create", "forget"], True, Action.REPLACE),
        (["forget", "create"], True, Action.REPLACE),
        (None, False, Action.CREATE),
        (["invalid"], True, Action.UPDATE),
    ],
    ids=str,
)
def test_every_action_of_terraform_and_opentofu_is_understood(tmp_path, actions, before, action):
    there = {"bucket": "data"} if before else None
    after = None if actions in (["delete"], ["forget"]) else {"bucket": "data", "tags": {"a": "b"}}
    change = {"actions": actions, "before": there, "after": after, "after_unknown": {}}
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"resource_changes": [{"address": f"{BUCKET}.b", "type": BUCKET, "name": "b", "change": change}]}))
    (plan,) = open_plans([path]).plans
    (planned,) = plan.by_type[BUCKET]
    assert planned.action is action
    left = [one.id for one in judged(plan) if isinstance(one, Resource)]
    assert left == ([] if action is Action.DELETE else [f"{BUCKET}.b"])


def test_an_import_is_told_whatever_its_identity_and_is_there_already(tmp_path):
    for importing in ({"id": "data"}, {"identity": {"bucket": "data"}}, {"unknown": True}):
        plan = PlanBuilder()
        plan.add(BUCKET, "b", {"bucket": "data", "tags": {"a": "b"}}, before={"bucket": "data", "tags": {"c": "d"}}, actions=("update",))
        plan.changes[0]["change"] |= {"importing": importing, "generated_config": 'resource "aws_s3_bucket" "b" {}'}
        plan.changes[0] |= {"action_reason": "read_because_check_nested"}
        found = [one for one in judged(plan_of(plan, tmp_path)) if isinstance(one, Change)]
        assert [one.detail for one in found] == ["read_because_check_nested, imported"]


@pytest.mark.parametrize(
    "mask", [None, False, {}, [], {"tags": {}}, {"versioning": [{}]}, {"tags": False, "versioning": [{"enabled": False}]}]
)
def test_masks_of_every_shape_that_mark_nothing_hide_nothing(tmp_path, mask):
    plan = PlanBuilder()
    plan.add(BUCKET, "b", {"bucket": "data", "tags": {"a": "b"}, "versioning": [{"enabled": True}]}, unknown=mask, sensitive=mask)
    bucket = plan.read(tmp_path)[f"{BUCKET}.b"]
    assert known(bucket.tags) == {"a": "b"}
    assert value(bucket, "recovery.versioning") is True


def test_a_change_without_masks_is_read_by_its_values(tmp_path):
    path = tmp_path / "p.json"
    change = {"actions": ["create"], "before": None, "after": {"bucket": "data", "tags": {"a": "b"}}}
    path.write_text(json.dumps({"resource_changes": [{"address": f"{BUCKET}.b", "type": BUCKET, "name": "b", "change": change}]}))
    assert known(read(path)[f"{BUCKET}.b"].tags) == {"a": "b"}


def test_a_list_that_is_unknown_as_a_whole_is_not_an_empty_one(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "b", {"bucket": "data"}, unknown={"versioning": True, "logging": True}, expressions={"versioning": [ref("var.x")]})
    bucket = plan.read(tmp_path)[f"{BUCKET}.b"]
    assert why(bucket.facts["recovery.versioning"]) is UnknownReason.KNOWN_AFTER_APPLY


@pytest.mark.parametrize("name", ["aws", AWS, "registry.opentofu.org/hashicorp/aws", "terraform.example.org/platform/aws", None])
def test_the_cloud_is_that_of_the_type_whoever_made_the_provider(plan, tmp_path, name):
    plan.changes[0]["provider_name"] = name
    assert plan.read(tmp_path)[f"{BUCKET}.b"].provider == "aws"


@pytest.mark.parametrize(
    ("key", "block"),
    [
        ("aws.west", "aws.west"),
        ("module.m:aws", "aws"),
        ("m:aws.west", "aws.west"),
        ("module.m:aws.west", "module.m:aws.west"),
        ("module.m.module.n:aws.west", "module.m:aws.west"),
    ],
)
def test_a_provider_is_found_where_it_is_configured_or_passed_in_from(tmp_path, key, block):
    plan = PlanBuilder(region=None)
    plan.providers[block] = {"name": "aws", "expressions": {"region": const("us-west-2")}}
    plan.module("m")
    plan.module("m.n")
    module = "m.n" if "n:" in key else "m" if ":" in key else ""
    address = plan.add(BUCKET, "b", {"bucket": "data"}, module=module, provider=key)
    assert plan.read(tmp_path)[address].region == "us-west-2"


def test_a_module_that_opentofu_leaves_null_is_an_empty_one(plan, tmp_path):
    plan.root["module_calls"] = {"empty": {"source": "./empty", "module": None}}
    plan.root["variables"] = {"x": {"type": "string", "required": True, "ephemeral": True, "deprecated": "use y"}}
    assert list(plan.read(tmp_path)) == [f"{BUCKET}.b"]


def test_meta_arguments_are_no_references(tmp_path):
    plan = PlanBuilder()
    block: dict[str, Any] = {
        "depends_on": [f"{BUCKET}.other"],
        "provisioners": [{"type": "local-exec", "expressions": ref(f"{BUCKET}.other.id")}],
    }
    for name in ("one", "other"):
        plan.add(BUCKET, name, {"bucket": name})
    plan.add(
        f"{BUCKET}_versioning",
        "v",
        {"versioning_configuration": [{"status": "Enabled"}]},
        unknown={"bucket": True},
        expressions={"bucket": ref(f"{BUCKET}.one.id")},
        schema_version=2,
        **block,
    )
    found = plan.read(tmp_path)
    assert [value(found[f"{BUCKET}.{name}"], "recovery.versioning") for name in ("one", "other")] == [True, False]


def test_modules_may_lie_three_hundred_deep(tmp_path):
    bucket = {"mode": "managed", "type": BUCKET, "name": "b", "values": {"bucket": "data"}}
    path = ".".join(f"module.m{number}" for number in range(300))
    module: dict[str, Any] = {"address": path, "resources": [{**bucket, "address": f"{path}.{BUCKET}.b"}]}
    for _ in range(300):
        module = {"child_modules": [module]}
    file = tmp_path / "s.json"
    file.write_text(json.dumps({"format_version": "1.0", "values": {"root_module": module}}))
    assert list(read(file)) == [f"{path}.{BUCKET}.b"]


def test_a_state_says_what_is_tainted_left_behind_and_sensitive_and_only_current_objects_are_read(tmp_path):
    bucket = {"mode": "managed", "type": BUCKET, "name": "b", "schema_version": 0, "depends_on": ["data.x.y"], "identity": {"bucket": "b"}}
    values = {"bucket": "data", "tags": {"owner": "hidden", "a": "b"}}
    resources = [
        {**bucket, "address": f"{BUCKET}.b", "tainted": True, "values": values, "sensitive_values": {"tags": {"owner": True}}},
        {**bucket, "address": f"{BUCKET}.b", "deposed_key": "ab12", "values": {"bucket": "old"}},
    ]
    file = tmp_path / "s.json"
    file.write_text(json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": resources}}, "checks": []}))
    (found,) = read(file).values()
    assert (found.name, known(found.tags), found.existing) == ("data", {"a": "b"}, True)


def test_labels_of_google_are_read_with_those_that_the_provider_adds(tmp_path):
    plan = PlanBuilder()
    plan.add("google_storage_bucket", "b", {"name": "b", "labels": {"a": "1"}, "effective_labels": {"a": "1", "tier": "t3"}})
    plan.add("google_storage_bucket", "c", {"name": "c", "labels": {"a": "1"}}, unknown={"effective_labels": True})
    found = plan.read(tmp_path)
    assert known(found["google_storage_bucket.b"].tags) == {"a": "1", "tier": "t3"}
    assert isinstance(found["google_storage_bucket.c"].tags, Known)


def test_a_data_source_that_was_read_while_planning_is_found_in_the_prior_state(tmp_path):
    plan = PlanBuilder()
    statement = {"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["*"], "principals": [{"type": "*", "identifiers": ["*"]}]}
    document = {"address": "data.aws_iam_policy_document.d", "mode": "data", "type": "aws_iam_policy_document", "name": "d"}
    plan.extra["prior_state"] = {"values": {"root_module": {"resources": [{**document, "values": {"statement": [statement]}}]}}}
    plan.add(BUCKET, "b", {"bucket": "data"}, unknown={"id": True})
    expressions = {"bucket": ref(f"{BUCKET}.b.id"), "policy": ref("data.aws_iam_policy_document.d.json")}
    plan.add(f"{BUCKET}_policy", "p", {}, unknown={"bucket": True, "policy": True}, expressions=expressions)
    bucket = plan.read(tmp_path)[f"{BUCKET}.b"]
    assert bucket.grants
