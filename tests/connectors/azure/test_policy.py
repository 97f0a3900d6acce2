"""Tags that a resource takes over from what it lies in: where policy says so, where the settings say so, and never instead of its own."""

from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import GROUP, SUBSCRIPTION, Cloud, error, named, resource_group, row, subscription
from tests.connectors.azure.test_storage import TYPE
from tests.connectors.azure.test_subscription import ABOVE, POLICIES, WHOLE
from tierwise.model.fact import Known, UnknownReason

ACCOUNT = named(TYPE, "records").lower()
DEFINITIONS = "/providers/Microsoft.Authorization/policyDefinitions"
FROM_GROUP, IF_MISSING = f"{DEFINITIONS}/cd3aa116-8754-49c9-a813-ad46512ece54", f"{DEFINITIONS}/ea3f2387-9b95-492a-a190-fcdc54f7b070"
FROM_SUBSCRIPTION = f"{DEFINITIONS}/40DF99DA-1232-49b1-a39a-6da8d878f469"


def inheriting(definition=FROM_GROUP, tag="Data-Classification", scope=ABOVE, **more):
    parameters = {"tagName": {"value": tag}}
    return {"properties": {"scope": scope, "policyDefinitionId": definition, "parameters": parameters, **more}}


@pytest.fixture
def above(collect):
    """What an account takes over, by source: from a group that says what data it holds and who pays, and from its subscription."""

    def run(*assignments, own=None, denied=False, containers=None, **options):
        whole = {**subscription(), "tags": {"data-classification": "internal", "unit": "x"}}
        held = containers or [whole, resource_group(**{"data-classification": "special-category", "cost": "9"})]
        cloud = Cloud([row(TYPE, "records", {}, kind="StorageV2", tags=own or {})], {POLICIES: {"value": list(assignments)}}, held)
        if denied:
            cloud.faults[POLICIES] = error(403, "AuthorizationFailed")
        found = collect(cloud, services=("storage",), **options)[ACCOUNT]
        assert found.tags == Known(own or {}, found.tags.via)
        return {one.source: one.tags for one in found.evidence.inherited}, cloud

    return run


def told(levels):
    return {source: tags.value for source, tags in levels.items()}


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        (inheriting(), {"resource group rg by policy": {"data-classification": "special-category"}}),
        (inheriting(IF_MISSING, scope=GROUP.upper()), {"resource group rg by policy": {"data-classification": "special-category"}}),
        (inheriting(FROM_SUBSCRIPTION, scope=WHOLE), {f"subscription {SUBSCRIPTION} by policy": {"data-classification": "internal"}}),
        (inheriting(tag="owner"), {}),
        (inheriting(scope=f"{GROUP}2"), {}),
        (inheriting(notScopes=[GROUP]), {}),
        (inheriting(enforcementMode="DoNotEnforce"), {}),
        (inheriting(resourceSelectors=[{"name": "some"}]), {}),
        (inheriting(f"{DEFINITIONS}/other"), {}),
        (inheriting(parameters={}), {}),
    ],
)
def test_a_tag_is_taken_over_where_a_policy_that_applies_names_it(above, assignment, expected):
    assert told(above(assignment)[0]) == expected


def test_assignments_are_read_once_and_only_where_they_could_add_a_tag(above, collect):
    own = {"DATA-CLASSIFICATION": "internal", "cost": "9", "unit": "x"}
    assert above(inheriting(), own=own)[1].asked("/policyassignments") == 0
    many = [row(TYPE, f"a{number}", {}, kind="StorageV2") for number in range(5)]
    cloud = Cloud(many, containers=[subscription(), resource_group(cost="9")])
    collect(cloud, services=("storage",))
    assert cloud.asked("/policyassignments") == 1


def test_assignments_that_are_denied_leave_open_what_there_is_beside_its_own_tags(above):
    levels, _ = above(denied=True, own={"owner": "me"})
    assert {(one.reason, one.via.action) for one in levels.values()} == {
        (UnknownReason.PERMISSION_DENIED, "Microsoft.Authorization/policyAssignments/read")
    }


def test_all_tags_of_a_level_are_taken_over_where_the_settings_say_so(above):
    group, whole = {"data-classification": "special-category", "cost": "9"}, {"data-classification": "internal", "unit": "x"}
    assert told(above(inherit_tags=("resource-group",))[0]) == {"resource group rg": group}
    both = told(above(inherit_tags=("subscription", "resource-group"))[0])
    assert list(both.items()) == [("resource group rg", group), (f"subscription {SUBSCRIPTION}", whole)]


def test_tags_of_a_group_that_is_not_seen_are_unknown_and_not_none(above):
    levels, _ = above(containers=[subscription()], own={"owner": "me"}, inherit_tags=("resource-group",))
    (found,) = levels.values()
    assert (found.reason, found.via.action) == (UnknownReason.PERMISSION_DENIED, "Microsoft.Resources/subscriptions/resourceGroups/read")
