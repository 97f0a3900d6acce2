"""What AWS Config records of resources, as the answers of the calls for which it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Final, get_args

from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc
from tierwise.model.fact import Provenance

AGGREGATORS = Read("config", "DescribeConfigurationAggregators", "config:DescribeConfigurationAggregators")
STATUS = Read(
    "config",
    "DescribeConfigurationAggregatorSourcesStatus",
    "config:DescribeConfigurationAggregatorSourcesStatus",
)
SELECT = Read("config", "SelectAggregateResourceConfig", "config:SelectAggregateResourceConfig")
READS: Final = (AGGREGATORS, STATUS, SELECT)
PAGE: Final = 100
"""Items a page: the most that the service gives (its model, `Limit`)."""
_IDENTITY: Final = ("arn", "awsRegion", "configurationItemCaptureTime")


@dataclass(frozen=True, slots=True)
class Recorded:
    """How a type of resource is recorded: what its published schema has (github.com/awslabs/aws-config-resource-schema, `TYPE.properties.json`)."""

    type: str
    """Config's name of it, e.g. `AWS::S3::Bucket`."""
    columns: tuple[str, ...]
    """What is selected of it beside what tells one from another: properties of its schema."""
    answers: Mapping[str, Callable[[Mapping[str, Any]], Doc | None]] = field(hash=False)
    """By operation: its answer, as an item tells it; None where the item does not tell all that facts are made of, and the service is asked."""
    tags: bool = False
    """Whether its tags stand for those of the bulk read, which asks for its service no more; so every resource is looked up as it is listed."""

    def expression(self, account: str) -> str:
        """The query for all of an account; it may be 4,096 characters long (the service's model, `Expression`)."""
        chosen = (*_IDENTITY, *(("tags",) if self.tags else ()), *self.columns)
        return f"SELECT {', '.join(chosen)} WHERE resourceType = '{self.type}' AND accountId = '{account}'"


def captured(item: Mapping[str, Any]) -> Provenance:
    """Where the facts of an item come from, and when Config recorded them."""
    return Provenance(SELECT.via.via, SELECT.action, str(item.get("configurationItemCaptureTime") or ""))


def part(item: Mapping[str, Any], *path: str) -> Any:
    """A part of an item: a structure or a list, as such or as its JSON; None where there is none, or it is neither."""
    found: Any = item
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, str):
            try:
                found = json.loads(found)
            except ValueError:
                return None
    return found if isinstance(found, Mapping | list) else None


def members(told: object, **wanted: type | UnionType) -> dict[str, Any] | None:
    """Members of a structure as the service spells them, out of what Config spells in a case of its own (`awsaccountId`).

    None where one is of another type than wanted; one that may be None (`str | None`) may be missing.
    """
    if not isinstance(told, Mapping):
        return None
    by_name = {str(name).lower(): value for name, value in told.items()}
    found = {name: by_name.get(name.lower()) for name in wanted}
    return found if all(type(found[name]) in (get_args(kind) or (kind,)) for name, kind in wanted.items()) else None


def each_of(told: object, **wanted: type | UnionType) -> list[dict[str, Any]] | None:
    """The same of each in a list of structures; None where it is no list, or one has another shape."""
    found = [members(one, **wanted) for one in told] if isinstance(told, list) else [None]
    right = [one for one in found if one is not None]
    return right if len(right) == len(found) else None


def tags(item: Mapping[str, Any]) -> dict[str, str] | None:
    """The tags of an item; None where it does not tell them."""
    found = each_of(item.get("tags"), key=str, value=str | None)
    return None if found is None else {one["key"]: one["value"] or "" for one in found}
