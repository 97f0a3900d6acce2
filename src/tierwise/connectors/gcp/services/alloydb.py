"""AlloyDB clusters with their instances: addresses, TLS and flags stand on the instances, keys and backups on the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tierwise.access.google_iam import either
from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp_sql import Flags, both, flag_is, recorded
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

CLUSTER, INSTANCE = "alloydb.googleapis.com/Cluster", "alloydb.googleapis.com/Instance"
_UNSET: Final = "AlloyDB API v1: none or off where it was never set"
_KINDS: Final = frozenset({Kind.RELATIONAL_DB})
_INSTANCES: Final = "instances"
_PAGE: Final = (("pageSize", "1000"),)
_HOST: Final = "//alloydb.googleapis.com/"
LIST: Final = Read(
    "alloydb",
    "/v1/projects/{}/locations/-/clusters",
    "alloydb.clusters.list",
    stage=Stage.SURVEY,
    items="clusters",
    query=_PAGE,
    kinds=_KINDS,
)
LIST_INSTANCES: Final = Read(
    "alloydb",
    "/v1/projects/{}/locations/{}/clusters/{}/instances",
    "alloydb.instances.list",
    stage=Stage.SURVEY,
    items=_INSTANCES,
    query=_PAGE,
)


def _walk(caller: Caller, declared: Row) -> Iterator[Asset | Unknown]:
    """The clusters of a project, each with its instances."""
    listed = fields.items(caller.ask(LIST, (caller.place.id,)), LIST.items)
    if isinstance(listed, Unknown):
        yield listed
        return
    for one in listed.value:
        name = f"{_HOST}{one.get('name')}"
        found = fields.items(caller.ask(LIST_INSTANCES, values_of(name)), _INSTANCES)
        if isinstance(found, Unknown):
            parts: tuple[Asset, ...] = (Asset("", INSTANCE, found),)
        else:
            parts = tuple(Asset(f"{_HOST}{each.get('name')}", INSTANCE, fields.inner(found, each)) for each in found.value)
        yield Asset(name, declared.type, fields.inner(listed, one), parts=parts)


def _name(doc: Doc, _place: object) -> str:
    return f"{_HOST}{doc.get('name')}"


CLUSTERS: Final = Row(
    CLUSTER,
    _KINDS,
    (LIST,),
    _name,
    facts=frozenset({"encryption.key_custody", "recovery.point_in_time", "retention.backup_days"}),
    walk=_walk,
)
INSTANCES: Final = Row(
    INSTANCE,
    frozenset(),
    (LIST_INSTANCES,),
    _name,
    facts=frozenset(
        {
            "network.public_endpoint",
            "network.ingress_any",
            "transport.tls_required",
            "access.central_identity_enabled",
            "logging.data_read",
            "logging.data_write",
            "recovery.redundancy",
        }
    ),
    within=CLUSTER,
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per cluster."""
    values = values_of(asset.name)
    title = fields.word(asset.data, "displayName", absent="", because=_UNSET)
    aliases = (asset.name.rpartition("/")[2], title.value if isinstance(title, Known) else "")
    draft = drafted(caller.place, declared, asset, Kind.RELATIONAL_DB, region=values[1] if len(values) > 2 else "", aliases=aliases)
    draft.docs[_INSTANCES] = Known({_INSTANCES: [one.data for one in asset.parts]})
    yield draft


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the cluster of which it is a copy."""
    found: list[Link] = []
    for rel, path in (
        (Rel.USES_KEY, ("encryptionConfig", "kmsKeyName")),
        (Rel.COPY_OF, ("secondaryConfig", "primaryClusterName")),
    ):
        named = fields.word(draft.doc(CLUSTERS), *path, absent="", because=_UNSET)
        if isinstance(named, Known) and named.value:
            found.append(Link(rel, gcp_terms.unversioned(named.value)))
    return tuple(found)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a cluster."""
    sheet, row = FactSheet(), draft.doc(CLUSTERS)
    gcp_terms.put_custody(sheet, fields.word(row, "encryptionConfig", "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED))
    gcp_stores.put_alloydb(sheet)
    _instances(draft, sheet)
    _recovery(row, sheet)
    return sheet.facts


def _instances(draft: Draft, sheet: FactSheet) -> None:
    kept = draft.docs.get(_INSTANCES)
    found: list[Maybe[Any]] = list(kept.value[_INSTANCES]) if isinstance(kept, Known) and kept.value else []
    via = INSTANCES.via
    if not found:
        found = [Unknown(UnknownReason.NOT_COLLECTED, via, "it is set on each instance, and the cluster has none")]
    public = either(
        [fields.flag(one, "networkConfig", "enablePublicIp", absent=False, because=gcp_stores.ALLOYDB_PRIVATE) for one in found], via
    )
    sheet.put("network.public_endpoint", public)
    if isinstance(public, Known) and not public.value:
        sheet.not_applicable("network.ingress_any", "it has no public address", public.via)
    else:
        sheet.put("network.ingress_any", public if isinstance(public, Unknown) else either([_open(one) for one in found], via))
    sheet.put("transport.tls_required", _every(found, _encrypted))
    sheet.put("access.central_identity_enabled", _every(found, lambda one: flag_is(_flags(one), "alloydb.iam_authentication", one.via)))
    sheet.put("logging.data_read", _every(found, lambda one: recorded("POSTGRES", _flags(one), one.via)[0]))
    sheet.put("logging.data_write", _every(found, lambda one: recorded("POSTGRES", _flags(one), one.via)[1]))
    # Read pools take no part in failover.
    first = [one for one in found if isinstance(one, Unknown) or one.value.get("instanceType") != "READ_POOL"]
    regional = _every(first, _is_regional) if first else Unknown(UnknownReason.NOT_COLLECTED, via, "the cluster has no primary instance")
    zones = regional if isinstance(regional, Unknown) else Known("multi-zone" if regional.value else "zone", regional.via)
    sheet.put("recovery.redundancy", zones)


def _every(found: list[Maybe[Any]], asked: Callable[[Maybe[Any]], Maybe[bool]]) -> Maybe[bool]:
    """Whether it holds on every instance."""
    result = asked(found[0])
    for one in found[1:]:
        result = both(result, asked(one))
    return result


def _flags(instance: Maybe[Doc]) -> Maybe[Flags]:
    found = fields.mapping(instance, "databaseFlags", because=_UNSET)
    if isinstance(found, Unknown):
        return found
    if not all(isinstance(value, str) for value in found.value.values()):
        return Unknown(UnknownReason.UNPARSABLE, found.via, "a database flag that is no text")
    return Known({name.lower(): Known(value.lower(), instance.via) for name, value in found.value.items()}, instance.via)


def _is_regional(instance: Maybe[Doc]) -> Maybe[bool]:
    return gcp_terms.is_word(fields.word(instance, "availabilityType", absent="REGIONAL", because=gcp_stores.ALLOYDB_REGIONAL), "REGIONAL")


def _encrypted(instance: Maybe[Doc]) -> Maybe[bool]:
    path = ("clientConnectionConfig", "sslConfig", "sslMode")
    mode = fields.word(instance, *path, absent="ENCRYPTED_ONLY", because=gcp_stores.ALLOYDB_ENCRYPTED)
    connectors = fields.flag(instance, "clientConnectionConfig", "requireConnectors", absent=False, because=_UNSET)
    return either((gcp_terms.is_word(mode, "ENCRYPTED_ONLY"), connectors), instance.via)


def _open(instance: Maybe[Doc]) -> Maybe[bool]:
    networks = fields.items(instance, "networkConfig", "authorizedExternalNetworks", because=gcp_terms.NO_LIST)
    if isinstance(networks, Unknown):
        return networks
    return gcp_terms.covers([str(one.get("cidrRange") or "") for one in networks.value], networks.via)


def _recovery(row: Maybe[Doc | None], sheet: FactSheet) -> None:
    because = gcp_stores.ALLOYDB_CONTINUOUS
    enabled = fields.flag(row, "continuousBackupConfig", "enabled", absent=True, because=because)
    sheet.put("recovery.point_in_time", enabled)
    window = fields.number(row, "continuousBackupConfig", "recoveryWindowDays", absent=14, because=because)
    on = fields.flag(row, "automatedBackupPolicy", "enabled", absent=False, because=_UNSET)
    kept = gcp_terms.seconds(
        fields.word(row, "automatedBackupPolicy", "timeBasedRetention", "retentionPeriod", absent="0s", because=_UNSET)
    )
    lost = next((one for one in (enabled, window, on, kept) if isinstance(one, Unknown)), None)
    if lost is not None or isinstance(window, Unknown) or isinstance(kept, Unknown):
        sheet.put("retention.backup_days", lost or enabled)
        return
    days = [int(window.value)] if enabled == Known(True, enabled.via) else [0]
    if on == Known(True, on.via):
        days.append((kept.value or 0) // gcp_terms.DAY)
    sheet.known("retention.backup_days", max(days), row.via)


COLLECTOR = Collector("alloydb", (CLUSTERS, INSTANCES), (), survey, facts, links)
