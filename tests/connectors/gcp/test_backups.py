from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset, binding
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tests.connectors.gcp.test_bigtable import INSTANCE_DATA as BIGTABLE
from tests.connectors.gcp.test_spanner import INSTANCE_DATA as SPANNER
from tierwise.connectors.gcp.services.backups import KINDS
from tierwise.model.resource import Kind, Link, Rel

SERVICES = ("spanner", "bigtable", "alloydb")
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
INSTANCE, PLACE = f"projects/{PROJECT}/instances/i", f"projects/{PROJECT}/locations/europe-west2"
_ENCRYPTED = {"encryptionInfo": {"kmsKeyVersion": f"{KEY}/cryptoKeyVersions/1"}}
DATA: dict[str, dict[str, Any]] = {
    "spanner": {"name": f"{INSTANCE}/backups/b", "database": f"{INSTANCE}/databases/d", "sizeBytes": "1024", **_ENCRYPTED},
    "bigtable": {"name": f"{INSTANCE}/clusters/a/backups/b", "sourceTable": f"{INSTANCE}/tables/t", "sizeBytes": "2048", **_ENCRYPTED},
    "alloydb": {
        "name": f"{PLACE}/backups/b",
        "clusterName": f"{PLACE}/clusters/c",
        "displayName": "Before the move",
        "encryptionConfig": {"kmsKeyName": KEY},
        "sizeBytes": "4096",
    },
}
SOURCES = {"spanner": "database", "bigtable": "sourceTable", "alloydb": "clusterName"}
TYPES = {one.service: one.type for one in KINDS}
WITH_POLICY = ("spanner", "bigtable")


def backup(service: str, data: dict[str, Any], *bindings: dict[str, Any]) -> dict[str, Any]:
    policy = {"bindings": list(bindings)} if service in WITH_POLICY else None
    return asset(TYPES[service], f"//{service}.googleapis.com/{data['name']}", data, policy=policy)


ROWS = [backup(service, data) for service, data in DATA.items()]
DOCS = {
    f"spanner/v1/projects/{PROJECT}/instances": {"instances": [SPANNER]},
    f"spanner/v1/{INSTANCE}/backups": {"backups": [DATA["spanner"]]},
    f"bigtableadmin/v2/projects/{PROJECT}/instances": {"instances": [BIGTABLE]},
    f"bigtableadmin/v2/{INSTANCE}/clusters/-/backups": {"backups": [DATA["bigtable"]]},
    f"alloydb/v1/projects/{PROJECT}/locations/-/backups": {"backups": [DATA["alloydb"]]},
}


@pytest.mark.parametrize("service", DATA)
def test_a_backup_is_a_copy_of_what_it_was_taken_of(collect, service):
    (found,) = collect(Cloud([backup(service, DATA[service])]), ALL_FACTS).values()
    assert (found.kind, found.links) == (
        Kind.SNAPSHOT,
        (Link(Rel.USES_KEY, KEY), Link(Rel.COPY_OF, DATA[service][SOURCES[service]])),
    )
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "access.public_blocked": service not in WITH_POLICY,
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
        "immutability.mode": "none",
        "immutability.min_days": 0,
        "volume.bytes": int(DATA[service]["sizeBytes"]),
    }


@pytest.mark.parametrize("service", DATA)
def test_what_was_never_set(collect, service):
    (found,) = collect(Cloud([backup(service, {"name": DATA[service]["name"], "sizeBytes": "many"})]), ALL_FACTS).values()
    assert found.links == ()
    assert said(found.facts)["encryption.key_custody"] == "provider-owned"
    assert "volume.bytes" not in found.facts


@pytest.mark.parametrize("service", WITH_POLICY)
def test_everybody_let_in_by_its_policy(collect, service):
    row = backup(service, DATA[service], binding(f"{service}.admin", "allUsers"))
    (found,) = collect(Cloud([row]), ALL_FACTS).values()
    assert [said(found.facts)[f"access.anonymous_{verb}"] for verb in ("read", "write")] == [True, True]


def test_where_it_lies_and_what_it_is_called(collect):
    found = collect(Cloud(ROWS))
    assert [found[one["name"]].region for one in ROWS] == ["", "", "europe-west2"]
    assert found[ROWS[2]["name"]].evidence.description == "Before the move"


def test_a_listing_of_backups_that_is_denied_is_a_gap_that_says_what_it_could_hold(collect):
    for service, action in (
        ("spanner", "spanner.backups.list"),
        ("bigtable", "bigtable.backups.list"),
        ("alloydb", "alloydb.backups.list"),
    ):
        cloud = Cloud([], {**DOCS, f"alloydb/v1/projects/{PROJECT}/locations/-/clusters": {}})
        cloud.denied = frozenset({"cloudasset.assets.listResource", action})
        gaps = [(gap.action, gap.kinds) for gap in collect(cloud, services=(service,)).gaps if gap.action == action]
        assert gaps == [(action, frozenset({Kind.SNAPSHOT}))]
