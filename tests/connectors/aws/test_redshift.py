from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, REGION
from tests.connectors.aws.fields import missing_field
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel

ARN = f"arn:aws:redshift:{REGION}:{ACCOUNT}"
LOGGING, PARAMETERS, SHARES = (("redshift", name) for name in ("DescribeLoggingStatus", "DescribeClusterParameters", "DescribeDataShares"))
NONE_SHARED: dict[tuple[str, str], Any] = {SHARES: {"DataShares": []}}
PLAIN = {"NodeType": "ra3.large", "MasterUsername": "app", "MasterUserPassword": "NotASecret0"}


def _value(resource, name):
    assert isinstance(resource.facts[name], Known), f"{name}: {resource.facts[name]}"
    return resource.facts[name].value


def _group(**values: str):
    return {"Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]}


def test_a_hardened_cluster_and_its_snapshot_are_read_in_full(aws, collect):
    redshift = aws("redshift")
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    tags = [{"Key": "owner", "Value": "team"}]
    made = {"Encrypted": True, "KmsKeyId": key, "PubliclyAccessible": False, "AutomatedSnapshotRetentionPeriod": 14}
    redshift.create_cluster(ClusterIdentifier="wh", DBName="claims", Tags=tags, **made, **PLAIN)
    redshift.create_cluster_snapshot(SnapshotIdentifier="s1", ClusterIdentifier="wh")
    share = {
        "ProducerArn": "",
        "DataShareAssociations": [
            {"ConsumerIdentifier": "999988887777", "Status": "ACTIVE"},
            {"ConsumerIdentifier": ACCOUNT, "Status": "ACTIVE"},
            {"ConsumerIdentifier": "1d5f1e0a-0000-1111-2222-333344445555", "Status": "ACTIVE"},
            {"ConsumerIdentifier": "111122223333", "Status": "REJECTED"},
        ],
    }
    canned = {
        LOGGING: {"LoggingEnabled": True, "BucketName": "audit"},
        PARAMETERS: _group(require_ssl="true", enable_user_activity_logging="true"),
        SHARES: {"DataShares": [share]},
    }
    estate = collect("redshift", ALL_FACTS, canned=canned)
    cluster, snapshot = estate[f"{ARN}:cluster:wh"], estate[f"{ARN}:snapshot:wh/s1"]
    assert cluster.kind is Kind.WAREHOUSE
    assert cluster.tags == Known({"owner": "team"}, cluster.tags.via)
    assert cluster.evidence.description == "claims"
    expected = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "logging.data_read": True,
        "logging.data_write": True,
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "retention.backup_days": 14,
        "recovery.redundancy": "zone",
        "access.external_principals": {"999988887777"},
        "access.external_conditioned": False,
    }
    assert {name: _value(cluster, name) for name in expected} == expected
    assert isinstance(cluster.facts["recovery.delete_protected"], NotApplicable)
    assert [link.to for link in cluster.links if link.rel is Rel.USES_KEY] == [key]
    assert [link.to for link in cluster.links if link.rel is Rel.LOGS_TO] == ["arn:aws:s3:::audit"]
    assert _value(snapshot, "access.anonymous_read") is False
    assert [link.to for link in snapshot.links if link.rel is Rel.COPY_OF] == [cluster.id]


