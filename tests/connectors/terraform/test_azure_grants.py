"""Who may be let in to a planned Azure store from outside, by what the plan gives: never nobody where it may be somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.terraform.checked import checked
from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tierwise.connectors.azure_audience import MICROSOFT
from tierwise.connectors.terraform.azure_grants import STORES
from tierwise.connectors.terraform.converter import converters
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason

ACCOUNT, VAULT, IDENTITY = "azurerm_storage_account", "azurerm_key_vault", "azurerm_user_assigned_identity"
ASSIGNMENT, GROUP = "azurerm_role_assignment", "azurerm_resource_group"
SUBSCRIPTION, ELSEWHERE = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
TENANT, OTHER = "76a2ae5a-9f00-4f6b-95ed-5d33d77c4d61", "986c2649-c560-4f52-9830-aa67781b1b4d"
GUEST = "5d1f6a0c-64ab-4a0c-8a4f-0f4f0c9a1b11"
IN_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
PROVIDER = f"{IN_GROUP}/providers"
STORE = f"{PROVIDER}/Microsoft.Storage/storageAccounts/records"
EXTERNAL, CONDITIONED = "access.external_principals", "access.external_conditioned"
WIDE: dict[str, Any] = {"scope": IN_GROUP, "role_definition_name": "Contributor"}
BLOBS: dict[str, Any] = {"scope": STORE, "role_definition_name": "Storage Blob Data Reader"}


@pytest.fixture
def plan():
    found = PlanBuilder()
    found.providers["azurerm"] = {"name": "azurerm", "expressions": {"subscription_id": const(SUBSCRIPTION)}}
    found.add(GROUP, "rg", {"name": "rg", "location": "uksouth"}, unknown={"id": True}, provider="azurerm")
    store(found)
    return found


def store(plan, kind=ACCOUNT, name="records", after=None, **more):
    values = {"name": name, "resource_group_name": "rg", **(after or {})}
    return plan.add(kind, name, values, unknown={"id": True}, provider="azurerm", **more)


def give(plan, name="a", after=None, references=None, kind=ASSIGNMENT, **more):
    """An assignment; what `references` leads elsewhere is not known yet."""
    unknown = dict.fromkeys(references or (), True)
    plan.add(
        kind, name, after, unknown=unknown, expressions={one: ref(to) for one, to in (references or {}).items()}, provider="azurerm", **more
    )


def who(plan, tmp_path, address=f"{ACCOUNT}.records"):
    facts = checked(plan, tmp_path, address).facts
    return facts[EXTERNAL], facts[CONDITIONED]


def nobody(plan, tmp_path, address=f"{ACCOUNT}.records"):
    external, conditioned = who(plan, tmp_path, address)
    return isinstance(external, Known) and external.value == frozenset() and isinstance(conditioned, NotApplicable)


def opens_it(plan, tmp_path, address=f"{ACCOUNT}.records"):
    """Whether somebody of whom it is not known where they are from may be let in."""
    external, conditioned = who(plan, tmp_path, address)
    if isinstance(external, Unknown):
        assert isinstance(conditioned, Unknown)
        assert external.detail
    return isinstance(external, Unknown)


def test_a_new_store_to_which_nothing_is_given_lets_nobody_in(plan, tmp_path):
    assert nobody(plan, tmp_path)


def test_a_store_that_is_there_may_have_been_opened_elsewhere(plan, tmp_path):
    store(plan, name="old", after={"id": STORE}, actions=("no-op",), before={"id": STORE, "name": "old"})
    external, _ = who(plan, tmp_path, f"{ACCOUNT}.old")
    assert external.reason is UnknownReason.NOT_COLLECTED
    assert "who else holds a role" in external.detail


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        ("/", True),
        ("/providers/Microsoft.Management/managementGroups/all", True),
        (f"/subscriptions/{SUBSCRIPTION}", True),
        (f"/subscriptions/{ELSEWHERE}", False),
        (IN_GROUP, True),
        (IN_GROUP.upper().replace("SUBSCRIPTIONS", "subscriptions"), True),
        (f"{IN_GROUP}-2", False),
        (STORE, True),
        (f"{STORE}/blobServices/default/containers/letters", True),
        (f"{STORE}2", False),
        (f"{PROVIDER}/Microsoft.KeyVault/vaults/records", False),
        ("anything else", True),
    ],
)
def test_a_role_that_is_given_by_an_id_holds_for_what_is_below_it(plan, tmp_path, scope, covers):
    give(plan, after={**WIDE, "scope": scope, "principal_id": GUEST})
    assert opens_it(plan, tmp_path) is covers
    assert nobody(plan, tmp_path) is not covers


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (f"{ACCOUNT}.records.id", True),
        (f"{GROUP}.rg.id", True),
        (f"{GROUP}.other.id", False),
        ("azurerm_storage_container.letters.resource_manager_id", True),
        ("azurerm_storage_container.theirs.resource_manager_id", False),
        (f"{VAULT}.v.id", False),
        ("azurerm_firewall.f.id", False),
        ("data.azurerm_subscription.here.id", True),
        ("data.azurerm_management_group.all.id", True),
        ("local.scope", True),
    ],
)
def test_a_role_that_is_given_by_reference_holds_for_what_is_below_it(plan, tmp_path, scope, covers):
    plan.add(GROUP, "other", {"name": "other"}, unknown={"id": True}, provider="azurerm")
    store(plan, name="others", after={"resource_group_name": "other"})
    store(plan, VAULT, "v")
    plan.add("azurerm_firewall", "f", {}, unknown={"id": True}, provider="azurerm")
    for name, account in (("letters", "records"), ("theirs", "others")):
        plan.add("azurerm_storage_container", name, {"name": name, "storage_account_name": account}, unknown={"resource_manager_id": True})
    give(plan, after={"role_definition_name": "Owner", "principal_id": GUEST}, references={"scope": scope})
    assert opens_it(plan, tmp_path) is covers
    assert nobody(plan, tmp_path) is not covers


def test_a_group_that_the_plan_does_not_have_is_told_by_its_name(plan, tmp_path):
    plan.add(GROUP, "read", {"name": "rg"}, mode="data", unknown={"id": True}, provider="azurerm")
    give(plan, after={"role_definition_name": "Owner", "principal_id": GUEST}, references={"scope": f"data.{GROUP}.read.id"})
    assert opens_it(plan, tmp_path)


@pytest.mark.parametrize(
    ("role", "covers"),
    [
        ({"role_definition_name": "Reader"}, False),
        ({"role_definition_name": "Network Contributor"}, False),
        ({"role_definition_name": "Key Vault Secrets User"}, False),
        ({"role_definition_name": "Storage Queue Data Reader"}, True),
        ({"role_definition_name": "User Access Administrator"}, True),
        ({"role_definition_id": f"/subscriptions/{SUBSCRIPTION}/x/acdd72a7-3385-48ef-bd42-f606fba81ae7"}, False),
        ({"role_definition_id": f"/subscriptions/{SUBSCRIPTION}/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}, True),
        ({"role_definition_name": "Housing Caseworker"}, True),
        ({}, True),
    ],
)
def test_a_role_counts_where_it_opens_the_store(plan, tmp_path, role, covers):
    give(plan, after={"scope": STORE, "principal_id": GUEST, **role})
    assert opens_it(plan, tmp_path) is covers


@pytest.mark.parametrize(
    ("permissions", "covers"),
    [({"actions": ["Microsoft.Storage/*/read"]}, False), ({"data_actions": ["Microsoft.Storage/storageAccounts/*"]}, True)],
)
def test_a_role_of_this_plan_counts_by_its_permissions(plan, tmp_path, permissions, covers):
    plan.add(
        "azurerm_role_definition", "d", {"name": "Custom", "permissions": [permissions]}, unknown={"role_definition_resource_id": True}
    )
    give(
        plan,
        after={"scope": STORE, "principal_id": GUEST},
        references={"role_definition_id": "azurerm_role_definition.d.role_definition_resource_id"},
    )
    assert opens_it(plan, tmp_path) is covers


def test_access_policies_close_a_vault_to_roles_over_data_and_not_to_those_that_change_it(plan, tmp_path):
    for role, covers in (("Key Vault Secrets User", False), ("Contributor", True)):
        own = PlanBuilder()
        store(own, VAULT, "v", {"rbac_authorization_enabled": False, "access_policy": []})
        give(own, after={"scope": "/", "role_definition_name": role, "principal_id": GUEST})
        assert opens_it(own, tmp_path, f"{VAULT}.v") is covers


def test_reader_reads_the_entries_of_a_workspace(plan, tmp_path):
    store(plan, "azurerm_log_analytics_workspace", "w")
    give(plan, after={"scope": IN_GROUP, "role_definition_name": "Reader", "principal_id": GUEST})
    assert opens_it(plan, tmp_path, "azurerm_log_analytics_workspace.w")
    assert nobody(plan, tmp_path)


IDENTITIES: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    (IDENTITY, "managed", {}, f"{IDENTITY}.x.principal_id"),
    (IDENTITY, "data", {"principal_id": GUEST}, f"data.{IDENTITY}.x.principal_id"),
    ("azurerm_linux_web_app", "managed", {}, "azurerm_linux_web_app.x.identity"),
    ("azurerm_kubernetes_cluster", "managed", {}, "azurerm_kubernetes_cluster.x.kubelet_identity"),
    ("azuread_user", "managed", {}, "azuread_user.x.object_id"),
    ("azuread_user", "data", {"user_type": "Member", "creation_type": None}, "data.azuread_user.x.object_id"),
    ("azuread_service_principal", "data", {"application_tenant_id": sorted(MICROSOFT)[0]}, "data.azuread_service_principal.x.object_id"),
    ("azuread_service_principal", "data", {"application_tenant_id": TENANT.upper()}, "data.azuread_service_principal.x.object_id"),
)


@pytest.mark.parametrize(
    ("kind", "mode", "after", "reference"), IDENTITIES, ids=[f"{mode}-{kind}-{n}" for n, (kind, mode, _, _) in enumerate(IDENTITIES)]
)
def test_the_tenants_own_are_nobody_from_outside(plan, tmp_path, kind, mode, after, reference):
    plan.add("azurerm_client_config", "me", {"tenant_id": TENANT}, mode="data")
    plan.add(kind, "x", after, mode=mode, unknown={} if after else {"principal_id": True, "object_id": True, "user_type": True})
    give(plan, after=BLOBS, references={"principal_id": reference})
    assert nobody(plan, tmp_path)


def test_an_application_that_the_plan_makes_is_the_tenants_own(plan, tmp_path):
    plan.add("azuread_application", "app", {}, unknown={"client_id": True})
    plan.add(
        "azuread_service_principal", "sp", {}, unknown={"client_id": True, "application_tenant_id": True, "object_id": True},
        expressions={"client_id": ref("azuread_application.app.client_id")},
    )  # fmt: skip
    give(plan, after=BLOBS, references={"principal_id": "azuread_service_principal.sp.object_id"})
    assert nobody(plan, tmp_path)


STRANGERS = (
    ("azuread_user", {"user_type": "Guest", "object_id": GUEST.upper()}, f"guest:{GUEST}"),
    ("azuread_user", {"user_type": "Member", "creation_type": "Invitation", "object_id": GUEST}, f"guest:{GUEST}"),
    ("azuread_service_principal", {"application_tenant_id": OTHER}, OTHER),
)


@pytest.mark.parametrize(("kind", "after", "name"), STRANGERS)
@pytest.mark.parametrize("condition", [None, "@Resource[x] StringEquals 'y'"])
def test_who_is_from_outside_is_named_and_a_condition_binds_them(plan, tmp_path, kind, after, name, condition):
    plan.add("azurerm_client_config", "me", {"tenant_id": TENANT}, mode="data")
    plan.add(kind, "x", after, mode="data")
    give(plan, after={**BLOBS, "condition": condition}, references={"principal_id": f"data.{kind}.x.object_id"})
    external, conditioned = who(plan, tmp_path)
    assert external.value == {name}
    assert conditioned.value is (condition is not None)


def test_who_is_invited_by_the_plan_is_a_guest(plan, tmp_path):
    plan.add("azuread_invitation", "supplier", {}, unknown={"user_id": True})
    give(plan, after=BLOBS, references={"principal_id": "azuread_invitation.supplier.user_id"})
    assert who(plan, tmp_path)[0].value == {"guest:azuread_invitation.supplier"}


@pytest.mark.parametrize(
    ("kind", "mode", "reference", "told"),
    [
        ("azurerm_client_config", "data", "data.azurerm_client_config.x.object_id", "whoever applies the plan"),
        ("azuread_group", "managed", "azuread_group.x.object_id", "a group"),
        ("azuread_group", "data", "data.azuread_group.x.object_id", "a group"),
        ("azuread_user", "data", "data.azuread_user.x.object_id", ""),
        ("azuread_service_principal", "data", "data.azuread_service_principal.x.object_id", "which tenant owns the application"),
        ("azurerm_mssql_server", "managed", "azurerm_mssql_server.x.azuread_administrator", "names azurerm_mssql_server.x"),
        ("random_uuid", "managed", "random_uuid.x.result", "not known yet"),
        ("local", "", "local.supplier", "not known yet"),
    ],
)
def test_who_may_be_from_outside_leaves_it_open(plan, tmp_path, kind, mode, reference, told):
    if mode:
        plan.add(kind, "x", {}, mode=mode, unknown={"object_id": True, "user_type": True})
    give(plan, after=BLOBS, references={"principal_id": reference})
    assert opens_it(plan, tmp_path)
    assert told in who(plan, tmp_path)[0].detail


def test_an_id_that_stands_there_leaves_it_open_and_is_not_told(plan, tmp_path):
    give(plan, after={**BLOBS, "principal_id": GUEST, "principal_type": "ServicePrincipal"})
    external, _ = who(plan, tmp_path)
    assert external.reason is UnknownReason.OUT_OF_SCOPE
    assert GUEST not in external.detail


@pytest.mark.parametrize("after", [{}, {"user_type": None, "creation_type": None}, {"user_type": ""}])
def test_a_user_of_whom_nothing_says_whether_it_is_a_guest_leaves_it_open(plan, tmp_path, after):
    plan.add("azuread_user", "x", {"object_id": GUEST, **after}, mode="data")
    give(plan, after=BLOBS, references={"principal_id": "data.azuread_user.x.object_id"})
    assert opens_it(plan, tmp_path)


@pytest.mark.parametrize(
    ("kind", "references", "is_open"),
    [
        ("azurerm_key_vault_secret", ("azurerm_key_vault_secret.x", "count.index"), True),
        (
            "azurerm_key_vault_secret",
            ("azurerm_key_vault_secret.x[0].value", "azurerm_key_vault_secret.x[0]", "azurerm_key_vault_secret.x"),
            True,
        ),
        ("azurerm_linux_web_app", ("azurerm_linux_web_app.x", "count.index"), True),
        ("azurerm_linux_web_app", ("azurerm_linux_web_app.x[0].identity", "azurerm_linux_web_app.x[0]", "azurerm_linux_web_app.x"), False),
        (IDENTITY, (f"{IDENTITY}.x", "count.index"), False),
    ],
)
def test_what_of_a_resource_is_meant_has_to_be_its_identity(plan, tmp_path, kind, references, is_open):
    for key in range(2):
        plan.add(kind, "x", {}, unknown={"id": True}, key=key, provider="azurerm")
    plan.add(
        ASSIGNMENT, "a", BLOBS, unknown={"principal_id": True}, expressions={"principal_id": ref(*references)}, provider="azurerm",
    )  # fmt: skip
    assert opens_it(plan, tmp_path) is is_open


def test_what_is_given_over_the_border_of_a_tenant_leaves_it_open(plan, tmp_path):
    plan.add(IDENTITY, "x", {}, unknown={"principal_id": True, "id": True})
    references = {"principal_id": f"{IDENTITY}.x.principal_id", "delegated_managed_identity_resource_id": f"{IDENTITY}.x.id"}
    give(plan, after=BLOBS, references=references)
    assert "border of a tenant" in who(plan, tmp_path)[0].detail


def test_whom_a_guest_is_given_elsewhere_is_not_named_here(plan, tmp_path):
    plan.add("azuread_user", "x", {"user_type": "Guest", "object_id": GUEST}, mode="data")
    give(
        plan, after={"role_definition_name": "Owner"}, references={"principal_id": "data.azuread_user.x.object_id", "scope": "local.scope"}
    )
    external, _ = who(plan, tmp_path)
    assert external.includes == frozenset()
    assert "is not in this plan" in external.detail


def test_one_who_is_from_outside_stays_named_where_more_may_be(plan, tmp_path):
    plan.add("azuread_user", "x", {"user_type": "Guest", "object_id": GUEST}, mode="data")
    give(plan, after=BLOBS, references={"principal_id": "data.azuread_user.x.object_id"})
    give(plan, "b", after={**BLOBS, "principal_id": OTHER})
    external, conditioned = who(plan, tmp_path)
    assert external.includes == {f"guest:{GUEST}"}
    assert conditioned.value is False


def test_an_assignment_that_goes_and_one_that_can_be_activated_give_nothing(plan, tmp_path):
    give(plan, after={}, before={**BLOBS, "principal_id": GUEST}, actions=("delete",))
    give(plan, "p", after={**BLOBS, "principal_id": GUEST}, kind="azurerm_pim_eligible_role_assignment")
    assert nobody(plan, tmp_path)
    give(
        plan,
        "active",
        after={"scope": STORE, "role_definition_id": "/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "principal_id": GUEST},
        kind="azurerm_pim_active_role_assignment",
    )
    assert opens_it(plan, tmp_path)


@pytest.mark.parametrize(("tenant", "expected"), [(const(OTHER), OTHER), (None, "")])
def test_what_is_delegated_names_the_tenant(plan, tmp_path, tenant, expected):
    offer = {"managing_tenant_id": OTHER} if tenant else {}
    plan.add("azurerm_lighthouse_definition", "d", offer, unknown={"id": True} | ({} if tenant else {"managing_tenant_id": True}))
    give(
        plan,
        after={"scope": f"/subscriptions/{SUBSCRIPTION}"},
        references={"lighthouse_definition_id": "azurerm_lighthouse_definition.d.id"},
        kind="azurerm_lighthouse_assignment",
    )
    external, _ = who(plan, tmp_path)
    assert external.value == {expected} if expected else external.reason is UnknownReason.KNOWN_AFTER_APPLY


def test_a_delegation_whose_offer_is_not_in_the_plan_leaves_it_open(plan, tmp_path):
    give(plan, after={"scope": IN_GROUP, "lighthouse_definition_id": "/providers/x"}, kind="azurerm_lighthouse_assignment")
    assert "names the tenant" in who(plan, tmp_path)[0].detail


@pytest.mark.parametrize("part", ["azurerm_mssql_database", "azurerm_key_vault_key", "azurerm_servicebus_queue"])
def test_a_part_is_opened_by_what_is_given_of_the_whole(plan, tmp_path, part):
    whole, attribute = {
        "azurerm_mssql_database": ("azurerm_mssql_server", "server_id"),
        "azurerm_key_vault_key": (VAULT, "key_vault_id"),
        "azurerm_servicebus_queue": ("azurerm_servicebus_namespace", "namespace_id"),
    }[part]
    store(plan, whole, "w", {"rbac_authorization_enabled": True} if whole == VAULT else {})
    plan.add(part, "p", {"name": "p"}, unknown={attribute: True, "id": True}, expressions={attribute: ref(f"{whole}.w.id")})
    assert nobody(plan, tmp_path, f"{part}.p")
    give(plan, after={"role_definition_name": "Owner", "principal_id": GUEST}, references={"scope": f"{whole}.w.id"})
    assert opens_it(plan, tmp_path, f"{part}.p")
    assert opens_it(plan, tmp_path, f"{whole}.w")


def test_a_part_alone_is_opened_and_the_whole_with_it_and_no_other_part(plan, tmp_path):
    store(plan, "azurerm_mssql_server", "w")
    for name in ("one", "other"):
        plan.add(
            "azurerm_mssql_database",
            name,
            {"name": name},
            unknown={"server_id": True, "id": True},
            expressions={"server_id": ref("azurerm_mssql_server.w.id")},
        )
    give(plan, after={"role_definition_name": "Contributor", "principal_id": GUEST}, references={"scope": "azurerm_mssql_database.one.id"})
    assert opens_it(plan, tmp_path, "azurerm_mssql_database.one")
    assert opens_it(plan, tmp_path, "azurerm_mssql_server.w")
    assert nobody(plan, tmp_path, "azurerm_mssql_database.other")


def test_an_assignment_by_azapi_counts_alike(plan, tmp_path):
    body = {"properties": {"principalId": GUEST, "roleDefinitionId": "/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}
    plan.add(
        "azapi_resource", "a", {"type": "Microsoft.Authorization/roleAssignments@2022-04-01", "name": "n", "body": body},
        unknown={"parent_id": True, "id": True}, expressions={"parent_id": ref(f"{ACCOUNT}.records.id")},
    )  # fmt: skip
    assert opens_it(plan, tmp_path)


def test_a_policy_for_a_guest_opens_a_vault_where_roles_do_not_decide(tmp_path):
    for roles in (False, True):
        own = PlanBuilder()
        own.add("azuread_user", "x", {"user_type": "Guest", "object_id": GUEST}, mode="data")
        store(own, VAULT, "v", {"tenant_id": TENANT, "access_policy": [], "rbac_authorization_enabled": roles})
        own.add(
            "azurerm_key_vault_access_policy", "p", {"tenant_id": TENANT}, unknown={"key_vault_id": True, "object_id": True},
            expressions={"key_vault_id": ref(f"{VAULT}.v.id"), "object_id": ref("data.azuread_user.x.object_id")},
        )  # fmt: skip
        assert who(own, tmp_path, f"{VAULT}.v")[0].value == (frozenset() if roles else {f"guest:{GUEST}"})


def test_who_uses_the_keys_of_a_managed_module_is_told_within_it(plan, tmp_path):
    module, key = "azurerm_key_vault_managed_hardware_security_module", "azurerm_key_vault_managed_hardware_security_module_key"
    store(plan, module, "m")
    plan.add(key, "k", {"name": "k"}, unknown={"managed_hsm_id": True}, expressions={"managed_hsm_id": ref(f"{module}.m.id")})
    assert "roles within it" in who(plan, tmp_path, f"{key}.k")[0].detail


def test_every_store_that_tells_of_strangers_has_its_type_in_azure(tmp_path):
    """A converter without one would hold no role to open what it makes."""
    without = []
    for kind in sorted(one for one in converters(frozenset({"azure"})) if one.startswith("azurerm_")):
        own = PlanBuilder()
        store(own, kind, "x")
        give(own, after={"scope": "/", "role_definition_name": "Owner", "principal_id": GUEST})
        found = own.judged().get(f"{kind}.x")
        if found is not None and isinstance(found.facts.get(EXTERNAL), Known):
            without.append(kind)
    assert without == []
    assert set(STORES) - set(converters(frozenset({"azure"}))) == {"azurerm_key_vault_managed_hardware_security_module"}


def test_a_group_that_cannot_be_told_from_the_stores_own_leaves_it_open(plan, tmp_path):
    plan.add(GROUP, "made", {}, unknown={"id": True, "name": True}, provider="azurerm")
    store(plan, name="elsewhere", after={"resource_group_name": None})
    give(plan, after={"role_definition_name": "Owner", "principal_id": GUEST}, references={"scope": f"{GROUP}.made.id"})
    assert opens_it(plan, tmp_path, f"{ACCOUNT}.elsewhere")


def test_what_is_given_for_another_part_by_its_id_names_nobody_here(plan, tmp_path):
    store(plan, "azurerm_mssql_server", "w")
    plan.add(
        "azurerm_mssql_database", "one", {"name": "one"}, unknown={"server_id": True, "id": True},
        expressions={"server_id": ref("azurerm_mssql_server.w.id")},
    )  # fmt: skip
    plan.add("azuread_user", "x", {"user_type": "Guest", "object_id": GUEST}, mode="data")
    other = f"{PROVIDER}/Microsoft.Sql/servers/w/databases/other"
    give(plan, after={"scope": other, "role_definition_name": "Owner"}, references={"principal_id": "data.azuread_user.x.object_id"})
    assert who(plan, tmp_path, "azurerm_mssql_database.one")[0].includes == frozenset()
    assert who(plan, tmp_path, "azurerm_mssql_server.w")[0].value == {f"guest:{GUEST}"}


def test_a_condition_that_is_not_known_leaves_open_whether_it_binds(plan, tmp_path):
    plan.add("azuread_user", "x", {"user_type": "Guest", "object_id": GUEST}, mode="data")
    give(plan, after=BLOBS, references={"principal_id": "data.azuread_user.x.object_id", "condition": "local.condition"})
    external, conditioned = who(plan, tmp_path)
    assert external.includes == {f"guest:{GUEST}"}
    assert conditioned.reason is UnknownReason.KNOWN_AFTER_APPLY


def test_an_id_that_a_variable_may_have_given_is_not_taken_for_the_identity_beside_it(plan, tmp_path):
    plan.add(IDENTITY, "x", {}, unknown={"principal_id": True})
    plan.add(
        ASSIGNMENT, "a", {**BLOBS, "principal_id": GUEST},
        expressions={"principal_id": ref("var.owner", f"{IDENTITY}.x.principal_id")}, provider="azurerm",
    )  # fmt: skip
    assert opens_it(plan, tmp_path)


@pytest.mark.parametrize(
    ("scope", "principal", "covers"),
    [(IN_GROUP, GUEST, True), (f"{IN_GROUP}-2", GUEST, False), (STORE, GUEST, True), (IN_GROUP, None, False)],
)
def test_what_another_file_of_the_plan_set_gives_counts_by_the_id_of_its_scope(plan, tmp_path, scope, principal, covers):
    other = PlanBuilder()
    other.add(IDENTITY, "x", {}, unknown={"principal_id": True})
    own = {} if principal else {"principal_id": f"{IDENTITY}.x.principal_id"}
    give(other, after={**WIDE, "scope": scope} | ({"principal_id": principal} if principal else {}), references=own)
    paths = [tmp_path / "stores.json", tmp_path / "roles.json"]
    for path, builder in zip(paths, (plan, other), strict=True):
        path.write_text(json.dumps(builder.document()))
    made = {one.id: one for one in (found for each in open_plans(paths).plans for found in resources(each)) if hasattr(one, "facts")}
    assert isinstance(made[f"stores#{ACCOUNT}.records"].facts[EXTERNAL], Unknown) is covers
