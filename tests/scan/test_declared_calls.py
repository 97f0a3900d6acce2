from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from botocore import xform_name

from tests.scan.canned import CANNED
from tests.scan.estate import REGION, STARTED, emulated
from tests.scan.recording import Stand
from tests.scan.worlds import judging, recorded, source
from tierwise.connectors.aws import history
from tierwise.connectors.aws import recorded as recorded_reads
from tierwise.connectors.aws.collectors import declared_calls
from tierwise.connectors.aws.session import Access, Account, UndeclaredCallError, new_session
from tierwise.scan import scan

_LISTED = "made before there is a source, to list the accounts of an organisation"
NOT_BY_A_SCAN = {
    ("organizations", "ListRoots"): _LISTED,
    ("organizations", "ListOrganizationalUnitsForParent"): _LISTED,
    ("organizations", "ListAccountsForParent"): _LISTED,
    ("organizations", "DescribeAccount"): "made where the role of an account cannot be assumed",
    ("sts", "GetCallerIdentity"): "made once, before there is a source, to learn the account",
    ("sts", "AssumeRole"): "made before there is a source, for accounts that are reached through a role",
    (history.LOOKUP.service, history.LOOKUP.operation): "made where --since asks for it",
    **{(read.service, read.operation): "made where --inventory config asks for it" for read in recorded_reads.READS},
}


@pytest.fixture(scope="module")
def made() -> set[tuple[str, str]]:
    stand = Stand(recorded())
    outcome = scan([source(stand)], judging(), started=STARTED, jobs=1)
    assert outcome.crashes == ()
    return stand.made


def test_every_call_of_a_scan_is_declared(made):
    assert made <= {(service, xform_name(operation)) for service, operation in declared_calls()}


def test_every_declared_operation_is_made_by_a_scan_of_the_estate(made):
    unmade = {(service, operation) for service, operation in declared_calls() if (service, xform_name(operation)) not in made}
    assert unmade == set(NOT_BY_A_SCAN)


def test_the_estate_answers_every_call():
    failed = {str(one.error) for one in recorded().answers.values() if one.error}
    assert {text for text in failed if "NotFound" not in text and "NoSuch" not in text} == set()


@pytest.fixture
def guarded():
    with emulated():
        yield Account(partial(new_session, region=REGION), Access(frozenset({("s3", "ListBuckets")}), ceiling=0))


def test_a_declared_call_passes_the_guard(guarded):
    assert guarded.client("s3", REGION).list_buckets()["Buckets"] == []


def test_an_undeclared_call_is_refused(guarded):
    with pytest.raises(UndeclaredCallError, match="s3:CreateBucket"):
        guarded.client("s3", REGION).create_bucket(Bucket="new", CreateBucketConfiguration={"LocationConstraint": REGION})


def test_an_undeclared_call_is_refused_behind_a_paginator(guarded):
    with pytest.raises(UndeclaredCallError, match="iam:ListUsers"):
        list(guarded.client("iam", REGION).get_paginator("list_users").paginate())


def test_an_undeclared_call_of_a_client_made_anew_is_refused(guarded):
    guarded.client("s3", REGION)
    guarded._access.clients._kept.clear()
    with pytest.raises(UndeclaredCallError, match="s3:DeleteBucket"):
        guarded.client("s3", REGION).delete_bucket(Bucket="new")


@pytest.mark.parametrize(("service", "operation"), sorted(CANNED))
def test_a_canned_answer_has_the_shape_of_the_service_model(service, operation):
    import botocore.session

    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).output_shape
    found: Any = CANNED[service, operation]
    params = {"ChildId": "123456789012", "TargetId": "123456789012"}
    assert list(_foreign(found(params) if callable(found) else found, shape, operation)) == []


def _foreign(value: Any, shape: Any, path: str):
    match shape.type_name:
        case "structure":
            for name, inner in value.items():
                if name in shape.members:
                    yield from _foreign(inner, shape.members[name], f"{path}.{name}")
                else:
                    yield f"{path}.{name}"
        case "list":
            for inner in value:
                yield from _foreign(inner, shape.member, f"{path}[]")
        case "string":
            if not isinstance(value, str):
                yield f"{path} is no string"
        case _:
            return
