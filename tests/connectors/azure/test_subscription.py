from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import SUBSCRIPTION, TENANT, Cloud, error
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import settings, value
from tierwise.model.fact import NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

WHOLE = f"/subscriptions/{SUBSCRIPTION}"
TRAIL = f"{WHOLE}/providers/microsoft.insights/diagnosticsettings/export"
WORKSPACE = "/subscriptions/other/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/central"
PUBLIC = "/providers/Microsoft.Authorization/policyDefinitions/4fa4b6c0-31ca-4c0d-b10d-24b96f62a751"
ABOVE = "/providers/Microsoft.Management/managementGroups/departments"


def assigned(scope, definition=PUBLIC, effect="Deny", mode="Default", **more):
    parameters = {"effect": {"value": effect}} if effect else {}
    return {"properties": {"scope": scope, "policyDefinitionId": definition, "parameters": parameters, "enforcementMode": mode, **more}}


def pricing(name, tier):
    return {"name": name, "properties": {"pricingTier": tier}}


def trail(*categories):
    (found,) = settings(*({"category": one, "enabled": True} for one in categories), workspaceId=WORKSPACE)["value"]
    return {"value": [{"id": TRAIL, "name": "export", **found}]}


NETWORKS, WATCHERS = (f"{WHOLE}/providers/microsoft.network/{one}" for one in ("virtualnetworks", "networkwatchers"))
WATCHER = f"{WHOLE}/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network/networkWatchers/NetworkWatcher_uksouth"
LOGS = f"{WATCHER}/flowLogs".lower()
LOCKBOX = f"/providers/microsoft.customerlockbox/tenantoptedin/{TENANT}"
VNET = f"{WHOLE}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/records"
GUARD = f"{WHOLE}/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/app"


def subnet(name, guard=""):
    return {"id": f"{VNET}/subnets/{name}", "properties": {"networkSecurityGroup": {"id": guard}} if guard else {}}


def flow_log(target, enabled=True):
    return {"properties": {"enabled": enabled, "targetResourceId": target}}


PRICINGS, POLICIES = f"{WHOLE}/providers/microsoft.security/pricings", f"{WHOLE}/providers/microsoft.authorization/policyassignments"
DOCS = {
    f"{WHOLE}/providers/microsoft.insights/diagnosticsettings": trail("Administrative", "Security"),
    PRICINGS: {"value": [pricing("StorageAccounts", "Standard"), pricing("KeyVaults", "Free"), pricing("VirtualMachines", "Standard")]},
    POLICIES: {"value": [assigned(ABOVE)]},
    NETWORKS: {"value": [{"id": VNET, "properties": {"subnets": [subnet("app")]}}]},
    WATCHERS: {"value": [{"id": WATCHER}]},
    LOGS: {"value": [flow_log(VNET)]},
    LOCKBOX: {"isOptedIn": True},
}


@pytest.fixture
def read(collect):
    return lambda docs=None: collect(Cloud(docs={**DOCS, **(docs or {})}), ALL_FACTS)


def facts(found):
    return {name.rpartition(".")[2]: value(fact) for name, fact in found[WHOLE].facts.items()}


def test_a_subscription_is_an_account(read):
    found = read()
    account = found[WHOLE]
    assert (account.kind, account.name, account.unit) == (Kind.ACCOUNT, "records", "departments")
    wanted = {
        "public_access_blocked": True,
        "public_block_locked": True,
        "disk_encryption_default": True,
        "threat_detection": True,
        "threat_plans": frozenset({"object-store"}),
        "control_plane": True,
        "all_regions": True,
        "flow_logs": True,
        "support_access_controlled": True,
    }
    assert {name: facts(found)[name] for name in wanted} == wanted
    assert isinstance(facts(found)["root_keys"], NotApplicable)
    assert facts(found)["root_mfa"].reason is UnknownReason.NOT_SUPPORTED


