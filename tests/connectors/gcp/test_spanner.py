from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset, binding
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.spanner import DATABASE, INSTANCE
from tierwise.model.resource import Link, Rel

SERVICES = ("spanner",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
HOME = f"projects/{PROJECT}/instances/i"
INSTANCE_DATA = {"name": HOME, "config": f"projects/{PROJECT}/instanceConfigs/regional-europe-west2", "displayName": "People", "labels": {"owner": "records"}}  # fmt: skip
DATA = {
    "name": f"{HOME}/databases/d",
    "encryptionConfig": {"kmsKeyName": KEY},
    "versionRetentionPeriod": "3d",
    "enableDropProtection": True,
}


def database(data: dict, *bindings: dict) -> dict:
    return asset(DATABASE, f"//spanner.googleapis.com/{data['name']}", data, policy={"bindings": list(bindings)})


def instance(data: dict, *bindings: dict) -> dict:
    return asset(INSTANCE, f"//spanner.googleapis.com/{data['name']}", data, policy={"bindings": list(bindings)})


ROWS = [database(DATA), instance(INSTANCE_DATA)]
DOCS = {
    f"spanner/v1/projects/{PROJECT}/instances": {"instances": [INSTANCE_DATA]},
    f"spanner/v1/{HOME}/databases": {"databases": [DATA]},
    f"spanner/v1/{HOME}/databases/d/backupSchedules": {"backupSchedules": [{"retentionDuration": "2592000s"}]},
}


def test_a_database_with_everything_set(collect):
    (found,) = collect(Cloud(ROWS, DOCS), ALL_FACTS).values()
    assert (found.region, found.links, found.tags.value) == ("europe-west2", (Link(Rel.USES_KEY, KEY),), {"owner": "records"})
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "recovery.delete_protected": True,
        "recovery.point_in_time": True,
        "recovery.redundancy": "multi-zone",
        "retention.backup_days": 30,
        "network.public_endpoint": "n/a",
        "network.ingress_any": "n/a",
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


def test_what_was_never_set(collect):
    bare = {"name": f"{HOME}/databases/bare"}
    (found,) = collect(Cloud([database(bare), instance({**INSTANCE_DATA, "config": "nam3"})]), ALL_FACTS).values()
    facts = said(found.facts)
    assert (found.region, facts["recovery.redundancy"]) == ("spanner-nam3", "multi-region")
    assert (facts["encryption.key_custody"], facts["retention.backup_days"], facts["recovery.delete_protected"]) == (
        "provider-owned",
        0,
        False,
    )


@pytest.mark.parametrize("where", ["database", "instance"])
def test_everybody_let_in_by_the_database_or_its_instance(collect, where):
    public = binding("spanner.databaseReader", "allUsers")
    rows = [database(DATA, public), ROWS[1]] if where == "database" else [ROWS[0], instance(INSTANCE_DATA, public)]
    (found,) = collect(Cloud(rows), ALL_FACTS).values()
    assert said(found.facts)["access.anonymous_read"] is True


def test_an_instance_without_databases_holds_nothing(collect):
    assert collect(Cloud([ROWS[1]]), ALL_FACTS) == {}


def test_keys_of_several_regions(collect):
    data = {**DATA, "encryptionConfig": {"kmsKeyNames": [KEY, f"{KEY}2"]}}
    (found,) = collect(Cloud([database(data), ROWS[1]])).values()
    assert [one.to for one in found.links] == [KEY, f"{KEY}2"]
