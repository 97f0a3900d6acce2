from __future__ import annotations

import pytest

from tests.access.policies import BUCKET, OTHER, VIA, WHOLE, allow, deny, policy, value, when
from tierwise.access.document import UNDETERMINED
from tierwise.access.guard import organisation_restricted, signature_age_hours, source_restricted, tls_of
from tierwise.model.fact import Unknown

PLAINTEXT = when("Bool", "aws:SecureTransport", "false")


def tls(*statements, service="s3"):
    required, version = tls_of(policy(*statements), service=service, via=VIA)
    return value(required), value(version)


def test_no_policy_refuses_nothing():
    assert [value(fact) for fact in tls_of(None, service="s3", via=VIA)] == [False, "none"]


@pytest.mark.parametrize(
    "statements",
    [
        [deny(Condition=PLAINTEXT)],
        [deny({"AWS": "*"}, "*", "*", Condition=when("BoolIfExists", "AWS:securetransport", False))],
        [deny("*", "s3:*", BUCKET, Condition=PLAINTEXT), deny("*", "s3:*", BUCKET + "/*", Condition=PLAINTEXT)],
        [deny("*", "s3:*", BUCKET + "*", Condition=PLAINTEXT)],
        [allow("*"), deny(Condition=PLAINTEXT)],
    ],
)
def test_a_deny_of_plaintext_for_all_requires_tls(statements):
    assert tls(*statements) == (True, "none")


@pytest.mark.parametrize(
    "statement",
    [
        deny("*", "s3:GetObject", Condition=PLAINTEXT),
        deny("*", "s3:*", BUCKET + "/*", Condition=PLAINTEXT),
        deny("*", "s3:*", BUCKET, Condition=PLAINTEXT),
        deny("*", "s3:*", [BUCKET, BUCKET + "/private/*"], Condition=PLAINTEXT),
        deny({"AWS": OTHER}, Condition=PLAINTEXT),
        deny(Condition={**PLAINTEXT, "StringEquals": {"aws:PrincipalAccount": OTHER}}),
        deny(Condition=when("Bool", "aws:SecureTransport", "true")),
        {**allow("*", "s3:*", WHOLE), "Condition": when("Bool", "aws:SecureTransport", "true")},
        {"Effect": "Deny", "NotPrincipal": {"AWS": OTHER}, "Action": "s3:*", "Resource": WHOLE, "Condition": PLAINTEXT},
        {"Effect": "Deny", "Principal": "*", "NotAction": "s3:Get*", "Resource": WHOLE, "Condition": PLAINTEXT},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "NotResource": BUCKET + "/open/*", "Condition": PLAINTEXT},
    ],
)
def test_a_partial_deny_of_plaintext_does_not_require_tls(statement):
    assert tls(statement) == (False, "none")


@pytest.mark.parametrize(
    ("operator", "number", "floor"),
    [
        ("NumericLessThan", "1.2", "1.2"),
        ("NumericLessThan", 1.3, "1.3"),
        ("NumericLessThanEquals", "1.1", "1.2"),
        ("NumericLessThan", "1.1", "1.1"),
    ],
)
def test_a_deny_of_old_versions_sets_the_floor_where_plaintext_is_refused_too(operator, number, floor):
    old = deny(Condition=when(operator, "s3:TlsVersion", number))
    assert tls(deny(Condition=PLAINTEXT), old) == (True, floor)
    assert tls(old) == (False, "none")


def test_an_unread_floor_lies_between_none_and_the_highest():
    _, version = tls_of(
        policy(deny(Condition=PLAINTEXT), deny(Condition=when("NumericLessThan", "s3:TlsVersion", UNDETERMINED))), service="s3", via=VIA
    )
    assert isinstance(version, Unknown)
    assert version.between == ("none", "1.3")


@pytest.mark.parametrize("element", ["Effect", "Principal", "Action", "Resource", "Condition"])
def test_an_unread_element_makes_the_answer_unknown(element):
    assert tls({**deny(Condition=PLAINTEXT), element: UNDETERMINED})[0] == "?"


@pytest.mark.parametrize(
    ("service", "action", "resource"),
    [
        ("sqs", "sqs:*", "arn:aws:sqs:eu-west-2:111122223333:q"),
        ("sns", "SNS:Publish", "arn:aws:sns:eu-west-2:111122223333:t"),
        ("elasticfilesystem", "*", "*"),
        ("kms", "kms:*", "*"),
        ("es", "es:*", "arn:aws:es:eu-west-2:111122223333:domain/d/*"),
    ],
)
def test_other_services_deny_plaintext_likewise(service, action, resource):
    assert tls(deny("*", action, resource, Condition=PLAINTEXT), service=service)[0] is True


def restricted(*statements):
    return value(source_restricted(policy(*statements), VIA))


ENDPOINT = when("StringNotEquals", "aws:SourceVpce", "vpce-1a2b3c4d")


