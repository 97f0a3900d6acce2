from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.connectors.terraform.names import published
from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tierwise.connectors.terraform.azapi_words import WORDS, Field
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.change import Change
from tierwise.model.fact import UNLIMITED, Unknown, UnknownReason
from tierwise.model.resource import ALL_KINDS, Gap, Kind, Resource

STORE = "Microsoft.Storage/storageAccounts"


@pytest.fixture
def plan():
    return PlanBuilder()


def collected(plan, folder):
    return [item for unit in open_plans([plan.write(folder)]).survey() for item in unit.run()]


def gaps(plan, folder):
    """Address to kinds of what was not read."""
    found = [one for one in collected(plan, folder) if isinstance(one, Gap) and one.reason == "not-supported"]
    assert all(gap.provider == "azure" and not gap.expected for gap in found)
    return {gap.detail.split()[1]: gap.kinds for gap in found}


@pytest.mark.parametrize("kind", ["azapi_resource", "azapi_update_resource", "azapi_data_plane_resource"])
@pytest.mark.parametrize(
    ("named", "kinds"),
    [
        (f"{STORE.upper()}/objectReplicationPolicies@2023-01-01", {Kind.OBJECT_STORE, Kind.FILE_SHARE}),
        ("Microsoft.Search/searchServices@2023-11-01", {Kind.SEARCH_INDEX}),
        ("Microsoft.DocumentDB/mongoClusters@2024-07-01", {Kind.DOCUMENT_DB}),
    ],
)
def test_what_is_made_past_the_provider_and_may_hold_data_is_told(plan, tmp_path, kind, named, kinds):
    address = plan.add(kind, "x", {"type": named, "body": {"properties": {}}}, module="m", module_keys=("k",))
    assert gaps(plan, tmp_path) == {address: kinds}


def test_what_holds_no_data_is_not(plan, tmp_path):
    plan.add("azapi_resource", "site", {"type": "Microsoft.Web/sites@2022-03-01"})
    plan.add("azapi_resource", "none", {"type": None})
    plan.add("azapi_resource", "gone", {}, before={"type": f"{STORE}@2023-01-01"}, actions=("delete",))
    assert gaps(plan, tmp_path) == {}


def test_a_type_that_is_not_known_or_hidden_may_be_any(plan, tmp_path):
    later = plan.add("azapi_resource", "later", {}, unknown={"type": True}, expressions={"type": ref("var.type")})
    hidden = plan.add("azapi_resource", "hidden", {"type": f"{STORE}@2023-01-01"}, sensitive={"type": True})
    assert gaps(plan, tmp_path) == {later: ALL_KINDS, hidden: ALL_KINDS}


def test_its_body_is_never_shown(plan, tmp_path):
    plan.add("azapi_resource", "x", {"type": f"{STORE}@2023-01-01", "body": {"properties": {"secret": "canary-in-a-body"}}})
    assert "canary-in-a-body" not in repr(collected(plan, tmp_path))


GROUP = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg"
BODY: dict[str, Any] = {
    "kind": "StorageV2",
    "sku": {"name": "Standard_GZRS"},
    "properties": {
        "minimumTlsVersion": "TLS1_2",
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "allowedCopyScope": "AAD",
        "allowCrossTenantReplication": False,
        "publicNetworkAccess": "Enabled",
        "networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}]},
        "encryption": {
            "keySource": "Microsoft.Keyvault",
            "keyvaultproperties": {"keyvaulturi": "https://v.vault.azure.net/", "keyname": "k"},
        },
    },
}


def store(plan, body=BODY, name="x", **rest):
    after = {
        "type": f"{STORE}@2023-01-01",
        "name": "patients",
        "location": "uksouth",
        "parent_id": GROUP,
        "body": body,
        **rest.pop("after", {}),
    }
    return plan.add("azapi_resource", name, after, **{"unknown": {"id": True}, **rest})


def read(plan, folder):
    return {one.id: one for one in collected(plan, folder) if isinstance(one, Resource)}


def value(fact):
    return fact.reason if isinstance(fact, Unknown) else fact.value


