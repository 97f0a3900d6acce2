import json

from tests.connectors.aws.conftest import ACCOUNT
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

ARN = f"arn:aws:sqs:eu-west-2:{ACCOUNT}:"


def test_queues_say_who_keeps_the_key_and_how_long_messages_live(aws, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    sqs = aws("sqs")
    sqs.create_queue(QueueName="dead", Attributes={"SqsManagedSseEnabled": "true", "MessageRetentionPeriod": "1209600"})
    redrive = json.dumps({"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": "3"})
    own = {"KmsMasterKeyId": key, "RedrivePolicy": redrive, "MessageRetentionPeriod": "90000"}
    url = sqs.create_queue(QueueName="own", Attributes=own, tags={"owner": "a-team"})["QueueUrl"]
    anyone = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}
    sqs.create_queue(QueueName="open", Attributes={"SqsManagedSseEnabled": "false", "Policy": json.dumps(anyone)})
    sqs.create_queue(QueueName="aws", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    estate = collect("sqs")
    assert not estate.gaps
    assert estate[f"{ARN}own"].facts["encryption.key_custody"].value == "customer"
    assert estate[f"{ARN}own"].facts["retention.delete_after_days"].value == 2
    assert set(estate[f"{ARN}own"].links) == {Link(Rel.USES_KEY, key), Link(Rel.EXPORTS_TO, f"{ARN}dead")}
    assert estate[f"{ARN}own"].tags.value == {"owner": "a-team"}
    assert url in estate[f"{ARN}own"].aliases
    assert estate[f"{ARN}dead"].facts["encryption.at_rest"].value is True
    assert estate[f"{ARN}dead"].facts["encryption.key_custody"].value == "provider-owned"
    assert estate[f"{ARN}dead"].facts["retention.delete_after_days"].value == 14
    assert estate[f"{ARN}aws"].facts["encryption.key_custody"].value == "provider-managed"
    loose = estate[f"{ARN}open"].facts
    assert loose["encryption.at_rest"].value is False
    assert isinstance(loose["encryption.key_custody"], NotApplicable)
    assert loose["access.anonymous_read"].value is True
    assert loose["access.anonymous_write"].value is True
    assert [one.principal for one in estate[f"{ARN}open"].grants] == ["*"]


def test_an_empty_region_is_empty_and_a_denied_listing_is_a_gap(aws, collect):
    empty = collect("sqs")
    assert not empty
    assert not empty.gaps
    denied = collect("sqs", canned={("sqs", "ListQueues"): "AccessDenied"})
    assert [(gap.reason, sorted(gap.kinds)) for gap in denied.gaps] == [("permission-denied", ["queue"])]


def test_denied_or_silent_attributes_are_unknown_and_not_off(aws, collect):
    aws("sqs").create_queue(QueueName="q")
    denied = collect("sqs", canned={("sqs", "GetQueueAttributes"): "AccessDenied"})[f"{ARN}q"]
    for name in ("encryption.at_rest", "encryption.key_custody", "retention.delete_after_days", "access.anonymous_read"):
        assert isinstance(denied.facts[name], Unknown), name
        assert denied.facts[name].reason is UnknownReason.PERMISSION_DENIED
    assert all(link.unknown for link in denied.links)
    silent = collect("sqs", canned={("sqs", "GetQueueAttributes"): {"Attributes": {}}})[f"{ARN}q"]
    assert isinstance(silent.facts["encryption.at_rest"], Unknown)
    assert silent.facts["retention.delete_after_days"].between == (1, 14)
    assert isinstance(silent.facts["access.anonymous_read"], Known)
