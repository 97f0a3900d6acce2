"""Databases of the Glue Data Catalog: the schemas of their tables as evidence, and links to the stores that hold the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.connectors.terraform.stores import LOCATED, elsewhere, location
from tierwise.model.fact import Unknown
from tierwise.model.resource import Column, Kind, Link, Rel, Resource

DATABASE, TABLE = "aws_glue_catalog_database", "aws_glue_catalog_table"
_COLUMNS: Final = (("storage_descriptor", 0, "columns"), ("partition_keys",))
MOST_COLUMNS: Final = 200


def convert(database: Planned, plan: Plan) -> Resource:
    """A planned database; a catalogue has no facts of its own."""
    tables = plan.children(database, TABLE)
    links = list(location(plan, Rel.DESCRIBES, database, ("location_uri",)))
    columns: list[Column] = []
    unread: list[Unknown] = []
    for table in tables.found:
        links += location(plan, Rel.DESCRIBES, table, ("storage_descriptor", 0, "location"))
        for path in _COLUMNS:
            found = _columns(table, path)
            if isinstance(found, Unknown):
                unread.append(found)
            else:
                columns += found[:MOST_COLUMNS]
    if tables.loose is not None:
        unread.append(tables.loose)
    if not database.is_new and not tables.found:
        unread.append(elsewhere(database, "the tables of the database"))
    links += [Link(Rel.DESCRIBES, "", one) for one in unread]
    name = text_or(database.root, "name")
    found_database = plan.resource(
        database,
        Kind.DATA_CATALOG,
        name or database.place.name,
        {},
        links=links,
        aliases=(text_or(database.root, "arn"), name),
        description=text_or(database.root, "description"),
    )
    evidence = found_database.evidence
    return replace(found_database, evidence=replace(evidence, columns=tuple(columns), unread=(*evidence.unread, *unread)))


def _columns(table: Planned, path: tuple[Step, ...]) -> list[Column] | Unknown:
    blocks = table.root.blocks(*path)
    if isinstance(blocks, Unknown):
        return blocks
    name = text_or(table.root, "name") or table.place.name
    return [Column(name, column, text_or(block, "type")) for block in blocks.value if (column := text_or(block, "name"))]


CONVERTER = Converter(frozenset({DATABASE}), convert, (Child(TABLE, "database_name", ("name", "id")),), LOCATED)
