from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import SUBSCRIPTION, Cloud, error, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import settings, value
from tierwise.model.fact import UNLIMITED, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

VAULTS, HSMS = "Microsoft.KeyVault/vaults", "Microsoft.KeyVault/managedHSMs"
VAULT, HSM = named(VAULTS, "vault").lower(), named(HSMS, "hsm").lower()
OWN, OTHER = "11111111-1111-1111-1111-111111111111", "99999999-9999-9999-9999-999999999999"
WORKSPACE = named("Microsoft.OperationalInsights/workspaces", "central")
SAFE = {
    "tenantId": OWN,
    "vaultUri": "https://vault.vault.azure.net/",
    "publicNetworkAccess": "Enabled",
    "networkAcls": {"defaultAction": "Deny", "ipRules": []},
    "enablePurgeProtection": True,
    "softDeleteRetentionInDays": 30,
    "accessPolicies": [{"tenantId": OWN, "objectId": "a", "permissions": {"keys": ["get", "unwrapKey"]}}],
}


def key(name, of=VAULT, **attributes):
    uri = f"https://vault.vault.azure.net:443/keys/{name}"
    return {
        "id": f"{of}/keys/{name}",
        "name": name,
        "tags": {},
        "properties": {"attributes": {"enabled": True, **attributes}, "keyUri": uri},
    }


def policy(expires=None, **trigger):
    actions = [{"trigger": trigger, "action": {"type": "Rotate"}}, {"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Notify"}}]
    return {
        "properties": {
            "kty": "RSA",
            "rotationPolicy": {"attributes": {"expiryTime": expires}, "lifetimeActions": actions if trigger else actions[1:]},
        }
    }


ROWS = [row(VAULTS, "vault", SAFE), row(HSMS, "hsm", {"tenantId": OWN, "enablePurgeProtection": True, "publicNetworkAccess": "Disabled"})]
NAMES = ("k", "records", "sql", "pg", "docs", "disks", "bus", "adx", "lake", "backup")
"""A key of its own, and those that the stores of the other tests are under."""
DOCS = {
    f"{VAULT}/keys": {"value": [key(name) for name in NAMES]},
    **{f"{VAULT}/keys/{name}": policy("P1Y", timeAfterCreate="P90D") for name in NAMES},
    f"{VAULT}/providers/microsoft.insights/diagnosticsettings": settings(
        {"category": "AuditEvent", "enabled": True}, workspaceId=WORKSPACE
    ),
    f"{HSM}/keys": {"value": [key("h", HSM, enabled=False)]},
    f"{HSM}/keys/h": {"properties": {"kty": "RSA-HSM"}},
}


@pytest.fixture
def read(collect):
    def run(properties=None, docs=None):
        return collect(
            Cloud([row(VAULTS, "vault", SAFE if properties is None else properties), ROWS[1]], {**DOCS, **(docs or {})}), ALL_FACTS
        )

    return run


def values(resource):
    return {name: value(fact) for name, fact in resource.facts.items()}


def test_a_vault_is_the_store_of_its_secrets(read):
    found = read()[VAULT]
    assert found.kind is Kind.SECRET
    facts = values(found)
    wanted = {
        "encryption.key_custody": "provider-owned",
        "network.public_endpoint": True,
        "network.ingress_any": False,
        "logging.data_read": True,
        "access.external_principals": frozenset(),
        "recovery.soft_delete_days": 30,
    }
    assert {name: facts[name] for name in wanted} == wanted
    assert found.links == (Link(Rel.LOGS_TO, WORKSPACE.lower()),)


def test_a_key_has_its_own_facts_and_those_of_its_vault(read):
    found = read()[f"{VAULT}/keys/k"]
    assert (found.kind, found.account, found.region) == (Kind.KEY, SUBSCRIPTION, "uksouth")
    facts = values(found)
    wanted = {
        "key.protection_level": "software",
        "key.rotation_enabled": True,
        "key.rotation_days": 90,
        "key.state": "enabled",
        "key.deletion_window_days": 30,
        "key.purge_protected": True,
        "key.decrypt_named_only": True,
        "key.admin_user_overlap": 0,
        "logging.data_read": True,
        "network.ingress_any": False,
    }
    assert {name: facts[name] for name in wanted} == wanted


