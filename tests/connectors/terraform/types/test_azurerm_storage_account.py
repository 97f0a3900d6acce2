from __future__ import annotations

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part, Seen
from tierwise.model.fact import UNLIMITED, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel
from tierwise.model.vocabulary import check_fact, facts_of

ACCOUNT, CONTAINER = "azurerm_storage_account", "azurerm_storage_container"
ID = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/records"
COMPUTED = dict.fromkeys(("id", "blob_properties", "network_rules", "queue_properties", "share_properties", "primary_blob_endpoint"), True)
PLAIN = {
    "name": "records", "location": "UK South", "account_kind": "StorageV2", "account_replication_type": "LRS", "min_tls_version": "TLS1_2",
    "https_traffic_only_enabled": True, "public_network_access_enabled": True, "allow_nested_items_to_be_public": True,
    "shared_access_key_enabled": True, "customer_managed_key": [], "static_website": [], "sas_policy": [], "immutability_policy": [],
}  # fmt: skip
STRICT = {
    "allow_nested_items_to_be_public": False, "shared_access_key_enabled": False, "public_network_access_enabled": False,
    "account_replication_type": "GZRS",
    "blob_properties": [
        {"versioning_enabled": True, "delete_retention_policy": [{"days": 30}], "restore_policy": [{"days": 29}], "cors_rule": []}
    ],
    "immutability_policy": [{"state": "Locked", "period_since_creation_in_days": 400}],
}  # fmt: skip
_WORM = f"{CONTAINER}_immutability_policy"
_UNDER_A_KEY = {"customer_managed_key": [{"key_vault_key_id": "https://v.vault.azure.net/keys/ours"}]}
_WEAK_SCOPE = (("azurerm_storage_encryption_scope", {"name": "weak", "source": "Microsoft.Storage"}),)
_POLICY = "azurerm_storage_management_policy"
_RULES = f"{ACCOUNT}_network_rules"
_BLOB = "blob_properties.0"
_HELD = "immutability_policy.0"
_BLOCKING = {"sas_policy": [{"expiration_action": "Block", "expiration_period": "02.00:00:00"}]}
_AGE = "rule.0.actions.0.base_blob.0.delete_after_days_since"
_AGED = {"rule": [{"enabled": True, "actions": [{"base_blob": [{"delete_after_days_since_modification_greater_than": 30}]}]}]}
_VERSIONED = {"blob_properties": [{"versioning_enabled": True}]}
_REST = "recovery.soft_delete_days"
_PUBLIC = {"allow_nested_items_to_be_public": True}
CASES = (
    Case(ACCOUNT, "https_traffic_only_enabled", "transport.tls_required", {True: True, False: False}, absent=True),
    Case(ACCOUNT, "enable_https_traffic_only", "transport.tls_required", {True: True, False: False}, absent=True),
    Case(ACCOUNT, "min_tls_version", "transport.min_tls", {"TLS1_2": "1.2", "TLS1_0": "1.0"}, absent=UNSAID),
    Case(ACCOUNT, "public_network_access_enabled", "network.public_endpoint", {True: True, False: False}, absent=True),
    Case(ACCOUNT, "network_rules.0.default_action", "network.ingress_any", {"Allow": True, "Deny": False}, absent=True),
    Case(
        ACCOUNT,
        "network_rules.0.ip_rules",
        "network.ingress_any",
        [(["0.0.0.0/0"], True), (["81.2.69.160"], False)],
        absent=False,
        bare=True,
        having={"network_rules": [{"default_action": "Deny"}]},
    ),
    Case(_RULES, "default_action", "network.ingress_any", {"Allow": True, "Deny": False}, absent=True, of=ACCOUNT),
    Case(
        _RULES,
        "ip_rules",
        "network.ingress_any",
        [(["0.0.0.0/0"], True), (["81.2.69.160"], False)],
        absent=False,
        having={"default_action": "Deny"},
        of=ACCOUNT,
    ),
    Case(ACCOUNT, "allow_nested_items_to_be_public", "access.public_blocked", {False: True, True: False}, absent=UNSAID),
    Case(ACCOUNT, "allow_blob_public_access", "access.public_blocked", {False: True, True: False}, absent=UNSAID),
    Case(
        CONTAINER,
        "container_access_type",
        "access.anonymous_read",
        {"blob": True, "container": True, "private": False},
        absent=False,
        of=ACCOUNT,
        beside=_PUBLIC,
    ),
    Case(ACCOUNT, "shared_access_key_enabled", "access.shared_key_enabled", {True: True, False: False}, absent=True),
    Case(
        ACCOUNT,
        "allowed_copy_scope",
        "access.organisation_perimeter",
        {"AAD": True, "PrivateLink": True},
        absent=False,
        having={"cross_tenant_replication_enabled": False},
    ),
    Case(
        ACCOUNT,
        "cross_tenant_replication_enabled",
        "access.organisation_perimeter",
        {False: True, True: False},
        absent=UNSAID,
        having={"allowed_copy_scope": "AAD"},
    ),
    Case(
        ACCOUNT,
        "sas_policy.0.expiration_action",
        "access.bearer_link_max_hours",
        {"Block": 48, "Log": UNLIMITED},
        absent=UNLIMITED,
        having=_BLOCKING,
    ),
    Case(
        ACCOUNT,
        "sas_policy.0.expiration_period",
        "access.bearer_link_max_hours",
        {"02.00:00:00": 48},
        absent=UnknownReason.UNPARSABLE,
        bare=UNLIMITED,
        having=_BLOCKING,
    ),
    Case(ACCOUNT, "static_website", "access.website_enabled", [([{"index_document": "index.html"}], True), ([], False)], absent=False),
    Case(
        ACCOUNT,
        f"{_BLOB}.cors_rule.0.allowed_origins",
        "access.cors_any_origin",
        [(["*"], True), (["https://a.example"], False)],
        absent=False,
    ),
    Case(ACCOUNT, f"{_BLOB}.delete_retention_policy.0.days", _REST, {30: 30}, absent=7, bare=0),
    Case(ACCOUNT, "share_properties.0.retention_policy.0.days", _REST, {30: 30}, absent=7, bare=0, having={"account_kind": "FileStorage"}),
    Case(ACCOUNT, f"{_BLOB}.restore_policy", "recovery.point_in_time", [([{"days": 6}], True), ([], False)], absent=False),
    Case(ACCOUNT, f"{_BLOB}.versioning_enabled", "recovery.versioning", {True: True, False: False}, absent=False),
    Case(
        ACCOUNT,
        "customer_managed_key.0.key_vault_key_id",
        "uses-key",
        {"https://v.vault.azure.net/keys/ours": ("https://v.vault.azure.net/keys/ours",)},
        absent=(),
    ),
    Case(
        ACCOUNT,
        "customer_managed_key.0.managed_hsm_key_id",
        "uses-key",
        {"https://h.managedhsm.azure.net/keys/ours": ("https://h.managedhsm.azure.net/keys/ours",)},
        absent=(),
    ),
    Case(
        "azurerm_storage_encryption_scope",
        "source",
        "encryption.key_custody",
        {"Microsoft.Storage": "provider-owned", "Microsoft.KeyVault": "customer"},
        absent=UNSAID,
        of=ACCOUNT,
        beside=_UNDER_A_KEY,
        also=((CONTAINER, {"name": "c"}),),
    ),
    Case(
        CONTAINER,
        "encryption_scope_override_enabled",
        "encryption.key_custody",
        {True: "provider-owned", False: "customer"},
        absent="provider-owned",
        of=ACCOUNT,
        beside=_UNDER_A_KEY,
        also=_WEAK_SCOPE,
    ),
    Case(
        CONTAINER,
        "default_encryption_scope",
        "encryption.key_custody",
        {"weak": "provider-owned", "strong": "customer"},
        absent="customer",
        having={"encryption_scope_override_enabled": False},
        of=ACCOUNT,
        beside=_UNDER_A_KEY,
        also=_WEAK_SCOPE,
    ),
    Case(
        "azurerm_storage_encryption_scope",
        "key_vault_key_id",
        "uses-key",
        {"https://v.vault.azure.net/keys/ours": ("https://v.vault.azure.net/keys/ours",)},
        absent=(),
        having={"source": "Microsoft.KeyVault"},
        of=ACCOUNT,
    ),
    Case(
        f"{ACCOUNT}_customer_managed_key",
        "managed_hsm_key_id",
        "uses-key",
        {"https://h.managedhsm.azure.net/keys/ours": ("https://h.managedhsm.azure.net/keys/ours",)},
        absent=(),
        of=ACCOUNT,
    ),
    Case(
        f"{ACCOUNT}_customer_managed_key",
        "key_name",
        "uses-key",
        {"key-of-ours": ("https://v.vault.azure.net/keys/key-of-ours",)},
        absent=(),
        having={"key_vault_uri": "https://v.vault.azure.net/"},
        of=ACCOUNT,
    ),
    Case(
        ACCOUNT,
        "account_replication_type",
        "recovery.redundancy",
        {"LRS": "zone", "ZRS": "multi-zone", "RAGZRS": "multi-region"},
        absent=UNSAID,
    ),
    Case(
        ACCOUNT,
        f"{_HELD}.state",
        "immutability.mode",
        {"Locked": "compliance", "Unlocked": "governance", "Disabled": "none"},
        absent="none",
    ),
    Case(ACCOUNT, f"{_HELD}.period_since_creation_in_days", "immutability.min_days", {30: 30}, absent=0),
    Case(
        _POLICY,
        f"{_AGE}_modification_greater_than",
        "retention.delete_after_days",
        {30: 30, -1: UNLIMITED},
        absent=UNLIMITED,
        having={"rule": [{"enabled": True}]},
        of=ACCOUNT,
    ),
    Case(
        _POLICY,
        f"{_AGE}_creation_greater_than",
        "retention.delete_after_days",
        {30: 30},
        absent=UNLIMITED,
        having={"rule": [{"enabled": True}]},
        of=ACCOUNT,
    ),
    Case(
        _POLICY,
        f"{_AGE}_last_access_time_greater_than",
        "retention.delete_after_days",
        {30: 30},
        absent=UNLIMITED,
        having={"rule": [{"enabled": True}]},
        of=ACCOUNT,
    ),
    Case(
        _POLICY,
        "rule.0.enabled",
        "retention.delete_after_days",
        {True: 30, False: UNLIMITED},
        absent=30,
        bare=UNLIMITED,
        having=_AGED,
        of=ACCOUNT,
    ),
    Case(
        _POLICY,
        "rule.0.filters.0.prefix_match",
        "retention.delete_after_days",
        [(["tmp/"], UNLIMITED)],
        absent=30,
        bare=[UNLIMITED, 30],
        having=_AGED,
        of=ACCOUNT,
    ),
    Case(
        _POLICY,
        "rule.0.filters.0.blob_types",
        "retention.delete_after_days",
        [(["appendBlob"], UNLIMITED), (["blockBlob"], 30)],
        absent=30,
        bare=[UNLIMITED, 30],
        having=_AGED,
        of=ACCOUNT,
    ),
    Case(
        _POLICY,
        "rule.0.actions.0.version.0.delete_after_days_since_creation",
        "retention.noncurrent_days",
        {7: 7},
        absent=UNLIMITED,
        having={"rule": [{"enabled": True}]},
        of=ACCOUNT,
        beside=_VERSIONED,
    ),
    Case(
        _POLICY,
        "rule.0.filters.0.match_blob_index_tag",
        "retention.delete_after_days",
        [([{"name": "a", "value": "b"}], UNLIMITED)],
        absent=30,
        bare=[UNLIMITED, 30],
        having=_AGED,
        of=ACCOUNT,
    ),
)
_TO_WORKSPACE = {"enabled_log": [{"category_group": "allLogs"}], "log_analytics_workspace_id": "/workspaces/of-ours"}
PARTS = (
    Part("azurerm_monitor_diagnostic_setting", ACCOUNT, _TO_WORKSPACE, suffix="/blobServices/default"),
    Part(_WORM, CONTAINER, {"locked": True, "immutability_period_in_days": 30}, seen=Seen(ACCOUNT, "", by="storage_account_id")),
    *(Part(f"azurerm_storage_{one}", ACCOUNT, {"name": "benefits"}) for one in ("share", "queue", "table", "data_lake_gen2_filesystem")),
    Part(f"{ACCOUNT}_static_website", ACCOUNT, {"index_document": "index.html"}),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def add(plan, after=None, **more):
    own = dict(after or {})
    unknown = more.pop("unknown", {name: True for name in COMPUTED if name not in own})
    return plan.add(ACCOUNT, "a", {**PLAIN, **own}, unknown=unknown, **more)


def read(plan, tmp_path, address=f"{ACCOUNT}.a"):
    one = plan.read(tmp_path)[address]
    assert [problem for fact in one.facts if (problem := check_fact(fact, one.facts[fact], one.kind))] == []
    return one


def test_an_account_that_says_little_has_the_documented_defaults(plan, tmp_path):
    add(plan)
    one = read(plan, tmp_path)
    assert (one.kind, one.name, one.region, one.provider) == (Kind.OBJECT_STORE, "records", "uksouth", "azure")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "transport.tls_required") is True
    assert value(one, "transport.min_tls") == "1.2"
    assert value(one, "network.public_endpoint") is True
    assert value(one, "network.ingress_any") is True
    assert value(one, "network.private_endpoint") is False
    assert value(one, "access.anonymous_read") is False, "no container is open"
    assert value(one, "access.public_blocked") is False
    assert value(one, "access.shared_key_enabled") is True
    assert value(one, "access.bearer_link_max_hours") == UNLIMITED
    assert value(one, "access.website_enabled") is False
    assert value(one, "logging.data_read") is False
    assert value(one, "recovery.versioning") is False
    assert value(one, "recovery.soft_delete_days") == 0
    assert value(one, "recovery.redundancy") == "zone"
    assert value(one, "immutability.mode") == "none"
    assert value(one, "retention.expiry_configured") is False
    assert value(one, "retention.delete_after_days") == UNLIMITED
    assert isinstance(one.facts["retention.noncurrent_days"], NotApplicable)
    assert one.links == ()


