import json

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS
from tierwise.model.fact import NotApplicable, Unknown
from tierwise.model.resource import Link, Rel

ARN = f"arn:aws:kinesis:eu-west-2:{ACCOUNT}:stream/"


@pytest.fixture
def streams(aws):
    kinesis = aws("kinesis")
    for name in ("own", "bare"):
        kinesis.create_stream(StreamName=name, ShardCount=1)
    return kinesis


def test_streams_say_whether_they_are_encrypted_and_how_long_they_keep_records(aws, streams, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    streams.start_stream_encryption(StreamName="own", EncryptionType="KMS", KeyId=key)
    streams.increase_stream_retention_period(StreamName="own", RetentionPeriodHours=169)
    outsider = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
        "Action": "kinesis:GetRecords",
        "Resource": f"{ARN}own",
    }
    streams.put_resource_policy(ResourceARN=f"{ARN}own", Policy=json.dumps({"Version": "2012-10-17", "Statement": [outsider]}))
    estate = collect("kinesis", ALL_FACTS)
    assert not estate.gaps
    own, bare = estate[f"{ARN}own"].facts, estate[f"{ARN}bare"].facts
    assert own["encryption.at_rest"].value is True
    assert own["encryption.key_custody"].value == "customer"
    assert own["retention.delete_after_days"].value == 8
    assert own["access.external_principals"].value == {"999988887777"}
    assert estate[f"{ARN}own"].links == (Link(Rel.USES_KEY, key),)
    assert bare["encryption.at_rest"].value is False
    assert isinstance(bare["encryption.key_custody"], NotApplicable)
    assert bare["retention.delete_after_days"].value == 1
    assert bare["access.external_principals"].value == frozenset()
    assert not estate[f"{ARN}bare"].links


def test_policies_are_read_only_where_a_fact_is_wanted(streams, collect):
    facts = collect("kinesis")[f"{ARN}own"].facts
    assert facts["access.anonymous_read"].reason.value == "not-collected"


def test_denied_reads_are_unknown_and_a_throttled_listing_is_a_gap(streams, collect):
    canned = {("kinesis", name): "AccessDeniedException" for name in ("DescribeStreamSummary", "GetResourcePolicy")}
    stream = collect("kinesis", ALL_FACTS, canned=canned)[f"{ARN}own"]
    for name in ("encryption.at_rest", "encryption.key_custody", "retention.delete_after_days", "access.anonymous_read"):
        assert isinstance(stream.facts[name], Unknown), name
    assert [link.rel for link in stream.links if link.unknown] == [Rel.USES_KEY]
    gaps = collect("kinesis", canned={("kinesis", "ListStreams"): "LimitExceededException"}).gaps
    assert [(gap.action, sorted(gap.kinds)) for gap in gaps] == [("kinesis:ListStreams", ["stream"])]
