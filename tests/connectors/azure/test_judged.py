"""What a scan by the shipped controls reads, and says to do."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.connectors.azure.cloud import Cloud, read_of
from tests.connectors.azure.estate import TAGS, scanned, tenant
from tierwise.connectors.azure.directory import LOOKUPS
from tierwise.connectors.declared import Stage
from tierwise.model.finding import Verdict

OPEN = {**TAGS, "data-classification": "public"}
PROBED_AT_T0 = {
    "Microsoft.Storage/storageAccounts/blobServices/default",  # RES-03 asks for versions or soft deletion
    "Microsoft.Storage/storageAccounts/fileServices/default/shares",  # likewise of shares, where there are any
    "Microsoft.Storage/storageAccounts/fileServices/default",
    "Microsoft.KeyVault/vaults/keys",  # ENC-04 asks every key to rotate
    "Microsoft.KeyVault/managedHSMs/keys",
    "Microsoft.KeyVault/vaults/providers/Microsoft.Insights/diagnosticSettings",  # a vault is T2 whatever its tag says
    "providers/Microsoft.Security/pricings",  # LOG-06, for the sake of the vault
    "providers/Microsoft.Network/virtualNetworks",  # LOG-08, likewise
    "providers/Microsoft.Network/networkWatchers",
    "Microsoft.Network/networkWatchers/flowLogs",
    "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments",  # ACC-08 asks who is let in from outside
    *(one.operation for one in LOOKUPS),  # ACC-08, once for all stores
}
"""All that the controls ask for at the lowest tier beyond the inventory, and why."""


def made(cloud: Cloud, stage: Stage) -> Counter[str]:
    """The calls of a stage by operation."""
    reads = (read_of(path.lower()) for method, path in cloud.calls if method == "GET")
    return Counter(one.operation for one in reads if one is not None and one.stage is stage)


def test_what_holds_nothing_costs_no_read_that_no_control_needs():
    low, high = tenant(OPEN), tenant()
    scanned(low, probes=False)
    scanned(high, probes=False)
    assert set(made(low, Stage.DETAIL)) == PROBED_AT_T0
    assert set(made(low, Stage.DETAIL)) < set(made(high, Stage.DETAIL))
    assert made(low, Stage.SURVEY) == made(high, Stage.SURVEY)
    # Subscriptions and their groups, resources, roles, what backups hold; and what Azure Lighthouse delegates, for ACC-08.
    assert low.graph_calls == high.graph_calls == 5


def test_every_failing_finding_says_what_to_do_in_azure():
    findings = scanned(tenant(), probes=False).result.findings
    fails = [one for one in findings if one.verdict is Verdict.FAIL]
    assert len(fails) > 30
    assert [one.control for one in fails if not one.remediation] == []
    assert [one.control for one in fails if "aws " in one.remediation] == []


@pytest.mark.parametrize("count", [1, 60])
def test_the_inventory_costs_the_same_for_one_account_and_for_many(count):
    (first,) = (one for one in tenant().rows if one["id"].lower().endswith("/storageaccounts/records"))
    rows = [{**first, "id": f"{first['id']}{number}", "name": f"records{number}", "tags": OPEN} for number in range(count)]
    cloud = Cloud(rows)
    scanned(cloud, probes=False)
    assert cloud.graph_calls == 5
    assert made(cloud, Stage.DETAIL)["Microsoft.Storage/storageAccounts/blobServices/default"] == count
    assert sum(made(cloud, Stage.DETAIL).values()) <= count + 2  # one read of each, and two of the subscription
