from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

PG_FLEXIBLE, MYSQL_FLEXIBLE = "azurerm_postgresql_flexible_server", "azurerm_mysql_flexible_server"
PG, MYSQL, MARIADB = "azurerm_postgresql_server", "azurerm_mysql_server", "azurerm_mariadb_server"
COMPUTED = dict.fromkeys(("id", "fqdn", "backup_retention_days", "authentication", "storage_mb"), True)
SINGLE = {
    "name": "s", "location": "uksouth", "ssl_enforcement_enabled": True, "ssl_minimal_tls_version_enforced": "TLS1_2",
    "public_network_access_enabled": True, "backup_retention_days": 7, "storage_mb": 5120,
}  # fmt: skip
_FLEXIBLE, _SINGLE = (PG_FLEXIBLE, MYSQL_FLEXIBLE), (PG, MYSQL, MARIADB)
_URL = "https://v.vault.azure.net/keys/ours"
_RULES = {
    PG_FLEXIBLE: f"{PG_FLEXIBLE}_firewall_rule",
    MYSQL_FLEXIBLE: f"{MYSQL_FLEXIBLE}_firewall_rule",
    PG: "azurerm_postgresql_firewall_rule",
    MYSQL: "azurerm_mysql_firewall_rule",
    MARIADB: "azurerm_mariadb_firewall_rule",
}
CASES = (
    Case((*_FLEXIBLE, *_SINGLE), "backup_retention_days", "retention.backup_days", {35: 35}, absent=7),
    Case((*_FLEXIBLE, *_SINGLE), "public_network_access_enabled", "network.public_endpoint", {True: True, False: False}, absent=True),
    Case(MYSQL_FLEXIBLE, "public_network_access", "network.public_endpoint", {"Enabled": True, "Disabled": False}, absent=True),
    Case(_FLEXIBLE, "customer_managed_key.0.key_vault_key_id", "encryption.key_custody", {_URL: "customer"}, absent="provider-owned"),
    Case(
        _FLEXIBLE,
        "delegated_subnet_id",
        "network.public_endpoint",
        {"/subnets/of-ours": False},
        absent=True,
        unknown=False,
        sensitive=False,
    ),
    Case(_FLEXIBLE, "high_availability.0.mode", "recovery.redundancy", {"ZoneRedundant": "multi-zone", "SameZone": "zone"}, absent="zone"),
    Case(_FLEXIBLE, "source_server_id", "copy-of", {"/servers/of-ours": ("/servers/of-ours",)}, absent=()),
    Case(PG_FLEXIBLE, "authentication.0.password_auth_enabled", "access.local_auth_enabled", {True: True, False: False}, absent=True),
    Case(
        PG_FLEXIBLE,
        "authentication.0.active_directory_auth_enabled",
        "access.central_identity_enabled",
        {True: True, False: False},
        absent=False,
    ),
    Case(PG_FLEXIBLE, "storage_mb", "volume.bytes", {32768: 32 * 1024**3}, absent=None),
    Case(MYSQL_FLEXIBLE, "storage.0.size_gb", "volume.bytes", {20: 20 * 1024**3}, absent=None),
    Case(_SINGLE, "ssl_enforcement_enabled", "transport.tls_required", {True: True, False: False}, absent=UNSAID),
    Case(_SINGLE, "ssl_enforcement", "transport.tls_required", {"Enabled": True, "Disabled": False}, absent=UNSAID),
    Case(
        _SINGLE, "ssl_minimal_tls_version_enforced", "transport.min_tls", {"TLS1_2": "1.2", "TLSEnforcementDisabled": "none"}, absent=UNSAID
    ),
    Case(_SINGLE, "storage_profile.0.storage_mb", "volume.bytes", {5120: 5 * 1024**3}, absent=None),
    Case(_SINGLE, "storage_mb", "volume.bytes", {5120: 5 * 1024**3}, absent=None),
    Case(_SINGLE, "creation_source_server_id", "copy-of", {"/servers/of-ours": ("/servers/of-ours",)}, absent=()),
    *(
        Case(
            kind,
            "end_ip_address",
            "network.ingress_any",
            {"255.255.255.255": True, "0.0.0.9": False},
            absent=UnknownReason.UNPARSABLE,
            having={"start_ip_address": "0.0.0.0"},
            of=of,
        )
        for of, kind in _RULES.items()
    ),
    *(
        Case(
            kind,
            "start_ip_address",
            "network.ingress_any",
            {"0.0.0.0": True, "255.255.255.0": False},
            absent=UnknownReason.UNPARSABLE,
            having={"end_ip_address": "255.255.255.255"},
            of=of,
        )
        for of, kind in _RULES.items()
    ),
    *(
        Case(
            f"{kind}_configuration",
            "value",
            "transport.tls_required",
            {"off": False, "on": True},
            absent=UnknownReason.UNPARSABLE,
            having={"name": "require_secure_transport"},
            of=kind,
        )
        for kind in _FLEXIBLE
    ),
    *(
        Case(
            f"{kind}_configuration",
            "name",
            "transport.tls_required",
            {"require_secure_transport": False, "other": True},
            absent=True,
            having={"value": "off"},
            of=kind,
        )
        for kind in _FLEXIBLE
    ),
    *(
        Case(
            f"{kind}_server_key",
            "key_vault_key_id",
            "encryption.key_custody",
            {_URL: "customer"},
            absent="provider-owned",
            of=f"{kind}_server",
        )
        for kind in ("azurerm_postgresql", "azurerm_mysql")
    ),
)
_NAMED = (
    "azurerm_mysql_flexible_database",
    f"{PG_FLEXIBLE}_database",
    *(f"azurerm_{one}_database" for one in ("postgresql", "mysql", "mariadb")),
)
_ADMINS = (
    f"{MYSQL_FLEXIBLE}_active_directory_administrator",
    *(f"azurerm_{one}_active_directory_administrator" for one in ("postgresql", "mysql")),
)
_SENT = ("azurerm_monitor_diagnostic_setting", {"enabled_log": [{"category_group": "allLogs"}]})
_AUDITING = {"name": "audit_log_events", "value": "DML"}
PARTS = (
    Part(_NAMED, having={"name": "cases"}),
    Part(_ADMINS, having={"login": "admins"}),
    Part("azurerm_postgresql_configuration", PG, {"name": "log_statement", "value": "all"}, also=(_SENT,)),
    *(
        Part(
            f"azurerm_{one}_configuration",
            f"azurerm_{one}_server",
            _AUDITING,
            also=(_SENT, (f"azurerm_{one}_configuration", {"name": "audit_log_enabled", "value": "ON"})),
        )
        for one in ("mysql", "mariadb")
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def flexible(plan, kind=PG_FLEXIBLE, after=None, **more):
    base: dict[str, object] = {
        "name": "s",
        "location": "uksouth",
        "high_availability": [],
        "customer_managed_key": [],
        "delegated_subnet_id": None,
    }
    own = {**base, **(after or {})}
    more.setdefault("unknown", {name: True for name in COMPUTED if name not in own})
    plan.add(kind, "s", own, **more)


def child(plan, kind, label, parent, **after):
    attribute = "server_id" if parent == PG_FLEXIBLE else "server_name"
    plan.add(
        kind,
        label,
        after,
        unknown={attribute: True},
        expressions={attribute: ref(f"{parent}.s.{'id' if attribute == 'server_id' else 'name'}")},
    )


def parameter(plan, name, setting, parent=PG_FLEXIBLE):
    child(plan, f"{parent}_configuration", name.replace(".", "_"), parent, name=name, value=setting)


@pytest.mark.parametrize("kind", [PG_FLEXIBLE, MYSQL_FLEXIBLE])
def test_a_flexible_server_with_the_documented_defaults(plan, tmp_path, kind):
    flexible(plan, kind)
    one = checked(plan, tmp_path, f"{kind}.s")
    assert (one.kind, one.region) == (Kind.RELATIONAL_DB, "uksouth")
    assert unsaid(one) == set()
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "transport.tls_required") is True
    assert value(one, "transport.min_tls") == "1.2"
    assert value(one, "network.public_endpoint") is True
    assert value(one, "network.ingress_any") is False
    assert value(one, "access.local_auth_enabled") is True
    assert value(one, "access.central_identity_enabled") is False
    assert value(one, "logging.data_read") is False
    assert value(one, "retention.backup_days") == 7
    assert value(one, "recovery.point_in_time") is True
    assert value(one, "recovery.redundancy") == "zone"


def test_a_flexible_server_that_is_strict(plan, tmp_path):
    plan.add("azurerm_key_vault_key", "k", {"name": "k"}, unknown={"id": True})
    after = {
        "customer_managed_key": [{}], "high_availability": [{"mode": "ZoneRedundant"}], "backup_retention_days": 35, "storage_mb": 32768,
        "authentication": [{"password_auth_enabled": False, "active_directory_auth_enabled": True}],
    }  # fmt: skip
    flexible(
        plan, after=after, unknown={"id": True, "delegated_subnet_id": True, "customer_managed_key": [{"key_vault_key_id": True}]},
        expressions={
            "delegated_subnet_id": ref("azurerm_subnet.s.id"),
            "customer_managed_key": [{"key_vault_key_id": ref("azurerm_key_vault_key.k.id")}],
        },
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{PG_FLEXIBLE}.s")
    assert value(one, "encryption.key_custody") == "customer"
    assert (Rel.USES_KEY, "azurerm_key_vault_key.k") in [(link.rel, link.to) for link in one.links]
    assert value(one, "network.public_endpoint") is False
    assert value(one, "network.private_endpoint") is True
    assert isinstance(one.facts["network.ingress_any"], NotApplicable)
    assert value(one, "access.local_auth_enabled") is False
    assert value(one, "access.central_identity_enabled") is True
    assert value(one, "retention.backup_days") == 35
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "volume.bytes") == 32 * 1024**3


def test_parameters_are_joined_by_reference(plan, tmp_path):
    flexible(plan)
    parameter(plan, "require_secure_transport", "off")
    parameter(plan, "ssl_min_protocol_version", "TLSv1.3")
    one = checked(plan, tmp_path, f"{PG_FLEXIBLE}.s")
    assert value(one, "transport.tls_required") is False
    assert value(one, "transport.min_tls") == "1.3"


def test_mysql_takes_its_lowest_version_from_a_list(plan, tmp_path):
    flexible(plan, MYSQL_FLEXIBLE)
    parameter(plan, "tls_version", "TLSv1.2,TLSv1.1", MYSQL_FLEXIBLE)
    parameter(plan, "aad_auth_only", "ON", MYSQL_FLEXIBLE)
    child(plan, f"{MYSQL_FLEXIBLE}_active_directory_administrator", "a", MYSQL_FLEXIBLE, login="dba")
    one = checked(plan, tmp_path, f"{MYSQL_FLEXIBLE}.s")
    assert value(one, "transport.min_tls") == "1.1"
    assert value(one, "access.local_auth_enabled") is False
    assert value(one, "access.central_identity_enabled") is True


def test_a_parameter_known_after_apply_is_unknown(plan, tmp_path):
    flexible(plan)
    parameter(plan, "require_secure_transport", None)
    plan.changes[-1]["change"]["after_unknown"]["value"] = True
    assert reason(checked(plan, tmp_path, f"{PG_FLEXIBLE}.s"), "transport.tls_required") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_loose_parameter_could_be_any(plan, tmp_path):
    flexible(plan)
    plan.add(
        f"{PG_FLEXIBLE}_configuration", "p", {"name": "require_secure_transport", "value": "off"}, unknown={"server_id": True},
        expressions={"server_id": ref("local.server")},
    )  # fmt: skip
    assert reason(checked(plan, tmp_path, f"{PG_FLEXIBLE}.s"), "transport.tls_required") is UnknownReason.UNRESOLVED_REFERENCE


def test_statements_are_recorded_where_pgaudit_and_a_diagnostic_setting_meet(plan, tmp_path):
    flexible(plan)
    plan.add("azurerm_log_analytics_workspace", "w", {"name": "w"}, unknown={"id": True})
    plan.add(
        "azurerm_monitor_diagnostic_setting", "d", {"enabled_log": [{"category": "PostgreSQLLogs"}]},
        unknown={"target_resource_id": True, "log_analytics_workspace_id": True},
        expressions={
            "target_resource_id": ref(f"{PG_FLEXIBLE}.s.id"), "log_analytics_workspace_id": ref("azurerm_log_analytics_workspace.w.id"),
        },
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{PG_FLEXIBLE}.s")
    assert value(one, "logging.data_read") is False, "the server writes no statements by default"
    assert (Rel.LOGS_TO, "azurerm_log_analytics_workspace.w") in [(link.rel, link.to) for link in one.links]
    parameter(plan, "shared_preload_libraries", "pg_cron,pgaudit")
    parameter(plan, "pgaudit.log", "write")
    one = checked(plan, tmp_path, f"{PG_FLEXIBLE}.s")
    assert value(one, "logging.data_read") is False
    assert value(one, "logging.data_write") is True


def test_mysql_audit_names_reads_only_for_some_events(plan, tmp_path):
    flexible(plan, MYSQL_FLEXIBLE)
    plan.add(
        "azurerm_monitor_diagnostic_setting", "d", {"enabled_log": [{"category": "MySqlAuditLogs"}]}, unknown={"target_resource_id": True},
        expressions={"target_resource_id": ref(f"{MYSQL_FLEXIBLE}.s.id")},
    )  # fmt: skip
    parameter(plan, "audit_log_enabled", "ON", MYSQL_FLEXIBLE)
    assert value(checked(plan, tmp_path, f"{MYSQL_FLEXIBLE}.s"), "logging.data_read") is False, "connections alone"
    parameter(plan, "audit_log_events", "CONNECTION,DML_NONSELECT", MYSQL_FLEXIBLE)
    one = checked(plan, tmp_path, f"{MYSQL_FLEXIBLE}.s")
    assert value(one, "logging.data_read") is False
    assert value(one, "logging.data_write") is True


def test_databases_by_name_are_evidence(plan, tmp_path):
    flexible(plan)
    child(plan, f"{PG_FLEXIBLE}_database", "d", PG_FLEXIBLE, name="housing_benefit")
    assert checked(plan, tmp_path, f"{PG_FLEXIBLE}.s").evidence.description == "housing_benefit"


def test_mysql_says_its_public_access_in_a_word(plan, tmp_path):
    plan.add(MYSQL_FLEXIBLE, "s", {"name": "s", "public_network_access": "Disabled"})
    assert value(checked(plan, tmp_path, f"{MYSQL_FLEXIBLE}.s"), "network.public_endpoint") is False


@pytest.mark.parametrize(
    ("kind", "rule"),
    [(PG, "azurerm_postgresql_firewall_rule"), (MYSQL, "azurerm_mysql_firewall_rule"), (MARIADB, "azurerm_mariadb_firewall_rule")],
)
def test_a_single_server_says_everything(plan, tmp_path, kind, rule):
    plan.add(kind, "s", SINGLE, unknown={"id": True})
    one = checked(plan, tmp_path, f"{kind}.s")
    assert unsaid(one) == set()
    assert value(one, "transport.tls_required") is True
    assert value(one, "transport.min_tls") == "1.2"
    assert value(one, "network.ingress_any") is False
    assert value(one, "access.local_auth_enabled") is True
    assert value(one, "access.central_identity_enabled") is False
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "volume.bytes") == 5 * 1024**3
    plan.add(rule, "r", {"server_name": "s", "start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"})
    assert value(checked(plan, tmp_path, f"{kind}.s"), "network.ingress_any") is True


def test_a_single_server_of_provider_two(plan, tmp_path):
    plan.add(PG, "s", {"name": "s", "ssl_enforcement": "Disabled", "ssl_minimal_tls_version_enforced": "TLSEnforcementDisabled"})
    one = checked(plan, tmp_path, f"{PG}.s")
    assert value(one, "transport.tls_required") is False
    assert value(one, "transport.min_tls") == "none"


def test_a_single_server_takes_its_key_and_its_administrator_from_resources_of_their_own(plan, tmp_path):
    plan.add(PG, "s", {**SINGLE, "id": "/subscriptions/x/servers/s"})
    plan.add(f"{PG}_key", "k", {"server_id": "/subscriptions/X/servers/s", "key_vault_key_id": "https://v.vault.azure.net/keys/k/1"})
    plan.add("azurerm_postgresql_active_directory_administrator", "a", {"server_name": "s", "login": "dba"})
    one = checked(plan, tmp_path, f"{PG}.s")
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "access.central_identity_enabled") is True
    assert (Rel.USES_KEY, "https://v.vault.azure.net/keys/k") in [(link.rel, link.to) for link in one.links]


