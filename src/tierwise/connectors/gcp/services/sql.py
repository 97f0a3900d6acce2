"""Cloud SQL instances with their settings and flags, and the names of their databases. An instance has no IAM policy of its own.

The API leaves out what is off: a switch, a list or a count that is absent was never set (Cloud SQL Admin API v1beta4, DatabaseInstance).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.access.google_iam import either
from tierwise.connectors import fields, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp_sql import BACKUP_DAYS, KEPT, NO_IAM, SSL, TLS, Flags, backup_days, both, put_logins, recorded, tls_required
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "sqladmin.googleapis.com/Instance"
_API: Final = "Cloud SQL Admin API v1beta4"
_OFF: Final = f"{_API}, DatabaseInstance: off or none where it was never set"
_IP: Final = ("settings", "ipConfiguration")
_BACKUP: Final = ("settings", "backupConfiguration")
LIST: Final = Read(
    "sqladmin",
    "/sql/v1beta4/projects/{}/instances",
    "cloudsql.instances.list",
    stage=Stage.SURVEY,
    items="items",
    query=(("maxResults", "1000"),),
    kinds=frozenset({Kind.RELATIONAL_DB}),
)
INSTANCE: Final = Row(
    TYPE,
    frozenset({Kind.RELATIONAL_DB}),
    (LIST,),
    lambda doc, place: f"//cloudsql.googleapis.com/projects/{place.id}/instances/{doc.get('name')}",
    facts=frozenset(
        {
            "encryption.key_custody",
            "transport.tls_required",
            "network.public_endpoint",
            "network.ingress_any",
            "network.private_endpoint",
            "access.central_identity_enabled",
            "logging.data_read",
            "logging.data_write",
            "recovery.redundancy",
            "recovery.delete_protected",
            "recovery.point_in_time",
            "retention.backup_days",
        }
    ),
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per instance."""
    names = [fields.value(asset.data, one, absent="", because=_OFF) for one in ("region", "connectionName")]
    region, connection = (one.value if isinstance(one, Known) else "" for one in names)
    aliases = (asset.name.rpartition("/")[2], connection)
    yield drafted(caller.place, declared, asset, Kind.RELATIONAL_DB, region=region, aliases=aliases, labels=("settings", "userLabels"))


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, its primary, and the bucket that takes the audit of SQL Server."""
    found: list[Link] = []
    for rel, path in (
        (Rel.USES_KEY, ("diskEncryptionConfiguration", "kmsKeyName")),
        (Rel.COPY_OF, ("masterInstanceName",)),
        (Rel.LOGS_TO, ("settings", "sqlServerAuditConfig", "bucket")),
    ):
        named = fields.word(draft.doc(INSTANCE), *path, absent="", because=_OFF)
        if isinstance(named, Known) and named.value:
            # A primary is named `project:instance`, a bucket `gs://name`.
            to = named.value.rpartition(":")[2] if rel is Rel.COPY_OF else named.value.removesuffix("/")
            found.append(Link(rel, gcp_terms.unversioned(to)))
    return tuple(found)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an instance."""
    sheet, row = FactSheet(), draft.doc(INSTANCE)
    gcp_terms.put_custody(sheet, fields.word(row, "diskEncryptionConfiguration", "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED))
    gcp_terms.put_no_policy(sheet, NO_IAM)
    _network(row, sheet)
    mode = fields.word(row, *_IP, "sslMode", absent="", because=SSL)
    older = fields.flag(row, *_IP, "requireSsl", absent=False, because=SSL)
    connectors = _is(row, "REQUIRED", "settings", "connectorEnforcement")
    told: Maybe[bool] = tls_required(mode.value, mode.via) if isinstance(mode, Known) and mode.value else older
    sheet.put("transport.tls_required", either((mode if isinstance(mode, Unknown) else told, connectors), row.via))
    sheet.constant("transport.min_tls", "1.2", TLS)
    _logins_and_logs(row, sheet)
    _recovery(row, sheet)
    size = fields.word(row, "settings", "dataDiskSizeGb", absent="", because=_OFF)
    if isinstance(size, Known) and size.value.isdecimal() and len(size.value) < 12:
        sheet.known("volume.bytes", int(size.value) * gcp_terms.GIB, size.via)
    return sheet.facts


def _is(row: Maybe[Doc | None], word: str, *path: str) -> Maybe[bool]:
    return gcp_terms.is_word(fields.word(row, *path, absent="", because=_OFF), word)


def _network(row: Maybe[Doc | None], sheet: FactSheet) -> None:
    public = fields.flag(row, *_IP, "ipv4Enabled")
    sheet.put("network.public_endpoint", public)
    networks = fields.items(row, *_IP, "authorizedNetworks", because=gcp_terms.NO_LIST)
    if isinstance(public, Known) and not public.value:
        sheet.not_applicable("network.ingress_any", "it has no public address", public.via)
    elif isinstance(public, Unknown) or isinstance(networks, Unknown):
        sheet.put("network.ingress_any", next(one for one in (public, networks) if isinstance(one, Unknown)))
    else:
        sheet.put("network.ingress_any", gcp_terms.covers([str(one.get("value") or "") for one in networks.value], row.via))
    network = fields.word(row, *_IP, "privateNetwork", absent="", because=_OFF)
    joined: Maybe[bool] = network if isinstance(network, Unknown) else Known(bool(network.value), network.via)
    sheet.put(
        "network.private_endpoint", either((joined, fields.flag(row, *_IP, "pscConfig", "pscEnabled", absent=False, because=_OFF)), row.via)
    )


def _logins_and_logs(row: Maybe[Doc | None], sheet: FactSheet) -> None:
    listed = fields.items(row, "settings", "databaseFlags", because=gcp_terms.NO_LIST)
    flags: Maybe[Flags]
    if isinstance(listed, Unknown):
        flags = listed
    else:
        via = listed.via
        pairs = [(one.get("name"), one.get("value") or "") for one in listed.value]
        texts = {name.lower(): Known(value.lower(), via) for name, value in pairs if isinstance(name, str) and isinstance(value, str)}
        whole = len(texts) == len(listed.value)
        flags = (
            Known(texts, via)
            if whole
            else Unknown(UnknownReason.UNPARSABLE, via, "a database flag that is not told once, by name and text")
        )
    domain = fields.word(row, "settings", "activeDirectoryConfig", "domain", absent="", because=_OFF)
    put_logins(sheet, flags, domain if isinstance(domain, Known) else Known("", domain.via), row.via)
    version = fields.word(row, "databaseVersion")
    logs = (version, version) if isinstance(version, Unknown) else recorded(version.value.partition("_")[0].upper(), flags, row.via)
    for name, fact in zip(("logging.data_read", "logging.data_write"), logs, strict=True):
        sheet.put(name, fact)


def _recovery(row: Maybe[Doc | None], sheet: FactSheet) -> None:
    zones = _is(row, "REGIONAL", "settings", "availabilityType")
    sheet.put("recovery.redundancy", zones if isinstance(zones, Unknown) else Known("multi-zone" if zones.value else "zone", zones.via))
    sheet.put("recovery.delete_protected", fields.flag(row, "settings", "deletionProtectionEnabled", absent=False, because=_OFF))
    primary = fields.word(row, "masterInstanceName", absent="", because=_OFF)
    if isinstance(primary, Known) and primary.value:
        for name in ("retention.backup_days", "recovery.point_in_time"):
            sheet.not_applicable(name, "a read replica is restored through its primary", primary.via)
        return
    enabled = fields.flag(row, *_BACKUP, "enabled", absent=False, because=_OFF)
    logs = [fields.flag(row, *_BACKUP, one, absent=False, because=_OFF) for one in ("pointInTimeRecoveryEnabled", "binaryLogEnabled")]
    to_the_second = both(either(logs, row.via), enabled)
    sheet.put("recovery.point_in_time", to_the_second)
    days = _count(fields.number(row, *_BACKUP, "transactionLogRetentionDays", absent=7, because=BACKUP_DAYS))
    sheet.put("retention.backup_days", backup_days(enabled, to_the_second, days, _kept(row)))


def _kept(row: Maybe[Doc | None]) -> Maybe[int]:
    unit = fields.word(row, *_BACKUP, "backupRetentionSettings", "retentionUnit", absent="COUNT", because=KEPT)
    if isinstance(unit, Known) and unit.value not in ("COUNT", "RETENTION_UNIT_UNSPECIFIED"):
        return Unknown(UnknownReason.NOT_SUPPORTED, unit.via, "backups are kept by a unit that is not known")
    return _count(fields.number(row, *_BACKUP, "backupRetentionSettings", "retainedBackups", absent=7, because=KEPT))


def _count(found: Maybe[float]) -> Maybe[int]:
    return found if isinstance(found, Unknown) else Known(int(found.value), found.via)


COLLECTOR = Collector("sql", (INSTANCE,), (), survey, facts, links)