def test_an_account_that_is_strict(plan, tmp_path):
    add(plan, STRICT)
    one = read(plan, tmp_path)
    assert value(one, "access.public_blocked") is True
    assert value(one, "access.anonymous_read") is False
    assert value(one, "access.bearer_link_max_hours") == 168
    assert value(one, "network.public_endpoint") is False
    assert isinstance(one.facts["network.ingress_any"], NotApplicable)
    assert value(one, "network.private_endpoint") is True
    assert value(one, "recovery.versioning") is True
    assert value(one, "recovery.soft_delete_days") == 30
    assert value(one, "recovery.point_in_time") is True
    assert value(one, "recovery.redundancy") == "multi-region"
    assert (value(one, "immutability.mode"), value(one, "immutability.min_days")) == ("compliance", 400)


def test_no_fact_of_an_object_store_is_left_unsaid(plan, tmp_path):
    add(plan)
    one = read(plan, tmp_path)
    others = {
        "classification.declared", "credential.oldest_key_days", "retention.legal_hold", "volume.bytes", "volume.items",
        "retention.declared_days", "retention.schedule_declared", "ownership.roles", "environment.production", "marking.level",
    }  # fmt: skip
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= others


def test_what_only_apply_decides_is_unknown(plan, tmp_path):
    names = (
        "https_traffic_only_enabled", "min_tls_version", "public_network_access_enabled", "allow_nested_items_to_be_public",
        "shared_access_key_enabled", "account_replication_type", "blob_properties", "sas_policy", "network_rules", "customer_managed_key",
    )  # fmt: skip
    plan.add(ACCOUNT, "a", {"name": "x"}, unknown=dict.fromkeys(names, True), expressions=dict.fromkeys(names, ref("local.x")))
    one = read(plan, tmp_path)
    for fact in (
        "transport.tls_required", "transport.min_tls", "network.public_endpoint", "network.ingress_any", "access.public_blocked",
        "access.shared_key_enabled", "access.bearer_link_max_hours", "recovery.redundancy", "recovery.versioning",
        "recovery.soft_delete_days", "recovery.point_in_time", "encryption.key_custody", "retention.noncurrent_days",
    ):  # fmt: skip
        assert reason(one, fact) is UnknownReason.KNOWN_AFTER_APPLY, fact