@pytest.mark.parametrize("kind", [PG_FLEXIBLE, PG])
def test_an_existing_server_is_not_judged_by_what_is_not_in_the_plan(plan, tmp_path, kind):
    plan.add(kind, "s", {"name": "s", "id": "/subscriptions/x/servers/s"}, actions=("no-op",))
    one = checked(plan, tmp_path, f"{kind}.s")
    for fact in ("transport.tls_required", "network.ingress_any", "logging.data_read", "encryption.key_custody", "retention.backup_days"):
        assert reason(one, fact) is UnknownReason.NOT_COLLECTED, fact


def test_what_only_apply_decides_is_unknown_and_what_is_sensitive_redacted(plan, tmp_path):
    names = ("ssl_enforcement_enabled", "ssl_minimal_tls_version_enforced", "public_network_access_enabled", "backup_retention_days")
    plan.add(PG, "s", {}, unknown=dict.fromkeys(names, True), expressions=dict.fromkeys(names, ref("local.x")))
    one = checked(plan, tmp_path, f"{PG}.s")
    for fact in ("transport.tls_required", "transport.min_tls", "network.public_endpoint", "retention.backup_days"):
        assert reason(one, fact) is UnknownReason.KNOWN_AFTER_APPLY, fact
    other = PlanBuilder()
    other.add(PG, "s", SINGLE, sensitive={"ssl_enforcement_enabled": True})
    assert reason(checked(other, tmp_path, f"{PG}.s"), "transport.tls_required") is UnknownReason.REDACTED


def test_each_server_of_a_module_gets_its_own_parameters(plan, tmp_path):
    for key, setting in (("a", "off"), ("b", "on")):
        plan.add(PG_FLEXIBLE, "s", {"name": key}, unknown={"id": True}, module="pg", module_keys=(key,))
        plan.add(
            f"{PG_FLEXIBLE}_configuration", "c", {"name": "require_secure_transport", "value": setting}, unknown={"server_id": True},
            module="pg", module_keys=(key,), expressions={"server_id": ref(f"{PG_FLEXIBLE}.s.id")},
        )  # fmt: skip
    assert value(checked(plan, tmp_path, f'module.pg["a"].{PG_FLEXIBLE}.s'), "transport.tls_required") is False
    assert value(checked(plan, tmp_path, f'module.pg["b"].{PG_FLEXIBLE}.s'), "transport.tls_required") is True


def test_the_storage_of_a_mysql_server_is_given_in_a_block(plan, tmp_path):
    plan.add(MYSQL_FLEXIBLE, "m", {"name": "m", "storage": [{"size_gb": 20}]}, unknown={"id": True})
    assert value(checked(plan, tmp_path, f"{MYSQL_FLEXIBLE}.m"), "volume.bytes") == 20 * 1024**3
