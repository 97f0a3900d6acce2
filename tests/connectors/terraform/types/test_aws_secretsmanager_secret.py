from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import OTHER, Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Rel

SECRET = "aws_secretsmanager_secret"
OPEN = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}],
    }
)
CASES = (
    Case(SECRET, "kms_key_id", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent="provider-managed"),
    Case(SECRET, "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset()),
    Case(
        SECRET,
        "replica.0.region",
        "replicates-to",
        {"eu-west-1": ("arn:aws:secretsmanager:eu-west-1:111111111111:secret:aws_secretsmanager_secret.x",)},
        absent=(),
    ),
    Case(f"{SECRET}_policy", "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset(), of=SECRET),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_secret_that_says_everything(plan, tmp_path):
    plan.add(SECRET, "s", {"name": "s", "kms_key_id": "alias/app", "policy": OPEN, "replica": [{"region": "eu-west-1"}]})
    one = checked(plan, tmp_path, f"{SECRET}.s")
    assert unsaid(one, ("logging.data_read", "logging.data_write")) == set()
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "access.anonymous_read") is True
    assert [link.to for link in one.links if link.rel is Rel.REPLICATES_TO] == ["arn:aws:secretsmanager:eu-west-1::secret:s"]


def test_a_secret_that_says_nothing_is_under_the_managed_key(plan, tmp_path):
    plan.add(
        SECRET,
        "s",
        {"name": "s", "kms_key_id": None, "recovery_window_in_days": 30},
        unknown={"arn": True, "policy": True, "replica": True},
    )
    one = checked(plan, tmp_path, f"{SECRET}.s")
    assert value(one, "encryption.key_custody") == "provider-managed"
    assert value(one, "access.anonymous_read") is False
    assert one.facts["recovery.soft_delete_days"].between == (7, 30)
    assert one.links == ()


def test_a_key_that_apply_decides_is_unknown_and_a_sensitive_policy_redacted(plan, tmp_path):
    plan.add(SECRET, "s", {}, unknown={"kms_key_id": True}, expressions={"kms_key_id": ref("local.x")})
    plan.add(SECRET, "t", {"policy": OPEN}, sensitive={"policy": True})
    assert reason(checked(plan, tmp_path, f"{SECRET}.s"), "encryption.key_custody") is UnknownReason.UNRESOLVED_REFERENCE
    assert reason(checked(plan, tmp_path, f"{SECRET}.t"), "access.anonymous_read") is UnknownReason.REDACTED
