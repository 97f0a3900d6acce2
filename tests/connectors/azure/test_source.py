from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import SUBSCRIPTION, TENANT, Cloud, Reply, error, resource_group, row, subscription
from tests.connectors.azure.conftest import ALL_FACTS
from tierwise.connectors.azure.collectors import declared_reads
from tierwise.connectors.azure.place import SUBSCRIPTIONS
from tierwise.connectors.azure.read import Read, Row
from tierwise.connectors.declared import Stage
from tierwise.model.resource import Kind

STORAGE = "Microsoft.Storage/storageAccounts"
OTHER = "33333333-3333-3333-3333-333333333333"


def accounts(count: int) -> list[dict]:
    return [row(STORAGE, f"a{number:04}", {"allowBlobPublicAccess": False}, kind="StorageV2") for number in range(count)]


def test_all_pages_are_read(collect):
    cloud = Cloud(accounts(7))
    cloud.page = 3
    assert len(collect(cloud, services=("storage",))) == 7


def test_a_table_of_columns_and_rows_says_the_same_as_objects(collect):
    objects, table = Cloud(accounts(3)), Cloud(accounts(3))
    table.table = True
    assert collect(table) == collect(objects)


def test_a_thousand_accounts_cost_two_queries_and_a_read_of_the_permissions(collect):
    cloud = Cloud(accounts(1000))
    assert len(collect(cloud, services=("storage",))) == 1000
    assert cloud.graph_calls == 2
    assert len(cloud.calls) == 3


@pytest.mark.parametrize("fault", [error(500, "InternalServerError"), error(403, "AuthorizationFailed"), Reply(200, raw=b"{")])
def test_a_page_that_fails_is_a_gap_and_not_an_empty_list(collect, fault):
    cloud = Cloud(accounts(7))
    cloud.page = 4
    cloud.faults["/providers/Microsoft.ResourceGraph"] = lambda times: fault if times >= 3 else None
    estate = collect(cloud, services=("storage",))
    assert len(estate) == 4
    (gap,) = estate.gaps
    assert gap.action == "Microsoft.ResourceGraph/resources/read"
    assert gap.kinds == {Kind.OBJECT_STORE, Kind.FILE_SHARE}


def test_a_result_that_is_not_whole_is_a_gap(collect):
    cloud = Cloud(accounts(3))
    listed = {"totalRecords": 9, "data": accounts(3), "resultTruncated": "true"}
    cloud.faults["/providers/Microsoft.ResourceGraph"] = lambda times: listed if times > 1 else None
    estate = collect(cloud, services=("storage",))
    (gap,) = estate.gaps
    assert (gap.reason, gap.detail) == ("api-error", "3 of 9 rows came")
    assert Kind.OBJECT_STORE in gap.kinds
    assert len(estate) == 3


def test_more_subscriptions_than_are_looked_into_is_a_gap(collect):
    cloud = Cloud(accounts(1))
    headers = {"x-ms-tenant-subscription-limit-hit": "true"}
    cloud.faults["/providers/Microsoft.ResourceGraph"] = lambda times: (
        Reply(body={"data": [], "totalRecords": 0}, headers=headers) if times > 1 else None
    )
    (gap,) = collect(cloud, services=("storage",)).gaps
    assert "management group" in gap.detail


@pytest.mark.parametrize(
    "one",
    [one for one in declared_reads() if isinstance(one, Row) and one.kinds and one.table != SUBSCRIPTIONS.table],
    ids=lambda one: one.type,
)
def test_a_type_that_the_caller_may_not_read_is_a_gap_though_the_query_succeeds(collect, one):
    cloud = Cloud(accounts(2))
    cloud.denied = frozenset({one.action})
    estate = collect(cloud)
    assert [(gap.account, gap.action, gap.reason) for gap in estate.gaps] == [(SUBSCRIPTION, one.action, "permission-denied")]
    assert estate.gaps[0].kinds == one.kinds
    assert ("permission-denied", one.via.via) in {(found.outcome, found.operation) for found in estate.outcomes}


def test_the_inventory_of_a_thousand_accounts_costs_two_queries(collect):
    cloud = Cloud(accounts(1000))
    assert len(collect(cloud, services=("storage",))) == 1000
    assert cloud.graph_calls == 2, "one for the subscriptions and their groups, one for the accounts"
    assert [path for method, path in cloud.calls if method == "GET"] == [
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/permissions"
    ]