@pytest.mark.parametrize("body", [BODY, json.dumps(BODY)])
def test_a_storage_account_is_read_by_its_body_be_it_an_object_or_a_text(plan, tmp_path, body):
    address = store(plan, body)
    found = read(plan, tmp_path)[address]
    assert (found.kind, found.type, found.name, found.region) == (Kind.OBJECT_STORE, "azapi_resource", "patients", "uksouth")
    assert found.account == "11111111-2222-3333-4444-555555555555"
    expected = {
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "access.public_blocked": True,
        "access.shared_key_enabled": False,
        "access.organisation_perimeter": True,
        "network.public_endpoint": True,
        "network.ingress_any": False,
        "recovery.redundancy": "multi-region",
    }
    assert {name: value(found.facts[name]) for name in expected} == expected
    assert [link.to for link in found.links] == ["https://v.vault.azure.net/keys/k"]
    assert gaps(plan, tmp_path) == {}


def test_what_a_body_leaves_out_is_what_the_service_documents_or_not_known_and_never_what_azurerm_would_send(plan, tmp_path):
    address = store(plan, {"sku": {"name": "Standard_LRS"}})
    facts = read(plan, tmp_path)[address].facts
    assert value(facts["transport.min_tls"]) == "1.0"
    assert value(facts["access.shared_key_enabled"]) is True
    assert value(facts["encryption.key_custody"]) == "provider-owned"
    assert value(facts["access.organisation_perimeter"]) is False
    for name in ("access.public_blocked", "recovery.versioning", "recovery.soft_delete_days"):
        assert value(facts[name]) is UnknownReason.NOT_COLLECTED, name


def test_of_what_is_there_already_somebody_else_may_have_set_what_a_body_leaves_out(plan, tmp_path):
    before = {"type": f"{STORE}@2023-01-01", "name": "patients", "parent_id": GROUP, "body": {"sku": {"name": "Standard_LRS"}}}
    address = store(plan, before["body"], actions=("no-op",), before=before)
    facts = read(plan, tmp_path)[address].facts
    assert value(facts["recovery.redundancy"]) == "zone"
    for name in ("transport.min_tls", "access.shared_key_enabled", "encryption.key_custody", "network.ingress_any"):
        assert value(facts[name]) is UnknownReason.NOT_COLLECTED, name


def test_a_value_of_a_body_that_is_not_known_or_is_hidden_is_said_to_be(plan, tmp_path):
    later = {"body": {"properties": {"minimumTlsVersion": True}}, "id": True}
    parted = {"properties": {"supportsHttpsTrafficOnly": False, "publicNetworkAccess": "SecuredByPerimeter"}}
    one = store(plan, parted, "one", unknown=later, sensitive={"body": {"properties": {"allowSharedKeyAccess": True}}})
    whole = store(plan, None, "whole", unknown={"body": True, "id": True})
    odd = store(plan, "no json", "odd")
    found = read(plan, tmp_path)
    assert value(found[one].facts["transport.min_tls"]) is UnknownReason.KNOWN_AFTER_APPLY
    assert value(found[one].facts["access.shared_key_enabled"]) is UnknownReason.REDACTED
    assert value(found[one].facts["transport.tls_required"]) is False
    assert value(found[one].facts["network.public_endpoint"]) is UnknownReason.NOT_COLLECTED
    for address in (whole, odd):
        assert isinstance(found[address].facts["transport.min_tls"], Unknown)


def test_its_parts_in_azurerm_are_joined_by_value_and_by_reference_in_one_instance_of_a_module(plan, tmp_path):
    one, other = (
        store(plan, module="m", module_keys=(key,), unknown={"id": True}, after={"parent_id": None, "name": key}) for key in ("a", "b")
    )
    connection = {"private_service_connection": [{"is_manual_connection": False}]}
    later = {"private_service_connection": [{"private_connection_resource_id": True}]}
    written = {"private_service_connection": [{"private_connection_resource_id": ref("azapi_resource.x.id")}]}
    plan.add("azurerm_private_endpoint", "e", connection, unknown=later, expressions=written, module="m", module_keys=("a",))
    known = store(plan, name="known")
    target = {
        "private_service_connection": [
            {"is_manual_connection": False, "private_connection_resource_id": f"{GROUP}/providers/{STORE}/patients"}
        ]
    }
    plan.add("azurerm_private_endpoint", "v", target)
    found = {address: value(one.facts["network.private_endpoint"]) for address, one in read(plan, tmp_path).items()}
    assert found == {one: True, other: False, known: True}