def test_a_sensitive_switch_is_redacted(plan, tmp_path):
    add(plan, sensitive={"shared_access_key_enabled": True})
    assert reason(read(plan, tmp_path), "access.shared_key_enabled") is UnknownReason.REDACTED


def test_names_of_provider_two_mean_the_same(plan, tmp_path):
    plan.providers["azurerm"] = {"name": "azurerm", "version_constraint": "~> 2.13", "expressions": {}}
    after = {"name": "old", "enable_https_traffic_only": False, "allow_blob_public_access": True, "account_replication_type": "ZRS"}
    plan.add(ACCOUNT, "a", after, unknown=COMPUTED, provider="azurerm")
    one = read(plan, tmp_path)
    assert value(one, "transport.tls_required") is False
    assert value(one, "access.public_blocked") is False
    assert value(one, "transport.min_tls") == "1.0", "provider 2 asks for no more"
    assert value(one, "recovery.redundancy") == "multi-zone"


@pytest.mark.parametrize(
    ("constraint", "blocked"), [("~> 2.99", True), (">= 3.36.0", False), ("4.1.0", False), (">= 2.0, < 3.0", True), (">= 2.0", None), ("", None)]
)  # fmt: skip
def test_a_default_that_changed_holds_only_where_the_version_is_told(plan, tmp_path, constraint, blocked):
    plan.providers["azurerm"] = {"name": "azurerm", "version_constraint": constraint, "expressions": {}}
    plan.add(ACCOUNT, "a", {"name": "x"}, unknown=COMPUTED, provider="azurerm")
    one = read(plan, tmp_path)
    if blocked is None:
        assert reason(one, "access.public_blocked") is UnknownReason.NOT_COLLECTED
    else:
        assert value(one, "access.public_blocked") is blocked


