from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, const, reason, value
from tests.connectors.terraform.types.cases import OTHER, UNSAID, Case
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import UNLIMITED, NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

SHARE = "aws_efs_file_system"
COMPUTED = dict.fromkeys(("arn", "id", "encrypted", "kms_key_id", "availability_zone_name", "creation_token"), True)
TLS = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*",'
    ' "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}'
)
CASES = (
    Case("aws_efs_file_system", "encrypted", "encryption.at_rest", {True: True, False: False}, absent=False),
    Case(
        "aws_efs_file_system",
        "kms_key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-managed",
        having={"encrypted": True},
    ),
    Case(
        "aws_efs_file_system",
        "availability_zone_name",
        "recovery.redundancy",
        {"eu-west-2a": "zone"},
        absent="multi-zone",
        unknown="zone",
        sensitive="zone",
    ),
    Case(
        "aws_efs_file_system_policy",
        "policy",
        "access.external_principals",
        {OTHER: frozenset({"222222222222"})},
        absent=frozenset(),
        of="aws_efs_file_system",
    ),
    Case(
        "aws_efs_backup_policy",
        "backup_policy.0.status",
        "retention.backup_days",
        {"DISABLED": 0, "ENABLED": UNSAID},
        absent=0,
        of="aws_efs_file_system",
    ),
    Case(
        "aws_efs_replication_configuration",
        "destination.0.region",
        "recovery.redundancy",
        {"eu-west-1": "multi-region"},
        absent="multi-zone",
        of="aws_efs_file_system",
    ),
    Case(
        "aws_efs_replication_configuration",
        "destination.0.file_system_id",
        "replicates-to",
        {"fs-0123456789": ("fs-0123456789",)},
        absent=("arn:aws:elasticfilesystem:eu-west-2:111111111111:file-system/replica",),
        of="aws_efs_file_system",
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_file_system_that_says_everything(plan, tmp_path):
    plan.add(SHARE, "s", {"id": "fs-1", "encrypted": True, "kms_key_id": "alias/app", "name": "case files"}, actions=("no-op",))
    plan.add("aws_efs_file_system_policy", "p", {"file_system_id": "fs-1", "policy": TLS})
    plan.add("aws_efs_backup_policy", "b", {"file_system_id": "fs-1", "backup_policy": [{"status": "ENABLED"}]})
    one = checked(plan, tmp_path, f"{SHARE}.s")
    assert (one.kind, one.name, one.evidence.description, unsaid(one)) == (Kind.FILE_SHARE, "fs-1", "case files", set())
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "transport.tls_required") is True
    assert one.facts["retention.backup_days"].between == (1, UNLIMITED)
    assert value(one, "network.public_endpoint") is False


def test_a_file_system_that_says_nothing_is_plain_and_not_backed_up(plan, tmp_path):
    plan.add(SHARE, "s", {}, unknown=COMPUTED)
    one = checked(plan, tmp_path, f"{SHARE}.s")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)
    assert value(one, "transport.tls_required") is False
    assert value(one, "retention.backup_days") == 0
    assert value(one, "recovery.redundancy") == "multi-zone"


def test_one_zone_is_backed_up_unasked(plan, tmp_path):
    plan.add(SHARE, "s", {"availability_zone_name": "eu-west-2a"}, expressions={"availability_zone_name": const("eu-west-2a")})
    one = checked(plan, tmp_path, f"{SHARE}.s")
    assert value(one, "recovery.redundancy") == "zone"
    assert one.facts["retention.backup_days"].between == (1, UNLIMITED)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("kind", "settings", "fact"),
    [
        ("aws_efs_file_system_policy", {"policy": TLS}, "transport.tls_required"),
        ("aws_efs_backup_policy", {"backup_policy": [{"status": "DISABLED"}]}, "retention.backup_days"),
    ],
)
def test_policies_are_joined(plan, tmp_path, way, kind, settings, fact):
    address = joined(plan, way, (SHARE, {}), (kind, settings), "file_system_id", "id")
    assert value(plan.read(tmp_path)[address], fact) in (True, 0)


@pytest.mark.parametrize("way", WAYS)
def test_replication_into_another_region_is_joined(plan, tmp_path, way):
    settings = {"destination": [{"region": "eu-west-1"}]}
    address = joined(plan, way, (SHARE, {}), ("aws_efs_replication_configuration", settings), "source_file_system_id", "id")
    one = plan.read(tmp_path)[address]
    assert value(one, "recovery.redundancy") == "multi-region"
    assert [link.rel for link in one.links] == [Rel.REPLICATES_TO]


def test_what_is_set_elsewhere_for_an_existing_file_system_is_unknown(plan, tmp_path):
    plan.add(SHARE, "s", {"id": "fs-1", "encrypted": True}, actions=("no-op",))
    one = checked(plan, tmp_path, f"{SHARE}.s")
    for fact in ("access.anonymous_read", "transport.tls_required", "retention.backup_days", "recovery.redundancy"):
        assert reason(one, fact) is UnknownReason.NOT_COLLECTED, fact
