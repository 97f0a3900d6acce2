"""Single servers of Azure Database for PostgreSQL, MySQL and MariaDB (retired; in plans of provider 2 and 3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_dbms, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.azure_dbms import ADMINS, MARIADB, MYSQL, PG, RULES
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

TYPES: Final = frozenset({PG, MYSQL, MARIADB})
_KEYS: Final = {PG: f"{PG}_key", MYSQL: f"{MYSQL}_key"}
_ENCRYPTED: Final = "Azure Database documentation, single server security: storage is encrypted always"
_PASSWORDS: Final = "Azure Database documentation, single server: passwords of the server cannot be turned off"
_NO_ENTRA: Final = "Azure Database for MariaDB documentation: there is no login by Entra identity"
_ONE_ZONE: Final = "Azure Database documentation, single server: one zone"


def convert(server: Planned, plan: Plan) -> Resource:
    """A planned server."""
    sheet, kind = FactSheet(), Kind.RELATIONAL_DB
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    links = [*_key(server, plan, sheet), *azure_reach.log_links(plan, server)]
    links += plan.links(Rel.COPY_OF, server, server.root, ("creation_source_server_id",), {server.type})
    _transport(server, plan, sheet)
    azure_grants.put_audience(sheet, kind, server, plan)
    public = flag(server, "public_network_access_enabled", default=True)
    admits = azure_reach.admits_by_rules(plan, server, RULES[server.type])
    azure_terms.put_network(sheet, kind, public, admits, azure_reach.has_private_endpoint(plan, server))
    sheet.constant("access.local_auth_enabled", True, _PASSWORDS)
    if server.type in ADMINS:
        sheet.put("access.central_identity_enabled", azure_dbms.has_admin(plan, server))
    else:
        sheet.constant("access.central_identity_enabled", False, _NO_ENTRA)
    azure_dbms.put_common(server, plan, sheet)
    sheet.constant("recovery.redundancy", "zone", _ONE_ZONE)
    # Provider 2 wrote it in a block (AzureRM 3.0 upgrade guide).
    size = (
        ("storage_profile", 0, "storage_mb")
        if azure.first(server, ("storage_mb", "storage_profile")) == "storage_profile"
        else ("storage_mb",)
    )
    azure_dbms.put_size(server, sheet, azure_dbms.MIB, *size)
    name = text_or(server.root, "name")
    aliases = (text_or(server.root, "id"), name, text_or(server.root, "fqdn"))
    holds = azure_dbms.names_of(plan, server)
    return plan.resource(server, kind, name or server.place.name, sheet.facts, links=links, aliases=aliases, description=holds)


def _key(server: Planned, plan: Plan, sheet: FactSheet) -> Iterable[Link]:
    kind = _KEYS.get(server.type, "")
    keys = plan.children(server, kind)
    if keys.found:
        holder = keys.found[0]
        sheet.put("encryption.key_custody", azure.custody(plan, holder, holder.root, "key_vault_key_id"))
        return azure.key_links(plan, holder, holder.root, "key_vault_key_id")
    if keys.loose is None and (server.is_new or not kind or keys.removed):
        sheet.known("encryption.key_custody", azure_terms.PROVIDER_KEY, server.root.via)
        return ()
    lost = keys.loose or absent(server.root.via, f"not in this plan: no {kind} in it is for {server.address}")
    sheet.put("encryption.key_custody", lost)
    return (Link(Rel.USES_KEY, "", lost),)


def _transport(server: Planned, plan: Plan, sheet: FactSheet) -> None:
    name = azure.first(server, ("ssl_enforcement_enabled", "ssl_enforcement"))
    required: Maybe[bool]
    if name == "ssl_enforcement":
        word = azure.text(server, name, default=None)
        required = word if isinstance(word, Unknown) else Known(word.value.lower() == "enabled", word.via)
    else:
        required = flag(server, name, default=None)
    sheet.put("transport.tls_required", required)
    default = azure.by_version(plan, server, {2: "TLSEnforcementDisabled", 3: "TLS1_2"})
    sheet.put("transport.min_tls", azure_terms.min_tls(azure.text(server, "ssl_minimal_tls_version_enforced", default=default)))


CONVERTER = Converter(
    TYPES,
    convert,
    (*azure_dbms.children(TYPES), *(Child(kind, "server_id", ("id",), of=server) for server, kind in _KEYS.items())),
    azure.KEY_TYPES,
)