def test_an_existing_account_is_not_judged_by_what_a_cut_plan_leaves_out(plan, tmp_path):
    plan.add(ACCOUNT, "a", {"name": "x", "id": ID}, actions=("no-op",))
    one = read(plan, tmp_path)
    for fact in (
        "transport.tls_required", "access.shared_key_enabled", "network.ingress_any", "recovery.versioning", "logging.data_read",
        "access.anonymous_read", "immutability.mode", "retention.expiry_configured", "network.private_endpoint", "encryption.key_custody",
    ):  # fmt: skip
        assert reason(one, fact) is UnknownReason.NOT_COLLECTED, fact
    assert one.account == "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"default_action": "Deny", "ip_rules": ["81.2.69.160/28"]}, False),
        ({"default_action": "Allow"}, True),
        ({"default_action": "Deny", "ip_rules": ["0.0.0.0/1", "128.0.0.0/1"]}, True),
    ],
)
def test_network_rules_stand_inline_or_apart(plan, tmp_path, rules, expected):
    add(plan, {"network_rules": [rules]})
    assert value(read(plan, tmp_path), "network.ingress_any") is expected
    other = PlanBuilder()
    add(other)
    other.add(
        f"{ACCOUNT}_network_rules", "r", rules, unknown={"storage_account_id": True},
        expressions={"storage_account_id": ref("azurerm_storage_account.a.id")},
    )  # fmt: skip
    assert value(read(other, tmp_path), "network.ingress_any") is expected


