"""Flexible servers of Azure Database for PostgreSQL and for MySQL, with their parameters, firewall rules and administrators.

A server in a delegated subnet has no public address (Azure Database documentation, networking with private access). Storage is encrypted
always, and automatic backups cannot be turned off (data encryption; backup and restore).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure_terms import MYSQL_AUDIT, POSTGRES_LOGS, lowest_tls, mysql_audited, put_network
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model import database
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.kleene import negated
from tierwise.model.resource import EMPTY_EVIDENCE, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

POSTGRES, MYSQL = "Microsoft.DBforPostgreSQL/flexibleServers", "Microsoft.DBforMySQL/flexibleServers"
_VERSIONS: Final = {POSTGRES: "2024-08-01", MYSQL: "2023-12-30"}
_ENCRYPTED: Final = "Azure Database documentation, data encryption: storage is encrypted always"
_RESTORABLE: Final = "Azure Database documentation, backup and restore: any point within the retention"
_SERVICE_KEY: Final = "Azure Database documentation, data encryption: keys are Microsoft's where no other is configured"
_ONE_ZONE: Final = "Azure Database documentation, high availability: off where it was never set"
_PASSWORDS: Final = "Azure Database for PostgreSQL documentation, authentication: passwords alone where it was never set"
_MODES: Final = {"zoneredundant": "multi-zone", "samezone": "zone", "disabled": "zone"}
_NO_DATA: Final = frozenset({"azure_maintenance", "azure_sys", "information_schema", "mysql", "performance_schema", "postgres", "sys"})
"""Databases that every server has."""
GIB: Final = 1024**3
_KIND: Final = Kind.RELATIONAL_DB
_PARAMETERS: Final = frozenset(
    {"transport.tls_required", "transport.min_tls", "access.local_auth_enabled", "logging.data_read", "logging.data_write"}
)
_ROW_FACTS: Final = frozenset(
    {
        "encryption.key_custody",
        "network.public_endpoint",
        "network.private_endpoint",
        "network.ingress_any",
        "retention.backup_days",
        "recovery.redundancy",
        "volume.bytes",
        "access.local_auth_enabled",
        "access.central_identity_enabled",
    }
)


_ADMINS: Final = Read(
    MYSQL,
    "administrators",
    _VERSIONS[MYSQL],
    f"{MYSQL}/administrators/read",
    facts=frozenset({"access.central_identity_enabled"}),
    listing=True,
    told=True,
)
"""PostgreSQL says in its row whether Entra identities log in."""


def _row(of: str) -> Row:
    return Row(of, frozenset({_KIND}), _ROW_FACTS)


def _reads(of: str) -> tuple[Read, ...]:
    version = _VERSIONS[of]
    return (
        Read(of, "databases", version, f"{of}/databases/read", Stage.SURVEY, listing=True, make=_databases),
        Read(of, "configurations", version, f"{of}/configurations/read", facts=_PARAMETERS, listing=True, told=True),
        Read(
            of,
            "firewallRules",
            version,
            f"{of}/firewallRules/read",
            facts=frozenset({"network.ingress_any"}),
            listing=True,
            told=True,
            when=_is_public,
        ),
        *((_ADMINS,) if of == MYSQL else ()),
        reach.diagnostics(of),
        reach.locks_read(),
    )


def _databases(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """Lists the databases, whose names are evidence of what they hold."""
    read = next(one for one in _reads(draft.resource.type) if one.path == "databases")
    listed = caller.ask(read, draft.resource.id, draft.resource.id)
    names = fields.items(listed, "value")
    evidence = (
        replace(EMPTY_EVIDENCE, unread=(names,))
        if isinstance(names, Unknown)
        else replace(
            EMPTY_EVIDENCE, description=", ".join(str(one.get("name")) for one in names.value if str(one.get("name")) not in _NO_DATA)
        )
    )
    draft.resource = replace(draft.resource, evidence=evidence)
    return listed


def _is_public(draft: Draft) -> bool:
    public = _public(draft)
    return not (isinstance(public, Known) and not public.value)


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per server."""
    host = fields.value(Known(row), "properties", "fullyQualifiedDomainName")
    yield drafted(caller.place, declared, row, _KIND, (row.get("name"), host.value if isinstance(host, Known) else ""))


def _doc(draft: Draft, path: str = "") -> Maybe[Doc | None]:
    operation = f"{draft.resource.type}/{path}" if path else draft.resource.type
    found = draft.docs.get(operation)
    if found is not None:
        return found
    return next(draft.doc(read) for read in _reads(draft.resource.type) if read.operation == operation)


