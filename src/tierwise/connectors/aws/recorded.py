"""What AWS Config records of resources, as the answers of the calls for which it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

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
IDENTITY: Final = ("arn", "awsRegion", "configurationItemCaptureTime", "tags")


@dataclass(frozen=True, slots=True)
class Recorded:
    """How a type of resource is recorded."""

    type: str
    """Config's name of it, e.g. `AWS::S3::Bucket`."""
    columns: tuple[str, ...]
    """What is selected of it beside what tells one from another: properties of its published schema."""
    docs: Callable[[Mapping[str, Any]], Mapping[str, Doc | None]]
    """Of an item: the answer of each call whose answer it tells, by operation. What it does not tell is read from the service."""

    def expression(self, account: str) -> str:
        """The query for all of an account; it may be 4,096 characters long (the service's model, `Expression`)."""
        return f"SELECT {', '.join((*IDENTITY, *self.columns))} WHERE resourceType = '{self.type}' AND accountId = '{account}'"


def captured(item: Mapping[str, Any]) -> Provenance:
    """Where the facts of an item come from, and when Config recorded them."""
    return Provenance(SELECT.via.via, SELECT.action, str(item.get("configurationItemCaptureTime") or ""))


def part(item: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """A supplementary part of an item: a structure, or its JSON; None where there is none, or it is neither."""
    found = (item.get("supplementaryConfiguration") or {}).get(name)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return None
    return found if isinstance(found, Mapping) else None


def tags(item: Mapping[str, Any]) -> dict[str, str]:
    """The tags of an item."""
    return {str(one["key"]): str(one.get("value") or "") for one in item.get("tags") or () if "key" in one}
