from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.access.pattern import arn_parts, covers, is_whole_service, overlaps

SHORT = st.text("ab*?", max_size=5)
PLAIN = st.text("ab", max_size=4)


def reference(pattern: str, text: str) -> bool:
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern), text, re.DOTALL) is not None


@given(SHORT, PLAIN)
def test_a_pattern_covers_a_plain_text_as_a_regular_expression_does(pattern, text):
    assert covers(pattern, text) == reference(pattern, text)
    assert overlaps(pattern, text) == reference(pattern, text)


@given(SHORT, SHORT, PLAIN)
def test_what_covers_a_pattern_matches_all_that_it_matches(wide, narrow, text):
    if covers(wide, narrow) and reference(narrow, text):
        assert reference(wide, text)


@given(SHORT, SHORT, PLAIN)
def test_patterns_that_share_a_text_overlap(left, right, text):
    if reference(left, text) and reference(right, text):
        assert overlaps(left, right)


@given(st.text("ab*?", max_size=4), st.text("ab*?", max_size=4))
def test_patterns_that_overlap_share_a_text(left, right):
    texts = [""]
    for text in texts:
        if len(text) < 8:
            texts += [text + "a", text + "b"]
    assert overlaps(left, right) == any(reference(left, text) and reference(right, text) for text in texts)


def test_a_hostile_pattern_does_not_stall():
    """By exhaustive search this would not end in a lifetime."""
    assert not covers("*a" * 2000 + "b", "a" * 4000)


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "**",
        "arn:aws:s3:::*",
        "arn:aws:s3:::*/*",
        "arn:aws:dynamodb:eu-west-2:111122223333:table/*",
        "arn:aws:iam::*:role/*",
        "arn:aws:kms:*:*:key/*",
        "arn:aws:secretsmanager:*:*:secret:*",
        "arn:aws:sqs:*:*:*",
        "arn:aws:rds-db:*:*:dbuser:*/*",
        "arn:*",
    ],
)
def test_patterns_over_a_whole_account_service_or_type_are_whole(resource):
    assert is_whole_service(resource)


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::app-*",
        "arn:aws:dynamodb:*:*:table/app-*",
        "arn:aws:iam::*:user/${aws:username}",
        "arn:aws:sqs:*:*:jobs",
        "arn:aws:secretsmanager:*:*:secret:app/*",
    ],
)
def test_patterns_that_name_something_are_not_whole(resource):
    assert not is_whole_service(resource)


def test_a_colon_inside_a_variable_separates_nothing():
    assert arn_parts("arn:aws:iam::${aws:PrincipalAccount}:role/x") == ("iam", "", "${aws:PrincipalAccount}", "role/x")
    assert arn_parts("not an arn") is None
