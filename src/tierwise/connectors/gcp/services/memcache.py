"""Memorystore for Memcached instances: plain caches inside a network, without logins, keys of the organisation or copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_stores
from tierwise.connectors.declared import Draft, Stage
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import AnyFact, FactSheet, Known
from tierwise.model.resource import Kind

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "memcache.googleapis.com/Instance"
_UNSET: Final = "Memorystore for Memcached API v1: none where it was never set"
_CACHE: Final = frozenset({Kind.CACHE})
LIST: Final = Read(
    "memcache",
    "/v1/projects/{}/locations/-/instances",
    "memcache.instances.list",
    stage=Stage.SURVEY,
    items="instances",
    query=(("pageSize", "1000"),),
    kinds=_CACHE,
)
INSTANCES: Final = Row(TYPE, _CACHE, (LIST,), lambda doc, _place: f"//memcache.googleapis.com/{doc.get('name')}")


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per instance."""
    values = values_of(asset.name)
    title = fields.word(asset.data, "displayName", absent="", because=_UNSET)
    aliases = (title.value,) if isinstance(title, Known) else ()
    yield drafted(caller.place, declared, asset, Kind.CACHE, region=values[1] if len(values) > 2 else "", aliases=aliases)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an instance."""
    sheet, row = FactSheet(), draft.doc(INSTANCES)
    gcp_stores.put_memcache(sheet)
    nodes, size = fields.number(row, "nodeCount"), fields.number(row, "nodeConfig", "memorySizeMb")
    if isinstance(nodes, Known) and isinstance(size, Known):
        sheet.known("volume.bytes", int(nodes.value) * int(size.value) * 1024**2, row.via)
    return sheet.facts


COLLECTOR = Collector("memcache", (INSTANCES,), (), survey, facts)