def test_what_may_set_a_part_of_it_by_a_call_that_is_not_read_leaves_that_part_open(plan, tmp_path):
    body = {**BODY, "properties": {**BODY["properties"], "allowBlobPublicAccess": True}}
    one, other = (
        store(plan, body, "one", unknown={"id": True}, after={"parent_id": None}),
        store(plan, body, "other", after={"name": "other"}),
    )
    account = plan.add("azurerm_storage_account", "rm", {"name": "rm", "allow_nested_items_to_be_public": True, "id": f"{GROUP}/rm"})
    assert {value(read(plan, tmp_path)[each].facts["access.anonymous_read"]) for each in (one, other, account)} == {False}
    part = {"type": f"{STORE}/localUsers@2023-01-01", "body": {"properties": {}}}
    plan.add("azapi_resource", "p", part, unknown={"parent_id": True}, expressions={"parent_id": ref("azapi_resource.one.id")})
    found = read(plan, tmp_path)
    assert value(found[one].facts["access.anonymous_read"]) is UnknownReason.NOT_SUPPORTED
    assert value(found[other].facts["access.anonymous_read"]) is False
    later = {"resource_id": ref("azurerm_storage_account.rm.id")}
    plan.add("azapi_update_resource", "d", part, unknown={"resource_id": True}, expressions=later)
    assert value(read(plan, tmp_path)[account].facts["access.anonymous_read"]) is UnknownReason.NOT_SUPPORTED


def test_a_call_that_only_reads_is_no_gap_and_one_that_writes_is(plan, tmp_path):
    plan.add("azapi_resource_action", "keys", {"type": f"{STORE}@2023-01-01", "action": "listKeys"})
    plan.add("azapi_resource_action", "post", {"type": f"{STORE}@2023-01-01", "action": "listKeys", "method": "POST"})
    patch = plan.add("azapi_resource_action", "patch", {"type": f"{STORE}@2023-01-01", "method": "PATCH"})
    later = plan.add("azapi_resource_action", "later", {"type": f"{STORE}@2023-01-01"}, unknown={"method": True})
    assert set(gaps(plan, tmp_path)) == {patch, later}


def test_a_change_of_its_body_is_told_with_what_was_there(plan, tmp_path):
    before = {"type": f"{STORE}@2023-01-01", "name": "patients", "parent_id": GROUP, "body": BODY, "id": f"{GROUP}/x"}
    after = {**BODY, "properties": {**BODY["properties"], "minimumTlsVersion": "TLS1_0"}}
    address = store(plan, after, before=before, actions=("update",), unknown={}, after={"id": f"{GROUP}/x"})
    (change,) = (one for one in collected(plan, tmp_path) if isinstance(one, Change))
    assert value(change.before.facts["transport.min_tls"]) == "1.2"
    assert value(read(plan, tmp_path)[address].facts["transport.min_tls"]) == "1.0"


def test_a_workspace_keeps_its_entries_for_as_long_as_its_body_says(plan, tmp_path):
    body = {"properties": {"retentionInDays": 400, "sku": {"name": "PerGB2018"}}, "tags": {"tier": "T2"}}
    after = {"type": "Microsoft.OperationalInsights/workspaces@2022-10-01", "name": "w", "body": body}
    address = plan.add("azapi_resource", "w", after, unknown={"tags": True}, expressions={"type": const("w")})
    found = read(plan, tmp_path)[address]
    assert (found.kind, value(found.facts["retention.log_days"]), found.tags.value) == (Kind.LOG_STORE, 400, {"tier": "T2"})


def made(plan, name, kind, properties=None, parent=GROUP, **rest):
    """A resource of a type, under a parent that is known, or by reference to one."""
    known = {"parent_id": parent} if parent.startswith("/") else {}
    unknown, written = ({}, {}) if known else ({"parent_id": True}, {"parent_id": ref(parent)})
    after = {"type": f"{kind}@2024-01-01", "name": rest.pop("called", name), "body": {"properties": properties or {}}, **known}
    return plan.add("azapi_resource", name, after, unknown={"id": True, **unknown, **rest.pop("unknown", {})}, expressions=written, **rest)


def facts_of(plan, folder, address, *names):
    found = read(plan, folder)[address].facts
    return tuple(value(found[name]) for name in names)


BLOBS, CONTAINERS = f"{STORE}/blobServices", f"{STORE}/blobServices/containers"


