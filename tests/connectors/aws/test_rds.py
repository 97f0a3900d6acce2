from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, REGION
from tests.connectors.aws.fields import missing_field
from tierwise.model.fact import Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel

RDS = f"arn:aws:rds:{REGION}:{ACCOUNT}"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws"
PARAMETERS = "rds:DescribeDBParameters"


def _instance(rds: Any, name: str, engine: str = "postgres", **extra: Any) -> str:
    plain = {"DBInstanceClass": "db.m6g.large", "AllocatedStorage": 20, "MasterUsername": "app", "MasterUserPassword": "not-a-secret-0"}
    rds.create_db_instance(DBInstanceIdentifier=name, Engine=engine, **{**plain, **extra})
    return f"{RDS}:db:{name}"


def _links(resource: Any, rel: Rel) -> set[str]:
    return {link.to for link in resource.links if link.rel is rel}


def _value(resource: Any, name: str) -> Any:
    fact = resource.facts[name]
    assert isinstance(fact, Known), f"{name}: {fact}"
    return fact.value


def _why(resource: Any, name: str) -> UnknownReason:
    fact = resource.facts[name]
    assert isinstance(fact, Unknown), f"{name}: {fact}"
    return fact.reason


def _group(values: dict[str, str | None]) -> dict[str, Any]:
    listed = [{"ParameterName": name} | ({"ParameterValue": value} if value is not None else {}) for name, value in values.items()]
    return {"Parameters": listed}


def test_an_empty_account_has_no_databases_and_no_gaps(collect):
    estate = collect("rds")
    assert not estate
    assert not estate.gaps


def test_a_hardened_instance_is_read_in_full(aws, collect):
    rds, ec2 = aws("rds"), aws("ec2")
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres15", Description="x")
    wanted = {
        "rds.force_ssl": "1",
        "ssl_min_protocol_version": "TLSv1.2",
        "shared_preload_libraries": "pg_stat_statements, pgaudit",
        "pgaudit.log": "write,ddl",
        "log_statement": "none",
    }
    rds.modify_db_parameter_group(
        DBParameterGroupName="pg",
        Parameters=[{"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"} for name, value in wanted.items()],
    )
    arn = _instance(
        rds,
        "claims",
        DBName="claimants",
        StorageEncrypted=True,
        KmsKeyId=key,
        PubliclyAccessible=False,
        BackupRetentionPeriod=14,
        MultiAZ=True,
        DeletionProtection=True,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["postgresql"],
        DBParameterGroupName="pg",
        VpcSecurityGroupIds=[group],
        Tags=[{"Key": "owner", "Value": "team-a"}],
    )
    database = collect("rds", ALL_FACTS)[arn]
    assert database.kind is Kind.RELATIONAL_DB
    assert database.type == "rds.instance"
    assert database.tags == Known({"owner": "team-a"}, Provenance("rds:DescribeDBInstances", "rds:DescribeDBInstances"))
    assert database.evidence.description == "claimants"
    assert "claims" in database.aliases
    expected = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "access.anonymous_read": False,
        "access.external_principals": frozenset(),
        "access.local_auth_enabled": True,
        "access.central_identity_enabled": True,
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "retention.backup_days": 14,
        "recovery.point_in_time": True,
        "recovery.delete_protected": True,
        "recovery.redundancy": "multi-zone",
        "logging.data_read": False,
        "logging.data_write": True,
        "volume.bytes": 20 * 1024**3,
    }
    assert {name: _value(database, name) for name in expected} == expected
    assert isinstance(database.facts["network.ingress_any"], NotApplicable)
    assert isinstance(database.facts["access.external_conditioned"], NotApplicable)
    assert _links(database, Rel.USES_KEY) == {key}
    assert _links(database, Rel.LOGS_TO) == {f"{LOGS}/rds/instance/claims/postgresql"}


def test_a_weak_instance_is_weak_and_what_its_parameter_group_hides_is_unknown(aws, collect):
    rds, ec2 = aws("rds"), aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    halves = [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 3000, "ToPort": 3400, "IpRanges": halves}]
    )
    rds.create_db_parameter_group(DBParameterGroupName="bare", DBParameterGroupFamily="mysql8.0", Description="x")
    arn = _instance(
        rds,
        "weak",
        "mysql",
        StorageEncrypted=False,
        PubliclyAccessible=True,
        BackupRetentionPeriod=0,
        VpcSecurityGroupIds=[group],
        DBParameterGroupName="bare",
        MultiAZ=False,
        DeletionProtection=False,
    )
    weak = collect("rds", ALL_FACTS)[arn]
    expected = {
        "encryption.at_rest": False,
        "network.public_endpoint": True,
        "network.ingress_any": True,
        "network.private_endpoint": False,
        "retention.backup_days": 0,
        "recovery.point_in_time": False,
        "recovery.delete_protected": False,
        "recovery.redundancy": "zone",
        "logging.data_read": False,
        "access.central_identity_enabled": False,
    }
    assert {name: _value(weak, name) for name in expected} == expected
    assert isinstance(weak.facts["encryption.key_custody"], NotApplicable)
    assert _why(weak, "transport.tls_required") is UnknownReason.NOT_COLLECTED
    assert _why(weak, "transport.min_tls") is UnknownReason.NOT_COLLECTED


