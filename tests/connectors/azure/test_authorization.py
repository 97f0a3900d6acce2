from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import GROUP, SUBSCRIPTION, Cloud, resource_group, row, subscription
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import ACCOUNT, value
from tierwise.model.fact import NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

ASSIGNMENTS, DEFINITIONS = "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions"
OWNER, READER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BLOB_READER, CUSTOM = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "77777777-7777-7777-7777-777777777777"
WHOLE = f"/subscriptions/{SUBSCRIPTION}"
ABOVE = "/providers/Microsoft.Management/managementGroups/departments"
MEMBER = "aaaaaaaa-0000-0000-0000-000000000001"
SECOND = "33333333-3333-3333-3333-333333333333"


def definition(number, name, kind="BuiltInRole", **permissions):
    identifier = f"/providers/Microsoft.Authorization/roleDefinitions/{number}"
    return {**row(DEFINITIONS, "x", {"roleName": name, "type": kind, "permissions": [permissions]}), "id": identifier, "name": number}


def assignment(scope, number, name="a", **properties):
    identifier = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    role = f"{WHOLE}/providers/Microsoft.Authorization/roleDefinitions/{number.upper()}"
    return {
        **row(ASSIGNMENTS, "x", {"scope": scope, "roleDefinitionId": role, "principalType": "User", "principalId": MEMBER, **properties}),
        "id": identifier,
        "name": name,
    }


OWNS = definition(OWNER, "Owner", actions=["*"])
READS = definition(
    BLOB_READER, "Storage Blob Data Reader", dataActions=["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]
)
OWN_ROLE = definition(CUSTOM, "records operator", "CustomRole", actions=["*/read"], dataActions=["Microsoft.Storage/*"])
ROWS = [OWNS, READS, OWN_ROLE, assignment(WHOLE, OWNER), assignment(ACCOUNT, BLOB_READER, "b"), assignment(GROUP, CUSTOM, "c")]


def at(scope, name="a"):
    return f"{scope}/providers/microsoft.authorization/roleassignments/{name}".lower()


@pytest.fixture
def read(collect):
    return lambda *rows, containers=None: collect(Cloud(rows or ROWS, containers=containers), ALL_FACTS)


def privileges(resource):
    return {name.removeprefix("privilege."): value(fact) for name, fact in resource.facts.items() if name.startswith("privilege.")}


def test_an_owner_of_a_subscription_is_an_administrator(read):
    found = read()[at(WHOLE)]
    assert (found.kind, found.name) == (Kind.POLICY, "Owner")
    facts = privileges(found)
    assert isinstance(facts.pop("inline_wildcard"), NotApplicable)
    assert facts == {
        "admin": True,
        "escalation": True,
        "wildcard_data_actions": True,
        "wildcard_data_resources": True,
        "condition_bound": False,
    }
    assert found.links == (Link(Rel.READS, WHOLE),)


def test_a_role_on_one_store_reads_it_alone(read):
    found = read()[at(ACCOUNT, "b")]
    facts = privileges(found)
    assert (facts["admin"], facts["wildcard_data_actions"], facts["wildcard_data_resources"]) == (False, False, False)
    assert found.links == (Link(Rel.READS, ACCOUNT),)


def test_a_custom_role_is_a_policy_of_its_own(read):
    found = read()
    role = found[f"/providers/microsoft.authorization/roledefinitions/{CUSTOM}"]
    assert role.name == "records operator"
    assert privileges(role)["wildcard_data_actions"] is True
    held = found[at(GROUP, "c")]
    assert set(held.links) == {Link(Rel.READS, f"reads-like:{GROUP.lower()}/*"), Link(Rel.ATTACHES, role.id)}
    assert privileges(held)["wildcard_data_resources"] is True


def test_built_in_roles_are_no_resources(read):
    assert not any(one.endswith(OWNER) for one in read())


def test_an_assignment_above_reads_every_subscription_below(read):
    containers = [subscription(), {**subscription(SECOND), "properties": {}}, resource_group()]
    found = read(OWNS, {**assignment(ABOVE, OWNER), "subscriptionId": ""}, containers=containers)[at(ABOVE)]
    assert found.links == (Link(Rel.READS, WHOLE),)
    assert privileges(found)["admin"] is True


def test_a_built_in_role_that_is_not_listed_is_known_by_its_number(read):
    assert privileges(read(assignment(WHOLE, OWNER))[at(WHOLE)])["admin"] is True
    assert privileges(read(assignment(WHOLE, READER))[at(WHOLE)])["wildcard_data_actions"] is False


def test_a_role_that_nobody_knows_is_unknown(read):
    found = read(assignment(WHOLE, CUSTOM))[at(WHOLE)]
    assert found.facts["privilege.admin"].reason is UnknownReason.UNRESOLVED_REFERENCE
    assert found.facts["privilege.admin"].via.action == "Microsoft.Authorization/roleDefinitions/read"
    assert [link.unknown is None for link in found.links] == [False]


def test_a_condition_binds_an_assignment(read):
    facts = privileges(read(READS, assignment(WHOLE, BLOB_READER, condition="@Resource[...] StringEquals 'a'"))[at(WHOLE)])
    assert facts["condition_bound"] is True
    bound = privileges(read(OWNS, assignment(WHOLE, "f58310d9-a9f6-439a-9e8d-f62e7b41a168", condition="x"))[at(WHOLE)])
    assert isinstance(bound["admin"], Unknown)


def test_inherited_assignments_are_asked_for(collect):
    cloud = Cloud(ROWS)
    collect(cloud)
    (asked,) = [one["options"] for one in cloud.queries if one["query"].startswith("authorizationresources")]
    assert asked["authorizationScopeFilter"] == "AtScopeAboveAndBelow"