@pytest.mark.parametrize("by_reference", [True, False])
def test_the_parts_of_an_account_are_read_wherever_they_stand(plan, tmp_path, by_reference):
    there = f"{GROUP}/providers/{STORE}/patients"
    body = {**BODY, "properties": {**BODY["properties"], "allowBlobPublicAccess": True}}
    account = store(plan, body, after={"parent_id": None} if by_reference else {})
    above = "azapi_resource.x.id" if by_reference else there
    made(plan, "b", BLOBS, {"isVersioningEnabled": True, "deleteRetentionPolicy": {"enabled": True, "days": 30}}, above, called="default")
    inside = "azapi_resource.b.id" if by_reference else f"{there}/blobServices/default"
    made(plan, "c", CONTAINERS, {"publicAccess": "Blob"}, inside)
    worm = "azapi_resource.c.id" if by_reference else f"{there}/blobServices/default/containers/c"
    made(plan, "w", f"{CONTAINERS}/immutabilityPolicies", {"immutabilityPeriodSinceCreationInDays": 40}, worm, called="default")
    delete = {
        "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 365}},
        "version": {"delete": {"daysAfterCreationGreaterThan": 90}},
    }
    rules = [{"name": "r", "type": "Lifecycle", "definition": {"filters": {"blobTypes": ["blockBlob"]}, "actions": delete}}]
    made(plan, "m", f"{STORE}/managementPolicies", {"policy": {"rules": rules}}, above, called="default")
    made(plan, "s", f"{STORE}/encryptionScopes", {"source": "Microsoft.Storage"}, above)
    assert facts_of(
        plan, tmp_path, account,
        "recovery.versioning", "recovery.soft_delete_days", "access.anonymous_read", "immutability.mode", "immutability.min_days",
        "retention.delete_after_days", "retention.noncurrent_days", "encryption.key_custody",
    ) == (True, 30, True, "governance", 40, 365, 90, "provider-owned")  # fmt: skip
    assert gaps(plan, tmp_path) == {}


