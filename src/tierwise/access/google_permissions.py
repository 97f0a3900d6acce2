"""What single permissions let a role that Google did not write do. Pure.

IAM documentation, "IAM permissions reference": https://cloud.google.com/iam/docs/permissions-reference. A custom role names each permission in full, without wildcards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ADMIN: Final = frozenset(f"resourcemanager.{level}.setIamPolicy" for level in ("projects", "folders", "organizations"))
"""Give any role on the place where they are held."""
ESCALATING: Final = ADMIN | {
    "iam.serviceAccounts.actAs", "iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.implicitDelegation", "iam.serviceAccounts.signBlob",
    "iam.serviceAccounts.signJwt", "iam.serviceAccounts.setIamPolicy", "iam.serviceAccountKeys.create", "iam.roles.update",
    "iam.workloadIdentityPoolProviders.create", "iam.workloadIdentityPoolProviders.update",
    "deploymentmanager.deployments.create", "deploymentmanager.deployments.update", "cloudbuild.builds.create",
}  # fmt: skip
"""Lead to the rights of service accounts, or to any role: what the predefined roles that escalate consist of."""
READS: Final[Mapping[str, frozenset[str]]] = {
    "storage": frozenset({"storage.objects.get", "storage.objects.list"}),
    "bigquery": frozenset({"bigquery.tables.getData", "bigquery.tables.export", "bigquery.rowAccessPolicies.getFilteredData"}),
    "cloudsql": frozenset({"cloudsql.instances.connect", "cloudsql.instances.login", "cloudsql.instances.export"}),
    "cloudkms": frozenset({"cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToDecryptViaDelegation"}),
    "secretmanager": frozenset({"secretmanager.versions.access"}),
    "pubsub": frozenset({"pubsub.subscriptions.consume"}),
    "spanner": frozenset({"spanner.databases.read", "spanner.databases.select", "spanner.databases.partitionRead", "spanner.databases.partitionQuery"}),
    "compute": frozenset({"compute.disks.useReadOnly", "compute.snapshots.useReadOnly", "compute.images.useReadOnly", "compute.disks.createSnapshot"}),
    "bigtable": frozenset({"bigtable.tables.readRows"}),
}  # fmt: skip
WRITES: Final[Mapping[str, frozenset[str]]] = {
    "storage": frozenset(
        {f"storage.objects.{verb}" for verb in ("create", "delete", "update", "setIamPolicy")} | {"storage.buckets.setIamPolicy", "storage.buckets.delete"}
    ),
    "bigquery": frozenset(
        {f"bigquery.tables.{verb}" for verb in ("updateData", "delete", "setIamPolicy")} | {"bigquery.datasets.delete", "bigquery.datasets.setIamPolicy"}
    ),
    "cloudsql": frozenset({f"cloudsql.{verb}" for verb in ("instances.delete", "instances.import", "databases.delete", "users.create", "users.update")}),
    "cloudkms": frozenset({f"cloudkms.{verb}" for verb in ("cryptoKeys.setIamPolicy", "keyRings.setIamPolicy", "cryptoKeyVersions.destroy")}),
    "secretmanager": frozenset({f"secretmanager.{verb}" for verb in ("versions.add", "versions.destroy", "secrets.delete", "secrets.setIamPolicy")}),
    "pubsub": frozenset({f"pubsub.{verb}" for verb in ("topics.publish", "topics.setIamPolicy", "subscriptions.setIamPolicy")}),
    "spanner": frozenset({f"spanner.databases.{verb}" for verb in ("write", "updateDdl", "drop", "setIamPolicy")}),
    "compute": frozenset({f"compute.{verb}" for verb in ("disks.use", "disks.delete", "disks.setIamPolicy", "snapshots.setIamPolicy")}),
    "bigtable": frozenset({f"bigtable.tables.{verb}" for verb in ("mutateRows", "delete", "setIamPolicy")}),
}  # fmt: skip
_OTHERS: Final = frozenset(
    {f"datastore.entities.{verb}" for verb in ("get", "list", "create", "update", "delete")}
    | {"datastore.databases.export", "redis.instances.export", "redis.instances.getAuthString", "alloydb.instances.connect", "alloydb.users.create"}
)  # fmt: skip
"""Of services whose roles are not read one by one."""
_DATA: Final = _OTHERS.union(*READS.values(), *WRITES.values())


def data_of(service: str, permits: frozenset[str]) -> tuple[bool, bool]:
    """Whether permissions read and whether they change the data of a service."""
    return bool(permits & READS[service]), bool(permits & WRITES[service])


def touches_data(permits: frozenset[str]) -> bool:
    """Whether permissions give data of some store."""
    return bool(permits & _DATA)


def read_services(permits: frozenset[str]) -> frozenset[str]:
    """The services whose data permissions read."""
    return frozenset(service for service, named in READS.items() if permits & named)
