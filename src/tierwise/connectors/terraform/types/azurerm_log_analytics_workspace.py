"""Log Analytics workspaces."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import number, text_or
from tierwise.connectors.terraform.azure_reach import WORKSPACE
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

_LINKED: Final = "azurerm_log_analytics_linked_service"
CLUSTER: Final = "azurerm_log_analytics_cluster"
_CLUSTER_KEY: Final = f"{CLUSTER}_customer_managed_key"
_KEY: Final = "key_vault_key_id"
_ENCRYPTED: Final = "Azure Monitor documentation, customer-managed keys: data is encrypted always, under Microsoft's keys"
_PURGE: Final = "Azure Monitor documentation, data immutability: append only, but purge by a privileged role is possible"
_FREE: Final = 7
_DAYS: Final = 30


def convert(workspace: Planned, plan: Plan) -> Resource:
    """A planned workspace."""
    sheet, kind = FactSheet(), Kind.LOG_STORE
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    custody, links = _custody(workspace, plan)
    sheet.put("encryption.key_custody", custody)
    azure_grants.put_audience(sheet, kind, workspace, plan)
    # Thirty days by default, seven in the free tier (AzureRM documentation of `retention_in_days`).
    sku = text_or(workspace.root, "sku")
    kept = number(workspace, "retention_in_days", default=_FREE if sku == "Free" else _DAYS)
    sheet.put("retention.log_days", kept)
    sheet.put("retention.expiry_configured", kept if isinstance(kept, Unknown) else Known(True, kept.via))
    sheet.not_applicable("logging.masking", azure_terms.UNMASKED)
    sheet.constant("immutability.mode", "none", _PURGE)
    sheet.constant("immutability.min_days", 0, _PURGE)
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, workspace))
    name = text_or(workspace.root, "name")
    aliases = (text_or(workspace.root, "id"), name, text_or(workspace.root, "workspace_id"))
    return plan.resource(workspace, kind, name or workspace.place.name, sheet.facts, links=links, aliases=aliases)


def _custody(workspace: Planned, plan: Plan) -> tuple[Maybe[str], tuple[Link, ...]]:
    """A customer's key stands on a dedicated cluster, which may hold a workspace by a link."""
    linked = plan.children(workspace, _LINKED)
    if linked.loose is not None:
        return linked.loose, (Link(Rel.USES_KEY, "", linked.loose),)
    for one in linked.found:
        named = one.root.text("write_access_id")
        if not (isinstance(named, Known) and named.value is None and not one.root.is_written("write_access_id")):
            return _of_cluster(azure.parent_of(plan, one, ("write_access_id",), {CLUSTER}), plan, named.via)
    if workspace.is_new:
        return Known(azure_terms.PROVIDER_KEY, Provenance(f"constant: {_ENCRYPTED}")), ()
    return absent(workspace.root.via, f"not in this plan: a cluster that {workspace.address} may be linked to"), ()


def _of_cluster(cluster: Planned | None, plan: Plan, via: Provenance) -> tuple[Maybe[str], tuple[Link, ...]]:
    between = (azure_terms.PROVIDER_KEY, "customer")
    if cluster is None:
        detail = "the cluster that it is linked to decides"
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, detail, between=between), ()
    keys = plan.children(cluster, _CLUSTER_KEY)
    for one in keys.found:
        return azure.custody(plan, one, one.root, _KEY), azure.key_links(plan, one, one.root, _KEY)
    if keys.loose is not None:
        still = Unknown(keys.loose.reason, keys.loose.via, keys.loose.detail, between=between)
        return still, (Link(Rel.USES_KEY, "", still),)
    if cluster.is_new or keys.removed:
        return Known(azure_terms.PROVIDER_KEY, Provenance(f"constant: {_ENCRYPTED}")), ()
    return Unknown(UnknownReason.NOT_COLLECTED, cluster.root.via, f"not in this plan: the key of {cluster.address}", between=between), ()


CONVERTER = Converter(
    frozenset({WORKSPACE}),
    convert,
    (Child(_LINKED, "workspace_id", ("id",), older=("resource_id",)), azure_reach.LOCKED),
    azure.KEY_TYPES,
    others=((CLUSTER, (Child(_CLUSTER_KEY, "log_analytics_cluster_id", ("id",)),)),),
)
