"""Memorystore for Redis instances and clusters; they have addresses inside a network alone, and no IAM policy of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

INSTANCE, CLUSTER = "redis.googleapis.com/Instance", "redis.googleapis.com/Cluster"
_OFF: Final = "Memorystore for Redis API v1: off where it was never set"
_KEYS: Final = {INSTANCE: "customerManagedKey", CLUSTER: "kmsKey"}
_SIZES: Final = {INSTANCE: "memorySizeGb", CLUSTER: "sizeGb"}
_CACHE: Final = frozenset({Kind.CACHE})
_ENCRYPTED: Final = ("SERVER_AUTHENTICATION", "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION")


def _row(of: str, what: str) -> Row:
    listed = Read(
        "redis",
        f"/v1/projects/{{}}/locations/-/{what}",
        f"redis.{what}.list",
        stage=Stage.SURVEY,
        items=what,
        query=(("pageSize", "1000"),),
        kinds=_CACHE,
    )
    facts = {"encryption.key_custody", "transport.tls_required", "transport.internode_encrypted", "transport.min_tls"}
    facts |= {"access.shared_key_enabled", "access.local_auth_enabled", "access.central_identity_enabled"}
    facts |= {"recovery.redundancy", "retention.backup_days"}
    return Row(of, _CACHE, (listed,), lambda doc, _place: f"//redis.googleapis.com/{doc.get('name')}", facts=frozenset(facts))


ROWS: Final = {INSTANCE: _row(INSTANCE, "instances"), CLUSTER: _row(CLUSTER, "clusters")}


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per instance or cluster."""
    values = values_of(asset.name)
    # A cluster has no title.
    title = fields.word(asset.data, "displayName", absent="", because=_OFF) if declared.type == INSTANCE else None
    aliases = (title.value,) if isinstance(title, Known) else ()
    yield drafted(caller.place, declared, asset, Kind.CACHE, region=values[1] if len(values) > 2 else "", aliases=aliases)


def _key(draft: Draft) -> Maybe[str]:
    of = draft.resource.type
    return fields.word(draft.doc(ROWS[of]), _KEYS[of], absent="", because=gcp_terms.ENCRYPTED)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key."""
    key = _key(draft)
    return (Link(Rel.USES_KEY, gcp_terms.unversioned(key.value)),) if isinstance(key, Known) and key.value else ()


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an instance or cluster."""
    sheet, of = FactSheet(), draft.resource.type
    row = draft.doc(ROWS[of])
    gcp_terms.put_custody(sheet, _key(draft))
    gcp_stores.put_redis(sheet)
    mode = fields.word(row, "transitEncryptionMode", absent="DISABLED", because=_OFF)
    gcp_stores.put_redis_tls(sheet, gcp_terms.is_word(mode, *_ENCRYPTED))
    never = Known(False, Provenance(f"constant: Memorystore for Redis: {of} has no such setting"))
    password = fields.flag(row, "authEnabled", absent=False, because=_OFF) if of == INSTANCE else never
    sheet.put("access.shared_key_enabled", password)
    sheet.put("access.local_auth_enabled", password)
    sheet.put("access.central_identity_enabled", never if of == INSTANCE else _by_iam(row))
    sheet.put("retention.backup_days", gcp_stores.REDIS_SNAPSHOTS if of == INSTANCE else _kept(draft))
    sheet.put("recovery.redundancy", _redundancy(draft))
    size = fields.number(row, _SIZES[of], absent=0, because=_OFF)
    if isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", int(size.value) * gcp_terms.GIB, size.via)
    return sheet.facts


def _by_iam(row: Maybe[Doc | None]) -> Maybe[bool]:
    return gcp_terms.is_word(fields.word(row, "authorizationMode", absent="", because=_OFF), "AUTH_MODE_IAM_AUTH")


def _kept(draft: Draft) -> AnyFact:
    """How long a cluster's automated backups are kept."""
    row = draft.doc(ROWS[CLUSTER])
    mode = gcp_terms.is_word(fields.word(row, "automatedBackupConfig", "automatedBackupMode", absent="DISABLED", because=_OFF), "ENABLED")
    if isinstance(mode, Unknown) or not mode.value:
        return mode if isinstance(mode, Unknown) else Known(0, mode.via)
    kept = gcp_terms.seconds(fields.word(row, "automatedBackupConfig", "retention"))
    return kept if isinstance(kept, Unknown) else Known((kept.value or 0) // gcp_terms.DAY, kept.via)


def _redundancy(draft: Draft) -> AnyFact:
    row = draft.doc(ROWS[draft.resource.type])
    if draft.resource.type == CLUSTER:
        one = gcp_terms.is_word(fields.word(row, "zoneDistributionConfig", "mode", absent="MULTI_ZONE", because=_OFF), "SINGLE_ZONE")
        return one if isinstance(one, Unknown) else Known("zone" if one.value else "multi-zone", one.via)
    spread = gcp_terms.is_word(fields.word(row, "tier"), "STANDARD_HA")
    return spread if isinstance(spread, Unknown) else Known("multi-zone" if spread.value else "zone", spread.via)


COLLECTOR = Collector("redis", tuple(ROWS.values()), (), survey, facts, links)
