"""The VPC Service Controls perimeters of the organisation above a project, read once for all its projects."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields, gcp_perimeter
from tierwise.connectors.declared import Doc, Draft
from tierwise.connectors.gcp.above import chain_of
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.read import Read
from tierwise.connectors.gcp_perimeter import Edge
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

FACTS: Final = frozenset({"network.ingress_any", "network.private_endpoint"})
_HOST: Final = "accesscontextmanager"
_EDGE: Final = "edge"
_PAGE: Final = ("pageSize", "100")


def _listing(path: str, action: str, items: str, *query: tuple[str, str]) -> Read:
    return Read(_HOST, path, f"{_HOST}.{action}.list", items=items, query=(*query, _PAGE))


POLICIES: Final = _listing("/v1/accessPolicies", "policies", "accessPolicies", ("parent", "{}"))
PERIMETERS: Final = _listing("/v1/accessPolicies/{}/servicePerimeters", "servicePerimeters", "servicePerimeters")
LEVELS: Final = _listing("/v1/accessPolicies/{}/accessLevels", "accessLevels", "accessLevels")
CALLS: Final = (POLICIES, PERIMETERS, LEVELS)


def perimeter_read(of: str, service: str, facts: frozenset[str] = frozenset()) -> Read:
    """The read of what the perimeters around a resource's project make of its service, as a read of a collector."""
    read = POLICIES
    return Read(read.host, read.path, read.action, of, facts=FACTS | facts, items=read.items, label="+", make=partial(_around, service))


def edge_of(doc: Maybe[Doc | None]) -> Edge:
    """What was read, which is the answer of `perimeter_read`."""
    if isinstance(doc, Unknown):
        return gcp_perimeter.unread(doc)
    found: Edge = (doc.value or {})[_EDGE]
    return found


def _around(service: str, caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    """Worked out once for all of a project's stores of a service."""
    return caller.place.above(f"edge:{caller.place.name}:{service}", partial(_edge, service, caller))


def _edge(service: str, caller: Caller) -> Maybe[Doc | None]:
    chain = chain_of(caller)
    if isinstance(chain, Unknown):
        return chain
    root = chain.value[-1]
    if not root.startswith("organizations/"):
        nowhere = gcp_perimeter.NOWHERE
        return Known({_EDGE: gcp_perimeter.edge_of(service, chain.value, nowhere, gcp_perimeter.levels_of(nowhere))}, nowhere.via)
    if not caller.place.number:
        return Unknown(UnknownReason.NOT_COLLECTED, PERIMETERS.via, "perimeters name projects by number, and this one's is not known")
    found = caller.place.above(f"perimeters:{root}", partial(_of_organisation, caller, root))
    if isinstance(found, Unknown):
        return found
    read = found.value or {}
    edge = gcp_perimeter.edge_of(service, chain.value, read["perimeters"], gcp_perimeter.levels_of(read["levels"]))
    return Known({_EDGE: edge}, found.via)


def _of_organisation(caller: Caller, root: str) -> Maybe[Doc | None]:
    policies = fields.items(caller.ask(POLICIES, (root,)), POLICIES.items)
    if isinstance(policies, Unknown):
        return policies
    names = [one["name"] for one in policies.value if isinstance(one.get("name"), str)]
    if len(names) < len(policies.value):
        return Unknown(UnknownReason.UNPARSABLE, POLICIES.via, "an access policy without a name")
    perimeters = _all(caller, PERIMETERS, names)
    levels = _all(caller, LEVELS, names) if gcp_perimeter.named_levels(perimeters) else Known([], LEVELS.via)
    return Known({"perimeters": perimeters, "levels": levels}, PERIMETERS.via)


def _all(caller: Caller, read: Read, policies: list[str]) -> Maybe[list[Mapping[str, Any]]]:
    """What all access policies of an organisation hold: one for all of it, others for folders and projects."""
    every: list[Mapping[str, Any]] = []
    for name in policies:
        listed = fields.items(caller.ask(read, values_of(name)), read.items)
        if isinstance(listed, Unknown):
            return listed
        every += listed.value
    return Known(every, read.via)
