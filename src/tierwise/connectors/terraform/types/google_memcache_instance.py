"""Memorystore for Memcached instances: plain caches inside a network, without logins, keys of the organisation or copies."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import gcp_stores
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet, Known
from tierwise.model.resource import Kind, Resource

INSTANCE: Final = "google_memcache_instance"


def convert(cache: Planned, plan: Plan) -> Resource:
    """A planned instance."""
    sheet = FactSheet()
    gcp_stores.put_memcache(sheet)
    nodes, size = cache.root.number("node_count"), cache.root.number("node_config", 0, "memory_size_mb")
    if isinstance(nodes, Known) and nodes.value and isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", nodes.value * size.value * 1024**2, size.via)
    name, title = text_or(cache.root, "name"), text_or(cache.root, "display_name")
    return gcp.resource(plan, cache, Kind.CACHE, name or cache.place.name, sheet, aliases=(name,), description=title)


CONVERTER = Converter(frozenset({INSTANCE}), convert, reads=READS)
