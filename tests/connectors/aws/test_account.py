from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, Collect
from tests.connectors.aws.fields import missing_field
from tests.connectors.collected import Estate
from tierwise.connectors.aws.account import DETECTOR, DISKS
from tierwise.connectors.aws.account import facts as account_facts
from tierwise.connectors.declared import Draft
from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SUMMARY = {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 1}
DENY_LIFTING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:PutAccountPublicAccessBlock","Resource":"*"%s}]}'
ROLE_SPARED = ',"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/org-admin"}}'


def value(estate: Estate, name: str) -> Any:
    fact = estate[ROOT].facts[name]
    assert isinstance(fact, Known), fact
    return fact.value


def reason(fact: AnyFact) -> UnknownReason:
    assert isinstance(fact, Unknown), fact
    return fact.reason


def organisation(effective: str | None = None, policies: tuple[str, ...] = ()) -> dict[tuple[str, str], Any]:
    """A member account in a unit below the root, with service control policies attached to the root."""
    parents = {ACCOUNT: "ou-abcd-11111111", "ou-abcd-11111111": "r-abcd"}
    attached = [{"Id": f"p-{number:08d}", "AwsManaged": False} for number in range(len(policies))]
    return {
        ("organizations", "DescribeOrganization"): {"Organization": {"MasterAccountId": "999999999999"}},
        ("organizations", "ListTagsForResource"): {"Tags": [{"Key": "team", "Value": "payments"}]},
        ("organizations", "DescribeEffectivePolicy"): (
            {"EffectivePolicy": {"PolicyContent": effective}} if effective else "EffectivePolicyNotFoundException"
        ),
        ("organizations", "ListParents"): lambda params: {"Parents": [{"Id": parents[_asked(params, "ChildId")]}]},
        ("organizations", "ListPoliciesForTarget"): lambda params: {
            "Policies": [{"Id": "p-FullAWSAccess", "AwsManaged": True}, *(attached if _asked(params, "TargetId") == "r-abcd" else [])]
        },
        ("organizations", "DescribePolicy"): lambda params: {"Policy": {"Content": policies[int(_asked(params, "PolicyId")[2:])]}},
    }


def _asked(params: dict[str, Any], name: str) -> str:
    import json

    return str(json.loads(params["body"])[name])


