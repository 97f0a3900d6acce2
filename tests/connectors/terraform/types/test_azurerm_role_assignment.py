from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

ASSIGNMENT, DEFINITION = "azurerm_role_assignment", "azurerm_role_definition"
SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
RESOURCE_GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
STORE = f"{RESOURCE_GROUP}/providers/Microsoft.Storage/storageAccounts/records"
FACTS = ("admin", "escalation", "wildcard_data_actions", "wildcard_data_resources", "condition_bound")
_OWNER_ID = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_EVERY = [{"actions": ["*"]}]
CASES = (
    Case(
        ASSIGNMENT,
        "role_definition_name",
        "privilege.admin",
        {"Owner": True, "Reader": False},
        absent=UNSAID,
        having={"scope": SUBSCRIPTION},
    ),
    Case(ASSIGNMENT, "role_definition_id", "privilege.admin", {_OWNER_ID: True}, absent=UNSAID, having={"scope": SUBSCRIPTION}),
    Case(
        ASSIGNMENT, "scope", "privilege.admin", {SUBSCRIPTION: True, STORE: False}, absent=UNSAID, having={"role_definition_name": "Owner"}
    ),
    Case(
        ASSIGNMENT,
        "condition",
        "privilege.condition_bound",
        {"@Resource[x] StringEquals 'y'": True},
        absent=False,
        having={"role_definition_name": "Owner"},
    ),
    Case(DEFINITION, "permissions.0.actions", "privilege.admin", [(["*"], True), (["Microsoft.Storage/*/read"], False)], absent=False),
    Case(
        DEFINITION,
        "permissions.0.not_actions",
        "privilege.admin",
        [(["Microsoft.Authorization/*/write"], False)],
        absent=True,
        bare=False,
        having={"permissions": _EVERY},
    ),
    Case(
        DEFINITION,
        "permissions.0.data_actions",
        "privilege.wildcard_data_actions",
        [(["*"], True), (["Microsoft.Storage/x/read"], False)],
        absent=False,
    ),
    Case(
        DEFINITION,
        "permissions.0.not_data_actions",
        "privilege.wildcard_data_actions",
        [(["*"], False)],
        absent=True,
        bare=False,
        having={"permissions": [{"data_actions": ["*"]}]},
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def assigned(plan, tmp_path, role, scope, condition=None):
    plan.add(ASSIGNMENT, "a", {"role_definition_name": role, "scope": scope, "principal_id": "p", "condition": condition})
    one = checked(plan, tmp_path, f"{ASSIGNMENT}.a")
    assert (one.kind, one.name) == (Kind.POLICY, role)
    assert unsaid(one) == set()
    return one


@pytest.mark.parametrize(
    ("role", "scope", "expected"),
    [
        ("Owner", SUBSCRIPTION, (True, True, True, True, False)),
        ("Owner", "/providers/Microsoft.Management/managementGroups/all", (True, True, True, True, False)),
        ("Owner", STORE, (False, False, True, False, False)),
        ("User Access Administrator", RESOURCE_GROUP, (True, True, False, False, True)),
        ("Contributor", RESOURCE_GROUP, (False, False, True, True, False)),
        ("Storage Blob Data Reader", SUBSCRIPTION, (False, False, False, True, False)),
        ("Storage Blob Data Reader", STORE, (False, False, False, False, False)),
        ("Storage Blob Data Owner", STORE, (False, False, True, False, False)),
        ("Reader", SUBSCRIPTION, (False, False, False, False, True)),
    ],
)
def test_a_built_in_role_counts_for_its_scope(plan, tmp_path, role, scope, expected):
    one = assigned(plan, tmp_path, role, scope)
    assert tuple(value(one, f"privilege.{name}") for name in FACTS) == expected


def test_a_condition_binds_data_and_may_bar_what_can_be_given(plan, tmp_path):
    one = assigned(plan, tmp_path, "Role Based Access Control Administrator", SUBSCRIPTION, "((!(ActionMatches{...})))")
    assert reason(one, "privilege.admin") is UnknownReason.NOT_SUPPORTED
    other = assigned(PlanBuilder(), tmp_path, "Storage Blob Data Reader", STORE, "((!(ActionMatches{...})))")
    assert value(other, "privilege.condition_bound") is True
    owner = assigned(PlanBuilder(), tmp_path, "Owner", SUBSCRIPTION, "((!(ActionMatches{...})))")
    assert value(owner, "privilege.admin") is True, "what Owner may do itself, no condition bars"


def test_a_role_by_the_id_of_a_built_in_one(plan, tmp_path):
    by_id = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/8E3AF657-A8FF-443C-A75C-2FE8C4BCB635"
    plan.add(ASSIGNMENT, "a", {"role_definition_id": by_id, "scope": SUBSCRIPTION})
    assert value(checked(plan, tmp_path, f"{ASSIGNMENT}.a"), "privilege.admin") is True


def test_a_role_that_nobody_knows_is_unknown(plan, tmp_path):
    one = assigned(plan, tmp_path, "Housing Caseworker", SUBSCRIPTION)
    for fact in ("privilege.admin", "privilege.wildcard_data_actions", "privilege.wildcard_data_resources"):
        assert reason(one, fact) is UnknownReason.NOT_COLLECTED, fact


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ({"actions": ["*"]}, (True, True, True)),
        ({"actions": ["*"], "not_actions": ["Microsoft.Authorization/*/Write"]}, (False, False, True)),
        ({"actions": ["Microsoft.Authorization/*"]}, (True, True, False)),
        ({"actions": ["*/read"]}, (False, False, False)),
        ({"data_actions": ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"]}, (False, False, True)),
        ({"data_actions": ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]}, (False, False, False)),
    ],
)
def test_a_custom_role_is_judged_by_its_permissions(plan, tmp_path, permissions, expected):
    plan.add(DEFINITION, "d", {"name": "Custom", "permissions": [permissions]}, unknown={"role_definition_resource_id": True})
    plan.add(
        ASSIGNMENT, "a", {"scope": SUBSCRIPTION}, unknown={"role_definition_id": True},
        expressions={"role_definition_id": ref(f"{DEFINITION}.d.role_definition_resource_id")},
    )  # fmt: skip
    definition, assignment = checked(plan, tmp_path, f"{DEFINITION}.d"), checked(plan, tmp_path, f"{ASSIGNMENT}.a")
    for one in (definition, assignment):
        assert tuple(value(one, f"privilege.{name}") for name in FACTS[:3]) == expected
    assert value(definition, "privilege.wildcard_data_resources") is False
    assert [(link.rel, link.to) for link in assignment.links] == [(Rel.ATTACHES, f"{DEFINITION}.d")]


def test_a_scope_by_reference_is_wide_or_a_store_that_is_read(plan, tmp_path):
    plan.add("azurerm_resource_group", "rg", {"name": "rg"}, unknown={"id": True})
    plan.add("azurerm_storage_account", "s", {"name": "s"}, unknown={"id": True})
    for name, target in (
        ("wide", "azurerm_resource_group.rg.id"),
        ("narrow", "azurerm_storage_account.s.id"),
        ("above", "data.azurerm_subscription.me.id"),
    ):
        plan.add(
            ASSIGNMENT,
            name,
            {"role_definition_name": "Storage Blob Data Reader"},
            unknown={"scope": True},
            expressions={"scope": ref(target)},
        )
    assert value(checked(plan, tmp_path, f"{ASSIGNMENT}.wide"), "privilege.wildcard_data_resources") is True
    assert value(checked(plan, tmp_path, f"{ASSIGNMENT}.above"), "privilege.wildcard_data_resources") is True
    narrow = checked(plan, tmp_path, f"{ASSIGNMENT}.narrow")
    assert value(narrow, "privilege.wildcard_data_resources") is False
    assert [(link.rel, link.to) for link in narrow.links] == [(Rel.READS, "azurerm_storage_account.s")]


def test_a_scope_or_role_known_after_apply_leaves_it_open(plan, tmp_path):
    plan.add(
        ASSIGNMENT, "a", {"role_definition_name": "Owner"}, unknown={"scope": True}, expressions={"scope": ref("local.scope")}
    )  # fmt: skip
    plan.add(
        ASSIGNMENT,
        "b",
        {"scope": SUBSCRIPTION},
        unknown={"role_definition_name": True},
        expressions={"role_definition_name": ref("local.role")},
    )
    assert reason(checked(plan, tmp_path, f"{ASSIGNMENT}.a"), "privilege.admin") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(checked(plan, tmp_path, f"{ASSIGNMENT}.b"), "privilege.admin") is UnknownReason.KNOWN_AFTER_APPLY


def test_permissions_that_are_sensitive_are_redacted(plan, tmp_path):
    plan.add(DEFINITION, "d", {"name": "Custom", "permissions": [{"actions": ["*"]}]}, sensitive={"permissions": True})
    assert reason(checked(plan, tmp_path, f"{DEFINITION}.d"), "privilege.admin") is UnknownReason.REDACTED
