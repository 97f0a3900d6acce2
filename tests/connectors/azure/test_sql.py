from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import GROUP, Cloud, error, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import value
from tierwise.model.fact import NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Column, Link, Rel

SERVERS, DATABASES, INSTANCES = "Microsoft.Sql/servers", "Microsoft.Sql/servers/databases", "Microsoft.Sql/managedInstances"
MANAGED = f"{INSTANCES}/databases"
SERVER, DATABASE, INSTANCE, INNER = (
    named(of, name).lower() for of, name in ((SERVERS, "sql"), (DATABASES, "sql/records"), (INSTANCES, "mi"), (MANAGED, "mi/claims"))
)
APPROVED = [{"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}]
SAFE = {
    "fullyQualifiedDomainName": "sql.database.windows.net",
    "minimalTlsVersion": "1.2",
    "publicNetworkAccess": "Disabled",
    "privateEndpointConnections": APPROVED,
}
RECORDS = {"maxSizeBytes": 2147483648, "zoneRedundant": True}
KEY = {"properties": {"serverKeyType": "AzureKeyVault", "uri": "https://Vault.vault.azure.net/keys/sql/0123"}}
AUDIT = {"properties": {"state": "Enabled", "storageEndpoint": "https://Audit.blob.core.windows.net/", "auditActionsAndGroups": []}}
MASTER = f"{SERVER}/databases/master/providers/microsoft.insights/diagnosticsettings"
WORKSPACE = named("Microsoft.OperationalInsights/workspaces", "central")


def label(column, **properties):
    return {"name": "current", "properties": {"schemaName": "dbo", "tableName": "people", "columnName": column, **properties}}


ROWS = [
    row(SERVERS, "sql", SAFE),
    row(DATABASES, "sql/records", RECORDS),
    row(DATABASES, "sql/master", {}),
    row(INSTANCES, "mi", {"publicDataEndpointEnabled": True, "minimalTlsVersion": "1.2"}),
    row(MANAGED, "mi/claims", {"status": "Online"}),
]
ROWS.append(row(SERVERS, "open", {}))
DOCS = {
    f"{SERVER}/encryptionprotector/current": KEY,
    f"{SERVER}/extendedauditingsettings/default": AUDIT,
    f"{SERVER}/administrators": {"value": [{"name": "ActiveDirectory"}]},
    f"{SERVER}/azureadonlyauthentications": {"value": [{"properties": {"azureADOnlyAuthentication": True}}]},
    f"{DATABASE}/transparentdataencryption/current": {"properties": {"state": "Enabled"}},
    f"{DATABASE}/backupshorttermretentionpolicies/default": {"properties": {"retentionDays": 14}},
    f"{DATABASE}/backuplongtermretentionpolicies/default": {
        "properties": {"weeklyRetention": "P4W", "monthlyRetention": "PT0S", "yearlyRetention": "P1Y"}
    },
    f"{DATABASE}/extendedauditingsettings/default": {"properties": {"state": "Disabled"}},
    f"{DATABASE}/currentsensitivitylabels": {"value": [label("id", labelName="General", rank="None")]},
    f"{INNER}/transparentdataencryption/current": {"properties": {"state": "Enabled"}},
    f"{INNER}/backupshorttermretentionpolicies/default": {"properties": {"retentionDays": 7}},
    f"{INNER}/backuplongtermretentionpolicies/default": {"properties": {"weeklyRetention": "P1M", "yearlyRetention": "P5Y"}},
    f"{INSTANCE}/encryptionprotector/current": {"properties": {"serverKeyType": "ServiceManaged"}},
    f"{named(SERVERS, 'open')}/encryptionprotector/current": {"properties": {"serverKeyType": "ServiceManaged"}},
    f"{named(SERVERS, 'open')}/extendedauditingsettings/default": {"properties": {"state": "Disabled"}},
    f"{named(SERVERS, 'open')}/firewallrules": {"value": [{"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}}]},
}


def server(properties=None):
    return row(SERVERS, "sql", SAFE if properties is None else properties)


@pytest.fixture
def read(collect):
    """What is read of a server, a database on it and an instance, with other answers where a test gives them."""

    def run(docs=None, rows=ROWS):
        return collect(Cloud(rows, {**DOCS, **(docs or {})}), ALL_FACTS)

    return run


def values(resource):
    return {name: value(fact) for name, fact in resource.facts.items()}


def test_a_server_is_read_whole(read):
    found = read()[SERVER]
    wanted = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "logging.data_read": True,
        "logging.data_write": True,
        "recovery.delete_protected": False,
    }
    assert {name: values(found)[name] for name in wanted} == wanted
    assert isinstance(found.facts["retention.backup_days"], NotApplicable)
    assert set(found.links) == {
        Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/sql"),
        Link(Rel.LOGS_TO, "https://audit.blob.core.windows.net"),
    }


def test_a_database_has_its_own_facts_and_those_that_its_server_decides(read):
    found = read()[DATABASE]
    wanted = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.min_tls": "1.2",
        "access.local_auth_enabled": False,
        "network.public_endpoint": False,
        "logging.data_read": True,
        "retention.backup_days": 365,
        "recovery.point_in_time": True,
        "recovery.redundancy": "multi-zone",
    }
    assert {name: values(found)[name] for name in wanted} == wanted
    assert found.facts["volume.bytes"].between == (0, 2147483648)
    assert Link(Rel.MEMBER_OF, SERVER) in found.links


def test_a_copy_names_the_database_that_it_was_made_of(read):
    made = row(DATABASES, "sql/records", {**RECORDS, "sourceDatabaseId": named(DATABASES, "sql/old")})
    assert Link(Rel.COPY_OF, named(DATABASES, "sql/old").lower()) in read(rows=[server(), made])[DATABASE].links


def test_the_system_database_is_no_store(read):
    assert not any(one.endswith("/master") for one in read())


def test_what_a_server_decides_is_read_once_for_all_its_databases(collect):
    cloud = Cloud([server(), *(row(DATABASES, f"sql/d{number}", {}) for number in range(5))], DOCS)
    collect(cloud, ALL_FACTS)
    assert [cloud.asked(f"{SERVER}/{path}") for path in ("administrators", "extendedauditingsettings/default", "firewallrules")] == [
        2,
        2,
        0,
    ]
    assert cloud.asked(SERVER) == 0


@pytest.mark.parametrize("name", ["state", "status"])
def test_both_spellings_of_the_state_of_encryption_are_read(read, name):
    facts = read({f"{DATABASE}/transparentdataencryption/current": {"properties": {name: "Disabled"}}})[DATABASE].facts
    assert value(facts["encryption.at_rest"]) is False
    assert isinstance(facts["encryption.key_custody"], NotApplicable)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], False),
        ([("203.0.113.1", "203.0.113.9")], False),
        ([("0.0.0.0", "255.255.255.255")], True),
        ([("203.0.113.1", "203.0.113.9"), ("0.0.0.0", "0.0.0.0")], True),
    ],
)
def test_a_rule_for_all_of_azure_or_the_internet_admits_any(read, rules, expected):
    listed = {"value": [{"properties": {"startIpAddress": low, "endIpAddress": high}} for low, high in rules]}
    found = read({f"{SERVER}/firewallrules": listed}, [server({**SAFE, "publicNetworkAccess": "Enabled"}), ROWS[1]])
    assert value(found[SERVER].facts["network.ingress_any"]) is expected
    assert value(found[DATABASE].facts["network.ingress_any"]) is expected