def test_an_export_of_the_activity_log_is_a_trail(read):
    found = read()[TRAIL]
    assert found.kind is Kind.AUDIT_TRAIL
    assert value(found.facts["logging.control_plane"]) is True
    assert set(found.links) == {Link(Rel.LOGS_TO, WORKSPACE), Link(Rel.RECORDS, WHOLE)}
    partial = read({f"{WHOLE}/providers/microsoft.insights/diagnosticsettings": trail("Security")})[TRAIL]
    assert value(partial.facts["logging.control_plane"]) is False


@pytest.mark.parametrize(
    ("assignments", "blocked", "locked"),
    [
        ([], False, False),
        ([assigned(WHOLE)], True, False),
        ([assigned(WHOLE, effect="Audit")], False, False),
        ([assigned(WHOLE, effect="")], False, False),
        ([assigned(ABOVE, mode="DoNotEnforce")], False, False),
        ([assigned(f"{WHOLE}/resourceGroups/rg")], False, False),
        ([assigned(WHOLE, notScopes=[f"{WHOLE}/resourceGroups/rg"])], False, False),
        ([assigned(WHOLE, definition="/providers/Microsoft.Authorization/policyDefinitions/other")], False, False),
    ],
)
def test_only_a_policy_that_denies_is_a_guardrail(read, assignments, blocked, locked):
    found = facts(read({POLICIES: {"value": assignments}}))
    assert (found["public_access_blocked"], found["public_block_locked"]) == (blocked, locked)


def test_an_initiative_or_a_custom_policy_may_be_one(read):
    initiative = assigned(ABOVE, definition=f"{ABOVE}/providers/Microsoft.Authorization/policySetDefinitions/baseline")
    found = facts(read({POLICIES: {"value": [initiative]}}))
    assert isinstance(found["public_access_blocked"], Unknown)
    found = facts(read({POLICIES: {"value": [initiative, assigned(WHOLE)]}}))
    assert found["public_access_blocked"] is True
    assert isinstance(found["public_block_locked"], Unknown)


def test_without_a_plan_nothing_is_watched(read):
    found = facts(read({PRICINGS: {"value": [pricing("StorageAccounts", "Free")]}}))
    assert (found["threat_detection"], found["threat_plans"]) == (False, frozenset())


def test_trails_that_cannot_be_listed_are_a_gap(collect):
    cloud = Cloud(docs={**DOCS, f"{WHOLE}/providers/microsoft.insights/diagnosticsettings": error(403, "AuthorizationFailed")})
    assert [(gap.action, gap.kinds) for gap in collect(cloud).gaps] == [("Microsoft.Insights/diagnosticSettings/read", {Kind.AUDIT_TRAIL})]


@pytest.mark.parametrize(
    ("subnets", "logs", "kept"),
    [
        ([], [], True),
        ([subnet("app")], [], False),
        ([subnet("app")], [flow_log(VNET, enabled=False)], False),
        ([subnet("app"), subnet("db")], [flow_log(f"{VNET}/subnets/app"), flow_log(f"{VNET}/subnets/db")], True),
        ([subnet("app"), subnet("db")], [flow_log(f"{VNET}/subnets/app")], False),
        ([subnet("app", GUARD)], [flow_log(GUARD.upper())], True),
    ],
)
def test_a_network_is_logged_by_itself_or_by_each_of_its_subnets(read, subnets, logs, kept):
    networks = {"value": [{"id": VNET, "properties": {"subnets": subnets}}]}
    assert facts(read({NETWORKS: networks, LOGS: {"value": logs}}))["flow_logs"] is kept


def test_flow_logs_of_one_region_that_cannot_be_read_leave_it_open(read):
    found = facts(read({LOGS: error(403, "AuthorizationFailed")}))["flow_logs"]
    assert (found.reason, found.via.action) == (UnknownReason.PERMISSION_DENIED, "Microsoft.Network/networkWatchers/flowLogs/read")


def test_a_tenant_without_customer_lockbox_is_asked_by_nobody(read):
    assert facts(read({LOCKBOX: {"isOptedIn": False}}))["support_access_controlled"] is False
