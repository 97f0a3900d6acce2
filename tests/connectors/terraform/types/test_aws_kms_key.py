from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import NA, OTHER, Case, Part, policy
from tierwise.model.fact import UNLIMITED, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import check_fact, facts_of

KEY = "aws_kms_key"
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
_KEYS = ("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key")
_OTHERS = "arn:aws:iam::222222222222"
_NAMED = policy({"AWS": "arn:aws:iam::111111111111:role/app"}, "kms:Decrypt")
CASES = (
    Case("aws_kms_key", "is_enabled", "key.state", {True: "enabled", False: "disabled"}, absent="enabled"),
    Case(_KEYS[1:], "enabled", "key.state", {True: "enabled", False: "disabled"}, absent="enabled"),
    Case(_KEYS, "deletion_window_in_days", "key.deletion_window_days", {7: 7}, absent=30),
    Case("aws_kms_key", "enable_key_rotation", "key.rotation_enabled", {True: True, False: False}, absent=False),
    Case("aws_kms_key", "rotation_period_in_days", "key.rotation_days", {90: 90}, absent=365, having={"enable_key_rotation": True}),
    Case(
        "aws_kms_key",
        "customer_master_key_spec",
        "key.rotation_enabled",
        {"RSA_4096": NA, "SYMMETRIC_DEFAULT": False},
        absent=False,
        unknown=False,
        sensitive=False,
    ),
    Case("aws_kms_key", "custom_key_store_id", "key.rotation_enabled", {"cks-0123456": NA}, absent=False, unknown=NA, sensitive=NA),
    Case("aws_kms_key", "xks_key_id", "key.protection_level", {"xks-key-of-ours": "external"}, absent="hsm"),
    Case(_KEYS, "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset()),
    Case(
        "aws_kms_key_policy",
        "policy",
        "access.external_principals",
        {OTHER: frozenset({"222222222222"})},
        absent=frozenset(),
        of="aws_kms_key",
    ),
    Case(
        "aws_kms_grant", "grantee_principal", "access.external_principals", {f"{_OTHERS}:root": frozenset({"222222222222"})},
        absent=frozenset(), having={"operations": ["Decrypt"]}, of=KEY,
    ),
    Case(
        "aws_kms_grant", "operations", "key.decrypt_named_only", [(["Decrypt"], False), (["Encrypt"], True)], absent=True,
        having={"grantee_principal": f"{_OTHERS}:root"}, of=KEY, beside={"policy": _NAMED},
    ),
    *(
        Case(
            "aws_kms_grant", f"constraints.0.encryption_context_{form}", "access.external_conditioned", [({"case": "1"}, True), ({}, False)],
            absent=False, having={"grantee_principal": f"{_OTHERS}:role/r"}, of=KEY,
        )
        for form in ("equals", "subset")
    ),
)  # fmt: skip
PARTS = (
    Part("aws_kms_alias", _KEYS, {"name": "alias/app-of-ours"}),
    Part("aws_kms_key_policy", _KEYS, {"policy": OTHER}),
    Part("aws_kms_grant", _KEYS, {"grantee_principal": f"{_OTHERS}:role/r", "operations": ["Decrypt"]}),
)


@pytest.fixture
def plan():
    found = PlanBuilder()
    found.providers["aws"]["expressions"]["allowed_account_ids"] = {"constant_value": [ACCOUNT]}
    return found


def read(plan, tmp_path, address=f"{KEY}.k"):
    one = plan.read(tmp_path)[address]
    assert [problem for fact in one.facts if (problem := check_fact(fact, one.facts[fact], one.kind))] == []
    return one


def key_policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal, *actions):
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions), "Resource": "*"}


def test_a_new_key_that_says_nothing(plan, tmp_path):
    plan.add(
        KEY, "k", {"enable_key_rotation": False}, unknown={"policy": True, "arn": True, "key_id": True, "rotation_period_in_days": True}
    )
    one = read(plan, tmp_path)
    assert (one.kind, one.name) == (Kind.KEY, "k")
    assert value(one, "key.rotation_enabled") is False
    assert value(one, "key.rotation_days") == UNLIMITED
    assert value(one, "key.state") == "enabled"
    assert value(one, "key.deletion_window_days") == 30
    assert value(one, "key.purge_protected") is True
    assert value(one, "key.protection_level") == "hsm"
    assert value(one, "access.anonymous_read") is False
    assert value(one, "access.external_principals") == frozenset()
    assert value(one, "key.admin_user_overlap") == 0
    assert reason(one, "key.decrypt_named_only") is UnknownReason.NOT_COLLECTED
    unsaid = {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts)
    assert unsaid == {"ownership.roles", "logging.data_read", "logging.data_write"}


def test_what_a_key_says(plan, tmp_path):
    after = {"enable_key_rotation": True, "rotation_period_in_days": 90, "is_enabled": False, "deletion_window_in_days": 7}
    plan.add(KEY, "k", {**after, "policy": key_policy(allow(ROLE, "kms:*"))})
    one = read(plan, tmp_path)
    assert value(one, "key.rotation_enabled") is True
    assert value(one, "key.rotation_days") == 90
    assert value(one, "key.state") == "disabled"
    assert value(one, "key.deletion_window_days") == 7
    assert value(one, "key.decrypt_named_only") is True
    assert value(one, "key.admin_user_overlap") == 1


