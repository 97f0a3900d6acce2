"""Azure Cache for Redis."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model import kleene
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind, Resource

CACHE: Final = "azurerm_redis_cache"
_RULE: Final = "azurerm_redis_firewall_rule"
_ENCRYPTED: Final = "Azure Cache for Redis documentation, disk encryption: disks of every tier are encrypted under Microsoft's keys"
_KEYS: Final = "Azure Cache for Redis documentation, disk encryption: customers' keys are for the Enterprise tiers alone"
_NO_LOG: Final = "Azure Monitor documentation, logs of Microsoft.Cache/redis: connections alone are recorded, no commands"
_OPEN: Final = "constant: Azure Cache for Redis documentation, firewall rules: every client is admitted where there is no rule"


def convert(cache: Planned, plan: Plan) -> Resource:
    """A planned cache."""
    sheet, kind = FactSheet(), Kind.CACHE
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.constant("encryption.key_custody", azure_terms.PROVIDER_KEY, _KEYS)
    sheet.put("transport.tls_required", kleene.negated(flag(cache, "non_ssl_port_enabled", "enable_non_ssl_port", default=False)))
    default = azure.by_version(plan, cache, {2: "1.0", 3: "1.0", 4: "1.2"})
    sheet.put("transport.min_tls", azure_terms.min_tls(azure.text(cache, "minimum_tls_version", default=default)))
    sheet.constant("transport.internode_encrypted", True, azure_terms.LINKS)
    azure_grants.put_audience(sheet, kind, cache, plan)
    _network(cache, plan, sheet, kind)
    _logins(cache, sheet)
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, _NO_LOG)
    _recovery(cache, sheet)
    name = text_or(cache.root, "name")
    aliases = (text_or(cache.root, "id"), name, text_or(cache.root, "hostname"))
    return plan.resource(cache, kind, name or cache.place.name, sheet.facts, links=azure_reach.log_links(plan, cache), aliases=aliases)


def _network(cache: Planned, plan: Plan, sheet: FactSheet, kind: Kind) -> None:
    """A cache in a subnet has no public address; firewall rules count where there is one."""
    subnet = cache.root.text("subnet_id")
    placed = bool(subnet.value) if isinstance(subnet, Known) else cache.root.is_written("subnet_id")
    public: Maybe[bool] = Known(False, subnet.via) if placed else flag(cache, "public_network_access_enabled", default=True)
    rules = plan.children(cache, _RULE)
    admits: Maybe[bool] = azure_reach.admits_by_rules(plan, cache, _RULE, ("start_ip", "end_ip"))
    if not rules.found and rules.loose is None and cache.is_new:
        admits = Known(True, Provenance(_OPEN))
    azure_terms.put_network(sheet, kind, public, admits, azure_reach.has_private_endpoint(plan, cache))


def _logins(cache: Planned, sheet: FactSheet) -> None:
    keys = flag(cache, "access_keys_authentication_enabled", default=True)
    sheet.put("access.shared_key_enabled", keys)
    sheet.put("access.local_auth_enabled", keys)
    block = azure.block_or_none(cache, "redis_configuration")
    central: Maybe[bool]
    if isinstance(block, Unknown):
        central = block
    elif block.value is None:
        central = Known(False, block.via)
    else:
        entra = block.value.flag("active_directory_authentication_enabled")
        central = entra if isinstance(entra, Unknown) else Known(bool(entra.value), entra.via)
    sheet.put("access.central_identity_enabled", central)


def _recovery(cache: Planned, sheet: FactSheet) -> None:
    sheet.put("recovery.redundancy", azure.zones(cache))
    sheet.put("retention.backup_days", _backup(cache))


def _backup(cache: Planned) -> Maybe[float]:
    """How far back its snapshots reach: their count times their interval in minutes."""
    block = azure.block_or_none(cache, "redis_configuration")
    if isinstance(block, Unknown):
        return block
    if block.value is None:
        return Known(0, block.via)
    on, minutes, count = (
        block.value.flag("rdb_backup_enabled"), block.value.number("rdb_backup_frequency"), block.value.number("rdb_backup_max_snapshot_count")
    )  # fmt: skip
    if isinstance(on, Unknown):
        return on
    if not on.value:
        return Known(0, on.via)
    if isinstance(minutes, Unknown):
        return minutes
    if isinstance(count, Unknown):
        return count
    return Known((minutes.value or 0) * (count.value or 1) / 1440, minutes.via)


CONVERTER = Converter(
    frozenset({CACHE}),
    convert,
    (Child(_RULE, "redis_cache_name", ("name", "id")), *azure_reach.REACHED),
)
