"""Finds the collectors of the services, and all that they declare."""

from __future__ import annotations

from functools import cache

from tierwise.connectors.declared import exported
from tierwise.connectors.gcp.above import CALLS
from tierwise.connectors.gcp.assets import ORG_POLICIES, POLICIES, RESOURCES
from tierwise.connectors.gcp.bound import CALLS as BOUND
from tierwise.connectors.gcp.history import LOG
from tierwise.connectors.gcp.perimeter import CALLS as PERIMETERS
from tierwise.connectors.gcp.place import PLACES
from tierwise.connectors.gcp.read import Collector, Declaration, Read
from tierwise.connectors.gcp.tags import CALLS as TAGS
from tierwise.model.content import Depth

SESSION_READS = (RESOURCES, POLICIES, ORG_POLICIES, *PLACES, *CALLS, *PERIMETERS, *BOUND, *TAGS)
"""Rows and calls that belong to no service's collector."""


@cache
def collectors() -> tuple[Collector, ...]:
    """Every module's `COLLECTOR` (or `COLLECTORS`), in module order."""
    from tierwise.connectors.gcp import services

    return exported(services, Collector)


@cache
def declared_reads(services: frozenset[str] = frozenset()) -> tuple[Declaration, ...]:
    """Every declared row and read of these services, of all where none is named, once."""
    found: list[Declaration] = [*SESSION_READS]
    for collector in (one for one in collectors() if not services or one.service in services):
        for row in collector.rows:
            found += [row, *row.lists]
        found += [*collector.lists, *collector.reads]
    return tuple(dict.fromkeys(found))


def declared_calls(depth: Depth = Depth.METADATA) -> tuple[Read, ...]:
    """The calls that the guard lets through where a scan looks so deeply."""
    from tierwise.connectors.gcp.content import BY_DEPTH

    return (*(read for read in declared_reads() if isinstance(read, Read)), LOG, *BY_DEPTH[depth])
