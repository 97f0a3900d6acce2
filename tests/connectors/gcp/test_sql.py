from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.sql import TYPE
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

SERVICES = ("sql",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
SAFE = {
    "name": "people",
    "project": PROJECT,
    "region": "europe-west2",
    "connectionName": f"{PROJECT}:europe-west2:people",
    "databaseVersion": "POSTGRES_16",
    "diskEncryptionConfiguration": {"kmsKeyName": KEY},
    "settings": {
        "userLabels": {"owner": "records"},
        "availabilityType": "REGIONAL",
        "deletionProtectionEnabled": True,
        "dataDiskSizeGb": "10",
        "ipConfiguration": {"ipv4Enabled": False, "privateNetwork": "projects/p/global/networks/n", "sslMode": "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"},
        "backupConfiguration": {
            "enabled": True,
            "pointInTimeRecoveryEnabled": True,
            "transactionLogRetentionDays": 14,
            "backupRetentionSettings": {"retainedBackups": 14, "retentionUnit": "COUNT"},
        },
        "databaseFlags": [
            {"name": "cloudsql.iam_authentication", "value": "on"},
            {"name": "cloudsql.enable_pgaudit", "value": "on"},
            {"name": "pgaudit.log", "value": "all"},
        ],
    },
}  # fmt: skip
BARE = {"name": "bare", "databaseVersion": "MYSQL_8_0", "settings": {"ipConfiguration": {"ipv4Enabled": True}}}


def instance(data: dict) -> dict:
    return asset(TYPE, f"//cloudsql.googleapis.com/projects/{PROJECT}/instances/{data['name']}", data)


ROWS = [instance(SAFE), instance(BARE)]
DOCS = {f"sqladmin/sql/v1beta4/projects/{PROJECT}/instances": {"items": [SAFE, BARE]}}


def one(collect, data: dict):
    (found,) = collect(Cloud([instance(data)]), ALL_FACTS).values()
    return found


def test_an_instance_with_everything_set(collect):
    found = one(collect, SAFE)
    assert (found.region, found.tags.value) == ("europe-west2", {"owner": "records"})
    assert found.links == (Link(Rel.USES_KEY, KEY),)
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "network.public_endpoint": False,
        "network.ingress_any": "n/a",
        "network.private_endpoint": True,
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
        "access.local_auth_enabled": True,
        "access.central_identity_enabled": True,
        "logging.data_read": True,
        "logging.data_write": True,
        "recovery.redundancy": "multi-zone",
        "recovery.delete_protected": True,
        "recovery.point_in_time": True,
        "retention.backup_days": 14,
        "volume.bytes": 10 * 1024**3,
    }


def test_what_was_never_set(collect):
    facts = said(one(collect, BARE).facts)
    for name, value in {
        "encryption.key_custody": "provider-owned",
        "transport.tls_required": False,
        "network.public_endpoint": True,
        "network.ingress_any": False,
        "network.private_endpoint": False,
        "access.central_identity_enabled": False,
        "logging.data_read": False,
        "recovery.redundancy": "zone",
        "recovery.delete_protected": False,
        "recovery.point_in_time": False,
        "retention.backup_days": 0,
    }.items():
        assert facts[name] == value, name


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        ({"ipConfiguration": {"ipv4Enabled": True, "authorizedNetworks": [{"value": "0.0.0.0/0"}]}}, "network.ingress_any", True),
        ({"ipConfiguration": {"ipv4Enabled": True, "authorizedNetworks": [{"value": "nowhere"}]}}, "network.ingress_any", "unknown"),
        ({"ipConfiguration": {}}, "network.public_endpoint", "unknown"),
        ({"ipConfiguration": {"requireSsl": True}}, "transport.tls_required", True),
        ({"ipConfiguration": {"requireSsl": True, "sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}}, "transport.tls_required", False),
        ({"connectorEnforcement": "REQUIRED"}, "transport.tls_required", True),
        ({"ipConfiguration": {"pscConfig": {"pscEnabled": True}}}, "network.private_endpoint", True),
        ({"backupConfiguration": {"enabled": True, "binaryLogEnabled": True}}, "recovery.point_in_time", True),
        ({"backupConfiguration": {"binaryLogEnabled": True}}, "recovery.point_in_time", False),
        ({"databaseFlags": [{"name": "general_log", "value": "on"}]}, "logging.data_read", True),
        ({"databaseFlags": [{"name": "cloudsql_mysql_audit", "value": "ON"}]}, "logging.data_read", "unknown"),
        ({"activeDirectoryConfig": {"domain": "ad.dept.example"}}, "access.central_identity_enabled", True),
    ],
)
def test_single_settings(collect, settings, name, value):
    assert said(one(collect, {**BARE, "settings": settings}).facts)[name] == value


def test_a_number_of_backups_is_not_days(collect):
    settings = {"backupConfiguration": {"enabled": True, "backupRetentionSettings": {"retainedBackups": 30}}}
    fact = one(collect, {**BARE, "settings": settings}).facts["retention.backup_days"]
    assert isinstance(fact, Unknown)
    assert (fact.reason, fact.between) == (UnknownReason.NOT_SUPPORTED, (1, 30))


def test_a_replica_is_restored_through_its_primary(collect):
    found = one(collect, {**BARE, "masterInstanceName": f"{PROJECT}:people"})
    assert said(found.facts)["retention.backup_days"] == "n/a"
    assert found.links == (Link(Rel.COPY_OF, "people"),)


def test_an_empty_document_is_unknown_and_no_crash(collect):
    facts = said(one(collect, {"name": "empty"}).facts)
    assert facts["logging.data_read"] == "unknown"
    assert facts["network.public_endpoint"] == "unknown"