def test_a_key_that_a_body_refers_to_is_the_customers_before_its_url_is_known(plan, tmp_path):
    vault = {"tenantId": "t", "enablePurgeProtection": True, "networkAcls": {"defaultAction": "Deny"}, "publicNetworkAccess": "disabled"}
    made(plan, "v", "Microsoft.KeyVault/vaults", vault)
    turn = [{"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "rotate"}}, {"trigger": {}, "action": {"type": "notify"}}]
    rotation = {"kty": "RSA-HSM", "rotationPolicy": {"lifetimeActions": turn}}
    key = made(plan, "k", "Microsoft.KeyVault/vaults/keys", rotation, "azapi_resource.v.id")
    later = {"id": True, "body": {"properties": {"encryption": {"keyvaultproperties": {"keyvaulturi": True}}}}}
    encryption = {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {"keyname": "k"}}
    account = store(
        plan, {"properties": {"encryption": encryption}}, unknown=later,
        expressions={"body": ref("azapi_resource.k.output.properties.keyUri", "azapi_resource.v.output")},
    )  # fmt: skip
    found = read(plan, tmp_path)
    assert value(found[account].facts["encryption.key_custody"]) == "customer"
    assert [link.to for link in found[account].links] == [key]
    names = ("key.protection_level", "key.rotation_days", "key.purge_protected", "key.deletion_window_days", "network.public_endpoint")
    assert facts_of(plan, tmp_path, key, *names) == ("hsm", 90, True, 90, False)


SQL_SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/s"
CASES: list[tuple[str, dict[str, Any], list[tuple[str, str, dict[str, Any]]], dict[str, object]]] = [
    (
        "Microsoft.Sql/servers",
        {"minimalTlsVersion": "1.0", "administrators": {"azureADOnlyAuthentication": True, "sid": "x"}, "publicNetworkAccess": "Enabled"},
        [
            ("firewallRules", "all", {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}),
            ("auditingSettings", "default", {"state": "Enabled", "isAzureMonitorTargetEnabled": True}),
            ("encryptionProtector", "current", {"serverKeyType": "AzureKeyVault", "serverKeyName": "v_k_0123"}),
        ],
        {
            "transport.min_tls": "1.0", "access.local_auth_enabled": False, "access.central_identity_enabled": True,
            "network.ingress_any": True, "logging.data_read": True, "encryption.key_custody": "customer",
        },
    ),
    (
        "Microsoft.Sql/servers",
        {"publicNetworkAccess": "Disabled"},
        [
            ("encryptionProtector", "current", {"serverKeyType": "ServiceManaged", "serverKeyName": "ServiceManaged"}),
            ("auditingSettings", "default", {"state": "Disabled"}),
            ("azureADOnlyAuthentications", "Default", {"azureADOnlyAuthentication": True}),
        ],
        {
            "transport.min_tls": UnknownReason.NOT_COLLECTED, "network.public_endpoint": False, "logging.data_read": False,
            "encryption.key_custody": "provider-owned", "access.local_auth_enabled": False,
        },
    ),
    (
        "Microsoft.DBforPostgreSQL/flexibleServers",
        {
            "network": {"publicNetworkAccess": "Enabled"}, "backup": {"backupRetentionDays": 21}, "highAvailability": {"mode": "ZoneRedundant"},
            "authConfig": {"passwordAuth": "Disabled", "activeDirectoryAuth": "Enabled"},
            "dataEncryption": {"type": "AzureKeyVault", "primaryKeyURI": "https://v.vault.azure.net/keys/k/1"},
        },
        [
            ("configurations", "require_secure_transport", {"value": "off"}),
            ("firewallRules", "all", {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}),
        ],
        {
            "network.public_endpoint": True, "retention.backup_days": 21, "recovery.redundancy": "multi-zone", "network.ingress_any": True,
            "access.local_auth_enabled": False, "access.central_identity_enabled": True, "encryption.key_custody": "customer",
            "transport.tls_required": False,
        },
    ),
    (
        "Microsoft.DBforMySQL/flexibleServers",
        {"highAvailability": {"mode": "Disabled"}, "dataEncryption": {"type": "SystemManaged"}},
        [
            ("firewallRules", "azure", {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}),
            ("configurations", "aad_auth_only", {"value": "ON"}),
            ("administrators", "ActiveDirectory", {"administratorType": "ActiveDirectory"}),
        ],
        {
            "retention.backup_days": 7, "recovery.redundancy": "zone", "encryption.key_custody": "provider-owned",
            "network.ingress_any": True, "access.local_auth_enabled": False, "access.central_identity_enabled": True,
        },
    ),
    (
        "Microsoft.DocumentDB/databaseAccounts",
        {
            "keyVaultKeyUri": "https://v.vault.azure.net/keys/k", "disableLocalAuth": True, "ipRules": [{"ipAddressOrRange": "81.2.69.160"}],
            "locations": [{"locationName": "uksouth"}, {"locationName": "ukwest"}],
            "backupPolicy": {"type": "Continuous", "continuousModeProperties": {"tier": "Continuous7Days"}},
        },
        [("sqlDatabases", "cases", {"resource": {"id": "cases"}})],
        {
            "encryption.key_custody": "customer", "access.shared_key_enabled": False, "network.ingress_any": False, "transport.min_tls": "1.2",
            "recovery.redundancy": "multi-region", "recovery.point_in_time": True, "retention.backup_days": 7,
            "access.central_identity_enabled": True,
        },
    ),
    (
        "Microsoft.DocumentDB/databaseAccounts",
        {"capabilities": [{"name": "EnableCassandra"}]},
        [],
        {
            "encryption.key_custody": "provider-owned", "network.ingress_any": True, "access.central_identity_enabled": False,
            "retention.backup_days": 8 / 24,
        },
    ),
    (
        "Microsoft.Cache/redis",
        {
            "enableNonSslPort": True, "minimumTlsVersion": "1.2", "disableAccessKeyAuthentication": True,
            "redisConfiguration": {
                "aad-enabled": "true", "rdb-backup-enabled": "true", "rdb-backup-frequency": "1440", "rdb-backup-max-snapshot-count": "7",
            },
        },
        [("firewallRules", "one", {"startIP": "81.2.69.1", "endIP": "81.2.69.9"})],
        {
            "transport.tls_required": False, "transport.min_tls": "1.2", "access.shared_key_enabled": False,
            "access.central_identity_enabled": True, "retention.backup_days": 7, "network.ingress_any": False,
        },
    ),
    (
        "Microsoft.Cache/redis",
        {},
        [],
        {
            "transport.tls_required": True, "transport.min_tls": UnknownReason.NOT_COLLECTED, "access.shared_key_enabled": True,
            "access.central_identity_enabled": False, "retention.backup_days": 0, "network.ingress_any": True, "recovery.redundancy": "zone",
        },
    ),
    (
        "Microsoft.Cache/redisEnterprise",
        {
            "publicNetworkAccess": "Disabled", "highAvailability": "Disabled",
            "encryption": {"customerManagedKeyEncryption": {"keyEncryptionKeyUrl": "https://v.vault.azure.net/keys/k"}},
        },
        [("databases", "default", {"clientProtocol": "Plaintext", "accessKeysAuthentication": "Enabled"})],
        {
            "network.public_endpoint": False, "recovery.redundancy": "zone", "encryption.key_custody": "customer",
            "transport.tls_required": False, "access.shared_key_enabled": True,
        },
    ),
    (
        "Microsoft.Cache/redisEnterprise",
        {},
        [("databases", "default", {})],
        {
            "network.public_endpoint": UnknownReason.NOT_COLLECTED, "encryption.key_custody": "provider-owned", "transport.tls_required": True,
            "access.shared_key_enabled": UnknownReason.NOT_COLLECTED,
        },
    ),
    (
        "Microsoft.EventHub/namespaces",
        {"disableLocalAuth": True, "encryption": {"keySource": "Microsoft.KeyVault"}},
        [
            ("networkRuleSets", "default", {"defaultAction": "Deny", "ipRules": [{"ipMask": "0.0.0.0/0"}]}),
            ("eventhubs", "h", {"messageRetentionInDays": 7}),
        ],
        {
            "access.shared_key_enabled": False, "encryption.key_custody": UnknownReason.NOT_SUPPORTED, "network.ingress_any": True,
            "retention.delete_after_days": 7,
        },
    ),
    (
        "Microsoft.ServiceBus/namespaces",
        {
            "minimumTlsVersion": "1.2",
            "encryption": {
                "keySource": "Microsoft.KeyVault", "keyVaultProperties": [{"keyName": "k", "keyVaultUri": "https://v.vault.azure.net"}],
            },
        },
        [
            ("networkRuleSets", "default", {"defaultAction": "Deny", "ipRules": [{"ipMask": "81.2.69.160"}]}),
            ("queues", "q", {"defaultMessageTimeToLive": "P7D"}),
        ],
        {
            "transport.min_tls": "1.2", "access.shared_key_enabled": True, "encryption.key_custody": "customer", "network.ingress_any": False,
            "retention.delete_after_days": 7,
        },
    ),
    (
        "Microsoft.Synapse/workspaces",
        {"azureADOnlyAuthentication": True, "encryption": {"cmk": {"key": {"keyVaultUrl": "https://v.vault.azure.net/keys/k"}}}},
        [
            ("firewallRules", "all", {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}),
            ("administrators", "activeDirectory", {"login": "admins"}),
            ("auditingSettings", "default", {"state": "Disabled"}),
        ],
        {
            "access.local_auth_enabled": False, "access.central_identity_enabled": True, "encryption.key_custody": "customer",
            "network.ingress_any": True, "logging.data_read": UnknownReason.NOT_SUPPORTED,
        },
    ),
    (
        "Microsoft.Compute/disks",
        {"networkAccessPolicy": "DenyAll", "encryption": {"diskEncryptionSetId": f"{GROUP}/providers/Microsoft.Compute/diskEncryptionSets/d"}},
        [],
        {"network.public_endpoint": False, "encryption.key_custody": "customer"},
    ),
    (
        "Microsoft.RecoveryServices/vaults",
        {"publicNetworkAccess": "Disabled", "securitySettings": {"immutabilitySettings": {"state": "Locked"}}},
        [],
        {"network.public_endpoint": False, "immutability.mode": "compliance", "encryption.key_custody": "provider-owned"},
    ),
    (
        "Microsoft.DataProtection/backupVaults",
        {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}, "encryptionSettings": {"state": "Enabled"}}},
        [],
        {"immutability.mode": "governance", "encryption.key_custody": UnknownReason.NOT_SUPPORTED},
    ),
    (
        "Microsoft.KeyVault/vaults",
        {"softDeleteRetentionInDays": 7, "networkAcls": {"defaultAction": "Allow"}},
        [],
        {"recovery.soft_delete_days": 7, "network.ingress_any": True},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "properties", "parts", "expected"), CASES, ids=[one[0] for one in CASES])
