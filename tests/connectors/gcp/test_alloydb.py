from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.alloydb import CLUSTER, INSTANCE
from tierwise.model.resource import Link, Rel

SERVICES = ("alloydb",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
HOME = f"projects/{PROJECT}/locations/europe-west2/clusters/c"
DATA = {
    "name": HOME,
    "encryptionConfig": {"kmsKeyName": KEY},
    "continuousBackupConfig": {"enabled": True, "recoveryWindowDays": 21},
    "automatedBackupPolicy": {"enabled": True, "timeBasedRetention": {"retentionPeriod": "3024000s"}},
}
PRIMARY = {
    "name": f"{HOME}/instances/p",
    "instanceType": "PRIMARY",
    "availabilityType": "REGIONAL",
    "databaseFlags": {"alloydb.iam_authentication": "on", "alloydb.enable_pgaudit": "on", "pgaudit.log": "all"},
}


def one_of(kind: str, data: dict) -> dict:
    return asset(kind, f"//alloydb.googleapis.com/{data['name']}", data)


ROWS = [one_of(INSTANCE, PRIMARY), one_of(CLUSTER, DATA)]
LISTED = f"alloydb/v1/{HOME}/instances"
DOCS = {f"alloydb/v1/projects/{PROJECT}/locations/-/clusters": {"clusters": [DATA]}, LISTED: {"instances": [PRIMARY]}}


def one(collect, data: dict, *instances: dict):
    (found,) = collect(Cloud([one_of(CLUSTER, data), *(one_of(INSTANCE, each) for each in instances)]), ALL_FACTS).values()
    return found


def test_a_cluster_with_everything_set(collect):
    found = one(collect, DATA, PRIMARY)
    assert (found.region, found.links) == ("europe-west2", (Link(Rel.USES_KEY, KEY),))
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
        "network.private_endpoint": True,
        "transport.min_tls": "1.2",
        "access.local_auth_enabled": True,
        "recovery.delete_protected": False,
        "network.public_endpoint": False,
        "network.ingress_any": "n/a",
        "transport.tls_required": True,
        "access.central_identity_enabled": True,
        "logging.data_read": True,
        "logging.data_write": True,
        "recovery.redundancy": "multi-zone",
        "recovery.point_in_time": True,
        "retention.backup_days": 35,
    }


def test_what_was_never_set(collect):
    facts = said(one(collect, {"name": HOME}, {"name": f"{HOME}/instances/p"}).facts)
    for name, value in {
        "encryption.key_custody": "provider-owned",
        "network.public_endpoint": False,
        "transport.tls_required": True,
        "access.central_identity_enabled": False,
        "logging.data_read": False,
        "recovery.point_in_time": True,
        "retention.backup_days": 14,
    }.items():
        assert facts[name] == value, name


@pytest.mark.parametrize(
    ("more", "name", "value"),
    [
        ({"networkConfig": {"enablePublicIp": True}}, "network.public_endpoint", True),
        ({"networkConfig": {"enablePublicIp": True, "authorizedExternalNetworks": [{"cidrRange": "0.0.0.0/0"}]}}, "network.ingress_any", True),
        ({"networkConfig": {"enablePublicIp": True, "authorizedExternalNetworks": [{"cidrRange": "198.51.100.0/24"}]}}, "network.ingress_any", False),
        ({"clientConnectionConfig": {"sslConfig": {"sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}}}, "transport.tls_required", False),
        ({"availabilityType": "ZONAL"}, "recovery.redundancy", "zone"),
        ({"instanceType": "READ_POOL", "availabilityType": "ZONAL"}, "recovery.redundancy", "multi-zone"),
        ({"databaseFlags": {}}, "logging.data_read", False),
    ],
)  # fmt: skip
def test_the_weakest_instance_counts(collect, more, name, value):
    other = {**PRIMARY, "name": f"{HOME}/instances/other", **more}
    assert said(one(collect, DATA, PRIMARY, other).facts)[name] == value


def test_a_cluster_without_instances_and_one_whose_instances_are_not_read(collect):
    assert said(one(collect, DATA).facts)["transport.tls_required"] == "unknown"
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({"cloudasset.assets.listResource", "alloydb.instances.list"})
    (found,) = collect(cloud, ALL_FACTS).values()
    for name in ("network.public_endpoint", "transport.tls_required", "logging.data_read", "recovery.redundancy"):
        assert found.facts[name].via.action == "alloydb.instances.list", name


def test_a_secondary_is_a_copy_of_its_primary(collect):
    found = one(collect, {**DATA, "secondaryConfig": {"primaryClusterName": f"{HOME}2"}}, PRIMARY)
    assert Link(Rel.COPY_OF, f"{HOME}2") in found.links
