from __future__ import annotations

import pytest

from tests.access.policies import BUCKET, OTHER, OWN, VIA, allow, audience, deny, members, value, when
from tierwise.access.audience import acl_audience, closed, combine, restrict_policy, unread, unread_acl
from tierwise.access.document import UNDETERMINED
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason

ROOT = f"arn:aws:iam::{OTHER}:root"


def summary(one):
    return value(one.anonymous_read), value(one.anonymous_write), value(one.any_authenticated)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": [OWN, "*"]}])
@pytest.mark.parametrize(
    ("action", "read", "write"),
    [
        ("s3:GetObject", True, False),
        ("S3:getobject", True, False),
        ("s3:Get*", True, False),
        ("s3:ListBucket", True, False),
        ("s3:PutObject", False, True),
        ("s3:PutBucketPolicy", False, True),
        (["s3:GetObject", "s3:DeleteObject"], True, True),
        ("s3:*", True, True),
        ("*", True, True),
        ("s3:GetBucketLocation", False, False),
        ("s3:G?tObject", True, False),
    ],
)
def test_a_grant_to_everyone_is_anonymous_by_what_its_actions_do(principal, action, read, write):
    found = audience(allow(principal, action, [BUCKET, BUCKET + "/*"]))
    assert summary(found) == (read, write, False)
    assert members(found) == {"*"}
    assert value(found.external_conditioned) is False


