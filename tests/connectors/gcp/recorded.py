"""What others recorded of Google Cloud, as documents of the types that are collected: nobody here wrote them.

Cloud Custodian's flights (one answer a file), Config Connector's HTTP logs (requests and answers over time: of one URL the last that was
there before it was deleted counts), and Forseti's policy library (exports of Cloud Asset Inventory).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from tests.shared import shared_path

Doc = Mapping[str, Any]
_P: Final = r"/projects/[^/]+"
PATHS: Final[tuple[tuple[str, str, str], ...]] = (
    (r"/storage/v1/b/[^/:]+", "storage.googleapis.com/Bucket", ""),
    (r"/storage/v1/b", "storage.googleapis.com/Bucket", "items"),
    (rf"/sql/v1beta4{_P}/instances/[^/:]+", "sqladmin.googleapis.com/Instance", ""),
    (rf"/sql/v1beta4{_P}/instances", "sqladmin.googleapis.com/Instance", "items"),
    (rf"/bigquery/v2{_P}/datasets/[^/:]+", "bigquery.googleapis.com/Dataset", ""),
    (rf"/bigquery/v2{_P}/datasets/[^/]+/tables/[^/:]+", "bigquery.googleapis.com/Table", ""),
    (rf"/v1{_P}/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/:]+", "cloudkms.googleapis.com/CryptoKey", ""),
    (rf"/v1{_P}/locations/[^/]+/keyRings/[^/]+/cryptoKeys", "cloudkms.googleapis.com/CryptoKey", "cryptoKeys"),
    (rf"/v1{_P}/secrets/[^/:]+", "secretmanager.googleapis.com/Secret", ""),
    (rf"/v1{_P}/secrets", "secretmanager.googleapis.com/Secret", "secrets"),
    (rf"/v1{_P}/topics/[^/:]+", "pubsub.googleapis.com/Topic", ""),
    (rf"/v1{_P}/topics", "pubsub.googleapis.com/Topic", "topics"),
    (rf"/v1{_P}/subscriptions/[^/:]+", "pubsub.googleapis.com/Subscription", ""),
    (rf"/v1{_P}/subscriptions", "pubsub.googleapis.com/Subscription", "subscriptions"),
    (rf"/v2(?:{_P}|/folders/[^/]+)/locations/[^/]+/buckets/[^/:]+", "logging.googleapis.com/LogBucket", ""),
    (rf"/v2{_P}/sinks/[^/:]+", "logging.googleapis.com/LogSink", ""),
    (rf"/v2{_P}/sinks", "logging.googleapis.com/LogSink", "sinks"),
    (r"/compute/v1/projects/[^/]+/zones/[^/]+/disks/[^/:]+", "compute.googleapis.com/Disk", ""),
    (r"/compute/v1/projects/[^/]+/aggregated/disks", "compute.googleapis.com/Disk", "items"),
    (r"/compute/v1/projects/[^/]+/global/snapshots/[^/:]+", "compute.googleapis.com/Snapshot", ""),
    (r"/compute/v1/projects/[^/]+/global/snapshots", "compute.googleapis.com/Snapshot", "items"),
    (rf"/v1(?:beta1?)?{_P}/locations/[^/]+/clusters/[^/:]+", "alloydb.googleapis.com/Cluster", ""),
    (rf"/v1(?:beta1?)?{_P}/locations/[^/]+/clusters/[^/]+/instances/[^/:]+", "alloydb.googleapis.com/Instance", ""),
    (rf"/v1{_P}/instances/[^/]+/databases/[^/:]+", "spanner.googleapis.com/Database", ""),
    (rf"/v1{_P}/instances/[^/:]+", "spanner.googleapis.com/Instance", ""),
    (rf"/v1{_P}/instances", "spanner.googleapis.com/Instance", "instances"),
    (rf"/v1{_P}/instances/[^/]+/databases", "spanner.googleapis.com/Database", "databases"),
    (rf"/v1{_P}/databases/[^/:]+", "firestore.googleapis.com/Database", ""),
    (rf"/v1{_P}/databases", "firestore.googleapis.com/Database", "databases"),
    (rf"/v2{_P}/instances/[^/]+/tables/[^/:]+", "bigtableadmin.googleapis.com/Table", ""),
    (rf"/v2{_P}/instances/[^/]+/tables", "bigtableadmin.googleapis.com/Table", "tables"),
    (rf"/v2{_P}/instances/[^/]+/clusters/[^/:]+", "bigtableadmin.googleapis.com/Cluster", ""),
    (rf"/v2{_P}/instances", "bigtableadmin.googleapis.com/Instance", "instances"),
    (rf"/v1(?:beta1)?{_P}/locations/[^/]+/instances/[^/:]+", "file.googleapis.com/Instance", ""),
    (rf"/v1(?:beta1)?{_P}/locations/[^/]+/instances/[^/:]+", "redis.googleapis.com/Instance", ""),
    (rf"/v1{_P}/locations/-/instances", "redis.googleapis.com/Instance", "instances"),
    (rf"/v1{_P}/locations/[^/]+/clusters/[^/:]+", "redis.googleapis.com/Cluster", ""),
    (rf"/v1{_P}/locations/[^/]+/operations/[^/:]+", "memorystore.googleapis.com/Instance", "response"),
    (rf"/v1{_P}/serviceAccounts/[^/:]+", "iam.googleapis.com/ServiceAccount", ""),
    (rf"/v1{_P}/serviceAccounts", "iam.googleapis.com/ServiceAccount", "accounts"),
    (rf"/v[13]{_P}", "cloudresourcemanager.googleapis.com/Project", ""),
    (r"/v[13]/projects", "cloudresourcemanager.googleapis.com/Project", "projects"),
)  # fmt: skip
"""Path, type, and where a listing has its documents, or an operation the one that it made."""
_SHAPES: Final = [(re.compile(rf"(?:www|{kind.partition('.')[0]})\.googleapis\.com{path}"), kind, items) for path, kind, items in PATHS]
_REQUEST: Final = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (https://\S+)")


def documents() -> Iterator[tuple[str, str, Doc]]:
    """Source, type and document of every recorded answer that is of a type that is collected."""
    for source, url, body in (*_flights(), *_logs()):
        parts = urlsplit(url)
        for shape, kind, items in _SHAPES:
            if shape.fullmatch(f"{parts.netloc}{parts.path}"):
                every = body.get(items, ()) if items else (body,)
                if items == "response":  # instances themselves were asked for with numbers in place of words; nothing is left of a deletion
                    every = [every] if "name" in every else []
                elif isinstance(every, Mapping):  # an aggregated list, by zone and region
                    every = [one for scope in every.values() for one in scope.get("disks", ())]
                yield from ((source, kind, one) for one in every if isinstance(one, Mapping))


def exported() -> Iterator[Doc]:
    """The assets of the policy library."""
    for file in sorted(shared_path("recordings", "gcp", "cai_policy_library").glob("*.json")):
        yield from json.loads(file.read_text("utf-8"))


def goldens() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Plan file and exported assets of each pair that terraform-validator's tests have."""
    for file in sorted(shared_path("plans", "expected").glob("*.json")):
        found = json.loads(file.read_text("utf-8"))
        for source in found.get("sources", ()):
            if source.get("kind") == "cai_golden":
                yield found["file"], source["golden"]


def _flights() -> Iterator[tuple[str, str, Doc]]:
    for file in sorted(shared_path("recordings", "gcp", "c7n_flights").glob("*/get-*.json")):
        found = json.loads(file.read_text("utf-8"))
        url, body = found.get("headers", {}).get("content-location", ""), found.get("body")
        if str(found.get("headers", {}).get("status")) == "200" and isinstance(body, dict):
            yield "flights", url, body


def _logs() -> Iterator[tuple[str, str, Doc]]:
    for file in sorted(shared_path("recordings", "gcp", "kcc_http").glob("*.log")):
        last: dict[tuple[str, str], Doc] = {}
        for block in file.read_text("utf-8").split("\n---\n"):
            request = _REQUEST.match(block.strip())
            if request is None or request[1] != "GET" or "\n200 OK" not in block:
                continue
            body = _body(block)
            if body is not None:
                made = body.get("response")  # of operations, which all have one name here
                last[request[2].partition("?")[0], str(made.get("@type")) if isinstance(made, dict) else ""] = body
        yield from (("logs", url, body) for (url, _), body in last.items())


def _body(block: str) -> Doc | None:
    _, _, text = block.partition("\n200 OK")[2].partition("\n\n")
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
