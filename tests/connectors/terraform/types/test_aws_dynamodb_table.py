from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, const, ref, value
from tests.connectors.terraform.types.cases import OTHER, Case, Part
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import UNLIMITED, NotApplicable
from tierwise.model.resource import Kind, Rel

TABLE, REPLICA = "aws_dynamodb_table", "aws_dynamodb_table_replica"
COMPUTED = dict.fromkeys(("arn", "id", "point_in_time_recovery", "server_side_encryption", "ttl"), True)
OPEN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "dynamodb:*", "Resource": "*"}]})
_SSE = "server_side_encryption"
CASES = (
    Case(
        TABLE, f"{_SSE}.0.enabled", "encryption.key_custody", {True: "provider-managed", False: "provider-owned"}, absent="provider-owned"
    ),
    Case(
        TABLE,
        f"{_SSE}.0.kms_key_arn",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-managed",
        bare="provider-owned",
        having={_SSE: [{"enabled": True}]},
    ),
    Case(TABLE, "point_in_time_recovery.0.enabled", "recovery.point_in_time", {True: True, False: False}, absent=False),
    Case(
        TABLE,
        "point_in_time_recovery.0.recovery_period_in_days",
        "retention.backup_days",
        {7: 7},
        absent=35,
        bare=0,
        having={"point_in_time_recovery": [{"enabled": True}]},
    ),
    Case(TABLE, "ttl.0.enabled", "retention.expiry_configured", {True: True, False: False}, absent=False),
    Case((TABLE, REPLICA), "deletion_protection_enabled", "recovery.delete_protected", {True: True, False: False}, absent=False),
    Case(TABLE, "replica.0.region_name", "recovery.redundancy", {"eu-west-1": "multi-region"}, absent="multi-zone"),
    Case(TABLE, "restore_source_name", "copy-of", {"cases-primary": ("cases-primary",)}, absent=()),
    Case(TABLE, "restore_source_table_arn", "copy-of", {"arn:aws:dynamodb:::table/c": ("arn:aws:dynamodb:::table/c",)}, absent=()),
    Case(REPLICA, "global_table_arn", "replicates-to", {"arn:aws:dynamodb:::table/c": ("arn:aws:dynamodb:::table/c",)}, absent=()),
    Case(REPLICA, "kms_key_arn", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent="provider-owned"),
    Case(REPLICA, "point_in_time_recovery", "recovery.point_in_time", {True: True, False: False}, absent=False),
    Case(
        "aws_dynamodb_resource_policy",
        "policy",
        "access.external_principals",
        {OTHER: frozenset({"222222222222"})},
        absent=frozenset(),
        of=TABLE,
    ),
)
PARTS = (Part(REPLICA, TABLE), Part("aws_dynamodb_resource_policy", REPLICA, {"policy": OTHER}))


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_table_that_says_everything(plan, tmp_path):
    plan.add(
        TABLE, "t",
        {
            "name": "cases", "server_side_encryption": [{"enabled": True, "kms_key_arn": "arn:aws:kms:eu-west-2:111111111111:alias/app"}],
            "point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 7}], "ttl": [{"attribute_name": "end", "enabled": True}],
            "deletion_protection_enabled": True, "replica": [{"region_name": "eu-west-1"}], "attribute": [{"name": "nino", "type": "S"}],
        },
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{TABLE}.t")
    assert (one.kind, one.name, unsaid(one)) == (Kind.DOCUMENT_DB, "cases", set())
    assert [column.name for column in one.evidence.columns] == ["nino"]
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "recovery.point_in_time") is True
    assert value(one, "retention.backup_days") == 7
    assert value(one, "retention.expiry_configured") is True
    assert isinstance(one.facts["retention.delete_after_days"], NotApplicable)
    assert value(one, "recovery.delete_protected") is True
    assert value(one, "recovery.redundancy") == "multi-region"
    assert (Rel.REPLICATES_TO, "arn:aws:dynamodb:eu-west-1::table/cases") in [(link.rel, link.to) for link in one.links]


def test_a_table_that_says_nothing_has_the_documented_defaults(plan, tmp_path):
    plan.add(TABLE, "t", {"name": "t", "replica": [], "deletion_protection_enabled": None}, unknown=COMPUTED)
    one = checked(plan, tmp_path, f"{TABLE}.t")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "recovery.point_in_time") is False
    assert value(one, "retention.backup_days") == 0
    assert value(one, "retention.delete_after_days") == UNLIMITED
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "access.anonymous_read") is False
    assert one.links == ()


def test_encryption_without_a_key_is_under_the_managed_key_and_recovery_reaches_35_days(plan, tmp_path):
    plan.add(
        TABLE, "t", {"server_side_encryption": [{"enabled": True}], "point_in_time_recovery": [{"enabled": True}]},
        unknown={"server_side_encryption": [{"kms_key_arn": True}], "point_in_time_recovery": [{"recovery_period_in_days": True}]},
        expressions={"server_side_encryption": [{"enabled": const(True)}], "point_in_time_recovery": [{"enabled": const(True)}]},
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{TABLE}.t")
    assert value(one, "encryption.key_custody") == "provider-managed"
    assert value(one, "retention.backup_days") == 35
    assert one.links == ()


def test_a_key_by_reference_inside_the_block_is_the_customers(plan, tmp_path):
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True})
    plan.add(
        TABLE, "t", {"server_side_encryption": [{"enabled": True}]}, unknown={"server_side_encryption": [{"kms_key_arn": True}]},
        expressions={"server_side_encryption": [{"enabled": const(True), "kms_key_arn": ref("aws_kms_key.k.arn")}]},
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{TABLE}.t")
    assert value(one, "encryption.key_custody") == "customer"
    assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, "aws_kms_key.k")]


@pytest.mark.parametrize("way", WAYS)
def test_a_replica_of_its_own_is_joined_and_judged(plan, tmp_path, way):
    replica = {"point_in_time_recovery": True, "kms_key_arn": "alias/app"}
    address = joined(plan, way, (TABLE, {"name": "t", "ttl": [{"enabled": True}]}), (REPLICA, replica), "global_table_arn", "arn")
    found = plan.read(tmp_path)
    (one,) = [each for each in found.values() if each.type == REPLICA]
    assert value(found[address], "recovery.redundancy") == "multi-region"
    assert (Rel.REPLICATES_TO, one.id) in [(link.rel, link.to) for link in found[address].links]
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "retention.backup_days") == 35
    assert value(one, "retention.expiry_configured") is True
