from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

GROUP, CLUSTER, SERVERLESS = "aws_elasticache_replication_group", "aws_elasticache_cluster", "aws_elasticache_serverless_cache"
COMPUTED = dict.fromkeys(
    ("arn", "id", "at_rest_encryption_enabled", "transit_encryption_enabled", "transit_encryption_mode", "user_group_ids"), True
)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_group_that_says_everything(plan, tmp_path):
    plan.add(
        GROUP, "g",
        {
            "replication_group_id": "sessions", "engine": "redis", "at_rest_encryption_enabled": True, "kms_key_id": "alias/app",
            "transit_encryption_enabled": True, "transit_encryption_mode": "preferred", "auth_token": "token", "multi_az_enabled": True,
            "snapshot_retention_limit": 7, "description": "sessions of citizens",
            "log_delivery_configuration": [{"destination": "slow", "destination_type": "cloudwatch-logs"}],
        },
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{GROUP}.g")
    assert (one.kind, one.name, one.evidence.description, unsaid(one)) == (Kind.CACHE, "sessions", "sessions of citizens", set())
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "transport.internode_encrypted") is True
    assert value(one, "transport.tls_required") is False, "preferred lets plaintext in"
    assert value(one, "access.shared_key_enabled") is True
    assert value(one, "retention.backup_days") == 7
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert (Rel.LOGS_TO, "slow") in [(link.rel, link.to) for link in one.links]


@pytest.mark.parametrize(("engine", "encrypted"), [("redis", False), ("valkey", True), (None, False)])
def test_a_group_that_says_nothing_has_its_engines_defaults(plan, tmp_path, engine, encrypted):
    plan.add(GROUP, "g", {"engine": engine}, unknown=COMPUTED)
    one = checked(plan, tmp_path, f"{GROUP}.g")
    assert value(one, "encryption.at_rest") is encrypted
    assert value(one, "transport.tls_required") is False
    assert value(one, "transport.min_tls") == "none"
    assert value(one, "access.shared_key_enabled") is False
    assert value(one, "retention.backup_days") == 0
    assert value(one, "recovery.redundancy") == "zone"


def test_what_apply_decides_is_unknown_and_what_is_sensitive_redacted(plan, tmp_path):
    names = ("at_rest_encryption_enabled", "transit_encryption_enabled", "snapshot_retention_limit", "multi_az_enabled", "user_group_ids")
    plan.add(GROUP, "g", {"engine": "redis"}, unknown=dict.fromkeys(names, True), expressions=dict.fromkeys(names, ref("local.x")))
    plan.add(
        GROUP, "h", {"engine": "redis", "auth_token": "t"}, sensitive={"auth_token": True}, expressions={"auth_token": ref("var.token")}
    )
    one = checked(plan, tmp_path, f"{GROUP}.g")
    for fact in ("encryption.at_rest", "transport.tls_required", "retention.backup_days", "recovery.redundancy"):
        assert reason(one, fact) is UnknownReason.KNOWN_AFTER_APPLY, fact
    assert reason(one, "access.central_identity_enabled") is UnknownReason.NOT_COLLECTED
    assert reason(checked(plan, tmp_path, f"{GROUP}.h"), "access.shared_key_enabled") is UnknownReason.REDACTED


def test_a_cluster_of_its_own_cannot_be_encrypted_and_a_member_is_its_groups(plan, tmp_path):
    plan.add(CLUSTER, "alone", {"cluster_id": "alone", "engine": "memcached", "replication_group_id": None})
    plan.add(
        CLUSTER, "member", {"cluster_id": "m"}, unknown={"replication_group_id": True}, expressions={"replication_group_id": ref("local.g")}
    )
    one = checked(plan, tmp_path, f"{CLUSTER}.alone")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["retention.backup_days"], NotApplicable)
    assert list(plan.read(tmp_path)) == [f"{CLUSTER}.alone"]


def test_a_serverless_cache_is_always_encrypted(plan, tmp_path):
    plan.add(
        SERVERLESS,
        "s",
        {"name": "s", "engine": "redis"},
        unknown=dict.fromkeys(("kms_key_id", "user_group_id", "snapshot_retention_limit"), True),
    )
    one = checked(plan, tmp_path, f"{SERVERLESS}.s")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "transport.tls_required") is True
    assert value(one, "recovery.redundancy") == "multi-zone"


def test_its_key_and_log_group_are_linked_by_reference_inside_a_module(plan, tmp_path):
    inside = {"module": "m", "module_keys": ("a",)}
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True}, **inside)
    plan.add("aws_cloudwatch_log_group", "l", {}, unknown={"name": True}, **inside)
    address = plan.add(
        GROUP, "g", {"engine": "redis", "at_rest_encryption_enabled": True, "log_delivery_configuration": [{"log_type": "slow-log"}]},
        unknown={"kms_key_id": True, "log_delivery_configuration": [{"destination": True}]},
        expressions={
            "kms_key_id": ref("aws_kms_key.k.arn"),
            "log_delivery_configuration": [{"destination": ref("aws_cloudwatch_log_group.l.name")}],
        },
        **inside,
    )  # fmt: skip
    one = checked(plan, tmp_path, address)
    assert [(link.rel, link.to) for link in one.links] == [
        (Rel.USES_KEY, 'module.m["a"].aws_kms_key.k'),
        (Rel.LOGS_TO, 'module.m["a"].aws_cloudwatch_log_group.l'),
    ]
