"""Azure Synapse workspaces with what is set on them apart."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform import azure, azure_grants, azure_reach, azure_sql, azure_synapse
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_synapse import AUDIT, WORKSPACE
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Resource

_POOLS: Final = "it is set on each pool of the workspace"


def convert(workspace: Planned, plan: Plan) -> Resource:
    """A planned workspace."""
    sheet, kind = FactSheet(), Kind.WAREHOUSE
    sheet.constant("encryption.at_rest", True, azure_synapse.ENCRYPTED)
    custody, keys = azure_synapse.key_of(workspace, plan)
    sheet.put("encryption.key_custody", custody)
    links = (*keys, *azure_reach.log_links(plan, workspace), *azure_sql.audit_links(plan, workspace, AUDIT))
    azure_grants.put_audience(sheet, kind, workspace, plan)
    azure_synapse.put_decided(sheet, kind, workspace, plan)
    read, write = azure_sql.audited(plan, workspace, AUDIT)
    sheet.put("logging.data_read", read)
    sheet.put("logging.data_write", write)
    for name in ("retention.backup_days", "recovery.point_in_time", "recovery.redundancy"):
        sheet.not_applicable(name, _POOLS, workspace.root.via)
    for name in ("retention.expiry_configured", "retention.delete_after_days"):
        sheet.not_applicable(name, azure_synapse.NO_AGE, workspace.root.via)
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, workspace))
    name = text_or(workspace.root, "name")
    aliases = (text_or(workspace.root, "id"), name)
    return plan.resource(workspace, kind, name or workspace.place.name, sheet.facts, links=links, aliases=aliases)


CONVERTER = Converter(frozenset({WORKSPACE}), convert, azure_synapse.CHILDREN, azure.KEY_TYPES)
