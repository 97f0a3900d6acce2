"""Whether a bucket's data can go to identities of other organisations, by its own policy and by control policies above its account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, Collect
from tests.connectors.aws.test_account import organisation
from tierwise.connectors.aws.perimeter import PERIMETER
from tierwise.model.fact import AnyFact, Known, Unknown, UnknownReason

INSIDE = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefgh12"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}


def document(resources: Any, **more: Any) -> str:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources, "Condition": INSIDE, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


OWN = document(["arn:aws:s3:::data", "arn:aws:s3:::data/*"])
PLAIN = document("*", Condition={"Bool": {"aws:SecureTransport": "false"}})
NO_POLICY = "NoSuchBucketPolicy"
ALONE = {("organizations", "DescribeOrganization"): "AWSOrganizationsNotInUseException"}
MANAGEMENT = {
    **organisation(policies=(document("*"),)),
    ("organizations", "DescribeOrganization"): {"Organization": {"MasterAccountId": ACCOUNT}},
}
DENIED = {**organisation(), ("organizations", "ListPoliciesForTarget"): "AccessDeniedException"}


@pytest.fixture
def perimeter(collect: Collect, aws: Any) -> Any:
    aws("s3").create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})

    def read(policy: str, above: Any) -> AnyFact:
        own = policy if policy == NO_POLICY else {"Policy": policy}
        estate = collect("s3", ALL_FACTS, canned={("s3", "GetBucketPolicy"): own, **above})
        return estate["arn:aws:s3:::data"].facts[PERIMETER]

    return read


@pytest.mark.parametrize(
    ("policy", "above", "inside"),
    [
        (OWN, ALONE, True),
        (NO_POLICY, ALONE, False),
        (PLAIN, ALONE, False),
        (NO_POLICY, organisation(policies=(PLAIN, document("*"))), True),
        (NO_POLICY, organisation(policies=(PLAIN,)), False),
        (NO_POLICY, MANAGEMENT, False),
        (OWN, DENIED, True),
    ],
    ids=["own policy", "alone", "other policy", "control policy", "other control policy", "management account", "own settles it"],
)
def test_a_denial_of_outsiders_in_the_bucket_or_above_the_account_is_a_perimeter(
    perimeter: Any, policy: str, above: Any, inside: bool
) -> None:
    found = perimeter(policy, above)
    assert isinstance(found, Known), found
    assert found.value is inside


@pytest.mark.parametrize(
    ("policy", "above", "reason", "action"),
    [
        (NO_POLICY, DENIED, UnknownReason.PERMISSION_DENIED, "organizations:ListPoliciesForTarget"),
        (NO_POLICY, organisation(policies=("{",)), UnknownReason.UNPARSABLE, "organizations:DescribePolicy"),
        ("{", ALONE, UnknownReason.UNPARSABLE, "s3:GetBucketPolicy"),
    ],
)
def test_what_may_not_be_read_leaves_it_open(perimeter: Any, policy: str, above: Any, reason: UnknownReason, action: str) -> None:
    found = perimeter(policy, above)
    assert isinstance(found, Unknown)
    assert (found.reason, found.via.action) == (reason, action)
