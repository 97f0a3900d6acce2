"""Azure SQL: logical servers, and their databases with what the server decides for them.

Transparent data encryption is on for every new database since May 2017 (Azure SQL documentation). A minimum of TLS that was never set, or
is `None`, admits every version. Automatic backups reach back as far as the longer of the two retention policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.ids import parent_of
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure.services.sql_reads import (
    ADMINS,
    AUDIT,
    AUDIT_LOGS,
    DATABASE,
    DATABASE_LOGS,
    ENTRA_ONLY,
    FROM_SERVER,
    LABELS,
    LOCKS,
    LONG_TERM,
    MASTER,
    OF_SERVER,
    OWN_AUDIT,
    PROTECTOR,
    RULES,
    SERVER,
    SHORT_TERM,
    TDE,
)
from tierwise.connectors.azure_terms import days, min_tls, sql_audited
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import either, negated
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import put_listed

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

_ENCRYPTED: Final = "Azure SQL documentation, transparent data encryption: on for every new database since May 2017"
_TLS: Final = "Azure SQL documentation, connectivity settings: connections are encrypted always"
_ANY_TLS: Final = "Azure SQL documentation, connectivity settings: every TLS version is accepted where no minimum was ever set"
_RESTORABLE: Final = "Azure SQL documentation, automated backups: every database can be restored to a point in time"
_ON_DATABASES: Final = "it is set on each database"
_UNHANDED: Final = "Azure SQL documentation, auditing: not handed to Azure Monitor where it was never set"
_KIND: Final = Kind.RELATIONAL_DB
_PERIODS: Final = ("weeklyRetention", "monthlyRetention", "yearlyRetention")


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per server and database; the system database `master` is none."""
    if declared is DATABASE:
        if row.get("name") != MASTER:
            yield drafted(caller.place, declared, row, _KIND)
        return
    yield holder(caller, declared, row)


def holder(caller: Caller, declared: Row, row: Doc) -> Draft:
    """The draft of a server or instance, whose row is kept for the databases that it holds."""
    host = fields.value(Known(row), "properties", "fullyQualifiedDomainName")
    draft = drafted(caller.place, declared, row, _KIND, (row.get("name"), host.value if isinstance(host, Known) else ""))
    caller.place.shared.rows[draft.resource.id] = row
    return draft


def server_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a server that its documents so far allow."""
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.put("encryption.key_custody", reach.custody(_server_key(draft)))
    put_listed(sheet, _decided(draft), _KIND)
    read, write = audited(draft.doc(AUDIT))
    put_listed(sheet, {"logging.data_read": read, "logging.data_write": write}, _KIND)
    reach.put_network(sheet, _KIND, draft.doc(SERVER), reach.admits_by_rules(draft.doc(RULES)))
    reach.put_audience(sheet, draft)
    for name in ("retention.backup_days", "recovery.point_in_time", "recovery.redundancy"):
        sheet.not_applicable(name, _ON_DATABASES, SERVER.via)
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    return sheet.facts


def database_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a database, with what its server decides."""
    sheet, row = FactSheet(), draft.doc(DATABASE)
    put_encryption(sheet, encrypted(draft.doc(TDE)), reach.custody(_database_key(draft)))
    put_listed(sheet, _decided(draft), _KIND)
    own, above = audited(draft.doc(OWN_AUDIT)), audited(draft.doc(AUDIT))
    put_listed(sheet, {"logging.data_read": either(own[0], above[0]), "logging.data_write": either(own[1], above[1])}, _KIND)
    reach.put_network(sheet, _KIND, draft.doc(SERVER), reach.admits_by_rules(draft.doc(RULES)))
    reach.put_audience(sheet, draft)
    sheet.put("retention.backup_days", backup_days(draft.doc(SHORT_TERM), draft.doc(LONG_TERM)))
    sheet.constant("recovery.point_in_time", True, _RESTORABLE)
    sheet.put("recovery.redundancy", redundancy(row))
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    size = fields.number(row, "properties", "maxSizeBytes")
    # What it may grow to, not what it holds: an upper bound.
    sheet.put(
        "volume.bytes",
        size
        if isinstance(size, Unknown)
        else Unknown(UnknownReason.NOT_COLLECTED, size.via, "its largest size is known", between=(0, size.value)),
    )
    return sheet.facts


def _decided(draft: Draft) -> dict[str, AnyFact]:
    """What a server decides for its databases, network and audit excepted."""
    local, central = logins(draft.doc(ADMINS), draft.doc(ENTRA_ONLY))
    return {**transport(draft.doc(SERVER)), "access.local_auth_enabled": local, "access.central_identity_enabled": central}


def transport(row: Maybe[Doc | None]) -> dict[str, AnyFact]:
    """The facts of its connections that a server or instance decides."""
    return {
        "transport.tls_required": Known(True, Provenance(f"constant: {_TLS}")),
        "transport.min_tls": min_tls(fields.word(row, "properties", "minimalTlsVersion", absent="None", because=_ANY_TLS)),
    }


