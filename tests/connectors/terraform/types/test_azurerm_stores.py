from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part, Seen, plain
from tierwise.model.fact import UNLIMITED, NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

COSMOS, REDIS, DISK, SNAPSHOT = "azurerm_cosmosdb_account", "azurerm_redis_cache", "azurerm_managed_disk", "azurerm_snapshot"
RECOVERY, BACKUP, LOGS = "azurerm_recovery_services_vault", "azurerm_data_protection_backup_vault", "azurerm_log_analytics_workspace"
HUBS, BUS, QUEUE = "azurerm_eventhub_namespace", "azurerm_servicebus_namespace", "azurerm_servicebus_queue"
KUSTO, SYNAPSE, REGISTRY, KEY = "azurerm_kusto_cluster", "azurerm_synapse_workspace", "azurerm_container_registry", "azurerm_key_vault_key"
DIAGNOSTICS = "azurerm_monitor_diagnostic_setting"
POOL, ENTERPRISE, MANAGED = "azurerm_synapse_sql_pool", "azurerm_redis_enterprise_cluster", "azurerm_managed_redis"
KINDS = {
    COSMOS: Kind.DOCUMENT_DB, REDIS: Kind.CACHE, DISK: Kind.BLOCK_VOLUME, SNAPSHOT: Kind.SNAPSHOT, RECOVERY: Kind.BACKUP_VAULT,
    BACKUP: Kind.BACKUP_VAULT, LOGS: Kind.LOG_STORE, HUBS: Kind.STREAM, BUS: Kind.QUEUE, KUSTO: Kind.WAREHOUSE, SYNAPSE: Kind.WAREHOUSE,
    REGISTRY: Kind.REGISTRY, ENTERPRISE: Kind.CACHE, MANAGED: Kind.CACHE,
}  # fmt: skip
PLACE = {"geo_location": [{"location": "uksouth", "zone_redundant": False}]}
_NAMESPACES = (HUBS, BUS)
_PUBLIC = (COSMOS, REDIS, HUBS, BUS, KUSTO, SYNAPSE)
_URL = "https://v.vault.azure.net/keys/ours"
_OURS = {_URL: "customer"}
_PERIODIC = {"backup": [{"type": "Periodic"}]}
_SNAPSHOTS = {"redis_configuration": [{"rdb_backup_enabled": True, "rdb_backup_frequency": 1440, "rdb_backup_max_snapshot_count": 7}]}
_CONTAINER = "azurerm_cosmosdb_sql_container"
_DATABASE = "azurerm_redis_enterprise_database"
_CLUSTER, _URL = "azurerm_log_analytics_cluster", "https://v.vault.azure.net/keys/ours"
CASES = (
    Case(
        "azurerm_cosmosdb_sql_role_assignment",
        "principal_id",
        "access.external_principals",
        {"5d1f6a0c-64ab-4a0c-8a4f-0f4f0c9a1b11": UnknownReason.OUT_OF_SCOPE},
        absent=frozenset(),
        of=COSMOS,
    ),
    Case(_PUBLIC, "public_network_access_enabled", "network.public_endpoint", {True: True, False: False}, absent=True, having=PLACE),
    Case(RECOVERY, "public_network_access_enabled", "network.public_endpoint", {True: True, False: False}, absent=True),
    Case(COSMOS, "key_vault_key_id", "encryption.key_custody", _OURS, absent="provider-owned"),
    Case(COSMOS, "minimal_tls_version", "transport.min_tls", {"Tls12": "1.2", "Tls": "1.0"}, absent="1.2"),
    Case(COSMOS, "local_authentication_disabled", "access.shared_key_enabled", {True: False, False: True}, absent=True),
    Case(COSMOS, "kind", "access.central_identity_enabled", {"MongoDB": False, "GlobalDocumentDB": True}, absent=True),
    Case(
        COSMOS, "capabilities.0.name", "access.central_identity_enabled", {"EnableCassandra": False, "EnableServerless": True}, absent=True
    ),
    Case(
        COSMOS,
        "ip_range_filter",
        "network.ingress_any",
        [(["81.2.69.160"], False), (["0.0.0.0"], True), (["0.0.0.0/1"], False), (["0.0.0.0/1", "128.0.0.0/1"], True)],
        absent=True,
    ),
    Case(COSMOS, "is_virtual_network_filter_enabled", "network.ingress_any", {True: False, False: True}, absent=True),
    Case(COSMOS, "virtual_network_rule", "network.ingress_any", [([{"id": "/subnets/s"}], False), ([], True)], absent=True),
    Case(COSMOS, "backup.0.type", "recovery.point_in_time", {"Continuous": True, "Periodic": False}, absent=False),
    Case(COSMOS, "backup.0.retention_in_hours", "retention.backup_days", {720: 30}, absent=8 / 24, having=_PERIODIC),
    Case(
        COSMOS,
        "backup.0.tier",
        "retention.backup_days",
        {"Continuous7Days": 7},
        absent=30,
        bare=8 / 24,
        having={"backup": [{"type": "Continuous"}]},
    ),
    Case(COSMOS, "geo_location.0.zone_redundant", "recovery.redundancy", {True: "multi-zone", False: "zone"}, absent="zone", bare=UNSAID),
    Case(_CONTAINER, "default_ttl", "retention.delete_after_days", {86400: 1, -1: UNLIMITED}, absent=UNLIMITED, of=COSMOS),
    Case(
        "azurerm_cosmosdb_gremlin_graph",
        "default_ttl",
        "retention.delete_after_days",
        {86400: 1, -1: UNLIMITED},
        absent=UNLIMITED,
        of=COSMOS,
    ),
    Case(
        "azurerm_cosmosdb_mongo_collection",
        "default_ttl_seconds",
        "retention.delete_after_days",
        {86400: 1, -1: UNLIMITED},
        absent=UNLIMITED,
        of=COSMOS,
    ),
    Case(REDIS, "non_ssl_port_enabled", "transport.tls_required", {True: False, False: True}, absent=True),
    Case(REDIS, "enable_non_ssl_port", "transport.tls_required", {True: False, False: True}, absent=True),
    Case(REDIS, "minimum_tls_version", "transport.min_tls", {"1.2": "1.2"}, absent=UNSAID),
    Case(REDIS, "subnet_id", "network.public_endpoint", {"/subnets/of-ours": False}, absent=True, unknown=False, sensitive=False),
    Case(REDIS, "access_keys_authentication_enabled", "access.shared_key_enabled", {True: True, False: False}, absent=True),
    Case(
        REDIS,
        "redis_configuration.0.active_directory_authentication_enabled",
        "access.central_identity_enabled",
        {True: True, False: False},
        absent=False,
    ),
    Case(REDIS, "redis_configuration.0.rdb_backup_enabled", "retention.backup_days", {True: 7, False: 0}, absent=0, having=_SNAPSHOTS),
    Case(REDIS, "redis_configuration.0.rdb_backup_frequency", "retention.backup_days", {1440: 7, 720: 3.5}, absent=0, having=_SNAPSHOTS),
    Case(
        REDIS, "redis_configuration.0.rdb_backup_max_snapshot_count", "retention.backup_days", {7: 7}, absent=1, bare=0, having=_SNAPSHOTS
    ),
    Case((REDIS, KUSTO, ENTERPRISE), "zones", "recovery.redundancy", [(["1", "2"], "multi-zone"), (["1"], "zone")], absent="zone"),
    Case(
        "azurerm_redis_firewall_rule",
        "end_ip",
        "network.ingress_any",
        {"255.255.255.255": True, "0.0.0.9": False},
        absent=UnknownReason.UNPARSABLE,
        having={"start_ip": "0.0.0.0"},
        of=REDIS,
    ),
    Case(
        "azurerm_redis_firewall_rule",
        "start_ip",
        "network.ingress_any",
        {"0.0.0.0": True, "255.255.255.0": False},
        absent=UnknownReason.UNPARSABLE,
        having={"end_ip": "255.255.255.255"},
        of=REDIS,
    ),
    Case(ENTERPRISE, "minimum_tls_version", "transport.min_tls", {"1.0": "1.0", "1.2": "1.2"}, absent="1.2"),
    Case(_DATABASE, "client_protocol", "transport.tls_required", {"Encrypted": True, "Plaintext": False}, absent=True, of=ENTERPRISE),
    Case(MANAGED, "customer_managed_key.0.key_vault_key_id", "encryption.key_custody", _OURS, absent="provider-owned"),
    Case(MANAGED, "public_network_access", "network.public_endpoint", {"Enabled": True, "Disabled": False}, absent=True),
    Case(MANAGED, "high_availability_enabled", "recovery.redundancy", {False: "zone", True: UNSAID}, absent=UNSAID),
    Case(
        MANAGED,
        "default_database.0.client_protocol",
        "transport.tls_required",
        {"Encrypted": True, "Plaintext": False},
        absent=True,
        bare=UNSAID,
    ),
    Case(
        MANAGED,
        "default_database.0.access_keys_authentication_enabled",
        "access.shared_key_enabled",
        {True: True, False: False},
        absent=False,
        bare=UNSAID,
    ),
    Case(DISK, "disk_encryption_set_id", "encryption.key_custody", {"/diskEncryptionSets/ours": "customer"}, absent="provider-owned"),
    Case(
        DISK,
        "secure_vm_disk_encryption_set_id",
        "encryption.key_custody",
        {"/diskEncryptionSets/ours": "customer"},
        absent="provider-owned",
    ),
    Case(
        DISK, "network_access_policy", "network.public_endpoint", {"AllowAll": True, "DenyAll": False, "AllowPrivate": False}, absent=True
    ),
    Case(DISK, "public_network_access_enabled", "network.public_endpoint", {True: True, False: False}, absent=True),
    Case((DISK, SNAPSHOT), "source_resource_id", "copy-of", {"/disks/of-ours": ("/disks/of-ours",)}, absent=()),
    Case((DISK, SNAPSHOT), "source_uri", "copy-of", {"https://a/vhds/of-ours": ("https://a/vhds/of-ours",)}, absent=()),
    Case(
        (RECOVERY, BACKUP),
        "immutability",
        "immutability.mode",
        {"Locked": "compliance", "Unlocked": "governance", "Disabled": "none"},
        absent="none",
    ),
    Case(RECOVERY, "encryption.0.key_id", "encryption.key_custody", _OURS, absent="provider-owned"),
    Case(f"{BACKUP}_customer_managed_key", "key_vault_key_id", "encryption.key_custody", _OURS, absent="provider-owned", of=BACKUP),
    Case(LOGS, "retention_in_days", "retention.log_days", {365: 365}, absent=30),
    Case(
        "azurerm_log_analytics_linked_service",
        "write_access_id",
        "encryption.key_custody",
        {"/clusters/of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent="provider-owned",
        of=LOGS,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    Case(_NAMESPACES, "minimum_tls_version", "transport.min_tls", {"1.2": "1.2"}, absent=UNSAID),
    Case(HUBS, "local_authentication_enabled", "access.shared_key_enabled", {True: True, False: False}, absent=True),
    Case(BUS, "local_auth_enabled", "access.shared_key_enabled", {True: True, False: False}, absent=True),
    Case(HUBS, "network_rulesets.0.default_action", "network.ingress_any", {"Allow": True, "Deny": False}, absent=True),
    Case(
        HUBS,
        "network_rulesets.0.ip_rule.0.ip_mask",
        "network.ingress_any",
        {"0.0.0.0/0": True, "81.2.69.160": False},
        absent=False,
        bare=[True, False],
        having={"network_rulesets": [{"default_action": "Deny"}]},
    ),
    Case(BUS, "network_rule_set.0.default_action", "network.ingress_any", {"Allow": True, "Deny": False}, absent=True),
    Case(
        BUS,
        "network_rule_set.0.ip_rules",
        "network.ingress_any",
        [(["0.0.0.0/0"], True), (["81.2.69.160"], False)],
        absent=False,
        bare=True,
        having={"network_rule_set": [{"default_action": "Deny"}]},
    ),
    Case(f"{BUS}_network_rule_set", "default_action", "network.ingress_any", {"Allow": True, "Deny": False}, absent=True, of=BUS),
    Case(
        f"{BUS}_network_rule_set",
        "ip_rules",
        "network.ingress_any",
        [(["0.0.0.0/0"], True), (["81.2.69.160"], False)],
        absent=False,
        having={"default_action": "Deny"},
        of=BUS,
    ),
    Case(BUS, "customer_managed_key.0.key_vault_key_id", "encryption.key_custody", _OURS, absent="provider-owned"),
    Case(f"{BUS}_customer_managed_key", "key_vault_key_id", "uses-key", {_URL: (_URL,)}, absent=(), of=BUS),
    Case(f"{HUBS}_customer_managed_key", "key_vault_key_ids", "uses-key", [([_URL], (_URL,))], absent=(), of=HUBS),
    Case("azurerm_eventhub", "message_retention", "retention.delete_after_days", {7: 7}, absent=UNSAID, of=HUBS),
    Case(QUEUE, "default_message_ttl", "retention.delete_after_days", {"P7D": 7}, absent=UNLIMITED),
    Case(KUSTO, "allowed_ip_ranges", "network.ingress_any", [(["81.2.69.160"], False), (["0.0.0.0/0"], True)], absent=True),
    Case(
        KUSTO,
        "trusted_external_tenants",
        "access.external_principals",
        [(["986c2649-c560-4f52-9830-aa67781b1b4d"], frozenset({"986c2649-c560-4f52-9830-aa67781b1b4d"})), (["MyTenantOnly"], frozenset())],
        absent=UNSAID,
    ),
    Case(f"{KUSTO}_customer_managed_key", "key_name", "uses-key", {"key-of-ours": ("key-of-ours",)}, absent=(), of=KUSTO),
    Case(SYNAPSE, "azuread_authentication_only", "access.local_auth_enabled", {True: False, False: True}, absent=True),
    Case(SYNAPSE, "customer_managed_key.0.key_versionless_id", "encryption.key_custody", _OURS, absent="provider-owned"),
    Case(SYNAPSE, "sql_aad_admin", "access.central_identity_enabled", [([{"login": "admins"}], True), ([], False)], absent=False),
    Case(POOL, "data_encrypted", "encryption.at_rest", {True: True}, absent=UnknownReason.UNRESOLVED_REFERENCE),
    *(
        Case(POOL, path, "copy-of", {"/sqlPools/of-ours": ("/sqlPools/of-ours",)}, absent=())
        for path in ("recovery_database_id", "restore.0.source_database_id")
    ),
    Case(
        POOL,
        "synapse_workspace_id",
        "access.local_auth_enabled",
        {"/workspaces/of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    Case(
        f"{POOL}_extended_auditing_policy",
        "storage_endpoint",
        "logs-to",
        {"https://records.blob.core.windows.net/": ("https://records.blob.core.windows.net/",)},
        absent=(),
        of=POOL,
    ),
    Case(REGISTRY, "encryption.0.key_vault_key_id", "uses-key", {_URL: (_URL,)}, absent=()),
    Case("azurerm_kusto_database", "soft_delete_period", "retention.delete_after_days", {"P30D": 30}, absent=UNLIMITED, of=KUSTO),
    Case(DIAGNOSTICS, "enabled_log.0.category_group", "logging.data_read", {"allLogs": True}, absent=False, of=COSMOS),
    Case(DIAGNOSTICS, "enabled_log.0.category", "logging.data_read", {"DataPlaneRequests": True, "Other": False}, absent=False, of=COSMOS),
    *(
        Case(
            DIAGNOSTICS,
            name,
            "logs-to",
            {"/places/of-ours": ("/places/of-ours",)},
            absent=(),
            having={"enabled_log": [{"category": "x"}]},
            of=COSMOS,
        )
        for name in ("log_analytics_workspace_id", "storage_account_id", "eventhub_authorization_rule_id")
    ),
    Case(
        "azurerm_synapse_firewall_rule",
        "end_ip_address",
        "network.ingress_any",
        {"255.255.255.255": True, "0.0.0.9": False},
        absent=UnknownReason.UNPARSABLE,
        having={"start_ip_address": "0.0.0.0"},
        of=SYNAPSE,
    ),
    Case(
        "azurerm_synapse_firewall_rule",
        "start_ip_address",
        "network.ingress_any",
        {"0.0.0.0": True, "255.255.255.0": False},
        absent=UnknownReason.UNPARSABLE,
        having={"end_ip_address": "255.255.255.255"},
        of=SYNAPSE,
    ),
    Case(
        f"{SYNAPSE}_extended_auditing_policy",
        "storage_endpoint",
        "logs-to",
        {"https://records.blob.core.windows.net/": ("https://records.blob.core.windows.net/",)},
        absent=(),
        of=SYNAPSE,
    ),
    Case(
        "azurerm_private_endpoint",
        "private_service_connection.0.is_manual_connection",
        "network.private_endpoint",
        {False: True, True: UNSAID},
        absent=True,
        of=COSMOS,
        unknown=UNSAID,
        sensitive=UNSAID,
    ),
    *(
        Case(
            QUEUE,
            name,
            "access.shared_key_enabled",
            {"/namespaces/of-ours": UnknownReason.UNRESOLVED_REFERENCE},
            absent=UnknownReason.UNRESOLVED_REFERENCE,
            sensitive=UnknownReason.UNRESOLVED_REFERENCE,
        )
        for name in ("namespace_id", "namespace_name")
    ),
)
_WIDE = {"start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"}
_IN_GROUP = Seen("azurerm_mssql_server", "resource_group_name")
_LINKED = ("azurerm_log_analytics_linked_service", "workspace_id", "write_access_id")
_KEYSPACE, _TABLE = "azurerm_cosmosdb_cassandra_keyspace", "azurerm_cosmosdb_cassandra_table"
PARTS = (
    Part(_TABLE, _KEYSPACE, {"default_ttl": 86400}, seen=Seen(COSMOS, "", {"name": "the-viewer"}, by="account_name")),
    Part(f"{_CLUSTER}_customer_managed_key", _CLUSTER, {"key_vault_key_id": _URL}, seen=Seen(LOGS, "", between=_LINKED)),
    Part(
        "azurerm_management_lock", "azurerm_resource_group", {"lock_level": "CanNotDelete"}, beside={"name": "the-parent"}, seen=_IN_GROUP
    ),
    Part("azurerm_management_lock", having={"lock_level": "CanNotDelete"}),
    Part("azurerm_private_endpoint", having={"private_service_connection": [{"is_manual_connection": False}]}),
    Part(DIAGNOSTICS, having={"enabled_log": [{"category_group": "allLogs"}], "log_analytics_workspace_id": "/workspaces/of-ours"}),
    *(Part(kind, COSMOS, {"name": "cases"}) for kind in ("azurerm_cosmosdb_sql_database", "azurerm_cosmosdb_mongo_database")),
    *(Part(kind, COSMOS, {"name": "cases"}) for kind in ("azurerm_cosmosdb_cassandra_keyspace", "azurerm_cosmosdb_gremlin_database")),
    Part("azurerm_cosmosdb_table", COSMOS, {"name": "cases"}),
    Part("azurerm_redis_firewall_rule", REDIS, {"start_ip": "81.2.69.1", "end_ip": "81.2.69.9"}),
    Part("azurerm_kusto_database", KUSTO, {"name": "cases"}),
    Part(QUEUE, BUS, {"name": "cases", "default_message_ttl": "P7D"}),
    Part("azurerm_synapse_firewall_rule", SYNAPSE, _WIDE),
    Part(f"{SYNAPSE}_extended_auditing_policy", SYNAPSE),
    Part(f"{SYNAPSE}_sql_aad_admin", SYNAPSE, {"login": "admins"}),
    Part(f"{POOL}_extended_auditing_policy", POOL),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def add(plan, kind, after=None, **more):
    more.setdefault("unknown", {"id": True})
    plan.add(kind, "x", {"name": "x", "location": "UK South", **(after or {})}, **more)


def read(plan, tmp_path, kind, name="x"):
    return checked(plan, tmp_path, f"{kind}.{name}")


def links(one):
    return [(link.rel, link.to) for link in one.links]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_store_says_every_fact_of_its_kind(plan, tmp_path, kind):
    add(plan, kind, PLACE if kind == COSMOS else None)
    one = read(plan, tmp_path, kind)
    assert (one.kind, one.region, one.name) == (KINDS[kind], "uksouth", "x")
    assert unsaid(one) == set()
    if kind != REGISTRY:
        assert value(one, "encryption.at_rest") is True
        assert value(one, "encryption.key_custody") == "provider-owned"
        assert value(one, "access.anonymous_read") is False


@pytest.mark.parametrize(
    ("kind", "block", "argument"),
    [
        (COSMOS, "", "key_vault_key_id"),
        (BUS, "customer_managed_key", "key_vault_key_id"),
        (RECOVERY, "encryption", "key_id"),
        (SYNAPSE, "customer_managed_key", "key_versionless_id"),
        (REGISTRY, "encryption", "key_vault_key_id"),
    ],
)
def test_a_customers_key_is_told_and_linked(plan, tmp_path, kind, block, argument):
    plan.add(KEY, "k", {"name": "k"}, unknown={"id": True, "versionless_id": True})
    named = {argument: ref(f"{KEY}.k.versionless_id")}
    add(
        plan, kind, {block: [{}]} if block else PLACE, unknown={"id": True, block: [{argument: True}]} if block else {argument: True},
        expressions={block: [named]} if block else named,
    )  # fmt: skip
    one = read(plan, tmp_path, kind)
    assert (Rel.USES_KEY, f"{KEY}.k") in links(one)
    if kind != REGISTRY:
        assert value(one, "encryption.key_custody") == "customer"


@pytest.mark.parametrize(
    ("kind", "child", "parent"),
    [
        (HUBS, f"{HUBS}_customer_managed_key", "eventhub_namespace_id"),
        (BACKUP, f"{BACKUP}_customer_managed_key", "data_protection_backup_vault_id"),
    ],
)
def test_a_key_in_a_resource_of_its_own_is_joined(plan, tmp_path, kind, child, parent):
    plan.add(KEY, "k", {"name": "k"}, unknown={"id": True})
    add(plan, kind)
    argument = "key_vault_key_ids" if kind == HUBS else "key_vault_key_id"
    plan.add(
        child, "c", {}, unknown={parent: True, argument: True}, expressions={parent: ref(f"{kind}.x.id"), argument: ref(f"{KEY}.k.id")}
    )  # fmt: skip
    one = read(plan, tmp_path, kind)
    assert value(one, "encryption.key_custody") == "customer"
    assert (Rel.USES_KEY, f"{KEY}.k") in links(one)


@pytest.mark.parametrize(
    ("backup", "days", "pit"),
    [
        ([{"type": "Continuous", "tier": "Continuous7Days"}], 7, True),
        ([{"type": "Continuous"}], 30, True),
        ([{"type": "Periodic", "retention_in_hours": 720}], 30, False),
        ([], 8 / 24, False),
    ],
)
def test_cosmos_backups_reach_back(plan, tmp_path, backup, days, pit):
    add(plan, COSMOS, {**PLACE, "backup": backup})
    one = read(plan, tmp_path, COSMOS)
    assert value(one, "retention.backup_days") == days
    assert value(one, "recovery.point_in_time") is pit


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({}, True),
        ({"ip_range_filter": "81.2.69.160"}, False),
        ({"ip_range_filter": ["81.2.69.160", "0.0.0.0"]}, True),
        ({"is_virtual_network_filter_enabled": True, "virtual_network_rule": [{"id": "/subnets/s"}]}, False),
    ],
)  # fmt: skip
def test_cosmos_is_open_unless_it_lists_sources(plan, tmp_path, after, expected):
    add(plan, COSMOS, {**PLACE, **after})
    assert value(read(plan, tmp_path, COSMOS), "network.ingress_any") is expected


def test_cosmos_keys_regions_and_log_follow_its_settings(plan, tmp_path):
    places = [{"location": "uksouth"}, {"location": "ukwest"}]
    add(plan, COSMOS, {"geo_location": places, "kind": "MongoDB", "local_authentication_disabled": True, "minimal_tls_version": "Tls11"})
    plan.add(
        DIAGNOSTICS, "d", {"enabled_log": [{"category": "DataPlaneRequests"}]}, unknown={"target_resource_id": True},
        expressions={"target_resource_id": ref(f"{COSMOS}.x.id")},
    )  # fmt: skip
    one = read(plan, tmp_path, COSMOS)
    assert value(one, "recovery.redundancy") == "multi-region"
    assert value(one, "access.shared_key_enabled") is False
    assert value(one, "transport.min_tls") == "1.1"
    assert value(one, "access.central_identity_enabled") is False
    assert value(one, "logging.data_read") is False, "requests of MongoDB have a category of their own"
    plan.changes[-1]["change"]["after"]["enabled_log"][0]["category"] = "MongoRequests"
    assert value(read(plan, tmp_path, COSMOS), "logging.data_read") is True


def test_cosmos_containers_let_items_expire(plan, tmp_path):
    add(plan, COSMOS, PLACE)
    assert isinstance(read(plan, tmp_path, COSMOS).facts["retention.delete_after_days"], NotApplicable)
    plan.add("azurerm_cosmosdb_sql_container", "c", {"name": "cases", "account_name": "x", "default_ttl": 86400})
    one = read(plan, tmp_path, COSMOS)
    assert value(one, "retention.delete_after_days") == 1
    assert one.evidence.description == "cases"
    plan.add("azurerm_cosmosdb_sql_container", "e", {"name": "ever", "account_name": "x", "default_ttl": -1})
    one = read(plan, tmp_path, COSMOS)
    assert value(one, "retention.expiry_configured") is True
    assert value(one, "retention.delete_after_days") == UNLIMITED


def test_redis_under_old_and_new_names(plan, tmp_path):
    for name in ("enable_non_ssl_port", "non_ssl_port_enabled"):
        other = PlanBuilder()
        add(other, REDIS, {name: True, "minimum_tls_version": "1.2"})
        one = read(other, tmp_path, REDIS)
        assert value(one, "transport.tls_required") is False
        assert value(one, "transport.min_tls") == "1.2"
        assert value(one, "network.ingress_any") is True


def test_redis_in_a_subnet_with_backups_and_without_keys(plan, tmp_path):
    configuration = {"rdb_backup_enabled": True, "rdb_backup_frequency": 1440, "rdb_backup_max_snapshot_count": 7}
    after = {"redis_configuration": [{**configuration, "active_directory_authentication_enabled": True}], "zones": ["1", "2"]}
    add(plan, REDIS, {**after, "access_keys_authentication_enabled": False, "subnet_id": "/subnets/s"})
    one = read(plan, tmp_path, REDIS)
    assert value(one, "network.public_endpoint") is False
    assert value(one, "access.shared_key_enabled") is False
    assert value(one, "access.central_identity_enabled") is True
    assert value(one, "retention.backup_days") == 7
    assert value(one, "recovery.redundancy") == "multi-zone"


def test_redis_rules_narrow_who_is_admitted(plan, tmp_path):
    add(plan, REDIS)
    plan.add("azurerm_redis_firewall_rule", "r", {"redis_cache_name": "x", "start_ip": "81.2.69.1", "end_ip": "81.2.69.9"})
    assert value(read(plan, tmp_path, REDIS), "network.ingress_any") is False


@pytest.mark.parametrize(
    ("after", "public", "private"),
    [
        ({"public_network_access_enabled": True}, True, False),
        ({"network_access_policy": "DenyAll"}, False, True),
        ({"public_network_access_enabled": False}, False, True),
    ],
)
def test_a_disk_is_exported_to_the_internet_or_not(plan, tmp_path, after, public, private):
    add(plan, DISK, after)
    one = read(plan, tmp_path, DISK)
    assert value(one, "network.public_endpoint") is public
    assert value(one, "network.private_endpoint") is private


def test_a_disk_and_its_snapshot_take_the_key_of_their_set(plan, tmp_path):
    plan.add(KEY, "k", {"name": "k"}, unknown={"id": True})
    plan.add(
        "azurerm_disk_encryption_set",
        "s",
        {},
        unknown={"id": True, "key_vault_key_id": True},
        expressions={"key_vault_key_id": ref(f"{KEY}.k.id")},
    )
    of_set = {"disk_encryption_set_id": ref("azurerm_disk_encryption_set.s.id")}
    add(plan, DISK, {"disk_size_gb": 32}, unknown={"id": True, "disk_encryption_set_id": True}, expressions=of_set)
    plan.add(
        SNAPSHOT, "x", {"name": "copy"}, unknown={"source_uri": True, "disk_encryption_set_id": True},
        expressions={**of_set, "source_uri": ref(f"{DISK}.x.id")},
    )  # fmt: skip
    disk, snapshot = read(plan, tmp_path, DISK), read(plan, tmp_path, SNAPSHOT)
    assert value(disk, "volume.bytes") == 32 * 1024**3
    for one in (disk, snapshot):
        assert value(one, "encryption.key_custody") == "customer"
        assert (Rel.USES_KEY, f"{KEY}.k") in links(one)
    assert (Rel.COPY_OF, f"{DISK}.x") in links(snapshot)


@pytest.mark.parametrize("kind", [RECOVERY, BACKUP])
@pytest.mark.parametrize(("state", "mode"), [("Locked", "compliance"), ("Unlocked", "governance"), ("Disabled", "none")])
def test_a_vault_for_backups_is_immutable_by_its_state(plan, tmp_path, kind, state, mode):
    add(plan, kind, {"immutability": state})
    one = read(plan, tmp_path, kind)
    assert value(one, "immutability.mode") == mode
    if mode == "none":
        assert value(one, "immutability.min_days") == 0
    else:
        assert reason(one, "immutability.min_days") is UnknownReason.NOT_COLLECTED


def test_a_workspace_keeps_logs_for_its_days(plan, tmp_path):
    add(plan, LOGS, {"retention_in_days": 365})
    one = read(plan, tmp_path, LOGS)
    assert value(one, "retention.log_days") == 365
    other = PlanBuilder()
    add(other, LOGS)
    assert value(read(other, tmp_path, LOGS), "retention.log_days") == 30


def rules(kind, action, address):
    if kind == HUBS:
        return {"network_rulesets": [{"default_action": action, "ip_rule": [{"ip_mask": address}]}]}
    return {"network_rule_set": [{"default_action": action, "ip_rules": [address]}]}


@pytest.mark.parametrize("kind", [HUBS, BUS])
def test_a_namespace_says_its_network_its_keys_and_its_tls(plan, tmp_path, kind):
    local = "local_authentication_enabled" if kind == HUBS else "local_auth_enabled"
    add(plan, kind, {**rules(kind, "Deny", "81.2.69.160"), local: False, "minimum_tls_version": "1.1"})
    one = read(plan, tmp_path, kind)
    assert value(one, "network.ingress_any") is False
    assert value(one, "access.shared_key_enabled") is False
    assert value(one, "transport.min_tls") == "1.1"
    assert value(one, "transport.tls_required") is True
    for open_rules in (rules(kind, "Allow", "81.2.69.160"), rules(kind, "Deny", "0.0.0.0/0"), None):
        other = PlanBuilder()
        add(other, kind, open_rules)
        assert value(read(other, tmp_path, kind), "network.ingress_any") is True


def test_events_go_after_the_longest_retention_of_the_hubs(plan, tmp_path):
    add(plan, HUBS)
    for name, days in (("short", 1), ("long", 7)):
        plan.add("azurerm_eventhub", name, {"name": name, "message_retention": days, "namespace_name": "x"})
    assert value(read(plan, tmp_path, HUBS), "retention.delete_after_days") == 7
    plan.add("azurerm_eventhub", "later", {"name": "later", "namespace_name": "x"}, unknown={"message_retention": True})
    assert reason(read(plan, tmp_path, HUBS), "retention.delete_after_days") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_queue_takes_what_its_namespace_decides(plan, tmp_path):
    add(plan, BUS, {"minimum_tls_version": "1.2"})
    plan.add(
        QUEUE,
        "q",
        {"name": "q", "default_message_ttl": "P14D"},
        unknown={"namespace_id": True},
        expressions={"namespace_id": ref(f"{BUS}.x.id")},
    )
    one = read(plan, tmp_path, QUEUE, "q")
    assert unsaid(one) == set()
    assert value(one, "transport.min_tls") == "1.2"
    assert value(one, "retention.delete_after_days") == 14
    assert one.region == "uksouth"
    assert value(read(plan, tmp_path, BUS), "retention.delete_after_days") == 14
    plan.add(QUEUE, "e", {"name": "e", "default_message_ttl": "P10675199DT2H48M5.4775807S", "namespace_name": "x"})
    assert value(read(plan, tmp_path, QUEUE, "e"), "retention.expiry_configured") is False
    assert value(read(plan, tmp_path, BUS), "retention.delete_after_days") == UNLIMITED


def test_a_queue_whose_namespace_is_elsewhere_is_still_encrypted(plan, tmp_path):
    plan.add(QUEUE, "q", {"name": "q", "namespace_name": "elsewhere", "default_message_ttl": "PT1H"})
    one = read(plan, tmp_path, QUEUE, "q")
    assert unsaid(one) == set()
    assert value(one, "encryption.at_rest") is True
    assert value(one, "retention.delete_after_days") == pytest.approx(1 / 24)
    assert reason(one, "network.ingress_any") is UnknownReason.UNRESOLVED_REFERENCE


def test_kusto_says_its_tenants_its_sources_and_its_ages(plan, tmp_path):
    add(plan, KUSTO, {"trusted_external_tenants": ["MyTenantOnly"], "allowed_ip_ranges": ["81.2.69.160/28"], "zones": ["1", "2"]})
    plan.add("azurerm_kusto_database", "d", {"name": "claims", "cluster_name": "x", "soft_delete_period": "P31D"})
    one = read(plan, tmp_path, KUSTO)
    assert value(one, "access.external_principals") == frozenset()
    assert value(one, "network.ingress_any") is False
    assert value(one, "retention.delete_after_days") == 31
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "access.local_auth_enabled") is False
    plan.changes[0]["change"]["after"]["trusted_external_tenants"] = ["*"]
    assert value(read(plan, tmp_path, KUSTO), "access.external_principals") == {"*"}


def test_synapse_takes_rules_and_audit_from_resources_of_their_own(plan, tmp_path):
    add(plan, SYNAPSE, {"azuread_authentication_only": True})
    of = {"synapse_workspace_id": ref(f"{SYNAPSE}.x.id")}
    plan.add(
        "azurerm_synapse_firewall_rule", "r", {"start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"},
        unknown={"synapse_workspace_id": True}, expressions=of,
    )  # fmt: skip
    plan.add(
        f"{SYNAPSE}_extended_auditing_policy", "a", {"log_monitoring_enabled": True}, unknown={"synapse_workspace_id": True}, expressions=of
    )
    one = read(plan, tmp_path, SYNAPSE)
    assert value(one, "network.ingress_any") is True
    assert value(one, "logging.data_read") is True
    assert value(one, "access.local_auth_enabled") is False


def test_a_pool_has_the_network_the_logins_and_the_key_of_its_workspace(plan, tmp_path):
    key = {"customer_managed_key": [{"key_versionless_id": _URL}]}
    plan.add(SYNAPSE, "w", {"name": "w", "azuread_authentication_only": True, "location": "UK South", **key}, unknown={"id": True})
    of = {"synapse_workspace_id": ref(f"{SYNAPSE}.w.id")}
    plan.add(POOL, "x", {"name": "x"}, unknown={"id": True, "synapse_workspace_id": True}, expressions=of)
    plan.add(
        f"{SYNAPSE}_extended_auditing_policy", "a", {"log_monitoring_enabled": True}, unknown={"synapse_workspace_id": True}, expressions=of
    )
    one = read(plan, tmp_path, POOL)
    assert (one.kind, one.region, unsaid(one)) == (Kind.WAREHOUSE, "uksouth", set())
    assert (value(one, "encryption.at_rest"), value(one, "encryption.key_custody")) == (True, "customer")
    assert (value(one, "access.local_auth_enabled"), value(one, "logging.data_read")) == (False, True)
    assert {(link.rel, link.to) for link in one.links} == {(Rel.USES_KEY, _URL), (Rel.MEMBER_OF, f"{SYNAPSE}.w")}


def test_a_pool_of_a_workspace_without_a_key_is_encrypted_where_it_says_so(plan, tmp_path):
    plan.add(SYNAPSE, "w", {"name": "w", "id": "/workspaces/w"})
    add(plan, POOL, {"synapse_workspace_id": "/workspaces/w", "data_encrypted": None})
    one = read(plan, tmp_path, POOL)
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)