def test_stores_find_a_key_by_its_url(read):
    assert read()[f"{VAULT}/keys/k"].aliases == ("https://vault.vault.azure.net/keys/k",)


def test_a_key_of_an_hsm(read):
    facts = values(read()[f"{HSM}/keys/h"])
    assert (facts["key.protection_level"], facts["key.state"], facts["network.public_endpoint"]) == ("hsm", "disabled", False)
    assert facts["key.rotation_days"] == UNLIMITED


def test_who_may_use_a_managed_hsm_is_not_taken_for_nobody(read):
    facts = read()[f"{HSM}/keys/h"].facts
    for name in ("access.external_principals", "key.admin_user_overlap"):
        assert isinstance(facts[name], Unknown)
        assert "roles within it" in facts[name].detail


@pytest.mark.parametrize(
    ("answer", "days"),
    [
        (policy("P1Y", timeBeforeExpiry="P30D"), 335),
        (policy("P1Y"), UNLIMITED),
        ({"properties": {"kty": "EC-HSM"}}, UNLIMITED),
    ],
)
def test_a_policy_rotates_after_a_time_or_before_an_expiry(read, answer, days):
    facts = values(read(None, {f"{VAULT}/keys/k": answer})[f"{VAULT}/keys/k"])
    assert facts["key.rotation_days"] == days
    assert facts["key.rotation_enabled"] is (days != UNLIMITED)


def test_a_policy_that_cannot_be_parsed_is_unknown(read):
    facts = read(None, {f"{VAULT}/keys/k": policy("soon", timeBeforeExpiry="P30D")})[f"{VAULT}/keys/k"].facts
    assert facts["key.rotation_days"].reason is UnknownReason.UNPARSABLE


def test_what_was_never_set_has_the_meaning_that_azure_documents(read):
    found = read({"tenantId": OWN})
    facts = values(found[f"{VAULT}/keys/k"])
    assert (facts["key.deletion_window_days"], facts["key.purge_protected"], facts["network.ingress_any"]) == (90, False, True)


def test_policies_of_another_tenant_let_it_in_unless_roles_decide(read):
    properties = {**SAFE, "accessPolicies": [{"tenantId": OTHER.upper(), "permissions": {"keys": ["All"]}}]}
    assert value(read(properties)[VAULT].facts["access.external_principals"]) == {OTHER}
    by_roles = read({**properties, "enableRbacAuthorization": True})
    assert value(by_roles[VAULT].facts["access.external_principals"]) == frozenset()
    assert isinstance(by_roles[f"{VAULT}/keys/k"].facts["key.admin_user_overlap"], Unknown)


@pytest.mark.parametrize(("permissions", "overlap"), [(["create", "decrypt"], 1), (["all"], 1), (["create"], 0), (["sign"], 0)])
def test_who_both_administers_and_uses_keys_is_counted(read, permissions, overlap):
    properties = {**SAFE, "accessPolicies": [{"tenantId": OWN, "permissions": {"keys": permissions}}]}
    assert value(read(properties)[f"{VAULT}/keys/k"].facts["key.admin_user_overlap"]) == overlap


def test_keys_that_cannot_be_listed_are_a_gap_and_the_vault_stays(collect):
    cloud = Cloud(ROWS[:1], {**DOCS, f"{VAULT}/keys": error(403, "AuthorizationFailed")})
    estate = collect(cloud, services=("keyvault",))
    assert set(estate) == {VAULT}
    (gap,) = estate.gaps
    assert (gap.action, gap.reason, gap.kinds) == ("Microsoft.KeyVault/vaults/keys/read", "permission-denied", {Kind.KEY})


def test_logs_of_a_vault_are_read_once_for_its_keys(collect):
    cloud = Cloud(ROWS[:1], {**DOCS, f"{VAULT}/keys": {"value": [key(str(number)) for number in range(5)]}})
    collect(cloud, ALL_FACTS, services=("keyvault",))
    assert cloud.asked("diagnosticsettings") == 2