def test_a_survey_alone_reads_no_parameters_and_no_security_groups(aws, collect):
    arn = _instance(aws("rds"), "shallow", PubliclyAccessible=True)
    estate = collect("rds")
    assert _why(estate[arn], "transport.tls_required") is UnknownReason.NOT_COLLECTED
    assert _why(estate[arn], "network.ingress_any") is UnknownReason.NOT_COLLECTED
    made = {outcome.operation for outcome in estate.outcomes}
    assert not made & {PARAMETERS, "ec2:DescribeSecurityGroups", "rds:DescribeDBSnapshotAttributes"}


def test_a_parameter_group_is_read_once_however_many_databases_use_it(aws, collect):
    rds = aws("rds")
    rds.create_db_parameter_group(DBParameterGroupName="shared", DBParameterGroupFamily="mysql8.0", Description="x")
    for number in range(4):
        _instance(rds, f"db-{number}", "mysql", DBParameterGroupName="shared")
    estate = collect("rds", frozenset({"transport.tls_required"}))
    assert sum(outcome.count for outcome in estate.outcomes if outcome.operation == PARAMETERS) == 1


def test_a_cluster_holds_the_data_and_its_members_hold_the_addresses(aws, collect):
    rds = aws("rds")
    login = {"MasterUsername": "app", "MasterUserPassword": "not-a-secret-0"}
    rds.create_db_cluster_parameter_group(DBClusterParameterGroupName="cg", DBParameterGroupFamily="aurora-postgresql15", Description="x")
    rds.create_db_cluster(
        DBClusterIdentifier="pay",
        Engine="aurora-postgresql",
        StorageEncrypted=True,
        EnableCloudwatchLogsExports=["postgresql"],
        DBClusterParameterGroupName="cg",
        BackupRetentionPeriod=35,
        DeletionProtection=True,
        **login,
    )
    rds.create_db_instance(
        DBInstanceIdentifier="pay-1",
        DBClusterIdentifier="pay",
        Engine="aurora-postgresql",
        DBInstanceClass="db.r6g.large",
        PubliclyAccessible=True,
    )
    values = {"rds.force_ssl": "1", "log_statement": "all", "ssl_min_protocol_version": None}
    canned = {("rds", "DescribeDBClusterParameters"): _group(values), ("rds", "DescribeDBParameters"): _group({"log_statement": None})}
    estate = collect("rds", ALL_FACTS, canned=canned)
    cluster, member = estate[f"{RDS}:cluster:pay"], estate[f"{RDS}:db:pay-1"]
    assert _value(cluster, "recovery.redundancy") == "multi-zone"
    assert _value(cluster, "retention.backup_days") == 35
    assert _value(cluster, "network.public_endpoint") is True
    assert _why(cluster, "volume.bytes") is UnknownReason.NOT_COLLECTED
    for each in (cluster, member):
        assert _value(each, "transport.tls_required") is True
        assert _why(each, "transport.min_tls") is UnknownReason.NOT_SUPPORTED
        assert _value(each, "logging.data_read") is True
    assert isinstance(member.facts["retention.backup_days"], NotApplicable)
    assert isinstance(member.facts["recovery.delete_protected"], NotApplicable)
    assert _links(member, Rel.MEMBER_OF) == {cluster.id}
    assert _links(cluster, Rel.LOGS_TO) == {f"{LOGS}/rds/cluster/pay/postgresql"}


