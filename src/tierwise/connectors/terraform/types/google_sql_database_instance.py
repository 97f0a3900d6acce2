"""Cloud SQL instances with their settings and flags.

Only `settings.deletion_protection_enabled` is kept by Google; `deletion_protection` stops Terraform alone. A read replica takes what it is
backed up by from its primary, and in the same region its key.
"""

from __future__ import annotations

from typing import Final

from tierwise.access.google_iam import either
from tierwise.connectors import gcp_terms
from tierwise.connectors.gcp_sql import BACKUP_DAYS, KEPT, NO_IAM, SSL, TLS, backup_days, both, put_logins, recorded, tls_required
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_sql import flags_of
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

SQL: Final = "google_sql_database_instance"
USER, DATABASE = "google_sql_user", "google_sql_database"
_S: Final = ("settings", 0)
_IP: Final = (*_S, "ip_configuration", 0)
_BACKUP: Final = (*_S, "backup_configuration", 0)
_PUBLIC: Final = "Terraform Google provider, google_sql_database_instance: ipv4_enabled is true by default"
_OFF: Final = "Terraform Google provider, google_sql_database_instance: off by default"


def convert(instance: Planned, plan: Plan) -> Resource:
    """A planned instance."""
    sheet = FactSheet()
    links = _key(instance, plan, sheet)
    gcp_terms.put_no_policy(sheet, NO_IAM)
    _network(instance, sheet)
    _transport(instance, sheet)
    _logins_and_logs(instance, sheet)
    _recovery(instance, sheet)
    _size(instance, sheet)
    links += _sources(instance, plan)
    name = text_or(instance.root, "name")
    databases = sorted({text_or(one.root, "name") for one in plan.children(instance, DATABASE).found} - {""})
    return gcp.resource(
        plan,
        instance,
        Kind.RELATIONAL_DB,
        name or instance.place.name,
        sheet,
        links=links,
        aliases=(name, text_or(instance.root, "connection_name")),
        description=" ".join(databases),
        labels=(instance, (*_S, "user_labels")),
    )


def _key(instance: Planned, plan: Plan, sheet: FactSheet) -> list[Link]:
    """Its key. A read replica that names none is under the key of its primary, unless it stands in another region (Cloud SQL documentation, CMEK)."""
    of = (("encryption_key_name",), ("master_instance_name",))
    if not instance.is_new or gcp.is_unwritten(instance.root, of[1]) or not gcp.is_unwritten(instance.root, of[0]):
        return list(gcp.put_key(plan, instance, of[0], sheet))
    way = plan.resolve(instance, instance.root, of[1], {SQL})
    named = instance.root.text(*of[1])
    primary = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if primary is None and isinstance(named, Known):
        primary = next((one for one in plan.by_type.get(SQL, ()) if not one.is_gone and text_or(one.root, "name") == named.value), None)
    if primary is not None and primary is not instance and plan.providers.region(primary) == plan.providers.region(instance) != "":
        return list(gcp.put_key(plan, primary, of[0], sheet))
    sheet.constant("encryption.at_rest", True, gcp_terms.ENCRYPTED)
    lost = Unknown(UnknownReason.UNRESOLVED_REFERENCE, instance.at(*of[0]), "it is under the key of its primary, or of its own region")
    sheet.put("encryption.key_custody", lost.within("provider-owned", "customer"))
    return [Link(Rel.USES_KEY, "", lost)]


def _network(instance: Planned, sheet: FactSheet) -> None:
    public = gcp.flag(instance, *_IP, "ipv4_enabled", default=True, doc=_PUBLIC)
    sheet.put("network.public_endpoint", public)
    ingress: AnyFact = public if isinstance(public, Unknown) else _ingress(instance)
    sheet.put("network.ingress_any", ingress)
    if isinstance(public, Known) and not public.value:
        sheet.not_applicable("network.ingress_any", "it has no public address", public.via)
    parts = [_named(instance, *_IP, "private_network")]
    psc = instance.root.flag(*_IP, "psc_config", 0, "psc_enabled")
    if not gcp.is_unwritten(instance.root, (*_IP, "psc_config")):
        parts.append(psc if isinstance(psc, Unknown) else Known(bool(psc.value), psc.via))
    sheet.put("network.private_endpoint", either(parts, instance.at(*_IP)))


def _named(instance: Planned, *path: str | int) -> Maybe[bool]:
    """Whether an argument names something; a reference does before its value is known."""
    found = instance.root.text(*path)
    if isinstance(found, Known):
        return Known(found.value is not None, found.via)
    if gcp.is_unwritten(instance.root, path):
        return Known(False, found.via)
    # An argument that refers to a network is not null; one that only reads a variable may be.
    refers = instance.root.expression(*path)
    named = any(str(one).split(".")[0].removeprefix("data").startswith("google_") for one in (refers or {}).get("references", ()))
    return Known(True, found.via) if named else found


