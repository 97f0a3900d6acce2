"""AlloyDB clusters with their instances: addresses, TLS and flags stand on the instances, keys and backups on the cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tierwise.access.google_iam import either
from tierwise.connectors import gcp_stores, gcp_terms
from tierwise.connectors.gcp_sql import both, flag_is, recorded
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_database import put_unset
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_sql import flags_of
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

CLUSTER, INSTANCE = "google_alloydb_cluster", "google_alloydb_instance"
_MOST: Final = 365
_PER_INSTANCE: Final = "it is set on each instance, and the plan has none of this cluster"


def convert(cluster: Planned, plan: Plan) -> Resource:
    """A planned cluster."""
    sheet = FactSheet()
    links = [*gcp.put_key(plan, cluster, ("encryption_config", 0, "kms_key_name"), sheet), *_sources(cluster, plan)]
    gcp_stores.put_alloydb(sheet)
    children = plan.children(cluster, INSTANCE)
    if children.found and children.loose is None and not cluster.outside:
        _instances(list(children.found), sheet, cluster)
    else:
        names = ("network.public_endpoint", "network.ingress_any", "transport.tls_required", "access.central_identity_enabled")
        put_unset(sheet, cluster, _PER_INSTANCE, *names, "logging.data_read", "logging.data_write", "recovery.redundancy")
    _recovery(cluster, sheet)
    name = text_or(cluster.root, "cluster_id")
    shown = " ".join(text for text in (text_or(cluster.root, "display_name"),) if text)
    aliases = (text_or(cluster.root, "name"), name)
    return gcp.resource(
        plan, cluster, Kind.RELATIONAL_DB, name or cluster.place.name, sheet, links=links, aliases=aliases, description=shown
    )


def _instances(found: list[Planned], sheet: FactSheet, cluster: Planned) -> None:
    via = cluster.root.via
    public = either(
        [gcp.flag(one, "network_config", 0, "enable_public_ip", default=False, doc=gcp_stores.ALLOYDB_PRIVATE) for one in found], via
    )
    sheet.put("network.public_endpoint", public)
    sheet.put("network.ingress_any", public if isinstance(public, Unknown) else either([_open(one) for one in found], via))
    if isinstance(public, Known) and not public.value:
        sheet.not_applicable("network.ingress_any", "it has no public address", public.via)
    sheet.put("transport.tls_required", _every(found, _encrypted))
    sheet.put("access.central_identity_enabled", _every(found, _by_iam))
    sheet.put("logging.data_read", _every(found, lambda one: _logged(one)[0]))
    sheet.put("logging.data_write", _every(found, lambda one: _logged(one)[1]))
    sheet.put("recovery.redundancy", _redundancy([one for one in found if text_or(one.root, "instance_type") != "READ_POOL"], via))


def _by_iam(instance: Planned) -> Maybe[bool]:
    return flag_is(flags_of(instance, "database_flags"), "alloydb.iam_authentication", instance.root.via)


def _logged(instance: Planned) -> tuple[Maybe[bool], Maybe[bool]]:
    return recorded("POSTGRES", flags_of(instance, "database_flags"), instance.root.via)


def _redundancy(primaries: list[Planned], via: Provenance) -> Maybe[str]:
    """Read pools take no part in failover."""
    if not primaries:
        return Unknown(UnknownReason.NOT_COLLECTED, via, "the plan has no primary instance of this cluster")
    regional = _every(primaries, _is_regional)
    return regional if isinstance(regional, Unknown) else Known("multi-zone" if regional.value else "zone", regional.via)


def _is_regional(instance: Planned) -> Maybe[bool]:
    return gcp_terms.is_word(gcp.text(instance, "availability_type", default="REGIONAL", doc=gcp_stores.ALLOYDB_REGIONAL), "REGIONAL")


def _every(found: list[Planned], asked: Callable[[Planned], Maybe[bool]]) -> Maybe[bool]:
    """Whether it holds on every instance."""
    result: Maybe[bool] = asked(found[0])
    for one in found[1:]:
        result = both(result, asked(one))
    return result


def _encrypted(instance: Planned) -> Maybe[bool]:
    mode = gcp.text(
        instance, "client_connection_config", 0, "ssl_config", 0, "ssl_mode", default="ENCRYPTED_ONLY", doc=gcp_stores.ALLOYDB_ENCRYPTED
    )
    connectors = gcp.flag(instance, "client_connection_config", 0, "require_connectors", default=False, doc=gcp_stores.ALLOYDB_ENCRYPTED)
    return either((gcp_terms.is_word(mode, "ENCRYPTED_ONLY"), connectors), instance.root.via)


def _open(instance: Planned) -> Maybe[bool]:
    networks = gcp.blocks(instance, "network_config", 0, "authorized_external_networks")
    if isinstance(networks, Unknown):
        return networks
    ranges: list[str] = []
    still: Unknown | None = None
    for one in networks.value:
        given = one.text("cidr_range")
        if isinstance(given, Unknown):
            still = given
        elif given.value:
            ranges.append(given.value)
    found = gcp_terms.covers(ranges, networks.via)
    return found if found == Known(True, networks.via) else still or found


def _recovery(cluster: Planned, sheet: FactSheet) -> None:
    enabled = gcp.flag(cluster, "continuous_backup_config", 0, "enabled", default=True, doc=gcp_stores.ALLOYDB_CONTINUOUS)
    window = gcp.number(cluster, "continuous_backup_config", 0, "recovery_window_days", default=14, doc=gcp_stores.ALLOYDB_CONTINUOUS)
    sheet.put("recovery.point_in_time", enabled)
    sheet.put("retention.backup_days", _backup_days(cluster, enabled, window))


def _backup_days(cluster: Planned, enabled: Maybe[bool], window: Maybe[int]) -> AnyFact:
    if isinstance(enabled, Unknown):
        return enabled
    if enabled.value and isinstance(window, Unknown):
        return window
    days = window.value if enabled.value and isinstance(window, Known) else 0
    policy = gcp.blocks(cluster, "automated_backup_policy")
    if isinstance(policy, Known) and not policy.value:
        return Known(days, enabled.via)
    on = policy if isinstance(policy, Unknown) else policy.value[0].flag("enabled")
    if isinstance(on, Known) and on.value is False:
        return Known(days, enabled.via)
    kept = on if isinstance(policy, Unknown) else gcp_terms.seconds(policy.value[0].text("time_based_retention", 0, "retention_period"))
    for part in (on, kept):
        if isinstance(part, Unknown):
            return Unknown(part.reason, part.via, part.detail, between=(days, _MOST))
    return Known(max(days, (kept.value or 0) // gcp_terms.DAY) if isinstance(kept, Known) else days, kept.via)


def _sources(cluster: Planned, plan: Plan) -> list[Link]:
    found: list[Link] = []
    for path in (("secondary_config", 0, "primary_cluster_name"), ("restore_continuous_backup_source", 0, "cluster")):
        if not gcp.is_unwritten(cluster.root, path):
            found += plan.links(Rel.COPY_OF, cluster, cluster.root, path, {CLUSTER})
    return found


CONVERTER = Converter(frozenset({CLUSTER}), convert, (Child(INSTANCE, "cluster", ("name", "id", "cluster_id")),), gcp.KEY_TYPES | READS)