def test_a_cluster_demands_encryption_where_all_its_databases_do(plan, tmp_path):
    add(plan, ENTERPRISE)
    of = {"cluster_id": ref(f"{ENTERPRISE}.x.id")}
    plan.add(_DATABASE, "a", {"client_protocol": "Encrypted"}, unknown={"cluster_id": True}, expressions=of)
    one = read(plan, tmp_path, ENTERPRISE)
    assert (value(one, "transport.tls_required"), reason(one, "access.shared_key_enabled")) == (True, UNSAID)
    assert (value(one, "network.public_endpoint"), value(one, "encryption.key_custody")) == (True, "provider-owned")
    plan.add(_DATABASE, "b", {"client_protocol": "Plaintext"}, unknown={"cluster_id": True}, expressions=of)
    assert value(read(plan, tmp_path, ENTERPRISE), "transport.tls_required") is False


@pytest.mark.parametrize("named", [{"partition_key_paths": ["/nhs_number"]}, {"partition_key_path": "/nhs_number"}])
def test_the_partition_key_of_a_container_is_a_column_by_either_of_its_names(plan, tmp_path, named):
    add(plan, COSMOS, PLACE)
    plan.add(_CONTAINER, "c", {"name": "cases", "account_name": "x", **named})
    assert [(one.table, one.name, one.key) for one in read(plan, tmp_path, COSMOS).evidence.columns] == [("cases", "nhs_number", True)]


