"""Buckets as AWS Config records them, in the words of S3's own answers.

Which properties there are is told by the published schema (github.com/awslabs/aws-config-resource-schema, `AWS::S3::Bucket.properties.json`). It has
no bucket policy, no ACL and no ownership controls; of a replication only the role; and the filters of lifecycle rules in a form that does not tell
tags: all of these are read from S3. So is every part that an item lacks, since an old item lacks what Config has learnt to record later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import NoneType
from typing import Any, Final

from tierwise.connectors.aws.recorded import Recorded, each_of, members, part
from tierwise.connectors.aws.s3_reads import BLOCK, CORS, ENCRYPTION, LOGGING, OBJECT_LOCK, REPLICATION, SWITCHES, VERSIONING, WEBSITE
from tierwise.connectors.declared import Doc


def _encryption(told: Mapping[str, Any]) -> Doc | None:
    rules = each_of(told.get("rules"), ApplyServerSideEncryptionByDefault=dict)
    each = each_of([one["ApplyServerSideEncryptionByDefault"] for one in rules or ()], SSEAlgorithm=str, KMSMasterKeyID=str | None)
    return {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": one} for one in each]}} if each else None


def _logging(told: Mapping[str, Any]) -> Doc | None:
    found = members(told, destinationBucketName=str | None)
    if found is None:
        return None
    target = found["destinationBucketName"]
    return {"LoggingEnabled": {"TargetBucket": target}} if target else {}


def _versioning(told: Mapping[str, Any]) -> Doc | None:
    # `Off` is the word of the SDK for Java (BucketVersioningConfiguration.OFF), whose forms Config has, for a bucket that never had it.
    found = members(told, status=str, isMfaDeleteEnabled=bool | None)
    if found is None or found["status"] not in ("Enabled", "Suspended", "Off"):
        return None
    status, mfa = found["status"], found["isMfaDeleteEnabled"]
    return {} if status == "Off" else {"Status": status, **({} if mfa is None else {"MFADelete": "Enabled" if mfa else "Disabled"})}


def _block(told: Mapping[str, Any]) -> Doc | None:
    found = members(told, **dict.fromkeys(SWITCHES, bool))
    return found and {"PublicAccessBlockConfiguration": found}


def _lock(told: Mapping[str, Any]) -> Doc | None:
    found, rule = members(told, ObjectLockEnabled=str), members(told.get("rule"), DefaultRetention=dict)
    kept = rule and members(rule["DefaultRetention"], Mode=str, Days=int | None, Years=int | None)
    if not found or not kept or not (kept["Days"] or kept["Years"]):
        return None
    shown = {key: value for key, value in kept.items() if value}
    return {"ObjectLockConfiguration": {**found, "Rule": {"DefaultRetention": shown}}}


def _cors(told: Mapping[str, Any]) -> Doc | None:
    rules = each_of(told.get("rules"), AllowedOrigins=list)
    return {"CORSRules": rules} if rules and all(isinstance(one, str) for rule in rules for one in rule["AllowedOrigins"]) else None


def _website(told: Mapping[str, Any]) -> Doc | None:
    found = members(told, indexDocumentSuffix=str | None, redirectAllRequestsTo=dict | None)
    if found and (to := members(found["redirectAllRequestsTo"], HostName=str)):
        return {"RedirectAllRequestsTo": to}
    return {"IndexDocument": {"Suffix": found["indexDocumentSuffix"]}} if found and found["indexDocumentSuffix"] else None


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
    found = members(part(item, _WHERE), **{_REPLICATION: dict | None})
    role = members((found or {}).get(_REPLICATION) or {}, roleARN=NoneType)
    return {} if found is not None and role is not None else None


RECORDED: Final = Recorded(
    "AWS::S3::Bucket",
    (*(f"{_WHERE}.{name}" for name, _ in _PARTS.values()), f"{_WHERE}.{_REPLICATION}.roleARN"),
    {
        **{operation: partial(_answer, name, words) for operation, (name, words) in _PARTS.items()},
        REPLICATION.operation: _unreplicated,
    },
    tags=True,
)