def test_a_document_database_is_told_by_its_engine(collect):
    listed = {
        "DBClusterIdentifier": "docs",
        "DBClusterArn": f"{RDS}:cluster:docs",
        "Engine": "docdb",
        "EngineVersion": "5.0.0",
        "DBClusterParameterGroup": "strict",
        "EnabledCloudwatchLogsExports": ["audit"],
        "StorageEncrypted": True,
    }
    canned = {
        ("rds", "DescribeDBClusters"): {"DBClusters": [listed]},
        ("rds", "DescribeDBClusterParameters"): _group({"tls": "tls1.2+", "audit_logs": "ddl, dml_write"}),
    }
    docs = collect("rds", ALL_FACTS, canned=canned)[f"{RDS}:cluster:docs"]
    assert docs.kind is Kind.DOCUMENT_DB
    assert docs.type == "docdb.cluster"
    expected = {
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "logging.data_read": False,
        "logging.data_write": True,
        "access.shared_key_enabled": False,
        "recovery.redundancy": "multi-zone",
    }
    assert {name: _value(docs, name) for name in expected} == expected
    assert _why(docs, "retention.expiry_configured") is UnknownReason.NOT_SUPPORTED
    assert _links(docs, Rel.LOGS_TO) == {f"{LOGS}/docdb/docs/audit"}


def test_a_global_cluster_replicates_to_its_other_regions(collect):
    other = f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:pay"
    own = {"DBClusterIdentifier": "pay", "DBClusterArn": f"{RDS}:cluster:pay", "Engine": "aurora-mysql", "GlobalClusterIdentifier": "g"}
    members = [{"DBClusterArn": own["DBClusterArn"]}, {"DBClusterArn": other}]
    listed = {("rds", "DescribeDBClusters"): {"DBClusters": [own]}}
    answers = {"GlobalClusters": [{"GlobalClusterIdentifier": "g", "GlobalClusterMembers": members}]}
    cluster = collect("rds", canned={**listed, ("rds", "DescribeGlobalClusters"): answers})[f"{RDS}:cluster:pay"]
    assert _value(cluster, "recovery.redundancy") == "multi-region"
    assert _links(cluster, Rel.REPLICATES_TO) == {other}
    cluster = collect("rds", canned={**listed, ("rds", "DescribeGlobalClusters"): "AccessDenied"})[f"{RDS}:cluster:pay"]
    assert _why(cluster, "recovery.redundancy") is UnknownReason.PERMISSION_DENIED
    assert [link.unknown is not None for link in cluster.links if link.rel is Rel.REPLICATES_TO] == [True]


def test_what_is_denied_is_unknown_and_a_denied_listing_is_a_gap(aws, collect):
    rds = aws("rds")
    arn = _instance(rds, "db", "mysql", PubliclyAccessible=True)
    canned = {
        ("rds", "DescribeDBClusters"): "AccessDenied",
        ("rds", "DescribeDBParameters"): "AccessDenied",
        ("ec2", "DescribeSecurityGroups"): "UnauthorizedOperation",
    }
    estate = collect("rds", ALL_FACTS, canned=canned)
    assert [(gap.reason, gap.action) for gap in estate.gaps] == [("permission-denied", "rds:DescribeDBClusters")]
    assert Kind.RELATIONAL_DB in estate.gaps[0].kinds
    assert _why(estate[arn], "transport.tls_required") is UnknownReason.PERMISSION_DENIED
    assert _why(estate[arn], "network.ingress_any") is UnknownReason.PERMISSION_DENIED
    assert _value(estate[arn], "logging.data_read") is False


def test_a_member_whose_cluster_cannot_be_listed_keeps_open_what_the_cluster_decides(aws, collect):
    rds = aws("rds")
    rds.create_db_cluster(DBClusterIdentifier="c", Engine="aurora-mysql", MasterUsername="app", MasterUserPassword="not-a-secret-0")
    rds.create_db_instance(DBInstanceIdentifier="m", DBClusterIdentifier="c", Engine="aurora-mysql", DBInstanceClass="db.r6g.large")
    member = collect("rds", ALL_FACTS, canned={("rds", "DescribeDBClusters"): "Throttling"})[f"{RDS}:db:m"]
    assert _why(member, "logging.data_read") is UnknownReason.THROTTLED
    assert _why(member, "transport.tls_required") in (UnknownReason.THROTTLED, UnknownReason.API_ERROR)


def test_snapshots_say_with_whom_they_are_shared(aws, collect):
    rds = aws("rds")
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    _instance(rds, "db", StorageEncrypted=True, KmsKeyId=key)
    for name, values in (("public", ["all"]), ("given", ["999988887777"]), ("kept", [])):
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier="db")
        if values:
            rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=values)
    estate = collect("rds", ALL_FACTS)
    public, given, kept = (estate[f"{RDS}:snapshot:{name}"] for name in ("public", "given", "kept"))
    assert _value(public, "access.anonymous_read") is True
    assert _value(given, "access.anonymous_read") is False
    assert _value(given, "access.external_principals") == {"999988887777"}
    assert _value(given, "access.external_conditioned") is False
    assert _value(kept, "access.external_principals") == frozenset()
    assert isinstance(kept.facts["access.external_conditioned"], NotApplicable)
    assert _value(kept, "encryption.key_custody") == "customer"
    assert _value(kept, "immutability.mode") == "none"
    assert _links(kept, Rel.COPY_OF) == {f"{RDS}:db:db"}
    automated = next(one for one in estate.values() if one.kind is Kind.SNAPSHOT and one.name.startswith("rds:"))
    assert _value(automated, "access.anonymous_read") is False