def test_a_resource_is_told_by_its_body_and_by_those_of_its_parts(plan, tmp_path, kind, properties, parts, expected):
    address = made(plan, "s", kind, properties)
    for below, name, body in parts:
        made(plan, f"{below}-{name}", f"{kind}/{below}", body, f"{GROUP}/providers/{kind}/s", called=name)
    assert dict(zip(expected, facts_of(plan, tmp_path, address, *expected), strict=True)) == expected


def test_a_database_has_what_its_server_and_its_own_parts_say(plan, tmp_path):
    made(plan, "s", "Microsoft.Sql/servers", {"minimalTlsVersion": "1.2"})
    database = made(plan, "d", "Microsoft.Sql/servers/databases", {"zoneRedundant": True}, SQL_SERVER)
    names = ("encryption.at_rest", "retention.backup_days", "recovery.redundancy", "transport.min_tls")
    assert facts_of(plan, tmp_path, database, *names) == (True, 7, "multi-zone", "1.2")
    own = f"{SQL_SERVER}/databases/d"
    made(plan, "t", "Microsoft.Sql/servers/databases/transparentDataEncryption", {"state": "Disabled"}, own, called="current")
    made(plan, "r", "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies", {"retentionDays": 14}, own, called="default")
    made(plan, "l", "Microsoft.Sql/servers/databases/backupLongTermRetentionPolicies", {"weeklyRetention": "P8W"}, own, called="default")
    made(plan, "a", "Microsoft.Sql/servers/databases/auditingSettings", {"state": "Enabled"}, own, called="default")
    assert facts_of(plan, tmp_path, database, *names, "logging.data_read") == (False, 56, "multi-zone", "1.2", True)