def test_containers_are_joined_by_name_and_by_id_whatever_its_case(plan, tmp_path):
    add(plan, {"id": ID})
    plan.add(CONTAINER, "named", {"storage_account_name": "records", "container_access_type": "private"})
    assert value(read(plan, tmp_path), "access.anonymous_read") is False
    plan.add(CONTAINER, "open", {"storage_account_id": ID.upper(), "container_access_type": "blob"})
    one = read(plan, tmp_path)
    assert value(one, "access.anonymous_read") is True
    assert value(one, "access.anonymous_write") is False


def test_an_open_container_of_an_account_that_forbids_it_is_not_open(plan, tmp_path):
    add(plan, {"allow_nested_items_to_be_public": False})
    plan.add(CONTAINER, "c", {"storage_account_name": "records", "container_access_type": "container"})
    assert value(read(plan, tmp_path), "access.anonymous_read") is False


def test_a_container_level_known_after_apply_leaves_it_open(plan, tmp_path):
    add(plan)
    plan.add(CONTAINER, "c", {"storage_account_name": "records"}, unknown={"container_access_type": True})
    assert reason(read(plan, tmp_path), "access.anonymous_read") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_loose_container_is_an_unresolved_reference(plan, tmp_path):
    add(plan)
    plan.add(
        CONTAINER, "c", {"container_access_type": "blob"}, unknown={"storage_account_id": True},
        expressions={"storage_account_id": ref("local.account")},
    )  # fmt: skip
    assert reason(read(plan, tmp_path), "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE


def test_each_account_of_a_module_gets_its_own_children(plan, tmp_path):
    plan.module("store", {"open": const(["b"])})
    for key, level in (("a", "private"), ("b", "blob")):
        plan.add(
            ACCOUNT, "this", {**PLAIN, "name": f"store{key}"}, unknown=COMPUTED, key=key, module="store",
            for_each_expression=ref("var.open"),
        )  # fmt: skip
        plan.add(
            CONTAINER, "c", {"container_access_type": level}, unknown={"storage_account_id": True}, key=key, module="store",
            expressions={"storage_account_id": ref("each.value.id", "each.value")},
            for_each_expression=ref("azurerm_storage_account.this"),
        )  # fmt: skip
    found = plan.read(tmp_path)
    assert value(found[f'module.store.{ACCOUNT}.this["a"]'], "access.anonymous_read") is False
    assert value(found[f'module.store.{ACCOUNT}.this["b"]'], "access.anonymous_read") is True


def test_a_website_is_open_to_anyone_whatever_the_switch(plan, tmp_path):
    add(plan, {"allow_nested_items_to_be_public": False, "static_website": [{"index_document": "index.html"}]})
    one = read(plan, tmp_path)
    assert value(one, "access.website_enabled") is True
    assert value(one, "access.anonymous_read") is True


def test_a_customers_key_inline_or_apart_is_the_customers(plan, tmp_path):
    plan.add("azurerm_key_vault_key", "k", {"name": "k"}, unknown={"id": True})
    add(
        plan, {"customer_managed_key": [{}]}, unknown={**COMPUTED, "customer_managed_key": [{"key_vault_key_id": True}]},
        expressions={"customer_managed_key": [{"key_vault_key_id": ref("azurerm_key_vault_key.k.id")}]},
    )  # fmt: skip
    one = read(plan, tmp_path)
    assert value(one, "encryption.key_custody") == "customer"
    assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, "azurerm_key_vault_key.k")]


