from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.filestore import TYPE
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Link, Rel

SERVICES = ("filestore",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
SAFE = {
    "name": f"projects/{PROJECT}/locations/europe-west2/instances/share",
    "tier": "REGIONAL",
    "kmsKeyName": KEY,
    "fileShares": [{"name": "cases", "capacityGb": "1024", "nfsExportOptions": [{"ipRanges": ["10.0.0.0/8"]}]}],
}


def share(data: dict) -> dict:
    return asset(TYPE, f"//file.googleapis.com/{data['name']}", data)


ROWS = [share(SAFE)]
DOCS = {f"file/v1/projects/{PROJECT}/locations/-/instances": {"instances": [SAFE]}}


def test_an_instance_with_everything_set(collect):
    (found,) = collect(Cloud(ROWS), ALL_FACTS).values()
    assert (found.region, found.links, found.evidence.description) == ("europe-west2", (Link(Rel.USES_KEY, KEY),), "cases")
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": False,
        "transport.min_tls": "n/a",
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
        "retention.backup_days": 0,
        "recovery.soft_delete_days": 0,
        "recovery.redundancy": "multi-zone",
        "volume.bytes": 1024 * 1024**3,
    }


@pytest.mark.parametrize("exports", [[], [{"ipRanges": ["10.0.0.0/8"]}]])
def test_nfs_is_plain_without_a_directory_service(collect, exports):
    data = {**SAFE, "tier": "BASIC_SSD", "kmsKeyName": "", "fileShares": [{"name": "s", "nfsExportOptions": exports}]}
    (found,) = collect(Cloud([share(data)]), ALL_FACTS).values()
    facts = said(found.facts)
    assert (facts["transport.tls_required"], facts["recovery.redundancy"], facts["encryption.key_custody"]) == (
        False,
        "zone",
        "provider-owned",
    )


def test_with_a_directory_service_exports_may_demand_kerberos(collect):
    data = {**SAFE, "protocol": "NFS_V4_1", "directoryServices": {"ldap": {"domain": "dept.example"}}}
    (found,) = collect(Cloud([share(data)]), ALL_FACTS).values()
    assert found.facts["transport.tls_required"].reason is UnknownReason.NOT_SUPPORTED
