"""Which fields of Azure's answers are read, and where each is known to exist: a recording, an example, or the model of Microsoft's SDK."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.connectors.azure.cloud import read_of
from tests.connectors.azure.estate import scanned, tenant
from tests.connectors.azure.recorded import GRAPH_AND_ARM, answers, listed
from tierwise.connectors.answers import decoded
from tierwise.connectors.azure import calls
from tierwise.connectors.azure.collectors import declared_reads
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.read import Row
from tierwise.connectors.declared import Doc
from tierwise.model.fact import Known, Maybe, Provenance

Fields = Mapping[str, frozenset[str]]
"""Dotted paths by operation; lists are stepped into. What a list holds is told as if it stood alone."""
SDK = Path(__file__).with_name("sdk_fields.json")
"""Fields that no recording has, looked up in the SDK's models by `tools/azure_fields.py`."""
DIAGNOSTICS = "providers/Microsoft.Insights/diagnosticSettings"
_ENVELOPE = ("value", "nextLink")
"""Of every list of Azure Resource Manager."""


class _Noted(dict[str, Any]):
    """A document that notes what is asked of it."""

    def __init__(self, body: Mapping[str, Any], seen: set[str], path: tuple[str, ...] = ()) -> None:
        super().__init__({name: _noted(one, seen, path if not path and name == "value" else (*path, name)) for name, one in body.items()})
        self._seen, self._path = seen, path

    def _note(self, name: object) -> None:
        if self._path or name not in _ENVELOPE:
            self._seen.add(".".join((*self._path, str(name))))

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)


def _noted(value: Any, seen: set[str], path: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return _Noted(value, seen, path)
    return [_noted(one, seen, path) for one in value] if isinstance(value, list) else value


def operation_of(via: str) -> str:
    """The name of what is read; diagnostic settings are the same of everything."""
    return DIAGNOSTICS if via.endswith(DIAGNOSTICS) else via


@cache
def fields_read() -> Fields:
    """What a scan of the whole test tenant reads, noted while it does."""
    seen: dict[str, set[str]] = defaultdict(set)
    types = {one.type.lower(): one.via.via for one in declared_reads() if isinstance(one, Row)}

    def noting(raw: bytes, via: Provenance) -> Maybe[Doc]:
        body = decoded(raw, via)
        if not isinstance(body, Known) or not via.via:
            return body
        if isinstance(rows := body.value.get("data"), list):
            return Known({**body.value, "data": [_Noted(row, seen[types[row["type"]]]) for row in rows]}, body.via)
        return Known(_Noted(body.value, seen[operation_of(via.via)]), body.via)

    with patch.object(calls, "decoded", noting):
        scanned(tenant())
    return {name: frozenset(paths) for name, paths in seen.items()}


@cache
def fields_recorded() -> Fields:
    """What is in the recordings and examples."""
    found: dict[str, set[str]] = defaultdict(set)
    types = {one.type.lower(): one.via.via for one in declared_reads() if isinstance(one, Row)}
    for answer in answers():
        for path in {answer.path, same(answer.body.get("id"))} - {""}:
            if (read := read_of(path)) is not None:
                found[operation_of(read.via.via)].update(_paths(answer.body))
        for body in listed(answer.body):
            name = types.get(body["type"].lower()) or (DIAGNOSTICS if body["type"].lower() == DIAGNOSTICS[10:].lower() else "")
            found[name].update(_paths(body))
    return {name: frozenset(paths) for name, paths in found.items()}


def _paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            inner = path if not path and name == "value" else (*path, name)
            if inner:
                yield ".".join(inner)
            yield from _paths(one, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _paths(one, path)


@cache
def columns() -> frozenset[str]:
    """The columns of Resource Graph's table of resources, as it once answered them."""
    tables = (one.body["data"] for one in answers() if one.file == GRAPH_AND_ARM and "data" in one.body)
    return frozenset(column["name"] for table in tables for column in table["columns"])


def fields_unrecorded() -> Fields:
    """What is read and neither a column nor recorded."""
    recorded, graph = fields_recorded(), columns()
    found = {
        name: paths - recorded.get(name, frozenset()) - (graph if name.startswith("graph:") else frozenset())
        for name, paths in fields_read().items()
    }
    return {name: paths for name, paths in sorted(found.items()) if paths}


def fields_of_sdk() -> Fields:
    """What was looked up in the SDK."""
    return {name: frozenset(one["fields"]) for name, one in json.loads(SDK.read_bytes())["operations"].items()}
