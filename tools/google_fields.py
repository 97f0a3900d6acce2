"""Looks up, in Google's discovery documents, every field of Google Cloud that is read, and every call with its parameters and scope.

Writes `tests/connectors/gcp/discovery_fields.json`; fails, and names them, where the documents do not have them (`--check` writes nothing and
also fails where the file says something else). The documents come with google-api-python-client. It has none of Memorystore for Valkey, whose
messages and paths are those of Google's library for it. Neither is a dependency of the project:

    uv run --with google-api-python-client --with google-cloud-memorystore python tools/google_fields.py
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.connectors.gcp.contract import DISCOVERY, IAM_POLICY, ORG_POLICY, fields_read
from tierwise.connectors.gcp.collectors import declared_calls, declared_reads
from tierwise.connectors.gcp.read import Read, Row
from tierwise.connectors.gcp.session import SCOPE
from tierwise.connectors.gcp.tags import BINDINGS

PACKAGE: Final = "google-api-python-client"
LIBRARIES: Final = {"memorystore.v1": "google-cloud-memorystore"}
"""APIs without a discovery document there, and the library of each."""
_VERSION: Final = re.compile(r"/(v\d+\w*)/")
_PLACE: Final = re.compile(r"\{[^}]*\}")
_NAMED: Final = re.compile(r"\{\w+=([^}]*)\}")
"""A place of a path that a library names with what it holds: `{parent=projects/*}`."""
_BY_ANY: Final = ("nextPageToken", "unreachable", "unreachables", "failedLocations")
"""Looked for in every list: most answers have one of them or none."""
ALSO: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("cloudresourcemanager.v3", "Project"): ("cloudresourcemanager.v1", "Project"),
    ("orgpolicy.v2", "GoogleCloudOrgpolicyV2Policy"): ("cloudasset.v1", "GoogleCloudOrgpolicyV1Policy"),
    ("cloudasset.v1", "GoogleCloudOrgpolicyV1Policy"): ("orgpolicy.v2", "GoogleCloudOrgpolicyV2Policy"),
}
"""Schemas of which one function reads two versions: Resource Manager and the inventory answer with one or the other."""
FIXED: Final = {
    IAM_POLICY: ("cloudasset.v1", "Policy"),
    ORG_POLICY: ("cloudasset.v1", "GoogleCloudOrgpolicyV1Policy"),
    BINDINGS.via.via: ("cloudresourcemanager.v3", "TagBinding"),
}
"""Schemas of what no declared call answers."""


@cache
def document(api: str) -> Mapping[str, Any]:
    """A discovery document, by service and version; what a library says, as one, where there is none."""
    if api in LIBRARIES:
        return _of_library(api)
    package = find_spec("googleapiclient")
    if package is None or package.origin is None:
        raise SystemExit(f"{PACKAGE} is not installed: uv run --with {PACKAGE} python tools/google_fields.py")
    found: Mapping[str, Any] = json.loads((Path(package.origin).parent / "discovery_cache" / "documents" / f"{api}.json").read_bytes())
    return found


def _of_library(api: str) -> Mapping[str, Any]:
    """The messages of a library as schemas, and the paths that its transport asks as methods."""
    package = import_module(f"google.cloud.{api.replace('.', '_')}")
    service = api.partition(".")[0]
    base = import_module(f"{package.__name__}.services.{service}.transports.rest_base")
    transport = vars(base)[f"_Base{service.capitalize()}RestTransport"]
    file = package.Instance.meta.pb.DESCRIPTOR.file
    messages = file.message_types_by_name
    found: dict[str, Any] = {}
    for name, inner in vars(transport).items():
        asked = messages.get(f"{name.removeprefix('_Base')}Request")
        for option in inner._get_http_options() if asked is not None else ():
            found[name] = {
                "httpMethod": option["method"].upper(),
                "path": _NAMED.sub(lambda one: one[1].replace("*", "{}"), option["uri"].removeprefix("/")),
                "parameters": {one.json_name for one in asked.fields},
                "scopes": transport.AUTH_SCOPES,
                "response": {"$ref": name.removeprefix("_Base") + "Response"},
            }
    schemas = {name: _schema(one) for name, one in messages.items()}
    return {"servicePath": "", "methods": found, "schemas": schemas, "revision": f"{LIBRARIES[api]} {version(LIBRARIES[api])}"}


def _schema(message: Any) -> dict[str, Any]:
    """A message of a library as a schema; what is of another file (times, durations) is a value."""
    return {"properties": {one.json_name: _held(one, message.file) for one in message.fields}}


def _held(field: Any, file: Any) -> dict[str, Any]:
    of = field.message_type
    if of is not None and of.GetOptions().map_entry:
        return {"additionalProperties": {"type": "any"}}
    if of is None or of.file is not file:
        held: dict[str, Any] = {"type": "value"}
    else:
        held = {"$ref": of.name} if of.containing_type is None else _schema(of)
    return {"items": held} if field.is_repeated else held


def api_of(read: Read) -> str:
    """Service and version of a call, e.g. `storage.v1`."""
    found = _VERSION.search(read.path)
    if found is None:
        raise SystemExit(f"{read.path} names no version")
    return f"{read.host}.{found[1]}"


def methods(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All methods of a service."""
    yield from resource.get("methods", {}).values()
    for one in resource.get("resources", {}).values():
        yield from methods(one)


