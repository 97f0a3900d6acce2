from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.access.policies import policy
from tierwise.access.document import MAX_BYTES, UNDETERMINED, Condition, PolicyError, parse_policy

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
}


@pytest.mark.parametrize(
    "form",
    [
        json.dumps(DOCUMENT),
        json.dumps(DOCUMENT).encode(),
        quote(json.dumps(DOCUMENT)),
        b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode(),
        DOCUMENT,
    ],
)
def test_text_bytes_url_encoded_and_parsed_json_give_the_same_policy(form):
    parsed = parse_policy(form)
    assert parsed.version == "2012-10-17"
    (statement,) = parsed.statements
    assert (statement.effect, statement.principals, statement.actions, statement.resources) == (
        "Allow",
        (("AWS", "*"),),
        ("s3:GetObject",),
        ("arn:aws:s3:::b/*",),
    )
    assert statement.undetermined == frozenset()


def test_scalars_and_lists_are_both_taken_and_element_names_have_no_case():
    (statement,) = policy(
        {
            "effect": "allow",
            "principal": {
                "aws": ["111122223333"],
                "Service": "sns.amazonaws.com",
                "CanonicalUser": "ab",
                "Federated": "accounts.google.com",
            },
            "NotAction": ["s3:*"],
            "NotResource": "arn:aws:s3:::x",
            "Condition": {
                "StringEquals": {"AWS:SourceAccount": "1"},
                "Bool": {"aws:SecureTransport": False},
                "NumericLessThan": {"s3:TlsVersion": 1.2},
            },
        }
    ).statements
    assert statement.effect == "Allow"
    assert statement.principals == (
        ("AWS", "111122223333"),
        ("Service", "sns.amazonaws.com"),
        ("CanonicalUser", "ab"),
        ("Federated", "accounts.google.com"),
    )
    assert statement.not_actions == ("s3:*",)
    assert statement.not_resources == ("arn:aws:s3:::x",)
    assert {(c.operator.lower(), c.key.lower(), c.values) for c in statement.conditions} == {
        ("stringequals", "aws:sourceaccount", ("1",)),
        ("bool", "aws:securetransport", ("false",)),
        ("numericlessthan", "s3:tlsversion", ("1.2",)),
    }


def test_an_identity_policy_has_no_principal():
    (statement,) = policy({"Effect": "Allow", "Action": "*", "Resource": "*"}).statements
    assert statement.principals is None


@pytest.mark.parametrize(
    ("element", "content", "left"),
    [
        ("Action", UNDETERMINED, ()),
        ("Action", ["s3:GetObject", UNDETERMINED], ("s3:GetObject",)),
        ("Resource", ["arn:aws:s3:::" + UNDETERMINED + "/*"], ()),
    ],
)
def test_values_not_known_yet_are_left_out_and_their_element_is_named(element, content, left):
    statement = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", element: content}).statements[0]
    assert statement.undetermined == {element}
    assert (statement.actions if element == "Action" else statement.resources) == left


def test_principals_and_conditions_keep_the_marker_in_place():
    arn = f"arn:aws:iam::{UNDETERMINED}:root"
    statement = policy(
        {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "*", "Resource": "*", "Condition": {"StringEquals": UNDETERMINED}}
    ).statements[0]
    assert statement.principals == (("AWS", arn),)
    assert statement.conditions == (Condition(UNDETERMINED, "", ()),)
    assert statement.undetermined == {"Principal", "Condition"}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no Statement"),
        ('{"Statement": [', "not JSON"),
        (b"\xff\xfe", "UTF-8"),
        ("[" * 200_000, "deep"),
        (" " * (MAX_BYTES + 1), "at most"),
        ('{"Statement": [], "Statement": []}', "twice"),
        ({"Statement": [3]}, "statement 1"),
        ({"Statement": [{"Effect": "Permit", "Action": "*"}]}, "Effect"),
        ({"Statement": [{"Effect": "Allow"}]}, "Action"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*"}]}, "exactly one"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}]}, "both"),
        ({"Statement": [{"Effect": "Allow", "Action": {"a": 1}}]}, "neither"),
        ({"Statement": [{"Effect": "Allow", "Action": "x" * 10_000}]}, "characters"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Principal": "everyone"}]}, "Principal"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"Gcp": "x"}}]}, "gcp"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "NotPrincipal": {}}]}, "nobody"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Wen": "x"}]}, "wen"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Condition": "x"}]}, "Condition"),
        ({"Statement": [{"Effect": "Allow", "Action": "*"}] * 3000}, "3000 statements"),
    ],
)
def test_what_is_not_a_policy_says_where_and_why(document, says):
    with pytest.raises(PolicyError, match=says):
        parse_policy(document)
