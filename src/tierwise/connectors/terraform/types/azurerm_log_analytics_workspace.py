"""Log Analytics workspaces."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure_reach
from tierwise.connectors.terraform.azure import number, text_or
from tierwise.connectors.terraform.azure_reach import WORKSPACE
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

_LINKED: Final = "azurerm_log_analytics_linked_service"
_ENCRYPTED: Final = "Azure Monitor documentation, customer-managed keys: data is encrypted always, under Microsoft's keys"
_PURGE: Final = "Azure Monitor documentation, data immutability: append only, but purge by a privileged role is possible"
_FREE: Final = 7
_DAYS: Final = 30


def convert(workspace: Planned, plan: Plan) -> Resource:
    """A planned workspace."""
    sheet, kind = FactSheet(), Kind.LOG_STORE
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.put("encryption.key_custody", _custody(workspace, plan))
    azure_terms.put_audience(sheet, kind)
    # Thirty days by default, seven in the free tier (AzureRM documentation of `retention_in_days`).
    sku = text_or(workspace.root, "sku")
    kept = number(workspace, "retention_in_days", default=_FREE if sku == "Free" else _DAYS)
    sheet.put("retention.log_days", kept)
    sheet.put("retention.expiry_configured", kept if isinstance(kept, Unknown) else Known(True, kept.via))
    sheet.constant("immutability.mode", "none", _PURGE)
    sheet.constant("immutability.min_days", 0, _PURGE)
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, workspace))
    name = text_or(workspace.root, "name")
    aliases = (text_or(workspace.root, "id"), name, text_or(workspace.root, "workspace_id"))
    return plan.resource(workspace, kind, name or workspace.place.name, sheet.facts, aliases=aliases)


def _custody(workspace: Planned, plan: Plan) -> Maybe[str]:
    """A customer's key stands on a dedicated cluster, which may hold a workspace by a link."""
    linked = plan.children(workspace, _LINKED)
    if linked.loose is not None:
        return linked.loose
    for one in linked.found:
        cluster = one.root.text("write_access_id")
        if not (isinstance(cluster, Known) and cluster.value is None and not one.root.is_written("write_access_id")):
            detail = "the cluster that it is linked to decides"
            return Unknown(UnknownReason.UNRESOLVED_REFERENCE, cluster.via, detail, between=(azure_terms.PROVIDER_KEY, "customer"))
    if workspace.is_new:
        return Known(azure_terms.PROVIDER_KEY, Provenance(f"constant: {_ENCRYPTED}"))
    return absent(workspace.root.via, f"not in this plan: a cluster that {workspace.address} may be linked to")


CONVERTER = Converter(
    frozenset({WORKSPACE}), convert, (Child(_LINKED, "workspace_id", ("id",), older=("resource_id",)), azure_reach.LOCKED)
)
