"""What the reader tells of the state before a plan."""

from __future__ import annotations

import json
from pathlib import Path

from tests.connectors.terraform.plans import PlanBuilder, known, reason, ref, value
from tests.shared import shared_path
from tierwise.connectors.terraform.source import judged, open_plans
from tierwise.model.change import Action, Change, Part
from tierwise.model.codec import resource_out
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Rel, Resource

BUCKET = "aws_s3_bucket"
LETTERS = {"bucket": "letters", "id": "letters", "arn": "arn:aws:s3:::letters"}
VERSIONS = {"bucket": "letters", "versioning_configuration": [{"status": "Enabled"}]}
CANARY = "canary-before-19c2"


def read(plan: PlanBuilder, folder: Path) -> tuple[dict[str, Resource], dict[str, Change]]:
    (one,) = open_plans([plan.write(folder)]).plans
    items = list(judged(one))
    changes = {item.resource: item for item in items if isinstance(item, Change)}
    return {item.id: item for item in items if isinstance(item, Resource)}, changes


def test_a_plan_that_only_creates_says_nothing_of_before(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", {"bucket": "letters"})
    plan.add("aws_caller_identity", "me", {"account_id": "111122223333"}, mode="data", actions=("read",))
    assert read(plan, tmp_path)[1] == {}


def test_a_resource_that_stays_as_it_is_has_no_change_beside_one_that_does_not(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", LETTERS, actions=("no-op",), before=LETTERS)
    plan.add(BUCKET, "other", {"bucket": "other", "tags": {"tier": "T1"}}, actions=("update",), before={"bucket": "other"})
    now, changes = read(plan, tmp_path)
    assert list(changes) == [f"{BUCKET}.other"]
    assert now[f"{BUCKET}.letters"].existing
    assert known(changes[f"{BUCKET}.other"].before.tags) == {}
    assert known(now[f"{BUCKET}.other"].tags) == {"tier": "T1"}


def test_a_removed_part_is_joined_as_it_was_before_and_named(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", LETTERS, actions=("no-op",), before=LETTERS)
    plan.add(f"{BUCKET}_versioning", "letters", actions=("delete",), before=VERSIONS)
    now, changes = read(plan, tmp_path)
    (change,) = changes.values()
    assert change.action is Action.KEEP
    assert change.parts == (Part(f"{BUCKET}_versioning.letters", f"{BUCKET}_versioning", Action.DELETE),)
    assert value(change.before, "recovery.versioning") is True
    assert value(now[f"{BUCKET}.letters"], "recovery.versioning") is False


def test_an_argument_that_changes_was_not_written_before_and_one_that_stays_was(tmp_path):
    plan = PlanBuilder()
    plan.add("aws_kms_key", "k", {"key_id": "k1", "arn": "arn:aws:kms:eu-west-2:111122223333:key/k1"}, actions=("no-op",))
    before = {"name": "letters", "kms_master_key_id": None, "policy": "{}"}
    plan.add(
        "aws_sqs_queue",
        "letters",
        {"name": "letters", "policy": "{}"},
        unknown={"kms_master_key_id": True},
        actions=("update",),
        before=before,
        expressions={"kms_master_key_id": ref("aws_kms_key.k.id")},
    )
    now, changes = read(plan, tmp_path)
    queue = "aws_sqs_queue.letters"
    assert [link.to for link in now[queue].links] == ["aws_kms_key.k"]
    assert [link for link in changes[queue].before.links if link.rel is Rel.USES_KEY] == []
    assert value(changes[queue].before, "encryption.key_custody") != "customer"


def test_an_argument_that_the_configuration_no_longer_has_was_written_before(tmp_path):
    """Google's converters take an argument that nobody wrote for the provider's default, whatever its value."""
    plan = PlanBuilder()
    key = [{"default_kms_key_name": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}]
    before = {"name": "letters", "encryption": key}
    after = {"name": "letters", "encryption": []}
    plan.add(
        "google_storage_bucket", "letters", after, actions=("update",), before=before, expressions={"name": {"constant_value": "letters"}}
    )
    now, changes = read(plan, tmp_path)
    bucket = "google_storage_bucket.letters"
    assert value(changes[bucket].before, "encryption.key_custody") == "customer"
    assert [link.rel for link in changes[bucket].before.links] == [Rel.USES_KEY]
    assert value(now[bucket], "encryption.key_custody") == "provider-owned"


def test_a_deleted_resource_is_told_as_it_was_and_is_no_resource_of_the_result(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", actions=("delete",), before=LETTERS | {"tags": {"tier": "T3"}})
    now, changes = read(plan, tmp_path)
    assert now == {}
    (change,) = changes.values()
    assert (change.action, change.destroys, known(change.before.tags)) == (Action.DELETE, True, {"tier": "T3"})


def test_a_replaced_resource_goes_with_what_it_holds_unless_the_old_object_is_only_let_go(tmp_path):
    for actions, destroys in ((("delete", "create"), True), (("create", "delete"), True), (("create", "forget"), False)):
        plan = PlanBuilder()
        plan.add(BUCKET, "letters", {"bucket": "letters"}, unknown={"id": True}, actions=actions, before=LETTERS)
        plan.changes[0]["action_reason"] = "replace_because_cannot_update"
        (change,) = read(plan, tmp_path)[1].values()
        assert (change.action, change.destroys) == (Action.REPLACE, destroys)
        assert change.detail == "replace_because_cannot_update"


def test_what_is_let_go_goes_on_existing_and_is_judged_as_it_is(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", actions=("no-op",), before=LETTERS, after=LETTERS)
    for name, before in ((BUCKET, {"bucket": "old", "id": "old"}), (f"{BUCKET}_versioning", VERSIONS)):
        plan.changes.append(
            {"address": f"{name}.gone", "mode": "managed", "type": name, "name": "gone"}
            | {"change": {"actions": ["forget"], "before": before, "after": None}}
        )
    now, changes = read(plan, tmp_path)
    assert set(now) == {f"{BUCKET}.letters", f"{BUCKET}.gone"}
    assert all(one.existing for one in now.values())
    assert {name: one.action for name, one in changes.items()} == {f"{BUCKET}.gone": Action.FORGET}
    assert value(now[f"{BUCKET}.letters"], "recovery.versioning") is True


def test_a_moved_resource_keeps_its_identity_and_its_old_address_is_no_second_one(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", LETTERS, actions=("no-op",), before=LETTERS)
    plan.changes[0]["previous_address"] = f"{BUCKET}.post"
    plan.add(f"{BUCKET}_versioning", "letters", VERSIONS, actions=("no-op",), before=VERSIONS)
    plan.extra["prior_state"] = {"values": {"root_module": {"resources": [{"address": f"{BUCKET}.post", "values": LETTERS}]}}}
    now, changes = read(plan, tmp_path)
    assert now[f"{BUCKET}.letters"].existing
    assert value(now[f"{BUCKET}.letters"], "recovery.versioning") is True
    assert [(one.action, one.previous_address) for one in changes.values()] == [(Action.KEEP, f"{BUCKET}.post")]


def test_an_object_left_behind_by_an_earlier_replacement_is_removed_apart_from_the_one_in_its_place(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", LETTERS, actions=("no-op",), before=LETTERS)
    plan.changes.insert(
        0,
        {"address": f"{BUCKET}.letters", "mode": "managed", "type": BUCKET, "name": "letters", "deposed": "00ab12cd"}
        | {"change": {"actions": ["delete"], "before": LETTERS | {"tags": {"tier": "T3"}}, "after": None}},
    )
    now, changes = read(plan, tmp_path)
    assert now[f"{BUCKET}.letters"].existing
    (change,) = changes.values()
    assert (change.resource, change.action, change.destroys) == (f"{BUCKET}.letters (deposed 00ab12cd)", Action.DELETE, True)
    assert change.before.aliases == ()


def test_sensitive_values_of_before_never_leave_the_reader(tmp_path):
    plan = PlanBuilder()
    before = {"bucket": CANARY, "tags": {"note": CANARY}, "policy": CANARY}
    plan.add(BUCKET, "letters", {"bucket": "letters"}, actions=("update",), before=before)
    plan.changes[0]["change"]["before_sensitive"] = {"bucket": True, "tags": {"note": True}, "policy": True}
    plan.add("aws_db_instance", "gone", actions=("delete",), before={"identifier": CANARY, "password": CANARY})
    plan.changes[1]["change"]["before_sensitive"] = True
    _, changes = read(plan, tmp_path)
    assert set(changes) == {f"{BUCKET}.letters", "aws_db_instance.gone"}
    for change in changes.values():
        assert CANARY not in repr(change)
        assert CANARY not in json.dumps(resource_out(change.before))
    assert reason(changes["aws_db_instance.gone"].before, "recovery.delete_protected") is UnknownReason.REDACTED


def test_a_real_plan_with_every_kind_of_change():
    path = shared_path("plans/generated/t1_mixed_update_replace_delete_import_moved_removed_drift_check.json")
    (plan,) = open_plans([path]).plans
    items = list(judged(plan))
    actions = {one.resource: one.action for one in items if isinstance(one, Change)}
    assert actions == {
        "aws_db_instance.db": Action.REPLACE,
        "aws_s3_bucket.logs": Action.REPLACE,
        "aws_s3_bucket.b[0]": Action.UPDATE,
        "aws_s3_bucket.b[1]": Action.UPDATE,
        "aws_iam_role.imp": Action.UPDATE,
        "aws_iam_role.r": Action.KEEP,
        "aws_dynamodb_table.claims": Action.KEEP,
    }
    assert {one.id for one in items if isinstance(one, Resource) and one.existing} == {"aws_dynamodb_table.claims", "aws_kms_key.k"}