UNKNOWNS = {
    COSMOS: {"key_vault_key_id": "encryption.key_custody", "geo_location": "recovery.redundancy", "backup": "recovery.point_in_time"},
    REDIS: {"minimum_tls_version": "transport.min_tls", "public_network_access_enabled": "network.public_endpoint"},
    DISK: {"disk_encryption_set_id": "encryption.key_custody", "network_access_policy": "network.public_endpoint"},
    RECOVERY: {"immutability": "immutability.mode", "encryption": "encryption.key_custody"},
    LOGS: {"retention_in_days": "retention.log_days"},
    HUBS: {"network_rulesets": "network.ingress_any", "local_authentication_enabled": "access.shared_key_enabled"},
    BUS: {"customer_managed_key": "encryption.key_custody", "minimum_tls_version": "transport.min_tls"},
    KUSTO: {"allowed_ip_ranges": "network.ingress_any", "trusted_external_tenants": "access.external_principals"},
    SYNAPSE: {"azuread_authentication_only": "access.local_auth_enabled", "customer_managed_key": "encryption.key_custody"},
}


@pytest.mark.parametrize("kind", sorted(UNKNOWNS))
def test_what_only_apply_decides_is_unknown_and_what_is_sensitive_redacted(plan, tmp_path, kind):
    names = UNKNOWNS[kind]
    add(plan, kind, unknown=dict.fromkeys(names, True), expressions=dict.fromkeys(names, ref("local.x")))
    one = read(plan, tmp_path, kind)
    for fact in names.values():
        assert reason(one, fact) is UnknownReason.KNOWN_AFTER_APPLY, fact
    other = PlanBuilder()
    add(other, kind, dict.fromkeys(names, "hidden"), sensitive=dict.fromkeys(names, True))
    hidden = read(other, tmp_path, kind)
    for fact in names.values():
        assert reason(hidden, fact) is UnknownReason.REDACTED, fact


