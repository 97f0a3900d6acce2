from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, value
from tests.connectors.terraform.types.cases import UNSAID, Case
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

CLUSTER = "aws_redshift_cluster"
STRICT = [{"name": "require_ssl", "value": "true"}, {"name": "enable_user_activity_logging", "value": "true"}]
CASES = (
    Case(CLUSTER, "encrypted", "encryption.at_rest", {True: True, False: False}, absent=UNSAID),
    Case(
        CLUSTER,
        "kms_key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-owned",
        having={"encrypted": True},
    ),
    Case(CLUSTER, "publicly_accessible", "network.public_endpoint", {True: True, False: False}, absent=UNSAID),
    Case(CLUSTER, "multi_az", "recovery.redundancy", {True: "multi-zone", False: "zone"}, absent="zone"),
    Case(CLUSTER, "automated_snapshot_retention_period", "retention.backup_days", {7: 7, 0: 0}, absent=1),
    Case(
        CLUSTER,
        "cluster_parameter_group_name",
        "transport.tls_required",
        {"group-of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=UNSAID,
    ),
    Case(CLUSTER, "snapshot_identifier", "copy-of", {"records-snap": ("records-snap",)}, absent=()),
    Case(CLUSTER, "logging.0.enable", "logging.data_read", {True: UnknownReason.NOT_SUPPORTED, False: False}, absent=False),
    Case(
        CLUSTER, "logging.0.bucket_name", "logs-to", {"logs-of-ours": ("logs-of-ours",)}, absent=(), having={"logging": [{"enable": True}]}
    ),
    Case("aws_redshift_logging", "bucket_name", "logs-to", {"logs-of-ours": ("logs-of-ours",)}, absent=(), of=CLUSTER),
    Case(
        CLUSTER,
        "vpc_security_group_ids",
        "network.ingress_any",
        [(["sg-0123456"], UnknownReason.UNRESOLVED_REFERENCE)],
        absent=UNSAID,
        having={"publicly_accessible": True},
    ),
    Case(
        "aws_redshift_snapshot_copy",
        "destination_region",
        "replicates-to",
        {"eu-west-1": ("arn:aws:redshift:eu-west-1:111111111111:snapshot:copy",)},
        absent=(),
        of=CLUSTER,
    ),
    Case(
        CLUSTER,
        "snapshot_copy.0.destination_region",
        "replicates-to",
        {"eu-west-1": ("arn:aws:redshift:eu-west-1:111111111111:snapshot:copy",)},
        absent=(),
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_cluster_that_says_everything(plan, tmp_path):
    plan.add("aws_redshift_parameter_group", "g", {"name": "strict", "family": "redshift-1.0", "parameter": STRICT})
    plan.add(
        CLUSTER, "c",
        {
            "cluster_identifier": "w", "encrypted": True, "kms_key_id": "alias/app", "publicly_accessible": False, "multi_az": True,
            "automated_snapshot_retention_period": 35, "cluster_parameter_group_name": "strict", "database_name": "people",
            "logging": [{"enable": True, "log_destination_type": "cloudwatch", "log_exports": ["useractivitylog"]}],
        },
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{CLUSTER}.c")
    assert (one.kind, one.name, one.evidence.description, unsaid(one)) == (Kind.WAREHOUSE, "w", "people", set())
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "network.public_endpoint") is False
    assert value(one, "transport.tls_required") is True
    assert value(one, "logging.data_read") is True
    assert value(one, "retention.backup_days") == 35
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "access.external_principals") == frozenset()
    assert (Rel.LOGS_TO, "/aws/redshift/cluster/w/useractivitylog") in [(link.rel, link.to) for link in one.links]


def test_a_cluster_that_says_nothing(plan, tmp_path):
    plan.add(
        CLUSTER, "c", {"cluster_identifier": "w", "encrypted": False, "publicly_accessible": True, "cluster_parameter_group_name": "default.redshift-1.0"},
        unknown=dict.fromkeys(("kms_key_id", "vpc_security_group_ids", "logging", "multi_az", "automated_snapshot_retention_period"), True),
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{CLUSTER}.c")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)
    assert value(one, "retention.backup_days") == 1
    assert value(one, "recovery.redundancy") == "zone"
    assert value(one, "logging.data_read") is False
    assert value(one, "transport.tls_required") is False
    assert one.links == ()


def test_a_default_that_differs_between_versions_of_the_provider_is_not_guessed(plan, tmp_path):
    plan.add(CLUSTER, "c", {"encrypted": None})
    assert reason(checked(plan, tmp_path, f"{CLUSTER}.c"), "encryption.at_rest") is UnknownReason.NOT_COLLECTED


def test_what_an_existing_cluster_shares_may_stand_elsewhere(plan, tmp_path):
    plan.add(CLUSTER, "c", {"cluster_identifier": "w"}, actions=("no-op",))
    one = checked(plan, tmp_path, f"{CLUSTER}.c")
    assert reason(one, "access.external_principals") is UnknownReason.NOT_COLLECTED
    assert reason(one, "logging.data_read") is UnknownReason.NOT_COLLECTED