def logins(admins: Maybe[Doc | None], only: Maybe[Doc | None]) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether SQL logins are accepted, and whether Entra identities are."""
    listed, switches = fields.items(admins, "value"), fields.items(only, "value")
    central: Maybe[bool] = listed if isinstance(listed, Unknown) else Known(bool(listed.value), listed.via)
    if isinstance(switches, Unknown):
        return switches, central
    on = [fields.flag(fields.inner(switches, one), "properties", "azureADOnlyAuthentication") for one in switches.value]
    return negated(either(*on, Known(False, switches.via))), central


def protector(draft: Draft, declared: Row, read: Read) -> Maybe[str]:
    """The URL of the customer's key of a server or instance; empty where the service manages it."""
    own = fields.value(draft.doc(declared), "properties", "keyId")
    if isinstance(own, Known):
        return Known(str(own.value), own.via)
    kind = fields.word(draft.doc(read), "properties", "serverKeyType")
    if isinstance(kind, Unknown) or kind.value.lower() != "azurekeyvault":
        return kind if isinstance(kind, Unknown) else Known("", kind.via)
    return fields.word(draft.doc(read), "properties", "uri")


def _server_key(draft: Draft) -> Maybe[str]:
    return protector(draft, SERVER, PROTECTOR)


def _database_key(draft: Draft) -> Maybe[str]:
    own = fields.value(draft.doc(DATABASE), "properties", "encryptionProtector")
    return Known(str(own.value), own.via) if isinstance(own, Known) else _server_key(draft)


def encrypted(tde: Maybe[Doc | None]) -> Maybe[bool]:
    """The state of transparent data encryption, which answers of API version 2014-04-01 call `status`."""
    state = fields.flag(tde, "properties", "state")
    return fields.flag(tde, "properties", "status") if isinstance(state, Unknown) and isinstance(tde, Known) else state


def put_encryption(sheet: FactSheet, on: Maybe[bool], custody: Maybe[str]) -> None:
    """Sets whether a database is encrypted, and who holds the key where it is."""
    sheet.put("encryption.at_rest", on)
    if isinstance(on, Known) and not on.value:
        sheet.not_applicable("encryption.key_custody", "not encrypted", on.via)
    else:
        sheet.put("encryption.key_custody", on if isinstance(on, Unknown) else custody)


def audited(settings: Maybe[Doc | None]) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether auditing settings record reads and changes."""
    on = fields.flag(settings, "properties", "state")
    if isinstance(on, Unknown) or not on.value:
        return on, on
    groups = fields.words(settings, "properties", "auditActionsAndGroups", because="Azure SQL documentation, auditing: the default groups")
    if isinstance(groups, Unknown):
        return groups, groups
    read, write = sql_audited(groups.value)
    return Known(read, on.via), Known(write, on.via)


def backup_days(short_term: Maybe[Doc | None], long_term: Maybe[Doc | None]) -> Maybe[float]:
    """How far back backups reach, by the longer of the two retention policies."""
    short = fields.number(short_term, "properties", "retentionDays")
    long = [
        days(
            fields.word(
                long_term,
                "properties",
                one,
                absent="PT0S",
                because="Azure SQL documentation, long-term retention: none where it was never set",
            )
        )
        for one in _PERIODS
    ]
    known = [one.value for one in (short, *long) if isinstance(one, Known)]
    unknown = next((one for one in (short, *long) if isinstance(one, Unknown)), None)
    if unknown is None:
        return Known(max(known), short.via)
    return Unknown(unknown.reason, unknown.via, unknown.detail, between=(max(known), float("inf")) if known else None)


def redundancy(row: Maybe[Doc | None]) -> Maybe[str]:
    """Over how many zones it is spread."""
    spread = fields.flag(
        row,
        "properties",
        "zoneRedundant",
        absent=False,
        because="Azure SQL documentation, availability: zone redundancy is off where it was never set",
    )
    return spread if isinstance(spread, Unknown) else Known("multi-zone" if spread.value else "zone", spread.via)


def server_links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and where its audit goes."""
    return (*reach.key_links(_server_key(draft)), *_audit_links(draft.doc(AUDIT), draft.doc(AUDIT_LOGS)))


def database_links(draft: Draft) -> tuple[Link, ...]:
    """Its server, its key, where its own audit and its server's go, and what it is a copy of."""
    source = fields.value(draft.doc(DATABASE), "properties", "sourceDatabaseId")
    copy = (Link(Rel.COPY_OF, str(source.value).lower()),) if isinstance(source, Known) else ()
    audit = (*_audit_links(draft.doc(OWN_AUDIT), draft.doc(DATABASE_LOGS)), *_audit_links(draft.doc(AUDIT), draft.doc(AUDIT_LOGS)))
    server = Link(Rel.MEMBER_OF, parent_of(draft.resource.id))
    return (server, *reach.key_links(_database_key(draft)), *dict.fromkeys(audit), *copy)


def _audit_links(settings: Maybe[Doc | None], monitored: Maybe[Doc | None]) -> tuple[Link, ...]:
    """What receives an audit: a storage account, and what Azure Monitor hands it on to."""
    handed = fields.flag(settings, "properties", "isAzureMonitorTargetEnabled", absent=False, because=_UNHANDED)
    on = fields.flag(settings, "properties", "state")
    further = isinstance(on, Known) and on.value and isinstance(handed, Known) and handed.value
    return (*reach.audit_links(settings), *(reach.log_links(monitored) if further else ()))


_OF_DATABASE: Final[tuple[Any, ...]] = (LABELS, TDE, SHORT_TERM, LONG_TERM, OWN_AUDIT, DATABASE_LOGS, *FROM_SERVER, LOCKS, OUTSIDERS)
COLLECTORS: Final = (
    Collector("sql", (SERVER,), (*OF_SERVER, LOCKS, OUTSIDERS), survey, server_facts, server_links),
    Collector("sql", (DATABASE,), _OF_DATABASE, survey, database_facts, database_links, late=True),
)