def test_a_hardened_account_shows_its_guardrails(collect: Collect, aws: Any) -> None:
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    aws("s3control").put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=block)
    aws("ec2").enable_ebs_encryption_by_default()
    detector = {
        "Status": "ENABLED",
        "Features": [
            {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"},
            {"Name": "RDS_LOGIN_EVENTS", "Status": "DISABLED"},
            {"Name": "EBS_MALWARE_PROTECTION", "Status": "ENABLED"},
            {"Name": "CLOUD_TRAIL", "Status": "ENABLED"},
        ],
    }
    canned = {
        ("iam", "GetAccountSummary"): {"SummaryMap": SUMMARY},
        ("guardduty", "ListDetectors"): {"DetectorIds": ["d1"]},
        ("guardduty", "GetDetector"): detector,
        **organisation(effective='{"s3_attributes":{"public_access_block_configuration":"all"}}'),
    }
    estate = collect("account", ALL_FACTS, canned=canned)
    assert estate[ROOT].aliases == (ACCOUNT,)
    assert estate[ROOT].tags == Known({"team": "payments"}, estate[ROOT].tags.via)
    assert value(estate, "account.public_access_blocked") is True
    assert value(estate, "account.public_block_locked") is True
    assert value(estate, "account.root_mfa") is True
    assert value(estate, "credential.mfa_enabled") is True
    assert value(estate, "account.root_keys") == 0
    assert value(estate, "account.disk_encryption_default") is True
    assert value(estate, "account.threat_detection") is True
    assert value(estate, "account.threat_plans") == {"object-store", "block-volume"}
    assert not estate.gaps


def test_a_fresh_account_has_none_of_them(collect: Collect) -> None:
    estate = collect("account", ALL_FACTS, canned={("iam", "GetAccountSummary"): {"SummaryMap": {**SUMMARY, "AccountMFAEnabled": 0}}})
    assert estate[ROOT].tags == Known({}, estate[ROOT].tags.via)
    assert value(estate, "account.public_access_blocked") is False
    assert value(estate, "account.public_block_locked") is False, "no organisation stands above it"
    assert value(estate, "account.root_mfa") is False
    assert value(estate, "account.disk_encryption_default") is False
    assert value(estate, "account.threat_detection") is False
    assert value(estate, "account.threat_plans") == frozenset()


SUBNETS = [{"SubnetId": f"subnet-{name}", "VpcId": f"vpc-{name[0]}"} for name in ("a1", "a2", "b1")]


@pytest.mark.parametrize(
    ("vpcs", "logs", "kept"),
    [
        ((), {}, True),
        (("a",), {"vpc-a": "ACTIVE"}, True),
        (("a", "b"), {"vpc-a": "ACTIVE"}, False),
        (("a",), {"subnet-a1": "ACTIVE", "subnet-a2": "ACTIVE"}, True),
        (("a",), {"subnet-a1": "ACTIVE"}, False),
        (("a",), {"vpc-a": "FAILED"}, False),
        (("c",), {}, True),
    ],
    ids=["no network", "a log", "one without", "each subnet", "one subnet", "a log that fails", "no subnets"],
)
def test_a_network_is_logged_by_itself_or_by_each_of_its_subnets(
    collect: Collect, vpcs: tuple[str, ...], logs: dict[str, str], kept: bool
) -> None:
    canned = {
        ("ec2", "DescribeVpcs"): {"Vpcs": [{"VpcId": f"vpc-{name}"} for name in vpcs]},
        ("ec2", "DescribeSubnets"): {"Subnets": SUBNETS},
        ("ec2", "DescribeFlowLogs"): {"FlowLogs": [{"ResourceId": of, "FlowLogStatus": status} for of, status in logs.items()]},
    }
    assert value(collect("account", frozenset({"network.flow_logs"}), canned=canned), "network.flow_logs") is kept


def test_details_are_not_read_unless_asked_for(collect: Collect) -> None:
    estate = collect("account")
    assert reason(estate[ROOT].facts["account.root_mfa"]) is UnknownReason.NOT_COLLECTED
    assert reason(estate[ROOT].facts["account.threat_detection"]) is UnknownReason.NOT_COLLECTED
    operations = {outcome.operation for outcome in estate.outcomes}
    assert "iam:GetAccountSummary" not in operations
    assert "s3control:GetPublicAccessBlock" in operations


def test_denied_reads_are_unknown_and_not_absent(collect: Collect) -> None:
    denied = {
        ("s3control", "GetPublicAccessBlock"): "AccessDenied",
        ("iam", "GetAccountSummary"): "AccessDenied",
        ("ec2", "GetEbsEncryptionByDefault"): "UnauthorizedOperation",
        ("guardduty", "ListDetectors"): "AccessDeniedException",
        ("ec2", "DescribeFlowLogs"): "UnauthorizedOperation",
        ("organizations", "ListTagsForResource"): "AccessDeniedException",
        ("organizations", "DescribeOrganization"): "AccessDeniedException",
    }
    estate = collect("account", ALL_FACTS, canned=denied)
    for name in (
        "account.public_access_blocked",
        "account.public_block_locked",
        "account.root_mfa",
        "account.root_keys",
        "account.disk_encryption_default",
        "account.threat_detection",
        "account.threat_plans",
        "network.flow_logs",
    ):
        assert reason(estate[ROOT].facts[name]) is UnknownReason.PERMISSION_DENIED, name
    assert isinstance(estate[ROOT].tags, Unknown)


def test_a_root_user_without_password_and_keys_is_not_asked_for_a_factor(collect: Collect) -> None:
    summary = {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 0}
    estate = collect("account", ALL_FACTS, canned={("iam", "GetAccountSummary"): {"SummaryMap": summary}})
    assert isinstance(estate[ROOT].facts["account.root_mfa"], NotApplicable)
    assert value(estate, "account.root_keys") == 0


def test_a_root_key_is_counted_even_where_there_is_no_password(collect: Collect) -> None:
    summary = {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1, "AccountPasswordPresent": 0}
    estate = collect("account", ALL_FACTS, canned={("iam", "GetAccountSummary"): {"SummaryMap": summary}})
    assert value(estate, "account.root_mfa") is False
    assert value(estate, "account.root_keys") == 1


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ((DENY_LIFTING % "",), True),
        (('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}',), True),
        (('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:PutBucketAcl","Resource":"*"}]}',), False),
        ((), False),
        ((DENY_LIFTING % ROLE_SPARED,), UnknownReason.NOT_SUPPORTED),
        (("not a policy",), UnknownReason.UNPARSABLE),
    ],
)
def test_a_service_control_policy_of_the_root_locks_the_block(collect: Collect, policies: tuple[str, ...], expected: object) -> None:
    fact = collect("account", ALL_FACTS, canned=organisation(policies=policies))[ROOT].facts["account.public_block_locked"]
    assert (fact.value if isinstance(fact, Known) else reason(fact)) == expected


