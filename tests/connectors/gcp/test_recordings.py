"""Every recorded answer of a type that is collected becomes a resource: no crash, facts of the vocabulary only, nothing that was not understood."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import pytest

from tests.connectors.collected import Estate
from tests.connectors.gcp.cloud import CHAIN, Cloud, asset
from tests.connectors.gcp.conftest import ALL_FACTS
from tests.connectors.gcp.recorded import PATHS, documents, exported
from tierwise.connectors.declared import Once
from tierwise.connectors.gcp.assets import RESOURCES, asset_of
from tierwise.connectors.gcp.collectors import collectors
from tierwise.connectors.gcp.place import place_of
from tierwise.model.fact import Unknown, UnknownReason

ROWS_BY_TYPE = {row.type: row for collector in collectors() for row in collector.rows}
BIGTABLE = "bigtableadmin.googleapis.com/"
HOLDERS = {"spanner.googleapis.com/Instance", f"{BIGTABLE}Instance"}
"""Types that hold stores and are none."""
LEVELS = "cloudresourcemanager.googleapis.com/"


@pytest.fixture(scope="module")
def recorded() -> dict[str, list[dict[str, Any]]]:
    """The assets of each type, each name once."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for _source, kind, doc in documents():
        row = ROWS_BY_TYPE[kind]
        place = place_of({"projectId": doc.get("project", "p"), **(doc if kind.startswith(LEVELS) else {})}, Once())
        name = row.name(doc, place)
        if row.within:
            reference = doc.get("tableReference")
            name = (
                f"//bigquery.googleapis.com/projects/p/datasets/{reference['datasetId']}/tables/{reference['tableId']}"
                if reference
                else name
            )
        found.setdefault(kind, {})[name] = asset(kind, name, doc, policy={"bindings": []})
    for export in exported():
        one = asset_of(export, RESOURCES.via, RESOURCES.via)
        if one.type in ROWS_BY_TYPE and "resource" in export:
            found.setdefault(one.type, {})[one.name] = {**export, "assetType": one.type, "ancestors": list(CHAIN)}
    return {kind: list(assets.values()) for kind, assets in found.items()}


def test_every_recorded_document_normalises(recorded, collect, capsys):
    counts: Counter[str] = Counter()
    for kind, assets in recorded.items():
        if ROWS_BY_TYPE[kind].within:
            continue
        parts = [one for other, row in ROWS_BY_TYPE.items() if row.within == kind for one in recorded.get(other, ())]
        estate = collect(Cloud([*assets, *parts]), ALL_FACTS)
        judged = [one for one in estate.values() if one.type == kind]
        if kind in HOLDERS:
            judged = [one for one in estate.values() if ROWS_BY_TYPE[one.type].within == kind]
        elif kind != "logging.googleapis.com/LogSink":
            assert len(judged) == len(assets), kind
        for one in judged:
            counts[one.type] += 1
        assert not_understood(estate) == []
    with capsys.disabled():
        sys.stdout.write("\nrecorded and normalised: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) + "\n")
    parts_alone = {kind for kind, row in ROWS_BY_TYPE.items() if row.within and row.within not in HOLDERS}
    assert {kind for _, kind, _ in PATHS} - HOLDERS - parts_alone - {f"{BIGTABLE}Cluster"} == set(counts) & {kind for _, kind, _ in PATHS}


def not_understood(estate: Estate) -> list[str]:
    return [
        f"{one.id}: {name}: {fact.detail}"
        for one in estate.values()
        for name, fact in [*one.facts.items(), ("tags", one.tags)]
        if isinstance(fact, Unknown) and fact.reason is UnknownReason.UNPARSABLE
    ]