def test_a_key_in_a_resource_of_its_own_is_joined(plan, tmp_path):
    plan.add("azurerm_key_vault_key", "k", {"name": "k"}, unknown={"id": True})
    add(plan)
    plan.add(
        f"{ACCOUNT}_customer_managed_key", "c", {"key_name": "k"}, unknown={"storage_account_id": True, "key_vault_id": True},
        expressions={"storage_account_id": ref("azurerm_storage_account.a.id"), "key_name": ref("azurerm_key_vault_key.k.name")},
    )  # fmt: skip
    one = read(plan, tmp_path)
    assert value(one, "encryption.key_custody") == "customer"
    assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, "azurerm_key_vault_key.k")]


LOGS = {"enabled_log": [{"category": "StorageRead"}, {"category": "StorageWrite"}, {"category": "StorageDelete"}]}


def test_a_diagnostic_setting_on_the_blob_service_records_reads(plan, tmp_path):
    add(plan, {"id": ID})
    target = {"target_resource_id": f"{ID}/blobServices/default", "log_analytics_workspace_id": "/subscriptions/x/workspaces/w"}
    plan.add("azurerm_monitor_diagnostic_setting", "d", {**target, **LOGS})
    one = read(plan, tmp_path)
    assert value(one, "logging.data_read") is True
    assert value(one, "logging.data_write") is True
    assert (Rel.LOGS_TO, "/subscriptions/x/workspaces/w") in [(link.rel, link.to) for link in one.links]
    plan.changes[-1]["change"]["after"]["enabled_log"] = LOGS["enabled_log"][:-1]
    assert value(read(plan, tmp_path), "logging.data_write") is False, "deletions are not recorded"
    plan.changes[-1]["change"]["after"]["target_resource_id"] = ID
    assert value(read(plan, tmp_path), "logging.data_read") is False, "the account itself has metrics alone"


