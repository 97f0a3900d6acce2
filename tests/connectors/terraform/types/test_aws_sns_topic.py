from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import NA, OTHER, Case, Part
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

TOPIC = "aws_sns_topic"
OPEN = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", "Resource": "*"}]}
)
LOGS = ("logging.data_read", "logging.data_write")
CASES = (
    Case(
        TOPIC,
        "kms_master_key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer", "alias/aws/sns": "provider-managed"},
        absent=NA,
    ),
    Case(TOPIC, "archive_policy", "retention.delete_after_days", {'{"MessageRetentionPeriod": 30}': 30}, absent=NA),
    Case(TOPIC, "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset()),
    Case(f"{TOPIC}_policy", "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset(), of=TOPIC),
    Case(
        "aws_sns_topic_subscription",
        "protocol",
        "exports-to",
        {"sqs": ("arn:aws:sqs:::q",), "email": ()},
        absent=(),
        having={"endpoint": "arn:aws:sqs:::q"},
        of=TOPIC,
    ),
    Case(
        "aws_sns_topic_subscription",
        "endpoint",
        "exports-to",
        {"arn:aws:sqs:::q": ("arn:aws:sqs:::q",)},
        absent=(),
        having={"protocol": "sqs"},
        of=TOPIC,
    ),
)
PARTS = (Part("aws_sns_topic_subscription", TOPIC, {"protocol": "sqs", "endpoint": "arn:aws:sqs:eu-west-2:111111111111:q"}),)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_topic_that_says_everything(plan, tmp_path):
    archive = json.dumps({"MessageRetentionPeriod": "30"})
    plan.add(TOPIC, "t", {"name": "news", "kms_master_key_id": "alias/aws/sns", "archive_policy": archive, "policy": OPEN})
    one = checked(plan, tmp_path, f"{TOPIC}.t")
    assert (one.kind, one.name, unsaid(one, LOGS)) == (Kind.QUEUE, "news", set())
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "provider-managed"
    assert value(one, "retention.delete_after_days") == 30
    assert value(one, "access.anonymous_read") is True


def test_a_topic_without_a_key_is_not_encrypted(plan, tmp_path):
    plan.add(TOPIC, "t", {"name": "t", "kms_master_key_id": None}, unknown=dict.fromkeys(("arn", "id", "policy"), True))
    one = checked(plan, tmp_path, f"{TOPIC}.t")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)
    assert isinstance(one.facts["retention.delete_after_days"], NotApplicable)
    assert value(one, "access.anonymous_read") is False


def test_a_key_that_apply_decides_leaves_encryption_open_unless_it_leads_to_a_key(plan, tmp_path):
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True})
    for name, source in (("t", "local.key"), ("u", "aws_kms_key.k.arn")):
        plan.add(TOPIC, name, {}, unknown={"kms_master_key_id": True}, expressions={"kms_master_key_id": ref(source)})
    assert reason(checked(plan, tmp_path, f"{TOPIC}.t"), "encryption.at_rest") is UnknownReason.KNOWN_AFTER_APPLY
    assert value(checked(plan, tmp_path, f"{TOPIC}.u"), "encryption.key_custody") == "customer"


def test_a_sensitive_key_is_redacted(plan, tmp_path):
    plan.add(TOPIC, "t", {"kms_master_key_id": "x"}, sensitive={"kms_master_key_id": True})
    assert reason(checked(plan, tmp_path, f"{TOPIC}.t"), "encryption.at_rest") is UnknownReason.REDACTED


@pytest.mark.parametrize("way", WAYS)
def test_subscribed_queues_receive_and_addresses_do_not(plan, tmp_path, way):
    queue = {"protocol": "sqs", "endpoint": "arn:aws:sqs:eu-west-2:111111111111:q"}
    address = joined(plan, way, (TOPIC, {"name": "t"}), ("aws_sns_topic_subscription", queue), "topic_arn", "arn")
    found = plan.read(tmp_path)
    assert [(link.rel, link.to) for link in found[address].links] == [(Rel.EXPORTS_TO, queue["endpoint"])]
    plan.changes[1]["change"]["after"]["protocol"] = "email"
    assert plan.read(tmp_path)[address].links == ()
