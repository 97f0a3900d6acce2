from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked
from tests.connectors.terraform.plans import PlanBuilder, ref
from tests.connectors.terraform.types.cases import Case
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

PLAN, SELECTION = "aws_backup_plan", "aws_backup_selection"
CASES = (
    Case(PLAN, "rule.0.target_vault_name", "stores-in", {"main-vault": ("main-vault",)}, absent=()),
    Case(
        PLAN, "rule.0.target_logically_air_gapped_backup_vault_arn", "stores-in", {"arn:aws:backup:::vault": ("arn:aws:backup:::vault",)},
        absent=(),
    ),
    Case(
        PLAN, "rule.0.copy_action.0.destination_vault_arn", "stores-in", {"arn:aws:backup:::vault": ("arn:aws:backup:::vault",)}, absent=(),
    ),
    Case(SELECTION, "resources", "protects", [(["arn:aws:s3:::cases"], ("arn:aws:s3:::cases",))], absent=("*",), of=PLAN),
    Case(
        SELECTION, "selection_tag.0.value", "protects", {"yes": ("tag:backup=yes",)}, absent=("tag:backup=",), bare=("*",), of=PLAN,
        having={"selection_tag": [{"type": "STRINGEQUALS", "key": "backup"}]},
    ),
    Case(
        SELECTION, "condition.0.string_equals.0.value", "protects", {"yes": ("tag:backup=yes",)}, absent=("tag:backup=",), bare=("*",), of=PLAN,
        having={"condition": [{"string_equals": [{"key": "aws:ResourceTag/backup"}]}]},
    ),
    Case(
        SELECTION, "not_resources", "protects", [(["arn:aws:s3:::cases"], (UnknownReason.NOT_SUPPORTED,))], absent=("arn:aws:s3:::*",), of=PLAN,
        having={"resources": ["arn:aws:s3:::*"]},
    ),
)  # fmt: skip


@pytest.fixture
def plan():
    return PlanBuilder()


def links(one):
    return [(link.rel, link.to) for link in one.links]


@pytest.mark.parametrize("way", WAYS)
def test_selections_are_joined(plan, tmp_path, way):
    tags = {"selection_tag": [{"type": "STRINGEQUALS", "key": "backup", "value": "yes"}], "resources": ["arn:aws:s3:::cases"]}
    address = joined(plan, way, (PLAN, {"name": "daily", "rule": [{"target_vault_name": "vault"}]}), (SELECTION, tags), "plan_id", "id")
    found = plan.read(tmp_path)
    one = found[address]
    assert (one.kind, one.name) == (Kind.BACKUP_PLAN, "daily")
    assert links(one) == [(Rel.STORES_IN, "vault"), (Rel.PROTECTS, "arn:aws:s3:::cases"), (Rel.PROTECTS, "tag:backup=yes")]
    assert [len(each.links) for each in found.values() if each.id != address] in ([], [1])


def test_a_plan_without_selections_protects_nothing_and_an_existing_one_may_have_some_elsewhere(plan, tmp_path):
    plan.add(PLAN, "new", {"name": "new"})
    plan.add(PLAN, "old", {"name": "old"}, actions=("no-op",))
    assert checked(plan, tmp_path, f"{PLAN}.new").links == ()
    (loose,) = checked(plan, tmp_path, f"{PLAN}.old").links
    assert (loose.rel, loose.unknown.reason) == (Rel.PROTECTS, UnknownReason.NOT_COLLECTED)


def test_stores_and_vaults_are_linked_by_reference(plan, tmp_path):
    plan.add("aws_backup_vault", "v", {}, unknown={"name": True})
    plan.add("aws_dynamodb_table", "t", {"name": "t"}, unknown={"arn": True})
    plan.add("aws_db_instance", "d", {"identifier": "d"}, unknown={"arn": True})
    plan.add(
        PLAN,
        "p",
        {"rule": [{"rule_name": "r"}]},
        unknown={"id": True, "rule": [{"target_vault_name": True}]},
        expressions={"rule": [{"target_vault_name": ref("aws_backup_vault.v.name")}]},
    )
    plan.add(
        SELECTION, "s", {"resources": [None, None]}, unknown={"plan_id": True, "resources": [True, True]},
        expressions={"plan_id": ref("aws_backup_plan.p.id"), "resources": ref("aws_dynamodb_table.t.arn", "aws_db_instance.d.arn")},
    )  # fmt: skip
    assert links(checked(plan, tmp_path, f"{PLAN}.p")) == [
        (Rel.STORES_IN, "aws_backup_vault.v"), (Rel.PROTECTS, "aws_db_instance.d"), (Rel.PROTECTS, "aws_dynamodb_table.t"),
    ]  # fmt: skip


def test_a_single_condition_on_a_tag_selects_by_tag_and_several_are_left_open(plan, tmp_path):
    plan.add(PLAN, "p", {"id": "p"})
    one = {"string_equals": [{"key": "aws:ResourceTag/tier", "value": "T3"}]}
    plan.add(SELECTION, "s", {"plan_id": "p", "condition": [one], "resources": ["*"]})
    assert links(checked(plan, tmp_path, f"{PLAN}.p")) == [(Rel.PROTECTS, "tag:tier=T3")]
    plan.changes[1]["change"]["after"]["condition"] = [{**one, "string_not_equals": [{"key": "aws:ResourceTag/x", "value": "y"}]}]
    (loose,) = checked(plan, tmp_path, f"{PLAN}.p").links
    assert loose.unknown.reason is UnknownReason.NOT_SUPPORTED


def test_what_apply_decides_or_is_sensitive_leaves_open_what_is_protected(plan, tmp_path):
    plan.add(PLAN, "p", {"id": "p"})
    plan.add(SELECTION, "s", {"plan_id": "p"}, unknown={"selection_tag": True}, expressions={"selection_tag": ref("local.x")})
    plan.add(PLAN, "q", {"id": "q", "rule": [{"target_vault_name": "v"}]}, sensitive={"rule": True})
    (loose,) = checked(plan, tmp_path, f"{PLAN}.p").links
    assert loose.unknown.reason is UnknownReason.KNOWN_AFTER_APPLY
    (hidden,) = checked(plan, tmp_path, f"{PLAN}.q").links
    assert (hidden.rel, hidden.unknown.reason) == (Rel.STORES_IN, UnknownReason.REDACTED)