def _public(draft: Draft) -> Maybe[bool]:
    row = _doc(draft)
    subnet = fields.value(row, "properties", "network", "delegatedSubnetResourceId")
    if isinstance(subnet, Known):
        return Known(False, subnet.via)
    return fields.flag(row, "properties", "network", "publicNetworkAccess")


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a server that its documents so far allow."""
    sheet, row, postgres = FactSheet(), _doc(draft), draft.resource.type == POSTGRES
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    key = _key(draft)
    sheet.put("encryption.key_custody", reach.custody(key))
    sheet.put("transport.tls_required", _switch(draft, "require_secure_transport"))
    sheet.put("transport.min_tls", lowest_tls(_parameter(draft, "ssl_min_protocol_version" if postgres else "tls_version")))
    admits = reach.admits_by_rules(_doc(draft, "firewallRules"))
    put_network(sheet, _KIND, _public(draft), admits, reach.has_private_endpoint(row))
    reach.put_audience(sheet, draft)
    _put_logins(draft, sheet, postgres=postgres)
    read, write = _audited(draft, postgres=postgres)
    sheet.put("logging.data_read", read)
    sheet.put("logging.data_write", write)
    sheet.put("retention.backup_days", fields.number(row, "properties", "backup", "backupRetentionDays"))
    sheet.constant("recovery.point_in_time", True, _RESTORABLE)
    mode = fields.word(row, "properties", "highAvailability", "mode", absent="Disabled", because=_ONE_ZONE)
    sheet.put("recovery.redundancy", mode if isinstance(mode, Unknown) else _spread(mode))
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    size = fields.number(row, "properties", "storage", "storageSizeGB")
    sheet.put("volume.bytes", size if isinstance(size, Unknown) else Known(int(size.value * GIB), size.via))
    return sheet.facts


def _spread(mode: Known[str]) -> Maybe[str]:
    found = _MODES.get(mode.value.lower())
    return Known(found, mode.via) if found else Unknown(UnknownReason.UNPARSABLE, mode.via, "an unknown mode of high availability")


def _key(draft: Draft) -> Maybe[str]:
    return fields.word(_doc(draft), "properties", "dataEncryption", "primaryKeyURI", absent="", because=_SERVICE_KEY)


def _put_logins(draft: Draft, sheet: FactSheet, *, postgres: bool) -> None:
    row = _doc(draft)
    if postgres:
        local = fields.flag(row, "properties", "authConfig", "passwordAuth", absent=True, because=_PASSWORDS)
        central = fields.flag(row, "properties", "authConfig", "activeDirectoryAuth", absent=False, because=_PASSWORDS)
    else:
        local = negated(_switch(draft, "aad_auth_only"))
        admins = fields.items(_doc(draft, "administrators"), "value")
        central = admins if isinstance(admins, Unknown) else Known(bool(admins.value), admins.via)
    sheet.put("access.local_auth_enabled", local)
    sheet.put("access.central_identity_enabled", central)


def _parameter(draft: Draft, name: str) -> Maybe[str]:
    """The value of a server parameter, lower case."""
    listed = fields.items(_doc(draft, "configurations"), "value")
    if isinstance(listed, Unknown):
        return listed
    one = next((one for one in listed.value if str(one.get("name", "")).lower() == name), None)
    if one is None:
        return Unknown(UnknownReason.NOT_COLLECTED, listed.via, f"{name} is not among the server's parameters")
    found = fields.value(fields.inner(listed, one), "properties", "value")
    return found if isinstance(found, Unknown) else Known(str(found.value).strip().lower(), found.via)


def _switch(draft: Draft, name: str) -> Maybe[bool]:
    found = _parameter(draft, name)
    return found if isinstance(found, Unknown) else fields.flag(Known({name: found.value}, found.via), name)


def _audited(draft: Draft, *, postgres: bool) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether reads and changes are recorded and sent out of the server."""
    settings = draft.doc(reach.diagnostics(draft.resource.type))
    sent = reach.sends(settings, POSTGRES_LOGS if postgres else MYSQL_AUDIT)
    if isinstance(sent, Unknown) or not sent.value:
        return sent, sent
    if postgres:
        return database.recorded("postgres", frozenset({"postgresql"}), False, lambda name: _parameter(draft, name), sent.via)
    on = _switch(draft, "audit_log_enabled")
    return (on, on) if isinstance(on, Unknown) or not on.value else mysql_audited(_parameter(draft, "audit_log_events"))


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, where its logs go, and what it is a replica of."""
    key, source = _key(draft), fields.value(_doc(draft), "properties", "sourceServerResourceId")
    copies = (Link(Rel.COPY_OF, str(source.value).lower()),) if isinstance(source, Known) and source.value else ()
    return (*reach.key_links(key), *copies, *reach.log_links(draft.doc(reach.diagnostics(draft.resource.type))))


COLLECTORS: Final = (
    Collector("postgresql", (_row(POSTGRES),), (*_reads(POSTGRES), OUTSIDERS), survey, facts, links),
    Collector("mysql", (_row(MYSQL),), (*_reads(MYSQL), OUTSIDERS), survey, facts, links),
)
