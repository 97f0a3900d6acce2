"""Azure Synapse workspaces with what is set on them apart."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach, azure_sql
from tierwise.connectors.terraform.aws import Absent, setting
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model import kleene
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

WORKSPACE: Final = "azurerm_synapse_workspace"
AUDIT, ADMIN = f"{WORKSPACE}_extended_auditing_policy", f"{WORKSPACE}_sql_aad_admin"
_RULE: Final = "azurerm_synapse_firewall_rule"
_ENCRYPTED: Final = "Azure Synapse documentation, encryption: data is encrypted at rest always"
_TLS: Final = "Azure Synapse documentation, connectivity settings: workspaces accept TLS 1.2 or later alone, encrypted always"
_POOLS: Final = "it is set on each pool of the workspace"
_NO_AGE: Final = "tables of a pool have no age of their own"


def convert(workspace: Planned, plan: Plan) -> Resource:
    """A planned workspace."""
    sheet, kind = FactSheet(), Kind.WAREHOUSE
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    links = [*_key(workspace, plan, sheet), *azure_reach.log_links(plan, workspace), *azure_sql.audit_links(plan, workspace, AUDIT)]
    sheet.constant("transport.tls_required", True, _TLS)
    sheet.constant("transport.min_tls", "1.2", _TLS)
    sheet.constant("transport.internode_encrypted", True, azure_terms.LINKS)
    azure_grants.put_audience(sheet, kind, workspace, plan)
    public = flag(workspace, "public_network_access_enabled", default=True)
    admits = azure_reach.admits_by_rules(plan, workspace, _RULE)
    azure_terms.put_network(sheet, kind, public, admits, azure_reach.has_private_endpoint(plan, workspace))
    sheet.put("access.local_auth_enabled", kleene.negated(flag(workspace, "azuread_authentication_only", default=False)))
    admin = setting(plan, workspace, ADMIN, "sql_aad_admin")
    central: Maybe[bool] = admin if isinstance(admin, Unknown) else Known(not isinstance(admin, Absent), workspace.root.via)
    sheet.put("access.central_identity_enabled", central)
    read, write = azure_sql.audited(plan, workspace, AUDIT)
    sheet.put("logging.data_read", read)
    sheet.put("logging.data_write", write)
    for name in ("retention.backup_days", "recovery.point_in_time", "recovery.redundancy"):
        sheet.not_applicable(name, _POOLS, workspace.root.via)
    for name in ("retention.expiry_configured", "retention.delete_after_days"):
        sheet.not_applicable(name, _NO_AGE, workspace.root.via)
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, workspace))
    name = text_or(workspace.root, "name")
    aliases = (text_or(workspace.root, "id"), name)
    return plan.resource(workspace, kind, name or workspace.place.name, sheet.facts, links=links, aliases=aliases)


def _key(workspace: Planned, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    block = azure.block_or_none(workspace, "customer_managed_key")
    if isinstance(block, Unknown):
        sheet.put("encryption.key_custody", block)
        return (Link(Rel.USES_KEY, "", block),)
    if block.value is None:
        sheet.put("encryption.key_custody", Known(azure_terms.PROVIDER_KEY, Provenance(f"constant: {_ENCRYPTED}, under Microsoft's keys")))
        return ()
    # The URL of a key is written without its version (AzureRM documentation of `key_versionless_id`).
    sheet.put("encryption.key_custody", azure.custody(plan, workspace, block.value, "key_versionless_id"))
    return azure.key_links(plan, workspace, block.value, "key_versionless_id")


_OF: Final = "synapse_workspace_id"
CONVERTER = Converter(
    frozenset({WORKSPACE}), convert, (*(Child(kind, _OF, ("id",)) for kind in (_RULE, AUDIT, ADMIN)), *azure_reach.COMMON), azure.KEY_TYPES
)
