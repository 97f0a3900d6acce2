"""Azure SQL managed instances, and their databases with what the instance decides for them.

An instance stands in a subnet, with a public endpoint beside it where that was switched on. A database is encrypted, audited, reached and logged
in to as its instance is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.ids import parent_of, same
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Row
from tierwise.connectors.azure.services import sql
from tierwise.connectors.azure.services.sql_reads import (
    FROM_INSTANCE,
    INSTANCE,
    INSTANCE_ADMINS,
    INSTANCE_ENTRA_ONLY,
    INSTANCE_LOGS,
    INSTANCE_PROTECTOR,
    LOCKS,
    MANAGED_DATABASE,
    MANAGED_LABELS,
    MANAGED_LONG_TERM,
    MANAGED_SHORT_TERM,
    MANAGED_TDE,
    OF_INSTANCE,
)
from tierwise.connectors.azure_terms import put_network
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import put_listed

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

_ENCRYPTED: Final = (
    "Azure SQL documentation, transparent data encryption: on for every new database of a managed instance since February 2019"
)
_RESTORABLE: Final = "Azure SQL documentation, automated backups: every database can be restored to a point in time"
_CLOSED: Final = "Azure SQL Managed Instance documentation, public endpoint: off where it was never set"
_ON_DATABASES: Final = "it is set on each database"
_GROUPS: Final = "the network security group of its subnet decides, port 3342"
_EVENTS: Final = frozenset({"sqlsecurityauditevents"})
_KIND: Final = Kind.RELATIONAL_DB


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per instance and database."""
    yield drafted(caller.place, declared, row, _KIND) if declared is MANAGED_DATABASE else sql.holder(caller, declared, row)


def instance_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an instance."""
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.put("encryption.key_custody", reach.custody(_key(draft)))
    _put_decided(draft, sheet)
    sheet.not_applicable("retention.backup_days", _ON_DATABASES, INSTANCE.via)
    return sheet.facts


def database_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a database, with what its instance decides."""
    sheet = FactSheet()
    sql.put_encryption(sheet, sql.encrypted(draft.doc(MANAGED_TDE)), reach.custody(_key(draft)))
    _put_decided(draft, sheet)
    sheet.put("retention.backup_days", sql.backup_days(draft.doc(MANAGED_SHORT_TERM), draft.doc(MANAGED_LONG_TERM)))
    return sheet.facts


def _put_decided(draft: Draft, sheet: FactSheet) -> None:
    """What an instance decides for itself and for its databases."""
    row = draft.doc(INSTANCE)
    local, central = sql.logins(draft.doc(INSTANCE_ADMINS), draft.doc(INSTANCE_ENTRA_ONLY))
    put_listed(sheet, {**sql.transport(row), "access.local_auth_enabled": local, "access.central_identity_enabled": central}, _KIND)
    public = fields.flag(row, "properties", "publicDataEndpointEnabled", absent=False, because=_CLOSED)
    put_network(sheet, _KIND, public, Unknown(UnknownReason.NOT_COLLECTED, INSTANCE.via, _GROUPS), Known(True, INSTANCE.via))
    reach.put_audience(sheet, draft)
    settings = draft.doc(INSTANCE_LOGS)
    sheet.put("logging.data_read", reach.sends(settings, _EVENTS))
    sheet.put("logging.data_write", reach.sends(settings, _EVENTS))
    sheet.constant("recovery.point_in_time", True, _RESTORABLE)
    sheet.put("recovery.redundancy", sql.redundancy(row))
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))


def _key(draft: Draft) -> Maybe[str]:
    return sql.protector(draft, INSTANCE, INSTANCE_PROTECTOR)


def instance_links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and where its logs go."""
    return (*reach.key_links(_key(draft)), *reach.log_links(draft.doc(INSTANCE_LOGS)))


def database_links(draft: Draft) -> tuple[Link, ...]:
    """Its instance, the instance's key and logs, and what it was restored from."""
    source = fields.value(draft.doc(MANAGED_DATABASE), "properties", "sourceDatabaseId")
    copy = (Link(Rel.COPY_OF, same(source.value)),) if isinstance(source, Known) else ()
    return (Link(Rel.MEMBER_OF, parent_of(draft.resource.id)), *instance_links(draft), *copy)


_OF_DATABASE: Final[tuple[Any, ...]] = (
    MANAGED_LABELS,
    MANAGED_TDE,
    MANAGED_SHORT_TERM,
    MANAGED_LONG_TERM,
    *FROM_INSTANCE,
    LOCKS,
    OUTSIDERS,
)
COLLECTORS: Final = (
    Collector("sql", (INSTANCE,), (*OF_INSTANCE, LOCKS, OUTSIDERS), survey, instance_facts, instance_links),
    Collector("sql", (MANAGED_DATABASE,), _OF_DATABASE, survey, database_facts, database_links, late=True),
)
