from __future__ import annotations

import pytest

from tests.access.policies import OWN, VIA, policy, value, when
from tierwise.access.document import UNDETERMINED
from tierwise.access.privilege import perhaps_readable, privilege_of, readable


def may(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def privilege(*statements):
    return privilege_of([policy(one) for one in statements], via=VIA)


MFA = when("Bool", "aws:MultiFactorAuthPresent", "true")


@pytest.mark.parametrize(
    ("statements", "admin"),
    [
        ([may("*")], True),
        ([may("*:*")], True),
        ([may(["s3:*", "*"])], True),
        ([{"Effect": "Allow", "NotAction": "support:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}], False),
        ([may("*", "arn:aws:s3:::b/*")], False),
        ([may("*", Condition=MFA)], False),
        ([may("iam:*")], False),
        ([may("s3:*")], False),
        ([may("*"), may("*", effect="Deny")], False),
        ([may("*"), may("iam:*", effect="Deny")], False),
        ([may("*"), may("s3:DeleteBucket", effect="Deny")], True),
        ([may("*"), may("*", effect="Deny", Condition=when("StringNotEquals", "aws:RequestedRegion", "eu-west-2"))], True),
        ([], False),
    ],
)
def test_admin_is_everything_on_everything(statements, admin):
    assert value(privilege(*statements).admin) is admin


@pytest.mark.parametrize(
    ("statements", "escalation"),
    [
        ([may("*")], True),
        ([may("*", Condition=MFA)], True),
        ([may("iam:*")], True),
        ([may("iam:CreatePolicyVersion")], True),
        ([may("iam:Attach*Policy")], True),
        ([may("iam:Put*", f"arn:aws:iam::{OWN}:role/*")], True),
        ([may("iam:UpdateAssumeRolePolicy", "arn:aws:iam::*:role/*")], True),
        ([may("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}")], False),
        ([may("iam:CreateAccessKey", f"arn:aws:iam::{OWN}:user/bot")], False),
        ([may("sts:AssumeRole")], True),
        ([may("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/deploy")], False),
        ([may("iam:PassRole")], False),
        ([may("iam:PassRole"), may(["lambda:CreateFunction", "lambda:InvokeFunction"])], True),
        ([may("iam:PassRole", Condition=when("StringEquals", "iam:PassedToService", "ec2.amazonaws.com")), may("ec2:Run*")], True),
        ([may("iam:PassRole", f"arn:aws:iam::{OWN}:role/app"), may("ec2:RunInstances")], False),
        ([may("iam:CreateUser"), may("s3:*")], False),
        ([may("iam:PutRolePolicy", Condition=when("StringEquals", "iam:PermissionsBoundary", f"arn:aws:iam::{OWN}:policy/b"))], False),
        ([may("iam:CreatePolicyVersion"), may("iam:*", effect="Deny")], False),
        ([may("iam:CreatePolicyVersion"), may("iam:CreatePolicyVersion", f"arn:aws:iam::{OWN}:policy/x", "Deny")], True),
    ],
)
def test_escalation_is_a_known_path_on_wildcard_resources(statements, escalation):
    assert value(privilege(*statements).escalation) is escalation


ROLE, USER = f"arn:aws:iam::{OWN}:role/deploy", f"arn:aws:iam::{OWN}:user/bot"


@pytest.mark.parametrize(
    ("statements", "escalation"),
    [
        ([may("*", ROLE)], True),
        ([may("iam:*", ROLE)], True),
        ([may("*", USER)], True),
        ([may("iam:PutRolePolicy", ROLE), may("sts:AssumeRole", ROLE)], True),
        ([may("iam:AttachRolePolicy", ROLE), may("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{OWN}:role/dep*")], True),
        ([may("*", ROLE, Condition=MFA)], True),
        ([may("iam:PutRolePolicy", ROLE)], False),
        ([may("sts:AssumeRole", ROLE)], False),
        ([may("iam:PutRolePolicy", ROLE), may("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/other")], False),
        ([may("iam:PutRolePolicy", ROLE), may("iam:CreateAccessKey", USER)], False),
        ([may("*", "arn:aws:s3:::b/*")], False),
        ([may("*", ROLE), {**may("iam:*", ROLE), "Effect": "Deny"}], False),
        ([may("*", f"arn:aws:iam::{OWN}:policy/p")], False),
    ],
)
def test_one_named_role_or_user_that_can_be_changed_and_entered_is_a_path(statements, escalation):
    assert value(privilege(*statements).escalation) is escalation


@pytest.mark.parametrize(
    ("statements", "wildcard"),
    [
        ([may("*", "arn:aws:s3:::b/*")], True),
        ([may("s3:*", "arn:aws:s3:::b/*")], True),
        ([may("S3:*", "arn:aws:s3:::b/*")], True),
        ([may("kms:*")], True),
        ([may("s3:Get*")], False),
        ([may("dynamodb:Get*")], False),
        ([may("s3:GetObject")], False),
        ([may("iam:*")], False),
        ([may("cloudwatch:*")], False),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        ([may("s3:*"), may("s3:*", effect="Deny")], False),
        ([may("s3:*"), may("s3:Delete*", effect="Deny")], True),
    ],
)
def test_only_a_wildcard_over_a_service_is_a_wildcard_data_action(statements, wildcard):
    assert value(privilege(*statements).wildcard_data_actions) is wildcard


@pytest.mark.parametrize(
    ("statements", "whole"),
    [
        ([may("s3:GetObject")], True),
        ([may("s3:GetObject", "arn:aws:s3:::*")], True),
        ([may("s3:GetObject", "arn:aws:s3:::b/*")], False),
        ([may("s3:ListAllMyBuckets")], False),
        ([may("kms:Decrypt")], True),
        ([may("kms:Decrypt", f"arn:aws:kms:eu-west-2:{OWN}:key/*")], True),
        ([may("kms:Decrypt", f"arn:aws:kms:eu-west-2:{OWN}:key/1234")], False),
        ([may("secretsmanager:Get*")], True),
        ([may("rds-db:connect", f"arn:aws:rds-db:eu-west-2:{OWN}:dbuser:*/*")], True),
        ([may("rds-data:*")], True),
        ([may("redshift-data:ExecuteStatement")], True),
        ([may("athena:GetQueryResults")], True),
        ([may("dynamodb:Query", f"arn:aws:dynamodb:eu-west-2:{OWN}:table/*")], True),
        ([may(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])], False),
        ([{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*"}], True),
        ([may("s3:GetObject"), may("s3:Get*", effect="Deny")], False),
        ([may("s3:GetObject"), may("s3:*", "arn:aws:s3:::secret/*", "Deny")], True),
    ],
)
def test_data_actions_on_everything_or_a_whole_service_are_wildcard_resources(statements, whole):
    assert value(privilege(*statements).wildcard_data_resources) is whole


UNLESS_MFA = may("*", effect="Deny", Condition=when("BoolIfExists", "aws:MultiFactorAuthPresent", "false"))


@pytest.mark.parametrize(
    ("statements", "bound"),
    [
        ([may("ec2:DescribeInstances")], "n/a"),
        ([], "n/a"),
        ([may("s3:GetObject")], False),
        ([may("s3:GetObject", Condition=MFA)], True),
        ([may("s3:GetObject", Condition=when("BoolIfExists", "aws:MultiFactorAuthPresent", "true"))], False),
        ([may("s3:GetObject", Condition=when("StringEquals", "aws:SourceVpce", "vpce-1"))], True),
        ([may("s3:GetObject", Condition=when("IpAddress", "aws:SourceIp", "0.0.0.0/0"))], False),
        ([may("s3:GetObject", Condition=when("StringEquals", "aws:ResourceTag/tier", "T1"))], True),
        ([may("s3:GetObject", Condition=when("StringLike", "aws:PrincipalTag/team", "*"))], False),
        ([may("s3:GetObject", Condition=when("StringEquals", "s3:prefix", "x"))], False),
        ([may("s3:GetObject", Condition=when("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"))], True),
        ([may("s3:GetObject", Condition=MFA), may("dynamodb:Query")], False),
        ([may("s3:GetObject"), UNLESS_MFA], True),
        ([may("s3:GetObject"), may("dynamodb:*", effect="Deny", Condition=when("Bool", "aws:MultiFactorAuthPresent", "false"))], False),
        ([may("s3:GetObject"), may("*", effect="Deny", Condition=when("Bool", "aws:SecureTransport", "false"))], False),
        ([may("s3:GetObject"), may("*", effect="Deny")], "n/a"),
    ],
)
def test_data_grants_are_bound_where_each_carries_a_condition(statements, bound):
    assert value(privilege(*statements).condition_bound) == bound


@pytest.mark.parametrize(
    ("statement", "unknown"),
    [
        (
            {**may("*"), "Effect": UNDETERMINED},
            {"admin", "escalation", "wildcard_data_actions", "wildcard_data_resources", "condition_bound"},
        ),
        ({**may("*"), "Resource": UNDETERMINED}, {"admin", "escalation", "wildcard_data_resources"}),
        ({**may("s3:GetObject"), "Condition": UNDETERMINED}, {"condition_bound"}),
        ({**may("iam:PutUserPolicy"), "Resource": UNDETERMINED}, {"escalation"}),
    ],
)
def test_an_unread_element_opens_only_what_it_could_change(statement, unknown):
    found = privilege(statement)
    assert {name for name in type(found).__slots__ if value(getattr(found, name)) == "?"} == unknown


BUCKETS = [("s3", "arn:aws:s3:::records"), ("s3", "arn:aws:s3:::records-archive"), ("s3", "arn:aws:s3:::open")]
TABLE = ("dynamodb", f"arn:aws:dynamodb:eu-west-2:{OWN}:table/people")
SECRET = ("secretsmanager", f"arn:aws:secretsmanager:eu-west-2:{OWN}:secret:db/main-AbCdEf")
DATABASE = ("rds", f"arn:aws:rds:eu-west-2:{OWN}:db:people")
ALL = [*BUCKETS, TABLE, SECRET, DATABASE]


@pytest.mark.parametrize(
    ("statements", "names"),
    [
        ([may("*")], {"records", "records-archive", "open", "people", "db/main-AbCdEf", "db:people"}),
        ([may("s3:*", "arn:aws:s3:::records/*")], {"records"}),
        ([may("s3:GetObject", "arn:aws:s3:::records*")], {"records", "records-archive"}),
        ([may("s3:GetObject", "arn:aws:s3:::records/a/*")], {"records"}),
        ([may("s3:GetObject", "arn:aws:s3:::records")], set()),
        ([may("s3:ListBucket", "arn:aws:s3:::records")], set()),
        ([may("s3:PutObject")], set()),
        ([may("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/team}/*")], {"records", "records-archive", "open"}),
        ([may("s3:GetObject"), may("s3:*", "arn:aws:s3:::records/*", "Deny")], {"records-archive", "open"}),
        ([may("s3:GetObject"), may("s3:*", "arn:aws:s3:::records/a/*", "Deny")], {"records", "records-archive", "open"}),
        (
            [may("s3:GetObject", Condition=MFA), may("s3:*", "arn:aws:s3:::open/*", "Deny", Condition=MFA)],
            {"records", "records-archive", "open"},
        ),
        ([may(["dynamodb:Query"], TABLE[1])], {"people"}),
        ([may(["dynamodb:Query"], TABLE[1] + "/index/*")], {"people"}),
        ([may("dynamodb:DescribeTable")], set()),
        ([may("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:*:{OWN}:secret:db/main-??????")], {"db/main-AbCdEf"}),
        ([may("rds-db:connect", f"arn:aws:rds-db:eu-west-2:{OWN}:dbuser:*/*")], {"db:people"}),
        ([{"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::records/*"}], {"records-archive", "open"}),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], {"people", "db/main-AbCdEf", "db:people"}),
    ],
)
def test_readable_are_the_stores_whose_data_the_policies_allow_reading(statements, names):
    found = readable([policy(one) for one in statements], ALL)
    assert set(found) == {arn for _, arn in ALL if arn.split(":", 5)[5].removeprefix("table/").removeprefix("secret:") in names}


def test_a_grant_on_a_resource_not_known_yet_is_perhaps_readable():
    policies = [policy(may("s3:GetObject", UNDETERMINED)), policy(may("s3:GetObject", "arn:aws:s3:::open/*"))]
    assert readable(policies, BUCKETS) == ("arn:aws:s3:::open",)
    assert set(perhaps_readable(policies, BUCKETS)) == {"arn:aws:s3:::records", "arn:aws:s3:::records-archive"}
