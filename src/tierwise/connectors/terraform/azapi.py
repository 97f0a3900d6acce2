"""What a plan makes or changes through the AzAPI provider, whose bodies are calls to Azure itself and are not read: each that may hold data is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import Unknown
from tierwise.model.resource import ALL_KINDS, Kind

TYPES: Final = frozenset({"azapi_resource", "azapi_update_resource"})
_KINDS: Final[Mapping[str, frozenset[Kind]]] = {
    "microsoft.authorization/roleassignments": frozenset({Kind.POLICY}),
    "microsoft.authorization/roledefinitions": frozenset({Kind.POLICY}),
    "microsoft.cache/redis": frozenset({Kind.CACHE}),
    "microsoft.cache/redisenterprise": frozenset({Kind.CACHE}),
    "microsoft.compute/disks": frozenset({Kind.BLOCK_VOLUME}),
    "microsoft.compute/snapshots": frozenset({Kind.SNAPSHOT}),
    "microsoft.dataprotection/backupvaults": frozenset({Kind.BACKUP_VAULT}),
    "microsoft.dbformysql/flexibleservers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.dbforpostgresql/flexibleservers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.documentdb/databaseaccounts": frozenset({Kind.DOCUMENT_DB}),
    "microsoft.documentdb/mongoclusters": frozenset({Kind.DOCUMENT_DB}),
    "microsoft.eventhub/namespaces": frozenset({Kind.STREAM}),
    "microsoft.keyvault/managedhsms": frozenset({Kind.KEY}),
    "microsoft.keyvault/vaults": frozenset({Kind.KEY, Kind.SECRET}),
    "microsoft.kusto/clusters": frozenset({Kind.WAREHOUSE}),
    "microsoft.netapp/netappaccounts": frozenset({Kind.FILE_SHARE}),
    "microsoft.operationalinsights/workspaces": frozenset({Kind.LOG_STORE}),
    "microsoft.recoveryservices/vaults": frozenset({Kind.BACKUP_VAULT}),
    "microsoft.search/searchservices": frozenset({Kind.SEARCH_INDEX}),
    "microsoft.servicebus/namespaces": frozenset({Kind.QUEUE}),
    "microsoft.sql/managedinstances": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.sql/servers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.storage/storageaccounts": frozenset({Kind.OBJECT_STORE, Kind.FILE_SHARE}),
    "microsoft.synapse/workspaces": frozenset({Kind.WAREHOUSE}),
}
"""Types of Azure's Resource Manager (lower case), with all that stands inside them, and what they hold."""


def unread(plan: Plan) -> Iterator[tuple[Planned, str, frozenset[Kind]]]:
    """The resources whose bodies may decide something, with their type in Azure and the kinds of which they are; a type that is not known may be any."""
    for kind in sorted(TYPES):
        for one in plan.by_type.get(kind, ()):
            named = one.root.text("type")
            if one.is_gone or one.address not in plan.judged:
                continue
            if isinstance(named, Unknown):
                yield one, "a type that is not known yet", ALL_KINDS
                continue
            spelt = (named.value or "").partition("@")[0]
            kinds = _KINDS.get("/".join(spelt.lower().split("/")[:2]), frozenset())
            if kinds:
                yield one, spelt, kinds