def method_of(read: Read) -> Mapping[str, Any] | None:
    """The method that a call is of: the same path but for the names in it, and the same verb."""
    api = document(api_of(read))
    verb = "POST" if read.post else "GET"
    exact = [
        one
        for one in methods(api)
        if one["httpMethod"] == verb and _is(read.path, f"/{api['servicePath']}{one.get('flatPath') or one['path']}")
    ]
    return exact[0] if exact else None


def _is(path: str, template: str) -> bool:
    given, parts = path.split("/"), _PLACE.sub("{}", template).split("/")
    return len(given) == len(parts) and all(
        one == part or (part == "{}" and ":" not in one) for one, part in zip(given, parts, strict=True)
    )


def schema_of(read: Read) -> tuple[str, str]:
    """Service and name of the schema that a call answers."""
    found = method_of(read)
    return (api_of(read), found["response"]["$ref"]) if found is not None and "response" in found else ("", "")


def element_of(api: str, schema: str, name: str) -> str:
    """The schema of what a list holds; of an aggregated list, of what each scope of it does."""
    held = document(api)["schemas"][schema]["properties"][name]
    if "additionalProperties" in held:
        scope = document(api)["schemas"][held["additionalProperties"]["$ref"]]["properties"]
        held = next(one for one in scope.values() if one.get("type") == "array")
    return str(held["items"]["$ref"])


def of_row(row: Row) -> tuple[str, str]:
    """The schema of what the inventory has of a type: that of the service's own API, of the same version."""
    read = row.lists[-1]
    api, schema = schema_of(read)
    return (api, element_of(api, schema, read.items)) if read.items else (api, schema)


def has(api: str, node: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether a schema has a path; a map has any name."""
    if "$ref" in node:
        every = [(api, node["$ref"]), *([other] if (other := ALSO.get((api, node["$ref"]))) else [])]
        return any(has(one, document(one)["schemas"][ref], path) for one, ref in every)
    if "items" in node:
        return has(api, node["items"], path)
    if not path or node.get("type") == "any":
        return True
    below = node.get("properties", {}).get(path[0]) or node.get("additionalProperties")
    return below is not None and has(api, below, path[1:])


def looked_up() -> tuple[dict[str, Any], list[str]]:
    """All that is read with where it was found, and what was not found."""
    schemas = {
        one.via.via: of_row(one) if isinstance(one, Row) else schema_of(one) for one in declared_reads() if one.via.via not in FIXED
    } | FIXED
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for name, paths in sorted(fields_read().items()):
        api, schema = schemas[name]
        there = sorted(path for path in paths if api and has(api, {"$ref": schema}, tuple(path.split("."))))
        wrong += [f"{name}: {path}" for path in sorted(paths - set(there)) if path not in _BY_ANY]
        found[name] = {"api": api, "schema": schema, "fields": there}
    for read in declared_calls():
        method = method_of(read)
        if method is None:
            wrong.append(f"{read.via.via}: no such method")
            continue
        if SCOPE not in method["scopes"]:
            wrong.append(f"{read.via.via}: a token of {SCOPE} is refused")
        wrong += [f"{read.via.via}: no parameter {name}" for name, _ in read.query if name not in method.get("parameters", {})]
    return found, wrong


def main(check: bool) -> int:
    """Look everything up and write, or compare with, what was found."""
    found, wrong = looked_up()
    apis = {api: document(api)["revision"] for api in sorted({one["api"] for one in found.values()})}
    made = {
        "$comment": "Generated by tools/google_fields.py; do not edit.",
        "package": f"{PACKAGE} {version(PACKAGE)}",
        "revisions": apis,
        "read": found,
    }
    text = json.dumps(made, indent=1) + "\n"
    if check and DISCOVERY.read_text() != text:
        wrong.append(f"{DISCOVERY.name} says something else: run this without --check")
    elif not check:
        DISCOVERY.write_text(text)
    sys.stderr.write("".join(f"not in the discovery documents: {one}\n" for one in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main("--check" in sys.argv[1:]))
