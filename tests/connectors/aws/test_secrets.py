"""Secrets of Secrets Manager and of the Parameter Store."""

import json

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS
from tierwise.model.fact import Known, Unknown
from tierwise.model.resource import Link, Rel

PARAMETERS = f"arn:aws:ssm:eu-west-2:{ACCOUNT}:parameter"


def test_a_secret_has_its_key_tags_description_and_policy(aws, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    secrets = aws("secretsmanager")
    tags = [{"Key": "owner", "Value": "a-team"}]
    own = secrets.create_secret(Name="own", SecretString="x", KmsKeyId=key, Description="case system", Tags=tags)["ARN"]
    plain = secrets.create_secret(Name="plain", SecretString="x")["ARN"]
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secrets.put_resource_policy(SecretId=plain, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [anyone]}))
    estate = collect("secretsmanager", ALL_FACTS)
    assert not estate.gaps
    assert estate[own].facts["encryption.key_custody"].value == "customer"
    assert estate[own].links == (Link(Rel.USES_KEY, key),)
    assert estate[own].tags.value == {"owner": "a-team"}
    assert estate[own].evidence.description == "case system"
    assert estate[own].facts["access.anonymous_read"].value is False
    assert estate[own].facts["recovery.soft_delete_days"].between == (7, 30)
    assert estate[plain].facts["encryption.key_custody"].value == "provider-managed"
    assert estate[plain].facts["access.anonymous_read"].value is True


def test_a_replica_is_a_copy_of_its_primary(aws, collect):
    arn = f"arn:aws:secretsmanager:eu-west-2:{ACCOUNT}:secret:own-AbCdEf"
    item = {"ARN": arn, "Name": "own", "PrimaryRegion": "eu-west-1"}
    estate = collect("secretsmanager", canned={("secretsmanager", "ListSecrets"): {"SecretList": [item]}})
    assert estate[arn].links == (Link(Rel.COPY_OF, f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:own-AbCdEf"),)
    item["PrimaryRegion"] = "eu-west-2"
    assert not collect("secretsmanager", canned={("secretsmanager", "ListSecrets"): {"SecretList": [item]}})[arn].links


def test_a_denied_policy_is_unknown_and_a_denied_listing_is_a_gap(aws, collect):
    arn = aws("secretsmanager").create_secret(Name="own", SecretString="x")["ARN"]
    facts = collect("secretsmanager", ALL_FACTS, canned={("secretsmanager", "GetResourcePolicy"): "AccessDeniedException"})[arn].facts
    assert isinstance(facts["access.anonymous_read"], Unknown)
    assert facts["encryption.at_rest"].value is True
    gaps = collect("secretsmanager", canned={("secretsmanager", "ListSecrets"): "AccessDeniedException"}).gaps
    assert [sorted(gap.kinds) for gap in gaps] == [["secret"]]


def test_only_secret_parameters_are_listed(aws, collect):
    ssm = aws("ssm")
    ssm.put_parameter(Name="/app/password", Value="x", Type="SecureString")
    ssm.put_parameter(Name="flag", Value="x", Type="String")
    ssm.put_parameter(Name="own", Value="x", Type="SecureString", KeyId="alias/claims")
    estate = collect("ssm", ALL_FACTS)
    assert set(estate) == {f"{PARAMETERS}/app/password", f"{PARAMETERS}/own"}
    facts = estate[f"{PARAMETERS}/app/password"].facts
    assert facts["encryption.key_custody"].value == "provider-managed"
    assert facts["access.external_principals"].value == frozenset()
    assert facts["recovery.soft_delete_days"].value == 0
    assert estate[f"{PARAMETERS}/own"].facts["encryption.key_custody"].value == "customer"
    assert estate[f"{PARAMETERS}/own"].links == (Link(Rel.USES_KEY, "alias/claims"),)


def test_an_advanced_parameter_can_be_shared_and_its_policies_are_asked_for(aws, collect):
    aws("ssm").put_parameter(Name="own", Value="x", Type="SecureString", Tier="Advanced")
    shared = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "ssm:GetParameter", "Resource": f"{PARAMETERS}/own"}
    answer = {"Policies": [{"PolicyId": "1", "PolicyHash": "h", "Policy": json.dumps({"Version": "2012-10-17", "Statement": [shared]})}]}
    resource = collect("ssm", ALL_FACTS, canned={("ssm", "GetResourcePolicies"): answer})[f"{PARAMETERS}/own"]
    assert resource.facts["access.external_principals"] == Known(
        frozenset({"999988887777"}), resource.facts["access.external_principals"].via
    )
    assert [one.principal for one in resource.grants] == ["999988887777"]
    denied = collect("ssm", ALL_FACTS, canned={("ssm", "GetResourcePolicies"): "AccessDeniedException"})[f"{PARAMETERS}/own"]
    assert isinstance(denied.facts["access.external_principals"], Unknown)
