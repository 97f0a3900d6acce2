"""Azure SQL databases, with what their server decides for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach, azure_sql
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.azure_sql import AUDIT, DATABASE_AUDIT, SERVERS
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model import kleene
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.model.vocabulary import put_listed

DATABASE, LEGACY = "azurerm_mssql_database", "azurerm_sql_database"
POOL: Final = "azurerm_mssql_elasticpool"
_PARENT: Final = ("server_id", "server_name")
_OWN_KEY: Final = "transparent_data_encryption_key_vault_key_id"
_SOURCES: Final = ("creation_source_database_id", "source_database_id")
_WEEK: Final = 7
_RESTORABLE: Final = "Azure SQL documentation, automated backups: every database can be restored to a point in time"
_DECIDED: Final = (
    "transport.tls_required", "transport.min_tls", "access.local_auth_enabled", "access.central_identity_enabled",
)  # fmt: skip


def convert(database: Planned, plan: Plan) -> Resource:
    """A planned database."""
    sheet = FactSheet()
    server = azure.parent_of(plan, database, _PARENT, SERVERS)
    lost = azure.elsewhere(database, azure.first(database, _PARENT), "server")
    links = [*_encryption(database, server, plan, sheet, lost)]
    if server is None:
        azure_grants.put_lost(sheet, Kind.RELATIONAL_DB, lost)
    else:
        azure_grants.put_audience(sheet, Kind.RELATIONAL_DB, database, plan, server)
    put_listed(sheet, azure_sql.server_facts(server, plan) if server else dict.fromkeys(_DECIDED, lost), Kind.RELATIONAL_DB)
    network = azure_sql.network(server, plan) if server else (lost, lost, lost)
    azure_terms.put_network(sheet, Kind.RELATIONAL_DB, *network)
    above = azure_sql.audited(plan, server, AUDIT) if server else (lost, lost)
    own = azure_sql.audited(plan, database, DATABASE_AUDIT)
    for number, name in enumerate(("logging.data_read", "logging.data_write")):
        sheet.put(name, kleene.either(own[number], above[number]))
    if server is not None:
        links += [Link(Rel.MEMBER_OF, plan.id_of(server.address)), *azure_sql.audit_links(plan, server, AUDIT)]
    links += [*azure_sql.audit_links(plan, database, DATABASE_AUDIT), *azure_reach.log_links(plan, database)]
    links += plan.links(Rel.COPY_OF, database, database.root, (azure.first(database, _SOURCES),), {DATABASE, LEGACY})
    _recovery(database, server, plan, sheet)
    name = text_or(database.root, "name")
    aliases = (text_or(database.root, "id"),)
    made = plan.resource(database, Kind.RELATIONAL_DB, name or database.place.name, sheet.facts, links=links, aliases=aliases)
    return azure.placed(made, plan, server)


def _encryption(database: Planned, server: Planned | None, plan: Plan, sheet: FactSheet, lost: Unknown) -> Iterator[Link]:
    encrypted = flag(database, "transparent_data_encryption_enabled", default=True)
    sheet.put("encryption.at_rest", encrypted)
    if isinstance(encrypted, Unknown):
        sheet.put("encryption.key_custody", encrypted)
        return
    if not encrypted.value:
        sheet.not_applicable("encryption.key_custody", "not encrypted", encrypted.via)
        return
    own = azure.custody(plan, database, database.root, _OWN_KEY)
    if isinstance(own, Unknown) or own.value == "customer":
        sheet.put("encryption.key_custody", own)
        yield from azure.key_links(plan, database, database.root, _OWN_KEY)
        return
    custody, links = azure_sql.key_of(server, plan) if server else (lost, ())
    sheet.put("encryption.key_custody", custody)
    yield from links


def _recovery(database: Planned, server: Planned | None, plan: Plan, sheet: FactSheet) -> None:
    sheet.put("retention.backup_days", azure_sql.backup_days(database, _short(database)))
    sheet.constant("recovery.point_in_time", True, _RESTORABLE)
    spread = flag(database, "zone_redundant", default=False)
    redundancy: Maybe[str] = spread if isinstance(spread, Unknown) else Known("multi-zone" if spread.value else "zone", spread.via)
    pool = database.root.text("elastic_pool_id")
    pooled = bool(pool.value) if isinstance(pool, Known) else database.root.is_written("elastic_pool_id")
    if pooled and isinstance(redundancy, Known) and redundancy.value == "zone":
        redundancy = _of_pool(database, plan, pool.via)
    sheet.put("recovery.redundancy", redundancy)
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, database, *((server,) if server else ())))


def _of_pool(database: Planned, plan: Plan, via: Provenance) -> Maybe[str]:
    """A database of an elastic pool is in the zones of the pool."""
    pool = azure.parent_of(plan, database, ("elastic_pool_id",), {POOL})
    if pool is None:
        detail = "the elastic pool decides it"
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, detail, between=("zone", "multi-zone"))
    spread = flag(pool, "zone_redundant", default=False)
    return spread if isinstance(spread, Unknown) else Known("multi-zone" if spread.value else "zone", spread.via)


def _short(database: Planned) -> Maybe[int]:
    """Seven days where no policy is written (Azure SQL documentation, automated backups)."""
    policy = azure.block_or_none(database, "short_term_retention_policy")
    if isinstance(policy, Unknown):
        return policy
    if policy.value is None:
        return Known(_WEEK, policy.via)
    days = policy.value.number("retention_days")
    return days if isinstance(days, Unknown) else Known(_WEEK if days.value is None else days.value, days.via)


CONVERTER = Converter(
    frozenset({DATABASE, LEGACY}),
    convert,
    (Child(DATABASE_AUDIT, "database_id", ("id",)), azure_reach.LOCKED, azure_reach.RECORDED),
    azure.KEY_TYPES | SERVERS | {POOL},
)
