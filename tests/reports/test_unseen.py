"""What could not be listed is told once for each cause, and what hides most comes first."""

import pytest

from tierwise.model.resource import Gap
from tierwise.reports.unseen import losses

A, B, C = "111111111111", "222222222222", "333333333333"


def gap(account, region, service, reason, action="", detail="", **more):
    return Gap("aws", account, region, service, reason, action, detail, **more)


def closed(account):
    return gap(account, "", "account", "permission-denied", "sts:AssumeRole", f"arn:aws:iam::{account}:role/scan cannot be assumed")


def denied(account, region):
    return gap(account, region, "rds", "permission-denied", "rds:DescribeDBInstances", "AccessDenied")


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ([denied(A, "eu-west-2")], f"rds in {A}/eu-west-2 could not be listed: permission-denied, needs rds:DescribeDBInstances"),
        (
            [denied(one, region) for one in (A, B) for region in ("eu-west-1", "eu-west-2")],
            f"rds in eu-west-1, eu-west-2 of {A}, {B} could not be listed: permission-denied, needs rds:DescribeDBInstances",
        ),
        # No permission mends what did not answer.
        (
            [gap(A, "eu-west-1", one, "api-error", f"{one}:List", "ConnectTimeoutError") for one in ("sns", "sqs")],
            f"sns, sqs in {A}/eu-west-1 could not be listed: api-error (ConnectTimeoutError)",
        ),
        ([closed(A)], f"account {A}: arn:aws:iam::{A}:role/scan cannot be assumed"),
        (
            [closed(one) for one in (A, B, C)],
            f"account {A}: arn:aws:iam::{A}:role/scan cannot be assumed; likewise account {B}, {C}",
        ),
        (
            [gap(A, "", "sqladmin", "not-supported", "x.list", f"enable it in {A}"), gap(B, "", "sqladmin", "not-supported", "x.list", f"enable it in {B}")],
            f"sqladmin in {A}, {B} could not be listed: not-supported (enable it in {A})",
        ),
        ([gap("", "", "terraform", "unparsable", "", "a.json: no outputs")], "terraform in the input could not be listed: unparsable (a.json: no outputs)"),
        ([gap("", "", "terraform", "not-collected", "", "what stands around", expected=True)], "what stands around"),
    ],
)  # fmt: skip
def test_one_cause_is_one_sentence(gaps, said):
    assert [(one.text, one.listings) for one in losses(gaps)] == [(said, len(gaps))]


def test_causes_that_differ_are_told_apart():
    other = gap(B, "eu-west-2", "rds", "throttled", "rds:DescribeDBInstances", "Throttling")
    left = gap(C, "", "account", "out-of-scope", "", "the account is SUSPENDED", expected=True)
    told = losses([left, denied(A, "eu-west-2"), denied(B, "eu-west-1"), other, closed(C)])
    assert [one.text.partition(" ")[0] for one in told] == ["account", "rds", "rds", "account"]
    assert [one.listings for one in told] == [1, 2, 1, 1]
    assert [one.expected for one in told] == [False, False, False, True]
