import json

from tests.connectors.aws.conftest import ACCOUNT
from tierwise.model.fact import UNLIMITED, Unknown
from tierwise.model.resource import Link, Rel

ARN = f"arn:aws:logs:eu-west-2:{ACCOUNT}:log-group:"


def allow(resource: str, principal: object = "*") -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "logs:PutLogEvents", "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_log_groups_say_how_long_they_keep_entries_and_under_which_key(aws, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    logs = aws("logs")
    logs.create_log_group(logGroupName="/app/own", kmsKeyId=key, tags={"owner": "a-team"})
    logs.put_retention_policy(logGroupName="/app/own", retentionInDays=365)
    logs.create_log_group(logGroupName="/app/ever")
    estate = collect("logs")
    assert not estate.gaps
    own, ever = estate[f"{ARN}/app/own"], estate[f"{ARN}/app/ever"]
    assert own.facts["retention.log_days"].value == 365
    assert own.facts["retention.expiry_configured"].value is True
    assert own.facts["encryption.key_custody"].value == "customer"
    assert own.links == (Link(Rel.USES_KEY, key),)
    assert own.tags.value == {"owner": "a-team"}
    assert f"{ARN}/app/own:*" in own.aliases
    assert own.facts["volume.bytes"].value == 0
    assert ever.facts["retention.log_days"].value == UNLIMITED
    assert ever.facts["retention.expiry_configured"].value is False
    assert ever.facts["encryption.key_custody"].value == "provider-owned"
    assert ever.facts["immutability.mode"].value == "none"
    assert ever.facts["access.anonymous_write"].value is False


def test_a_policy_of_the_region_opens_only_the_groups_that_it_names(aws, collect):
    logs = aws("logs")
    for name in ("/app/open", "/app/closed"):
        logs.create_log_group(logGroupName=name)
    logs.put_resource_policy(policyName="open", policyDocument=allow(f"{ARN}/app/open:*"))
    logs.put_resource_policy(policyName="service", policyDocument=allow("*", {"Service": "es.amazonaws.com"}))
    estate = collect("logs")
    assert estate[f"{ARN}/app/open"].facts["access.anonymous_write"].value is True
    assert estate[f"{ARN}/app/closed"].facts["access.anonymous_write"].value is False
    assert [one.principal for one in estate[f"{ARN}/app/closed"].grants] == ["es.amazonaws.com"]


def test_deletion_protection_and_the_delivery_class_are_read(aws, collect):
    groups = [
        {"logGroupName": "kept", "logGroupArn": f"{ARN}kept", "deletionProtectionEnabled": True, "storedBytes": 12},
        {"logGroupName": "brief", "arn": f"{ARN}brief:*", "logGroupClass": "DELIVERY"},
    ]
    estate = collect("logs", canned={("logs", "DescribeLogGroups"): {"logGroups": groups}})
    assert estate[f"{ARN}kept"].facts["recovery.delete_protected"].value is True
    assert estate[f"{ARN}kept"].facts["volume.bytes"].value == 12
    assert estate[f"{ARN}brief"].facts["recovery.delete_protected"].value is False
    assert estate[f"{ARN}brief"].facts["retention.log_days"].value == 1
    assert "volume.bytes" not in estate[f"{ARN}brief"].facts


def test_denied_policies_are_unknown_and_a_denied_listing_is_a_gap(aws, collect):
    aws("logs").create_log_group(logGroupName="/app/own")
    facts = collect("logs", canned={("logs", "DescribeResourcePolicies"): "AccessDeniedException"})[f"{ARN}/app/own"].facts
    assert isinstance(facts["access.anonymous_read"], Unknown)
    assert facts["retention.log_days"].value == UNLIMITED
    assert [sorted(gap.kinds) for gap in collect("logs", canned={("logs", "DescribeLogGroups"): "AccessDeniedException"}).gaps] == [
        ["log-store"]
    ]
