"""What a scan takes over from an earlier one, and what it reads again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.connectors.aws.changing import Estate, bucket, small, url
from tests.connectors.aws.conftest import ALL_FACTS, REGION
from tests.connectors.collected import Estate as Read
from tests.connectors.collected import absorb, flat
from tests.connectors.rescanned import Night, unread
from tierwise.config import AwsConfig
from tierwise.connectors.aws import connect, history
from tierwise.connectors.aws.connect import open_accounts
from tierwise.connectors.aws.session import new_session
from tierwise.connectors.rescan import Earlier, Rescan

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PER_BUCKET = ("s3:GetBucketEncryption", "s3:GetBucketLogging", "s3:GetBucketVersioning")
A, B = "arn:aws:s3:::a", "arn:aws:s3:::b"


Scan = Callable[..., Night]


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch) -> Scan:
    """`scan(estate, earlier, night=1)`: the estate as it is on that night after Monday's."""
    monkeypatch.setattr(history, "_PAUSE", 0)

    def run(estate: Estate, earlier: Earlier | None = None, *, night: int = 0, days: int = 7, wanted: frozenset[str] = ALL_FACTS) -> Night:
        stub, started = estate.stub(), MONDAY + timedelta(days=night)
        monkeypatch.setattr(connect, "new_session", lambda **given: stub.attach(new_session(credentials=("a", "b", None), **given)))
        rescan = Rescan(timedelta(days=days), started, earlier)
        options = AwsConfig(regions=(REGION,), services=("s3", "sqs"), requests_per_second=1e6)
        (one,) = open_accounts(options, started, rescan=rescan)
        read = Read()
        read.gaps, read.outcomes = [], []
        absorb(read, flat(one.survey()))
        absorb(read, flat(one.details({key: unread(found, wanted) for key, found in read.items()})))
        return Night(read, stub.calls, rescan, started)

    return run


def test_the_history_is_asked_for_from_before_the_earlier_scan_and_for_changes_alone(scan: Scan) -> None:
    estate = small()
    first = scan(estate)
    assert estate.asked == []
    estate.events = [{"EventName": "RunInstances", "EventSource": "ec2.amazonaws.com"}] * 120
    again = scan(estate, first.left(), night=1)
    assert [one["StartTime"] for one in estate.asked] == [MONDAY - timedelta(hours=1)] * 3
    assert all(one["LookupAttributes"] == [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}] for one in estate.asked)
    assert again.calls["s3:GetBucketVersioning"] == 0


def test_a_chain_of_scans_keeps_the_day_on_which_each_store_was_read_and_reads_it_again_in_time(scan: Scan) -> None:
    estate = small()
    first = scan(estate)
    estate.change("PutBucketAcl", bucketName="b")
    second = scan(estate, first.left(), night=1, days=2)
    estate.events.clear()
    third = scan(estate, second.left(), night=2, days=2)
    assert (third.day(A), third.day(B)) == ("2026-11-23", "2026-11-24")
    fourth = scan(estate, third.left(), night=3, days=2)
    assert (fourth.day(A), fourth.day(B)) == ("", "2026-11-24")
    assert fourth.calls["s3:GetBucketVersioning"] == 2


CHANGES: dict[str, tuple[Callable[[Estate], None], int, int]] = {
    "a bucket by name": (lambda estate: estate.change("PutBucketPolicy", bucketName="b"), 1, 0),
    "a bucket in the event alone": (lambda estate: estate.change("PutBucketPolicy", typed="", nested=[{"x": "b"}]), 1, 0),
    "a new bucket": (lambda estate: estate.change("CreateBucket", typed="", bucketName="new"), 0, 0),
    "a bucket that is gone": (lambda estate: estate.change("DeleteBucket", bucketName="gone"), 0, 0),
    "a queue by URL": (lambda estate: estate.change("SetQueueAttributes", "sqs", "", queueUrl=url(1)), 0, 1),
    "nothing known of S3": (lambda estate: estate.change("PutStorageLensConfiguration", typed="", configId="x"), 3, 0),
    "nothing known of SQS": (lambda estate: estate.change("TagQueue", "sqs", "", queueUrl="x"), 0, 2),
    "an unreadable event": (
        lambda estate: estate.events.append({"EventName": "X", "EventSource": "s3.amazonaws.com", "CloudTrailEvent": "{"}),
        3,
        0,
    ),
    "another service": (lambda estate: estate.change("StopInstances", "ec2", "", bucketName="b"), 0, 0),
    "a key that buckets and queues may use": (lambda estate: estate.aliases.append({"AliasName": "alias/x", "TargetKeyId": "1"}), 3, 2),
    "no history": (lambda estate: estate.refused.add("LookupEvents"), 3, 2),
    "the listing": (lambda estate: estate.buckets.update(new=bucket()), 1, 0),
    "no change": (lambda _estate: None, 0, 0),
}
"""A change, and how many buckets and queues have to be read after it."""


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_have_changed_is_read_again(scan: Scan, change: str) -> None:
    make, buckets, queues = CHANGES[change]
    estate = small()
    first = scan(estate)
    make(estate)
    again = scan(estate, first.left(), night=1)
    assert [again.calls[name] for name in (*PER_BUCKET, "sqs:GetQueueAttributes")] == [buckets] * 3 + [queues]
    assert again.says() == scan(estate, night=1).says()
    assert {one.outcome for one in again.read.outcomes} <= {"ok", "absent"}


def test_a_policy_that_closes_the_history_and_not_the_region_leaves_nothing_to_take_over(scan: Scan) -> None:
    estate = small()
    first = scan(estate)
    estate.buckets["b"]["blocked"] = False
    estate.refused.add("LookupEvents by policy")
    again = scan(estate, first.left(), night=1)
    assert (again.calls["s3:GetBucketVersioning"], again.calls["sqs:GetQueueAttributes"]) == (3, 2)
    assert again.says() == scan(estate, night=1).says()
    assert [line for line in again.rescan.remarks("buckets") if "denied by a service control policy" in line]


def test_a_read_that_was_refused_is_tried_again(scan: Scan) -> None:
    estate = small()
    estate.refused.add("GetBucketPolicy")
    first = scan(estate)
    estate.refused.clear()
    again = scan(estate, first.left(), night=1)
    assert again.calls["s3:GetBucketVersioning"] == 3
    assert again.says() == scan(estate, night=1).says()


def test_a_store_of_which_more_is_asked_is_read_as_a_whole(scan: Scan) -> None:
    estate = small()
    first = scan(estate, wanted=frozenset({"access.public_blocked"}))
    again = scan(estate, first.left(), night=1, wanted=frozenset({"access.public_blocked", "immutability.mode"}))
    assert [again.calls[f"s3:{name}"] for name in ("GetBucketVersioning", "GetPublicAccessBlock", "GetObjectLockConfiguration")] == [
        3,
        3,
        3,
    ]
    assert (again.day(A), len(again.rescan.taken)) == ("", 2)


def test_tags_are_read_each_time(scan: Scan) -> None:
    estate = small()
    first = scan(estate)
    estate.buckets["a"]["tier"] = "T4"
    again = scan(estate, first.left(), night=1)
    assert again.read[A].tags.value == {"data-classification": "T4"}
    assert again.day(A) == "2026-11-23"
