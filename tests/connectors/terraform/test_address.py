from __future__ import annotations

import pytest

from tierwise.connectors.terraform.address import Address, Part, parse_address, parse_module, tokens, written


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("aws_s3_bucket.b", Address((), "managed", "aws_s3_bucket", "b")),
        ("aws_s3_bucket.b[3]", Address((), "managed", "aws_s3_bucket", "b", 3)),
        ("data.aws_iam_policy_document.d", Address((), "data", "aws_iam_policy_document", "d")),
        (
            'module.team["a.b"].module.x[0].aws_s3_bucket.b["raw"]',
            Address((("team", "a.b"), ("x", 0)), "managed", "aws_s3_bucket", "b", "raw"),
        ),
        ('aws_s3_bucket.b["a]/[\\"0\\"].c"]', Address((), "managed", "aws_s3_bucket", "b", 'a]/["0"].c')),
        ('module.m["$${x}"].data.aws_s3_bucket.b', Address((("m", "${x}"),), "data", "aws_s3_bucket", "b")),
        ("module.module.module_type.module", Address((("module", None),), "managed", "module_type", "module")),
    ],
)
def test_an_address_is_taken_apart(text, place):
    assert parse_address(text) == place
    assert written(place) == text


@pytest.mark.parametrize("text", ["", "aws_s3_bucket", "a.b.c.d", "a..b", 'a.b["x', "a.b[x]", "a.b]"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="address"):
        parse_address(text)


def test_a_splat_is_passed_over_and_a_module_is_named():
    assert tokens("aws_s3_bucket.b[*].id") == (Part("aws_s3_bucket"), Part("b"), Part("id"))
    assert parse_module('module.a["k"].module.b') == (("a", "k"), ("b", None))
