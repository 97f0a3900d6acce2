"""Facts of RDS, Aurora, DocumentDB and Neptune databases, made from what was listed; no call is made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tierwise.access.share import put_no_policy
from tierwise.connectors.aws import rds_parameters as parameters
from tierwise.connectors.aws.listed import flag
from tierwise.connectors.aws.network import put_network
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Doc
from tierwise.model.database import on_cluster_storage
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind

GIB: Final = 1024**3
_MEMBER = "its cluster keeps the data"
_DOCUMENT = frozenset({"docdb", "neptune"})


@dataclass(frozen=True, slots=True)
class Database:
    """One instance or cluster, as far as it has been read."""

    engine: str
    item: Doc
    """The instance or the cluster as listed."""
    docs: dict[str, Maybe[Doc | None]]
    via: Provenance
    cluster: Maybe[Doc | None]
    """The cluster itself, the cluster of a member, None for an instance of its own, or why a member's cluster is not known."""
    is_cluster: bool
    public: Maybe[bool]
    security_groups: Maybe[Doc | None]
    secondaries: Maybe[tuple[str, ...]]
    """The other clusters of a global cluster."""
    find: parameters.Lookup

    @property
    def is_member(self) -> bool:
        """Whether it is an instance of a cluster."""
        return not self.is_cluster and bool(self.item.get("DBClusterIdentifier"))


def kind_of(engine: str) -> Kind:
    """DocumentDB and Neptune answer through the RDS API; their engine tells them apart."""
    return Kind.DOCUMENT_DB if engine in _DOCUMENT else Kind.RELATIONAL_DB


def stored_encrypted(item: Doc, name: str, via: Provenance) -> Maybe[bool]:
    """Encryption at rest by `StorageEncryptionType` where given, else by the older flag.

    An AWS owned key (`sse-rds`) is not `StorageEncrypted`, yet encrypted (RDS API, DBInstance).
    """
    sort = item.get("StorageEncryptionType")
    return Known(sort != "none", via) if sort in ("none", "sse-kms", "sse-rds") else flag(item, name, via)


def keyless(item: Doc) -> str | None:
    """Whose key it is where none is named: AWS's own for `sse-rds`, else the API always names one."""
    return "provider-owned" if item.get("StorageEncryptionType") == "sse-rds" else None


def put_all(database: Database) -> dict[str, AnyFact]:
    """All facts of a database that were read so far."""
    sheet = FactSheet()
    item, via = database.item, database.via
    put_encryption(sheet, stored_encrypted(item, "StorageEncrypted", via), item.get("KmsKeyId"), database.docs, without=keyless(item))
    put_no_policy(sheet, "RDS, DocumentDB and Neptune databases take no resource policy; users log in to the database")
    groups = [str(each["VpcSecurityGroupId"]) for each in item.get("VpcSecurityGroups") or ()]
    put_network(sheet, database.public, database.security_groups, groups, _port(item))
    _put_login(database, sheet)
    sheet.put("transport.tls_required", parameters.tls_required(database.engine, database.find, via))
    sheet.put("transport.min_tls", parameters.min_tls(database.engine, database.find, via))
    _put_logging(database, sheet)
    _put_recovery(database, sheet)
    if kind_of(database.engine) is Kind.DOCUMENT_DB:
        _put_expiry(database, sheet)
    _put_size(database, sheet)
    return sheet.facts


def _port(item: Doc) -> int | None:
    endpoint = item.get("Endpoint")
    # A cluster's Endpoint is a name and its port stands beside it; an instance's is a structure.
    found = endpoint.get("Port") if isinstance(endpoint, dict) else item.get("Port")
    return int(found) if found else None


def _put_login(database: Database, sheet: FactSheet) -> None:
    via, engine = database.via, database.engine
    iam = flag(database.item, "IAMDatabaseAuthenticationEnabled", via)
    if engine == "neptune":
        sheet.constant("access.local_auth_enabled", False, "Neptune User Guide, security: Neptune keeps no users or passwords of its own")
        sheet.put("access.central_identity_enabled", iam)
    elif engine == "docdb":
        sheet.constant("access.local_auth_enabled", True, "DocumentDB Developer Guide, users: the primary user logs in with a password")
        version = str(database.item.get("EngineVersion", ""))
        inside = "IAM users are created inside the database (engine 5.0 and newer), no API lists them"
        sheet.put(
            "access.central_identity_enabled",
            Known(False, via) if version.startswith(("3.", "4.")) else Unknown(UnknownReason.NOT_SUPPORTED, via, inside),
        )
    else:
        sheet.constant("access.local_auth_enabled", True, "RDS User Guide, master user: it logs in with a password")
        # A joined directory (Kerberos) is a central identity too, for the engines that have no IAM login.
        joined = any(each.get("Status") in ("joined", "kerberos-enabled") for each in database.item.get("DomainMemberships") or ())
        sheet.put("access.central_identity_enabled", Known(True, via) if joined else iam)
    if kind_of(engine) is Kind.DOCUMENT_DB:
        sheet.constant("access.shared_key_enabled", False, "DocumentDB and Neptune know users or IAM identities, no shared key")


