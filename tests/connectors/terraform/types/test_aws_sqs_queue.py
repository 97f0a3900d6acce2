from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import OTHER, Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

QUEUE = "aws_sqs_queue"
COMPUTED = dict.fromkeys(("url", "arn", "id", "policy", "sqs_managed_sse_enabled", "redrive_policy"), True)
OPEN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]})
LOGS = ("logging.data_read", "logging.data_write")
_REDRIVE = '{"deadLetterTargetArn": "arn:aws:sqs:::dead-letters"}'
CASES = (
    Case(QUEUE, "kms_master_key_id", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent="provider-owned"),
    Case(QUEUE, "sqs_managed_sse_enabled", "encryption.at_rest", {True: True, False: False}, absent=True),
    Case(QUEUE, "message_retention_seconds", "retention.delete_after_days", {86400: 1}, absent=4),
    Case(QUEUE, "redrive_policy", "exports-to", {_REDRIVE: ("arn:aws:sqs:::dead-letters",)}, absent=()),
    Case(f"{QUEUE}_redrive_policy", "redrive_policy", "exports-to", {_REDRIVE: ("arn:aws:sqs:::dead-letters",)}, absent=(), of=QUEUE),
    Case(QUEUE, "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset()),
    Case(f"{QUEUE}_policy", "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset(), of=QUEUE),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_queue_that_says_everything(plan, tmp_path):
    redrive = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:eu-west-2:111111111111:dead", "maxReceiveCount": 3})
    plan.add(
        QUEUE, "q",
        {"name": "cases", "kms_master_key_id": "alias/app", "message_retention_seconds": 1_209_600, "redrive_policy": redrive, "policy": OPEN},
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{QUEUE}.q")
    assert (one.kind, one.name, unsaid(one, LOGS)) == (Kind.QUEUE, "cases", set())
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "retention.delete_after_days") == 14
    assert value(one, "access.anonymous_read") is True
    assert (Rel.EXPORTS_TO, "arn:aws:sqs:eu-west-2:111111111111:dead") in [(link.rel, link.to) for link in one.links]


def test_a_queue_that_says_nothing_is_under_the_services_key_for_four_days(plan, tmp_path):
    plan.add(QUEUE, "q", {"name": "q", "kms_master_key_id": None, "message_retention_seconds": 345_600}, unknown=COMPUTED)
    one = checked(plan, tmp_path, f"{QUEUE}.q")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "retention.delete_after_days") == 4
    assert value(one, "access.anonymous_read") is False
    assert value(one, "transport.tls_required") is False
    assert one.links == ()


def test_a_queue_that_refuses_the_services_key_is_plain(plan, tmp_path):
    plan.add(QUEUE, "q", {"sqs_managed_sse_enabled": False, "kms_master_key_id": None})
    assert value(checked(plan, tmp_path, f"{QUEUE}.q"), "encryption.at_rest") is False


def test_what_apply_decides_is_unknown(plan, tmp_path):
    names = ("kms_master_key_id", "message_retention_seconds", "policy", "sqs_managed_sse_enabled")
    plan.add(QUEUE, "q", {}, unknown=dict.fromkeys(names, True), expressions=dict.fromkeys(names, ref("local.x")))
    one = checked(plan, tmp_path, f"{QUEUE}.q")
    for fact in ("encryption.at_rest", "retention.delete_after_days", "access.anonymous_read"):
        assert reason(one, fact) is UnknownReason.KNOWN_AFTER_APPLY, fact


def test_a_sensitive_policy_is_redacted(plan, tmp_path):
    plan.add(QUEUE, "q", {"policy": OPEN}, sensitive={"policy": True})
    assert reason(checked(plan, tmp_path, f"{QUEUE}.q"), "access.anonymous_read") is UnknownReason.REDACTED


def test_the_key_and_the_dead_letter_queue_are_linked_by_reference(plan, tmp_path):
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True})
    plan.add(QUEUE, "dead", {"name": "dead"}, unknown=COMPUTED)
    plan.add(
        QUEUE, "q", {"name": "q"}, unknown={**COMPUTED, "kms_master_key_id": True},
        expressions={"kms_master_key_id": ref("aws_kms_key.k.arn"), "redrive_policy": ref("aws_sqs_queue.dead.arn")},
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{QUEUE}.q")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, "aws_kms_key.k"), (Rel.EXPORTS_TO, "aws_sqs_queue.dead")]


def test_an_existing_queue_says_its_policy_itself(plan, tmp_path):
    plan.add(QUEUE, "q", {"name": "q", "policy": ""}, actions=("no-op",))
    assert value(checked(plan, tmp_path, f"{QUEUE}.q"), "access.anonymous_read") is False