def test_a_member_that_may_not_read_its_control_policies_does_not_know(collect: Collect) -> None:
    canned = {**organisation(), ("organizations", "ListPoliciesForTarget"): "AccessDeniedException"}
    assert (
        reason(collect("account", ALL_FACTS, canned=canned)[ROOT].facts["account.public_block_locked"]) is UnknownReason.PERMISSION_DENIED
    )


def test_the_management_account_is_never_locked(collect: Collect) -> None:
    canned = {**organisation(), ("organizations", "DescribeOrganization"): {"Organization": {"MasterAccountId": ACCOUNT}}}
    assert value(collect("account", ALL_FACTS, canned=canned), "account.public_block_locked") is False


@pytest.mark.parametrize(
    ("service", "operation", "path"),
    [
        ("iam", "GetAccountSummary", "SummaryMap"),
        ("ec2", "GetEbsEncryptionByDefault", "EbsEncryptionByDefault"),
        ("ec2", "DescribeVpcs", "Vpcs.VpcId"),
        ("ec2", "DescribeSubnets", "Subnets.SubnetId"),
        ("ec2", "DescribeSubnets", "Subnets.VpcId"),
        ("ec2", "DescribeFlowLogs", "FlowLogs.ResourceId"),
        ("ec2", "DescribeFlowLogs", "FlowLogs.FlowLogStatus"),
        ("guardduty", "ListDetectors", "DetectorIds"),
        ("guardduty", "GetDetector", "Status"),
        ("guardduty", "GetDetector", "Features.Name"),
        ("guardduty", "GetDetector", "Features.Status"),
        ("organizations", "DescribeOrganization", "Organization.MasterAccountId"),
        ("organizations", "DescribeEffectivePolicy", "EffectivePolicy.PolicyContent"),
        ("organizations", "ListParents", "Parents.Id"),
        ("organizations", "ListPoliciesForTarget", "Policies.AwsManaged"),
        ("organizations", "ListPoliciesForTarget", "Policies.Id"),
        ("organizations", "DescribePolicy", "Policy.Content"),
        ("organizations", "ListTagsForResource", "Tags.Key"),
        ("s3control", "GetPublicAccessBlock", "PublicAccessBlockConfiguration.RestrictPublicBuckets"),
    ],
)
def test_the_fields_that_are_read_exist(service: str, operation: str, path: str) -> None:
    assert missing_field(service, operation, path) == ""


def test_a_regional_guardrail_holds_only_where_every_scanned_region_has_it() -> None:
    def folded(disks: dict[str, Any], detectors: dict[str, Any]) -> dict[str, Any]:
        resource = Resource(ROOT, Kind.ACCOUNT, "account", "aws", ACCOUNT, "", ACCOUNT)
        draft = Draft(resource, {DISKS.operation: Known(disks), DETECTOR.operation: Known(detectors)})
        found = account_facts(draft)
        names = ("account.disk_encryption_default", "account.threat_detection", "account.threat_plans")
        return {name.partition(".")[2]: fact.value if isinstance(fact := found[name], Known) else fact.reason for name in names}

    def on(*plans: str) -> Known[Any]:
        return Known({"Status": "ENABLED", "Features": [{"Name": plan, "Status": "ENABLED"} for plan in plans]})

    encrypted, plain = Known({"EbsEncryptionByDefault": True}), Known({"EbsEncryptionByDefault": False})
    denied = Unknown(UnknownReason.PERMISSION_DENIED)
    both = folded({"a": encrypted, "b": encrypted}, {"a": on("S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"), "b": on("S3_DATA_EVENTS")})
    assert both == {"disk_encryption_default": True, "threat_detection": True, "threat_plans": {"object-store"}}
    one = folded({"a": encrypted, "b": plain}, {"a": on("S3_DATA_EVENTS"), "b": Known(None)})
    assert one == {"disk_encryption_default": False, "threat_detection": False, "threat_plans": frozenset()}
    unread = folded({"a": encrypted, "b": denied}, {"a": on("S3_DATA_EVENTS"), "b": denied})
    assert set(unread.values()) == {UnknownReason.PERMISSION_DENIED}
    settled = folded({"a": plain, "b": denied}, {"a": Known(None), "b": denied})
    assert settled == {"disk_encryption_default": False, "threat_detection": False, "threat_plans": frozenset()}
