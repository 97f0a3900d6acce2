"""Which fields of Google's answers are read, and where Google's discovery documents have each."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.connectors.gcp.cloud import ORGANISATION, PROJECT, Body, Cloud
from tests.connectors.gcp.estate import estate, scanned, unlisted
from tests.connectors.gcp.recorded import exported, goldens
from tests.connectors.gcp.test_bigtable import PATH as BIGTABLE
from tests.connectors.noted import Noted, noted, noting_field_of
from tierwise.connectors import fields
from tierwise.connectors.answers import decoded
from tierwise.connectors.declared import Doc
from tierwise.connectors.gcp import above, assets, calls, connect, source
from tierwise.connectors.gcp.collectors import declared_reads
from tierwise.connectors.gcp.read import Asset, Row
from tierwise.model.fact import Maybe, Provenance

Fields = Mapping[str, frozenset[str]]
"""Dotted paths by what is read: a call as its provenance names it, or a type of asset; lists are stepped into."""
DISCOVERY = Path(__file__).with_name("discovery_fields.json")
"""All of them, looked up in the discovery documents by `tools/google_fields.py`."""
IAM_POLICY, ORG_POLICY = "cloudasset:iamPolicy", "cloudasset:orgPolicy"
"""Policies as the inventory has them."""
_MAPPED = re.compile(r"(?<=^items\.)[^.]*/[^.]*|(?<=^columnFamilies\.)[^.]+")
"""Names that stand for themselves: zones of an aggregated list, column families."""
DEEPER: Mapping[str, Body] = {
    "storage.googleapis.com/Bucket": {"cors": [{"origin": ["*"]}], "iamConfiguration": {}},
    "sqladmin.googleapis.com/Instance": {"settings": {"ipConfiguration": {"ipv4Enabled": True, "authorizedNetworks": [{"value": "192.0.2.0/24"}]}}},
    "alloydb.googleapis.com/Instance": {"networkConfig": {"enablePublicIp": True, "authorizedExternalNetworks": [{"cidrRange": "192.0.2.0/24"}]}},
    "logging.googleapis.com/LogSink": {"exclusions": [{"disabled": True}]},
}  # fmt: skip
"""What the example leaves out, so that nobody looks further: of the first asset of a type."""
DEEPER_DOCS = {
    "storage/storage/v1/b/exports/defaultObjectAcl": {"items": [{"entity": "allUsers", "role": "READER"}]},
    f"storage/storage/v1/projects/{PROJECT}/hmacKeys": {"items": [{"state": "ACTIVE"}]},
    f"{BIGTABLE}/tables/t": {"columnFamilies": {"f": {"gcRule": {"union": {"rules": [{"maxAge": "86400s"}]}}}}},
}  # fmt: skip
"""The same of answers."""


def _deeper(cloud: Cloud) -> Cloud:
    for kind, more in DEEPER.items():
        place = next(number for number, one in enumerate(cloud.assets) if one["assetType"] == kind)
        first = cloud.assets[place]
        cloud.assets[place] = {**first, "resource": {"data": {**first["resource"]["data"], **more}}}
    cloud.docs |= DEEPER_DOCS
    return cloud


@cache
def fields_read() -> Fields:
    """What scans of the whole example read, noted while they do: with the inventory of a project and of an organisation, and without."""
    seen: dict[str, set[str]] = defaultdict(set)
    types = {one.type: one.via.via for one in declared_reads() if isinstance(one, Row)}

    def noting(raw: bytes, via: Provenance) -> Maybe[Doc]:
        return noted(decoded(raw, via), seen[via.via]) if via.via else decoded(raw, via)

    def asset_of(doc: Doc, resource_via: Provenance, policy_via: Provenance) -> Asset:
        found = assets.asset_of(_plain(doc), resource_via, policy_via)
        policy = noted(found.policy, seen[IAM_POLICY]) if found.policy is not None else None
        org = tuple(Noted(one, seen[ORG_POLICY]) for one in found.org)
        return replace(found, data=noted(found.data, seen[types[found.type]]), policy=policy, org=org)

    with ExitStack() as patched:
        for module, name, instead in (
            (fields, "field_of", noting_field_of),
            (calls, "decoded", noting),
            *((one, "asset_of", asset_of) for one in (source, above, connect)),
        ):
            patched.enter_context(patch.object(module, name, instead))
        for cloud in (estate(), unlisted(estate()), _deeper(estate())):
            scanned(cloud)
            scanned(cloud, organizations=(ORGANISATION,))
        scanned(estate(), services=("storage",))
    return {name: frozenset(_MAPPED.sub("*", path) for path in paths) for name, paths in seen.items() if paths}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


@cache
def discovered() -> Mapping[str, Any]:
    """What was looked up."""
    found: Mapping[str, Any] = json.loads(DISCOVERY.read_bytes())["read"]
    return found


def exported_versions() -> set[tuple[str, str]]:
    """Type and version of the documents in exports of Cloud Asset Inventory that others made."""
    golden = (one for _, assets in goldens() for one in assets)
    found = ((str(one.get("asset_type")), str(one.get("resource", {}).get("version") or "")) for one in (*exported(), *golden))
    return {(kind, version) for kind, version in found if version}
