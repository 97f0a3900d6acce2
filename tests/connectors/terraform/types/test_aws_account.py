from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked
from tests.connectors.terraform.plans import PlanBuilder, value
from tests.connectors.terraform.types.cases import Case, Part, at_least
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind

BLOCK, DISKS, DETECTOR = "aws_s3_account_public_access_block", "aws_ebs_encryption_by_default", "aws_guardduty_detector"
ALL_ON = dict.fromkeys(("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"), True)
_BLOCK = "aws_s3_account_public_access_block"
_SWITCHES = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
CASES = (
    Case("aws_ebs_encryption_by_default", "enabled", "account.disk_encryption_default", {True: True, False: False}, absent=True),
    Case("aws_guardduty_detector", "enable", "account.threat_detection", {True: True, False: False}, absent=True),
    *(
        Case(_BLOCK, one, "account.public_access_blocked", {True: True, False: False}, absent=False, having=dict.fromkeys(_SWITCHES, True))
        for one in _SWITCHES
    ),
    Case(
        "aws_guardduty_detector_feature",
        "status",
        "account.threat_plans",
        {"ENABLED": at_least("relational-db")},
        absent=UnknownReason.KNOWN_AFTER_APPLY,
        having={"name": "RDS_LOGIN_EVENTS"},
        of="aws_guardduty_detector",
        unknown=UnknownReason.KNOWN_AFTER_APPLY,
        sensitive=UnknownReason.KNOWN_AFTER_APPLY,
    ),
    Case(
        "aws_guardduty_detector_feature",
        "name",
        "account.threat_plans",
        {"RDS_LOGIN_EVENTS": at_least("relational-db")},
        absent=UnknownReason.KNOWN_AFTER_APPLY,
        having={"status": "ENABLED"},
        of="aws_guardduty_detector",
        unknown=UnknownReason.KNOWN_AFTER_APPLY,
        sensitive=UnknownReason.KNOWN_AFTER_APPLY,
    ),
)
PARTS = (Part("aws_guardduty_detector_feature", "aws_guardduty_detector", {"name": "RDS_LOGIN_EVENTS", "status": "ENABLED"}, lone=True),)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_the_guardrails_of_a_provider_block_are_one_account(plan, tmp_path):
    plan.add("aws_caller_identity", "here", {"account_id": "111111111111"}, mode="data", actions=("read",))
    plan.add(BLOCK, "b", ALL_ON)
    plan.add(DISKS, "d", {"enabled": True})
    plan.add(DETECTOR, "g", {"enable": True, "datasources": [{"s3_logs": [{"enable": True}]}]})
    (one,) = plan.read(tmp_path).values()
    assert (one.id, one.kind, one.name, one.account) == (f"{BLOCK}.b", Kind.ACCOUNT, "111111111111", "111111111111")
    assert checked(plan, tmp_path, one.id).facts == one.facts
    assert value(one, "account.public_access_blocked") is True
    assert value(one, "account.disk_encryption_default") is True
    assert value(one, "account.threat_detection") is True
    assert one.facts["account.threat_plans"].includes == {"object-store"}
    assert one.tags.reason is UnknownReason.NOT_COLLECTED


def test_guardrails_that_say_nothing_have_the_documented_defaults(plan, tmp_path):
    plan.add(BLOCK, "b", {})
    plan.add(DISKS, "d", {})
    plan.add(DETECTOR, "g", {})
    (one,) = plan.read(tmp_path).values()
    assert value(one, "account.public_access_blocked") is False
    assert value(one, "account.disk_encryption_default") is True
    assert value(one, "account.threat_detection") is True


def test_what_no_guardrail_sets_stays_unsaid(plan, tmp_path):
    plan.add(DISKS, "d", {"enabled": False})
    (one,) = plan.read(tmp_path).values()
    assert set(one.facts) == {"account.disk_encryption_default"}
    assert value(one, "account.disk_encryption_default") is False


def test_another_provider_block_is_another_account_unless_it_is_known_to_be_the_same(plan, tmp_path):
    plan.add(DISKS, "d", {"enabled": True})
    plan.add(DISKS, "e", {"enabled": False}, provider="aws.west")
    assert [value(one, "account.disk_encryption_default") for one in plan.read(tmp_path).values()] == [True, False]
    for name, key in (("here", "aws"), ("there", "aws.west")):
        plan.add("aws_caller_identity", name, {"account_id": "111111111111"}, mode="data", actions=("read",), provider=key)
    (one,) = plan.read(tmp_path).values()
    assert value(one, "account.disk_encryption_default") is False, "one of its regions lacks it"


@pytest.mark.parametrize("way", WAYS)
def test_features_of_a_detector_are_joined(plan, tmp_path, way):
    feature = {"name": "RDS_LOGIN_EVENTS", "status": "ENABLED"}
    joined(plan, way, (DETECTOR, {"enable": True}), ("aws_guardduty_detector_feature", feature), "detector_id", "id")
    plans = [one.facts["account.threat_plans"] for one in plan.read(tmp_path).values()]
    # In a module called twice, the other detector names none: what both watch is not certain.
    assert [one.includes for one in plans] == [frozenset() if way == WAYS[2] else {"relational-db"}]


def test_a_detector_that_is_off_watches_nothing(plan, tmp_path):
    plan.add(DETECTOR, "g", {"enable": False})
    (one,) = plan.read(tmp_path).values()
    assert value(one, "account.threat_detection") is False
    assert value(one, "account.threat_plans") == frozenset()
