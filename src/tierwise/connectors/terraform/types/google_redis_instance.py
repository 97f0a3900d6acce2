"""Memorystore for Redis instances and clusters, and for Valkey instances; they have addresses inside a network alone."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import gcp_stores, gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Rel, Resource

INSTANCE, CLUSTER, VALKEY = "google_redis_instance", "google_redis_cluster", "google_memorystore_instance"
_OFF: Final = "Memorystore for Redis and Valkey: off unless the instance says otherwise"
_PRIMARY: Final = {
    CLUSTER: ("cross_cluster_replication_config", 0, "primary_cluster", 0, "cluster"),
    VALKEY: ("cross_instance_replication_config", 0, "primary_instance", 0, "instance"),
}
"""Where one says of what it is the replica."""


def convert(cache: Planned, plan: Plan) -> Resource:
    """A planned instance or cluster."""
    sheet = FactSheet()
    key = "customer_managed_key" if cache.type == INSTANCE else "kms_key"
    links = gcp.put_key(plan, cache, (key,), sheet)
    if cache.type in _PRIMARY:
        links += plan.links(Rel.COPY_OF, cache, cache.root, _PRIMARY[cache.type], {cache.type})
    gcp_stores.put_redis(sheet)
    encrypted = _encrypted(cache)
    gcp_stores.put_redis_tls(sheet, encrypted)
    if cache.type == INSTANCE:
        gcp_stores.put_redis_auth(sheet, gcp.flag(cache, "auth_enabled", default=False, doc=_OFF))
    else:
        gcp_stores.put_redis_logins(sheet, gcp.text(cache, "authorization_mode", default="AUTH_MODE_DISABLED", doc=_OFF))
    sheet.put("retention.backup_days", _backup_days(cache))
    sheet.put("recovery.redundancy", _redundancy(cache))
    size = cache.root.number("memory_size_gb")
    if cache.type == INSTANCE and isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", size.value * gcp_terms.GIB, size.via)
    name = text_or(cache.root, "instance_id" if cache.type == VALKEY else "name")
    return gcp.resource(
        plan,
        cache,
        Kind.CACHE,
        name or cache.place.name,
        sheet,
        links=links,
        aliases=(name,),
        description=text_or(cache.root, "display_name"),
    )


def _encrypted(cache: Planned) -> Maybe[bool]:
    found = gcp.text(cache, "transit_encryption_mode", default="DISABLED", doc=_OFF)
    return gcp_terms.is_word(found, "SERVER_AUTHENTICATION", "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION")


def _backup_days(cache: Planned) -> AnyFact:
    if cache.type != INSTANCE:
        found = gcp.blocks(cache, "automated_backup_config")
        if isinstance(found, Unknown):
            return found
        kept = gcp_terms.seconds(found.value[0].text("retention")) if found.value else Known(0, found.via)
        return kept if isinstance(kept, Unknown) else Known((kept.value or 0) // gcp_terms.DAY, kept.via)
    return gcp_stores.REDIS_SNAPSHOTS


def _redundancy(cache: Planned) -> Maybe[str]:
    if cache.type != INSTANCE:
        mode = gcp.text(
            cache,
            "zone_distribution_config",
            0,
            "mode",
            default="MULTI_ZONE",
            doc="Memorystore for Redis Cluster and Valkey: several zones",
        )
        one = gcp_terms.is_word(mode, "SINGLE_ZONE")
        return one if isinstance(one, Unknown) else Known("zone" if one.value else "multi-zone", one.via)
    tier = gcp_terms.is_word(
        gcp.text(cache, "tier", default="BASIC", doc="Terraform Google provider, google_redis_instance: BASIC"), "STANDARD_HA"
    )
    return tier if isinstance(tier, Unknown) else Known("multi-zone" if tier.value else "zone", tier.via)


CONVERTER = Converter(frozenset({INSTANCE, CLUSTER, VALKEY}), convert, reads=gcp.KEY_TYPES | READS)
