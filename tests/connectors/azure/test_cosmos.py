from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import Cloud, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import settings, value
from tierwise.model.fact import UNLIMITED, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

TYPE = "Microsoft.DocumentDB/databaseAccounts"
ACCOUNT = named(TYPE, "docs").lower()
DATABASE = f"{ACCOUNT}/sqldatabases/patients"
SAFE = {
    "documentEndpoint": "https://docs.documents.azure.com:443/",
    "keyVaultKeyUri": "https://vault.vault.azure.net/keys/docs",
    "minimalTlsVersion": "Tls12",
    "disableLocalAuth": True,
    "publicNetworkAccess": "Disabled",
    "ipRules": [],
    "virtualNetworkRules": [],
    "backupPolicy": {"type": "Continuous", "continuousModeProperties": {"tier": "Continuous7Days"}},
    "locations": [{"locationName": "UK South", "isZoneRedundant": True}],
    "capabilities": [],
}
ROWS = [row(TYPE, "docs", SAFE, kind="GlobalDocumentDB")]
for _name, _kind, _capability in (
    ("mongo", "MongoDB", ""),
    ("cassandra", "GlobalDocumentDB", "EnableCassandra"),
    ("gremlin", "GlobalDocumentDB", "EnableGremlin"),
    ("table", "GlobalDocumentDB", "EnableTable"),
):
    ROWS.append(
        row(
            TYPE,
            _name,
            {
                **SAFE,
                "publicNetworkAccess": "Enabled",
                "capabilities": [{"name": _capability}],
                "backupPolicy": {"type": "Periodic", "periodicModeProperties": {"backupRetentionIntervalInHours": 48}},
            },
            kind=_kind,
        )
    )
DOCS = {
    f"{ACCOUNT}/sqldatabases": {"value": [{"name": "patients", "id": DATABASE}]},
    f"{DATABASE}/containers": {"value": [{"properties": {"resource": {"id": "visits", "defaultTtl": 86400}}}]},
    f"{ACCOUNT}/providers/microsoft.insights/diagnosticsettings": settings({"category": "DataPlaneRequests", "enabled": True}),
}


@pytest.fixture
def read(collect):
    def run(properties=None, docs=None, **more):
        found = collect(
            Cloud(
                [row(TYPE, "docs", SAFE if properties is None else properties, **{"kind": "GlobalDocumentDB", **more})],
                {**DOCS, **(docs or {})},
            ),
            ALL_FACTS,
        )
        return found[ACCOUNT]

    return run


def test_an_account_is_read_whole(read):
    found = read()
    facts = {name: value(fact) for name, fact in found.facts.items()}
    wanted = {
        "encryption.key_custody": "customer",
        "transport.min_tls": "1.2",
        "access.shared_key_enabled": False,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "network.public_endpoint": False,
        "logging.data_read": True,
        "logging.data_write": True,
        "retention.backup_days": 7,
        "recovery.point_in_time": True,
        "recovery.redundancy": "multi-zone",
        "retention.expiry_configured": True,
        "retention.delete_after_days": 1,
    }
    assert {name: facts[name] for name in wanted} == wanted
    assert found.evidence.description == "patients"
    assert Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/docs") in found.links


def test_what_was_never_set_has_the_meaning_that_azure_documents(read):
    facts = {name: value(fact) for name, fact in read({"ipRules": []}).facts.items()}
    assert (facts["encryption.key_custody"], facts["access.shared_key_enabled"], facts["network.ingress_any"]) == (
        "provider-owned",
        True,
        True,
    )
    for name in ("retention.backup_days", "recovery.point_in_time", "recovery.redundancy"):
        assert isinstance(facts[name], Unknown), name


@pytest.mark.parametrize(
    ("rules", "networks", "expected"),
    [([], [], True), (["203.0.113.1"], [], False), (["203.0.113.1", "0.0.0.0"], [], True), ([], [{"id": "/subnet"}], False)],
)
def test_zero_is_every_service_of_azure(read, rules, networks, expected):
    found = read(
        {**SAFE, "publicNetworkAccess": "Enabled", "ipRules": [{"ipAddressOrRange": one} for one in rules], "virtualNetworkRules": networks}
    )
    assert value(found.facts["network.ingress_any"]) is expected


def test_each_api_has_its_own_log_and_logins(read):
    mongo = read(None, {f"{ACCOUNT}/mongodbdatabases": {"value": []}}, kind="MongoDB")
    assert value(mongo.facts["access.central_identity_enabled"]) is False
    assert value(mongo.facts["logging.data_read"]) is False
    assert mongo.facts["retention.expiry_configured"].reason is UnknownReason.NOT_SUPPORTED


def test_periodic_backups_are_kept_for_hours(read):
    found = read({**SAFE, "backupPolicy": {"type": "Periodic", "periodicModeProperties": {"backupRetentionIntervalInHours": 8}}})
    assert value(found.facts["retention.backup_days"]) == pytest.approx(1 / 3)
    assert value(found.facts["recovery.point_in_time"]) is False


@pytest.mark.parametrize(("ttls", "expected"), [([86400, -1], UNLIMITED), ([86400, None], UNLIMITED), ([86400, 172800], 2)])
def test_the_container_that_keeps_longest_decides(read, ttls, expected):
    listed = {"value": [{"properties": {"resource": {"defaultTtl": one}}} for one in ttls]}
    found = read(None, {f"{DATABASE}/containers": listed})
    assert value(found.facts["retention.delete_after_days"]) == expected


def test_without_containers_there_is_nothing_to_expire(read):
    assert isinstance(read(None, {f"{DATABASE}/containers": {"value": []}}).facts["retention.delete_after_days"], NotApplicable)


def test_two_regions_are_multi_region(read):
    assert value(read({**SAFE, "locations": [{}, {}]}).facts["recovery.redundancy"]) == "multi-region"


def test_without_a_list_of_addresses_it_is_not_known_whom_an_account_admits(read):
    admits = read({}).facts["network.ingress_any"]
    assert (admits.reason, admits.detail) == (UnknownReason.NOT_COLLECTED, "the answer has no properties.ipRules")
