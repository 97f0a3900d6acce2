"""What a scan's calls came to."""

from __future__ import annotations

from tierwise.model.resource import ReadOutcome
from tierwise.reports.cost import sentence


def made(operation: str, outcome: str, count: int) -> ReadOutcome:
    return ReadOutcome("1", "eu-west-2", operation, outcome, count=count)


def test_calls_are_counted_whatever_came_of_them_and_priced_where_they_are_billed():
    some = [
        made("s3:ListBuckets", "ok", 100),
        made("s3:GetBucketPolicy", "ok", 9_000),
        made("s3:GetBucketPolicy", "permission-denied", 1_000),
        made("kms:DescribeKey", "absent", 1_000),
        made("ec2:DescribeVolumes", "ok", 500),
    ]
    # 100 x 0.005/1,000 + 10,000 x 0.0004/1,000 + 1,000 x 0.03/10,000
    assert sentence(some) == "11,600 calls answered or refused; 11,100 are billed, about $0.0075 at list prices"
    assert sentence([made("ec2:DescribeVolumes", "ok", 1)]) == "1 call answered or refused; none is billed"
    assert sentence([made("s3:GetBucketAcl", "ok", 3)]) == "3 calls answered or refused; 3 are billed, under $0.0001 at list prices"
    assert sentence([]) == ""
    assert sentence([made("terraform:show", "ok", 7)]) == "", "a plan is a file"
