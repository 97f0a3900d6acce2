from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, const, reason, ref, value
from tests.connectors.terraform.types.cases import NA, OTHER, Case, Part
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

DOMAIN = "aws_opensearch_domain"
BLOCKS = ("encrypt_at_rest", "node_to_node_encryption", "domain_endpoint_options", "advanced_security_options")
OPEN = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "es:*", "Resource": "*"}]}'
_DOMAINS = ("aws_opensearch_domain", "aws_elasticsearch_domain")
CASES = (
    Case(_DOMAINS, "encrypt_at_rest.0.enabled", "encryption.at_rest", {True: True, False: False}, absent=False),
    Case(
        _DOMAINS,
        "encrypt_at_rest.0.kms_key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-managed",
        bare=NA,
        having={"encrypt_at_rest": [{"enabled": True}]},
    ),
    Case(
        _DOMAINS, "domain_endpoint_options.0.enforce_https", "transport.tls_required", {True: True, False: False}, absent=True, bare=False
    ),
    Case(
        _DOMAINS,
        "domain_endpoint_options.0.tls_security_policy",
        "transport.min_tls",
        {"Policy-Min-TLS-1-0-2019-07": "1.0", "Policy-Min-TLS-1-2-2019-07": "1.2"},
        absent=UnknownReason.KNOWN_AFTER_APPLY,
    ),
    Case(_DOMAINS, "node_to_node_encryption.0.enabled", "transport.internode_encrypted", {True: True, False: False}, absent=False),
    Case(_DOMAINS, "advanced_security_options.0.enabled", "access.local_auth_enabled", {True: False, False: False}, absent=False),
    Case(
        _DOMAINS,
        "advanced_security_options.0.internal_user_database_enabled",
        "access.local_auth_enabled",
        {True: True, False: False},
        absent=False,
        having={"advanced_security_options": [{"enabled": True}]},
    ),
    Case(_DOMAINS, "access_policies", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset()),
    Case(_DOMAINS, "vpc_options", "network.public_endpoint", [([{"subnet_ids": ["subnet-1"]}], False), ([], True)], absent=True),
    Case(_DOMAINS, "log_publishing_options.0.log_type", "logging.data_read", {"AUDIT_LOGS": True, "INDEX_SLOW_LOGS": False}, absent=False),
    Case(
        _DOMAINS,
        "log_publishing_options.0.cloudwatch_log_group_arn",
        "logs-to",
        {"arn:aws:logs:::g": ("arn:aws:logs:::g",)},
        absent=(),
        having={"log_publishing_options": [{"log_type": "AUDIT_LOGS"}]},
    ),
    Case(
        _DOMAINS,
        "log_publishing_options.0.enabled",
        "logging.data_read",
        {True: True, False: False},
        absent=True,
        bare=False,
        having={"log_publishing_options": [{"log_type": "AUDIT_LOGS"}]},
    ),
    *(
        Case(
            f"{kind}_policy",
            "access_policies",
            "access.external_principals",
            {OTHER: frozenset({"222222222222"})},
            absent=frozenset(),
            of=kind,
        )
        for kind in _DOMAINS
    ),
)
PARTS = tuple(Part(f"{kind}_policy", kind, {"access_policies": OTHER}) for kind in _DOMAINS)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_domain_that_says_everything(plan, tmp_path):
    plan.add(
        DOMAIN, "d",
        {
            "domain_name": "cases", "encrypt_at_rest": [{"enabled": True, "kms_key_id": "alias/app"}], "node_to_node_encryption": [{"enabled": True}],
            "domain_endpoint_options": [{"enforce_https": True, "tls_security_policy": "Policy-Min-TLS-1-2-PFS-2023-10"}],
            "advanced_security_options": [{"enabled": True, "internal_user_database_enabled": True, "anonymous_auth_enabled": False}],
            "access_policies": OPEN, "vpc_options": [], "ebs_options": [{"ebs_enabled": True, "volume_size": 10}],
            "cluster_config": [{"instance_count": 3}],
            "log_publishing_options": [{"log_type": "AUDIT_LOGS", "enabled": True, "cloudwatch_log_group_arn": "arn:aws:logs:eu-west-2:1:log-group:a:*"}],
        },
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{DOMAIN}.d")
    assert (one.kind, one.name, unsaid(one)) == (Kind.SEARCH_INDEX, "cases", set())
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "transport.min_tls") == "1.2"
    assert value(one, "network.public_endpoint") is True
    assert value(one, "network.ingress_any") is True
    assert value(one, "access.anonymous_read") is False, "fine-grained access control asks everyone for credentials"
    assert value(one, "access.local_auth_enabled") is True
    assert value(one, "logging.data_read") is True
    assert value(one, "volume.bytes") == 30 * 1024**3
    assert (Rel.LOGS_TO, "arn:aws:logs:eu-west-2:1:log-group:a") in [(link.rel, link.to) for link in one.links]


@pytest.mark.parametrize("kind", [DOMAIN, "aws_elasticsearch_domain"])
def test_a_domain_that_says_nothing_is_open_to_the_internet_and_plain(plan, tmp_path, kind):
    plan.add(
        kind,
        "d",
        {"domain_name": "d", "log_publishing_options": [], "vpc_options": []},
        unknown=dict.fromkeys((*BLOCKS, "access_policies"), True),
    )
    one = checked(plan, tmp_path, f"{kind}.d")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)
    assert value(one, "transport.internode_encrypted") is False
    assert value(one, "transport.tls_required") is False
    assert value(one, "network.public_endpoint") is True
    assert value(one, "access.anonymous_read") is False
    assert value(one, "logging.data_read") is False
    assert one.links == ()


def test_an_endpoint_block_enforces_https_unless_it_says_otherwise(plan, tmp_path):
    plan.add(
        DOMAIN, "d", {"domain_endpoint_options": [{"enforce_https": True}], "encrypt_at_rest": [{"enabled": True}]},
        unknown={"domain_endpoint_options": [{"tls_security_policy": True}], "encrypt_at_rest": [{"kms_key_id": True}]},
        expressions={"domain_endpoint_options": [{"enforce_https": const(True)}], "encrypt_at_rest": [{"enabled": const(True)}]},
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{DOMAIN}.d")
    assert value(one, "transport.tls_required") is True
    assert one.facts["transport.min_tls"].between == ("1.0", "1.2")
    assert value(one, "encryption.key_custody") == "provider-managed"


def test_a_domain_in_a_vpc_is_reached_from_there_only(plan, tmp_path):
    plan.add(DOMAIN, "d", {"vpc_options": [{"subnet_ids": ["subnet-1"]}], "access_policies": OPEN})
    one = checked(plan, tmp_path, f"{DOMAIN}.d")
    assert value(one, "network.public_endpoint") is False
    assert value(one, "access.anonymous_read") is False


def test_whether_a_public_policy_reaches_a_domain_that_may_be_inside_a_vpc_is_unknown(plan, tmp_path):
    plan.add(DOMAIN, "d", {"access_policies": OPEN}, unknown={"vpc_options": True}, expressions={"vpc_options": ref("local.x")})
    assert reason(checked(plan, tmp_path, f"{DOMAIN}.d"), "access.anonymous_read") is UnknownReason.KNOWN_AFTER_APPLY
