"""The reads of S3: which call needs which IAM action and yields which facts of a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Draft, Stage, field_of
from tierwise.model.fact import Known, Maybe, Unknown
from tierwise.model.resource import Kind


def _bucket(draft: Draft) -> Mapping[str, Any]:
    return {"Bucket": draft.resource.name}


def _if_versioned(draft: Draft) -> Mapping[str, Any] | None:
    # Replication requires versioning on the source (S3 User Guide, "Requirements for replication"), so without it there is nothing to read.
    status = field_of(draft.doc(VERSIONING), "Status")
    return None if isinstance(status, Known) and status.value != "Enabled" else _bucket(draft)


def _if_acls_count(draft: Draft) -> Mapping[str, Any] | None:
    return None if ownership(draft) == Known("BucketOwnerEnforced", OWNERSHIP.via) else _bucket(draft)


AUDIENCE = frozenset(
    {
        "access.anonymous_read",
        "access.anonymous_write",
        "access.any_authenticated",
        "access.external_principals",
        "access.external_conditioned",
    }
)
LIST = Read("s3", "ListBuckets", "s3:ListAllMyBuckets", kinds=frozenset({Kind.OBJECT_STORE}))
ACCOUNT_BLOCK = Read(
    "s3control",
    "GetPublicAccessBlock",
    "s3:GetAccountPublicAccessBlock",
    facts=AUDIENCE,
    absent=frozenset({"NoSuchPublicAccessBlockConfiguration"}),
)
ENCRYPTION = Read(
    "s3",
    "GetBucketEncryption",
    "s3:GetEncryptionConfiguration",
    facts=frozenset({"encryption.key_custody"}),
    absent=frozenset({"ServerSideEncryptionConfigurationNotFoundError"}),
    links=True,
    params=_bucket,
)
LOGGING = Read(
    "s3",
    "GetBucketLogging",
    "s3:GetBucketLogging",
    facts=frozenset({"logging.data_read", "logging.data_write"}),
    links=True,
    params=_bucket,
)
VERSIONING = Read(
    "s3", "GetBucketVersioning", "s3:GetBucketVersioning", facts=frozenset({"recovery.versioning", "recovery.mfa_delete"}), params=_bucket
)
REPLICATION = Read(
    "s3",
    "GetBucketReplication",
    "s3:GetReplicationConfiguration",
    absent=frozenset({"ReplicationConfigurationNotFoundError"}),
    links=True,
    params=_if_versioned,
)
BLOCK = Read(
    "s3",
    "GetPublicAccessBlock",
    "s3:GetBucketPublicAccessBlock",
    Stage.DETAIL,
    AUDIENCE | {"access.public_blocked", "access.public_acls_blocked"},
    absent=frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    params=_bucket,
)
POLICY = Read(
    "s3",
    "GetBucketPolicy",
    "s3:GetBucketPolicy",
    Stage.DETAIL,
    AUDIENCE
    | {
        "transport.tls_required",
        "transport.min_tls",
        "access.bearer_link_max_hours",
        "network.ingress_any",
        "network.private_endpoint",
        "access.organisation_perimeter",
    },
    absent=frozenset({"NoSuchBucketPolicy"}),
    params=_bucket,
)
OWNERSHIP = Read(
    "s3",
    "GetBucketOwnershipControls",
    "s3:GetBucketOwnershipControls",
    Stage.DETAIL,
    frozenset({"access.acls_disabled"}),
    absent=frozenset({"OwnershipControlsNotFoundError"}),
    params=_bucket,
)
ACL = Read("s3", "GetBucketAcl", "s3:GetBucketAcl", Stage.DETAIL, AUDIENCE, params=_if_acls_count)
LIFECYCLE = Read(
    "s3",
    "GetBucketLifecycleConfiguration",
    "s3:GetLifecycleConfiguration",
    Stage.DETAIL,
    frozenset({"retention.expiry_configured", "retention.delete_after_days", "retention.noncurrent_days"}),
    absent=frozenset({"NoSuchLifecycleConfiguration"}),
    params=_bucket,
)
WEBSITE = Read(
    "s3",
    "GetBucketWebsite",
    "s3:GetBucketWebsite",
    Stage.DETAIL,
    frozenset({"access.website_enabled"}),
    absent=frozenset({"NoSuchWebsiteConfiguration"}),
    params=_bucket,
)
CORS = Read(
    "s3",
    "GetBucketCors",
    "s3:GetBucketCORS",
    Stage.DETAIL,
    frozenset({"access.cors_any_origin"}),
    absent=frozenset({"NoSuchCORSConfiguration"}),
    params=_bucket,
)
OBJECT_LOCK = Read(
    "s3",
    "GetObjectLockConfiguration",
    "s3:GetBucketObjectLockConfiguration",
    Stage.DETAIL,
    frozenset({"immutability.mode", "immutability.min_days"}),
    absent=frozenset({"ObjectLockConfigurationNotFoundError"}),
    params=_bucket,
)
SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def ownership(draft: Draft) -> Maybe[Any]:
    """The bucket's object ownership; a bucket that never set it has ACLs in force."""
    rules = field_of(draft.doc(OWNERSHIP), "OwnershipControls", "Rules", absent=[])
    if isinstance(rules, Unknown):
        return rules
    return Known(rules.value[0].get("ObjectOwnership", "ObjectWriter") if rules.value else "ObjectWriter", OWNERSHIP.via)
