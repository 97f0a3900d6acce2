from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import Case, Part
from tierwise.model.fact import UNLIMITED, UnknownReason
from tierwise.model.resource import Kind, Rel

GROUP, POLICY = "aws_cloudwatch_log_group", "aws_cloudwatch_log_resource_policy"
CASES = (
    Case(GROUP, "retention_in_days", "retention.log_days", {365: 365, 0: UNLIMITED}, absent=UNLIMITED),
    Case(GROUP, "kms_key_id", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent="provider-owned"),
    Case(GROUP, "deletion_protection_enabled", "recovery.delete_protected", {True: True, False: False}, absent=False),
)
PARTS = (Part("aws_cloudwatch_log_data_protection_policy", GROUP),)


def opened(resource):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "logs:GetLogEvents", "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_group_that_says_everything(plan, tmp_path):
    plan.add(GROUP, "g", {"name": "/aws/audit", "retention_in_days": 365, "kms_key_id": "alias/app", "deletion_protection_enabled": True})
    one = checked(plan, tmp_path, f"{GROUP}.g")
    assert (one.kind, one.name, unsaid(one)) == (Kind.LOG_STORE, "/aws/audit", set())
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "retention.log_days") == 365
    assert value(one, "retention.expiry_configured") is True
    assert value(one, "recovery.delete_protected") is True
    assert value(one, "access.anonymous_read") is False


def test_a_group_that_says_nothing_keeps_events_for_ever(plan, tmp_path):
    plan.add(GROUP, "g", {"name": "g", "retention_in_days": 0, "kms_key_id": None})
    one = checked(plan, tmp_path, f"{GROUP}.g")
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "retention.log_days") == UNLIMITED
    assert value(one, "retention.expiry_configured") is False
    assert value(one, "recovery.delete_protected") is False


def test_a_group_of_the_delivery_class_keeps_a_day(plan, tmp_path):
    plan.add(GROUP, "g", {"name": "g", "retention_in_days": 0, "log_group_class": "DELIVERY"})
    assert value(checked(plan, tmp_path, f"{GROUP}.g"), "retention.log_days") == 1


def test_a_resource_policy_counts_for_the_groups_that_it_names(plan, tmp_path):
    for name in ("audit", "other"):
        plan.add(GROUP, name, {"name": name})
    plan.add(POLICY, "p", {"policy_document": opened("arn:aws:logs:eu-west-2:111111111111:log-group:audit:*")})
    assert value(checked(plan, tmp_path, f"{GROUP}.audit"), "access.anonymous_read") is True
    assert value(checked(plan, tmp_path, f"{GROUP}.other"), "access.anonymous_read") is False


def test_the_policies_of_the_region_of_an_existing_group_may_stand_elsewhere(plan, tmp_path):
    plan.add(GROUP, "g", {"name": "g"}, actions=("no-op",))
    assert reason(checked(plan, tmp_path, f"{GROUP}.g"), "access.anonymous_read") is UnknownReason.NOT_COLLECTED


def test_its_key_is_linked_inside_a_module(plan, tmp_path):
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True}, module="m", module_keys=("a",))
    address = plan.add(
        GROUP, "g", {}, unknown={"kms_key_id": True}, expressions={"kms_key_id": ref("aws_kms_key.k.arn")}, module="m", module_keys=("a",)
    )
    one = checked(plan, tmp_path, address)
    assert value(one, "encryption.key_custody") == "customer"
    assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, 'module.m["a"].aws_kms_key.k')]


def test_whether_a_policy_names_a_group_without_a_name_yet_is_unknown_unless_it_names_all(plan, tmp_path):
    plan.add(GROUP, "g", {}, unknown={"name": True})
    plan.add(POLICY, "p", {"policy_document": opened("arn:aws:logs:eu-west-2:111111111111:log-group:audit:*")})
    assert reason(checked(plan, tmp_path, f"{GROUP}.g"), "access.anonymous_read") is UnknownReason.KNOWN_AFTER_APPLY
    plan.changes[1]["change"]["after"]["policy_document"] = opened("*")
    assert value(checked(plan, tmp_path, f"{GROUP}.g"), "access.anonymous_read") is True
