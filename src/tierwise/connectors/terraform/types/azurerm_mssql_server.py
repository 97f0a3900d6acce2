"""Azure SQL logical servers: what they decide for every database on them; backups and redundancy stand on each database."""

from __future__ import annotations

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach, azure_sql
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_sql import AUDIT, CHILDREN, SERVERS
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Resource
from tierwise.model.vocabulary import put_listed


def convert(server: Planned, plan: Plan) -> Resource:
    """A planned server."""
    sheet = FactSheet()
    sheet.constant(
        "encryption.at_rest", True, "Azure SQL documentation, transparent data encryption: on for every new database since May 2017"
    )
    custody, links = azure_sql.key_of(server, plan)
    sheet.put("encryption.key_custody", custody)
    azure_terms.put_network(sheet, Kind.RELATIONAL_DB, *azure_sql.network(server, plan))
    azure_grants.put_audience(sheet, Kind.RELATIONAL_DB, server, plan)
    put_listed(sheet, azure_sql.server_facts(server, plan), Kind.RELATIONAL_DB)
    for name in ("retention.backup_days", "recovery.point_in_time", "recovery.redundancy"):
        sheet.not_applicable(name, "it is set on each database of the server", server.root.via)
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, server))
    logs = (*azure_sql.audit_links(plan, server, AUDIT), *azure_reach.log_links(plan, server))
    name = text_or(server.root, "name")
    aliases = (text_or(server.root, "id"), name, text_or(server.root, "fully_qualified_domain_name"))
    return plan.resource(server, Kind.RELATIONAL_DB, name or server.place.name, sheet.facts, links=(*links, *logs), aliases=aliases)


CONVERTER = Converter(SERVERS, convert, (*CHILDREN, *azure_reach.COMMON), azure.KEY_TYPES, azure_reach.ABOVE)
