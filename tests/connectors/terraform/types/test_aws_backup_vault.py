from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, value
from tests.connectors.terraform.types.cases import OTHER, Case, Part
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind

VAULT, GAPPED = "aws_backup_vault", "aws_backup_logically_air_gapped_vault"
OPEN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "backup:*", "Resource": "*"}]})
KEY_OURS = {"alias/app-of-ours": "customer", "alias/aws/backup": "provider-managed"}
CASES = (
    Case(VAULT, "kms_key_arn", "encryption.key_custody", KEY_OURS, absent="provider-managed"),
    Case(GAPPED, "encryption_key_arn", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent="provider-owned"),
    Case(GAPPED, "min_retention_days", "immutability.min_days", {7: 7}, absent=0),
    Case(f"{VAULT}_policy", "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset(), of=VAULT),
    Case(
        f"{VAULT}_lock_configuration",
        "changeable_for_days",
        "immutability.mode",
        {3: UnknownReason.KNOWN_AFTER_APPLY},
        absent="governance",
        of=VAULT,
    ),
    Case(f"{VAULT}_lock_configuration", "min_retention_days", "immutability.min_days", {7: 7}, absent=0, of=VAULT),
)
PARTS = (Part(f"{VAULT}_policy", GAPPED, {"policy": OTHER}),)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_vault_that_says_everything(plan, tmp_path):
    plan.add(VAULT, "v", {"name": "v", "kms_key_arn": "alias/app"})
    plan.add(f"{VAULT}_policy", "p", {"backup_vault_name": "v", "policy": OPEN})
    plan.add(f"{VAULT}_lock_configuration", "l", {"backup_vault_name": "v", "min_retention_days": 7})
    one = checked(plan, tmp_path, f"{VAULT}.v")
    assert (one.kind, one.name, unsaid(one, ("network.public_endpoint",))) == (Kind.BACKUP_VAULT, "v", set())
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "immutability.mode") == "governance"
    assert value(one, "immutability.min_days") == 7
    assert value(one, "access.anonymous_read") is True


def test_a_vault_that_says_nothing_is_not_locked(plan, tmp_path):
    plan.add(VAULT, "v", {"name": "v"}, unknown={"kms_key_arn": True})
    one = checked(plan, tmp_path, f"{VAULT}.v")
    assert value(one, "encryption.key_custody") == "provider-managed"
    assert value(one, "immutability.mode") == "none"
    assert value(one, "immutability.min_days") == 0
    assert value(one, "access.anonymous_read") is False


def test_a_lock_with_days_of_grace_becomes_compliance_later(plan, tmp_path):
    plan.add(VAULT, "v", {"name": "v"})
    plan.add(f"{VAULT}_lock_configuration", "l", {"backup_vault_name": "v", "changeable_for_days": 3, "min_retention_days": 7})
    one = checked(plan, tmp_path, f"{VAULT}.v")
    assert one.facts["immutability.mode"].between == ("governance", "compliance")


def test_an_air_gapped_vault_is_locked_from_the_start(plan, tmp_path):
    plan.add(GAPPED, "v", {"name": "v", "min_retention_days": 7, "max_retention_days": 30})
    one = checked(plan, tmp_path, f"{GAPPED}.v")
    assert value(one, "immutability.mode") == "compliance"
    assert value(one, "immutability.min_days") == 7
    assert value(one, "encryption.key_custody") == "provider-owned"


def test_the_lock_and_policy_of_an_existing_vault_may_stand_elsewhere(plan, tmp_path):
    plan.add(VAULT, "v", {"name": "v"}, actions=("no-op",))
    one = checked(plan, tmp_path, f"{VAULT}.v")
    assert reason(one, "immutability.mode") is UnknownReason.NOT_COLLECTED
    assert reason(one, "access.anonymous_read") is UnknownReason.NOT_COLLECTED
