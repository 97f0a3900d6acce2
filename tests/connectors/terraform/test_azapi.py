from __future__ import annotations

import pytest

from tests.connectors.terraform.plans import PlanBuilder, ref
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.resource import ALL_KINDS, Gap, Kind

STORE = "Microsoft.Storage/storageAccounts"


@pytest.fixture
def plan():
    return PlanBuilder()


def collected(plan, folder):
    return [item for unit in open_plans([plan.write(folder)]).survey() for item in unit.run()]


def gaps(plan, folder):
    """Address to kinds of what was not read."""
    found = [one for one in collected(plan, folder) if isinstance(one, Gap) and one.reason == "not-supported"]
    assert all(gap.provider == "azure" and not gap.expected for gap in found)
    return {gap.detail.split()[1]: gap.kinds for gap in found}


@pytest.mark.parametrize("kind", ["azapi_resource", "azapi_update_resource"])
@pytest.mark.parametrize(
    ("named", "kinds"),
    [
        (f"{STORE}@2023-01-01", {Kind.OBJECT_STORE, Kind.FILE_SHARE}),
        (f"{STORE.upper()}/blobServices@2023-01-01", {Kind.OBJECT_STORE, Kind.FILE_SHARE}),
        ("Microsoft.KeyVault/vaults/keys@2023-07-01", {Kind.KEY, Kind.SECRET}),
        ("Microsoft.Authorization/roleAssignments@2022-04-01", {Kind.POLICY}),
    ],
)
def test_what_is_made_past_the_provider_and_may_hold_data_is_told(plan, tmp_path, kind, named, kinds):
    address = plan.add(kind, "x", {"type": named, "body": {"properties": {}}}, module="m", module_keys=("k",))
    assert gaps(plan, tmp_path) == {address: kinds}


def test_what_holds_no_data_is_not(plan, tmp_path):
    plan.add("azapi_resource", "site", {"type": "Microsoft.Web/sites@2022-03-01"})
    plan.add("azapi_resource", "none", {"type": None})
    plan.add("azapi_resource", "gone", {}, before={"type": f"{STORE}@2023-01-01"}, actions=("delete",))
    assert gaps(plan, tmp_path) == {}


def test_a_type_that_is_not_known_or_hidden_may_be_any(plan, tmp_path):
    later = plan.add("azapi_resource", "later", {}, unknown={"type": True}, expressions={"type": ref("var.type")})
    hidden = plan.add("azapi_resource", "hidden", {"type": f"{STORE}@2023-01-01"}, sensitive={"type": True})
    assert gaps(plan, tmp_path) == {later: ALL_KINDS, hidden: ALL_KINDS}


def test_its_body_is_never_shown(plan, tmp_path):
    plan.add("azapi_resource", "x", {"type": f"{STORE}@2023-01-01", "body": {"properties": {"secret": "canary-in-a-body"}}})
    assert "canary-in-a-body" not in repr(collected(plan, tmp_path))
