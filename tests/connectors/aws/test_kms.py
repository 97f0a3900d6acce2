import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS
from tierwise.model.fact import UNLIMITED, Known, NotApplicable, Unknown, UnknownReason

OUTSIDER = "999988887777"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def policy(*statements: dict) -> str:
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [root, *statements]})


def described(key: str, **fields: object) -> dict:
    meta = {"KeyId": key, "Arn": f"arn:aws:kms:eu-west-2:{ACCOUNT}:key/{key}", "KeyManager": "CUSTOMER", "Origin": "AWS_KMS"}
    return {"KeyMetadata": {"KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", **meta, **fields}}


def test_a_customer_key_has_its_state_rotation_policy_and_names(aws, collect):
    kms = aws("kms")
    on = kms.create_key(Description="claims", Policy=policy(), Tags=[{"TagKey": "owner", "TagValue": "a-team"}])["KeyMetadata"]
    kms.enable_key_rotation(KeyId=on["KeyId"])
    kms.create_alias(AliasName="alias/claims", TargetKeyId=on["KeyId"])
    public = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    off = kms.create_key(Policy=policy(public))["KeyMetadata"]
    signing = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
    estate = collect("kms", ALL_FACTS)
    assert not estate.gaps
    first, second, third = estate[on["Arn"]], estate[off["Arn"]], estate[signing["Arn"]]
    assert first.name == "claims"
    assert {on["KeyId"], "alias/claims", f"arn:aws:kms:eu-west-2:{ACCOUNT}:alias/claims"} <= set(first.aliases)
    assert isinstance(first.tags, Known)
    assert first.tags.value == {"owner": "a-team"}
    assert first.evidence.description == "claims"
    expected = {
        "key.protection_level": "hsm",
        "key.state": "enabled",
        "key.rotation_enabled": True,
        "key.rotation_days": 365,
        "key.purge_protected": True,
        "access.anonymous_read": False,
        "access.external_principals": frozenset(),
        "key.admin_user_overlap": 0,
    }
    for name, value in expected.items():
        fact = first.facts[name]
        assert isinstance(fact, Known), name
        assert fact.value == value, name
    assert second.facts["key.rotation_days"].value == UNLIMITED
    assert second.facts["access.anonymous_read"].value is True
    assert second.facts["key.decrypt_named_only"].value is False
    assert isinstance(third.facts["key.rotation_enabled"], NotApplicable)


def test_the_period_of_rotation_is_a_year_where_none_is_given(aws, collect):
    arn = aws("kms").create_key()["KeyMetadata"]["Arn"]
    for answer, days in (({"RotationPeriodInDays": 120}, 120), ({}, 365)):
        canned = {("kms", "GetKeyRotationStatus"): {"KeyRotationEnabled": True, **answer}}
        assert collect("kms", frozenset({"key.rotation_days"}), canned=canned)[arn].facts["key.rotation_days"].value == days


def test_grants_let_named_outsiders_in_beside_the_policy(aws, collect):
    kms = aws("kms")
    admin = f"arn:aws:iam::{ACCOUNT}:role/admin"
    statement = {"Effect": "Allow", "Principal": {"AWS": admin}, "Action": "kms:PutKeyPolicy", "Resource": "*"}
    key = kms.create_key(Policy=policy(statement))["KeyMetadata"]
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=f"arn:aws:iam::{OUTSIDER}:role/reader", Operations=["Decrypt"])
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=admin, Operations=["GenerateDataKey"])
    facts = collect("kms", ALL_FACTS)[key["Arn"]].facts
    assert facts["access.external_principals"].value == {OUTSIDER}
    assert facts["access.external_conditioned"].value is False
    assert facts["key.admin_user_overlap"].value == 1
    denied = collect("kms", ALL_FACTS, canned={("kms", "ListGrants"): "AccessDeniedException"})[key["Arn"]].facts
    for name in ("access.external_principals", "access.external_conditioned"):
        assert isinstance(denied[name], Unknown)
        assert denied[name].via.action == "kms:ListGrants"
    assert denied["access.anonymous_read"].value is False
    assert denied["key.admin_user_overlap"].between == (0, 1)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"KeyState": "PendingDeletion", "DeletionDate": NOW + timedelta(days=30)},
            {"key.state": "pending-deletion", "key.deletion_window_days": 30},
        ),
        (
            {"KeyState": "PendingReplicaDeletion", "PendingDeletionWindowInDays": 11},
            {"key.state": "pending-deletion", "key.deletion_window_days": 11},
        ),
        ({"KeyState": "Unavailable", "Origin": "AWS_CLOUDHSM"}, {"key.state": "disabled", "key.protection_level": "hsm"}),
        ({"KeyState": "Updating", "Origin": "EXTERNAL_KEY_STORE"}, {"key.state": "enabled", "key.protection_level": "external"}),
        ({"KeyState": "PendingImport", "Origin": "EXTERNAL"}, {"key.state": "disabled", "key.protection_level": "hsm"}),
    ],
)
def test_states_origins_and_deletion_windows_mean_what_the_documentation_says(aws, collect, fields, expected):
    arn = aws("kms").create_key()["KeyMetadata"]["Arn"]
    facts = collect("kms", canned={("kms", "DescribeKey"): described(arn.rsplit("/", 1)[-1], **fields)}, now=NOW)[arn].facts
    for name, value in expected.items():
        assert isinstance(facts[name], Known), name
        assert facts[name].value == value, name


def test_what_is_left_of_a_deletion_window_is_only_its_lower_bound(aws, collect):
    arn = aws("kms").create_key()["KeyMetadata"]["Arn"]
    canned = {
        ("kms", "DescribeKey"): described(
            arn.rsplit("/", 1)[-1], KeyState="PendingDeletion", DeletionDate=NOW + timedelta(days=12, hours=1)
        )
    }
    window = collect("kms", canned=canned, now=NOW)[arn].facts["key.deletion_window_days"]
    assert isinstance(window, Unknown)
    assert window.between == (13, 30)


def test_aws_managed_keys_are_no_resources(aws, collect):
    arn = aws("kms").create_key()["KeyMetadata"]["Arn"]
    key = arn.rsplit("/", 1)[-1]
    by_alias = {("kms", "ListAliases"): {"Aliases": [{"AliasName": "alias/aws/ebs", "TargetKeyId": key}], "Truncated": False}}
    assert not collect("kms", canned={**by_alias, ("kms", "DescribeKey"): "AccessDeniedException"})
    assert not collect("kms", canned={("kms", "DescribeKey"): described(key, KeyManager="AWS")})


def test_denied_reads_are_unknown_and_a_denied_listing_is_a_gap(aws, collect):
    arn = aws("kms").create_key()["KeyMetadata"]["Arn"]
    canned = {("kms", name): "AccessDeniedException" for name in ("DescribeKey", "GetKeyRotationStatus", "GetKeyPolicy")}
    facts = collect("kms", ALL_FACTS, canned=canned)[arn].facts
    for name in ("key.state", "key.protection_level", "key.rotation_enabled", "access.anonymous_read", "key.decrypt_named_only"):
        assert isinstance(facts[name], Unknown), name
        assert facts[name].reason is UnknownReason.PERMISSION_DENIED
    throttled = collect("kms", canned={("kms", "ListKeys"): "ThrottlingException"})
    assert not throttled
    assert [(gap.action, gap.reason) for gap in throttled.gaps] == [("kms:ListKeys", "throttled")]
