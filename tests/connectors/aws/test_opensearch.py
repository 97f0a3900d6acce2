from __future__ import annotations

import json
from typing import Any

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, REGION
from tests.connectors.aws.fields import missing_field
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel

ARN = f"arn:aws:es:{REGION}:{ACCOUNT}:domain"
OPEN = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": f"{ARN}/d/*"}]}
)


def _value(resource, name):
    assert isinstance(resource.facts[name], Known), f"{name}: {resource.facts[name]}"
    return resource.facts[name].value


def _domain(name: str, **extra: Any) -> dict[str, Any]:
    return {"DomainName": name, "ARN": f"{ARN}/{name}", **extra}


def _listed(*domains: dict[str, Any]) -> dict[tuple[str, str], Any]:
    def describe(_request: dict[str, Any]) -> dict[str, Any]:
        return {"DomainStatusList": list(domains)}

    names = {"DomainNames": [{"DomainName": one["DomainName"]} for one in domains]}
    return {("opensearch", "ListDomainNames"): names, ("opensearch", "DescribeDomains"): describe}


def test_a_plain_domain_is_weak(aws, collect):
    aws("opensearch").create_domain(DomainName="plain")
    domain = collect("opensearch", ALL_FACTS)[f"{ARN}/plain"]
    assert domain.kind is Kind.SEARCH_INDEX
    expected = {
        "encryption.at_rest": False,
        "transport.internode_encrypted": False,
        "transport.tls_required": False,
        "transport.min_tls": "1.0",
        "network.public_endpoint": True,
        "network.ingress_any": True,
        "network.private_endpoint": False,
        "access.anonymous_read": False,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "logging.data_read": False,
    }
    assert {name: _value(domain, name) for name in expected} == expected
    assert isinstance(domain.facts["encryption.key_custody"], NotApplicable)


def test_more_domains_than_one_call_describes_are_all_listed(aws, collect):
    for number in range(7):
        aws("opensearch").create_domain(DomainName=f"d-{number}")
    estate = collect("opensearch")
    assert len(estate) == 7
    assert sum(outcome.count for outcome in estate.outcomes if outcome.operation == "opensearch:DescribeDomains") == 2


def test_a_hardened_domain_is_read_in_full(aws, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/search/audit"
    domain = _domain(
        "strong",
        EncryptionAtRestOptions={"Enabled": True, "KmsKeyId": key},
        NodeToNodeEncryptionOptions={"Enabled": True},
        DomainEndpointOptions={"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
        VPCOptions={"VPCId": "vpc-1"},
        AdvancedSecurityOptions={"Enabled": True, "InternalUserDatabaseEnabled": True},
        LogPublishingOptions={"AUDIT_LOGS": {"Enabled": True, "CloudWatchLogsLogGroupArn": f"{group}:*"}},
        AccessPolicies=OPEN,
        EBSOptions={"EBSEnabled": True, "VolumeSize": 10},
        ClusterConfig={"InstanceCount": 3},
    )
    strong = collect("opensearch", ALL_FACTS, canned=_listed(domain))[f"{ARN}/strong"]
    expected = {
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "transport.internode_encrypted": True,
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "access.anonymous_read": False,
        "access.local_auth_enabled": True,
        "logging.data_read": True,
        "volume.bytes": 30 * 1024**3,
    }
    assert {name: _value(strong, name) for name in expected} == expected
    assert [(link.rel, link.to) for link in strong.links] == [(Rel.USES_KEY, key), (Rel.LOGS_TO, group)]
    assert strong.grants


def test_an_open_policy_lets_anyone_in_unless_fine_grained_access_control_asks_for_credentials(collect):
    fine = {"Enabled": True}
    domains = (
        _domain("open", AccessPolicies=OPEN),
        _domain("fine", AccessPolicies=OPEN, AdvancedSecurityOptions=fine),
        _domain("migrating", AccessPolicies=OPEN, AdvancedSecurityOptions={**fine, "AnonymousAuthEnabled": True}),
        _domain("garbled", AccessPolicies="{"),
    )
    estate = collect("opensearch", ALL_FACTS, canned=_listed(*domains))
    assert _value(estate[f"{ARN}/open"], "access.anonymous_read") is True
    assert _value(estate[f"{ARN}/fine"], "access.anonymous_read") is False
    assert _value(estate[f"{ARN}/migrating"], "access.anonymous_read") is True
    garbled = estate[f"{ARN}/garbled"].facts["access.anonymous_read"]
    assert isinstance(garbled, Unknown)
    assert garbled.reason is UnknownReason.UNPARSABLE


def test_a_denied_description_is_a_gap_and_not_an_empty_list(aws, collect):
    aws("opensearch").create_domain(DomainName="dom")
    for operation, action in (("DescribeDomains", "es:DescribeDomains"), ("ListDomainNames", "es:ListDomainNames")):
        estate = collect("opensearch", canned={("opensearch", operation): "AccessDeniedException"})
        assert not estate
        assert [(gap.reason, gap.action, gap.kinds) for gap in estate.gaps] == [
            ("permission-denied", action, frozenset({Kind.SEARCH_INDEX}))
        ]


def test_every_field_that_is_read_exists_in_the_service_model():
    paths = (
        "ARN DomainName Deleted EncryptionAtRestOptions.Enabled EncryptionAtRestOptions.KmsKeyId NodeToNodeEncryptionOptions.Enabled"
        " AccessPolicies LogPublishingOptions EBSOptions.EBSEnabled EBSOptions.VolumeSize ClusterConfig.InstanceCount VPCOptions.VPCId"
        " DomainEndpointOptions.EnforceHTTPS DomainEndpointOptions.TLSSecurityPolicy AdvancedSecurityOptions.Enabled"
        " AdvancedSecurityOptions.InternalUserDatabaseEnabled AdvancedSecurityOptions.AnonymousAuthEnabled"
    )
    wrong = [missing_field("opensearch", "DescribeDomains", f"DomainStatusList.{path}") for path in paths.split()]
    assert not [each for each in wrong if each]
