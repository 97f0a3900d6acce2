from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset, binding
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.bigtable import CLUSTER, INSTANCE, TABLE
from tierwise.model.fact import UNLIMITED
from tierwise.model.resource import Link, Rel

SERVICES = ("bigtable",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
HOME = f"projects/{PROJECT}/instances/i"
INSTANCE_DATA = {"name": HOME, "displayName": "events", "labels": {"owner": "records"}}
CLUSTER_DATA = {"name": f"{HOME}/clusters/a", "location": f"projects/{PROJECT}/locations/europe-west2-a", "encryptionConfig": {"kmsKeyName": KEY}}  # fmt: skip
FULL = {
    "name": f"{HOME}/tables/t",
    "deletionProtection": True,
    "automatedBackupPolicy": {"retentionPeriod": "604800s", "frequency": "86400s"},
    "columnFamilies": {"cf": {"gcRule": {"maxAge": "864000s"}}},
}


def one_of(kind: str, data: dict, *bindings: dict) -> dict:
    return asset(kind, f"//bigtable.googleapis.com/{data['name']}", data, policy={"bindings": list(bindings)})


TABLE_ROW = one_of(TABLE, {"name": FULL["name"]})
ROWS = [TABLE_ROW, one_of(CLUSTER, CLUSTER_DATA), one_of(INSTANCE, INSTANCE_DATA)]
PATH = f"bigtableadmin/v2/{HOME}"
DOCS = {
    f"bigtableadmin/v2/projects/{PROJECT}/instances": {"instances": [INSTANCE_DATA]},
    f"{PATH}/clusters": {"clusters": [CLUSTER_DATA]},
    f"{PATH}/tables": {"tables": [{"name": FULL["name"]}]},
    f"{PATH}/tables/t": FULL,
}


def test_a_table_with_everything_set(collect):
    (found,) = collect(Cloud(ROWS, DOCS), ALL_FACTS).values()
    assert (found.region, found.links, found.tags.value) == ("europe-west2", (Link(Rel.USES_KEY, KEY),), {"owner": "records"})
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "recovery.redundancy": "zone",
        "recovery.point_in_time": False,
        "recovery.delete_protected": True,
        "retention.backup_days": 7,
        "retention.expiry_configured": True,
        "retention.delete_after_days": 10,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "access.shared_key_enabled": False,
        "network.public_endpoint": True,
        "network.ingress_any": True,
        "network.private_endpoint": False,
        "transport.tls_required": True,
        "transport.min_tls": "1.0",
        "logging.data_read": False,
        "logging.data_write": False,
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
    }


@pytest.mark.parametrize(
    ("families", "configured", "days"),
    [
        ({}, False, UNLIMITED),
        ({"a": {}}, False, UNLIMITED),
        ({"a": {"gcRule": {"maxNumVersions": 1}}}, False, UNLIMITED),
        ({"a": {"gcRule": {"maxAge": "86400s"}}, "b": {}}, True, UNLIMITED),
        ({"a": {"gcRule": {"union": {"rules": [{"maxNumVersions": 1}, {"maxAge": "172800s"}]}}}}, True, 2),
        ({"a": {"gcRule": {"intersection": {"rules": [{"maxNumVersions": 1}, {"maxAge": "172800s"}]}}}}, False, UNLIMITED),
    ],
)
def test_cells_go_by_age_only_where_every_family_says_so(collect, families, configured, days):
    (found,) = collect(Cloud(ROWS, {**DOCS, f"{PATH}/tables/t": {"name": "t", "columnFamilies": families}}), ALL_FACTS).values()
    facts = said(found.facts)
    assert (facts["retention.expiry_configured"], facts["retention.delete_after_days"]) == (configured, days)


def test_the_weakest_key_and_the_spread_of_all_clusters(collect):
    other = one_of(CLUSTER, {"name": f"{HOME}/clusters/b", "location": f"projects/{PROJECT}/locations/europe-west1-b"})
    (found,) = collect(Cloud([*ROWS, other], DOCS), ALL_FACTS).values()
    facts = said(found.facts)
    assert (found.region, facts["encryption.key_custody"], facts["recovery.redundancy"]) == ("", "provider-owned", "multi-region")


def test_an_instance_that_lets_in_everybody_opens_its_tables(collect):
    rows = [TABLE_ROW, ROWS[1], one_of(INSTANCE, INSTANCE_DATA, binding("bigtable.reader", "allUsers"))]
    (found,) = collect(Cloud(rows, DOCS), ALL_FACTS).values()
    assert said(found.facts)["access.anonymous_read"] is True
