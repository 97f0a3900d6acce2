"""The same resource planned in Terraform and exported by Cloud Asset Inventory says the same facts: pairs that others made.

The exports are what terraform-validator's tests expect of the plans; they hold what the plan sets and nothing that Google would add, so that
facts for which the inventory's own document would be needed are open on one side. `docs/gcp.md` lists the differences.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.gcp.cloud import NUMBER, ORGANISATION, Cloud, asset, project
from tests.connectors.gcp.conftest import ALL_FACTS, run_collect
from tests.connectors.gcp.recorded import exported, goldens
from tests.shared import shared_path
from tierwise.connectors.gcp.collectors import collectors
from tierwise.connectors.gcp.ids import relative
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown
from tierwise.model.resource import Kind, Resource

PAGE = Path(__file__).parents[3] / "docs" / "gcp.md"
LEVELS = "cloudresourcemanager.googleapis.com/"
TYPES = {row.type for collector in collectors() for row in collector.rows}
DIFFERENT = {
    "retention.noncurrent_days": "a plan knows that a new bucket was never versioned; of a live one whose versioning is off that is not told",
    "recovery.soft_delete_days": "Google writes the policy into every bucket; the export of a plan has it only where it is written",
    "network.public_endpoint": "Google writes the switch into every instance; the export of a plan has it only where it is written",
    "network.ingress_any": "as network.public_endpoint",
    "recovery.redundancy": "the export of a planned Spanner instance has the request that makes it, and not the instance",
    "key.state": "a planned key has no version yet; a live one has the state of its versions",
}
"""Facts that may say something else on either side, or be open on the live side alone, and why; `docs/gcp.md` has the same list."""

_NONE = "no export of it, and no plan that has one, is among the recordings"
WITHOUT = {
    "alloydb.googleapis.com/Backup": _NONE,
    "alloydb.googleapis.com/Cluster": _NONE,
    "alloydb.googleapis.com/Instance": _NONE,
    "bigquery.googleapis.com/Table": "the exports of it that are among the recordings come without a plan",
    "bigtableadmin.googleapis.com/Backup": _NONE,
    "bigtableadmin.googleapis.com/Cluster": "exported beside its plan, which has no table: it is told by the tables in it alone",
    "bigtableadmin.googleapis.com/Instance": "as its cluster",
    "bigtableadmin.googleapis.com/Table": _NONE,
    "cloudresourcemanager.googleapis.com/Folder": "its bindings are compared, each as a resource of its own; nothing else is told of it",
    "cloudresourcemanager.googleapis.com/Organization": "as a folder",
    "compute.googleapis.com/RegionDisk": "a plan among the recordings has one, and no export",
    "firestore.googleapis.com/Database": _NONE,
    "logging.googleapis.com/LogBucket": _NONE,
    "logging.googleapis.com/LogSink": _NONE,
    "memcache.googleapis.com/Instance": _NONE,
    "memorystore.googleapis.com/Instance": _NONE,
    "redis.googleapis.com/Cluster": _NONE,
    "redis.googleapis.com/Instance": _NONE,
    "spanner.googleapis.com/Backup": _NONE,
    "spanner.googleapis.com/Instance": "what it says is compared of its databases, which are told with it",
}
"""Types of which there is no pair, and why; `docs/gcp.md` has the same list."""


@dataclass(frozen=True)
class Pair:
    """One resource on both sides."""

    source: str
    planned: Resource
    live: Resource

    def compared(self) -> Iterator[tuple[str, AnyFact, AnyFact]]:
        """The facts that both sides have; of an export without the resource's document what that would tell is on the plan's side alone."""
        for name, fact in self.planned.facts.items():
            live = self.live.facts.get(name)
            if live is not None and not (isinstance(live, Unknown) and live.detail == "an asset without data"):
                yield name, fact, live


def key_of(resource: Resource) -> tuple[Kind, str]:
    """What tells a resource on both sides: a binding is named after its role."""
    return resource.kind, resource.name.partition(" on ")[0]


def only_binding(planned: Resource, live: Iterable[Resource]) -> Resource | None:
    """The binding that a planned policy of a whole level consists of, where there is one: live, each binding is judged by itself."""
    bindings = [one for one in live if one.kind is Kind.POLICY]
    return bindings[0] if planned.name.startswith("IAM policy ") and len(bindings) == 1 else None


def as_listed(asset: dict[str, Any]) -> dict[str, Any]:
    """An exported asset where the inventory would list it; one of which the policy alone is exported is there too, a level with an empty document."""
    own = (relative(asset["name"]),) if asset["asset_type"].startswith(LEVELS) else (f"projects/{NUMBER}",)
    level: dict[str, Any] = {"resource": {"data": {}} if asset["asset_type"].startswith(LEVELS) else {}}
    return {**level, **asset, "assetType": asset["asset_type"], "ancestors": [*own, f"organizations/{ORGANISATION}"]}


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    found: list[Pair] = []
    for name, golden in goldens():
        assets = [as_listed(one) for one in golden if one["asset_type"] in TYPES]
        if not assets:
            continue
        known = [] if any(one["asset_type"] == f"{LEVELS}Project" for one in golden) else [home()]
        estate = run_collect(Cloud([*known, *assets]), ALL_FACTS, organizations=(ORGANISATION,))
        live = {key_of(one): one for one in estate.values()}
        for planned in (one for plan in open_plans([shared_path("plans", "files", name)]).plans for one in resources(plan)):
            if (other := live.get(key_of(planned)) or only_binding(planned, live.values())) is not None:
                found.append(Pair(name, planned, other))
    return found


def home() -> dict[str, Any]:
    """The project that the exported assets are in."""
    return asset(f"{LEVELS}Project", f"//{LEVELS}projects/{NUMBER}", project())


def agree(plan: AnyFact, live: AnyFact) -> bool:
    """Whether both know the same."""
    if isinstance(plan, Known) and isinstance(live, Known):
        return plan.value == live.value
    return isinstance(plan, NotApplicable) and isinstance(live, NotApplicable)


def test_what_both_sides_know_is_the_same_but_for_what_is_explained(pairs):
    wrong = [
        f"{pair.source} {pair.live.id} {name}: planned {plan}, live {live}"
        for pair in pairs
        for name, plan, live in pair.compared()
        if not isinstance(plan, Unknown) and not agree(plan, live) and name not in DIFFERENT
    ]
    assert wrong == []


def test_every_explanation_is_of_a_difference_that_is_there(pairs):
    there = {name for pair in pairs for name, plan, live in pair.compared() if not isinstance(plan, Unknown) and not agree(plan, live)}
    assert set(DIFFERENT) - there == set()


def test_enough_is_compared(pairs, capsys):
    same = Counter(pair.live.type for pair in pairs for _name, plan, live in pair.compared() if agree(plan, live))
    count = Counter(pair.live.type for pair in pairs)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(pairs)} pairs, {sum(same.values())} facts the same: ")
        sys.stdout.write(", ".join(f"{count[kind]} {kind} ({same[kind]})" for kind in sorted(count)))
        sys.stdout.write(f"; no pair: {', '.join(sorted(TYPES - set(count)))}\n")
    assert len(pairs) >= 34
    assert sum(same.values()) >= 150
    assert {"storage.googleapis.com/Bucket", "sqladmin.googleapis.com/Instance", "bigquery.googleapis.com/Dataset", "cloudkms.googleapis.com/CryptoKey"} <= set(count)  # fmt: skip


def test_every_type_without_a_pair_is_listed_with_its_reason(pairs):
    assert set(WITHOUT) == TYPES - {pair.live.type for pair in pairs}
    with_plan = {one["asset_type"] for _, golden in goldens() for one in golden}
    without_plan = {one["asset_type"] for one in exported()} - with_plan
    assert {kind for kind, why in WITHOUT.items() if why == _NONE} & (with_plan | without_plan) == set()
    assert with_plan & set(WITHOUT) == {kind for kind in WITHOUT if kind.startswith((LEVELS, "spanner.googleapis.com/I", "bigtableadmin.googleapis.com/C", "bigtableadmin.googleapis.com/I"))}  # fmt: skip
    assert {kind for kind in WITHOUT if kind in without_plan} == {"bigquery.googleapis.com/Table"}


def test_the_page_has_the_same_explanations():
    page = PAGE.read_text("utf-8")
    rows = [f"| `{name}` | {why} |" for name, why in (*DIFFERENT.items(), *WITHOUT.items())]
    assert [row for row in rows if row not in page] == []