def test_containers_queues_keys_and_pools_have_what_their_account_namespace_hsm_and_workspace_say(plan, tmp_path):
    account = made(plan, "a", "Microsoft.DocumentDB/databaseAccounts")
    base = f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/a/sqlDatabases/d"
    container = {"resource": {"id": "c", "defaultTtl": 86400, "partitionKey": {"paths": ["/nhs_number"]}}}
    made(plan, "c", "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers", container, base)
    assert facts_of(plan, tmp_path, account, "retention.delete_after_days") == (1,)
    assert [one.name for one in read(plan, tmp_path)[account].evidence.columns] == ["nhs_number"]
    made(plan, "b", "Microsoft.ServiceBus/namespaces", {"disableLocalAuth": True})
    queue = made(plan, "q", "Microsoft.ServiceBus/namespaces/queues", {}, "azapi_resource.b.id")
    assert facts_of(plan, tmp_path, queue, "access.shared_key_enabled", "retention.delete_after_days") == (False, UNLIMITED)
    made(plan, "m", "Microsoft.KeyVault/managedHSMs", {"enablePurgeProtection": True, "publicNetworkAccess": "Disabled"})
    key = made(plan, "k", "Microsoft.KeyVault/managedHSMs/keys", {"kty": "RSA-HSM"}, "azapi_resource.m.id")
    names = ("key.protection_level", "key.purge_protected", "key.deletion_window_days", "network.public_endpoint")
    assert facts_of(plan, tmp_path, key, *names) == ("hsm", True, 90, False)
    made(plan, "w", "Microsoft.Synapse/workspaces", {"publicNetworkAccess": "Disabled"})
    pool = made(plan, "p", "Microsoft.Synapse/workspaces/sqlPools", {}, "azapi_resource.w.id")
    assert facts_of(plan, tmp_path, pool, "encryption.at_rest", "network.public_endpoint") == (False, False)
    made(plan, "t", "Microsoft.Synapse/workspaces/sqlPools/transparentDataEncryption", {"status": "Enabled"}, "azapi_resource.p.id")
    assert facts_of(plan, tmp_path, pool, "encryption.at_rest") == (True,)
    assert gaps(plan, tmp_path) == {}


def test_settings_locks_roles_and_endpoints_are_read_at_what_they_are_for(plan, tmp_path):
    server = f"{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/s"
    address = made(plan, "s", "Microsoft.DBforPostgreSQL/flexibleServers")
    assert facts_of(plan, tmp_path, address, "recovery.delete_protected", "network.private_endpoint") == (False, False)
    made(plan, "l", "Microsoft.Authorization/locks", {"level": "CanNotDelete"}, server)
    made(
        plan,
        "e",
        "Microsoft.Network/privateEndpoints",
        {"privateLinkServiceConnections": [{"properties": {"privateLinkServiceId": server}}]},
    )
    workspace = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/w"
    logs = {"workspaceId": workspace, "logs": [{"categoryGroup": "audit", "enabled": True}, {"category": "x", "enabled": False}]}
    made(plan, "d", "Microsoft.Insights/diagnosticSettings", logs, server)
    assert facts_of(plan, tmp_path, address, "recovery.delete_protected", "network.private_endpoint") == (True, True)
    assert [link.to for link in read(plan, tmp_path)[address].links] == [workspace]
    owner = "/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    given = made(plan, "r", "Microsoft.Authorization/roleAssignments", {"roleDefinitionId": owner, "principalId": "p"})
    assert read(plan, tmp_path)[given].name == "Owner"
    assert gaps(plan, tmp_path) == {}


UPDATE = {"type": f"{STORE}@2023-01-01"}
CLOSED = {"properties": {"publicNetworkAccess": "Disabled", "networkAcls": {"defaultAction": "Deny"}, "allowSharedKeyAccess": False}}


