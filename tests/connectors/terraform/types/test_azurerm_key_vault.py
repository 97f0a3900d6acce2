from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part, Seen
from tierwise.model.fact import UNLIMITED, UnknownReason
from tierwise.model.resource import Kind, Rel

VAULT, KEY, SECRET = "azurerm_key_vault", "azurerm_key_vault_key", "azurerm_key_vault_secret"
CERTIFICATE = "azurerm_key_vault_certificate"
HSM, HSM_KEY = "azurerm_key_vault_managed_hardware_security_module", "azurerm_key_vault_managed_hardware_security_module_key"
DIAGNOSTICS = "azurerm_monitor_diagnostic_setting"
TENANT, OTHER = "76a2ae5a-9f00-4f6b-95ed-5d33d77c4d61", "986c2649-c560-4f52-9830-aa67781b1b4d"
ID = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v"
FULL = {
    "name": "v", "location": "UK South", "tenant_id": TENANT, "purge_protection_enabled": True, "soft_delete_retention_days": 30,
    "public_network_access_enabled": True, "access_policy": [], "enable_rbac_authorization": None,
}  # fmt: skip
IN_VAULT = {"key_vault_id": ref(f"{VAULT}.v.id")}
_ROTATION = f"{HSM_KEY}_rotation_policy"
_AGED = {"rotation_policy": [{"expire_after": "P90D", "automatic": [{"time_before_expiry": "P30D"}]}]}
_TENANTS = {OTHER: frozenset({OTHER}), TENANT: frozenset()}
CASES = (
    Case(VAULT, "public_network_access_enabled", "network.public_endpoint", {True: True, False: False}, absent=True),
    Case(VAULT, "network_acls.0.default_action", "network.ingress_any", {"Allow": True, "Deny": False}, absent=True),
    Case(
        VAULT,
        "network_acls.0.ip_rules",
        "network.ingress_any",
        [(["0.0.0.0/0"], True), (["81.2.69.160"], False)],
        absent=False,
        bare=True,
        having={"network_acls": [{"default_action": "Deny"}]},
    ),
    Case(VAULT, "access_policy.0.tenant_id", "access.external_principals", _TENANTS, absent=frozenset(), having={"tenant_id": TENANT}),
    Case(
        "azurerm_key_vault_access_policy",
        "tenant_id",
        "access.external_principals",
        _TENANTS,
        absent=frozenset(),
        of=VAULT,
        beside={"tenant_id": TENANT},
    ),
    Case(
        VAULT,
        "access_policy.0.object_id",
        "access.external_principals",
        {OTHER: UnknownReason.OUT_OF_SCOPE},
        absent=frozenset(),
        having={"tenant_id": TENANT, "access_policy": [{"tenant_id": TENANT}]},
    ),
    Case(
        "azurerm_key_vault_access_policy",
        "object_id",
        "access.external_principals",
        {OTHER: UnknownReason.OUT_OF_SCOPE},
        absent=frozenset(),
        having={"tenant_id": TENANT},
        of=VAULT,
        beside={"tenant_id": TENANT},
    ),
    Case(VAULT, "soft_delete_retention_days", "recovery.soft_delete_days", {7: 7}, absent=90),
    Case(KEY, "key_type", "key.protection_level", {"RSA-HSM": "hsm", "RSA": "software"}, absent="software"),
    Case(KEY, "rotation_policy.0.automatic.0.time_after_creation", "key.rotation_days", {"P60D": 60}, absent=UNLIMITED),
    Case(KEY, "rotation_policy.0.automatic.0.time_before_expiry", "key.rotation_days", {"P30D": 60}, absent=UNLIMITED, having=_AGED),
    Case(KEY, "rotation_policy.0.expire_after", "key.rotation_days", {"P90D": 60}, absent=UNSAID, bare=UNLIMITED, having=_AGED),
    Case(_ROTATION, "time_after_creation", "key.rotation_days", {"P60D": 60}, absent=UNLIMITED, of=HSM_KEY),
    Case(_ROTATION, "time_before_expiry", "key.rotation_days", {"P30D": 60}, absent=UNLIMITED, having={"expire_after": "P90D"}, of=HSM_KEY),
    Case(_ROTATION, "expire_after", "key.rotation_days", {"P90D": 60}, absent=UNSAID, having={"time_before_expiry": "P30D"}, of=HSM_KEY),
    Case(
        (KEY, SECRET, CERTIFICATE),
        "key_vault_id",
        "network.public_endpoint",
        {"/vaults/of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    Case(
        HSM_KEY,
        "managed_hsm_id",
        "network.public_endpoint",
        {"/hsms/of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
)
_BY_KEY = Seen(HSM_KEY, "managed_hsm_id")
PARTS = (
    Part("azurerm_private_endpoint", HSM, {"private_service_connection": [{"is_manual_connection": False}]}, seen=_BY_KEY),
    Part(
        DIAGNOSTICS,
        HSM,
        {"enabled_log": [{"category_group": "allLogs"}], "log_analytics_workspace_id": "/workspaces/of-ours"},
        seen=_BY_KEY,
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def vault(plan, after=None, **more):
    own = {**FULL, **(after or {})}
    more.setdefault("unknown", {name: True for name in ("id", "vault_uri", "network_acls") if name not in own})
    plan.add(VAULT, "v", own, **more)


def inside(plan, kind, name="x", after=None, **more):
    plan.add(kind, name, {"name": name, **(after or {})}, unknown={"key_vault_id": True, "id": True}, expressions=IN_VAULT, **more)


def test_a_vault_its_key_and_its_secret_share_what_the_vault_decides(plan, tmp_path):
    vault(plan)
    inside(plan, KEY, after={"key_type": "RSA-HSM"})
    inside(plan, SECRET)
    inside(plan, CERTIFICATE)
    places = {VAULT: f"{VAULT}.v", **{kind: f"{kind}.x" for kind in (KEY, SECRET, CERTIFICATE)}}
    found = {kind: checked(plan, tmp_path, address) for kind, address in places.items()}
    assert [one.kind for one in found.values()] == [Kind.SECRET, Kind.KEY, Kind.SECRET, Kind.SECRET]
    for one in found.values():
        assert unsaid(one) == set()
        assert one.region == "uksouth"
        assert value(one, "network.public_endpoint") is True
        assert value(one, "network.ingress_any") is True
        assert value(one, "network.private_endpoint") is False
        assert value(one, "logging.data_read") is False
        assert value(one, "access.anonymous_read") is False
        assert value(one, "access.external_principals") == frozenset()
    assert value(found[KEY], "key.protection_level") == "hsm"
    assert value(found[KEY], "key.purge_protected") is True
    assert value(found[KEY], "key.deletion_window_days") == 30
    assert value(found[KEY], "key.state") == "enabled"
    assert value(found[KEY], "key.decrypt_named_only") is True
    assert value(found[KEY], "key.rotation_enabled") is False
    assert value(found[KEY], "key.rotation_days") == UNLIMITED
    assert value(found[SECRET], "recovery.soft_delete_days") == 30
    assert value(found[SECRET], "encryption.key_custody") == "provider-owned"


def test_what_nobody_wrote_has_the_documented_default(plan, tmp_path):
    plan.add(VAULT, "v", {"name": "v"}, unknown={"id": True, "network_acls": True})
    inside(plan, KEY, after={"key_type": "RSA"})
    one = checked(plan, tmp_path, f"{KEY}.x")
    assert value(one, "key.protection_level") == "software"
    assert value(one, "key.purge_protected") is False
    assert value(one, "key.deletion_window_days") == 90


@pytest.mark.parametrize(
    ("policy", "days"),
    [
        ({"expire_after": "P90D", "automatic": [{"time_after_creation": "P60D"}]}, 60),
        ({"expire_after": "P1Y", "automatic": [{"time_before_expiry": "P30D"}]}, 335),
        ({"expire_after": "P90D", "notify_before_expiry": "P29D", "automatic": []}, UNLIMITED),
    ],
)
def test_a_rotation_policy_gives_the_interval(plan, tmp_path, policy, days):
    vault(plan)
    inside(plan, KEY, after={"key_type": "RSA", "rotation_policy": [policy]})
    one = checked(plan, tmp_path, f"{KEY}.x")
    assert value(one, "key.rotation_enabled") is (days != UNLIMITED)
    assert value(one, "key.rotation_days") == days


def test_roles_leave_open_who_may_decrypt(plan, tmp_path):
    vault(plan, {"rbac_authorization_enabled": True})
    inside(plan, KEY, after={"key_type": "RSA"})
    assert reason(checked(plan, tmp_path, f"{KEY}.x"), "key.decrypt_named_only") is UnknownReason.NOT_COLLECTED


def test_an_access_policy_of_another_tenant_is_external(plan, tmp_path):
    vault(plan, {"access_policy": [{"tenant_id": TENANT.upper(), "object_id": None}]})
    assert value(checked(plan, tmp_path, f"{VAULT}.v"), "access.external_principals") == frozenset()
    plan.add(
        "azurerm_key_vault_access_policy", "p", {"tenant_id": OTHER, "object_id": "b"}, unknown={"key_vault_id": True}, expressions=IN_VAULT
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{VAULT}.v")
    assert value(one, "access.external_principals") == {OTHER}
    assert value(one, "access.external_conditioned") is False


def test_network_rules_and_a_closed_vault(plan, tmp_path):
    vault(plan, {"network_acls": [{"default_action": "Deny", "bypass": "AzureServices", "ip_rules": ["81.2.69.160/28"]}]})
    assert value(checked(plan, tmp_path, f"{VAULT}.v"), "network.ingress_any") is False
    plan.changes[0]["change"]["after"]["public_network_access_enabled"] = False
    one = checked(plan, tmp_path, f"{VAULT}.v")
    assert value(one, "network.public_endpoint") is False
    assert value(one, "network.private_endpoint") is True


def test_a_diagnostic_setting_records_and_links(plan, tmp_path):
    plan.add("azurerm_log_analytics_workspace", "w", {"name": "w"}, unknown={"id": True})
    vault(plan)
    inside(plan, SECRET)
    plan.add(
        DIAGNOSTICS, "d", {"enabled_log": [{"category": "AuditEvent"}]}, unknown={"target_resource_id": True, "log_analytics_workspace_id": True},
        expressions={"target_resource_id": ref(f"{VAULT}.v.id"), "log_analytics_workspace_id": ref("azurerm_log_analytics_workspace.w.id")},
    )  # fmt: skip
    for address in (f"{VAULT}.v", f"{SECRET}.x"):
        one = checked(plan, tmp_path, address)
        assert value(one, "logging.data_read") is True
        assert (Rel.LOGS_TO, "azurerm_log_analytics_workspace.w") in [(link.rel, link.to) for link in one.links]


@pytest.mark.parametrize(
    ("logs", "expected"),
    [
        ({"log": [{"category": "AuditEvent", "enabled": True}]}, True),
        ({"log": [{"category": "AuditEvent", "enabled": False}]}, False),
        ({"enabled_log": [{"category_group": "allLogs"}]}, True),
        ({"metric": [{"category": "AllMetrics"}]}, False),
    ],
)
def test_blocks_of_old_and_new_providers_name_categories(plan, tmp_path, logs, expected):
    vault(plan, {"id": ID})
    plan.add(DIAGNOSTICS, "d", {"target_resource_id": ID.lower(), **logs})
    assert value(checked(plan, tmp_path, f"{VAULT}.v"), "logging.data_read") is expected


def test_a_key_whose_vault_is_elsewhere_says_so(plan, tmp_path):
    plan.add(KEY, "x", {"name": "x", "key_type": "RSA", "key_vault_id": ID})
    one = checked(plan, tmp_path, f"{KEY}.x")
    for fact in ("key.purge_protected", "key.deletion_window_days", "network.public_endpoint", "key.decrypt_named_only"):
        assert reason(one, fact) is UnknownReason.UNRESOLVED_REFERENCE, fact
    assert value(one, "key.protection_level") == "software"


def test_a_key_of_a_managed_hsm(plan, tmp_path):
    plan.add(HSM, "h", {"name": "h", "tenant_id": TENANT, "purge_protection_enabled": True, "location": "ukwest"}, unknown={"id": True})
    plan.add(
        HSM_KEY,
        "x",
        {"name": "x", "key_type": "RSA-HSM"},
        unknown={"managed_hsm_id": True, "id": True},
        expressions={"managed_hsm_id": ref(f"{HSM}.h.id")},
    )
    one = checked(plan, tmp_path, f"{HSM_KEY}.x")
    assert unsaid(one) == set()
    assert value(one, "key.protection_level") == "hsm"
    assert value(one, "key.purge_protected") is True
    assert reason(one, "key.decrypt_named_only") is UnknownReason.NOT_COLLECTED


def test_an_existing_key_may_have_been_disabled(plan, tmp_path):
    plan.add(KEY, "x", {"name": "x", "key_type": "RSA"}, actions=("no-op",))
    assert reason(checked(plan, tmp_path, f"{KEY}.x"), "key.state") is UnknownReason.NOT_COLLECTED


def test_a_keys_url_is_an_alias_without_its_version(plan, tmp_path):
    plan.add(KEY, "x", {"name": "x", "key_type": "RSA", "id": "https://v.vault.azure.net/keys/x/0123456789abcdef"}, actions=("no-op",))
    assert "https://v.vault.azure.net/keys/x" in checked(plan, tmp_path, f"{KEY}.x").aliases


def test_what_only_apply_decides_is_unknown_and_what_is_sensitive_redacted(plan, tmp_path):
    names = ("purge_protection_enabled", "soft_delete_retention_days", "public_network_access_enabled", "network_acls")
    plan.add(VAULT, "v", {}, unknown=dict.fromkeys(names, True), expressions=dict.fromkeys(names, ref("local.x")))
    inside(plan, KEY)
    plan.changes[-1]["change"]["after_unknown"]["key_type"] = True
    one = checked(plan, tmp_path, f"{KEY}.x")
    for fact in ("key.purge_protected", "key.deletion_window_days", "network.public_endpoint", "key.protection_level"):
        assert reason(one, fact) is UnknownReason.KNOWN_AFTER_APPLY, fact
    other = PlanBuilder()
    vault(other, sensitive={"soft_delete_retention_days": True})
    assert reason(checked(other, tmp_path, f"{VAULT}.v"), "recovery.soft_delete_days") is UnknownReason.REDACTED


def test_each_vault_of_a_module_has_its_own_keys(plan, tmp_path):
    for key, days in (("UK South", 7), ("UK West", 90)):
        plan.add(VAULT, "v", {"name": key, "soft_delete_retention_days": days}, unknown={"id": True}, module="kv", module_keys=(key,))
        plan.add(KEY, "x", {"key_type": "RSA"}, unknown={"key_vault_id": True}, module="kv", module_keys=(key,), expressions=IN_VAULT)
    assert value(checked(plan, tmp_path, f'module.kv["UK South"].{KEY}.x'), "key.deletion_window_days") == 7
    assert value(checked(plan, tmp_path, f'module.kv["UK West"].{KEY}.x'), "key.deletion_window_days") == 90
