"""Buckets as AWS Config records them, in the words of S3's own answers.

Which properties there are is told by the published schema (github.com/awslabs/aws-config-resource-schema, `AWS::S3::Bucket.properties.json`). It has
no bucket policy, no ACL and no ownership controls; of a replication only the role; and the filters of lifecycle rules in a form that does not tell
tags: all of these are read from S3. So is every part that an item lacks, since an old item lacks what Config has learnt to record later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from tierwise.connectors.aws.recorded import Recorded, members, part
from tierwise.connectors.aws.s3_reads import BLOCK, CORS, ENCRYPTION, LOGGING, OBJECT_LOCK, REPLICATION, SWITCHES, VERSIONING, WEBSITE
from tierwise.connectors.declared import Doc


def _encryption(told: Mapping[str, Any]) -> Doc | None:
    rules = [one.get("applyServerSideEncryptionByDefault") or {} for one in told.get("rules") or ()]
    if not rules:
        return None
    named = [{"SSEAlgorithm": one.get("sseAlgorithm"), "KMSMasterKeyID": one.get("kmsMasterKeyID")} for one in rules]
    shown = [{"ApplyServerSideEncryptionByDefault": {key: value for key, value in one.items() if value}} for one in named]
    return {"ServerSideEncryptionConfiguration": {"Rules": shown}}


def _logging(told: Mapping[str, Any]) -> Doc | None:
    target = told.get("destinationBucketName")
    return {"LoggingEnabled": {"TargetBucket": target}} if target else {}


def _versioning(told: Mapping[str, Any]) -> Doc | None:
    # `Off` is the word of the SDK for Java (BucketVersioningConfiguration.OFF), whose forms Config has, for a bucket that never had it.
    status, mfa = told.get("status"), told.get("isMfaDeleteEnabled")
    if status not in ("Enabled", "Suspended", "Off"):
        return None
    return {} if status == "Off" else {"Status": status, **({} if mfa is None else {"MFADelete": "Enabled" if mfa else "Disabled"})}


def _block(told: Mapping[str, Any]) -> Doc | None:
    found = members(told, **dict.fromkeys(SWITCHES, bool))
    return found and {"PublicAccessBlockConfiguration": found}


def _lock(told: Mapping[str, Any]) -> Doc | None:
    kept = (told.get("rule") or {}).get("defaultRetention")
    rule = {"Rule": {"DefaultRetention": {key.capitalize(): value for key, value in kept.items() if value}}} if kept else {}
    return {"ObjectLockConfiguration": {"ObjectLockEnabled": told["objectLockEnabled"], **rule}} if told.get("objectLockEnabled") else None


def _cors(told: Mapping[str, Any]) -> Doc | None:
    return {"CORSRules": [{"AllowedOrigins": one.get("allowedOrigins") or []} for one in told["rules"]]} if told.get("rules") else None


def _website(told: Mapping[str, Any]) -> Doc | None:
    index, redirect = told.get("indexDocumentSuffix"), told.get("redirectAllRequestsTo")
    if redirect:
        return {"RedirectAllRequestsTo": {"HostName": redirect.get("hostName")}}
    return {"IndexDocument": {"Suffix": index}} if index else None


_PARTS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Doc | None]]]] = {
    ENCRYPTION.operation: ("ServerSideEncryptionConfiguration", _encryption),
    LOGGING.operation: ("BucketLoggingConfiguration", _logging),
    VERSIONING.operation: ("BucketVersioningConfiguration", _versioning),
    BLOCK.operation: ("PublicAccessBlockConfiguration", _block),
    OBJECT_LOCK.operation: ("ObjectLockConfiguration", _lock),
    CORS.operation: ("BucketCrossOriginConfiguration", _cors),
    WEBSITE.operation: ("BucketWebsiteConfiguration", _website),
}
_REPLICATION: Final = "BucketReplicationConfiguration"
_WHERE: Final = "supplementaryConfiguration"


def _answer(name: str, words: Callable[[Mapping[str, Any]], Doc | None], item: Mapping[str, Any]) -> Doc | None:
    told = part(item, _WHERE, name)
    return words(told) if isinstance(told, Mapping) else None


def _unreplicated(item: Mapping[str, Any]) -> Doc | None:
    # A replication has a role (S3 API Reference, ReplicationConfiguration: `Role` is required), and Config has recorded it as long as buckets.
    return None if (part(item, _WHERE, _REPLICATION) or {}).get("roleARN") else {}


RECORDED: Final = Recorded(
    "AWS::S3::Bucket",
    (*(f"{_WHERE}.{name}" for name, _ in _PARTS.values()), f"{_WHERE}.{_REPLICATION}.roleARN"),
    {
        **{operation: partial(_answer, name, words) for operation, (name, words) in _PARTS.items()},
        REPLICATION.operation: _unreplicated,
    },
    tags=True,
)