NARROWING = [
    when("StringEquals", "aws:SourceAccount", OWN),
    when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
    when("StringEquals", "aws:SourceVpce", "vpce-1a2b3c4d"),
    when("StringEquals", "aws:SourceVpc", "vpc-111bbb22"),
    when("IpAddress", "aws:SourceIp", "192.0.2.0/24", "203.0.113.7"),
    when("IpAddress", "aws:SourceIp", "2001:db8::/32"),
    when("ArnLike", "aws:SourceArn", f"arn:aws:sns:eu-west-2:{OWN}:topic"),
    when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:uploads"),
    when("StringLike", "aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/app-*"),
    when("StringEquals", "aws:PrincipalAccount", "${aws:ResourceAccount}"),
    when("StringEquals", "s3:DataAccessPointAccount", OWN),
    when("StringEquals", "kms:CallerAccount", OWN),
    when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/*"),
    when("StringLike", "aws:userid", "AROAEXAMPLEID12345678:*"),
    when("Bool", "aws:PrincipalIsAWSService", "true"),
    when("Bool", "elasticfilesystem:AccessedViaMountTarget", "true"),
]


@pytest.mark.parametrize("condition", NARROWING)
def test_a_narrowing_condition_takes_publicness_away(condition):
    found = audience(allow("*", Condition=condition))
    assert summary(found) == (False, False, False)
    assert members(found) == set()


@pytest.mark.parametrize(
    "condition",
    [
        when("StringEqualsIfExists", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        when("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
        when("StringNotEquals", "aws:PrincipalAccount", OTHER),
        when("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
        when("IpAddress", "aws:SourceIp", "192.0.2.0/24", "0.0.0.0/1"),
        when("IpAddress", "aws:SourceIp", "::/0"),
        when("NotIpAddress", "aws:SourceIp", "192.0.2.0/24"),
        when("StringLike", "aws:SourceVpce", "vpce-*"),
        when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
        when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*"),
        when("StringEquals", "s3:prefix", "public/"),
        when("StringLike", "aws:Referer", "https://example.org/*"),
        when("StringEquals", "kms:ViaService", "s3.eu-west-2.amazonaws.com"),
        when("Bool", "aws:SecureTransport", "true"),
    ],
)
def test_a_condition_that_anyone_can_meet_leaves_it_public(condition):
    found = audience(allow("*", Condition=condition))
    assert summary(found) == (True, False, False)
    assert "*" in members(found)


def test_a_condition_that_only_needs_credentials_means_any_account_holder():
    found = audience(allow("*", Condition=when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/reader")))
    assert summary(found) == (False, False, True)
    assert members(found) == {"*"}


def test_accounts_that_a_narrowing_condition_names_are_external():
    found = audience(allow("*", Condition=when("StringEquals", "aws:PrincipalAccount", OWN, OTHER)))
    assert summary(found) == (False, False, False)
    assert members(found) == {OTHER}
    assert value(found.external_conditioned) is True


def test_conditions_that_all_must_hold_let_in_only_the_accounts_common_to_them():
    both = {"StringEquals": {"aws:PrincipalAccount": [OTHER, "444455556666"], "aws:SourceAccount": [OTHER, OWN]}}
    assert members(audience(allow("*", Condition=both))) == {OTHER}


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"AWS": OTHER}, {OTHER}),
        ({"AWS": ROOT}, {OTHER}),
        ({"AWS": f"arn:aws-cn:iam::{OTHER}:role/x/y"}, {OTHER}),
        ({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/x/s"}, {OTHER}),
        ({"AWS": [OWN, f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OWN}:user/ann"]}, set()),
        ({"AWS": ["AIDACKCEVSQ6C2EXAMPLE", "AROADBQP57FF2AEXAMPLE"]}, set()),
        ({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, set()),
        ({"Service": "logging.s3.amazonaws.com"}, set()),
        (
            {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
            {"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
        ),
    ],
)
def test_only_principals_of_other_accounts_are_external(principal, expected):
    found = audience(allow(principal))
    assert summary(found) == (False, False, False)
    assert members(found) == expected
    assert value(found.external_conditioned) == (False if expected else "n/a")


def test_a_service_that_acts_for_another_account_lets_that_account_in_under_condition():
    found = audience(
        allow({"Service": "cloudtrail.amazonaws.com"}, "s3:PutObject", Condition=when("StringEquals", "aws:SourceAccount", OWN, OTHER))
    )
    assert members(found) == {OTHER}
    assert value(found.external_conditioned) is True


def test_an_allow_with_not_principal_is_public():
    statement = allow("*")
    del statement["Principal"]
    assert summary(audience({**statement, "NotPrincipal": {"AWS": OWN}})) == (True, False, False)


def test_not_action_grants_all_but_what_it_lists():
    statement = allow("*")
    del statement["Action"]
    assert summary(audience({**statement, "NotAction": "s3:Put*"})) == (True, True, False)
    assert summary(audience({**statement, "NotAction": ["s3:Get*", "s3:List*"]}))[0] is False


def test_not_resource_grants_all_but_what_it_lists():
    statement = allow("*")
    del statement["Resource"]
    assert summary(audience({**statement, "NotResource": BUCKET + "/private/*"})) == (True, False, False)


@pytest.mark.parametrize(
    "statement",
    [
        deny(),
        deny({"AWS": "*"}, "s3:GetObject", BUCKET + "/*"),
        deny("*", "s3:Get*", "*"),
        deny("*", "*", "arn:aws:s3:::rec*"),
        {"Effect": "Deny", "Principal": "*", "NotAction": "s3:PutObject", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"},
        deny(Condition=when("StringNotEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")),
        deny(Condition=when("StringNotEqualsIfExists", "aws:SourceVpce", "vpce-1a2b3c4d")),
        deny(Condition=when("NotIpAddress", "aws:SourceIp", "192.0.2.0/24")),
        deny(Condition={**when("StringNotEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), "Bool": {"aws:PrincipalIsAWSService": "false"}}),
    ],
)
def test_a_deny_that_covers_the_public_grant_takes_it_away(statement):
    found = audience(allow("*"), statement)
    assert summary(found) == (False, False, False)
    assert "*" not in members(found)


@pytest.mark.parametrize(
    "statement",
    [
        deny({"AWS": OTHER}),
        deny("*", "s3:PutObject"),
        deny("*", "s3:GetObject", BUCKET + "/private/*"),
        deny("*", "s3:GetObject", BUCKET),
        deny(Condition=when("Bool", "aws:SecureTransport", "false")),
        deny(Condition=when("StringEquals", "aws:PrincipalAccount", OTHER)),
        deny(Condition=when("NotIpAddress", "aws:SourceIp", "0.0.0.0/0")),
        deny(Condition=when("ForAnyValue:StringNotEquals", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*")),
        deny(Condition={**when("StringNotEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), "Bool": {"aws:SecureTransport": "false"}}),
        {"Effect": "Deny", "Principal": "*", "NotAction": "s3:Get*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "NotResource": BUCKET + "/open/*"},
    ],
)
def test_a_deny_that_covers_only_a_part_leaves_it_public(statement):
    assert summary(audience(allow("*"), statement)) == (True, False, False)


def test_two_denials_that_cover_the_parts_take_the_grant_away_together():
    grant = allow("*", ["s3:GetObject", "s3:ListBucket"], [BUCKET, BUCKET + "/*"])
    assert summary(audience(grant, deny("*", "s3:GetObject", BUCKET + "/*")))[0] is True
    assert summary(audience(grant, deny("*", "s3:GetObject", BUCKET + "/*"), deny("*", "s3:ListBucket", BUCKET)))[0] is False


def test_a_deny_of_the_outsider_takes_the_outsider_away():
    grant = allow({"AWS": f"arn:aws:iam::{OTHER}:role/reader"})
    assert members(audience(grant, deny({"AWS": ROOT}))) == set()
    assert members(audience(grant, deny({"AWS": f"arn:aws:iam::{OTHER}:role/writer"}))) == {OTHER}
    assert members(audience(grant, deny(Condition=when("StringNotEquals", "aws:PrincipalAccount", OWN)))) == set()
    assert members(audience(grant, deny(Condition=when("StringNotEquals", "aws:PrincipalAccount", OWN, OTHER)))) == {OTHER}


def test_a_deny_with_not_principal_leaves_only_those_it_spares():
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": [ROOT]}, "Action": "s3:*", "Resource": "*"}
    found = audience(allow("*"), allow({"AWS": "444455556666"}), statement)
    assert summary(found) == (False, False, False)
    assert members(found) == {OTHER}


# Trust policies: shapes of the IAM User Guide


def trust(principal, action="sts:AssumeRole", **more):
    return audience({"Effect": "Allow", "Principal": principal, "Action": action, **more}, service="sts")


def test_a_trust_policy_for_everyone_needs_credentials():
    found = trust({"AWS": "*"})
    assert summary(found) == (False, False, True)
    assert members(found) == {"*"}
    assert value(found.external_conditioned) is False


def test_an_external_id_conditions_a_foreign_account():
    assert value(trust({"AWS": ROOT}).external_conditioned) is False
    found = trust({"AWS": ROOT}, Condition=when("StringEquals", "sts:ExternalId", "7c1e"))
    assert members(found) == {OTHER}
    assert value(found.external_conditioned) is True


def test_one_unconditioned_grant_among_others_decides():
    found = audience(
        {
            "Effect": "Allow",
            "Principal": {"AWS": ROOT},
            "Action": "sts:AssumeRole",
            "Condition": when("StringEquals", "sts:ExternalId", "x"),
        },
        {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"},
        service="sts",
    )
    assert members(found) == {OTHER, "444455556666"}
    assert value(found.external_conditioned) is False


GITHUB = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"}
SUB = "token.actions.githubusercontent.com:sub"
AUD = "token.actions.githubusercontent.com:aud"


@pytest.mark.parametrize(
    ("condition", "conditioned"),
    [
        (None, False),
        (when("StringEquals", AUD, "sts.amazonaws.com"), False),
        (when("StringLike", SUB, "repo:acme/records:*"), True),
        (when("StringLike", SUB, "repo:acme/*"), True),
        (when("StringLike", SUB, "repo:acme*"), False),
        (when("StringLike", SUB, "repo:*"), False),
        (when("StringLike", SUB, "*"), False),
        (when("StringEquals", SUB, "repo:acme/records:ref:refs/heads/main"), True),
        (when("StringEqualsIfExists", SUB, "repo:acme/records:ref:refs/heads/main"), False),
    ],
)
def test_a_web_identity_provider_is_external_and_its_subject_conditions_it(condition, conditioned):
    found = trust(GITHUB, "sts:AssumeRoleWithWebIdentity", **({"Condition": condition} if condition else {}))
    assert members(found) == {"token.actions.githubusercontent.com"}
    assert value(found.external_conditioned) is conditioned
    assert summary(found) == (False, False, False)


def test_an_identity_pool_is_named_by_its_audience():
    found = trust(
        {"Federated": "cognito-identity.amazonaws.com"},
        "sts:AssumeRoleWithWebIdentity",
        Condition=when("StringEquals", "cognito-identity.amazonaws.com:aud", "us-east-1:12345678-dcba"),
    )
    assert members(found) == {"cognito-identity.amazonaws.com"}
    assert value(found.external_conditioned) is True


def test_the_account_s_own_saml_provider_is_no_outsider():
    assert members(trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/Entra"}, "sts:AssumeRoleWithSAML")) == set()


# What a plan does not say yet


@pytest.mark.parametrize("element", ["Effect", "Action", "Condition"])
def test_a_public_grant_with_an_unread_element_is_unknown(element):
    found = audience({**allow("*"), element: UNDETERMINED})
    assert value(found.anonymous_read) == "?"
    assert isinstance(found.external, Unknown)
    assert found.external.reason is UnknownReason.KNOWN_AFTER_APPLY


def test_an_unread_resource_does_not_hide_a_public_grant():
    assert value(audience(allow("*", resource=UNDETERMINED)).anonymous_read) is True


@pytest.mark.parametrize("element", ["Effect", "Principal", "Action", "Resource", "Condition"])
def test_an_unread_element_of_a_deny_makes_the_public_grant_unknown(element):
    assert value(audience(allow("*"), {**deny(), element: UNDETERMINED}).anonymous_read) == "?"


def test_a_principal_that_is_known_in_part_is_not_everyone():
    found = audience(allow({"AWS": f"arn:aws:iam::{UNDETERMINED}:root"}), allow({"AWS": ROOT}))
    assert summary(found) == (False, False, False)
    assert isinstance(found.external, Unknown)
    assert found.external.includes == {OTHER}
    assert members(audience(allow({"AWS": f"arn:aws:iam::{OTHER}:role/{UNDETERMINED}"}))) == {OTHER}


def test_without_the_own_account_a_named_account_may_be_its_own():
    found = audience(allow({"AWS": OTHER}), account="")
    assert isinstance(found.external, Unknown)
    assert found.external.reason is UnknownReason.UNRESOLVED_REFERENCE
    assert summary(found) == (False, False, False)
    assert members(audience(allow("*"), account="")) == {"*"}


# Together


def acl(*grants, ignore_public=False, owner="owner-id"):
    return acl_audience(
        [{"Grantee": who, "Permission": what} for who, what in grants], owner_id=owner, ignore_public=ignore_public, via=VIA
    )


EVERYONE = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
ACCOUNTS = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}
LOGS = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}


@pytest.mark.parametrize(
    ("grants", "expected", "external"),
    [
        ([({"Type": "CanonicalUser", "ID": "owner-id"}, "FULL_CONTROL")], (False, False, False), set()),
        ([(EVERYONE, "READ")], (True, False, False), {"*"}),
        ([(EVERYONE, "WRITE")], (False, True, False), {"*"}),
        ([(EVERYONE, "WRITE_ACP")], (False, True, False), {"*"}),
        ([(EVERYONE, "READ_ACP")], (False, False, False), {"*"}),
        ([(EVERYONE, "FULL_CONTROL")], (True, True, False), {"*"}),
        ([(ACCOUNTS, "READ")], (False, False, True), {"*"}),
        ([({"Type": "CanonicalUser", "ID": "someone"}, "READ")], (False, False, False), {"someone"}),
        ([(LOGS, "WRITE")], (False, False, False), set()),
    ],
)
def test_acl_grants_by_grantee_and_permission(grants, expected, external):
    found = acl(*grants)
    assert summary(found) == expected
    assert members(found) == external


def test_ignored_public_acls_leave_only_named_outsiders():
    grants = [(EVERYONE, "READ"), (ACCOUNTS, "WRITE"), ({"Type": "CanonicalUser", "ID": "someone"}, "READ")]
    ignored = acl(*grants, ignore_public=True)
    assert summary(ignored) == (False, False, False)
    assert members(ignored) == {"someone"}
    unsure = acl(*grants, ignore_public=Unknown(UnknownReason.PERMISSION_DENIED, VIA))
    assert summary(unsure) == ("?", False, "?")
    assert isinstance(unsure.external, Unknown)
    assert unsure.external.includes == {"someone"}


def test_a_public_policy_under_restrict_public_buckets_lets_no_outsider_in():
    public = audience(allow("*"), allow({"AWS": OTHER}))
    restricted = restrict_policy(public, Known(True, VIA))
    assert summary(restricted) == (False, False, False)
    assert members(restricted) == set()
    assert isinstance(restricted.external_conditioned, NotApplicable)
    assert restrict_policy(public, Known(False, VIA)) == public


def test_a_policy_that_is_not_public_keeps_its_outsiders_under_restrict_public_buckets():
    shared = audience(allow({"AWS": OTHER}))
    assert restrict_policy(shared, Known(True, VIA)) == shared


def test_an_unreadable_restriction_matters_only_where_it_could_change_the_answer():
    denied = Unknown(UnknownReason.PERMISSION_DENIED, VIA)
    shared = audience(allow({"AWS": OTHER}))
    assert restrict_policy(shared, denied) == shared
    public = restrict_policy(audience(allow("*")), denied)
    assert summary(public) == ("?", False, False)
    assert isinstance(public.anonymous_read, Unknown)
    assert public.anonymous_read.reason is UnknownReason.PERMISSION_DENIED


def test_a_policy_that_may_be_public_is_private_under_restriction_but_its_outsiders_are_not_settled():
    found = restrict_policy(audience(allow(UNDETERMINED), allow({"AWS": OTHER})), Known(True, VIA))
    assert summary(found) == (False, False, False)
    assert isinstance(found.external, Unknown)
    assert found.external.includes == frozenset()


def test_an_unread_policy_is_not_public_under_restriction():
    found = restrict_policy(unread(Unknown(UnknownReason.PERMISSION_DENIED, VIA)), Known(True, VIA))
    assert summary(found) == (False, False, False)
    assert isinstance(found.external, Unknown)


def test_combined_audiences_let_in_whoever_one_of_them_does():
    found = combine(
        audience(allow({"AWS": OTHER}, Condition=when("StringEquals", "aws:SourceVpce", "vpce-1"))), acl((EVERYONE, "READ")), closed(VIA)
    )
    assert summary(found) == (True, False, False)
    assert members(found) == {OTHER, "*"}
    assert value(found.external_conditioned) is False
    assert len(found.grants) == 2


def test_an_unread_part_leaves_open_only_what_no_other_part_settles():
    denied = unread(Unknown(UnknownReason.PERMISSION_DENIED, VIA))
    found = combine(audience(allow("*")), denied)
    assert summary(found) == (True, "?", "?")
    assert isinstance(found.external, Unknown)
    assert found.external.includes == {"*"}
    assert summary(combine()) == (False, False, False)


def test_an_unread_acl_opens_nothing_to_everyone_where_public_grants_are_ignored():
    denied = Unknown(UnknownReason.PERMISSION_DENIED, VIA)
    found = unread_acl(denied, Known(True, VIA))
    assert summary(found) == (False, False, False)
    assert found.external is denied, "it may still name other accounts"
    assert summary(unread_acl(denied, Known(False, VIA))) == summary(unread_acl(denied, denied)) == ("?", "?", "?")


@pytest.mark.parametrize(
    "service", ["sqs", "sns", "kms", "secretsmanager", "dynamodb", "kinesis", "es", "ecr", "glue", "backup", "logs", "lambda", "ssm"]
)
def test_every_service_knows_its_data_actions(service):
    found = audience(allow("*", f"{service}:*", "*"), service=service)
    assert summary(found) == (True, True, False)


def test_the_default_topic_policy_of_the_console_is_private():
    # SNS Developer Guide: the policy that the console creates
    actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:Publish",
    ]
    found = audience(
        allow({"AWS": "*"}, actions, f"arn:aws:sns:eu-west-2:{OWN}:t", Condition=when("StringEquals", "AWS:SourceOwner", OWN)),
        service="sns",
    )
    assert summary(found) == (False, False, False)
    assert members(found) == set()


def test_a_function_url_without_authentication_is_public():
    url = allow("*", "lambda:InvokeFunctionUrl", "*", Condition=when("StringEquals", "lambda:FunctionUrlAuthType", "NONE"))
    assert summary(audience(url, service="lambda")) == (True, True, False)
    url["Condition"] = when("StringEquals", "lambda:FunctionUrlAuthType", "AWS_IAM")
    assert summary(audience(url, service="lambda")) == (False, False, True)


def test_what_is_left_of_each_grant_is_kept_as_evidence():
    found = audience(
        allow({"AWS": [ROOT, OWN]}, Condition=when("StringEquals", "aws:SourceVpce", "vpce-1")),
        allow({"AWS": UNDETERMINED}),
        deny({"AWS": OWN}),
    )
    assert [(one.principal, one.actions, one.resources, one.conditioned) for one in found.grants] == [
        (ROOT, ("s3:GetObject",), (BUCKET + "/*",), True),
        ("(known after apply)", ("s3:GetObject",), (BUCKET + "/*",), False),
    ]


def test_an_unreadable_restriction_does_not_take_the_blame_for_an_unread_principal():
    found = restrict_policy(audience(allow({"AWS": f"arn:aws:iam::{UNDETERMINED}:root"})), Unknown(UnknownReason.PERMISSION_DENIED, VIA))
    assert isinstance(found.external, Unknown)
    assert found.external.reason is UnknownReason.KNOWN_AFTER_APPLY
