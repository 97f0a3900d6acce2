from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, ref, value
from tests.connectors.terraform.types.cases import OTHER, Case, policy
from tierwise.model.fact import UNLIMITED
from tierwise.model.resource import Kind

BUCKET, NAME = "aws_s3_directory_bucket", "data--euw2-az1--x-s3"
SSE, LIFECYCLE = "aws_s3_bucket_server_side_encryption_configuration", "aws_s3_bucket_lifecycle_configuration"
_KMS = "rule.0.apply_server_side_encryption_by_default.0"
_BY_KMS = {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]}
_EXPIRES = {"status": "Enabled", "expiration": [{"days": 30}]}
_DISABLED = {"status": "Disabled", "expiration": [{"days": 30}]}
CASES = (
    Case(SSE, f"{_KMS}.sse_algorithm", "encryption.key_custody", {"AES256": "provider-owned"}, absent="provider-owned", of=BUCKET),
    Case(
        SSE, f"{_KMS}.kms_master_key_id", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent="provider-managed",
        bare="provider-owned", having=_BY_KMS, of=BUCKET,
    ),
    Case(
        "aws_s3_bucket_policy", "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset(), of=BUCKET,
    ),
    Case(
        LIFECYCLE, "rule", "retention.delete_after_days", [([_EXPIRES], 30), ([_DISABLED], UNLIMITED)], absent=UNLIMITED, of=BUCKET,
    ),
)  # fmt: skip


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_directory_bucket_says_every_fact_of_object_stores(plan, tmp_path):
    plan.add(BUCKET, "d", {"bucket": NAME})
    one = checked(plan, tmp_path, f"{BUCKET}.d")
    assert (one.kind, one.name, unsaid(one)) == (Kind.OBJECT_STORE, NAME, {"credential.oldest_key_days", "retention.legal_hold"})
    assert value(one, "recovery.redundancy") == "zone"
    assert value(one, "recovery.versioning") is False
    assert value(one, "access.public_blocked") is True


def test_no_policy_makes_a_directory_bucket_public(plan, tmp_path):
    plan.add(BUCKET, "d", {"bucket": NAME})
    plan.add("aws_s3_bucket_policy", "p", {"bucket": NAME, "policy": policy("*", "s3express:CreateSession")})
    one = checked(plan, tmp_path, f"{BUCKET}.d")
    assert value(one, "access.anonymous_read") is False
    assert value(one, "access.external_principals") == frozenset()


def test_parts_of_a_directory_bucket_leave_nothing_open_on_another_bucket(plan, tmp_path):
    plan.add("aws_s3_bucket", "b", {"bucket": "data"})
    plan.add(BUCKET, "d", {}, unknown={"bucket": True})
    for kind, values in ((SSE, _BY_KMS), (LIFECYCLE, {"rule": [_EXPIRES]}), ("aws_s3_bucket_policy", {"policy": OTHER})):
        plan.add(kind, "p", values, unknown={"bucket": True}, expressions={"bucket": ref(f"{BUCKET}.d.bucket")})
    found = plan.read(tmp_path)
    assert value(found["aws_s3_bucket.b"], "encryption.key_custody") == "provider-owned"
    assert value(found["aws_s3_bucket.b"], "access.external_principals") == frozenset()
    assert value(found["aws_s3_bucket.b"], "retention.delete_after_days") == UNLIMITED
    assert value(found[f"{BUCKET}.d"], "encryption.key_custody") == "provider-managed"
    assert value(found[f"{BUCKET}.d"], "retention.delete_after_days") == 30
