from __future__ import annotations

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.memcache import TYPE
from tierwise.model.resource import Kind

SERVICES = ("memcache",)
NAME = f"projects/{PROJECT}/locations/europe-west2/instances/sessions"
DATA = {"name": NAME, "displayName": "Sessions", "nodeCount": 3, "nodeConfig": {"cpuCount": 1, "memorySizeMb": 1024}}
ROWS = [asset(TYPE, f"//memcache.googleapis.com/{NAME}", DATA)]
DOCS = {f"memcache/v1/projects/{PROJECT}/locations/-/instances": {"instances": [DATA]}}


def test_an_instance_is_plain_inside_its_network(collect):
    (found,) = collect(Cloud(ROWS), ALL_FACTS).values()
    assert (found.kind, found.region, "Sessions" in found.aliases) == (Kind.CACHE, "europe-west2", True)
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "provider-owned",
        "transport.tls_required": False,
        "transport.internode_encrypted": False,
        "transport.min_tls": "none",
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
        "access.shared_key_enabled": False,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": False,
        "network.public_endpoint": False,
        "network.ingress_any": "n/a",
        "network.private_endpoint": True,
        "logging.data_read": False,
        "logging.data_write": False,
        "retention.backup_days": 0,
        "recovery.redundancy": "zone",
        "volume.bytes": 3 * 1024**3,
    }


def test_what_is_not_told_of_its_size_is_no_size(collect):
    (found,) = collect(Cloud([asset(TYPE, f"//memcache.googleapis.com/{NAME}", {"name": NAME, "nodeCount": "x"})]), ALL_FACTS).values()
    assert "volume.bytes" not in found.facts
    assert found.facts["transport.tls_required"].value is False
