from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

SERVER, DATABASE, INSTANCE = "azurerm_mssql_server", "azurerm_mssql_database", "azurerm_mssql_managed_instance"
ID = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Sql/servers/s"
MANAGED = "azurerm_mssql_managed_database"
FULL = {
    "name": "s", "location": "UK South", "minimum_tls_version": "1.2", "public_network_access_enabled": True,
    "transparent_data_encryption_key_vault_key_id": None, "azuread_administrator": [],
}  # fmt: skip
OF_SERVER = {"server_id": ref(f"{SERVER}.s.id")}
POOL = "azurerm_mssql_elasticpool"
_LEGACY, _LEGACY_DATABASE = "azurerm_sql_server", "azurerm_sql_database"
_URL = "https://v.vault.azure.net/keys/ours"
_AUDIT, _DATABASE_AUDIT = f"{SERVER}_extended_auditing_policy", f"{DATABASE}_extended_auditing_policy"
_ENDPOINT = {"https://records.blob.core.windows.net/": ("https://records.blob.core.windows.net/",)}
_SERVERS, _DATABASES = (SERVER, _LEGACY), (DATABASE, _LEGACY_DATABASE)
CASES = (
    Case(SERVER, "public_network_access_enabled", "network.public_endpoint", {True: True, False: False}, absent=True),
    Case(SERVER, "minimum_tls_version", "transport.min_tls", {"1.2": "1.2", "Disabled": "none"}, absent=UNSAID),
    Case(INSTANCE, "minimum_tls_version", "transport.min_tls", {"1.0": "1.0"}, absent="1.2"),
    Case(
        SERVER, "azuread_administrator.0.azuread_authentication_only", "access.local_auth_enabled", {True: False, False: True}, absent=True
    ),
    Case(
        INSTANCE,
        "azure_active_directory_administrator.0.azuread_authentication_only_enabled",
        "access.local_auth_enabled",
        {True: False, False: True},
        absent=True,
    ),
    Case(
        f"{INSTANCE}_active_directory_administrator",
        "azuread_authentication_only",
        "access.local_auth_enabled",
        {True: False, False: True},
        absent=True,
        of=INSTANCE,
    ),
    Case(
        "azurerm_sql_active_directory_administrator",
        "azuread_authentication_only",
        "access.local_auth_enabled",
        {True: False, False: True},
        absent=True,
        of=_LEGACY,
    ),
    Case(SERVER, "transparent_data_encryption_key_vault_key_id", "encryption.key_custody", {_URL: "customer"}, absent="provider-owned"),
    Case(
        DATABASE,
        "transparent_data_encryption_key_vault_key_id",
        "encryption.key_custody",
        {_URL: "customer"},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    *(
        Case(f"{of}_transparent_data_encryption", name, "encryption.key_custody", {_URL: "customer"}, absent="provider-owned", of=of)
        for of in (SERVER, INSTANCE)
        for name in ("key_vault_key_id", "managed_hsm_key_id")
    ),
    Case((*_SERVERS, *_DATABASES), "extended_auditing_policy.0.storage_endpoint", "logs-to", _ENDPOINT, absent=()),
    Case(_AUDIT, "storage_endpoint", "logs-to", _ENDPOINT, absent=(), of=SERVER),
    Case(_AUDIT, "enabled", "logging.data_read", {True: True, False: False}, absent=True, of=SERVER),
    Case(
        _AUDIT,
        "audit_actions_and_groups",
        "logging.data_read",
        [(["BATCH_COMPLETED_GROUP"], True), (["SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP"], False)],
        absent=True,
        of=SERVER,
    ),
    Case(_DATABASE_AUDIT, "enabled", "logging.data_read", {True: True}, absent=True, of=DATABASE),
    Case(_DATABASE_AUDIT, "storage_endpoint", "logs-to", _ENDPOINT, absent=(), of=DATABASE),
    Case(DATABASE, "transparent_data_encryption_enabled", "encryption.at_rest", {True: True, False: False}, absent=True),
    Case(DATABASE, "short_term_retention_policy.0.retention_days", "retention.backup_days", {35: 35}, absent=7),
    Case(_DATABASES, "zone_redundant", "recovery.redundancy", {True: "multi-zone", False: "zone"}, absent="zone"),
    Case(
        DATABASE,
        "elastic_pool_id",
        "recovery.redundancy",
        {"/pools/of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent="zone",
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    *(
        Case(kind, f"long_term_retention_policy.0.{name}", "retention.backup_days", {"P1Y": 365, "PT0S": 7}, absent=7)
        for kind in (DATABASE, MANAGED)
        for name in ("weekly_retention", "monthly_retention", "yearly_retention")
    ),
    Case(MANAGED, "short_term_retention_days", "retention.backup_days", {35: 35}, absent=7),
    Case(
        MANAGED,
        "managed_instance_id",
        "transport.min_tls",
        {"/instances/of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    Case(MANAGED, "point_in_time_restore.0.source_database_id", "copy-of", {"/databases/of-ours": ("/databases/of-ours",)}, absent=()),
    Case(DATABASE, "creation_source_database_id", "copy-of", {"/databases/of-ours": ("/databases/of-ours",)}, absent=()),
    Case(_LEGACY_DATABASE, "source_database_id", "copy-of", {"/databases/of-ours": ("/databases/of-ours",)}, absent=()),
    Case(INSTANCE, "public_data_endpoint_enabled", "network.public_endpoint", {True: True, False: False}, absent=False),
    Case(INSTANCE, "zone_redundant_enabled", "recovery.redundancy", {True: "multi-zone", False: "zone"}, absent="zone"),
    *(
        Case(
            f"{kind}_firewall_rule",
            "end_ip_address",
            "network.ingress_any",
            {"255.255.255.255": True, "0.0.0.9": False},
            absent=UnknownReason.UNPARSABLE,
            having={"start_ip_address": "0.0.0.0"},
            of=f"{kind}_server",
        )
        for kind in ("azurerm_mssql", "azurerm_sql")
    ),
    *(
        Case(
            f"{kind}_firewall_rule",
            "start_ip_address",
            "network.ingress_any",
            {"0.0.0.0": True, "255.255.255.0": False},
            absent=UnknownReason.UNPARSABLE,
            having={"end_ip_address": "255.255.255.255"},
            of=f"{kind}_server",
        )
        for kind in ("azurerm_mssql", "azurerm_sql")
    ),
    Case(
        DATABASE,
        "server_id",
        "access.local_auth_enabled",
        {"/servers/of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    Case(
        _LEGACY_DATABASE,
        "server_name",
        "access.local_auth_enabled",
        {"server-of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
)
PARTS = (Part(_AUDIT, _LEGACY), Part(_DATABASE_AUDIT, (DATABASE, _LEGACY_DATABASE)))


@pytest.fixture
def plan():
    return PlanBuilder()


def server(plan, after=None, **more):
    more.setdefault("unknown", {"id": True})
    plan.add(SERVER, "s", {**FULL, **(after or {})}, **more)


def database(plan, after=None, **more):
    more.setdefault("expressions", OF_SERVER)
    base = {"name": "people", "transparent_data_encryption_enabled": True, "zone_redundant": None}
    plan.add(DATABASE, "d", {**base, **(after or {})}, unknown={"server_id": True, "id": True, **more.pop("unknown", {})}, **more)


def of_server(plan, kind, name, after, **more):
    plan.add(kind, name, after, unknown={"server_id": True}, expressions={**OF_SERVER, **more})


def test_a_server_and_its_database_with_the_documented_defaults(plan, tmp_path):
    server(plan)
    database(plan)
    above = checked(plan, tmp_path, f"{SERVER}.s")
    one = checked(plan, tmp_path, f"{DATABASE}.d")
    for each in (above, one):
        assert (each.kind, each.region) == (Kind.RELATIONAL_DB, "uksouth")
        assert unsaid(each) == set()
        assert value(each, "encryption.at_rest") is True
        assert value(each, "encryption.key_custody") == "provider-owned"
        assert value(each, "transport.tls_required") is True
        assert value(each, "transport.min_tls") == "1.2"
        assert value(each, "network.public_endpoint") is True
        assert value(each, "network.ingress_any") is False, "no rule admits anyone"
        assert value(each, "network.private_endpoint") is False
        assert value(each, "access.local_auth_enabled") is True
        assert value(each, "access.central_identity_enabled") is False
        assert value(each, "logging.data_read") is False
        assert value(each, "recovery.delete_protected") is False
    assert isinstance(above.facts["retention.backup_days"], NotApplicable)
    assert value(one, "retention.backup_days") == 7
    assert value(one, "recovery.point_in_time") is True
    assert value(one, "recovery.redundancy") == "zone"
    assert [(link.rel, link.to) for link in one.links] == [(Rel.MEMBER_OF, f"{SERVER}.s")]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [("0.0.0.0", "0.0.0.0", True), ("0.0.0.0", "255.255.255.255", True), ("81.2.69.160", "81.2.69.175", False)],
)  # fmt: skip
def test_a_firewall_rule_opens_the_server_and_its_databases(plan, tmp_path, start, end, expected):
    server(plan)
    database(plan)
    of_server(plan, "azurerm_mssql_firewall_rule", "r", {"start_ip_address": start, "end_ip_address": end})
    assert value(checked(plan, tmp_path, f"{SERVER}.s"), "network.ingress_any") is expected
    assert value(checked(plan, tmp_path, f"{DATABASE}.d"), "network.ingress_any") is expected


def test_half_of_the_internet_is_not_the_internet_and_both_halves_are(plan, tmp_path):
    server(plan)
    of_server(plan, "azurerm_mssql_firewall_rule", "low", {"start_ip_address": "0.0.0.0", "end_ip_address": "127.255.255.255"})
    assert value(checked(plan, tmp_path, f"{SERVER}.s"), "network.ingress_any") is False
    of_server(plan, "azurerm_mssql_firewall_rule", "high", {"start_ip_address": "128.0.0.0", "end_ip_address": "255.255.255.255"})
    assert value(checked(plan, tmp_path, f"{SERVER}.s"), "network.ingress_any") is True


def test_a_server_that_is_closed_has_no_ingress(plan, tmp_path):
    server(plan, {"public_network_access_enabled": False})
    one = checked(plan, tmp_path, f"{SERVER}.s")
    assert value(one, "network.public_endpoint") is False
    assert isinstance(one.facts["network.ingress_any"], NotApplicable)
    assert value(one, "network.private_endpoint") is True


def test_entra_only_closes_local_logins(plan, tmp_path):
    server(plan, {"azuread_administrator": [{"login_username": "dba", "azuread_authentication_only": True}]})
    one = checked(plan, tmp_path, f"{SERVER}.s")
    assert value(one, "access.local_auth_enabled") is False
    assert value(one, "access.central_identity_enabled") is True


def test_auditing_of_the_server_counts_for_its_databases(plan, tmp_path):
    server(plan)
    database(plan)
    plan.add("azurerm_storage_account", "logs", {"name": "logs"}, unknown={"primary_blob_endpoint": True})
    of_server(
        plan, f"{SERVER}_extended_auditing_policy", "a", {"enabled": True},
        storage_endpoint=ref("azurerm_storage_account.logs.primary_blob_endpoint"),
    )  # fmt: skip
    plan.changes[-1]["change"]["after_unknown"]["storage_endpoint"] = True
    one = checked(plan, tmp_path, f"{DATABASE}.d")
    assert value(one, "logging.data_read") is True
    assert value(one, "logging.data_write") is True
    assert (Rel.LOGS_TO, "azurerm_storage_account.logs") in [(link.rel, link.to) for link in one.links]
    plan.changes[-1]["change"]["after"]["enabled"] = False
    assert value(checked(plan, tmp_path, f"{DATABASE}.d"), "logging.data_read") is False


def test_auditing_of_logins_alone_records_no_reads(plan, tmp_path):
    server(plan)
    groups = ["FAILED_DATABASE_AUTHENTICATION_GROUP"]
    of_server(plan, f"{SERVER}_extended_auditing_policy", "a", {"enabled": True, "audit_actions_and_groups": groups})
    assert value(checked(plan, tmp_path, f"{SERVER}.s"), "logging.data_read") is False


def test_a_customers_key_stands_on_the_server_apart_or_on_the_database(plan, tmp_path):
    plan.add("azurerm_key_vault_key", "k", {"name": "k"}, unknown={"id": True})
    server(plan)
    database(plan)
    of_server(plan, f"{SERVER}_transparent_data_encryption", "t", {}, key_vault_key_id=ref("azurerm_key_vault_key.k.id"))
    plan.changes[-1]["change"]["after_unknown"]["key_vault_key_id"] = True
    for address in (f"{SERVER}.s", f"{DATABASE}.d"):
        one = checked(plan, tmp_path, address)
        assert value(one, "encryption.key_custody") == "customer"
        assert (Rel.USES_KEY, "azurerm_key_vault_key.k") in [(link.rel, link.to) for link in one.links]
    other = PlanBuilder()
    server(other)
    database(other, {"transparent_data_encryption_key_vault_key_id": "https://v.vault.azure.net/keys/k/0123456789abcdef"})
    assert value(checked(other, tmp_path, f"{SERVER}.s"), "encryption.key_custody") == "provider-owned"
    one = checked(other, tmp_path, f"{DATABASE}.d")
    assert value(one, "encryption.key_custody") == "customer"
    assert (Rel.USES_KEY, "https://v.vault.azure.net/keys/k") in [(link.rel, link.to) for link in one.links]


def test_a_database_without_encryption_has_no_key(plan, tmp_path):
    server(plan)
    database(plan, {"transparent_data_encryption_enabled": False})
    one = checked(plan, tmp_path, f"{DATABASE}.d")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)


def test_a_database_says_its_backups_and_its_zones(plan, tmp_path):
    server(plan)
    database(plan, {"short_term_retention_policy": [{"retention_days": 35}], "zone_redundant": True})
    one = checked(plan, tmp_path, f"{DATABASE}.d")
    assert value(one, "retention.backup_days") == 35
    assert value(one, "recovery.redundancy") == "multi-zone"


def test_a_database_of_a_pool_has_the_zones_of_the_pool(plan, tmp_path):
    server(plan)
    database(plan, {"elastic_pool_id": "/subscriptions/x/elasticPools/p"})
    assert reason(checked(plan, tmp_path, f"{DATABASE}.d"), "recovery.redundancy") is UnknownReason.UNRESOLVED_REFERENCE


def test_a_pool_of_the_plan_says_its_zones(plan, tmp_path):
    server(plan)
    plan.add(POOL, "p", {"name": "p", "zone_redundant": True}, unknown={"id": True})
    database(plan, unknown={"elastic_pool_id": True}, expressions={**OF_SERVER, "elastic_pool_id": ref(f"{POOL}.p.id")})
    assert value(checked(plan, tmp_path, f"{DATABASE}.d"), "recovery.redundancy") == "multi-zone"
    other = PlanBuilder()
    server(other)
    other.add(POOL, "p", {"name": "p"}, unknown={"id": True, "zone_redundant": True}, expressions={"zone_redundant": ref("local.open")})
    database(other, unknown={"elastic_pool_id": True}, expressions={**OF_SERVER, "elastic_pool_id": ref(f"{POOL}.p.id")})
    assert reason(checked(other, tmp_path, f"{DATABASE}.d"), "recovery.redundancy") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_managed_database_has_what_its_instance_decides(plan, tmp_path):
    plan.add("azurerm_key_vault_key", "k", {"name": "k"}, unknown={"id": True})
    plan.add(INSTANCE, "i", {"name": "i", "location": "UK South", "zone_redundant_enabled": True}, unknown={"id": True})
    for kind, attribute, target in (
        (f"{INSTANCE}_transparent_data_encryption", "key_vault_key_id", "azurerm_key_vault_key.k.id"),
        (MANAGED, "name", ""),
    ):
        named = {"managed_instance_id": ref(f"{INSTANCE}.i.id")} | ({attribute: ref(target)} if target else {})
        plan.add(kind, "d", {} if target else {"name": "people"}, unknown=dict.fromkeys(named, True), expressions=named)
    one = checked(plan, tmp_path, f"{MANAGED}.d")
    assert (one.kind, one.region, one.name) == (Kind.RELATIONAL_DB, "uksouth", "people")
    assert unsaid(one) == set()
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "transport.min_tls") == "1.2"
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "retention.backup_days") == 7
    found = {(link.rel, link.to) for link in one.links}
    assert found == {(Rel.MEMBER_OF, f"{INSTANCE}.i"), (Rel.USES_KEY, "azurerm_key_vault_key.k")}


def test_a_managed_database_whose_instance_is_elsewhere_says_so(plan, tmp_path):
    plan.add(MANAGED, "d", {"name": "people", "managed_instance_id": "/subscriptions/x/managedInstances/i"})
    one = checked(plan, tmp_path, f"{MANAGED}.d")
    assert unsaid(one) == set()
    for fact in ("encryption.key_custody", "network.public_endpoint", "access.local_auth_enabled", "logging.data_read"):
        assert reason(one, fact) is UnknownReason.UNRESOLVED_REFERENCE, fact


def test_a_database_whose_server_is_elsewhere_says_so(plan, tmp_path):
    database(plan, {"server_id": ID}, expressions={})
    one = checked(plan, tmp_path, f"{DATABASE}.d")
    for fact in (
        "transport.tls_required",
        "network.public_endpoint",
        "network.ingress_any",
        "access.local_auth_enabled",
        "logging.data_read",
    ):
        assert reason(one, fact) is UnknownReason.UNRESOLVED_REFERENCE, fact


def test_a_database_is_joined_by_value_and_is_a_copy_of_its_source(plan, tmp_path):
    server(plan, {"id": ID.upper()}, unknown={})
    plan.add(
        DATABASE, "d", {"name": "copy", "server_id": ID, "create_mode": "Copy", "creation_source_database_id": f"{ID}/databases/people"}
    )
    one = checked(plan, tmp_path, f"{DATABASE}.d")
    assert value(one, "transport.min_tls") == "1.2"
    assert one.account == "11111111-2222-3333-4444-555555555555"
    assert (Rel.COPY_OF, f"{ID}/databases/people") in [(link.rel, link.to) for link in one.links]


def test_a_lock_on_the_resource_group_protects_from_deletion(plan, tmp_path):
    plan.add("azurerm_resource_group", "rg", {"name": "rg"}, unknown={"id": True})
    server(plan, {"resource_group_name": "rg"})
    database(plan)
    assert value(checked(plan, tmp_path, f"{DATABASE}.d"), "recovery.delete_protected") is False
    plan.add(
        "azurerm_management_lock", "l", {"lock_level": "CanNotDelete"}, unknown={"scope": True},
        expressions={"scope": ref("azurerm_resource_group.rg.id")},
    )  # fmt: skip
    assert value(checked(plan, tmp_path, f"{DATABASE}.d"), "recovery.delete_protected") is True
    assert value(checked(plan, tmp_path, f"{SERVER}.s"), "recovery.delete_protected") is True


def test_what_only_apply_decides_is_unknown_and_what_is_sensitive_redacted(plan, tmp_path):
    names = (
        "minimum_tls_version",
        "public_network_access_enabled",
        "azuread_administrator",
        "transparent_data_encryption_key_vault_key_id",
    )
    plan.add(SERVER, "s", {}, unknown=dict.fromkeys(names, True), expressions=dict.fromkeys(names, ref("local.x")))
    one = checked(plan, tmp_path, f"{SERVER}.s")
    for fact in ("transport.min_tls", "network.public_endpoint", "access.local_auth_enabled", "encryption.key_custody"):
        assert reason(one, fact) is UnknownReason.KNOWN_AFTER_APPLY, fact
    other = PlanBuilder()
    server(other, sensitive={"minimum_tls_version": True})
    assert reason(checked(other, tmp_path, f"{SERVER}.s"), "transport.min_tls") is UnknownReason.REDACTED


def test_an_existing_server_is_not_judged_by_what_is_not_in_the_plan(plan, tmp_path):
    plan.add(SERVER, "s", {"name": "s", "id": ID}, actions=("no-op",))
    one = checked(plan, tmp_path, f"{SERVER}.s")
    for fact in (
        "network.ingress_any",
        "logging.data_read",
        "access.local_auth_enabled",
        "recovery.delete_protected",
        "encryption.key_custody",
    ):
        assert reason(one, fact) is UnknownReason.NOT_COLLECTED, fact


def test_the_retired_types_are_joined_by_name(plan, tmp_path):
    plan.add("azurerm_sql_server", "s", {"name": "old", "location": "westeurope"}, unknown={"id": True})
    plan.add("azurerm_sql_database", "d", {"name": "people", "server_name": "old"})
    plan.add("azurerm_sql_firewall_rule", "r", {"server_name": "old", "start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"})
    plan.add("azurerm_sql_active_directory_administrator", "a", {"server_name": "old", "login": "dba"})
    one = checked(plan, tmp_path, "azurerm_sql_database.d")
    assert value(one, "network.ingress_any") is True
    assert value(one, "access.central_identity_enabled") is True
    assert value(one, "access.local_auth_enabled") is True
    assert reason(one, "transport.min_tls") is UnknownReason.NOT_SUPPORTED
    assert one.region == "westeurope"


def test_each_server_of_a_module_gets_its_own_children(plan, tmp_path):
    for key, end in (("a", "0.0.0.0"), ("b", "81.2.69.1")):
        plan.add(SERVER, "s", FULL, unknown={"id": True}, module="data", module_keys=(key,))
        plan.add(
            "azurerm_mssql_firewall_rule", "r", {"start_ip_address": "0.0.0.0" if key == "a" else end, "end_ip_address": end},
            unknown={"server_id": True}, module="data", module_keys=(key,), expressions=OF_SERVER,
        )  # fmt: skip
    assert value(checked(plan, tmp_path, f'module.data["a"].{SERVER}.s'), "network.ingress_any") is True
    assert value(checked(plan, tmp_path, f'module.data["b"].{SERVER}.s'), "network.ingress_any") is False


def test_a_managed_instance_is_private_unless_it_asks_otherwise(plan, tmp_path):
    plan.add(INSTANCE, "m", {"name": "m", "minimum_tls_version": "1.2", "zone_redundant_enabled": True, "subnet_id": "/subnets/x"})
    one = checked(plan, tmp_path, f"{INSTANCE}.m")
    assert unsaid(one) == set()
    assert value(one, "network.public_endpoint") is False
    assert value(one, "network.private_endpoint") is True
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "access.local_auth_enabled") is True
    plan.changes[0]["change"]["after"]["public_data_endpoint_enabled"] = True
    one = checked(plan, tmp_path, f"{INSTANCE}.m")
    assert value(one, "network.public_endpoint") is True
    assert reason(one, "network.ingress_any") is UnknownReason.NOT_COLLECTED


def test_a_managed_instance_with_entra_only_and_its_own_key(plan, tmp_path):
    plan.add(INSTANCE, "m", {"name": "m", "id": "/subscriptions/x/m"})
    plan.add(
        f"{INSTANCE}_active_directory_administrator",
        "a",
        {"managed_instance_id": "/subscriptions/x/m", "azuread_authentication_only": True},
    )
    plan.add(
        f"{INSTANCE}_transparent_data_encryption", "t",
        {"managed_instance_id": "/subscriptions/x/m", "key_vault_key_id": "https://v.vault.azure.net/keys/k/1"},
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{INSTANCE}.m")
    assert value(one, "access.local_auth_enabled") is False
    assert value(one, "encryption.key_custody") == "customer"


def test_a_managed_instance_with_an_administrator_inline_of_provider_4(plan, tmp_path):
    inline = {"azure_active_directory_administrator": [{"azuread_authentication_only_enabled": True}]}
    plan.add(INSTANCE, "m", {"name": "m", **inline})
    one = checked(plan, tmp_path, f"{INSTANCE}.m")
    assert value(one, "access.local_auth_enabled") is False
    assert value(one, "access.central_identity_enabled") is True
    plan.changes[0]["change"]["after"]["azure_active_directory_administrator"][0]["azuread_authentication_only_enabled"] = None
    assert value(checked(plan, tmp_path, f"{INSTANCE}.m"), "access.local_auth_enabled") is True
