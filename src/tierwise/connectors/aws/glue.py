"""Databases of the Glue Data Catalog: the schemas of their tables as evidence, and links to the stores that hold the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.declared import Draft
from tierwise.model.fact import AnyFact, Unknown, UnknownReason
from tierwise.model.resource import Column, Evidence, Kind, Link, Rel, Resource

LIST = Read("glue", "GetDatabases", "glue:GetDatabases", kinds=frozenset({Kind.DATA_CATALOG}), links=True)
TABLES = Read("glue", "GetTables", "glue:GetTables", links=True)

MOST_TABLES: Final = 200
MOST_COLUMNS: Final = 200
"""A database's evidence is bounded; what is cut is said in its description."""


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the databases of one region with the schemas of their tables."""
    for item in caller.listing(LIST, "DatabaseList"):
        yield Draft(_database(caller, item))


def _database(caller: Caller, item: Mapping[str, Any]) -> Resource:
    name = str(item["Name"])
    arn = f"arn:{caller.partition}:glue:{caller.region}:{caller.account}:database/{name}"
    described = str(item.get("Description") or "")
    tables: list[Mapping[str, Any]] = []
    unread: tuple[Unknown, ...] = ()
    notes: list[str] = []
    if item.get("TargetDatabase"):
        # A resource link stands for a database of another catalogue, where its tables are listed (Lake Formation, "Creating resource links").
        notes.append("[a link to a database of another catalogue: no tables read here]")
    else:
        try:
            tables = list(islice(caller.listing(TABLES, "TableList", DatabaseName=name), MOST_TABLES + 1))
        except ListingFailedError as failed:
            unread = (Unknown(UnknownReason(failed.gap.reason), TABLES.via, failed.gap.detail),)
    if len(tables) > MOST_TABLES:
        notes.append(f"[only the first {MOST_TABLES} tables were read]")
    columns: list[Column] = []
    for table in tables[:MOST_TABLES]:
        found = _columns(table)
        columns.extend(found[:MOST_COLUMNS])
        if len(found) > MOST_COLUMNS:
            notes.append(f"[only the first {MOST_COLUMNS} of {len(found)} columns of {table['Name']} were read]")
    links = _links(caller.partition, [item.get("LocationUri"), *(_location(table) for table in tables[:MOST_TABLES])], unread)
    return Resource(
        arn,
        Kind.DATA_CATALOG,
        "glue.database",
        "aws",
        caller.account,
        caller.region,
        name,
        tags=caller.tags_of(arn),
        links=links,
        aliases=(name,),
        evidence=Evidence(
            " ".join([*([described] if described else []), *notes]),
            tuple(columns),
            unread,
            rows=tuple(_rows(tables)) if len(tables) <= MOST_TABLES else (),
        ),
    )


def _rows(tables: list[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """The rows of each table by the first count that is one, which a crawler or a statement wrote among its parameters."""
    for table in tables:
        parameters = table.get("Parameters") or {}
        counts = (str(parameters.get(name) or "") for name in _COUNTS)
        counted = next((one for one in counts if one.isdecimal() and len(one) < 19), None)
        if counted is not None:
            yield str(table["Name"]), int(counted)


_COUNTS: Final = ("spark.sql.statistics.numRows", "numRows", "recordCount")
"""Of ANALYZE TABLE in Spark (HiveExternalCatalog, STATISTICS_NUM_ROWS) and in Hive (StatsSetupConst.ROW_COUNT), which count; then of a crawler,
which estimates (Glue Developer Guide, "Parameters set on Data Catalog tables by crawler")."""


def _columns(table: Mapping[str, Any]) -> list[Column]:
    listed = [*((table.get("StorageDescriptor") or {}).get("Columns") or ()), *(table.get("PartitionKeys") or ())]
    return [Column(str(table["Name"]), str(one["Name"]), str(one.get("Type") or "")) for one in listed]


def _location(table: Mapping[str, Any]) -> object:
    return (table.get("StorageDescriptor") or {}).get("Location")


def _links(partition: str, locations: list[object], unread: tuple[Unknown, ...]) -> tuple[Link, ...]:
    targets = sorted({found for location in locations if (found := _store(partition, str(location or "")))})
    return (*(Link(Rel.DESCRIBES, one) for one in targets), *(Link(Rel.DESCRIBES, "", one) for one in unread))


def _store(partition: str, location: str) -> str:
    """The ARN of the store at a location: a bucket for `s3://` (also in Hadoop's spellings), a table for DynamoDB; else empty."""
    scheme, separator, rest = location.partition("://")
    if separator and scheme in ("s3", "s3a", "s3n"):
        bucket = rest.split("/", 1)[0]
        return f"arn:{partition}:s3:::{bucket}" if bucket else ""
    return location if location.startswith("arn:") and ":dynamodb:" in location else ""


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """A catalogue has no facts of its own: it is evidence about the stores that it describes."""
    return draft.resource.facts


COLLECTOR = Collector("glue", (LIST, TABLES), survey, facts)
