"""What Google's predefined roles let their members do with data; a role not listed here is not guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_BASIC_READ: Final = frozenset({"viewer", "editor", "owner"})
_BASIC_WRITE: Final = frozenset({"editor", "owner"})


@dataclass(frozen=True, slots=True)
class Roles:
    """The predefined roles of one service, without `roles/`, by what they allow."""

    reads: frozenset[str]
    """Read data or list it; of a key, decrypt."""
    writes: frozenset[str]
    """Write or delete data, or change who may."""
    neither: frozenset[str] = frozenset()


def _roles(service: str, both: str, reads: str = "", writes: str = "", neither: str = "") -> Roles:
    def full(names: str) -> frozenset[str]:
        return frozenset(f"{service}.{name}" for name in names.split())

    return Roles(full(f"{both} {reads}") | _BASIC_READ, full(f"{both} {writes}") | _BASIC_WRITE, full(neither))


# IAM documentation, "IAM basic and predefined roles reference": https://cloud.google.com/iam/docs/understanding-roles
SERVICES: Final[Mapping[str, Roles]] = {
    "storage": _roles(
        "storage",
        "admin objectAdmin objectUser legacyBucketOwner legacyBucketWriter legacyObjectOwner",
        "objectViewer legacyBucketReader legacyObjectReader",
        "objectCreator",
        "bucketViewer hmacKeyAdmin insightsCollectorService",
    ),
    "bigquery": _roles(
        "bigquery",
        "admin dataEditor dataOwner",
        "dataViewer filteredDataViewer",
        "",
        "metadataViewer user jobUser readSessionUser connectionUser",
    ),
    "cloudsql": _roles("cloudsql", "admin", "editor instanceUser client", "editor", "viewer"),
    "cloudkms": Roles(
        frozenset(
            {f"cloudkms.{name}" for name in ("cryptoKeyDecrypter", "cryptoKeyEncrypterDecrypter", "cryptoKeyDecrypterViaDelegation")}
            | {"cloudkms.cryptoKeyEncrypterDecrypterViaDelegation", "cloudkms.cryptoOperator", "owner"}
        ),
        frozenset({"cloudkms.admin", "owner", "editor"}),
        frozenset(
            {f"cloudkms.{name}" for name in ("viewer", "publicKeyViewer", "cryptoKeyEncrypter", "signer", "verifier", "signerVerifier")}
            | {"viewer"}
        ),
    ),
    "secretmanager": Roles(
        frozenset({"secretmanager.admin", "secretmanager.secretAccessor", "owner"}),
        frozenset({"secretmanager.admin", "secretmanager.secretVersionAdder", "secretmanager.secretVersionManager", "owner", "editor"}),
        frozenset({"secretmanager.viewer", "viewer"}),
    ),
    "pubsub": _roles("pubsub", "admin editor", "subscriber", "publisher", "viewer"),
    "spanner": _roles(
        "spanner", "admin databaseAdmin databaseUser", "databaseReader databaseReaderWithDataBoost", "", "viewer backupWriter"
    ),
    "compute": _roles("compute", "admin instanceAdmin instanceAdmin.v1 storageAdmin", "imageUser", "", "viewer networkUser networkViewer"),
    "bigtable": _roles("bigtable", "admin user", "reader", "", "viewer"),
}
ADMIN: Final = frozenset(
    {
        "owner",
        "editor",
        "resourcemanager.projectIamAdmin",
        "resourcemanager.organizationAdmin",
        "resourcemanager.folderAdmin",
        "iam.securityAdmin",
    }
)
"""Roles that may do everything, or give it."""
ESCALATING: Final = ADMIN | {
    f"iam.{name}"
    for name in ("serviceAccountAdmin", "serviceAccountKeyAdmin", "serviceAccountTokenCreator", "serviceAccountUser", "roleAdmin", "organizationRoleAdmin")
} | {"resourcemanager.folderIamAdmin", "iam.workloadIdentityPoolAdmin", "cloudbuild.builds.editor", "deploymentmanager.editor", "composer.admin"}  # fmt: skip
"""Roles that on a whole project lead to the rights of its service accounts, or to any role."""
_DATA_SERVICES: Final = frozenset(
    {*SERVICES, "datastore", "firebase", "redis", "file", "alloydb", "compute", "logging", "dataflow", "dataproc"}
)
_WIDE: Final = frozenset({"owner", "editor", "viewer"})


def data_of(service: str, role: str) -> tuple[bool | None, bool | None]:
    """Whether a role reads and whether it changes the data of a service; None where its permissions are not known."""
    name = role.removeprefix("roles/")
    known = SERVICES[service]
    if name in known.reads | known.writes | known.neither:
        return name in known.reads, name in known.writes
    return None, None


def is_predefined(role: str) -> bool:
    """Whether Google wrote a role; others are defined in a project or an organisation."""
    return role.startswith("roles/")


def touches_data(role: str) -> bool | None:
    """Whether a role gives data of some store; None where its permissions are not known."""
    if not is_predefined(role):
        return None
    name = role.removeprefix("roles/")
    service = name.partition(".")[0]
    if name in _BASIC_READ:
        return True
    if service not in _DATA_SERVICES:
        return False
    found = SERVICES.get(service)
    if found is None or name not in found.reads | found.writes | found.neither:
        return None
    return name not in found.neither


def is_wide(role: str) -> bool:
    """Whether a predefined role gives every action on data: a basic role, or the `admin` of a service that holds data."""
    name = role.removeprefix("roles/")
    service, dot, last = name.partition(".")
    return name in _WIDE if not dot else service in _DATA_SERVICES and last in ("admin", "objectAdmin", "dataOwner", "databaseAdmin")
