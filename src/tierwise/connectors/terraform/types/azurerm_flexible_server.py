"""Flexible servers of Azure Database for PostgreSQL and for MySQL, with their parameters, firewall rules and administrators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_dbms, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.azure_dbms import MYSQL_FLEXIBLE, PG_FLEXIBLE, RULES, parameter, switch
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.model import kleene
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

TYPES: Final = frozenset({PG_FLEXIBLE, MYSQL_FLEXIBLE})
_ENCRYPTED: Final = "Azure Database documentation, data encryption: storage is encrypted always"
_SIZES: Final[Mapping[str, tuple[int, tuple[Step, ...]]]] = {
    PG_FLEXIBLE: (azure_dbms.MIB, ("storage_mb",)),
    MYSQL_FLEXIBLE: (azure_dbms.GIB, ("storage", 0, "size_gb")),
}
_MODES: Final = {"ZoneRedundant": "multi-zone", "SameZone": "zone"}


def convert(server: Planned, plan: Plan) -> Resource:
    """A planned server."""
    sheet, kind = FactSheet(), Kind.RELATIONAL_DB
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    links = [*_key(server, plan, sheet), *azure_reach.log_links(plan, server)]
    links += plan.links(Rel.COPY_OF, server, server.root, ("source_server_id",), {server.type})
    sheet.put("transport.tls_required", switch(parameter(plan, server, "require_secure_transport")))
    sheet.put("transport.min_tls", _min_tls(server, plan))
    azure_grants.put_audience(sheet, kind, server, plan)
    _network(server, plan, sheet, kind)
    _logins(server, plan, sheet)
    azure_dbms.put_common(server, plan, sheet)
    sheet.put("recovery.redundancy", _redundancy(server))
    unit, path = _SIZES[server.type]
    azure_dbms.put_size(server, sheet, unit, *path)
    name = text_or(server.root, "name")
    aliases = (text_or(server.root, "id"), name, text_or(server.root, "fqdn"))
    holds = azure_dbms.names_of(plan, server)
    return plan.resource(server, kind, name or server.place.name, sheet.facts, links=links, aliases=aliases, description=holds)


def _key(server: Planned, plan: Plan, sheet: FactSheet) -> Iterable[Link]:
    block = azure.block_or_none(server, "customer_managed_key")
    if isinstance(block, Unknown):
        sheet.put("encryption.key_custody", block)
        return (Link(Rel.USES_KEY, "", block),)
    if block.value is None:
        sheet.known("encryption.key_custody", azure_terms.PROVIDER_KEY, block.via)
        return ()
    sheet.put("encryption.key_custody", azure.custody(plan, server, block.value, "key_vault_key_id"))
    return azure.key_links(plan, server, block.value, "key_vault_key_id")


def _min_tls(server: Planned, plan: Plan) -> Maybe[str]:
    name = "ssl_min_protocol_version" if server.type == PG_FLEXIBLE else "tls_version"
    return azure_terms.lowest_tls(parameter(plan, server, name))


def _network(server: Planned, plan: Plan, sheet: FactSheet, kind: Kind) -> None:
    """A server in a delegated subnet has no public address (Azure Database documentation, networking with private access)."""
    subnet = server.root.text("delegated_subnet_id")
    placed = bool(subnet.value) if isinstance(subnet, Known) else server.root.is_written("delegated_subnet_id")
    public: Maybe[bool]
    if placed:
        public = Known(False, subnet.via)
    elif azure.first(server, ("public_network_access", "public_network_access_enabled")) == "public_network_access":
        word = azure.text(server, "public_network_access", default="Enabled")
        public = word if isinstance(word, Unknown) else Known(word.value != "Disabled", word.via)
    else:
        public = flag(server, "public_network_access_enabled", default=True)
    admits = azure_reach.admits_by_rules(plan, server, RULES[server.type])
    azure_terms.put_network(sheet, kind, public, admits, azure_reach.has_private_endpoint(plan, server))


def _logins(server: Planned, plan: Plan, sheet: FactSheet) -> None:
    local: Maybe[bool]
    central: Maybe[bool]
    if server.type == MYSQL_FLEXIBLE:
        local = kleene.negated(switch(parameter(plan, server, "aad_auth_only")))
        central = azure_dbms.has_admin(plan, server)
    else:
        block = azure.block_or_none(server, "authentication")
        if isinstance(block, Unknown):
            local = central = block
        elif block.value is None:
            doc = (
                "constant: Terraform AzureRM provider, azurerm_postgresql_flexible_server: passwords are accepted, Entra is off by default"
            )
            local, central = Known(True, Provenance(doc)), Known(False, Provenance(doc))
        else:
            password, entra = block.value.flag("password_auth_enabled"), block.value.flag("active_directory_auth_enabled")
            local = password if isinstance(password, Unknown) else Known(password.value is not False, password.via)
            central = entra if isinstance(entra, Unknown) else Known(bool(entra.value), entra.via)
    sheet.put("access.local_auth_enabled", local)
    sheet.put("access.central_identity_enabled", central)


def _redundancy(server: Planned) -> Maybe[str]:
    block = azure.block_or_none(server, "high_availability")
    if isinstance(block, Unknown):
        return block
    if block.value is None:
        return Known("zone", block.via)
    mode = block.value.text("mode")
    if isinstance(mode, Unknown):
        return Unknown(mode.reason, mode.via, mode.detail, between=("zone", "multi-zone"))
    return Known(_MODES.get(mode.value or "", "zone"), mode.via)


CONVERTER = Converter(TYPES, convert, azure_dbms.children(TYPES), azure.KEY_TYPES)
