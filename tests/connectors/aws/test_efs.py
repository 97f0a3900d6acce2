from __future__ import annotations

import json

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, REGION
from tests.connectors.aws.fields import missing_field
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Rel

FS = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system"
REPLICATION = ("efs", "DescribeReplicationConfigurations")


def _value(resource, name):
    assert isinstance(resource.facts[name], Known), f"{name}: {resource.facts[name]}"
    return resource.facts[name].value


def test_file_systems_are_read_in_full(aws, collect):
    efs = aws("efs")
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    tags = [{"Key": "owner", "Value": "team"}]
    strong = efs.create_file_system(CreationToken="a", Encrypted=True, KmsKeyId=key, Tags=tags)["FileSystemId"]
    weak = efs.create_file_system(CreationToken="b", AvailabilityZoneName=f"{REGION}a")["FileSystemId"]
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    efs.put_file_system_policy(FileSystemId=strong, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    replica = {
        "SourceFileSystemId": strong,
        "Destinations": [{"FileSystemId": "fs-copy", "Region": "eu-west-1", "OwnerId": ACCOUNT, "Status": "ENABLED"}],
    }
    estate = collect("efs", ALL_FACTS, canned={REPLICATION: {"Replications": [replica]}})
    good, bad = estate[f"{FS}/{strong}"], estate[f"{FS}/{weak}"]
    assert good.tags == Known({"owner": "team"}, good.tags.via)
    expected = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "recovery.redundancy": "multi-region",
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "access.anonymous_read": False,
        "retention.backup_days": 0,
    }
    assert {name: _value(good, name) for name in expected} == expected
    assert [link.to for link in good.links if link.rel is Rel.USES_KEY] == [key]
    copies = [link.to for link in good.links if link.rel is Rel.REPLICATES_TO]
    assert copies == [f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/fs-copy"]
    assert _value(bad, "encryption.at_rest") is False
    assert isinstance(bad.facts["encryption.key_custody"], NotApplicable)
    assert _value(bad, "transport.tls_required") is False
    assert _value(bad, "recovery.redundancy") == "zone"


def test_automatic_backups_reach_back_at_least_a_day(aws, collect):
    name = aws("efs").create_file_system(CreationToken="a")["FileSystemId"]
    canned = {("efs", "DescribeBackupPolicy"): {"BackupPolicy": {"Status": "ENABLED"}}}
    days = collect("efs", ALL_FACTS, canned=canned)[f"{FS}/{name}"].facts["retention.backup_days"]
    assert isinstance(days, Unknown)
    assert days.between is not None
    assert days.between[0] == 1


def test_what_is_denied_is_unknown(aws, collect):
    name = aws("efs").create_file_system(CreationToken="a")["FileSystemId"]
    denied = dict.fromkeys([("efs", "DescribeFileSystemPolicy"), ("efs", "DescribeBackupPolicy"), REPLICATION], "AccessDeniedException")
    one = collect("efs", ALL_FACTS, canned=denied)[f"{FS}/{name}"]
    for fact in ("access.anonymous_read", "transport.tls_required", "retention.backup_days", "recovery.redundancy"):
        found = one.facts[fact]
        assert isinstance(found, Unknown), fact
        assert found.reason is UnknownReason.PERMISSION_DENIED, fact
    assert [link.rel for link in one.links if link.unknown] == [Rel.REPLICATES_TO]


def test_a_denied_listing_is_a_gap(collect):
    estate = collect("efs", canned={("efs", "DescribeFileSystems"): "AccessDeniedException"})
    assert [(gap.reason, gap.action) for gap in estate.gaps] == [("permission-denied", "elasticfilesystem:DescribeFileSystems")]


def test_every_field_that_is_read_exists_in_the_service_model():
    paths = {
        "DescribeFileSystems": "FileSystems.FileSystemArn FileSystems.Encrypted FileSystems.KmsKeyId FileSystems.AvailabilityZoneName"
        " FileSystems.SizeInBytes.Value FileSystems.Tags.Key FileSystems.Name",
        "DescribeReplicationConfigurations": "Replications.SourceFileSystemId Replications.Destinations.FileSystemId"
        " Replications.Destinations.Region Replications.Destinations.OwnerId Replications.Destinations.Status",
        "DescribeFileSystemPolicy": "Policy",
        "DescribeBackupPolicy": "BackupPolicy.Status",
    }
    wrong = [missing_field("efs", operation, path) for operation, listed in paths.items() for path in listed.split()]
    assert not [each for each in wrong if each]
