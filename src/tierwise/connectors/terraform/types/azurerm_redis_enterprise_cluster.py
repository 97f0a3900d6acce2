"""Azure Managed Redis, and clusters of the Enterprise tiers of Azure Cache for Redis with their databases.

A plan says the same of them as `tierwise.connectors.azure.services.redis_enterprise` says of what is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model import kleene
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Resource

_Database: TypeAlias = tuple[Maybe[bool], Maybe[bool]]
"""Whether it demands encrypted connections, and whether its access keys open it."""
CLUSTER, MANAGED = "azurerm_redis_enterprise_cluster", "azurerm_managed_redis"
DATABASE: Final = "azurerm_redis_enterprise_database"
_ENCRYPTED: Final = "Azure Managed Redis documentation, disk encryption: on always, under Microsoft's keys where no other is configured"
_NO_LOG: Final = "Azure Managed Redis documentation, diagnostic settings: connections alone are recorded, no commands"
_NO_BACKUP: Final = "Azure Managed Redis documentation, data persistence: it brings the last state back and keeps no earlier one"
_NO_FIREWALL: Final = "constant: Azure Managed Redis documentation, private link: a public address has no firewall"
_NO_ARGUMENT: Final = f"constant: AzureRM documentation of {CLUSTER}: it has no argument for"
_TLS: Final = f"AzureRM provider, {MANAGED}: it asks for TLS 1.2, the only version that the service accepts"
_SPREAD: Final = "whether what is replicated is in several zones depends on the region"
_ENTRA: Final = "whether identities of the tenant log in, the access policies of its databases say, which are not read"
_KEYS: Final = "versions of the service differ in whether access keys open a database for which it was never set"


def convert(cluster: Planned, plan: Plan) -> Resource:
    """A planned cluster or instance."""
    sheet, kind = FactSheet(), Kind.CACHE
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    links = _managed(cluster, plan, sheet) if cluster.type == MANAGED else _enterprise(cluster, plan, sheet)
    sheet.constant("transport.internode_encrypted", True, azure_terms.LINKS)
    azure_grants.put_audience(sheet, kind, cluster, plan)
    sheet.put("access.central_identity_enabled", Unknown(UnknownReason.NOT_COLLECTED, cluster.root.via, _ENTRA))
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, _NO_LOG)
    sheet.constant("retention.backup_days", 0, _NO_BACKUP)
    name = text_or(cluster.root, "name")
    aliases = (text_or(cluster.root, "id"), name, text_or(cluster.root, "hostname"))
    links = (*links, *azure_reach.log_links(plan, cluster))
    return plan.resource(cluster, kind, name or cluster.place.name, sheet.facts, links=links, aliases=aliases)


def _managed(instance: Planned, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    custody, links = azure.key_in(plan, instance, "customer_managed_key", "key_vault_key_id", _ENCRYPTED)
    sheet.put("encryption.key_custody", custody)
    sheet.constant("transport.min_tls", "1.2", _TLS)
    access = azure.text(instance, "public_network_access", default="Enabled")
    _put_network(instance, plan, sheet, access if isinstance(access, Unknown) else Known(access.value.lower() != "disabled", access.via))
    _put_databases(sheet, (_default_database(instance),))
    # A replicated instance is spread over zones in the regions that have some (Azure Managed Redis documentation, high availability).
    spread = azure.flag(instance, "high_availability_enabled", default=True)
    open_ = Unknown(UnknownReason.NOT_COLLECTED, spread.via, _SPREAD, between=("zone", "multi-zone"))
    sheet.put("recovery.redundancy", spread if isinstance(spread, Unknown) else open_ if spread.value else Known("zone", spread.via))
    return links


def _default_database(instance: Planned) -> _Database:
    """Encrypted, and without keys, where nobody says otherwise (AzureRM documentation of `default_database`)."""
    block = azure.block_or_none(instance, "default_database")
    if isinstance(block, Unknown):
        return block, block
    if block.value is None:
        return (_without_database(instance),) * 2
    protocol, keys = block.value.text("client_protocol"), block.value.flag("access_keys_authentication_enabled")
    by_keys = keys if isinstance(keys, Unknown) else Known(bool(keys.value), keys.via)
    return _is_encrypted(protocol), by_keys


def _enterprise(cluster: Planned, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    """What the provider has no argument for holds of a new cluster; of one that is there somebody else may have set it."""
    there = absent(cluster.root.via, f"not in this plan: {CLUSTER} has no argument for it")
    custody = Known(azure_terms.PROVIDER_KEY, Provenance(f"{_NO_ARGUMENT} a customer's key"))
    sheet.put("encryption.key_custody", custody if cluster.is_new else there)
    sheet.put("transport.min_tls", azure_terms.min_tls(azure.text(cluster, "minimum_tls_version", default="1.2")))
    _put_network(cluster, plan, sheet, Known(True, Provenance(f"{_NO_ARGUMENT} closing its address")) if cluster.is_new else there)
    children = plan.children(cluster, DATABASE)
    found: list[_Database] = [
        (_is_encrypted(azure.text(one, "client_protocol", default="Encrypted")), Unknown(UnknownReason.NOT_COLLECTED, one.root.via, _KEYS))
        for one in children.found
    ]
    if children.loose is not None or not found:
        found.append((children.loose or _without_database(cluster),) * 2)
    _put_databases(sheet, found)
    sheet.put("recovery.redundancy", azure.zones(cluster))
    return ()


def _without_database(cluster: Planned) -> Unknown:
    return absent(cluster.root.via, f"not in this plan: a database of {cluster.address}")


def _is_encrypted(protocol: Maybe[str] | Maybe[str | None]) -> Maybe[bool]:
    return protocol if isinstance(protocol, Unknown) else Known((protocol.value or "Encrypted").lower() == "encrypted", protocol.via)


def _put_databases(sheet: FactSheet, databases: Sequence[_Database]) -> None:
    """A cluster demands encryption where each of its databases does, and takes keys where any of them does."""
    sheet.put("transport.tls_required", kleene.all_of(*(encrypted for encrypted, _ in databases)))
    by_keys = kleene.either(*(keys for _, keys in databases))
    sheet.put("access.shared_key_enabled", by_keys)
    sheet.put("access.local_auth_enabled", by_keys)


def _put_network(cluster: Planned, plan: Plan, sheet: FactSheet, public: Maybe[bool]) -> None:
    admits = Known(True, Provenance(_NO_FIREWALL))
    azure_terms.put_network(sheet, Kind.CACHE, public, admits, azure_reach.has_private_endpoint(plan, cluster))


CONVERTER = Converter(
    frozenset({CLUSTER, MANAGED}),
    convert,
    (Child(DATABASE, "cluster_id", ("id",), of=CLUSTER), *azure_reach.REACHED),
    azure.KEY_TYPES,
)
