from __future__ import annotations

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.redis import CLUSTER, INSTANCE
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
}
ROWS = [asset(kind, f"//redis.googleapis.com/{data['name']}", data) for kind, data in ((INSTANCE, DATA), (CLUSTER, CLUSTER_DATA))]
DOCS = {f"redis/v1/projects/{PROJECT}/locations/-/instances": {"instances": [DATA]}, f"redis/v1/projects/{PROJECT}/locations/-/clusters": {"clusters": [CLUSTER_DATA]}}  # fmt: skip
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


def test_an_instance_and_a_cluster(collect):
    found = collect(Cloud(ROWS), ALL_FACTS)
    instance, cluster = (found[one["name"]] for one in ROWS)
    assert (instance.region, instance.links, cluster.links) == ("europe-west2", *[(Link(Rel.USES_KEY, KEY),)] * 2)
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


def test_what_was_never_set(collect):
    bare = [asset(kind, f"//redis.googleapis.com/{HOME}/x/{number}", {"name": f"{HOME}/x/{number}"}) for number, kind in enumerate((INSTANCE, CLUSTER))]  # fmt: skip
    instance, cluster = (said(one.facts) for one in collect(Cloud(bare), ALL_FACTS).values())
    assert (instance["encryption.key_custody"], instance["transport.tls_required"], instance["recovery.redundancy"]) == (
        "provider-owned",
        False,
        "unknown",
    )
    assert (cluster["retention.backup_days"], cluster["recovery.redundancy"]) == (0, "multi-zone")