def test_rotation_known_after_apply_and_redacted(plan, tmp_path):
    plan.add(KEY, "k", {}, unknown={"enable_key_rotation": True}, expressions={"enable_key_rotation": ref("local.x")})
    plan.add(KEY, "s", {"enable_key_rotation": True}, sensitive={"enable_key_rotation": True})
    assert reason(read(plan, tmp_path), "key.rotation_enabled") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(read(plan, tmp_path, f"{KEY}.s"), "key.rotation_days") is UnknownReason.REDACTED


def test_keys_that_kms_cannot_rotate(plan, tmp_path):
    plan.add(KEY, "k", {"customer_master_key_spec": "RSA_4096"})
    plan.add("aws_kms_external_key", "e", {})
    assert isinstance(read(plan, tmp_path).facts["key.rotation_enabled"], NotApplicable)
    assert isinstance(read(plan, tmp_path, "aws_kms_external_key.e").facts["key.rotation_days"], NotApplicable)


def test_a_replica_rotates_as_its_primary(plan, tmp_path):
    plan.add(KEY, "k", {"enable_key_rotation": True}, unknown={"arn": True})
    for name, target in (("r", "aws_kms_key.k.arn"), ("lost", "local.arn")):
        plan.add("aws_kms_replica_key", name, {}, unknown={"primary_key_arn": True}, expressions={"primary_key_arn": ref(target)})
    assert value(read(plan, tmp_path, "aws_kms_replica_key.r"), "key.rotation_days") == 365
    assert reason(read(plan, tmp_path, "aws_kms_replica_key.lost"), "key.rotation_enabled") is UnknownReason.UNRESOLVED_REFERENCE


def test_aliases_name_a_key_by_value_and_by_reference(plan, tmp_path):
    plan.add(KEY, "k", {"key_id": "1-2"}, actions=("no-op",))
    plan.add("aws_kms_alias", "a", {"name": "alias/app", "target_key_id": "1-2"})
    plan.add(
        "aws_kms_alias",
        "b",
        {"name": "alias/too"},
        unknown={"target_key_id": True},
        expressions={"target_key_id": ref("aws_kms_key.k.key_id")},
    )
    one = read(plan, tmp_path)
    assert one.name == "app"
    assert {"1-2", "alias/app", "alias/too"} <= set(one.aliases)


def test_a_key_policy_of_its_own_wins_and_a_loose_one_leaves_it_open(plan, tmp_path):
    plan.add(KEY, "k", {}, unknown={"policy": True, "key_id": True})
    document = key_policy(allow("*", "kms:Decrypt"))
    plan.add("aws_kms_key_policy", "p", {"policy": document}, unknown={"key_id": True}, expressions={"key_id": ref("aws_kms_key.k.id")})
    assert value(read(plan, tmp_path), "access.anonymous_read") is True
    plan.root["resources"][-1]["expressions"]["key_id"] = ref("local.id")
    assert reason(read(plan, tmp_path), "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE


def test_principals_known_after_apply_leave_the_overlap_open(plan, tmp_path):
    statement = {"actions": ["kms:*"], "resources": ["*"], "principals": [{"type": "AWS", "identifiers": [None]}]}
    plan.add(
        "aws_iam_policy_document", "d", {"statement": [statement]}, mode="data", actions=("read",),
        unknown={"json": True, "statement": [{"principals": [{"identifiers": [True]}]}]},
    )  # fmt: skip
    plan.add(KEY, "k", {}, unknown={"policy": True}, expressions={"policy": ref("data.aws_iam_policy_document.d.json")})
    one = read(plan, tmp_path)
    assert reason(one, "key.admin_user_overlap") is UnknownReason.KNOWN_AFTER_APPLY
    assert isinstance(one.facts["access.external_principals"], Unknown)


def test_a_grant_to_a_role_of_the_plan_lets_nobody_else_in(plan, tmp_path):
    plan.add(KEY, "k", {"key_id": "k"})
    plan.add("aws_iam_role", "app", {}, unknown={"arn": True})
    grant = {"key_id": "k", "operations": ["Decrypt"]}
    role = {"grantee_principal": ref("aws_iam_role.app.arn")}
    plan.add("aws_kms_grant", "g", grant, unknown={"grantee_principal": True}, expressions=role)
    assert value(read(plan, tmp_path), "access.external_principals") == frozenset()


def test_who_administers_a_key_and_uses_it_by_a_grant_is_counted(plan, tmp_path):
    plan.add(KEY, "k", {"key_id": "k", "policy": policy({"AWS": ROLE}, "kms:PutKeyPolicy")})
    assert value(read(plan, tmp_path), "key.admin_user_overlap") == 0
    plan.add("aws_kms_grant", "g", {"key_id": "k", "operations": ["GenerateDataKeyWithoutPlaintext"], "grantee_principal": ROLE})
    assert value(read(plan, tmp_path), "key.admin_user_overlap") == 1