@pytest.mark.parametrize(
    "statement",
    [
        deny(Condition=ENDPOINT),
        deny("*", "*", "*", Condition=when("StringNotEqualsIfExists", "aws:SourceVpc", "vpc-111bbb22")),
        deny(Condition=when("NotIpAddress", "aws:SourceIp", "192.0.2.0/24")),
        deny(
            Condition={
                "NotIpAddressIfExists": {"aws:SourceIp": ["192.0.2.0/24"]},
                "StringNotEqualsIfExists": {"aws:SourceVpc": ["vpc-111bbb22"]},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
            }
        ),
    ],
)
def test_a_deny_of_all_other_networks_restricts_the_source(statement):
    assert restricted(allow({"AWS": OTHER}), statement) is True


@pytest.mark.parametrize(
    "statement",
    [
        allow("*", "s3:*", WHOLE, Condition=when("StringEquals", "aws:SourceVpce", "vpce-1a2b3c4d")),
        deny("*", "s3:GetObject", Condition=ENDPOINT),
        deny("*", "s3:*", BUCKET + "/private/*", Condition=ENDPOINT),
        deny({"AWS": OTHER}, Condition=ENDPOINT),
        deny(Condition=when("NotIpAddress", "aws:SourceIp", "0.0.0.0/0")),
        deny(Condition=when("StringNotLike", "aws:SourceVpce", "vpce-*")),
        deny(Condition={**ENDPOINT, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/breakglass"}}),
        deny(Condition=PLAINTEXT),
    ],
)
def test_anything_less_does_not_restrict_the_source(statement):
    assert restricted(statement) is False


def test_an_unread_condition_may_restrict_the_source():
    assert restricted(deny(Condition=UNDETERMINED)) == "?"
    assert restricted(deny(Condition=when("StringNotEquals", "aws:SourceVpce", UNDETERMINED))) == "?"


def inside(*statements):
    return value(organisation_restricted(policy(*statements), "s3", VIA))


MEMBERS = when("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-abcdefgh12")
BUT_SERVICES = {**MEMBERS, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}


@pytest.mark.parametrize(
    "statement",
    [
        deny(Condition=MEMBERS),
        deny("*", "*", "*", Condition=BUT_SERVICES),
        deny(Condition=when("StringNotEquals", "aws:PrincipalAccount", "111122223333", "444455556666")),
        deny(Condition=when("ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", "o-abcdefgh12/*")),
    ],
)
def test_a_deny_of_all_other_organisations_is_a_perimeter(statement):
    assert inside(allow({"AWS": OTHER}), statement) is True


@pytest.mark.parametrize(
    "statement",
    [
        allow("*", "s3:*", WHOLE, Condition=when("StringEquals", "aws:PrincipalOrgID", "o-abcdefgh12")),
        deny("*", "s3:GetObject", Condition=MEMBERS),
        deny("*", "s3:*", BUCKET + "/private/*", Condition=MEMBERS),
        deny({"AWS": OTHER}, Condition=MEMBERS),
        deny(Condition=when("StringNotLike", "aws:PrincipalOrgID", "o-*")),
        deny(Condition={**MEMBERS, **ENDPOINT}),
        deny(Condition=ENDPOINT),
        deny(Condition=PLAINTEXT),
    ],
)
def test_anything_less_is_no_perimeter(statement):
    assert inside(statement) is False


def test_an_unread_condition_may_be_a_perimeter():
    assert inside(deny(Condition=UNDETERMINED)) == "?"
    assert inside(deny(Condition=when("StringNotEquals", "aws:PrincipalOrgID", UNDETERMINED))) == "?"


def links(*statements):
    return value(signature_age_hours(policy(*statements), VIA))


OLD = when("NumericGreaterThan", "s3:signatureAge", "600000")


@pytest.mark.parametrize(
    ("statements", "hours"),
    [
        ([], 168),
        ([allow("*")], 168),
        ([deny(Condition=OLD)], 600_000 / 3_600_000),
        ([deny(Condition=OLD), deny(Condition=when("NumericGreaterThan", "s3:signatureAge", 3_600_000))], 600_000 / 3_600_000),
        ([deny(Condition=when("NumericGreaterThan", "s3:signatureAge", 10 * 168 * 3_600_000))], 168),
        ([deny("*", "s3:GetObject", BUCKET + "/*", Condition=OLD)], 168),
        ([deny("*", "s3:*", BUCKET + "/private/*", Condition=OLD)], 168),
        ([deny({"AWS": OTHER}, Condition=OLD)], 168),
        ([deny(Condition={**OLD, "StringEquals": {"s3:authType": "REST-QUERY-STRING"}})], 600_000 / 3_600_000),
        ([deny(Condition={**OLD, "StringEquals": {"s3:prefix": "x"}})], 168),
        ([deny(Condition=when("StringEquals", "s3:authType", "REST-QUERY-STRING"))], 0),
        ([deny(Condition=when("StringNotEquals", "s3:authType", "REST-HEADER"))], 0),
        ([deny(Condition=when("NumericLessThan", "s3:signatureAge", "600000"))], 168),
    ],
)
def test_the_longest_life_of_a_signed_link(statements, hours):
    assert links(*statements) == pytest.approx(hours)


def test_an_unread_age_lies_between_nothing_and_the_default():
    found = signature_age_hours(policy(deny(Condition=when("NumericGreaterThan", "s3:signatureAge", UNDETERMINED))), VIA)
    assert isinstance(found, Unknown)
    assert found.between == (0, 168)