def test_which_service_a_new_setting_is_for_is_known_after_apply(plan, tmp_path):
    add(plan)
    plan.add(
        "azurerm_monitor_diagnostic_setting", "d", LOGS, unknown={"target_resource_id": True},
        expressions={"target_resource_id": ref("azurerm_storage_account.a.id")},
    )  # fmt: skip
    assert reason(read(plan, tmp_path), "logging.data_read") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_setting_of_another_resource_is_no_loose_end(plan, tmp_path):
    add(plan)
    plan.add("azurerm_key_vault", "v", {"name": "v"}, unknown={"id": True})
    plan.add(
        "azurerm_monitor_diagnostic_setting", "d", {"enabled_log": [{"category": "AuditEvent"}]}, unknown={"target_resource_id": True},
        expressions={"target_resource_id": ref("azurerm_key_vault.v.id")},
    )  # fmt: skip
    assert value(read(plan, tmp_path), "logging.data_read") is False


def test_a_private_endpoint_is_found_in_its_block(plan, tmp_path):
    add(plan)
    plan.add(
        "azurerm_private_endpoint", "p", {"private_service_connection": [{"is_manual_connection": False}]},
        unknown={"private_service_connection": [{"private_connection_resource_id": True}]},
        expressions={"private_service_connection": [{"private_connection_resource_id": ref("azurerm_storage_account.a.id")}]},
    )  # fmt: skip
    assert value(read(plan, tmp_path), "network.private_endpoint") is True
    plan.changes[-1]["change"]["after"]["private_service_connection"][0]["is_manual_connection"] = True
    assert reason(read(plan, tmp_path), "network.private_endpoint") is UnknownReason.NOT_COLLECTED


def rule(days, **filters):
    return {
        "enabled": True, "filters": [{"blob_types": ["blockBlob"], **filters}],
        "actions": [{"base_blob": [{"delete_after_days_since_modification_greater_than": days}], "version": [{"delete_after_days_since_creation": 9}]}],
    }  # fmt: skip


def test_a_management_policy_deletes_by_age(plan, tmp_path):
    add(plan, {"blob_properties": [{"versioning_enabled": True}]})
    plan.add(
        "azurerm_storage_management_policy", "p", {"rule": [rule(400), rule(30, prefix_match=["tmp/"])]},
        unknown={"storage_account_id": True}, expressions={"storage_account_id": ref("azurerm_storage_account.a.id")},
    )  # fmt: skip
    one = read(plan, tmp_path)
    assert value(one, "retention.expiry_configured") is True
    assert value(one, "retention.delete_after_days") == 400, "a rule for a prefix is not the whole"
    assert value(one, "retention.noncurrent_days") == 9
    plan.changes[-1]["change"]["after"]["rule"][0]["enabled"] = False
    assert value(read(plan, tmp_path), "retention.delete_after_days") == UNLIMITED


def test_the_weakest_container_decides_immutability(plan, tmp_path):
    add(plan)
    for name, locked in (("c", True), ("d", False)):
        plan.add(CONTAINER, name, {"storage_account_name": "records"}, unknown={"resource_manager_id": True})
        plan.add(
            f"{CONTAINER}_immutability_policy", name, {"immutability_period_in_days": 14, "locked": locked},
            unknown={"storage_container_resource_manager_id": True},
            expressions={"storage_container_resource_manager_id": ref(f"{CONTAINER}.{name}.resource_manager_id")},
        )  # fmt: skip
        one = read(plan, tmp_path)
        assert value(one, "immutability.mode") == ("compliance" if locked else "governance")
        assert value(one, "immutability.min_days") == 14
    plan.add(CONTAINER, "bare", {"storage_account_name": "records"})
    assert value(read(plan, tmp_path), "immutability.mode") == "none"


def test_a_policy_on_links_counts_only_where_it_blocks(plan, tmp_path):
    add(plan, {"sas_policy": [{"expiration_period": "02.12:00:00", "expiration_action": "Log"}]})
    assert value(read(plan, tmp_path), "access.bearer_link_max_hours") == UNLIMITED
    plan.changes[0]["change"]["after"]["sas_policy"][0]["expiration_action"] = "Block"
    assert value(read(plan, tmp_path), "access.bearer_link_max_hours") == 60


