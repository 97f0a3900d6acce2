"""What the smaller stores of Google Cloud say or cannot be told otherwise. Pure; for plans and live stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tierwise.connectors import gcp_terms
from tierwise.connectors.fields import whole
from tierwise.connectors.gcp_terms import put_network_only, put_no_policy
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason

_REDIS_NETWORK: Final = "Memorystore for Redis and Valkey, networking: an instance has a private address only"
_REDIS_NO_IAM: Final = "Memorystore for Redis and Valkey, access control: an instance has no IAM policy of its own"
_REDIS_NOT_LOGGED: Final = "Memorystore for Redis and Valkey, audit logging: only administrative calls are logged, no commands"
REDIS_SNAPSHOTS: Final = Known(
    0, Provenance("constant: Memorystore for Redis, RDB snapshots: the latest only, for the recovery of the instance")
)
"""RDB snapshots are for restarts of the instance: only the last one is kept, and nobody can go back to an earlier one."""
_MEMCACHE: Final = "Memorystore for Memcached API v1, Instance: it has no such setting"
_FILESTORE_NETWORK: Final = "Filestore, networking: an instance has a private address only"
_FILESTORE_NO_IAM: Final = "Filestore, access control: who may mount is set by network and export options, not by IAM"
PLAIN: Final = "Filestore: NFS traffic is plain unless Kerberos encrypts it (NFSv4.1 with a directory service)"
FILESTORE_ZONES: Final = ("ENTERPRISE", "REGIONAL")
_NO_ADDRESS: Final = "Compute Engine: a disk has no address; it is reached through the instance that it is attached to"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": gcp_terms.DAY}
SPANNER_HOUR: Final = "Spanner, point-in-time recovery: 1 hour of versions unless version_retention_period says otherwise, 7 days at most"
_FIRESTORE_NO_IAM: Final = "Firestore, IAM: a database has no IAM policy of its own; whom security rules let in is set in Firebase"
_ALLOYDB_NO_IAM: Final = "AlloyDB, IAM: a cluster has no IAM policy of its own, and its data takes a database login"
_UNSHARED: Final = "AlloyDB, IAM: a backup has no IAM policy of its own; it is restored in its own project"
_DELETABLE: Final = "Spanner, Bigtable and AlloyDB, delete a backup: whoever may delete one can do so at once"
ALLOYDB_PRIVATE: Final = "AlloyDB, connection overview: an instance has a private address; a public one only where it is asked for"
ALLOYDB_ENCRYPTED: Final = "AlloyDB, configure SSL enforcement: instances accept encrypted connections only unless ssl_mode says otherwise"
ALLOYDB_CONTINUOUS: Final = "AlloyDB, continuous backup: on, with a window of 14 days, unless the cluster says otherwise"
ALLOYDB_REGIONAL: Final = "AlloyDB, create a primary instance: several zones unless availability_type says ZONAL"


def put_redis(sheet: FactSheet) -> None:
    """Sets what every instance and cluster of Memorystore for Redis and Valkey has alike."""
    put_no_policy(sheet, _REDIS_NO_IAM)
    put_network_only(sheet, _REDIS_NETWORK)
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, _REDIS_NOT_LOGGED)


def put_redis_tls(sheet: FactSheet, encrypted: Maybe[bool]) -> None:
    """Sets what in-transit encryption of Memorystore for Redis and Valkey means."""
    sheet.put("transport.tls_required", encrypted)
    sheet.put("transport.internode_encrypted", encrypted)
    if isinstance(encrypted, Unknown):
        sheet.put("transport.min_tls", Unknown(encrypted.reason, encrypted.via, encrypted.detail, between=("none", "1.2")))
    else:
        # Memorystore for Redis and for Valkey, "About in-transit encryption": TLS 1.2 and higher.
        sheet.known("transport.min_tls", "1.2" if encrypted.value else "none", encrypted.via)


def put_redis_auth(sheet: FactSheet, password: Maybe[bool]) -> None:
    """Sets how one logs in to an instance of Memorystore for Redis: by its AUTH string or not at all."""
    sheet.put("access.shared_key_enabled", password)
    sheet.put("access.local_auth_enabled", password)
    sheet.constant("access.central_identity_enabled", False, "Memorystore for Redis API v1, Instance: it has no such setting")


def put_redis_logins(sheet: FactSheet, mode: Maybe[str]) -> None:
    """Sets how one logs in to a cluster of Memorystore for Redis or an instance for Valkey, by its authorization mode: clusters' modes have a prefix."""
    # Memorystore for Valkey, "Secure access to instances by using basic token-based authentication": tokens of the default user, or of users in the instance.
    tokens = gcp_terms.is_word(mode, "AUTH_MODE_TOKEN_AUTH", "TOKEN_AUTH")
    sheet.put("access.shared_key_enabled", tokens)
    sheet.put("access.local_auth_enabled", tokens)
    sheet.put("access.central_identity_enabled", gcp_terms.is_word(mode, "AUTH_MODE_IAM_AUTH", "IAM_AUTH"))


def put_memcache(sheet: FactSheet) -> None:
    """Sets what every instance of Memorystore for Memcached has alike."""
    put_no_policy(sheet, "Memorystore for Memcached, access control: an instance has no IAM policy of its own")
    put_network_only(sheet, "Memorystore for Memcached, networking: private services access, no public address")
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, "Memorystore for Memcached, audit logging: administrative calls only, no commands")
    gcp_terms.put_custody(sheet, Known("", Provenance(f"constant: {_MEMCACHE}")))
    put_redis_tls(sheet, Known(False, Provenance(f"constant: {_MEMCACHE}")))
    for name in ("access.shared_key_enabled", "access.local_auth_enabled", "access.central_identity_enabled"):
        sheet.constant(name, False, _MEMCACHE)
    sheet.constant("retention.backup_days", 0, _MEMCACHE)
    sheet.constant("recovery.redundancy", "zone", "Memorystore for Memcached, overview: keys are split among the nodes and not replicated")


