"""Each thing that a source yields as a JSON object and back: a line of an inventory, and what is kept of a unit. Nothing of it is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tierwise.connectors.base import Item, Organisation
from tierwise.model.change import Change
from tierwise.model.codec import (
    earlier_in,
    earlier_out,
    facts_out,
    gap_in,
    gap_out,
    grant_in,
    grant_out,
    outcome_in,
    outcome_out,
    region_in,
    region_out,
    resource_in,
    resource_out,
    unknown_in,
    unknown_out,
    update_in,
    update_out,
)
from tierwise.model.fact import NOWHERE, Facts, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import FactUpdate, Gap, ReadOutcome, RegionStatus, Resource


def item_out(item: Item, facts: Callable[[Facts], Any] = facts_out) -> dict[str, Any]:
    """One item, under the word for what it is, `facts` being how those of resources are told; TypeError for what is only for the moment: units, and looks into stores."""
    match item:
        case Resource():
            return _resource_out(item, facts)
        case Change():
            return {"earlier": earlier_out(item)}
        case Gap():
            return {"gap": gap_out(item)}
        case RegionStatus():
            return {"region": region_out(item)}
        case ReadOutcome():
            return {"read": outcome_out(item)}
        case FactUpdate():
            return {"update": update_out(item)}
        case Organisation():
            return {"organisation": _members_out(item.members)}
        case _:
            raise TypeError(f"{type(item).__name__} is not kept")


def item_in(data: Mapping[str, Any]) -> Item:
    """The reverse of `item_out`; ValueError, TypeError or KeyError where it is none."""
    match data:
        case {"resource": _}:
            return _resource_in(data)
        case {"earlier": told}:
            return earlier_in(told)
        case {"gap": told}:
            return gap_in(told)
        case {"region": told}:
            return region_in(told)
        case {"update": told}:
            return update_in(told)
        case {"organisation": {"members": members, "via": [via, action]}}:
            return Organisation(Known(frozenset(str(one) for one in members), Provenance(str(via), str(action))))
        case {"organisation": told}:
            return Organisation(unknown_in(told))
        case _:
            return outcome_in(data["read"])


def _members_out(members: Maybe[frozenset[str]]) -> dict[str, Any]:
    if isinstance(members, Unknown):
        return unknown_out(members)
    return {"members": sorted(members.value), "via": [members.via.via, members.via.action]}


def _resource_out(resource: Resource, facts: Callable[[Facts], Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"resource": resource_out(resource, facts)}
    if resource.grants:
        out["grants"] = [grant_out(one) for one in resource.grants]
    if isinstance(resource.tags, Known) and resource.tags.via != NOWHERE:
        out["tags_via"] = _via_out(resource.tags.via)
    return out


def _resource_in(data: Mapping[str, Any]) -> Resource:
    resource = resource_in(data["resource"])
    if "grants" in data:
        resource = replace(resource, grants=tuple(grant_in(one) for one in data["grants"]))
    if "tags_via" in data and isinstance(resource.tags, Known):
        resource = replace(resource, tags=Known(resource.tags.value, Provenance(*map(str, data["tags_via"]))))
    return resource


def _via_out(via: Provenance) -> list[str]:
    return [via.via, via.action, via.as_of] if via.as_of else [via.via, via.action]
