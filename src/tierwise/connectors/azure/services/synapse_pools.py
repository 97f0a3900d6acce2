"""Dedicated SQL pools of Synapse workspaces, which decide their network, their logins and their key.

A pool is restored to points of the last seven days, which nothing changes (Azure Synapse documentation, backup and restore of dedicated SQL
pools); what its tables hold has no age of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure.services import analytics, sql
from tierwise.connectors.azure.services.analytics import SYNAPSE, SYNAPSES
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known
from tierwise.model.kleene import either
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import put_listed

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

TYPE: Final = f"{SYNAPSES}/sqlPools"
VERSION: Final = "2021-06-01"
_KIND: Final = Kind.WAREHOUSE
_POINTS: Final = "Azure Synapse documentation, backup and restore of dedicated SQL pools: restore points of the last seven days"
_ONE_PLACE: Final = "Azure Synapse documentation, dedicated SQL pools: a pool is in one zone; geo-backups are copies of it"
_NO_AGE: Final = "tables of a pool have no age of their own"
POOL: Final = Row(TYPE, frozenset({_KIND}))
TDE: Final = Read(
    TYPE,
    "transparentDataEncryption/current",
    VERSION,
    f"{TYPE}/transparentDataEncryption/read",
    facts=frozenset({"encryption.at_rest", "encryption.key_custody"}),
)
AUDIT: Final = Read(
    TYPE,
    "extendedAuditingSettings/default",
    VERSION,
    f"{TYPE}/extendedAuditingSettings/read",
    facts=reach.RECORDED,
    links=frozenset({Rel.LOGS_TO}),
    told=True,
)
LOCKS: Final = reach.locks_read()
FROM_WORKSPACE: Final = tuple(reach.of_parent(read) for read in (reach.itself(SYNAPSE, VERSION), *analytics.OF_SYNAPSE))
"""What its workspace decides."""


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per pool; a workspace's row is kept for its pools."""
    yield drafted(caller.place, declared, row, _KIND, (row.get("name"),))


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a pool that its documents and its workspace's so far allow."""
    sheet = FactSheet(analytics.decided(draft, _KIND))
    workspace = draft.doc(SYNAPSE)
    sql.put_encryption(sheet, fields.flag(draft.doc(TDE), "properties", "status"), reach.custody(analytics.synapse_key(workspace)))
    own, above = sql.audited(draft.doc(AUDIT)), sql.audited(draft.doc(analytics.AUDIT))
    put_listed(sheet, {"logging.data_read": either(own[0], above[0]), "logging.data_write": either(own[1], above[1])}, _KIND)
    reach.put_audience(sheet, draft)
    sheet.constant("retention.backup_days", 7, _POINTS)
    sheet.constant("recovery.point_in_time", False, _POINTS)
    sheet.constant("recovery.redundancy", "zone", _ONE_PLACE)
    for name in ("retention.expiry_configured", "retention.delete_after_days"):
        sheet.not_applicable(name, _NO_AGE, POOL.via)
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    return sheet.facts


def links(draft: Draft) -> tuple[Link, ...]:
    """Its workspace's key, what it was restored from, and the storage accounts that receive its audit and its workspace's."""
    source = fields.value(draft.doc(POOL), "properties", "sourceDatabaseId")
    copies = (Link(Rel.COPY_OF, same(source.value)),) if isinstance(source, Known) else ()
    audits = (*reach.audit_links(draft.doc(AUDIT)), *reach.audit_links(draft.doc(analytics.AUDIT)))
    return tuple(dict.fromkeys((*reach.key_links(analytics.synapse_key(draft.doc(SYNAPSE))), *copies, *audits)))


_READS: Final[tuple[Any, ...]] = (TDE, AUDIT, *FROM_WORKSPACE, LOCKS, OUTSIDERS)
COLLECTOR: Final = Collector("synapse", (POOL,), _READS, survey, facts, links, late=True)
