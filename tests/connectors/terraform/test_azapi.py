from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.terraform.names import published
from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tierwise.connectors.terraform.azapi import FIELDS
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.change import Change
from tierwise.model.fact import Unknown, UnknownReason
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
        (f"{STORE.upper()}/blobServices@2023-01-01", {Kind.OBJECT_STORE, Kind.FILE_SHARE}),
        ("Microsoft.KeyVault/vaults/keys@2023-07-01", {Kind.KEY, Kind.SECRET}),
        ("Microsoft.Authorization/roleAssignments@2022-04-01", {Kind.POLICY}),
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
    assert value(read(plan, tmp_path)[one].facts["access.anonymous_read"]) is False
    container = {"type": f"{STORE}/blobServices/containers@2023-01-01", "body": {"properties": {"publicAccess": "Container"}}}
    plan.add("azapi_resource", "c", container, unknown={"parent_id": True}, expressions={"parent_id": ref("azapi_resource.one.id")})
    found = read(plan, tmp_path)
    assert value(found[one].facts["access.anonymous_read"]) is UnknownReason.NOT_SUPPORTED
    assert value(found[other].facts["access.anonymous_read"]) is False
    endpoint = plan.add("azapi_resource", "e", {"type": "Microsoft.Network/privateEndpoints@2023-09-01", "parent_id": GROUP})
    assert value(read(plan, tmp_path)[other].facts["network.private_endpoint"]) is UnknownReason.NOT_SUPPORTED, endpoint
    account = plan.add("azurerm_storage_account", "rm", {"name": "rm", "allow_nested_items_to_be_public": True, "id": f"{GROUP}/rm"})
    plan.add("azapi_resource", "d", {**container, "parent_id": f"{GROUP}/rm/blobServices/default"}, expressions={"parent_id": const("x")})
    assert value(read(plan, tmp_path)[account].facts["access.anonymous_read"]) is UnknownReason.NOT_SUPPORTED


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


def test_the_words_of_azurerm_are_its_own():
    told = [(kind, field.argument) for kind, fields in FIELDS.values() for field in fields]
    assert [(kind, name) for kind, name in told if name not in published()[kind]] == []
