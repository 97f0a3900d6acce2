"""Finds the collectors of the services, and all that they declare."""

from __future__ import annotations

from functools import cache

from tierwise.connectors.azure.directory import LOOKUPS
from tierwise.connectors.azure.outsiders import DELEGATED, OFFERED
from tierwise.connectors.azure.place import GROUPS, INVENTORY, SUBSCRIPTIONS
from tierwise.connectors.azure.read import Collector, Declaration, Read
from tierwise.connectors.declared import Stage, exported

PERMISSIONS = Read(
    "",
    "providers/Microsoft.Authorization/permissions",
    "2022-04-01",
    "Microsoft.Authorization/permissions/read",
    Stage.SURVEY,
    listing=True,
)
"""What the caller may do in a subscription. The specification has it for resource groups and resources; Microsoft's own pages use it so."""
SESSION_READS = (INVENTORY, SUBSCRIPTIONS, GROUPS, PERMISSIONS, DELEGATED, OFFERED, *LOOKUPS)
"""Calls that belong to no service's collector."""


@cache
def collectors() -> tuple[Collector, ...]:
    """Every module's `COLLECTOR` (or `COLLECTORS`), in module order."""
    from tierwise.connectors.azure import services

    return exported(services, Collector)


@cache
def declared_reads(services: frozenset[str] = frozenset()) -> tuple[Declaration, ...]:
    """Every declared row and read of these services, of all where none is named, once."""
    found: list[Declaration] = [*SESSION_READS]
    for collector in (one for one in collectors() if not services or one.service in services):
        found += [*collector.rows, *collector.lists, *(read for read in collector.reads if isinstance(read, Read))]
    return tuple(dict.fromkeys(found))


def declared_calls() -> tuple[Read, ...]:
    """The GETs that the guard lets through."""
    return tuple(read for read in declared_reads() if isinstance(read, Read))