def test_a_denied_attribute_read_leaves_the_sharing_unknown(aws, collect):
    rds = aws("rds")
    rds.create_db_cluster(DBClusterIdentifier="c", Engine="aurora-mysql", MasterUsername="app", MasterUserPassword="not-a-secret-0")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="cs", DBClusterIdentifier="c")
    estate = collect("rds", ALL_FACTS, canned={("rds", "DescribeDBClusterSnapshotAttributes"): "AccessDenied"})
    snapshot = estate[f"{RDS}:cluster-snapshot:cs"]
    assert _why(snapshot, "access.anonymous_read") is UnknownReason.PERMISSION_DENIED
    assert _why(snapshot, "access.external_conditioned") is UnknownReason.PERMISSION_DENIED
    assert _links(snapshot, Rel.COPY_OF) == {f"{RDS}:cluster:c"}


@pytest.mark.parametrize(
    ("operation", "paths"),
    [
        (
            "DescribeDBInstances",
            "Engine EngineVersion DBName DBInstanceArn DbiResourceId StorageEncrypted StorageEncryptionType KmsKeyId PubliclyAccessible"
            " VpcSecurityGroups.VpcSecurityGroupId Endpoint.Port IAMDatabaseAuthenticationEnabled DomainMemberships.Status TagList.Key"
            " EnabledCloudwatchLogsExports ActivityStreamStatus ActivityStreamKinesisStreamName BackupRetentionPeriod DeletionProtection"
            " MultiAZ AllocatedStorage DBClusterIdentifier DBParameterGroups.DBParameterGroupName DBParameterGroups.ParameterApplyStatus"
            " ReadReplicaSourceDBInstanceIdentifier ReadReplicaSourceDBClusterIdentifier"
            " DBInstanceAutomatedBackupsReplications.DBInstanceAutomatedBackupsArn",
        ),
        (
            "DescribeDBClusters",
            "Engine EngineVersion DatabaseName DBClusterArn DbClusterResourceId StorageEncrypted StorageEncryptionType KmsKeyId"
            " PubliclyAccessible VpcSecurityGroups.VpcSecurityGroupId Port IAMDatabaseAuthenticationEnabled TagList.Key MultiAZ"
            " EnabledCloudwatchLogsExports ActivityStreamStatus ActivityStreamKinesisStreamName BackupRetentionPeriod DeletionProtection"
            " GlobalClusterIdentifier DBClusterParameterGroup DBClusterMembers.DBClusterParameterGroupStatus ReplicationSourceIdentifier"
            " AllocatedStorage DomainMemberships.Status",
        ),
        (
            "DescribeDBSnapshots",
            "DBSnapshotArn DBInstanceIdentifier SourceDBSnapshotIdentifier SourceRegion Encrypted StorageEncryptionType KmsKeyId"
            " SnapshotType AllocatedStorage Engine TagList.Key",
        ),
        (
            "DescribeDBClusterSnapshots",
            "DBClusterSnapshotArn DBClusterIdentifier SourceDBClusterSnapshotArn StorageEncrypted StorageEncryptionType KmsKeyId"
            " SnapshotType AllocatedStorage Engine TagList.Key",
        ),
    ],
)
def test_every_field_that_is_read_exists_in_the_service_model(operation, paths):
    wrong = [missing_field("rds", operation, f"{operation.removeprefix('Describe')}.{path}") for path in paths.split()]
    assert not [each for each in wrong if each]


def test_fields_of_attributes_and_parameters_exist_in_the_service_model():
    for sort in ("DBSnapshot", "DBClusterSnapshot"):
        for name in ("AttributeName", "AttributeValues"):
            assert not missing_field("rds", f"Describe{sort}Attributes", f"{sort}AttributesResult.{sort}Attributes.{name}")
    for name in ("GlobalClusterIdentifier", "GlobalClusterMembers.DBClusterArn"):
        assert not missing_field("rds", "DescribeGlobalClusters", f"GlobalClusters.{name}")
    for operation in ("DescribeDBParameters", "DescribeDBClusterParameters"):
        assert not missing_field("rds", operation, "Parameters.ParameterValue")
