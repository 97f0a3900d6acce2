from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import GONE, Case, Part, Seen
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

GROUP, CLUSTER, SERVERLESS = "aws_elasticache_replication_group", "aws_elasticache_cluster", "aws_elasticache_serverless_cache"
COMPUTED = dict.fromkeys(
    ("arn", "id", "at_rest_encryption_enabled", "transit_encryption_enabled", "transit_encryption_mode", "user_group_ids"), True
)
_CACHES = ("aws_elasticache_replication_group", "aws_elasticache_cluster")
_GROUP, _SERVERLESS = "aws_elasticache_replication_group", "aws_elasticache_serverless_cache"
CASES = (
    Case(_GROUP, "at_rest_encryption_enabled", "encryption.at_rest", {True: True, False: False}, absent=False),
    Case(_GROUP, "engine", "encryption.at_rest", {"valkey": True, "redis": False}, absent=False),
    Case(
        _GROUP,
        "kms_key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-owned",
        having={"at_rest_encryption_enabled": True},
    ),
    Case(_SERVERLESS, "kms_key_id", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent="provider-owned"),
    Case(_CACHES, "transit_encryption_enabled", "transport.tls_required", {True: True, False: False}, absent=False),
    Case(
        _GROUP,
        "transit_encryption_mode",
        "transport.tls_required",
        {"preferred": False, "required": True},
        absent=True,
        having={"transit_encryption_enabled": True},
    ),
    Case(_GROUP, "auth_token", "access.shared_key_enabled", {"a-long-token-of-ours": True}, absent=False, unknown=True),
    Case(_GROUP, "user_group_ids", "access.central_identity_enabled", [(["g"], UnknownReason.UNRESOLVED_REFERENCE)], absent=False),
    Case(
        _SERVERLESS, "user_group_id", "access.central_identity_enabled", {"group-of-ours": UnknownReason.UNRESOLVED_REFERENCE}, absent=False
    ),
    Case((*_CACHES, _SERVERLESS), "snapshot_retention_limit", "retention.backup_days", {7: 7, 0: 0}, absent=0),
    Case(_GROUP, "multi_az_enabled", "recovery.redundancy", {True: "multi-zone", False: "zone"}, absent="zone"),
    Case(_CACHES, "log_delivery_configuration.0.destination", "logs-to", {"group-of-ours": ("group-of-ours",)}, absent=()),
    Case(
        "aws_elasticache_cluster",
        "replication_group_id",
        "encryption.at_rest",
        {"group-of-ours": GONE},
        absent=False,
        unknown=GONE,
        sensitive=GONE,
    ),
)
PARTS = (
    Part(
        "aws_elasticache_user_group_association", "aws_elasticache_user_group", {"user_id": "default"},
        seen=Seen(_SERVERLESS, "user_group_id"),
    ),
)  # fmt: skip


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


def test_a_cluster_of_its_own_cannot_be_encrypted_and_a_member_is_its_groups(plan, tmp_path):
    plan.add(CLUSTER, "alone", {"cluster_id": "alone", "engine": "memcached", "replication_group_id": None})
    plan.add(
        CLUSTER, "member", {"cluster_id": "m"}, unknown={"replication_group_id": True}, expressions={"replication_group_id": ref("local.g")}
    )
    one = checked(plan, tmp_path, f"{CLUSTER}.alone")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["retention.backup_days"], NotApplicable)
    assert list(plan.read(tmp_path)) == [f"{CLUSTER}.alone"]


@pytest.mark.parametrize("name", ["description", "replication_group_description"])
def test_what_a_group_is_for_is_evidence_by_either_name_of_the_argument(plan, tmp_path, name):
    plan.add(GROUP, "g", {"replication_group_id": "g", name: "sessions of citizens"})
    assert checked(plan, tmp_path, f"{GROUP}.g").evidence.description == "sessions of citizens"


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


@pytest.mark.parametrize(
    ("user", "local", "central"),
    [
        ({"authentication_mode": [{"type": "iam"}]}, False, True),
        ({"authentication_mode": [{"type": "password"}]}, True, False),
        ({"passwords": ["a-long-password-of-ours"]}, True, False),
        ({"no_password_required": True}, False, False),
    ],
)
@pytest.mark.parametrize("association", [False, True])
def test_the_users_of_a_group_say_how_one_logs_in(plan, tmp_path, user, local, central, association):
    plan.add("aws_elasticache_user", "u", {"user_id": "app", **user}, sensitive={"passwords": True} if "passwords" in user else {})
    plan.add("aws_elasticache_user_group", "g", {"user_group_id": "g", "user_ids": [] if association else ["app"]})
    if association:
        plan.add("aws_elasticache_user_group_association", "a", {"user_group_id": "g", "user_id": "app"})
    plan.add(
        _SERVERLESS,
        "c",
        {"name": "c"},
        unknown={"user_group_id": True},
        expressions={"user_group_id": ref("aws_elasticache_user_group.g.user_group_id")},
    )
    one = checked(plan, tmp_path, f"{_SERVERLESS}.c")
    assert value(one, "access.local_auth_enabled") is local
    assert value(one, "access.central_identity_enabled") is central
    assert "a-long-password-of-ours" not in str(one)


def test_a_user_of_a_group_that_is_not_in_the_plan_may_log_in_either_way(plan, tmp_path):
    plan.add("aws_elasticache_user_group", "g", {"user_group_id": "g", "user_ids": ["default"]})
    plan.add(_SERVERLESS, "c", {"name": "c", "user_group_id": "g"})
    one = checked(plan, tmp_path, f"{_SERVERLESS}.c")
    assert reason(one, "access.local_auth_enabled") is UnknownReason.UNRESOLVED_REFERENCE
    assert "default" in one.facts["access.local_auth_enabled"].detail
