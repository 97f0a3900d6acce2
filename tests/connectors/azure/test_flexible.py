from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import Cloud, error, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import settings, value
from tierwise.model.fact import NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

POSTGRES, MYSQL = "Microsoft.DBforPostgreSQL/flexibleServers", "Microsoft.DBforMySQL/flexibleServers"
PG, MY = named(POSTGRES, "pg").lower(), named(MYSQL, "my").lower()
SAFE = {
    "fullyQualifiedDomainName": "pg.postgres.database.azure.com",
    "network": {"publicNetworkAccess": "Disabled", "delegatedSubnetResourceId": "/subscriptions/s/subnets/one"},
    "dataEncryption": {"type": "AzureKeyVault", "primaryKeyURI": "https://vault.vault.azure.net/keys/pg/1"},
    "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled"},
    "backup": {"backupRetentionDays": 35, "geoRedundantBackup": "Enabled"},
    "highAvailability": {"mode": "ZoneRedundant"},
    "storage": {"storageSizeGB": 512},
}
WORKSPACE = named("Microsoft.OperationalInsights/workspaces", "central")


def parameters(**values):
    return {"value": [{"name": name.replace("__", "."), "properties": {"value": text}} for name, text in values.items()]}


ROWS = [row(POSTGRES, "pg", SAFE), row(MYSQL, "my", {**SAFE, "network": {"publicNetworkAccess": "Enabled"}, "dataEncryption": None})]
ROWS.append(row(POSTGRES, "open", {"network": {"publicNetworkAccess": "Enabled"}}))
DOCS = {
    f"{PG}/databases": {"value": [{"name": "postgres"}, {"name": "patients"}]},
    f"{PG}/configurations": parameters(
        require_secure_transport="on",
        ssl_min_protocol_version="TLSv1.2",
        shared_preload_libraries="pgaudit,pg_cron",
        pgaudit__log="read,write",
        log_statement="none",
    ),
    f"{PG}/providers/microsoft.insights/diagnosticsettings": settings(
        {"category": "PostgreSQLLogs", "enabled": True}, workspaceId=WORKSPACE
    ),
    f"{MY}/configurations": parameters(
        require_secure_transport="OFF",
        tls_version="TLSv1.2,TLSv1.3",
        aad_auth_only="OFF",
        audit_log_enabled="ON",
        audit_log_events="DML_NONSELECT",
    ),
    f"{MY}/providers/microsoft.insights/diagnosticsettings": settings(
        {"category": "MySqlAuditLogs", "enabled": True}, workspaceId=WORKSPACE
    ),
    f"{MY}/firewallrules": {"value": [{"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}}]},
    f"{MY}/administrators": {"value": [{"name": "ActiveDirectory"}]},
}


@pytest.fixture
def read(collect):
    def run(docs=None, rows=ROWS):
        return collect(Cloud(rows, {**DOCS, **(docs or {})}), ALL_FACTS)

    return run


def test_a_postgres_server_is_read_whole(read):
    found = read()[PG]
    facts = {name: value(fact) for name, fact in found.facts.items()}
    wanted = {
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "logging.data_read": True,
        "logging.data_write": True,
        "retention.backup_days": 35,
        "recovery.point_in_time": True,
        "recovery.redundancy": "multi-zone",
        "volume.bytes": 512 * 1024**3,
    }
    assert {name: facts[name] for name in wanted} == wanted
    assert isinstance(facts["network.ingress_any"], NotApplicable)
    assert found.evidence.description == "patients"
    assert set(found.links) == {Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/pg"), Link(Rel.LOGS_TO, WORKSPACE.lower())}


def test_a_mysql_server_has_its_own_parameters(read):
    facts = {name: value(fact) for name, fact in read()[MY].facts.items()}
    wanted = {
        "encryption.key_custody": "provider-owned",
        "transport.tls_required": False,
        "transport.min_tls": "1.2",
        "access.local_auth_enabled": True,
        "access.central_identity_enabled": True,
        "network.ingress_any": True,
        "logging.data_read": False,
        "logging.data_write": True,
    }
    assert {name: facts[name] for name in wanted} == wanted


def test_logs_that_stay_on_the_server_do_not_count(read):
    facts = read({f"{PG}/providers/microsoft.insights/diagnosticsettings": {"value": []}})[PG].facts
    assert value(facts["logging.data_read"]) is False


def test_an_audit_that_is_off_records_nothing(read):
    facts = read({f"{MY}/configurations": parameters(audit_log_enabled="OFF", audit_log_events="DML")})[MY].facts
    assert value(facts["logging.data_write"]) is False


def test_a_parameter_that_is_not_listed_is_unknown(read):
    facts = read({f"{PG}/configurations": parameters(log_statement="all")})[PG].facts
    assert facts["transport.tls_required"].reason is UnknownReason.NOT_COLLECTED
    assert value(facts["logging.data_read"]) is True


def test_a_server_with_nothing_set(read):
    facts = read(rows=[row(POSTGRES, "pg", {})])[PG].facts
    assert value(facts["encryption.key_custody"]) == "provider-owned"
    assert value(facts["recovery.redundancy"]) == "zone"
    assert value(facts["access.local_auth_enabled"]) is True
    for name in ("network.public_endpoint", "retention.backup_days", "volume.bytes"):
        assert isinstance(facts[name], Unknown), name


def test_a_replica_is_a_copy(read):
    source = named(POSTGRES, "main")
    assert Link(Rel.COPY_OF, source.lower()) in read(rows=[row(POSTGRES, "pg", {**SAFE, "sourceServerResourceId": source})])[PG].links


def test_names_that_cannot_be_read_leave_the_tier_open(read):
    found = read({f"{PG}/databases": error(403, "AuthorizationFailed")})[PG]
    assert [one.reason for one in found.evidence.unread] == [UnknownReason.PERMISSION_DENIED]
