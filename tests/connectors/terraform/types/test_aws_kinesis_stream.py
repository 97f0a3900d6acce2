from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, value
from tests.connectors.terraform.types.cases import OTHER, Case
from tierwise.model.fact import NotApplicable, UnknownReason

STREAM = "aws_kinesis_stream"
SHARED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "kinesis:GetRecords", "Resource": "*"}],
    }
)
CASES = (
    Case(STREAM, "encryption_type", "encryption.at_rest", {"KMS": True, "NONE": False}, absent=False),
    Case(
        STREAM,
        "kms_key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer", "alias/aws/kinesis": "provider-managed"},
        absent="provider-managed",
        having={"encryption_type": "KMS"},
    ),
    Case(STREAM, "retention_period", "retention.delete_after_days", {49: 3, 24: 1}, absent=1),
    Case(
        "aws_kinesis_resource_policy",
        "policy",
        "access.external_principals",
        {OTHER: frozenset({"222222222222"})},
        absent=frozenset(),
        of=STREAM,
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_stream_that_says_everything(plan, tmp_path):
    plan.add(STREAM, "s", {"name": "s", "encryption_type": "KMS", "kms_key_id": "alias/app", "retention_period": 49})
    one = checked(plan, tmp_path, f"{STREAM}.s")
    assert unsaid(one, ("logging.data_read", "logging.data_write")) == set()
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "retention.delete_after_days") == 3


def test_a_stream_that_says_nothing_is_plain_for_a_day(plan, tmp_path):
    plan.add(STREAM, "s", {"name": "s", "encryption_type": None, "retention_period": None}, unknown={"arn": True})
    one = checked(plan, tmp_path, f"{STREAM}.s")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)
    assert value(one, "retention.delete_after_days") == 1
    assert value(one, "access.external_principals") == frozenset()


def test_the_policy_of_an_existing_stream_may_stand_elsewhere(plan, tmp_path):
    plan.add(STREAM, "s", {"name": "s"}, actions=("no-op",))
    one = checked(plan, tmp_path, f"{STREAM}.s")
    assert reason(one, "access.external_principals") is UnknownReason.NOT_COLLECTED
    assert "not in this plan" in one.facts["access.external_principals"].detail