def test_without_an_administrator_no_entra_identity_logs_in_and_passwords_do(read):
    found = values(read({f"{SERVER}/administrators": {"value": []}, f"{SERVER}/azureadonlyauthentications": {"value": []}})[SERVER])
    assert (found["access.central_identity_enabled"], found["access.local_auth_enabled"]) == (False, True)


def test_a_minimum_that_was_never_set_admits_every_version(read):
    assert value(read(rows=[server({"publicNetworkAccess": "Disabled"})])[SERVER].facts["transport.min_tls"]) == "none"


def test_a_key_that_the_row_names_needs_no_read(collect):
    cloud = Cloud([server({**SAFE, "keyId": "https://vault.vault.azure.net/keys/own/1"})], DOCS)
    found = collect(cloud)[SERVER]
    assert Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/own") in found.links
    collect(cloud, ALL_FACTS)
    assert cloud.asked("encryptionprotector/current") == 0


def test_a_key_that_is_not_in_the_row_waits(collect):
    (link,) = [one for one in collect(Cloud([server()], DOCS))[SERVER].links if one.rel is Rel.USES_KEY]
    assert link.waits


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (["SELECT"], (True, False)),
        (["UPDATE"], (False, True)),
        (["BATCH_COMPLETED_GROUP"], (True, True)),
        (["SCHEMA_OBJECT_CHANGE_GROUP"], (False, False)),
    ],
)
def test_what_an_audit_records_is_told_by_its_groups(read, groups, expected):
    audit = {"properties": {**AUDIT["properties"], "auditActionsAndGroups": groups}}
    facts = read({f"{SERVER}/extendedauditingsettings/default": audit})[SERVER].facts
    assert (value(facts["logging.data_read"]), value(facts["logging.data_write"])) == expected


def test_an_audit_by_azure_monitor_goes_where_the_master_database_sends_it(read):
    audit = {"properties": {"state": "Enabled", "isAzureMonitorTargetEnabled": True}}
    sent = {"value": [{"properties": {"workspaceId": WORKSPACE, "logs": [{"category": "SQLSecurityAuditEvents", "enabled": True}]}}]}
    found = read({f"{SERVER}/extendedauditingsettings/default": audit, MASTER: sent})
    assert Link(Rel.LOGS_TO, WORKSPACE.lower()) in found[SERVER].links
    assert Link(Rel.LOGS_TO, WORKSPACE.lower()) in found[DATABASE].links


