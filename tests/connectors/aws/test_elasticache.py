from __future__ import annotations

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, REGION
from tests.connectors.aws.fields import missing_field
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel

ARN = f"arn:aws:elasticache:{REGION}:{ACCOUNT}"
SERVERLESS = ("elasticache", "DescribeServerlessCaches")


def _value(resource, name):
    assert isinstance(resource.facts[name], Known), f"{name}: {resource.facts[name]}"
    return resource.facts[name].value


def _why(resource, name):
    assert isinstance(resource.facts[name], Unknown), f"{name}: {resource.facts[name]}"
    return resource.facts[name].reason


def test_a_plain_group_is_weak_and_an_endpoint_without_serverless_caches_is_no_gap(aws, collect):
    aws("elasticache").create_replication_group(
        ReplicationGroupId="plain",
        ReplicationGroupDescription="session cache",
        Engine="redis",
        CacheNodeType="cache.t3.small",
        NumCacheClusters=2,
        AtRestEncryptionEnabled=False,
        TransitEncryptionEnabled=False,
    )
    estate = collect("elasticache", ALL_FACTS)
    assert not estate.gaps
    cache = estate[f"{ARN}:replicationgroup:plain"]
    assert cache.evidence.description == "session cache"
    expected = {
        "encryption.at_rest": False,
        "transport.tls_required": False,
        "transport.min_tls": "none",
        "transport.internode_encrypted": False,
        "access.shared_key_enabled": False,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": False,
        "network.public_endpoint": False,
        "retention.backup_days": 0,
        "recovery.redundancy": "zone",
    }
    assert {name: _value(cache, name) for name in expected} == expected
    assert isinstance(cache.facts["encryption.key_custody"], NotApplicable)


def test_groups_clusters_serverless_caches_and_backups_are_read_in_full(aws, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    logs = [{"DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "/cache/slow"}}}]
    encrypted = {"AtRestEncryptionEnabled": True, "TransitEncryptionEnabled": True, "KmsKeyId": key, "Engine": "redis"}
    strong = {"ReplicationGroupId": "strong", "ARN": f"{ARN}:replicationgroup:strong", **encrypted, "TransitEncryptionMode": "required"}
    strong |= {"MultiAZ": "enabled", "UserGroupIds": ["app"], "SnapshotRetentionLimit": 7, "LogDeliveryConfigurations": logs}
    moving = {"ReplicationGroupId": "moving", "ARN": f"{ARN}:replicationgroup:moving", **encrypted, "TransitEncryptionMode": "preferred"}
    moving |= {"AuthTokenEnabled": True}
    alone = {"CacheClusterId": "m", "ARN": f"{ARN}:cluster:m", "Engine": "memcached", "AtRestEncryptionEnabled": False}
    serverless = {"ServerlessCacheName": "s", "ARN": f"{ARN}:serverlesscache:s", "ConnectionType": "public", "SnapshotRetentionLimit": 1}
    serverless |= {"SecurityGroupIds": ["sg-1"], "Endpoint": {"Port": 6379}}
    rule = {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6380, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    canned = {
        ("elasticache", "DescribeReplicationGroups"): {"ReplicationGroups": [strong, moving]},
        ("elasticache", "DescribeCacheClusters"): {"CacheClusters": [alone]},
        SERVERLESS: {"ServerlessCaches": [serverless]},
        ("elasticache", "DescribeSnapshots"): {
            "Snapshots": [
                {"SnapshotName": "b1", "ARN": f"{ARN}:snapshot:b1", "ReplicationGroupId": "strong", "KmsKeyId": key},
                {"SnapshotName": "b2", "ARN": f"{ARN}:snapshot:b2", "CacheClusterId": "old"},
            ]
        },
        ("ec2", "DescribeSecurityGroups"): {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [rule]}]},
    }
    estate = collect("elasticache", ALL_FACTS, canned=canned)
    good = estate[strong["ARN"]]
    assert _value(good, "encryption.key_custody") == "customer"
    assert _value(good, "transport.tls_required") is True
    assert _value(good, "transport.min_tls") == "1.2"
    assert _value(good, "recovery.redundancy") == "multi-zone"
    assert _value(good, "retention.backup_days") == 7
    assert _why(good, "access.central_identity_enabled") is UnknownReason.NOT_COLLECTED
    logs_to = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/cache/slow"
    assert [(link.rel, link.to) for link in good.links] == [(Rel.USES_KEY, key), (Rel.LOGS_TO, logs_to)]
    assert _value(estate[moving["ARN"]], "transport.tls_required") is False
    assert _value(estate[moving["ARN"]], "access.shared_key_enabled") is True
    assert _why(estate[alone["ARN"]], "transport.tls_required") is UnknownReason.NOT_COLLECTED
    assert isinstance(estate[alone["ARN"]].facts["retention.backup_days"], NotApplicable)
    open_ = estate[serverless["ARN"]]
    assert _value(open_, "network.ingress_any") is True
    assert _value(open_, "encryption.key_custody") == "provider-owned"
    assert _value(open_, "recovery.redundancy") == "multi-zone"
    backup = estate[f"{ARN}:snapshot:b1"]
    assert _value(backup, "encryption.at_rest") is True
    assert [link.to for link in backup.links if link.rel is Rel.COPY_OF] == [strong["ARN"]]
    assert _why(estate[f"{ARN}:snapshot:b2"], "encryption.at_rest") is UnknownReason.NOT_SUPPORTED


def test_denied_listings_are_gaps_of_their_own(collect):
    operations = ("DescribeReplicationGroups", "DescribeServerlessCaches", "DescribeSnapshots")
    estate = collect("elasticache", canned=dict.fromkeys([("elasticache", name) for name in operations], "AccessDenied"))
    assert sorted((gap.action, gap.reason) for gap in estate.gaps) == [(f"elasticache:{name}", "permission-denied") for name in operations]
    assert {kind for gap in estate.gaps for kind in gap.kinds} == {Kind.CACHE, Kind.SNAPSHOT}


def test_every_field_that_is_read_exists_in_the_service_model():
    nodes = "ARN AtRestEncryptionEnabled TransitEncryptionEnabled TransitEncryptionMode AuthTokenEnabled SnapshotRetentionLimit"
    delivery = "LogDeliveryConfigurations.DestinationDetails"
    logs = f"{delivery}.CloudWatchLogsDetails.LogGroup {delivery}.KinesisFirehoseDetails.DeliveryStream"
    paths = {
        (
            "DescribeReplicationGroups",
            "ReplicationGroups",
        ): f"{nodes} {logs} ReplicationGroupId Description KmsKeyId UserGroupIds MultiAZ Engine",
        ("DescribeCacheClusters", "CacheClusters"): f"{nodes} {logs} CacheClusterId Engine",
        (
            "DescribeServerlessCaches",
            "ServerlessCaches",
        ): "ARN ServerlessCacheName Description KmsKeyId StorageEncryptionType ConnectionType SecurityGroupIds Endpoint.Port UserGroupId"
        " SnapshotRetentionLimit",
        ("DescribeSnapshots", "Snapshots"): "ARN SnapshotName KmsKeyId ReplicationGroupId CacheClusterId",
    }
    wrong = [missing_field("elasticache", name, f"{key}.{path}") for (name, key), listed in paths.items() for path in listed.split()]
    assert not [each for each in wrong if each]
