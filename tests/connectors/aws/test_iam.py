from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, Collect
from tests.connectors.aws.fields import missing_field
from tests.connectors.collected import Estate
from tierwise.access.managed import KNOWN
from tierwise.access.reads import read_links
from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel

NOW = datetime(2026, 11, 23, tzinfo=UTC)
MADE = NOW - timedelta(days=400)
IAM = f"arn:aws:iam::{ACCOUNT}"
ADMIN_ARN = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALL_BUCKETS = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
ONE_BUCKET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::payments/*"}
HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,"
    "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service"
)


def doc(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: object, **condition: object) -> str:
    extra = {"Condition": condition} if condition else {}
    return doc({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **extra})


def value(fact: AnyFact) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


def facts(estate: Estate, name: str) -> Mapping[str, AnyFact]:
    return next(one for one in estate.values() if one.name == name).facts


def privileges(estate: Estate, name: str) -> dict[str, Any]:
    """What a principal may do by everything that is judged on it; what is written into it has a test of its own."""
    found = {key.removeprefix("privilege."): fact for key, fact in facts(estate, name).items() if key.startswith("privilege.")}
    return {key: value(fact) for key, fact in found.items() if key != "inline_wildcard"}


def reads(estate: Estate, name: str) -> list[str]:
    return [link.to for one in estate.values() if one.name == name for link in one.links if link.rel is Rel.READS]


def detail(kind: str, name: str, **more: object) -> dict[str, Any]:
    return {f"{kind}Name": name, "Path": "/", "Arn": f"{IAM}:{kind.lower()}/{name}", "CreateDate": MADE, **more}


def walk(**lists: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    return {("iam", "GetAccountAuthorizationDetails"): {"IsTruncated": False, **lists}}


def report(*rows: str) -> dict[tuple[str, str], Any]:
    return {
        ("iam", "GenerateCredentialReport"): {"State": "COMPLETE"},
        ("iam", "GetCredentialReport"): {"Content": "\n".join((HEADER, *rows)).encode()},
    }


NOTHING = {"admin": False, "escalation": False, "wildcard_data_actions": False, "wildcard_data_resources": False, "condition_bound": True}


@pytest.fixture
def planted(aws: Any) -> Any:
    """An account with one of each: groups, policies, users and roles."""
    iam = aws("iam")
    admin = iam.create_policy(PolicyName="all", PolicyDocument=doc(EVERYTHING))["Policy"]["Arn"]
    buckets = iam.create_policy(PolicyName="buckets", Path="/data/", PolicyDocument=doc(ALL_BUCKETS))["Policy"]["Arn"]
    iam.create_group(GroupName="engineers", Path="/eng/")
    iam.attach_group_policy(GroupName="engineers", PolicyArn=admin)
    for user in ("ada", "bob", "eve"):
        iam.create_user(UserName=user, Tags=[{"Key": "team", "Value": "payments"}])
    iam.add_user_to_group(GroupName="engineers", UserName="ada")
    iam.attach_user_policy(UserName="bob", PolicyArn=buckets)
    iam.put_user_policy(UserName="eve", PolicyName="inline", PolicyDocument=doc(ALL_BUCKETS))
    for role, document in (
        ("partner", trust({"AWS": "arn:aws:iam::999988887777:root"})),
        ("bound-partner", trust({"AWS": "arn:aws:iam::999988887777:root"}, StringEquals={"sts:ExternalId": "x1"})),
        ("open", trust("*")),
        ("lambda", trust({"Service": "lambda.amazonaws.com"})),
    ):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)
    iam.put_role_policy(RoleName="lambda", PolicyName="inline", PolicyDocument=doc(ONE_BUCKET))
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    return iam


def test_what_is_written_into_a_principal_is_told_from_what_it_attaches(planted: Any, collect: Collect) -> None:
    estate = collect("iam")
    inline = {one.name: one.facts["privilege.inline_wildcard"] for one in estate.values()}
    assert isinstance(inline.pop("all"), NotApplicable)
    assert isinstance(inline.pop("buckets"), NotApplicable), "a managed policy stands by itself"
    assert {name for name, fact in inline.items() if value(fact)} == {"eve"}, "bob attaches the same policy and eve carries it inline"


def test_one_walk_lists_principals_and_own_policies_but_no_service_linked_role(planted: Any, collect: Collect) -> None:
    estate = collect("iam")
    assert {(one.kind, one.name) for one in estate.values()} == {
        (Kind.GROUP, "engineers"),
        *((Kind.USER, name) for name in ("ada", "bob", "eve")),
        *((Kind.ROLE, name) for name in ("partner", "bound-partner", "open", "lambda")),
        *((Kind.POLICY, name) for name in ("all", "buckets")),
    }
    assert estate[f"{IAM}:user/ada"].tags == Known({"team": "payments"}, estate[f"{IAM}:user/ada"].tags.via)
    assert not estate.gaps
    assert [one.operation for one in estate.outcomes if one.operation.startswith("iam:")] == ["iam:GetAccountAuthorizationDetails"]


def test_administrators_are_named_and_policies_are_judged_where_they_are_written(planted: Any, collect: Collect) -> None:
    estate = collect("iam")
    assert privileges(estate, "all") == dict.fromkeys(NOTHING, True) | {"condition_bound": False}
    assert privileges(estate, "ada") == NOTHING | {"admin": True}, "through the group; the rest is the policy's"
    assert privileges(estate, "engineers") == NOTHING | {"admin": True}
    assert privileges(estate, "bob") == NOTHING
    wide = {"admin": False, "escalation": False, "wildcard_data_actions": True, "wildcard_data_resources": True, "condition_bound": False}
    assert privileges(estate, "buckets") == privileges(estate, "eve") == wide
    assert privileges(estate, "lambda") == NOTHING | {"condition_bound": False}


def test_links_lead_to_groups_policies_and_what_is_read(planted: Any, collect: Collect) -> None:
    estate = collect("iam")
    assert {(link.rel, link.to) for link in estate[f"{IAM}:user/ada"].links} == {(Rel.MEMBER_OF, f"{IAM}:group/eng/engineers")}
    assert {(link.rel, link.to) for link in estate[f"{IAM}:user/bob"].links} == {(Rel.ATTACHES, f"{IAM}:policy/data/buckets")}
    assert reads(estate, "all") == ["reads:*:*"]
    assert reads(estate, "buckets") == reads(estate, "eve") == ["reads:s3:*"]
    assert reads(estate, "lambda") == ["arn:aws:s3:::payments"]
    assert reads(estate, "ada") == [], "a member takes its group's tier over along the link"


def test_a_trust_policy_says_who_from_outside_may_take_the_role(planted: Any, collect: Collect) -> None:
    estate = collect("iam")
    assert value(facts(estate, "partner")["access.external_principals"]) == {"999988887777"}
    assert value(facts(estate, "partner")["access.external_conditioned"]) is False
    assert value(facts(estate, "bound-partner")["access.external_conditioned"]) is True
    assert value(facts(estate, "open")["access.external_principals"]) == {"*"}
    assert value(facts(estate, "open")["access.external_conditioned"]) is False
    assert value(facts(estate, "lambda")["access.external_principals"]) == frozenset()
    assert isinstance(facts(estate, "lambda")["access.external_conditioned"], NotApplicable)
    assert any(grant.principal == "arn:aws:iam::999988887777:root" for grant in estate[f"{IAM}:role/partner"].grants)


def test_an_empty_account_has_no_principals(collect: Collect) -> None:
    estate = collect("iam", ALL_FACTS)
    assert (dict(estate), estate.gaps) == ({}, [])


def test_a_denied_walk_is_a_gap_and_not_an_empty_account(collect: Collect) -> None:
    estate = collect("iam", canned={("iam", "GetAccountAuthorizationDetails"): "AccessDenied"})
    (gap,) = estate.gaps
    assert (gap.reason, gap.action) == ("permission-denied", "iam:GetAccountAuthorizationDetails")
    assert gap.kinds == {Kind.USER, Kind.GROUP, Kind.ROLE, Kind.POLICY}


def test_policies_that_aws_wrote_are_judged_by_their_document_or_by_name(collect: Collect) -> None:
    def attached(name: str) -> dict[str, Any]:
        arn = f"arn:aws:iam::aws:policy/{name}"
        return detail(
            "Role", f"has-{name}", AttachedManagedPolicies=[{"PolicyArn": arn, "PolicyName": name}], AssumeRolePolicyDocument=trust("*")
        )

    answered = {
        "Arn": "arn:aws:iam::aws:policy/Answered",
        "PolicyVersionList": [
            {"IsDefaultVersion": False, "Document": doc(EVERYTHING)},
            {"IsDefaultVersion": True, "Document": doc({**ONE_BUCKET, "Action": "dynamodb:Query", "Resource": "*"})},
        ],
    }
    roles = [attached(name) for name in ("AdministratorAccess", "AmazonS3FullAccess", "ViewOnlyAccess", "Answered", "Unheard")]
    estate = collect("iam", canned=walk(RoleDetailList=roles, Policies=[answered]))
    assert {one.kind for one in estate.values()} == {Kind.ROLE}, "a policy of AWS is no resource of the account"
    assert privileges(estate, "has-AdministratorAccess") == dict.fromkeys(NOTHING, True) | {"condition_bound": False}
    assert reads(estate, "has-AdministratorAccess") == ["reads:*:*"]
    assert privileges(estate, "has-AmazonS3FullAccess")["wildcard_data_actions"] is True
    assert reads(estate, "has-AmazonS3FullAccess") == ["reads:s3:*"]
    assert privileges(estate, "has-ViewOnlyAccess") == NOTHING
    found = privileges(estate, "has-Answered")
    assert (found["admin"], found["wildcard_data_actions"], found["wildcard_data_resources"]) == (False, False, True)
    assert reads(estate, "has-Answered") == ["reads:dynamodb:*"]
    for name, fact in facts(estate, "has-Unheard").items():
        assert isinstance(fact, Unknown) == (name.startswith("privilege.") and name != "privilege.inline_wildcard"), name
    (unread,) = [link for link in estate[f"{IAM}:role/has-Unheard"].links if link.rel is Rel.READS]
    assert unread.unknown is not None


def test_a_permissions_boundary_and_a_denial_take_administration_away(collect: Collect) -> None:
    boundary = {"PermissionsBoundaryArn": f"{IAM}:policy/limit", "PermissionsBoundaryType": "PermissionsBoundaryPolicy"}
    limit = {"Arn": f"{IAM}:policy/limit", "PolicyVersionList": [{"IsDefaultVersion": True, "Document": doc(ALL_BUCKETS)}]}

    def inline(*documents: str) -> list[dict[str, str]]:
        return [{"PolicyName": "inline", "PolicyDocument": document} for document in documents]

    everything, denial = doc(EVERYTHING), doc({**EVERYTHING, "Effect": "Deny", "Action": "iam:*"})
    users = [
        detail("User", "free", UserPolicyList=inline(everything)),
        detail("User", "bounded", UserPolicyList=inline(everything), PermissionsBoundary=boundary),
        detail("User", "denied", UserPolicyList=inline(everything, denial)),
        detail("User", "broken", UserPolicyList=inline(everything, "not a policy")),
        detail("User", "quiet", UserPolicyList=inline("not a policy")),
        detail("User", "lost", GroupList=["gone"]),
    ]
    estate = collect("iam", canned=walk(UserDetailList=users, Policies=[limit]))
    assert [value(facts(estate, name)["privilege.admin"]) for name in ("free", "bounded", "denied", "broken")] == [True, False, False, True]
    for name, why in (("quiet", UnknownReason.UNPARSABLE), ("lost", UnknownReason.UNRESOLVED_REFERENCE)):
        fact = facts(estate, name)["privilege.admin"]
        assert isinstance(fact, Unknown)
        assert fact.reason is why


def test_the_credential_report_says_how_users_log_in(collect: Collect) -> None:
    users = [detail("User", name) for name in ("idle", "active", "passkey", "machine", "younger")]
    rows = (
        "<root_account>,x,2020-01-01T00:00:00+00:00,not_supported,no_information,N/A,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A",
        "idle,x,2025-10-19T00:00:00+00:00,true,no_information,N/A,N/A,false,false,2025-11-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A",
        "active,x,2025-10-19T00:00:00+00:00,true,2026-11-13T00:00:00+00:00,N/A,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A",
        "passkey,x,2025-10-19T00:00:00+00:00,true,2026-11-13T00:00:00+00:00,N/A,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A",
        "machine,x,2025-10-19T00:00:00+00:00,false,N/A,N/A,N/A,false,true,2026-08-15T00:00:00+00:00,2026-11-22T00:00:00+00:00,eu-west-2,s3,"
        "true,2026-11-20T00:00:00+00:00,N/A,N/A,N/A",
    )
    serials = {"active": [f"{IAM}:mfa/phone"], "passkey": [f"{IAM}:u2f/user/passkey/default-ABC"]}
    canned = {
        **walk(UserDetailList=users),
        **report(*rows),
        ("iam", "ListMFADevices"): lambda params: {
            "MFADevices": [{"SerialNumber": serial} for serial in serials.get(params["body"]["UserName"], [])]
        },
    }
    estate = collect("iam", ALL_FACTS, canned=canned, now=NOW)

    def shown(name: str) -> dict[str, Any]:
        wanted = ("principal.console_login", "credential.mfa_enabled", "credential.mfa_phishing_resistant", "credential.active_keys")
        more = ("credential.oldest_key_days", "credential.idle_days")
        return {
            key.rpartition(".")[2]: fact.value if isinstance(fact, Known) else type(fact).__name__
            for key, fact in facts(estate, name).items()
            if key in (*wanted, *more)
        }

    na = "NotApplicable"
    person = {"console_login": True, "active_keys": 0, "oldest_key_days": na}
    assert shown("idle") == {**person, "mfa_enabled": False, "mfa_phishing_resistant": False, "idle_days": 400}
    assert shown("active") == {**person, "mfa_enabled": True, "mfa_phishing_resistant": False, "idle_days": 10}
    assert shown("passkey") == {**person, "mfa_enabled": True, "mfa_phishing_resistant": True, "idle_days": 10}
    machine = {
        "console_login": False,
        "mfa_enabled": na,
        "mfa_phishing_resistant": na,
        "active_keys": 2,
        "oldest_key_days": 100,
        "idle_days": 1,
    }
    assert shown("machine") == machine
    assert set(shown("younger").values()) == {"Unknown"}
    asked = sum(one.count for one in estate.outcomes if one.operation == "iam:ListMFADevices")
    assert asked == 3, "only users that have factors, or whose report is silent, are asked about them"
    assert sum(one.count for one in estate.outcomes if one.operation == "iam:GetCredentialReport") == 1


def test_a_denied_report_leaves_credentials_unknown(collect: Collect) -> None:
    canned = {
        **walk(UserDetailList=[detail("User", "ada")]),
        ("iam", "GenerateCredentialReport"): "AccessDenied",
        ("iam", "GetCredentialReport"): "ReportNotPresent",
    }
    fact = facts(collect("iam", ALL_FACTS, canned=canned), "ada")["credential.mfa_enabled"]
    assert isinstance(fact, Unknown)
    assert (fact.reason, fact.via.action) == (UnknownReason.PERMISSION_DENIED, "iam:GenerateCredentialReport")


def test_a_report_that_somebody_else_made_serves_where_making_one_is_denied(collect: Collect) -> None:
    row = "ada,x,2025-10-19T00:00:00+00:00,true,no_information,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A"
    canned = {**walk(UserDetailList=[detail("User", "ada")]), **report(row), ("iam", "GenerateCredentialReport"): "AccessDenied"}
    assert value(facts(collect("iam", ALL_FACTS, canned=canned), "ada")["credential.mfa_enabled"]) is False


def test_roles_are_idle_since_their_last_use_or_since_they_were_made(collect: Collect) -> None:
    roles = [
        detail("Role", "used", RoleLastUsed={"LastUsedDate": NOW - timedelta(days=7)}, AssumeRolePolicyDocument=trust("*")),
        detail("Role", "never", AssumeRolePolicyDocument=trust("*")),
        detail("Role", "sso", Path="/aws-reserved/sso.amazonaws.com/", AssumeRolePolicyDocument="{}"),
    ]
    estate = collect("iam", canned=walk(RoleDetailList=roles), now=NOW)
    assert [value(facts(estate, name)["credential.idle_days"]) for name in ("used", "never")] == [7, 400]
    assert value(facts(estate, "used")["credential.active_keys"]) == 0
    assert isinstance(facts(estate, "used")["credential.oldest_key_days"], NotApplicable)
    assert isinstance(facts(estate, "sso")["access.external_principals"], Unknown), "a trust policy that cannot be parsed"


@pytest.mark.parametrize(
    ("action", "resource", "targets"),
    [
        ("s3:GetObject", "arn:aws:s3:::payments/2026/*", ["arn:aws:s3:::payments"]),
        ("s3:GetObject", "arn:aws:s3:::payments-*/*", ["reads-like:arn:aws:s3:::payments-*"]),
        ("s3:GetObject", "arn:aws:s3:::home-${aws:username}/*", ["reads-like:arn:aws:s3:::home-*"]),
        ("s3:*", "*", ["reads:s3:*"]),
        ("s3:PutObject", "*", []),
        ("s3:ListAllMyBuckets", "*", []),
        ("dynamodb:Query", "arn:aws:dynamodb:eu-west-2:1:table/t/index/i", ["arn:aws:dynamodb:eu-west-2:1:table/t"]),
        ("logs:GetLogEvents", "arn:aws:logs:eu-west-2:1:log-group:/app:log-stream:x", ["arn:aws:logs:eu-west-2:1:log-group:/app"]),
        ("sqs:ReceiveMessage", "arn:aws:s3:::payments/*", []),
        (["*"], "*", ["reads:*:*"]),
        (["kms:Decrypt", "secretsmanager:GetSecretValue"], "*", ["reads:kms:*", "reads:secretsmanager:*"]),
        ("rds-db:connect", "*", ["reads:rds:*"]),
    ],
)
def test_what_a_policy_reads_is_named_by_store_by_pattern_or_by_service(action: object, resource: str, targets: list[str]) -> None:
    from tierwise.access.document import parse_policy

    policy = parse_policy(doc({"Effect": "Allow", "Action": action, "Resource": resource}))
    assert [link.to for link in read_links([policy])] == targets


