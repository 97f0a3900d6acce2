"""Finds the collectors of this package, and all that they declare."""

from __future__ import annotations

from functools import cache

from tierwise.connectors.aws import history, organisation, recorded
from tierwise.connectors.aws.content import BY_DEPTH
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.role import ASSUME
from tierwise.connectors.declared import exported
from tierwise.model.content import Depth

REGIONS = Read("ec2", "DescribeRegions", "ec2:DescribeRegions")
SESSION_READS = (
    Read("sts", "GetCallerIdentity", "sts:GetCallerIdentity"),
    ASSUME,
    REGIONS,
    Read("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
    Read("organizations", "ListAccounts", "organizations:ListAccounts", absent=frozenset({"AWSOrganizationsNotInUseException"})),
)
"""Calls that belong to no service's collector."""


@cache
def collectors() -> tuple[Collector, ...]:
    """Every module's `COLLECTOR` (or `COLLECTORS`), in module order."""
    import tierwise.connectors.aws as package

    return exported(package, Collector)


@cache
def declared_reads() -> tuple[Read, ...]:
    """Every declared read, once."""
    return tuple(dict.fromkeys([*SESSION_READS, *(read for collector in collectors() for read in collector.reads)]))


def declared_calls(depth: Depth = Depth.METADATA) -> frozenset[tuple[str, str]]:
    """(service, operation) pairs that the guard lets through; those that open keys or content only at that depth."""
    reads = (*declared_reads(), *organisation.READS, *recorded.READS, history.LOOKUP, *BY_DEPTH[depth])
    return frozenset((read.service, read.operation) for read in reads)
