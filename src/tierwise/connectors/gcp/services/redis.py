"""Memorystore for Redis instances and clusters, and for Valkey instances; they have addresses inside a network alone, and no IAM policy of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Draft, Stage
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

INSTANCE, CLUSTER = "redis.googleapis.com/Instance", "redis.googleapis.com/Cluster"
VALKEY: Final = "memorystore.googleapis.com/Instance"
"""In Cloud Asset Inventory, "Asset names": `//memorystore.googleapis.com/projects/…/locations/…/instances/…`."""
_OFF: Final = "Memorystore for Redis API v1 and Memorystore API v1: off where it was never set"
_KEYS: Final = {INSTANCE: "customerManagedKey", CLUSTER: "kmsKey", VALKEY: "kmsKey"}
_SIZES: Final = {INSTANCE: ("memorySizeGb",), CLUSTER: ("sizeGb",), VALKEY: ("nodeConfig", "sizeGb")}
"""Of the whole; of Valkey that of a node, of which there is one for each shard but for replicas."""
_PRIMARY: Final = {
    CLUSTER: ("crossClusterReplicationConfig", "primaryCluster", "cluster"),
    VALKEY: ("crossInstanceReplicationConfig", "primaryInstance", "instance"),
}
"""Where one says of what it is the replica."""
_CACHE: Final = frozenset({Kind.CACHE})
_ENCRYPTED: Final = ("SERVER_AUTHENTICATION", "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION")


def _row(of: str, what: str) -> Row:
    host = of.partition(".")[0]
    listed = Read(
        host,
        f"/v1/projects/{{}}/locations/-/{what}",
        f"{host}.{what}.list",
        stage=Stage.SURVEY,
        items=what,
        query=(("pageSize", "1000"),),
        kinds=_CACHE,
    )
    facts = {"encryption.key_custody", "transport.tls_required", "transport.internode_encrypted", "transport.min_tls"}
    facts |= {"access.shared_key_enabled", "access.local_auth_enabled", "access.central_identity_enabled"}
    facts |= {"recovery.redundancy", "retention.backup_days"}
    return Row(of, _CACHE, (listed,), lambda doc, _place: f"//{host}.googleapis.com/{doc.get('name')}", facts=frozenset(facts))


ROWS: Final = {INSTANCE: _row(INSTANCE, "instances"), CLUSTER: _row(CLUSTER, "clusters"), VALKEY: _row(VALKEY, "instances")}


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per instance or cluster."""
    values = values_of(asset.name)
    # Instances of Redis alone have a title.
    title = fields.word(asset.data, "displayName", absent="", because=_OFF) if declared.type == INSTANCE else None
    aliases = (title.value,) if isinstance(title, Known) else ()
    yield drafted(caller.place, declared, asset, Kind.CACHE, region=values[1] if len(values) > 2 else "", aliases=aliases)


def _key(draft: Draft) -> Maybe[str]:
    of = draft.resource.type
    return fields.word(draft.doc(ROWS[of]), _KEYS[of], absent="", because=gcp_terms.ENCRYPTED)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and that of which it is a replica."""
    of = draft.resource.type
    named = [(Rel.USES_KEY, _key(draft))]
    if of in _PRIMARY:
        named.append((Rel.COPY_OF, fields.word(draft.doc(ROWS[of]), *_PRIMARY[of], absent="", because=_OFF)))
    return tuple(Link(rel, gcp_terms.unversioned(one.value)) for rel, one in named if isinstance(one, Known) and one.value)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an instance or cluster."""
    sheet, of = FactSheet(), draft.resource.type
    row = draft.doc(ROWS[of])
    gcp_terms.put_custody(sheet, _key(draft))
    gcp_stores.put_redis(sheet)
    mode = fields.word(row, "transitEncryptionMode", absent="DISABLED", because=_OFF)
    gcp_stores.put_redis_tls(sheet, gcp_terms.is_word(mode, *_ENCRYPTED))
    if of == INSTANCE:
        gcp_stores.put_redis_auth(sheet, fields.flag(row, "authEnabled", absent=False, because=_OFF))
    else:
        gcp_stores.put_redis_logins(sheet, fields.word(row, "authorizationMode", absent="", because=_OFF))
    sheet.put("retention.backup_days", gcp_stores.REDIS_SNAPSHOTS if of == INSTANCE else _kept(draft))
    sheet.put("recovery.redundancy", _redundancy(draft))
    size = fields.number(row, *_SIZES[of], absent=0, because=_OFF)
    shards = fields.number(row, "shardCount", absent=0, because=_OFF) if of == VALKEY else Known(1, row.via)
    if isinstance(size, Known) and isinstance(shards, Known) and size.value * shards.value:
        sheet.known("volume.bytes", int(size.value * shards.value * gcp_terms.GIB), size.via)
    return sheet.facts


def _kept(draft: Draft) -> AnyFact:
    """How long automated backups of a cluster, or of Valkey, are kept."""
    row = draft.doc(ROWS[draft.resource.type])
    mode = gcp_terms.is_word(fields.word(row, "automatedBackupConfig", "automatedBackupMode", absent="DISABLED", because=_OFF), "ENABLED")
    if isinstance(mode, Unknown) or not mode.value:
        return mode if isinstance(mode, Unknown) else Known(0, mode.via)
    kept = gcp_terms.seconds(fields.word(row, "automatedBackupConfig", "retention"))
    return kept if isinstance(kept, Unknown) else Known((kept.value or 0) // gcp_terms.DAY, kept.via)


def _redundancy(draft: Draft) -> AnyFact:
    row = draft.doc(ROWS[draft.resource.type])
    if draft.resource.type != INSTANCE:
        one = gcp_terms.is_word(fields.word(row, "zoneDistributionConfig", "mode", absent="MULTI_ZONE", because=_OFF), "SINGLE_ZONE")
        return one if isinstance(one, Unknown) else Known("zone" if one.value else "multi-zone", one.via)
    spread = gcp_terms.is_word(fields.word(row, "tier"), "STANDARD_HA")
    return spread if isinstance(spread, Unknown) else Known("multi-zone" if spread.value else "zone", spread.via)


COLLECTOR = Collector("redis", tuple(ROWS.values()), (), survey, facts, links)