def put_filestore(sheet: FactSheet) -> None:
    """Sets what every Filestore instance has alike."""
    put_no_policy(sheet, _FILESTORE_NO_IAM)
    put_network_only(sheet, _FILESTORE_NETWORK)
    sheet.not_applicable("transport.min_tls", "NFS has no TLS; Kerberos encrypts where it is set up", Provenance(f"constant: {PLAIN}"))
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, "Filestore, audit logging: administrative calls only, no file operations")
    sheet.constant("retention.backup_days", 0, "Filestore, backups: there are no automatic ones; schedules are made outside the instance")
    sheet.constant("recovery.soft_delete_days", 0, "Filestore: deleted files and instances are gone unless a backup has them")


def put_snapshot(sheet: FactSheet) -> None:
    """Sets what every snapshot of a disk has alike."""
    # Compute Engine has no switch against sharing a snapshot with everybody, and no write-once mode for standard snapshots.
    sheet.constant("access.public_blocked", False, "Compute Engine, share snapshots: IAM alone says who may use one")
    sheet.constant("immutability.mode", "none", "Compute Engine, standard snapshots: whoever may delete one can do so at once")
    sheet.constant("immutability.min_days", 0, "Compute Engine, standard snapshots: whoever may delete one can do so at once")


def put_backup(sheet: FactSheet, *, shared: bool) -> None:
    """Sets what every backup of a database has alike; `shared` is whether it has an IAM policy of its own."""
    if shared:
        sheet.constant("access.public_blocked", False, "Spanner and Bigtable, IAM: its policy alone says who may restore a backup")
    else:
        put_no_policy(sheet, _UNSHARED)
        sheet.constant("access.public_blocked", True, _UNSHARED)
    sheet.constant("immutability.mode", "none", _DELETABLE)
    sheet.constant("immutability.min_days", 0, _DELETABLE)


def put_disk(sheet: FactSheet) -> None:
    """Sets what every disk has alike."""
    sheet.constant("network.public_endpoint", False, _NO_ADDRESS)
    sheet.not_applicable("network.ingress_any", "a disk has no address")
    sheet.constant("network.private_endpoint", True, _NO_ADDRESS)
    sheet.not_applicable("recovery.delete_protected", "Compute Engine has no deletion protection for disks")
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, "Compute Engine: reads and writes of blocks are not logged")


def span(found: Maybe[str]) -> Maybe[int]:
    """Seconds of a span as Spanner writes it: `1h`, `7d`, `3600s`."""
    if isinstance(found, Unknown):
        return found
    number, unit = whole(found.value.strip()[:-1]), found.value.strip()[-1:]
    if number is not None and number >= 0 and unit in _UNITS:
        return Known(number * _UNITS[unit], found.via)
    return Unknown(UnknownReason.UNPARSABLE, found.via, "not a span of time")


def spanner_redundancy(config: Known[str]) -> Known[str]:
    """What data survives under an instance configuration."""
    name = config.value.rpartition("/")[2]
    return Known("multi-zone" if name.startswith("regional-") else "multi-region", config.via)


def spanner_region(config: str) -> str:
    """`regional-europe-west2` is a region; a multi-region of Spanner is not one of Cloud Storage of the same name."""
    name = config.rpartition("/")[2].lower()
    return name.removeprefix("regional-") if name.startswith("regional-") or not name else f"spanner-{name}"


def hours(found: Maybe[str | None]) -> Maybe[int]:
    """Hours of a Go duration: `72h0m0s`, `72h`, or of seconds: `259200s`."""
    if isinstance(found, Unknown):
        return found
    text, mark, _ = (found.value or "").partition("h")
    number = whole(text) if mark else None
    if number is not None and number >= 0:
        return Known(number, found.via)
    seconds = gcp_terms.seconds(found)
    return seconds if isinstance(seconds, Unknown) else Known((seconds.value or 0) // 3600, seconds.via)


def put_bigtable(sheet: FactSheet) -> None:
    """Sets what every Bigtable table has alike."""
    sheet.constant("recovery.point_in_time", False, "Bigtable, backups: a table is restored to a backup, not to a second")


def bigtable_redundancy(regions: Sequence[str], via: Provenance) -> Known[str]:
    """What data survives in clusters of these regions, one for each: a cluster is in one zone, clusters in one region are in several."""
    if len(set(regions)) > 1:
        return Known("multi-region", via)
    return Known("multi-zone" if len(regions) > 1 else "zone", via)


def put_firestore(sheet: FactSheet, via: Provenance) -> None:
    """Sets whom a Firestore database lets in: Firebase Security Rules can let in anybody, and what they say is not read."""
    put_no_policy(sheet, _FIRESTORE_NO_IAM)
    rules = Unknown(UnknownReason.NOT_COLLECTED, via, "what Firebase Security Rules allow is not read")
    for name in ("access.anonymous_read", "access.anonymous_write"):
        sheet.put(name, rules)


def put_alloydb(sheet: FactSheet) -> None:
    """Sets what every AlloyDB cluster has alike."""
    put_no_policy(sheet, _ALLOYDB_NO_IAM)
    sheet.constant("network.private_endpoint", True, ALLOYDB_PRIVATE)
    sheet.constant("transport.min_tls", "1.2", "AlloyDB, connection overview: TLS 1.2 or later")
    sheet.constant("access.local_auth_enabled", True, "AlloyDB, manage users: built-in users log in with passwords")
    sheet.constant(
        "recovery.delete_protected", False, "AlloyDB: the API has no deletion protection; the Terraform argument is the client's"
    )