def test_permissions_that_cannot_be_read_leave_everything_in_doubt(collect):
    cloud = Cloud(accounts(2))
    cloud.denied = frozenset({"Microsoft.Authorization/permissions/read"})
    estate = collect(cloud, services=("storage",))
    (gap,) = estate.gaps
    assert (gap.action, gap.reason) == ("Microsoft.Authorization/permissions/read", "permission-denied")
    assert gap.kinds >= {Kind.OBJECT_STORE, Kind.FILE_SHARE}
    assert len(estate) == 2


@pytest.mark.parametrize("wrong", ["*", 1, {}])
def test_permissions_of_another_shape_leave_everything_in_doubt(collect, wrong):
    for name in ("actions", "notActions"):
        cloud = Cloud(accounts(1))
        cloud.faults["/providers/Microsoft.Authorization/permissions"] = {"value": [{"actions": ["*"], name: wrong}]}
        (gap,) = collect(cloud, services=("storage",)).gaps
        assert (gap.service, gap.reason) == ("permissions", "unparsable")


def test_a_row_that_names_no_subscription_is_of_the_one_that_its_id_names(collect):
    (found,) = collect(Cloud([{**one, "subscriptionId": None} for one in accounts(1)]), services=("storage",)).values()
    assert (found.account, found.unit) == (SUBSCRIPTION, "departments")


def test_permissions_on_a_part_of_the_subscription_are_not_enough(collect):
    cloud = Cloud(accounts(1))
    cloud.faults["/providers/Microsoft.Authorization/permissions"] = {
        "value": [{"actions": ["Microsoft.KeyVault/*/read"], "notActions": []}]
    }
    (gap,) = collect(cloud, services=("storage",)).gaps
    assert gap.action == f"{STORAGE}/read"


def test_a_subscription_that_is_not_seen_is_a_gap_and_the_others_go_on(collect):
    cloud = Cloud(accounts(2))
    estate = collect(cloud, services=("storage",), subscriptions=(SUBSCRIPTION, OTHER))
    assert [(gap.account, gap.reason) for gap in estate.gaps] == [(OTHER, "permission-denied")]
    assert len(estate) == 2
    assert [one.get("subscriptions") for one in cloud.queries] == [[SUBSCRIPTION, OTHER]] * 2


def test_a_management_group_is_asked_for_as_one(collect):
    cloud = Cloud(accounts(1))
    collect(cloud, services=("storage",), management_groups=("departments",))
    assert [one.get("managementGroups") for one in cloud.queries] == [["departments"]] * 2


def test_ids_are_the_same_however_they_are_spelled(collect):
    spelled = Cloud([{**accounts(1)[0], "id": accounts(1)[0]["id"].upper()}])
    assert set(collect(spelled)) == set(collect(Cloud(accounts(1))))


def test_an_unknown_type_and_a_row_without_properties_are_no_crash(collect):
    cloud = Cloud([row(STORAGE, "bare", {}, kind=None), {"id": "/x", "type": "microsoft.other/things", "name": "x"}])
    for one in cloud.rows:
        if one["type"] == STORAGE.lower():
            one["properties"] = None
    (found,) = collect(cloud, ALL_FACTS, services=("storage",)).values()
    assert found.name == "bare"


def test_details_are_read_once(collect):
    cloud = Cloud(accounts(2))
    collect(cloud, ALL_FACTS)
    assert len(cloud.calls) == len(set(cloud.calls)) + cloud.graph_calls - 1


def test_the_source_is_named_after_its_tenant(collect, monkeypatch):
    from tests.connectors.azure.cloud import Credential
    from tests.connectors.azure.conftest import STARTED
    from tierwise.config import AzureConfig
    from tierwise.connectors.azure import session
    from tierwise.connectors.azure.connect import open_tenant

    cloud = Cloud(accounts(1), containers=[subscription(), resource_group()])
    monkeypatch.setattr(session, "RequestsTransport", lambda **_: cloud.transport())
    (source,) = open_tenant(AzureConfig(), STARTED, credential=Credential())
    assert source.name == f"azure:{TENANT}"


def test_reads_per_resource_belong_to_a_type_that_is_listed():
    rows = tuple(one.type for one in declared_reads() if isinstance(one, Row))
    others = {"Microsoft.CustomerLockbox/tenantOptedIn", "Microsoft.Network/networkWatchers/flowLogs"}  # of the tenant, and of each watcher
    assert {one.operation for one in declared_reads() if isinstance(one, Read) and one.of and not one.of.startswith(rows)} == others


def test_links_of_the_second_stage_wait():
    assert all(one.stage is Stage.DETAIL for one in declared_reads() if isinstance(one, Read) and one.links)
