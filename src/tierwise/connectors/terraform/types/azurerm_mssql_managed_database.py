"""Databases of Azure SQL managed instances, with what their instance decides for them."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform import azure, azure_grants, azure_reach, azure_sql
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_sql import INSTANCE
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.types import azurerm_mssql_managed_instance
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.model.vocabulary import facts_of

DATABASE: Final = "azurerm_mssql_managed_database"
_OWN: Final = frozenset({"retention.backup_days", "recovery.delete_protected"})
_WEEK: Final = 7
_DECIDED: Final = (
    "encryption.",
    "transport.",
    "access.",
    "network.",
    "logging.",
    "recovery.point_in_time",
    "recovery.redundancy",
    "recovery.delete_protected",
)
"""The facts that an instance decides."""


def convert(database: Planned, plan: Plan) -> Resource:
    """A planned database: encryption, logins, network, auditing and zones are those of its instance."""
    sheet, kind = FactSheet(), Kind.RELATIONAL_DB
    instance = azure.parent_of(plan, database, ("managed_instance_id",), {INSTANCE})
    links: list[Link] = []
    if instance is None:
        lost = azure.elsewhere(database, "managed_instance_id", "managed instance")
        for spec in facts_of(kind):
            if not spec.derived and spec.name.startswith(_DECIDED):
                sheet.put(spec.name, lost)
        azure_grants.put_lost(sheet, kind, lost)
    else:
        above = azurerm_mssql_managed_instance.convert(instance, plan)
        for name, fact in above.facts.items():
            if name not in _OWN:
                sheet.put(name, fact)
        azure_grants.put_audience(sheet, kind, database, plan, instance)
        links += [Link(Rel.MEMBER_OF, above.id), *(one for one in above.links if one.rel in (Rel.USES_KEY, Rel.LOGS_TO))]
    links += plan.links(Rel.COPY_OF, database, database.root, ("point_in_time_restore", 0, "source_database_id"), {DATABASE})
    # Seven days where nothing is written (AzureRM documentation of `short_term_retention_days`).
    short = azure.number(database, "short_term_retention_days", default=_WEEK)
    sheet.put("retention.backup_days", azure_sql.backup_days(database, short))
    locked = plan.children(database, azure_reach.LOCK).found
    if instance is not None:
        sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, database, instance))
    elif locked:
        sheet.known("recovery.delete_protected", True, locked[0].root.via)
    name = text_or(database.root, "name")
    aliases = (text_or(database.root, "id"),)
    made = plan.resource(database, kind, name or database.place.name, sheet.facts, links=links, aliases=aliases)
    return azure.placed(made, plan, instance)


CONVERTER = Converter(frozenset({DATABASE}), convert, (azure_reach.LOCKED,), frozenset({INSTANCE}))
