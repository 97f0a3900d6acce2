"""What Azure's PostgreSQL, MySQL and MariaDB servers have in common: parameters, audit, databases by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tierwise.connectors.azure_terms import MYSQL_AUDIT, POSTGRES_LOGS, mysql_audited
from tierwise.connectors.terraform import azure_reach
from tierwise.connectors.terraform.azure import number, text_or
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model import database
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason

PG_FLEXIBLE, MYSQL_FLEXIBLE = "azurerm_postgresql_flexible_server", "azurerm_mysql_flexible_server"
PG, MYSQL, MARIADB = "azurerm_postgresql_server", "azurerm_mysql_server", "azurerm_mariadb_server"
POSTGRES: Final = frozenset({PG, PG_FLEXIBLE})
RULES: Final = {
    PG_FLEXIBLE: f"{PG_FLEXIBLE}_firewall_rule",
    MYSQL_FLEXIBLE: f"{MYSQL_FLEXIBLE}_firewall_rule",
    PG: "azurerm_postgresql_firewall_rule",
    MYSQL: "azurerm_mysql_firewall_rule",
    MARIADB: "azurerm_mariadb_firewall_rule",
}
PARAMETERS: Final = {
    PG_FLEXIBLE: f"{PG_FLEXIBLE}_configuration",
    MYSQL_FLEXIBLE: f"{MYSQL_FLEXIBLE}_configuration",
    PG: "azurerm_postgresql_configuration",
    MYSQL: "azurerm_mysql_configuration",
    MARIADB: "azurerm_mariadb_configuration",
}
DATABASES: Final = {
    PG_FLEXIBLE: f"{PG_FLEXIBLE}_database",
    MYSQL_FLEXIBLE: "azurerm_mysql_flexible_database",
    PG: "azurerm_postgresql_database",
    MYSQL: "azurerm_mysql_database",
    MARIADB: "azurerm_mariadb_database",
}
ADMINS: Final = {
    MYSQL_FLEXIBLE: f"{MYSQL_FLEXIBLE}_active_directory_administrator",
    PG: "azurerm_postgresql_active_directory_administrator",
    MYSQL: "azurerm_mysql_active_directory_administrator",
}
MIB: Final = 1024**2
GIB: Final = 1024**3
_OFF: Final = frozenset({"off", "0", "disabled", "false"})
_ON: Final = frozenset({"on", "1", "enabled", "true"})
_DEFAULTS: Final[Mapping[str, str]] = {
    "log_statement": "none",
    "pgaudit.log": "none",
    "shared_preload_libraries": "pg_cron,pg_stat_statements",
    "audit_log_enabled": "off",
    "audit_log_events": "connection",
    "require_secure_transport": "on",
    "ssl_min_protocol_version": "tlsv1.2",
    "tls_version": "tlsv1.2",
    "aad_auth_only": "off",
}
_DOC: Final = "Azure Database for PostgreSQL and MySQL documentation, server parameters"


def children(types: frozenset[str]) -> tuple[Child, ...]:
    """The children of servers of some types."""
    own = (
        Child(by_type[one], "server_id", ("id", "name"), older=("server_name",), of=one)
        for by_type in (RULES, PARAMETERS, DATABASES, ADMINS)
        for one in sorted(types)
        if one in by_type
    )
    return (*own, *azure_reach.COMMON)


def parameter(plan: Plan, server: Planned, name: str) -> Maybe[str]:
    """The value of a server parameter, lower case; a new server has the documented default where nobody sets it."""
    kind = PARAMETERS[server.type]
    settings = plan.children(server, kind)
    still = settings.loose
    for one in settings.found:
        own, value = one.root.text("name"), one.root.text("value")
        if isinstance(own, Unknown):
            still = own
        elif (own.value or "").lower() == name:
            return value if isinstance(value, Unknown) else Known((value.value or "").strip().lower(), value.via)
    if still is not None:
        return still
    if server.is_new and name in _DEFAULTS:
        return Known(_DEFAULTS[name], Provenance(f"constant: {_DOC}: {name} is {_DEFAULTS[name]} by default"))
    return absent(server.root.via, f"not in this plan: {name} of {server.address}")


def switch(value: Maybe[str]) -> Maybe[bool]:
    """Whether a parameter is on."""
    if isinstance(value, Unknown):
        return value
    if value.value in _ON | _OFF:
        return Known(value.value in _ON, value.via)
    return Unknown(UnknownReason.UNPARSABLE, value.via, "a parameter has neither on nor off as its value")


def audited(plan: Plan, server: Planned) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether reads and changes are recorded and sent out of the server."""
    if server.type in POSTGRES:
        sent = azure_reach.recorded(plan, server, POSTGRES_LOGS, POSTGRES_LOGS)[0]
        if isinstance(sent, Unknown) or not sent.value:
            return sent, sent
        return database.recorded("postgres", frozenset({"postgresql"}), False, lambda name: parameter(plan, server, name), sent.via)
    sent = azure_reach.recorded(plan, server, MYSQL_AUDIT, MYSQL_AUDIT)[0]
    if isinstance(sent, Unknown) or not sent.value:
        return sent, sent
    on, events = switch(parameter(plan, server, "audit_log_enabled")), parameter(plan, server, "audit_log_events")
    if isinstance(on, Unknown) or not on.value:
        return on, on
    return mysql_audited(events)


def names_of(plan: Plan, server: Planned) -> str:
    """The names of the databases on a server, as evidence of what they hold."""
    return ", ".join(name for one in plan.children(server, DATABASES[server.type]).found if (name := text_or(one.root, "name")))


def put_size(server: Planned, sheet: FactSheet, unit: int, *path: str | int) -> None:
    """The storage of a server, which is given in a unit of bytes."""
    size = server.root.number(*path)
    if isinstance(size, Unknown):
        sheet.put("volume.bytes", size)
    elif size.value:
        sheet.known("volume.bytes", size.value * unit, size.via)


def has_admin(plan: Plan, server: Planned) -> Maybe[bool]:
    """Whether an Entra administrator is set, so that Entra identities can log in."""
    found = plan.children(server, ADMINS[server.type])
    if found.found:
        return Known(True, found.found[0].root.via)
    if found.loose is not None:
        return found.loose
    if server.is_new or found.removed:
        return Known(False, server.root.via)
    return absent(server.root.via, f"not in this plan: an Entra administrator of {server.address}")


def put_common(server: Planned, plan: Plan, sheet: FactSheet) -> None:
    """The facts that every such server takes from the same places."""
    read, write = audited(plan, server)
    sheet.put("logging.data_read", read)
    sheet.put("logging.data_write", write)
    # Seven days by default (Azure Database documentation, backup and restore).
    sheet.put("retention.backup_days", number(server, "backup_retention_days", default=7))
    sheet.constant("recovery.point_in_time", True, "Azure Database documentation, backup and restore: any point within the retention")
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, server))
