"""The reads of storage accounts: what Resource Graph lists of them, and what each service below an account says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.read import Read, Row
from tierwise.connectors.declared import Draft
from tierwise.model.content import Depth
from tierwise.model.fact import Known, Maybe
from tierwise.model.resource import Kind, Rel

TYPE: Final = "Microsoft.Storage/storageAccounts"
VERSION: Final = "2024-01-01"
FILES: Final = "FileStorage"
"""The kind of account that holds file shares and no blobs."""


def kind_of(draft: Draft) -> str:
    """The account's kind: Storage, StorageV2, BlobStorage, BlockBlobStorage, FileStorage."""
    found = fields.value(draft.doc(ACCOUNT), "kind")
    return str(found.value) if isinstance(found, Known) else ""


def _has_blobs(draft: Draft) -> bool:
    return kind_of(draft) != FILES


ACCOUNT: Final = Row(
    TYPE,
    frozenset({Kind.OBJECT_STORE, Kind.FILE_SHARE}),
    frozenset(
        {
            "encryption.key_custody",
            "transport.tls_required",
            "transport.min_tls",
            "network.public_endpoint",
            "network.ingress_any",
            "network.private_endpoint",
            "access.public_blocked",
            "access.public_acls_blocked",
            "access.shared_key_enabled",
            "access.organisation_perimeter",
            "access.bearer_link_max_hours",
            "credential.oldest_key_days",
            "recovery.redundancy",
        }
    ),
)
BLOBS: Final = Read(
    TYPE,
    "blobServices/default",
    VERSION,
    f"{TYPE}/blobServices/read",
    facts=frozenset(
        {
            "recovery.versioning",
            "recovery.soft_delete_days",
            "recovery.point_in_time",
            "access.cors_any_origin",
            "retention.noncurrent_days",
        }
    ),
    when=_has_blobs,
)


def _has_own_key(draft: Draft) -> bool:
    """Whether a key of the customer's is over the whole account, so that a scope can only be weaker."""
    return _has_blobs(draft) and is_customers(fields.word(draft.doc(ACCOUNT), "properties", "encryption", "keySource"))


def is_customers(source: Maybe[str]) -> bool:
    """Whether what holds a key is known to be a vault of the customer's."""
    return isinstance(source, Known) and source.value.lower() == "microsoft.keyvault"


SCOPES: Final = Read(
    TYPE,
    "encryptionScopes",
    VERSION,
    f"{TYPE}/encryptionScopes/read",
    facts=frozenset({"encryption.key_custody"}),
    links=frozenset({Rel.USES_KEY}),
    listing=True,
    told=True,
    when=_has_own_key,
)
CONTAINERS: Final = Read(
    TYPE,
    "blobServices/default/containers",
    VERSION,
    f"{TYPE}/blobServices/containers/read",
    facts=frozenset(
        {
            "access.anonymous_read",
            "access.website_enabled",
            "encryption.key_custody",
            "immutability.mode",
            "immutability.min_days",
            "retention.legal_hold",
        }
    ),
    listing=True,
    when=_has_blobs,
)
LIFECYCLE: Final = Read(
    TYPE,
    "managementPolicies/default",
    VERSION,
    f"{TYPE}/managementPolicies/read",
    facts=frozenset({"retention.expiry_configured", "retention.delete_after_days", "retention.noncurrent_days"}),
    # An account without a policy answers 404 (Azure Storage documentation, "Configure a lifecycle management policy").
    absent=frozenset({"ManagementPolicyNotFound"}),
    told=True,
    when=_has_blobs,
)
BLOB_LOGS: Final = reach.diagnostics(TYPE, "blobServices/default", when=_has_blobs)
READ_BLOBS: Final = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
"""The data action of both reads of blobs, of their names and of what is in them (REST API, "List Blobs" and "Get Blob", permissions)."""
BY_DEPTH: Final[Mapping[Depth, tuple[str, ...]]] = {Depth.METADATA: (), Depth.NAMES: (READ_BLOBS,), Depth.CONTENT: (READ_BLOBS,)}
"""The data actions that a depth adds to the actions of an inventory."""