@pytest.mark.parametrize(
    ("status", "group", "expected"),
    [
        ({"LoggingEnabled": False}, _group(enable_user_activity_logging="true"), False),
        ({"LoggingEnabled": True, "BucketName": "b"}, _group(enable_user_activity_logging="false"), UnknownReason.NOT_SUPPORTED),
        ({"LoggingEnabled": True, "LogExports": ["connectionlog"]}, _group(enable_user_activity_logging="true"), False),
        ({"LoggingEnabled": True, "LogExports": ["useractivitylog"]}, _group(enable_user_activity_logging="true"), True),
        ({"LoggingEnabled": True, "BucketName": "b"}, _group(require_ssl="false"), UnknownReason.NOT_COLLECTED),
        ({"LoggingEnabled": True, "BucketName": "b"}, "AccessDenied", UnknownReason.PERMISSION_DENIED),
        ("AccessDenied", _group(enable_user_activity_logging="true"), UnknownReason.PERMISSION_DENIED),
        ({"LoggingEnabled": True, "LogDestinationType": "s3table"}, _group(), UnknownReason.NOT_SUPPORTED),
    ],
)
def test_reads_are_recorded_only_with_logging_and_activity_logging(collect, status, group, expected):
    cluster = {"ClusterIdentifier": "wh", "ClusterParameterGroups": [{"ParameterGroupName": "g"}]}
    canned = {("redshift", "DescribeClusters"): {"Clusters": [cluster]}, LOGGING: status, PARAMETERS: group, **NONE_SHARED}
    found = collect("redshift", ALL_FACTS, canned=canned)[f"{ARN}:cluster:wh"].facts["logging.data_read"]
    assert (found.value if isinstance(found, Known) else found.reason) == expected


def test_a_weak_cluster_is_weak_and_what_is_denied_is_unknown(aws, collect):
    aws("redshift").create_cluster(ClusterIdentifier="wh", Encrypted=False, PubliclyAccessible=True, **PLAIN)
    canned = {PARAMETERS: "AccessDenied", SHARES: "AccessDenied", ("redshift", "DescribeClusterSnapshots"): "AccessDenied"}
    estate = collect("redshift", ALL_FACTS, canned=canned)
    assert [(gap.action, gap.kinds) for gap in estate.gaps] == [("redshift:DescribeClusterSnapshots", frozenset({Kind.SNAPSHOT}))]
    cluster = estate[f"{ARN}:cluster:wh"]
    assert _value(cluster, "encryption.at_rest") is False
    assert _value(cluster, "network.public_endpoint") is True
    assert _value(cluster, "logging.data_read") is False
    for name in ("transport.tls_required", "access.external_principals"):
        found = cluster.facts[name]
        assert isinstance(found, Unknown), name
        assert found.reason is UnknownReason.PERMISSION_DENIED, name


def test_every_field_that_is_read_exists_in_the_service_model():
    paths = {
        "DescribeClusters": "Clusters.ClusterIdentifier Clusters.ClusterNamespaceArn Clusters.DBName Clusters.Tags.Key Clusters.HsmStatus"
        " Clusters.Encrypted Clusters.KmsKeyId Clusters.VpcSecurityGroups.VpcSecurityGroupId Clusters.Endpoint.Port Clusters.MultiAZ"
        " Clusters.PubliclyAccessible Clusters.AutomatedSnapshotRetentionPeriod Clusters.ClusterParameterGroups.ParameterGroupName"
        " Clusters.ClusterParameterGroups.ParameterApplyStatus",
        "DescribeLoggingStatus": "LoggingEnabled BucketName LogExports LogDestinationType",
        "DescribeClusterParameters": "Parameters.ParameterName Parameters.ParameterValue",
        "DescribeDataShares": "DataShares.ProducerArn DataShares.DataShareAssociations.ConsumerIdentifier"
        " DataShares.DataShareAssociations.Status",
        "DescribeClusterSnapshots": "Snapshots.SnapshotIdentifier Snapshots.ClusterIdentifier Snapshots.DBName Snapshots.Encrypted"
        " Snapshots.KmsKeyId Snapshots.EncryptedWithHSM Snapshots.AccountsWithRestoreAccess.AccountId Snapshots.SourceRegion"
        " Snapshots.TotalBackupSizeInMegaBytes Snapshots.Tags.Key",
    }
    wrong = [missing_field("redshift", operation, path) for operation, listed in paths.items() for path in listed.split()]
    assert not [each for each in wrong if each]
