"""Whether every subnetwork of a project keeps flow logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.declared import Doc, Draft
from tierwise.connectors.gcp.above import PROJECT_TYPE
from tierwise.connectors.gcp.read import Read
from tierwise.model.fact import Known, Maybe, Unknown
from tierwise.model.kleene import all_of

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

FLOW_LOGS: Final = "network.flow_logs"
_OFF: Final = "Compute Engine API, subnetworks: logConfig.enable is off where it was never set"
_PURPOSE: Final = "Compute Engine API, subnetworks: purpose is PRIVATE where it was never set"
_OF_HOSTS: Final = "PRIVATE"
"""Subnetworks of proxies and of Private Service Connect have no flow logs (VPC documentation, "VPC Flow Logs", supported subnets)."""


def _subnets(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    return caller.ask(SUBNETS, (caller.place.id,))


SUBNETS: Final = Read(
    "compute",
    "/compute/v1/projects/{}/aggregated/subnetworks",
    "compute.subnetworks.list",
    PROJECT_TYPE,
    facts=frozenset({FLOW_LOGS}),
    items="items",
    query=(("maxResults", "500"),),
    make=_subnets,
)


def flow_logs(subnets: Maybe[Doc | None]) -> Maybe[bool]:
    """Whether all subnetworks with hosts are logged; a project without any carries no traffic."""
    listed = fields.items(subnets, SUBNETS.items)
    if isinstance(listed, Unknown):
        return listed
    found: list[Maybe[bool]] = [Known(True, listed.via)]
    for one in listed.value:
        row = fields.inner(listed, one)
        purpose = fields.word(row, "purpose", absent=_OF_HOSTS, because=_PURPOSE)
        if isinstance(purpose, Unknown) or purpose.value == _OF_HOSTS:
            logged = fields.flag(row, "logConfig", "enable", absent=False, because=_OFF)
            found.append(logged if isinstance(purpose, Known) or (isinstance(logged, Known) and logged.value) else purpose)
    return all_of(*found)