def test_an_update_is_laid_over_what_it_updates_whichever_provider_made_it(plan, tmp_path):
    open_to_all = {"network_rules": [{"default_action": "Allow", "ip_rules": ["203.0.113.0/24"]}], "shared_access_key_enabled": True}
    theirs = plan.add("azurerm_storage_account", "t", {"name": "t", **open_to_all}, unknown={"id": True})
    ours = store(plan, {"properties": {"minimumTlsVersion": "TLS1_2", "publicNetworkAccess": "Enabled"}}, "o")
    names = ("network.public_endpoint", "access.shared_key_enabled", "transport.min_tls")
    assert facts_of(plan, tmp_path, ours, *names) == (True, True, "1.2")
    for name in ("azurerm_storage_account.t", "azapi_resource.o"):
        later = {"resource_id": ref(f"{name}.id")}
        plan.add("azapi_update_resource", name[-1], {**UPDATE, "body": CLOSED}, unknown={"resource_id": True}, expressions=later)
    assert facts_of(plan, tmp_path, ours, *names) == (False, False, "1.2")
    assert facts_of(plan, tmp_path, theirs, *names[:2]) == (False, False)
    assert gaps(plan, tmp_path) == {}


def test_an_update_of_what_the_plan_does_not_have_tells_of_it_what_it_sets_and_nothing_else(plan, tmp_path):
    outside = f"{GROUP}/providers/{STORE}/others"
    address = plan.add("azapi_update_resource", "u", {**UPDATE, "resource_id": outside, "body": CLOSED})
    found = read(plan, tmp_path)[address]
    assert (found.name, found.aliases[0].lower()) == ("others", outside.lower())
    assert facts_of(plan, tmp_path, address, "network.public_endpoint", "transport.min_tls", "access.website_enabled") == (
        False, UnknownReason.NOT_COLLECTED, UnknownReason.NOT_COLLECTED,
    )  # fmt: skip


def test_an_update_that_may_be_of_any_leaves_what_it_sets_open_at_all_of_them(plan, tmp_path):
    ours = store(plan, {"properties": {"minimumTlsVersion": "TLS1_2", "publicNetworkAccess": "Enabled"}}, "o")
    later = {"resource_id": ref("local.which")}
    plan.add("azapi_update_resource", "u", {**UPDATE, "body": CLOSED}, unknown={"resource_id": True}, expressions=later)
    found = facts_of(plan, tmp_path, ours, "network.public_endpoint", "access.shared_key_enabled", "transport.min_tls")
    assert found == (UnknownReason.KNOWN_AFTER_APPLY, UnknownReason.KNOWN_AFTER_APPLY, "1.2")


def test_what_an_update_changes_is_told_with_what_was_there(plan, tmp_path):
    there = {"name": "t", "id": f"{GROUP}/providers/{STORE}/t", "public_network_access_enabled": True, "shared_access_key_enabled": False}
    account = plan.add("azurerm_storage_account", "t", there, actions=("no-op",), before=there)
    before = {**UPDATE, "resource_id": there["id"], "body": CLOSED}
    after = {**before, "body": {"properties": {**CLOSED["properties"], "allowSharedKeyAccess": True}}}
    plan.add("azapi_update_resource", "u", after, actions=("update",), before=before)
    (change,) = (one for one in collected(plan, tmp_path) if isinstance(one, Change))
    assert (change.resource, value(change.before.facts["access.shared_key_enabled"])) == (account, False)
    assert facts_of(plan, tmp_path, account, "access.shared_key_enabled", "network.public_endpoint") == (True, False)


def test_what_is_written_past_the_plan_lies_over_the_body_so_that_nothing_is_taken_for_absent(plan, tmp_path):
    address = store(plan, {"properties": {"allowedCopyScope": "AAD"}}, expressions={"sensitive_body": ref("var.x"), "body": {}})
    assert facts_of(plan, tmp_path, address, "transport.min_tls", "access.shared_key_enabled") == (UnknownReason.NOT_COLLECTED,) * 2


def arguments(fields: Iterable[Field]) -> Iterator[str]:
    for one in fields:
        yield one.argument
        yield from (f"{one.argument}.{inner}" for inner in arguments(one.parts))


def test_the_words_of_azurerm_are_its_own():
    told = [(words.type, name) for words in WORDS.values() for name in (*arguments(words.fields), *words.always, words.above or "id")]
    assert [(kind, name) for kind, name in told if name not in published()[kind]] == []
    assert {kind for words in WORDS.values() for kind in words.opens} <= set(published())
