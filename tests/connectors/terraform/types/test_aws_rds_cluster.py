from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

CLUSTER, INSTANCE = "aws_rds_cluster", "aws_rds_cluster_instance"
DOCDB, NEPTUNE = "aws_docdb_cluster", "aws_neptune_cluster"
COMPUTED = dict.fromkeys(("arn", "id", "port", "kms_key_id", "vpc_security_group_ids", "db_cluster_parameter_group_name"), True)
POSTGRES = {"engine": "aurora-postgresql", "engine_version": "16.2"}
_CLUSTERS = ("aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster")
_RDS, _DOCDB, _NEPTUNE = _CLUSTERS
_UNTOLD = UnknownReason.UNRESOLVED_REFERENCE
CASES = (
    Case(_CLUSTERS, "storage_encrypted", "encryption.at_rest", {True: True, False: False}, absent=False),
    Case(
        (_RDS, _DOCDB),
        "kms_key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-managed",
        having={"storage_encrypted": True},
    ),
    Case(
        _NEPTUNE,
        "kms_key_arn",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-managed",
        having={"storage_encrypted": True},
    ),
    Case(_CLUSTERS, "backup_retention_period", "retention.backup_days", {7: 7}, absent=1),
    Case(_CLUSTERS, "deletion_protection", "recovery.delete_protected", {True: True, False: False}, absent=False),
    Case(_RDS, "engine", "recovery.redundancy", {"aurora-mysql": "multi-zone", "mysql": "multi-zone"}, absent="multi-zone"),
    Case((_DOCDB, _NEPTUNE), "engine", "recovery.redundancy", {"docdb": "multi-zone"}, absent="multi-zone"),
    Case(
        (_RDS, _NEPTUNE), "iam_database_authentication_enabled", "access.central_identity_enabled", {True: True, False: False}, absent=False
    ),
    Case(
        _RDS,
        "db_cluster_parameter_group_name",
        "transport.tls_required",
        {"group-of-ours": _UNTOLD},
        absent=False,
        having={"engine": "aurora-mysql"},
    ),
    Case(_DOCDB, "db_cluster_parameter_group_name", "transport.tls_required", {"group-of-ours": _UNTOLD}, absent=True),
    Case(
        _RDS, "enabled_cloudwatch_logs_exports", "logging.data_read", [(["audit"], True)], absent=False, having={"engine": "aurora-mysql"}
    ),
    Case(_DOCDB, "enabled_cloudwatch_logs_exports", "logging.data_read", [(["audit"], False)], absent=False),
    Case(_NEPTUNE, "enable_cloudwatch_logs_exports", "logging.data_read", [(["audit"], False)], absent=False),
    Case(_CLUSTERS, "global_cluster_identifier", "recovery.redundancy", {"global-of-ours": UNSAID}, absent="multi-zone"),
    Case(_CLUSTERS, "snapshot_identifier", "copy-of", {"records-snap": ("records-snap",)}, absent=()),
    Case((_RDS, _NEPTUNE), "replication_source_identifier", "copy-of", {"records-primary": ("records-primary",)}, absent=()),
    Case(
        (_RDS, _DOCDB),
        "restore_to_point_in_time.0.source_cluster_identifier",
        "copy-of",
        {"records-primary": ("records-primary",)},
        absent=(),
    ),
    Case(
        _RDS,
        "s3_import",
        "encryption.at_rest",
        [([{"bucket_name": "dumps"}], UnknownReason.UNRESOLVED_REFERENCE), ([], False)],
        absent=False,
        unknown=UnknownReason.UNRESOLVED_REFERENCE,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    Case(
        tuple(f"{one}_instance" for one in _CLUSTERS),
        "cluster_identifier",
        "member-of",
        {"records-cluster": ("records-cluster",)},
        absent=(),
    ),
    Case(
        ("aws_rds_cluster_instance", "aws_neptune_cluster_instance"),
        "publicly_accessible",
        "network.public_endpoint",
        {True: True, False: False},
        absent=False,
    ),
    *(
        Case(f"{one}_instance", "publicly_accessible", "network.public_endpoint", {True: True, False: False}, absent=False, of=one)
        for one in (_RDS, _NEPTUNE)
    ),
    Case(
        tuple(f"{one}_instance" for one in _CLUSTERS),
        "engine",
        "logging.data_read",
        {"docdb": UnknownReason.UNRESOLVED_REFERENCE},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    Case(
        _NEPTUNE,
        "neptune_cluster_parameter_group_name",
        "logging.data_read",
        {"group-of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=False,
        having={"enable_cloudwatch_logs_exports": ["audit"]},
    ),
)
PARTS = (Part("aws_rds_cluster_activity_stream", _RDS, {"mode": "sync"}),)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_cluster_that_says_everything(plan, tmp_path):
    plan.add(
        CLUSTER, "c",
        {
            **POSTGRES, "cluster_identifier": "records", "storage_encrypted": True, "kms_key_id": "alias/app", "backup_retention_period": 35,
            "deletion_protection": True, "iam_database_authentication_enabled": True, "database_name": "people",
            "enabled_cloudwatch_logs_exports": ["postgresql"],
        },
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{CLUSTER}.c")
    assert (one.kind, one.name, one.evidence.description, unsaid(one)) == (Kind.RELATIONAL_DB, "records", "people", set())
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "retention.backup_days") == 35
    assert value(one, "recovery.point_in_time") is True
    assert value(one, "recovery.delete_protected") is True
    assert value(one, "access.central_identity_enabled") is True
    assert value(one, "network.public_endpoint") is False
    assert value(one, "transport.tls_required") is False, "rds.force_ssl is on from Aurora PostgreSQL 17"
    assert (Rel.LOGS_TO, "/aws/rds/cluster/records/postgresql") in [(link.rel, link.to) for link in one.links]


def test_a_cluster_that_says_nothing_has_the_documented_defaults(plan, tmp_path):
    plan.add(CLUSTER, "c", {"engine": "aurora-mysql", "storage_encrypted": None}, unknown={**COMPUTED, "backup_retention_period": True})
    one = checked(plan, tmp_path, f"{CLUSTER}.c")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)
    assert value(one, "retention.backup_days") == 1
    assert value(one, "recovery.delete_protected") is False
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "logging.data_read") is False
    assert one.links == ()


def test_a_serverless_cluster_of_version_1_is_encrypted_by_default(plan, tmp_path):
    plan.add(CLUSTER, "c", {"engine": "aurora", "engine_mode": "serverless", "storage_encrypted": None})
    assert value(checked(plan, tmp_path, f"{CLUSTER}.c"), "encryption.at_rest") is True


@pytest.mark.parametrize("way", WAYS)
def test_instances_are_joined_and_one_public_one_makes_the_cluster_public(plan, tmp_path, way):
    instance = {"publicly_accessible": True, "engine": "aurora-postgresql"}
    encrypted = {**POSTGRES, "storage_encrypted": True}
    address = joined(plan, way, (CLUSTER, encrypted), (INSTANCE, instance), "cluster_identifier", "cluster_identifier")
    found = plan.read(tmp_path)
    assert value(found[address], "network.public_endpoint") is True
    (member,) = [one for one in found.values() if one.type == INSTANCE]
    assert value(member, "network.public_endpoint") is True
    assert value(member, "encryption.at_rest") is True
    assert isinstance(member.facts["retention.backup_days"], NotApplicable)
    assert [link.rel for link in member.links if link.rel is Rel.MEMBER_OF] == [Rel.MEMBER_OF]
    others = [one for one in found.values() if one.type == CLUSTER and one.id != address]
    assert [value(one, "network.public_endpoint") for one in others] in ([], [False])


def test_instances_of_an_existing_cluster_may_stand_elsewhere(plan, tmp_path):
    plan.add(CLUSTER, "c", {**POSTGRES, "cluster_identifier": "c"}, actions=("no-op",))
    plan.add(INSTANCE, "i", {"cluster_identifier": "elsewhere", "publicly_accessible": False})
    assert reason(checked(plan, tmp_path, f"{CLUSTER}.c"), "network.public_endpoint") is UnknownReason.NOT_COLLECTED
    assert reason(checked(plan, tmp_path, f"{INSTANCE}.i"), "encryption.at_rest") is UnknownReason.UNRESOLVED_REFERENCE


@pytest.mark.parametrize("module", ["", "m"])
def test_the_parameters_of_its_group_are_in_force(plan, tmp_path, module):
    parameters = [
        {"name": "rds.force_ssl", "value": "1"},
        {"name": "log_statement", "value": "all"},
        {"name": "shared_preload_libraries", "value": ""},
    ]
    where = {"module": module, "module_keys": ("a",)} if module else {}
    plan.add("aws_rds_cluster_parameter_group", "g", {"parameter": parameters}, unknown={"name": True, "id": True}, **where)
    address = plan.add(
        CLUSTER, "c", {**POSTGRES, "enabled_cloudwatch_logs_exports": ["postgresql"]}, unknown=COMPUTED,
        expressions={"db_cluster_parameter_group_name": ref("aws_rds_cluster_parameter_group.g.name")}, **where,
    )  # fmt: skip
    one = checked(plan, tmp_path, address)
    assert value(one, "transport.tls_required") is True
    assert value(one, "logging.data_read") is True


@pytest.mark.parametrize("way", WAYS)
def test_a_database_activity_stream_records_everything(plan, tmp_path, way):
    address = joined(plan, way, (CLUSTER, POSTGRES), ("aws_rds_cluster_activity_stream", {"mode": "async"}), "resource_arn", "arn")
    assert value(plan.read(tmp_path)[address], "logging.data_read") is True


def test_a_global_cluster_with_a_cluster_elsewhere_spans_regions(plan, tmp_path):
    plan.providers["aws.paris"] = {"name": "aws", "alias": "paris", "expressions": {"region": {"constant_value": "eu-west-3"}}}
    plan.add("aws_rds_global_cluster", "g", {"global_cluster_identifier": "g"}, unknown={"id": True})
    for name, provider in (("c", "aws"), ("d", "aws.paris")):
        plan.add(
            CLUSTER, name, POSTGRES, unknown={**COMPUTED, "global_cluster_identifier": True}, provider=provider,
            expressions={"global_cluster_identifier": ref("aws_rds_global_cluster.g.id")},
        )  # fmt: skip
    one = checked(plan, tmp_path, f"{CLUSTER}.c")
    assert value(one, "recovery.redundancy") == "multi-region"
    assert (Rel.REPLICATES_TO, f"{CLUSTER}.d") in [(link.rel, link.to) for link in one.links]


def test_documentdb_and_neptune_are_document_databases_with_their_own_spelling(plan, tmp_path):
    plan.add(
        DOCDB,
        "d",
        {"cluster_identifier": "d", "engine_version": "4.0", "storage_encrypted": True, "enabled_cloudwatch_logs_exports": ["audit"]},
        unknown=COMPUTED,
    )
    plan.add(
        NEPTUNE,
        "n",
        {"cluster_identifier": "n", "storage_encrypted": True, "kms_key_arn": "alias/app", "enable_cloudwatch_logs_exports": ["audit"]},
    )
    docdb, neptune = checked(plan, tmp_path, f"{DOCDB}.d"), checked(plan, tmp_path, f"{NEPTUNE}.n")
    assert docdb.kind is neptune.kind is Kind.DOCUMENT_DB
    assert unsaid(docdb) == unsaid(neptune) == set()
    assert value(docdb, "encryption.key_custody") == "provider-managed"
    assert value(docdb, "transport.tls_required") is True
    assert value(docdb, "logging.data_read") is False, "audit_logs is disabled by default"
    assert value(docdb, "access.central_identity_enabled") is False
    assert value(neptune, "encryption.key_custody") == "customer"
    assert value(neptune, "transport.min_tls") == "1.2"
    assert value(neptune, "access.local_auth_enabled") is False
    assert [link.to for link in neptune.links if link.rel is Rel.LOGS_TO] == ["/aws/neptune/n/audit"]


def test_a_cluster_made_of_a_snapshot_takes_its_encryption_from_it(plan, tmp_path):
    plan.add(CLUSTER, "c", {**POSTGRES, "snapshot_identifier": "snap-1"}, expressions={"snapshot_identifier": {"constant_value": "snap-1"}})
    one = checked(plan, tmp_path, f"{CLUSTER}.c")
    assert reason(one, "encryption.at_rest") is UnknownReason.UNRESOLVED_REFERENCE
    assert (Rel.COPY_OF, "snap-1") in [(link.rel, link.to) for link in one.links]
