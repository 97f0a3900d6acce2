from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, ref, value
from tests.connectors.terraform.types.cases import Case, Part
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

LUSTRE, WINDOWS = "aws_fsx_lustre_file_system", "aws_fsx_windows_file_system"
ONTAP, OPENZFS, CACHE = "aws_fsx_ontap_file_system", "aws_fsx_openzfs_file_system", "aws_fsx_file_cache"
EACH = (LUSTRE, WINDOWS, ONTAP, OPENZFS, CACHE)
ASSOCIATION = "aws_fsx_data_repository_association"
CASES = (
    Case(EACH[1:], "kms_key_id", "encryption.key_custody", {"alias/ours": "customer"}, absent="provider-managed"),
    Case(
        LUSTRE, "kms_key_id", "encryption.key_custody", {"alias/ours": "customer"}, absent="provider-managed",
        having={"deployment_type": "PERSISTENT_2"},
    ),
    Case(
        LUSTRE, "deployment_type", "encryption.key_custody", {"SCRATCH_2": "provider-owned", "PERSISTENT_1": "provider-managed"},
        absent="provider-owned",
    ),
    Case(
        (WINDOWS, ONTAP, OPENZFS), "deployment_type", "recovery.redundancy",
        {"SINGLE_AZ_2": "zone", "MULTI_AZ_1": "multi-zone"}, absent="zone",
    ),
    Case(WINDOWS, "automatic_backup_retention_days", "retention.backup_days", {30: 30, 0: 0}, absent=7),
    Case((LUSTRE, ONTAP, OPENZFS), "automatic_backup_retention_days", "retention.backup_days", {30: 30}, absent=0),
    Case(
        WINDOWS, "audit_log_configuration.0.file_access_audit_log_level", "logging.data_read",
        {"SUCCESS_AND_FAILURE": True, "SUCCESS_ONLY": True, "FAILURE_ONLY": False, "DISABLED": False}, absent=False,
    ),
    Case(
        WINDOWS, "audit_log_configuration.0.audit_log_destination", "logs-to",
        {"arn:aws:logs:eu-west-2:111111111111:log-group:/aws/fsx/a:*": ("arn:aws:logs:eu-west-2:111111111111:log-group:/aws/fsx/a",)},
        absent=(),
    ),
    Case((LUSTRE, WINDOWS, OPENZFS), "backup_id", "copy-of", {"backup-0123456789": ("backup-0123456789",)}, absent=()),
    Case(LUSTRE, "import_path", "copy-of", {"s3://raw/a": ("arn:aws:s3:::raw",)}, absent=()),
    Case(LUSTRE, "export_path", "exports-to", {"s3://out/a": ("arn:aws:s3:::out",)}, absent=()),
    Case(ASSOCIATION, "data_repository_path", "copy-of", {"s3://raw/a": ("arn:aws:s3:::raw",)}, absent=(), of=LUSTRE),
    Case(
        ASSOCIATION, "s3.0.auto_export_policy.0.events", "exports-to", [(["NEW"], ("arn:aws:s3:::raw",)), ([], ())], absent=(),
        having={"data_repository_path": "s3://raw/a"}, of=LUSTRE,
    ),
)  # fmt: skip
PARTS = (Part(ASSOCIATION, LUSTRE, {"data_repository_path": "s3://raw/a", "s3": [{"auto_export_policy": [{"events": ["NEW"]}]}]}),)


@pytest.fixture
def plan():
    return PlanBuilder()


@pytest.mark.parametrize("kind", EACH)
def test_a_file_system_says_every_fact_of_its_kind(plan, tmp_path, kind):
    plan.add(kind, "f", {"id": "fs-1"})
    one = checked(plan, tmp_path, f"{kind}.f")
    assert (one.kind, one.name, unsaid(one)) == (Kind.FILE_SHARE, "fs-1", set())
    assert value(one, "encryption.at_rest") is True
    assert value(one, "network.public_endpoint") is False


@pytest.mark.parametrize(
    ("kind", "found"), [(LUSTRE, False), (OPENZFS, False), (CACHE, False), (WINDOWS, UnknownReason.NOT_SUPPORTED), (ONTAP, UnknownReason.NOT_SUPPORTED)]
)  # fmt: skip
def test_whether_clients_must_encrypt_is_not_said_where_it_is_set_inside(plan, tmp_path, kind, found):
    plan.add(kind, "f", {})
    fact = checked(plan, tmp_path, f"{kind}.f").facts["transport.tls_required"]
    assert getattr(fact, "reason", None) is found if found else fact.value is found


def test_a_bucket_whose_objects_it_shows_is_its_source_by_reference(plan, tmp_path):
    plan.add("aws_s3_bucket", "raw", {}, unknown={"bucket": True})
    plan.add(LUSTRE, "f", {}, unknown={"import_path": True}, expressions={"import_path": ref("aws_s3_bucket.raw.bucket")})
    links = checked(plan, tmp_path, f"{LUSTRE}.f").links
    assert [(link.rel, link.to) for link in links if link.rel is Rel.COPY_OF] == [(Rel.COPY_OF, "aws_s3_bucket.raw")]
