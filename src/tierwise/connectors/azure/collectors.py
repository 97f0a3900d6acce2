"""Finds the collectors of the services, and all that they declare."""

from __future__ import annotations

from functools import cache

from tierwise.connectors.azure.place import GROUPS, SUBSCRIPTIONS
from tierwise.connectors.azure.read import Collector, Declaration, Read, Row
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
INVENTORY = Row("Microsoft.ResourceGraph/resources", frozenset(), table="")
"""The query of Resource Graph itself."""
SESSION_READS = (INVENTORY, SUBSCRIPTIONS, GROUPS, PERMISSIONS)
"""Calls that belong to no service's collector."""


@cache
def collectors() -> tuple[Collector, ...]:
    """Every module's `COLLECTOR` (or `COLLECTORS`), in module order."""
    from tierwise.connectors.azure import services

    return exported(services, Collector)


@cache
def declared_reads() -> tuple[Declaration, ...]:
    """Every declared row and read, once."""
    found: list[Declaration] = [*SESSION_READS]
    for collector in collectors():
        found += [*collector.rows, *collector.lists, *collector.reads]
    return tuple(dict.fromkeys(found))


def declared_calls() -> tuple[Read, ...]:
    """The GETs that the guard lets through."""
    return tuple(read for read in declared_reads() if isinstance(read, Read))
