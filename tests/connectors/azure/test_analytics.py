from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import GROUP, SUBSCRIPTION, Cloud, error, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import settings, value
from tierwise.model.fact import UNLIMITED, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

WORKSPACES, CLUSTERS, SYNAPSES = "Microsoft.OperationalInsights/workspaces", "Microsoft.Kusto/clusters", "Microsoft.Synapse/workspaces"
WORKSPACE, CLUSTER, SYNAPSE = (named(of, name).lower() for of, name in ((WORKSPACES, "central"), (CLUSTERS, "adx"), (SYNAPSES, "lake")))
TENANT = "99999999-9999-9999-9999-999999999999"
KEPT = {"retentionInDays": 90, "customerId": "44444444-4444-4444-4444-444444444444", "sku": {"name": "PerGB2018"}}
ADX = {
    "uri": "https://adx.uksouth.kusto.windows.net",
    "keyVaultProperties": {"keyName": "adx", "keyVaultUri": "https://vault.vault.azure.net/"},
    "publicNetworkAccess": "Enabled",
    "allowedIpRangeList": ["203.0.113.0/24"],
    "trustedExternalTenants": [{"value": TENANT}],
}
LAKE = {
    "publicNetworkAccess": "Enabled",
    "encryption": {"cmk": {"key": {"name": "default", "keyVaultUrl": "https://vault.vault.azure.net/keys/lake"}}},
    "azureADOnlyAuthentication": True,
}
AUDIT = {
    "properties": {
        "state": "Enabled",
        "storageEndpoint": "https://audit.blob.core.windows.net/",
        "auditActionsAndGroups": ["BATCH_COMPLETED_GROUP"],
    }
}
ROWS = [
    row(WORKSPACES, "central", KEPT),
    row(CLUSTERS, "adx", ADX, zones=["1", "2"]),
    row(SYNAPSES, "lake", LAKE),
    row(SYNAPSES, "bare", {}),
]
LOCK = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/locks"
DOCS = {
    f"{CLUSTER}/databases": {"value": [{"name": "adx/visits", "properties": {"softDeletePeriod": "P365D"}}]},
    f"{CLUSTER}/providers/microsoft.insights/diagnosticsettings": settings(
        {"category": "Query", "enabled": True}, {"category": "Command", "enabled": True}
    ),
    f"{SYNAPSE}/administrators/activedirectory": {"properties": {"administratorType": "ActiveDirectory"}},
    f"{SYNAPSE}/extendedauditingsettings/default": AUDIT,
    f"{SYNAPSE}/firewallrules": {"value": [{"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}}]},
    f"{named(SYNAPSES, 'bare')}/extendedauditingsettings/default": {"properties": {"state": "Disabled"}},
}


@pytest.fixture
def read(collect):
    def run(docs=None, rows=ROWS):
        return collect(Cloud(rows, {**DOCS, **(docs or {})}), ALL_FACTS)

    return run


def values(resource):
    return {name: value(fact) for name, fact in resource.facts.items()}


def test_a_log_analytics_workspace_is_read_whole(read):
    found = read({LOCK: {"value": [{"id": f"{GROUP}/providers/Microsoft.Authorization/locks/a", "properties": {"level": "ReadOnly"}}]}})[
        WORKSPACE
    ]
    assert found.kind is Kind.LOG_STORE
    wanted = {
        "encryption.key_custody": "provider-owned",
        "retention.log_days": 90,
        "retention.expiry_configured": True,
        "immutability.mode": "none",
        "recovery.delete_protected": True,
    }
    assert {name: values(found)[name] for name in wanted} == wanted


def test_a_workspace_on_a_cluster_may_be_under_a_key_of_the_customers(read):
    fact = read(rows=[row(WORKSPACES, "central", {**KEPT, "features": {"clusterResourceId": "/x"}})])[WORKSPACE].facts[
        "encryption.key_custody"
    ]
    assert (fact.reason, fact.between) == (UnknownReason.UNRESOLVED_REFERENCE, ("provider-owned", "customer"))


def test_a_data_explorer_cluster_is_read_whole(read):
    found = read()[CLUSTER]
    wanted = {
        "encryption.key_custody": "customer",
        "transport.min_tls": "1.2",
        "network.ingress_any": False,
        "access.external_principals": frozenset({TENANT}),
        "access.local_auth_enabled": False,
        "logging.data_read": True,
        "logging.data_write": False,
        "retention.expiry_configured": True,
        "retention.delete_after_days": 365,
        "recovery.redundancy": "multi-zone",
    }
    assert {name: values(found)[name] for name in wanted} == wanted
    assert found.evidence.description == "visits"
    assert Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/adx") in found.links


def test_rows_that_no_period_ends_are_kept_for_ever(read):
    facts = read({f"{CLUSTER}/databases": {"value": [{"name": "adx/a", "properties": {}}]}})[CLUSTER].facts
    assert (value(facts["retention.delete_after_days"]), value(facts["retention.expiry_configured"])) == (UNLIMITED, False)


def test_what_no_list_of_tenants_means_is_not_guessed(read):
    facts = read(rows=[row(CLUSTERS, "adx", {**ADX, "trustedExternalTenants": []})])[CLUSTER].facts
    assert isinstance(facts["access.external_principals"], Unknown)
    facts = read(rows=[row(CLUSTERS, "adx", {**ADX, "trustedExternalTenants": [{"value": "*"}], "allowedIpRangeList": []})])[CLUSTER].facts
    assert value(facts["access.external_principals"]) == {"*"}
    assert value(facts["network.ingress_any"]) is True


def test_a_synapse_workspace_is_read_whole(read):
    found = read()[SYNAPSE]
    wanted = {
        "encryption.key_custody": "customer",
        "network.ingress_any": True,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "logging.data_read": True,
    }
    assert {name: values(found)[name] for name in wanted} == wanted
    assert isinstance(found.facts["retention.backup_days"], NotApplicable)
    assert set(found.links) == {
        Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/lake"),
        Link(Rel.LOGS_TO, "https://audit.blob.core.windows.net"),
    }


def test_a_synapse_workspace_without_an_administrator(read):
    facts = values(
        read({f"{named(SYNAPSES, 'bare')}/administrators/activedirectory": error(404, "ResourceNotFound")})[named(SYNAPSES, "bare").lower()]
    )
    assert (facts["access.central_identity_enabled"], facts["access.local_auth_enabled"], facts["encryption.key_custody"]) == (
        False,
        True,
        "provider-owned",
    )