@pytest.mark.parametrize("kind", [COSMOS, REDIS, RECOVERY, LOGS, HUBS, BUS, KUSTO, SYNAPSE, ENTERPRISE, MANAGED])
def test_an_existing_store_is_not_judged_by_what_a_cut_plan_leaves_out(plan, tmp_path, kind):
    add(plan, kind, {"id": "/subscriptions/x/stores/x"}, unknown={}, actions=("no-op",))
    one = read(plan, tmp_path, kind)
    fact = "retention.log_days" if kind == LOGS else "immutability.mode" if kind == RECOVERY else "network.public_endpoint"
    assert reason(one, fact) is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize("kind", [COSMOS, DISK, SNAPSHOT, RECOVERY, BACKUP, LOGS, HUBS, BUS, KUSTO, SYNAPSE, ENTERPRISE, MANAGED])
def test_the_key_of_an_existing_store_is_not_guessed(plan, tmp_path, kind):
    add(plan, kind, {"id": "/subscriptions/x/stores/x"}, unknown={}, actions=("no-op",))
    assert reason(read(plan, tmp_path, kind), "encryption.key_custody") is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"after": {"default_ttl": 86400}}, 1),
        ({"after": {"default_ttl": 0}}, UNLIMITED),
        ({}, UNLIMITED),
        ({"after": {}, "unknown": {"default_ttl": True}, "expressions": {"default_ttl": ref("local.x")}}, UnknownReason.KNOWN_AFTER_APPLY),
        ({"after": {"default_ttl": 86400}, "sensitive": {"default_ttl": True}}, UnknownReason.REDACTED),
    ],
    ids=["known", "never", "absent", "unknown", "sensitive"],
)
def test_the_tables_of_a_keyspace_have_the_age_of_their_account(plan, tmp_path, table, expected):
    add(plan, COSMOS, {"name": "x"})
    plan.add(
        _KEYSPACE, "k", {"name": "k"}, unknown={"id": True, "account_name": True}, expressions={"account_name": ref(f"{COSMOS}.x.name")}
    )
    named = {"cassandra_keyspace_id": ref(f"{_KEYSPACE}.k.id")}
    plan.add(
        _TABLE, "t", table.get("after", {}),
        unknown={"cassandra_keyspace_id": True, **table.get("unknown", {})}, sensitive=table.get("sensitive", {}),
        expressions=named | table.get("expressions", {}),
    )  # fmt: skip
    assert plain(read(plan, tmp_path, COSMOS).facts["retention.delete_after_days"]) == expected


