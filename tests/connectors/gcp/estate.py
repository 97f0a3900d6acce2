"""A project in a folder of an organisation with an example of everything that is collected: the `ROWS` and `DOCS` of each service's tests, labelled as they would be."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from tests.connectors.gcp.cloud import CHAIN, NUMBER, PLACES, PROJECT, Cloud, Token, asset, binding, logged, project, reads_of
from tests.connectors.gcp.conftest import STARTED
from tests.scan.worlds import judging
from tierwise.config import GcpConfig
from tierwise.connectors.base import Detailed
from tierwise.connectors.gcp.assets import ORG_POLICIES, POLICIES, RESOURCES
from tierwise.connectors.gcp.collectors import collectors, declared_calls
from tierwise.connectors.gcp.connect import open_projects
from tierwise.connectors.gcp.guard import Guard
from tierwise.connectors.gcp.session import Answer, Google
from tierwise.scan import Outcome, scan

LABELS = {"data-classification": "special-category", "owner": "records", "environment": "production"}
FOLDER, ROOT = "folders/7", CHAIN[-1]
_MANAGER = "cloudresourcemanager"
_TLS, _PUBLIC = "gcp.restrictTLSVersion", "storage.publicAccessPrevention"
IAM = {
    FOLDER: {"bindings": [binding("storage.objectViewer", "user:someone@gmail.com"), binding("owner", "group:admins@dept.example")]},
    ROOT: {**logged("DATA_WRITE"), "bindings": [binding("viewer", "user:auditor@dept.example")]},
}
"""The IAM policies above the project."""
LEVELS: dict[str, Any] = {
    f"{_MANAGER}/v3/projects/{PROJECT}": project(parent=FOLDER),
    f"{_MANAGER}/v3/{FOLDER}": {"name": FOLDER, "parent": ROOT},
    f"{_MANAGER}/v3/projects?parent={FOLDER}": {"projects": [project(parent=FOLDER, **LABELS)]},
    f"{_MANAGER}/v3/projects?parent={ROOT}": {},
    f"{_MANAGER}/v3/folders?parent={ROOT}": {"folders": [{"name": FOLDER, "parent": ROOT}]},
    f"{_MANAGER}/v3/folders?parent={FOLDER}": {},
    **{f"{_MANAGER}/v3/{node}:getIamPolicy": policy for node, policy in IAM.items()},
    f"orgpolicy/v2/{ROOT}/policies": {"policies": [{"name": f"{ROOT}/policies/{_TLS}", "spec": {"rules": [{"values": {"deniedValues": ["TLS_VERSION_1", "TLS_VERSION_1_1"]}}]}}]},
    f"orgpolicy/v2/{FOLDER}/policies": {"policies": [{"name": f"{FOLDER}/policies/{_PUBLIC}", "spec": {"rules": [{"enforce": True}]}}]},
}  # fmt: skip
"""What Resource Manager and Organization Policy say of what is above the project."""
ORG = {
    FOLDER: [{"constraint": f"constraints/{_PUBLIC}", "booleanPolicy": {"enforced": True}}],
    ROOT: [{"constraint": f"constraints/{_TLS}", "listPolicy": {"deniedValues": ["TLS_VERSION_1", "TLS_VERSION_1_1"]}}],
}
"""The same as the inventory has it."""


def estate() -> Cloud:
    """All examples, at T3; who changes one of its documents puts another in its place."""
    assets, docs = _examples()
    return Cloud(assets, docs)


@cache
def _examples() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    import tests.connectors.gcp as package

    rows: list[dict[str, Any]] = []
    docs: dict[str, Any] = dict(PLACES)
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("test_"):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            rows += getattr(module, "ROWS", ())
            for path, answer in getattr(module, "DOCS", {}).items():
                docs[path] = _both(docs.get(path, {}), answer)
    docs |= LEVELS
    chain = (f"projects/{NUMBER}", FOLDER, ROOT)
    assets = [{**one, "ancestors": list(chain), "resource": {"data": _labelled(one["resource"]["data"])}} for one in rows]
    for one in assets:
        if one["assetType"] == f"{_MANAGER}.googleapis.com/Project":
            one["resource"]["data"]["parent"] = FOLDER
    for number, (kind, node) in enumerate((("Folder", FOLDER), ("Organization", ROOT)), start=1):
        name = f"//{_MANAGER}.googleapis.com/{node}"
        assets.append(
            asset(
                f"{_MANAGER}.googleapis.com/{kind}", name, {"name": node}, policy=IAM[node], ancestors=chain[number:], orgPolicy=ORG[node]
            )
        )
    lists = {read: read.items for collector in collectors() for row in collector.rows for read in row.lists}
    for path, answer in docs.items():
        read = next((one for one in reads_of(path) if one in lists), None)
        if read is not None:
            docs[path] = {**answer, read.items: _each_labelled(answer[read.items])} if read.items in answer else _labelled(answer)
    return assets, docs


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What two examples answer to the same call: the lists of both."""
    lists = {
        name: [*one[name], *(each for each in found if each not in one[name])]
        for name, found in other.items()
        if isinstance(one.get(name), list)
    }
    return {**one, **other, **lists}


def _each_labelled(listed: Any) -> Any:
    """The same of a list, or of an aggregated list by zone and region."""
    if isinstance(listed, dict):
        return {name: _each_labelled(one) if isinstance(one, dict | list) else one for name, one in listed.items()}
    return [_labelled(one) for one in listed]


def _labelled(data: dict[str, Any]) -> dict[str, Any]:
    """A document with labels where its service keeps them."""
    if "settings" in data:
        return {**data, "settings": {**data["settings"], "userLabels": LABELS}}
    return {**data, "labels": LABELS}


def opened(cloud: Cloud, **options: Any) -> Detailed:
    """The cloud as a source."""
    config = GcpConfig(requests_per_second=0, **(options or {"projects": (PROJECT,)}))
    (source,) = open_projects(config, STARTED, credentials=Token(), inner=cloud, sleep=cloud.slept.append)
    return source


def scanned(cloud: Cloud, **options: Any) -> Outcome:
    """A scan by the default profile, with probes that ask for every fact."""
    outcome = scan([opened(cloud, **options)], judging(), started=STARTED, jobs=1)
    assert outcome.crashes == ()
    return outcome


@contextmanager
def unwired() -> Iterator[None]:
    """Declared calls go to the cloud by themselves, past google-auth's session and `requests`, which are most of what a scan costs."""
    guard = Guard(declared_calls())

    def ask(google: Google, url: str, body: Any) -> Answer:
        method = "GET" if body is None else "POST"
        guard.check(method, url)
        reply = google._gate._inner.answered(method, url)  # type: ignore[attr-defined]
        return Answer(reply.status, reply.bytes, reply.headers)

    with patch.object(Google, "_once", ask):
        yield


def unlisted(cloud: Cloud) -> Cloud:
    """The same cloud where the inventory cannot be asked."""
    cloud.denied |= frozenset(one.action for one in (RESOURCES, POLICIES, ORG_POLICIES))
    return cloud
