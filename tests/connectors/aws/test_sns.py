import json

from tests.connectors.aws.conftest import ACCOUNT
from tierwise.model.fact import NotApplicable, Unknown
from tierwise.model.resource import Link, Rel

ARN = f"arn:aws:sns:eu-west-2:{ACCOUNT}:"
QUEUE = f"arn:aws:sqs:eu-west-2:{ACCOUNT}:q"


def test_topics_say_whether_they_are_encrypted_and_who_receives_their_messages(aws, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    aws("sqs").create_queue(QueueName="q")
    sns = aws("sns")
    sns.create_topic(Name="own", Attributes={"KmsMasterKeyId": key}, Tags=[{"Key": "owner", "Value": "a-team"}])
    anyone = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}]}
    sns.create_topic(Name="open", Attributes={"Policy": json.dumps(anyone)})
    sns.subscribe(TopicArn=f"{ARN}open", Protocol="sqs", Endpoint=QUEUE)
    sns.subscribe(TopicArn=f"{ARN}open", Protocol="email", Endpoint="someone@example.org")
    estate = collect("sns")
    assert not estate.gaps
    own, loose = estate[f"{ARN}own"], estate[f"{ARN}open"]
    assert own.facts["encryption.at_rest"].value is True
    assert own.facts["encryption.key_custody"].value == "customer"
    assert own.links == (Link(Rel.USES_KEY, key),)
    assert own.tags.value == {"owner": "a-team"}
    # The policy that SNS gives every topic names everyone, bound to the owner's account.
    assert own.facts["access.anonymous_write"].value is False
    assert isinstance(own.facts["retention.delete_after_days"], NotApplicable)
    assert loose.facts["encryption.at_rest"].value is False
    assert isinstance(loose.facts["encryption.key_custody"], NotApplicable)
    assert loose.facts["access.anonymous_write"].value is True
    assert loose.facts["access.anonymous_read"].value is False
    assert loose.links == (Link(Rel.EXPORTS_TO, QUEUE),)


def test_an_archive_keeps_messages_for_its_days(aws, collect):
    aws("sns").create_topic(Name="t")
    canned = {("sns", "GetTopicAttributes"): {"Attributes": {"ArchivePolicy": '{"MessageRetentionPeriod": "30"}'}}}
    facts = collect("sns", canned=canned)[f"{ARN}t"].facts
    assert facts["retention.expiry_configured"].value is True
    assert facts["retention.delete_after_days"].value == 30


def test_denied_reads_leave_facts_and_receivers_unknown(aws, collect):
    aws("sns").create_topic(Name="t")
    canned = {("sns", "GetTopicAttributes"): "AuthorizationError", ("sns", "ListSubscriptions"): "Throttling"}
    topic = collect("sns", canned=canned)[f"{ARN}t"]
    assert isinstance(topic.facts["encryption.at_rest"], Unknown)
    assert isinstance(topic.facts["access.anonymous_read"], Unknown)
    assert {(link.rel, link.unknown.reason.value) for link in topic.links} == {
        (Rel.USES_KEY, "permission-denied"),
        (Rel.EXPORTS_TO, "throttled"),
    }
    assert [gap.action for gap in collect("sns", canned={("sns", "ListTopics"): "Throttling"}).gaps] == ["sns:ListTopics"]