def in_cluster(plan, key):
    """A workspace that is linked to a cluster of the plan."""
    plan.add(_CLUSTER, "c", {"name": "c"}, unknown={"id": True})
    plan.add(LOGS, "w", {"name": "w"}, unknown={"id": True})
    of = {"workspace_id": ref(f"{LOGS}.w.id"), "write_access_id": ref(f"{_CLUSTER}.c.id")}
    plan.add("azurerm_log_analytics_linked_service", "l", {}, unknown=dict.fromkeys(of, True), expressions=of)
    if key is not None:
        plan.add(
            f"{_CLUSTER}_customer_managed_key",
            "k",
            {"key_vault_key_id": _URL},
            unknown={"log_analytics_cluster_id": True},
            expressions={"log_analytics_cluster_id": key},
        )


@pytest.mark.parametrize(
    ("key", "expected"),
    [(ref(f"{_CLUSTER}.c.id"), "customer"), (None, "provider-owned"), (ref("local.open"), UnknownReason.UNRESOLVED_REFERENCE)],
    ids=["of the cluster", "none", "of some cluster"],
)
def test_a_workspace_of_a_cluster_is_under_the_key_of_the_cluster(plan, tmp_path, key, expected):
    in_cluster(plan, key)
    one = checked(plan, tmp_path, f"{LOGS}.w")
    assert plain(one.facts["encryption.key_custody"]) == expected
    assert [link.to for link in one.links if link.rel is Rel.USES_KEY and link.unknown is None] == (
        [_URL] if expected == "customer" else []
    )
