"""Finds the collectors of this package, and all that they declare."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from tierwise.connectors.aws.read import Collector, Read

SESSION_READS = (
    Read("sts", "GetCallerIdentity", "sts:GetCallerIdentity"),
    Read("sts", "AssumeRole", "sts:AssumeRole"),
    Read("ec2", "DescribeRegions", "ec2:DescribeRegions"),
    Read("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
    Read("organizations", "ListAccounts", "organizations:ListAccounts", absent=frozenset({"AWSOrganizationsNotInUseException"})),
)
"""Calls that belong to no service's collector."""


@cache
def collectors() -> tuple[Collector, ...]:
    """Every module's `COLLECTOR` (or `COLLECTORS`), in module order."""
    import tierwise.connectors.aws as package

    found: list[Collector] = []
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        loaded = importlib.import_module(f"{package.__name__}.{module}")
        one = getattr(loaded, "COLLECTOR", None)
        if isinstance(one, Collector):
            found.append(one)
        found.extend(getattr(loaded, "COLLECTORS", ()))
    return tuple(found)


@cache
def declared_reads() -> tuple[Read, ...]:
    """Every declared read, once."""
    return tuple(dict.fromkeys([*SESSION_READS, *(read for collector in collectors() for read in collector.reads)]))


def declared_calls() -> frozenset[tuple[str, str]]:
    """(service, operation) pairs that the guard lets through."""
    return frozenset((read.service, read.operation) for read in declared_reads())
