from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.plans import PlanBuilder, value
from tests.connectors.terraform.types.cases import UNSAID, Case, add, at_least, plain
from tierwise.connectors.azure_account import NO_PUBLIC_STORES
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind

PRICING, ASSIGNMENT = "azurerm_security_center_subscription_pricing", "azurerm_subscription_policy_assignment"
_DENIES = {"policy_definition_id": NO_PUBLIC_STORES, "parameters": json.dumps({"effect": {"value": "Deny"}})}
_OTHER = "/providers/Microsoft.Authorization/policyDefinitions/of-another"
CASES = (
    Case(
        PRICING,
        "tier",
        "account.threat_detection",
        {"Standard": True, "Free": UNSAID},
        absent=UNSAID,
        having={"resource_type": "KeyVaults"},
    ),
    Case(
        PRICING,
        "resource_type",
        "account.threat_plans",
        {"StorageAccounts": at_least("object-store"), "Dns": UNSAID},
        absent=UNSAID,
        having={"tier": "Standard"},
    ),
    Case(
        ASSIGNMENT,
        "policy_definition_id",
        "account.public_access_blocked",
        {NO_PUBLIC_STORES.upper(): True, _OTHER: UNSAID},
        absent=UNSAID,
        having=_DENIES,
    ),
    Case(
        ASSIGNMENT,
        "parameters",
        "account.public_access_blocked",
        {_DENIES["parameters"]: True, "{}": UNSAID, "[": UnknownReason.UNPARSABLE},
        absent=UNSAID,
        having=_DENIES,
    ),
    Case(ASSIGNMENT, "enforce", "account.public_access_blocked", {True: True, False: UNSAID}, absent=True, having=_DENIES),
)


def test_the_guardrails_of_a_subscription_are_one_account():
    plan = PlanBuilder()
    first = add(plan, PRICING, "stores", {"tier": "Standard", "resource_type": "StorageAccounts"})
    add(plan, PRICING, "servers", {"tier": "Standard"})
    add(plan, PRICING, "keys", {"tier": "Free", "resource_type": "KeyVaults"})
    add(plan, ASSIGNMENT, "closed", _DENIES)
    found = plan.judged()
    assert [(address, one.kind) for address, one in found.items()] == [(first, Kind.ACCOUNT)]
    one = found[first]
    assert value(one, "account.threat_detection") is True
    assert value(one, "account.public_access_blocked") is True
    assert plain(one.facts["account.threat_plans"]) == at_least("object-store")
    assert plain(one.facts["account.public_block_locked"]) is UnknownReason.NOT_COLLECTED
    assert one.tags.reason is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize(
    ("kind", "had", "fact"),
    [(PRICING, {"tier": "Standard"}, "account.threat_detection"), (ASSIGNMENT, _DENIES, "account.public_access_blocked")],
)
def test_a_guardrail_that_is_deleted_no_longer_guards(kind, had, fact):
    plan = PlanBuilder()
    address = add(plan, kind, "gone", {}, before=had, actions=("delete",))
    assert plain(plan.judged()[address].facts[fact]) is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize("keys", [("uk", "eu")])
def test_in_modules_the_first_instance_speaks_for_all_under_one_provider(keys):
    plan = PlanBuilder()
    for key in keys:
        add(plan, PRICING, "stores", {"tier": "Standard", "resource_type": "StorageAccounts"}, module="guard", module_keys=(key,))
    assert [one.kind for one in plan.judged().values()] == [Kind.ACCOUNT]