def test_of_scopes_under_microsofts_key_counts_what_a_container_admits(plan, tmp_path):
    plan.add(ACCOUNT, "a", {"name": "a", **_UNDER_A_KEY}, unknown={"id": True})
    plan.add("azurerm_storage_encryption_scope", "s", {"name": "s", "source": "Microsoft.Storage", "storage_account_id": "a"})

    def custody():
        fact = plan.read(tmp_path)[f"{ACCOUNT}.a"].facts["encryption.key_custody"]
        return (fact.reason, fact.between) if isinstance(fact, Unknown) else fact.value

    assert custody() == (UnknownReason.NOT_COLLECTED, ("provider-owned", "customer"))
    barred = {"default_encryption_scope": "mine", "encryption_scope_override_enabled": False, "storage_account_id": "a"}
    plan.add(CONTAINER, "c", {"name": "c", **barred})
    assert custody() == "customer"
    plan.add(
        CONTAINER,
        "d",
        {"name": "d", **barred},
        unknown={"default_encryption_scope": True},
        expressions={"default_encryption_scope": ref("var.s")},
    )
    assert custody() == (UnknownReason.KNOWN_AFTER_APPLY, ("provider-owned", "customer"))
    plan.add(CONTAINER, "e", {"name": "e", "storage_account_id": "a"})
    assert custody() == "provider-owned"


@pytest.mark.parametrize("inside", ["share", "queue", "table"])
def test_what_stands_beside_blobs_is_recorded_by_its_own_service(plan, tmp_path, inside):
    service = "file" if inside == "share" else inside
    soft = {"blob_properties": [{"delete_retention_policy": [{"days": 30}]}], "share_properties": [{"retention_policy": [{"days": 14}]}]}
    add(plan, {"id": ID, **soft})
    plan.add("azurerm_monitor_diagnostic_setting", "blobs", {**LOGS, "target_resource_id": f"{ID}/blobServices/default"})
    one = read(plan, tmp_path)
    assert value(one, "logging.data_read") is True
    assert value(one, "recovery.soft_delete_days") == 30
    plan.add(f"azurerm_storage_{inside}", "x", {"name": "x", "storage_account_id": ID})
    one = read(plan, tmp_path)
    assert value(one, "logging.data_read") is False
    assert value(one, "recovery.soft_delete_days") == (14 if inside == "share" else 30)
    plan.add("azurerm_monitor_diagnostic_setting", "more", {**LOGS, "target_resource_id": f"{ID}/{service}Services/default"})
    one = read(plan, tmp_path)
    assert value(one, "logging.data_read") is value(one, "logging.data_write") is True


def test_what_others_may_have_made_in_an_account_that_is_there_leaves_open_whether_it_is_recorded(plan, tmp_path):
    there = {"id": ID, "blob_properties": [{"delete_retention_policy": [{"days": 30}]}], "share_properties": []}
    add(plan, there, actions=("no-op",), before={**PLAIN, **there})
    plan.add("azurerm_monitor_diagnostic_setting", "blobs", {**LOGS, "target_resource_id": f"{ID}/blobServices/default"})
    one = read(plan, tmp_path)
    assert reason(one, "logging.data_read") is UnknownReason.NOT_COLLECTED
    assert reason(one, "recovery.soft_delete_days") is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize("kind", ["BlobStorage", "BlockBlobStorage"])
def test_an_account_of_a_kind_that_has_blobs_alone_is_recorded_by_their_service(plan, tmp_path, kind):
    there = {"id": ID, "account_kind": kind, "blob_properties": [{"delete_retention_policy": [{"days": 30}]}]}
    add(plan, there, actions=("no-op",), before={**PLAIN, **there})
    plan.add("azurerm_monitor_diagnostic_setting", "blobs", {**LOGS, "target_resource_id": f"{ID}/blobServices/default"})
    one = read(plan, tmp_path)
    assert value(one, "logging.data_read") is True
    assert value(one, "recovery.soft_delete_days") == 30
