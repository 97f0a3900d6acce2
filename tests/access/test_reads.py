from __future__ import annotations

import pytest

from tierwise.access.document import parse_policy
from tierwise.access.reads import read_links


@pytest.mark.parametrize(
    ("resource", "targets"),
    [
        ("arn:aws:s3:::records/*", ["arn:aws:s3:::records"]),
        ("arn:aws:s3:::records/${aws:username}/*", ["arn:aws:s3:::records"]),
        ("arn:${aws:partition}:s3:::records", ["reads-like:arn:*:s3:::records"]),
        ("arn:aws:s3:::rec*", ["reads-like:arn:aws:s3:::rec*"]),
        ("*", ["reads:s3:*"]),
        ("arn:aws*", ["reads:s3:*"]),
        ("a?n:*", ["reads:s3:*"]),
        ("arn:aws", []),
        ("records", []),
        ("arn:aws:sqs:eu-west-2:111122223333:records", []),
    ],
)
def test_what_a_statement_reads_follows_its_resource_whatever_it_looks_like(resource, targets):
    policy = parse_policy({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}]})
    assert [link.to for link in read_links([policy])] == targets
