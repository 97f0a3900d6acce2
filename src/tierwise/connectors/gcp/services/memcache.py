"""Memorystore for Memcached instances: plain caches inside a network, without logins, keys of the organisation or copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Draft, Stage
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import AnyFact, FactSheet, Known, Provenance
from tierwise.model.resource import Kind

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "memcache.googleapis.com/Instance"
_API: Final = "Memorystore for Memcached API v1, Instance: it has no such setting"
_SPLIT: Final = "Memorystore for Memcached, overview: keys are split among the nodes of an instance and not replicated"
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
    gcp_terms.put_no_policy(sheet, "Memorystore for Memcached, access control: an instance has no IAM policy of its own")
    gcp_terms.put_network_only(sheet, "Memorystore for Memcached, networking: private services access, no public address")
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, "Memorystore for Memcached, audit logging: administrative calls only, no commands")
    gcp_terms.put_custody(sheet, Known("", Provenance(f"constant: {_API}")))
    gcp_stores.put_redis_tls(sheet, Known(False, Provenance(f"constant: {_API}")))
    for name in ("access.shared_key_enabled", "access.local_auth_enabled", "access.central_identity_enabled"):
        sheet.constant(name, False, _API)
    sheet.constant("retention.backup_days", 0, _API)
    sheet.constant("recovery.redundancy", "zone", _SPLIT)
    nodes, size = fields.number(row, "nodeCount"), fields.number(row, "nodeConfig", "memorySizeMb")
    if isinstance(nodes, Known) and isinstance(size, Known):
        sheet.known("volume.bytes", int(nodes.value) * int(size.value) * 1024**2, row.via)
    return sheet.facts


COLLECTOR = Collector("memcache", (INSTANCES,), (), survey, facts)
