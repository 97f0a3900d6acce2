"""Dedicated SQL pools of Synapse workspaces, which decide their network, their logins and their key."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform import azure, azure_grants, azure_reach, azure_sql, azure_synapse
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.azure_synapse import OF, WORKSPACE
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model import kleene
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.model.vocabulary import put_listed

POOL: Final = "azurerm_synapse_sql_pool"
AUDIT: Final = f"{POOL}_extended_auditing_policy"
_DECIDED: Final = (
    "transport.tls_required", "transport.min_tls", "transport.internode_encrypted", "access.local_auth_enabled",
    "access.central_identity_enabled", "network.public_endpoint", "network.private_endpoint", "network.ingress_any",
)  # fmt: skip
"""What its workspace decides."""
_SOURCES: Final = (("recovery_database_id",), ("restore", 0, "source_database_id"))
_POINTS: Final = "Azure Synapse documentation, backup and restore of dedicated SQL pools: restore points of the last seven days"
_ONE_PLACE: Final = "Azure Synapse documentation, dedicated SQL pools: a pool is in one zone; geo-backups are copies of it"


def convert(pool: Planned, plan: Plan) -> Resource:
    """A planned pool."""
    sheet, kind = FactSheet(), Kind.WAREHOUSE
    workspace = azure.parent_of(plan, pool, (OF,), {WORKSPACE})
    lost = azure.elsewhere(pool, OF, "workspace")
    links = [*_encryption(pool, workspace, plan, sheet, lost)]
    above = azure_sql.audited(plan, workspace, azure_synapse.AUDIT) if workspace else (lost, lost)
    if workspace is None:
        azure_grants.put_lost(sheet, kind, lost)
        put_listed(sheet, dict.fromkeys(_DECIDED, lost), kind)
    else:
        azure_grants.put_audience(sheet, kind, pool, plan, workspace)
        azure_synapse.put_decided(sheet, kind, workspace, plan)
        links += [Link(Rel.MEMBER_OF, plan.id_of(workspace.address)), *azure_sql.audit_links(plan, workspace, azure_synapse.AUDIT)]
    own = azure_sql.audited(plan, pool, AUDIT)
    for number, name in enumerate(("logging.data_read", "logging.data_write")):
        sheet.put(name, kleene.either(own[number], above[number]))
    links += azure_sql.audit_links(plan, pool, AUDIT)
    for path in _SOURCES:
        links += plan.links(Rel.COPY_OF, pool, pool.root, path, {POOL})
    sheet.constant("retention.backup_days", 7, _POINTS)
    sheet.constant("recovery.point_in_time", False, _POINTS)
    sheet.constant("recovery.redundancy", "zone", _ONE_PLACE)
    for name in ("retention.expiry_configured", "retention.delete_after_days"):
        sheet.not_applicable(name, azure_synapse.NO_AGE, pool.root.via)
    locked = plan.children(pool, azure_reach.LOCK).found
    if workspace is not None:
        sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, pool, workspace))
    elif locked:
        sheet.known("recovery.delete_protected", True, locked[0].root.via)
    name = text_or(pool.root, "name")
    made = plan.resource(pool, kind, name or pool.place.name, sheet.facts, links=links, aliases=(text_or(pool.root, "id"),))
    return azure.placed(made, plan, workspace)


def _encryption(pool: Planned, workspace: Planned | None, plan: Plan, sheet: FactSheet, lost: Unknown) -> tuple[Link, ...]:
    """A pool is encrypted where that is switched on, and under the customer's key wherever its workspace has one.

    Azure SQL documentation, transparent data encryption: off for pools until it is switched on; Azure Synapse documentation, workspace
    encryption: a customer's key of the workspace is that of its dedicated SQL pools.
    """
    custody, links = azure_synapse.key_of(workspace, plan) if workspace else (lost, ())
    ours: Maybe[bool] = custody if isinstance(custody, Unknown) else Known(custody.value == "customer", custody.via)
    encrypted = kleene.either(flag(pool, "data_encrypted", default=False), ours)
    sheet.put("encryption.at_rest", encrypted)
    if isinstance(encrypted, Known) and not encrypted.value:
        sheet.not_applicable("encryption.key_custody", "not encrypted", encrypted.via)
        return ()
    sheet.put("encryption.key_custody", custody)
    return links


CONVERTER = Converter(frozenset({POOL}), convert, (Child(AUDIT, "sql_pool_id", ("id",)), azure_reach.LOCKED), azure.KEY_TYPES | {WORKSPACE})
