"""What Azure itself once answered: recordings of Resource Manager and of Resource Graph, and the examples of its specification.

Their shapes are real; they are of the API versions of their day (2018 to 2021), so that they also show what is absent before a field was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.shared import shared_path
from tierwise.connectors.azure.calls import table_rows
from tierwise.connectors.azure.collectors import declared_reads
from tierwise.connectors.azure.ids import same, subscription_of
from tierwise.connectors.azure.read import Row

Body = Mapping[str, Any]
GRAPH_AND_ARM = "ResourceGraphSource.test_resource_graph_and_arm_sources_vm_are_equivalent.json"


@dataclass(frozen=True)
class Recorded:
    """A body that Azure answered, where it is from, and the path that it answered (empty in an example)."""

    file: str
    path: str
    body: Body


@cache
def answers() -> tuple[Recorded, ...]:
    """Every answer that is a JSON object."""
    return (*_cassettes(), *_examples())


def _cassettes() -> Iterator[Recorded]:
    for file in sorted(shared_path("recordings", "azure", "c7n_cassettes").glob("*.json")):
        for one in json.loads(file.read_bytes()).get("interactions", ()):
            answered = one["response"]["body"]
            body = answered.get("data") if isinstance(answered, Mapping) else None
            if one["request"]["method"] in ("GET", "POST") and isinstance(body, Mapping):
                yield Recorded(file.name, unquote(urlsplit(one["request"]["uri"]).path).lower(), body)


def _examples() -> Iterator[Recorded]:
    for file in sorted(shared_path("recordings", "azure", "spec_2021").rglob("examples/*.json")):
        for status, answered in json.loads(file.read_bytes()).get("responses", {}).items():
            if status == "200" and isinstance(answered.get("body"), Mapping):
                yield Recorded(file.name, "", answered["body"])


def listed(body: Body) -> Iterator[Body]:
    """The resources of an answer: itself, or those that it lists."""
    rows = table_rows(body.get("data")) if "data" in body else None
    many = rows if rows is not None else body.get("value")
    for one in many if isinstance(many, list) else (body,):
        if isinstance(one, Mapping) and isinstance(one.get("id"), str) and isinstance(one.get("type"), str):
            yield one


def as_row(body: Body) -> dict[str, Any]:
    """A resource of Resource Manager as Resource Graph would list it."""
    return {**body, "id": same(body["id"]), "type": body["type"].lower(), "subscriptionId": subscription_of(same(body["id"]))}


@dataclass
class Round:
    """Resources that can stand beside each other, since no id comes twice, and what was answered of them."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    docs: dict[str, Body] = field(default_factory=dict)


@cache
def rounds() -> tuple[Round, ...]:
    """Every recorded resource of a declared type, each in the first round that has no other state of it."""
    types = {one.type.lower() for one in declared_reads() if isinstance(one, Row) and one.kinds}
    found: list[Round] = []
    for answer in answers():
        for body in listed(answer.body):
            row = as_row(body)
            if row["type"] in types and row["subscriptionId"]:
                _file(found, row)
    for answer in answers():
        for path in {answer.path, same(answer.body.get("id"))} - {""}:
            for one in found:
                one.docs.setdefault(path, answer.body)
    return tuple(found)


def _file(found: list[Round], row: dict[str, Any]) -> None:
    for one in found:
        if one.rows.setdefault(row["id"], row) == row:
            return
    found.append(Round({row["id"]: row}))