def _put_logging(database: Database, sheet: FactSheet) -> None:
    cluster = database.cluster
    if isinstance(cluster, Unknown):
        reads: Maybe[bool] = cluster
        writes: Maybe[bool] = cluster
    else:
        # A member's logs are switched on for its cluster (Aurora User Guide, publishing logs to CloudWatch Logs).
        holder = cluster.value or database.item
        exports = frozenset(str(each) for each in holder.get("EnabledCloudwatchLogsExports") or ())
        stream = holder.get("ActivityStreamStatus") == "started"
        reads, writes = parameters.recorded(database.engine, exports, stream, database.find, database.via)
    sheet.put("logging.data_read", reads)
    sheet.put("logging.data_write", writes)


def _put_recovery(database: Database, sheet: FactSheet) -> None:
    item, via = database.item, database.via
    if database.is_member:
        for name in ("retention.backup_days", "recovery.point_in_time", "recovery.delete_protected", "recovery.redundancy"):
            sheet.not_applicable(name, _MEMBER, via)
        return
    days = item.get("BackupRetentionPeriod")
    if days is None:
        missing = Unknown(UnknownReason.NOT_COLLECTED, via, "the answer has no BackupRetentionPeriod")
        sheet.put("retention.backup_days", missing)
        sheet.put("recovery.point_in_time", missing)
    else:
        sheet.known("retention.backup_days", int(days), via)
        # RDS User Guide, automated backups: with a retention period above 0, transaction logs are kept for restores to any second in it.
        sheet.known("recovery.point_in_time", int(days) > 0, via)
    sheet.put("recovery.delete_protected", flag(item, "DeletionProtection", via))
    if not on_cluster_storage(database.engine):
        zones = flag(item, "MultiAZ", via)
        sheet.put("recovery.redundancy", zones if isinstance(zones, Unknown) else Known("multi-zone" if zones.value else "zone", via))
    elif isinstance(database.secondaries, Unknown):
        why = database.secondaries
        sheet.put("recovery.redundancy", Unknown(why.reason, why.via, why.detail, between=("multi-zone", "multi-region")))
    elif any(_region(arn) != _region(str(item.get("DBClusterArn"))) for arn in database.secondaries.value):
        sheet.known("recovery.redundancy", "multi-region", database.secondaries.via)
    else:
        sheet.constant("recovery.redundancy", "multi-zone", "Aurora, DocumentDB and Neptune storage: six copies across three zones")


def _region(arn: str) -> str:
    return (arn.split(":") + [""] * 4)[3]


def _put_expiry(database: Database, sheet: FactSheet) -> None:
    if database.engine == "neptune":
        sheet.constant("retention.expiry_configured", False, "Neptune has no rule that deletes data by age")
        sheet.constant("retention.delete_after_days", UNLIMITED, "Neptune has no rule that deletes data by age")
        return
    inside = Unknown(UnknownReason.NOT_SUPPORTED, database.via, "TTL indexes are kept inside the database, no API lists them")
    sheet.put("retention.expiry_configured", inside)
    sheet.put("retention.delete_after_days", inside)


def _put_size(database: Database, sheet: FactSheet) -> None:
    if database.is_member:
        sheet.not_applicable("volume.bytes", _MEMBER, database.via)
        sheet.not_applicable("volume.items", _MEMBER, database.via)
    elif on_cluster_storage(database.engine):
        # Aurora always reports one GiB (RDS API, DBCluster.AllocatedStorage); its real size is a CloudWatch metric.
        sheet.put("volume.bytes", Unknown(UnknownReason.NOT_COLLECTED, database.via, "the size of a cluster volume is a CloudWatch metric"))
    elif database.item.get("AllocatedStorage"):
        sheet.known("volume.bytes", int(database.item["AllocatedStorage"]) * GIB, database.via)