def test_a_denial_without_condition_takes_the_reads_away() -> None:
    from tierwise.access.document import parse_policy

    denial = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::payments/*"}
    assert read_links([parse_policy(doc(ONE_BUCKET, denial))]) == ()
    assert read_links([parse_policy(doc(ONE_BUCKET))], [parse_policy(doc(denial))]) == ()
    conditioned = {**denial, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert [link.to for link in read_links([parse_policy(doc(ONE_BUCKET, conditioned))])] == ["arn:aws:s3:::payments"]


def test_the_table_of_names_agrees_with_the_documents() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    from tierwise.access.document import parse_policy
    from tierwise.access.privilege import privilege_of
    from tierwise.model.fact import NOWHERE

    documents = json.loads(aws_managed_policies_data)
    for name, known in KNOWN.items():
        policy = parse_policy(documents[name]["Document"])
        found = privilege_of([policy], via=NOWHERE)
        flags = [value(fact) for fact in (found.admin, found.escalation, found.wildcard_data_actions, found.wildcard_data_resources)]
        assert flags == [known.admin, known.escalation, known.wide_actions, known.wide_resources], name
        services = {link.to.split(":")[1] for link in read_links([policy]) if link.to.startswith("reads:")}
        assert services == known.reads, name


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("GetAccountAuthorizationDetails", "UserDetailList.UserPolicyList.PolicyDocument"),
        ("GetAccountAuthorizationDetails", "UserDetailList.GroupList"),
        ("GetAccountAuthorizationDetails", "UserDetailList.PermissionsBoundary.PermissionsBoundaryArn"),
        ("GetAccountAuthorizationDetails", "UserDetailList.Tags.Key"),
        ("GetAccountAuthorizationDetails", "GroupDetailList.GroupPolicyList.PolicyDocument"),
        ("GetAccountAuthorizationDetails", "GroupDetailList.AttachedManagedPolicies.PolicyArn"),
        ("GetAccountAuthorizationDetails", "RoleDetailList.RolePolicyList.PolicyDocument"),
        ("GetAccountAuthorizationDetails", "RoleDetailList.AssumeRolePolicyDocument"),
        ("GetAccountAuthorizationDetails", "RoleDetailList.RoleLastUsed.LastUsedDate"),
        ("GetAccountAuthorizationDetails", "RoleDetailList.CreateDate"),
        ("GetAccountAuthorizationDetails", "Policies.PolicyVersionList.IsDefaultVersion"),
        ("GetAccountAuthorizationDetails", "Policies.PolicyVersionList.Document"),
        ("GetCredentialReport", "Content"),
        ("GenerateCredentialReport", "State"),
        ("ListMFADevices", "MFADevices.SerialNumber"),
    ],
)
def test_the_fields_that_are_read_exist(operation: str, path: str) -> None:
    assert missing_field("iam", operation, path) == ""
