from __future__ import annotations

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tests.connectors.terraform.gcp_plans import GooglePlan
from tierwise.connectors.gcp.services.redis import CLUSTER, INSTANCE, VALKEY
from tierwise.model.resource import Link, Rel

SERVICES = ("redis",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
HOME = f"projects/{PROJECT}/locations/europe-west2"
DATA = {
    "name": f"{HOME}/instances/cache",
    "tier": "STANDARD_HA",
    "memorySizeGb": 5,
    "customerManagedKey": KEY,
    "transitEncryptionMode": "SERVER_AUTHENTICATION",
    "authEnabled": True,
}
CLUSTER_DATA = {
    "name": f"{HOME}/clusters/big",
    "kmsKey": KEY,
    "transitEncryptionMode": "TRANSIT_ENCRYPTION_MODE_DISABLED",
    "authorizationMode": "AUTH_MODE_IAM_AUTH",
    "zoneDistributionConfig": {"mode": "SINGLE_ZONE"},
    "automatedBackupConfig": {"automatedBackupMode": "ENABLED", "retention": "3024000s"},
    "sizeGb": 7,
    "crossClusterReplicationConfig": {"clusterRole": "SECONDARY", "primaryCluster": {"cluster": f"{HOME}/clusters/first"}},
}
VALKEY_DATA = {
    "name": f"{HOME}/instances/valkey",
    "kmsKey": KEY,
    "transitEncryptionMode": "SERVER_AUTHENTICATION",
    "authorizationMode": "TOKEN_AUTH",
    "zoneDistributionConfig": {"mode": "MULTI_ZONE"},
    "automatedBackupConfig": {"automatedBackupMode": "ENABLED", "retention": "345600s"},
    "nodeConfig": {"sizeGb": 6.5},
    "shardCount": 3,
    "crossInstanceReplicationConfig": {"instanceRole": "SECONDARY", "primaryInstance": {"instance": f"{HOME}/instances/first"}},
}
ROWS = [
    asset(kind, f"//{kind.partition('/')[0]}/{data['name']}", data)
    for kind, data in ((INSTANCE, DATA), (CLUSTER, CLUSTER_DATA), (VALKEY, VALKEY_DATA))
]
DOCS = {f"memorystore/v1/projects/{PROJECT}/locations/-/instances": {"instances": [VALKEY_DATA]}, f"redis/v1/projects/{PROJECT}/locations/-/instances": {"instances": [DATA]}, f"redis/v1/projects/{PROJECT}/locations/-/clusters": {"clusters": [CLUSTER_DATA]}}  # fmt: skip
ALIKE = {
    "encryption.at_rest": True,
    "encryption.key_custody": "customer",
    "access.anonymous_read": False,
    "access.anonymous_write": False,
    "access.any_authenticated": False,
    "access.external_principals": frozenset(),
    "access.external_conditioned": "n/a",
    "network.public_endpoint": False,
    "network.ingress_any": "n/a",
    "network.private_endpoint": True,
    "logging.data_read": False,
    "logging.data_write": False,
}


def test_instances_and_a_cluster(collect):
    found = collect(Cloud(ROWS), ALL_FACTS)
    instance, cluster, valkey = (found[one["name"]] for one in ROWS)
    key = Link(Rel.USES_KEY, KEY)
    assert {one.region for one in (instance, cluster, valkey)} == {"europe-west2"}
    assert instance.links == (key,)
    assert cluster.links == (key, Link(Rel.COPY_OF, f"{HOME}/clusters/first"))
    assert valkey.links == (key, Link(Rel.COPY_OF, f"{HOME}/instances/first"))
    assert said(instance.facts) == ALIKE | {
        "transport.tls_required": True,
        "transport.internode_encrypted": True,
        "transport.min_tls": "1.2",
        "access.shared_key_enabled": True,
        "access.local_auth_enabled": True,
        "access.central_identity_enabled": False,
        "retention.backup_days": 0,
        "recovery.redundancy": "multi-zone",
        "volume.bytes": 5 * 1024**3,
    }
    assert said(cluster.facts) == ALIKE | {
        "transport.tls_required": False,
        "transport.internode_encrypted": False,
        "transport.min_tls": "none",
        "access.shared_key_enabled": False,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "retention.backup_days": 35,
        "recovery.redundancy": "zone",
        "volume.bytes": 7 * 1024**3,
    }
    assert said(valkey.facts) == ALIKE | {
        "transport.tls_required": True,
        "transport.internode_encrypted": True,
        "transport.min_tls": "1.2",
        "access.shared_key_enabled": True,
        "access.local_auth_enabled": True,
        "access.central_identity_enabled": False,
        "retention.backup_days": 4,
        "recovery.redundancy": "multi-zone",
        "volume.bytes": 39 * 1024**3 // 2,
    }


def test_a_plan_tells_the_same_of_valkey_and_of_a_cluster(collect, tmp_path):
    plan = GooglePlan()
    plan.put(
        "google_memorystore_instance",
        "v",
        {
            "instance_id": "valkey",
            "kms_key": KEY,
            "automated_backup_config": [{"retention": "345600s"}],
            "transit_encryption_mode": "SERVER_AUTHENTICATION",
            "authorization_mode": "TOKEN_AUTH",
            "zone_distribution_config": [{"mode": "MULTI_ZONE"}],
            "cross_instance_replication_config": [
                {"instance_role": "SECONDARY", "primary_instance": [{"instance": f"{HOME}/instances/first"}]}
            ],
        },
    )
    plan.put(
        "google_redis_cluster",
        "c",
        {
            "name": "big",
            "kms_key": KEY,
            "automated_backup_config": [{"retention": "3024000s"}],
            "transit_encryption_mode": "TRANSIT_ENCRYPTION_MODE_DISABLED",
            "authorization_mode": "AUTH_MODE_IAM_AUTH",
            "zone_distribution_config": [{"mode": "SINGLE_ZONE"}],
            "cross_cluster_replication_config": [{"cluster_role": "SECONDARY", "primary_cluster": [{"cluster": f"{HOME}/clusters/first"}]}],
        },
    )
    found = collect(Cloud(ROWS), ALL_FACTS)
    for address, row in (("google_memorystore_instance.v", ROWS[2]), ("google_redis_cluster.c", ROWS[1])):
        planned, live = plan.one(tmp_path, address), found[row["name"]]
        assert said(planned.facts) == {name: fact for name, fact in said(live.facts).items() if name != "volume.bytes"}
        assert {(one.rel, one.to) for one in planned.links} == {(one.rel, one.to) for one in live.links}


def test_what_was_never_set(collect):
    bare = [asset(kind, f"//redis.googleapis.com/{HOME}/x/{number}", {"name": f"{HOME}/x/{number}"}) for number, kind in enumerate((INSTANCE, CLUSTER, VALKEY))]  # fmt: skip
    instance, *others = (said(one.facts) for one in collect(Cloud(bare), ALL_FACTS).values())
    assert (instance["encryption.key_custody"], instance["transport.tls_required"], instance["recovery.redundancy"]) == (
        "provider-owned",
        False,
        "unknown",
    )
    for one in others:
        assert (one["retention.backup_days"], one["recovery.redundancy"]) == (0, "multi-zone")
        assert (one["access.shared_key_enabled"], one["access.central_identity_enabled"], one["transport.min_tls"]) == (
            False,
            False,
            "none",
        )