def test_a_lock_above_protects_what_is_below(read):
    lock = {"value": [{"id": f"{GROUP}/providers/Microsoft.Authorization/locks/keep", "properties": {"level": "CanNotDelete"}}]}
    path = f"/subscriptions/{GROUP.split('/')[2]}/providers/Microsoft.Authorization/locks"
    assert value(read({path: lock})[DATABASE].facts["recovery.delete_protected"]) is True
    lock["value"][0]["id"] = f"{GROUP}2/providers/Microsoft.Authorization/locks/keep"
    assert value(read({path: lock})[DATABASE].facts["recovery.delete_protected"]) is False


def test_an_instance_stands_in_its_subnet(read):
    found = read()[INSTANCE]
    facts = values(found)
    assert (facts["network.public_endpoint"], facts["network.private_endpoint"]) == (True, True)
    assert isinstance(found.facts["network.ingress_any"], Unknown)
    assert facts["encryption.key_custody"] == "provider-owned"
    assert facts["logging.data_read"] is False


def test_a_policy_that_is_not_read_leaves_open_how_far_back_backups_reach(read):
    facts = read({f"{DATABASE}/backuplongtermretentionpolicies/default": error(403, "AuthorizationFailed")})[DATABASE].facts
    assert (facts["retention.backup_days"].reason, facts["retention.backup_days"].between) == (
        UnknownReason.PERMISSION_DENIED,
        (14, float("inf")),
    )


def test_a_managed_database_is_as_its_instance_but_for_its_own_backups_and_encryption(read):
    found, instance = read()[INNER], read()[INSTANCE]
    own = {"encryption.at_rest", "retention.backup_days"}
    assert {name: fact for name, fact in values(found).items() if name not in own} == {
        name: fact for name, fact in values(instance).items() if name not in own
    }
    assert (value(found.facts["encryption.at_rest"]), value(found.facts["retention.backup_days"])) == (True, 5 * 365)
    assert set(found.links) == {Link(Rel.MEMBER_OF, INSTANCE)}
    restored = row(MANAGED, "mi/claims", {"sourceDatabaseId": named(MANAGED, "mi/old")})
    assert Link(Rel.COPY_OF, named(MANAGED, "mi/old").lower()) in read(rows=[ROWS[3], restored])[INNER].links
    off = read({f"{INNER}/transparentdataencryption/current": {"properties": {"state": "Disabled"}}})[INNER].facts
    assert value(off["encryption.at_rest"]) is False
    assert isinstance(off["encryption.key_custody"], NotApplicable)


def test_what_an_instance_decides_is_read_once_for_its_databases(collect):
    cloud = Cloud([ROWS[3], *(row(MANAGED, f"mi/d{number}", {}) for number in range(5))], DOCS)
    collect(cloud, ALL_FACTS)
    # Once as the instance's own, once for all that it holds.
    assert [cloud.asked(f"{INSTANCE}/{path}") for path in ("administrators", "encryptionprotector/current")] == [2, 2]
    assert cloud.asked(INSTANCE) == 0


def test_labels_of_columns_are_evidence(read):
    said = [
        label("id", labelName="General", rank="None"),
        label("condition", labelName="Confidential - GDPR", informationType="Health", rank="High"),
    ]
    identifier, condition = read({f"{DATABASE}/currentsensitivitylabels": {"value": said}})[DATABASE].evidence.columns
    assert condition == Column("dbo.people", "condition", labels=("Confidential - GDPR", "Health", "rank=High"))
    assert identifier == Column("dbo.people", "id", labels=("General",))
    denied = read({f"{DATABASE}/currentsensitivitylabels": error(403, "AuthorizationFailed")})[DATABASE].evidence
    assert [(one.reason, one.via.action) for one in denied.unread] == [
        (UnknownReason.PERMISSION_DENIED, "Microsoft.Sql/servers/databases/currentSensitivityLabels/read")
    ]


@pytest.mark.parametrize("status", ["Paused", "Pausing"])
def test_a_database_that_has_paused_is_not_started_to_look_at_it(collect, status):
    cloud = Cloud([server(), row(DATABASES, "sql/records", {**RECORDS, "status": status})], DOCS)
    found = collect(cloud, ALL_FACTS)[DATABASE]
    asked = {path.lower().removeprefix(f"{DATABASE}/") for method, path in cloud.calls if method == "GET"}
    assert not {"currentsensitivitylabels", "transparentdataencryption/current", "extendedauditingsettings/default"} & asked
    for fact in (found.facts["encryption.at_rest"], *found.evidence.unread):
        assert (fact.reason, "would start it" in fact.detail) == (UnknownReason.NOT_COLLECTED, True)
    # The server's own audit records its databases whatever they say themselves.
    assert value(found.facts["logging.data_read"]) is True
    assert value(found.facts["retention.backup_days"]) == 365