def _ingress(instance: Planned) -> Maybe[bool]:
    """Whether the authorised networks are the whole internet; without any, only Google's connectors get in."""
    networks = gcp.blocks(instance, *_IP, "authorized_networks")
    if isinstance(networks, Unknown):
        return networks
    ranges: list[str] = []
    still: Unknown | None = None
    for one in networks.value:
        value = one.text("value")
        if isinstance(value, Unknown):
            still = value
        elif value.value:
            ranges.append(value.value)
    found = gcp_terms.covers(ranges, networks.via)
    return found if found == Known(True, networks.via) else still or found


def _transport(instance: Planned, sheet: FactSheet) -> None:
    mode, older = instance.root.text(*_IP, "ssl_mode"), instance.root.flag(*_IP, "require_ssl")
    connectors = gcp_terms.is_word(gcp.text(instance, *_S, "connector_enforcement", default="NOT_REQUIRED", doc=_OFF), "REQUIRED")
    via = mode.via
    enforced: Maybe[bool]
    if isinstance(mode, Known) and mode.value:
        enforced = tls_required(mode.value, via)
    elif isinstance(mode, Unknown) and not gcp.is_unwritten(instance.root, (*_IP, "ssl_mode")):
        enforced = mode
    else:
        enforced = gcp.or_default(instance, (*_IP, "require_ssl"), older, False, SSL)
    sheet.put("transport.tls_required", either((enforced, connectors), via))
    sheet.constant("transport.min_tls", "1.2", TLS)


def _logins_and_logs(instance: Planned, sheet: FactSheet) -> None:
    version, via = instance.root.text("database_version"), instance.at("database_version")
    flags = flags_of(instance, *_S, "database_flags")
    at = instance.at(*_S, "database_flags")
    domain = instance.root.text(*_S, "active_directory_config", 0, "domain")
    put_logins(sheet, flags, domain if isinstance(domain, Known) else Known(None, domain.via), at)
    names = ("logging.data_read", "logging.data_write")
    facts: tuple[Maybe[bool], Maybe[bool]]
    if isinstance(version, Unknown):
        facts = version, version
    elif version.value is None:
        # A replica may leave the engine to its primary.
        open_ = Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, "the engine is its primary's")
        facts = open_, open_
    else:
        facts = recorded(version.value.partition("_")[0].upper(), flags, at)
    for name, fact in zip(names, facts, strict=True):
        sheet.put(name, fact)


def _recovery(instance: Planned, sheet: FactSheet) -> None:
    zones = gcp_terms.is_word(gcp.text(instance, *_S, "availability_type", default="ZONAL", doc=_OFF), "REGIONAL")
    sheet.put("recovery.redundancy", zones if isinstance(zones, Unknown) else Known("multi-zone" if zones.value else "zone", zones.via))
    sheet.put("recovery.delete_protected", gcp.flag(instance, *_S, "deletion_protection_enabled", default=False, doc=_OFF))
    if text_or(instance.root, "master_instance_name") or instance.root.is_written("master_instance_name"):
        why = "a read replica is restored through its primary"
        sheet.not_applicable("retention.backup_days", why, instance.at("master_instance_name"))
        sheet.not_applicable("recovery.point_in_time", why, instance.at("master_instance_name"))
        return
    enabled = gcp.flag(instance, *_BACKUP, "enabled", default=False, doc=_OFF)
    logs = [
        gcp.flag(instance, *_BACKUP, name, default=False, doc=_OFF) for name in ("point_in_time_recovery_enabled", "binary_log_enabled")
    ]
    to_the_second = either(logs, instance.at(*_BACKUP))
    to_the_second = both(to_the_second, enabled)
    sheet.put("recovery.point_in_time", to_the_second)
    sheet.put("retention.backup_days", _backup_days(instance, enabled, to_the_second))


def _backup_days(instance: Planned, enabled: Maybe[bool], to_the_second: Maybe[bool]) -> AnyFact:
    days = gcp.number(instance, *_BACKUP, "transaction_log_retention_days", default=7, doc=BACKUP_DAYS)
    count = gcp.number(instance, *_BACKUP, "backup_retention_settings", 0, "retained_backups", default=7, doc=KEPT)
    return backup_days(enabled, to_the_second, days, count)


def _size(instance: Planned, sheet: FactSheet) -> None:
    size = instance.root.number(*_S, "disk_size")
    if isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", size.value * gcp_terms.GIB, size.via)


def _sources(instance: Planned, plan: Plan) -> list[Link]:
    found: list[Link] = []
    for path in (("master_instance_name",), ("clone", 0, "source_instance_name"), ("restore_backup_context", 0, "instance_id")):
        if not gcp.is_unwritten(instance.root, path):
            found += plan.links(Rel.COPY_OF, instance, instance.root, path, {SQL})
    audit = (*_S, "sql_server_audit_config", 0, "bucket")
    if not gcp.is_unwritten(instance.root, audit):
        found += plan.links(Rel.LOGS_TO, instance, instance.root, audit, {"google_storage_bucket"})
    return found


_NAMES: Final = ("name", "id", "self_link", "connection_name")
CONVERTER = Converter(
    frozenset({SQL}),
    convert,
    (Child(DATABASE, "instance", _NAMES),),
    gcp.KEY_TYPES | READS | {"google_storage_bucket"},
)
