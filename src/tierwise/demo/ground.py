"""Ground to build the sample estate on: clients, keys by name, and buckets with their settings in one call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tierwise.demo.emulator import ACCOUNT, REGION

Tags = Mapping[str, str]


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@dataclass(slots=True)
class Ground:
    """What the areas plant on, one after the other."""

    session: Any
    keys: dict[str, str] = field(default_factory=dict)
    """ARN by alias, without `alias/`."""
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of the home region."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service, region_name=REGION)
        return self._clients[service]

    def key(self, alias: str, tags: Tags, *, rotation_days: int = 0, users: Sequence[str] = ()) -> str:
        """A customer managed key; with `users`, only those roles may decrypt and the account administers."""
        kms = self.client("kms")
        policy = {"Policy": _key_policy(users)} if users else {}
        made = kms.create_key(Description=alias, Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()], **policy)
        arn = str(made["KeyMetadata"]["Arn"])
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=arn)
        if rotation_days:
            kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=rotation_days)
        self.keys[alias] = arn
        return arn

    def bucket(
        self,
        name: str,
        tags: Tags,
        *,
        key: str = "",
        versioned: bool = False,
        locked_days: int = 0,
        blocked: bool = True,
        acls: bool = False,
        logs_to: str = "",
        policy: Sequence[Mapping[str, Any]] = (),
        expires_days: int = 0,
    ) -> str:
        """A bucket; what is not asked for stays as a careless hand leaves it, but for the switches that new buckets have."""
        s3 = self.client("s3")
        s3.create_bucket(
            Bucket=name,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectOwnership="ObjectWriter" if acls else "BucketOwnerEnforced",
            ObjectLockEnabledForBucket=bool(locked_days),
        )
        if tags:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})
        if blocked:
            switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(switches, True))
        if key:
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.keys.get(key, key)}
            rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
        if versioned and not locked_days:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if locked_days:
            lock = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": locked_days}}
            s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": lock})
        if logs_to:
            target = {"LoggingEnabled": {"TargetBucket": logs_to, "TargetPrefix": f"{name}/"}}
            s3.put_bucket_logging(Bucket=name, BucketLoggingStatus=target)
        if policy:
            s3.put_bucket_policy(Bucket=name, Policy=document(*policy))
        if expires_days:
            rule = {
                "ID": "end",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "Expiration": {"Days": expires_days},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            }
            s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
        return f"arn:aws:s3:::{name}"


def document(*statements: Mapping[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def tls_only(bucket: str) -> dict[str, Any]:
    """A statement that refuses plaintext connections to a bucket."""
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _key_policy(users: Sequence[str]) -> str:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    administer = [
        "kms:Create*",
        "kms:Describe*",
        "kms:Enable*",
        "kms:List*",
        "kms:Put*",
        "kms:Update*",
        "kms:Get*",
        "kms:ScheduleKeyDeletion",
    ]
    use = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey"]
    return document(
        {"Sid": "Administer", "Effect": "Allow", "Principal": {"AWS": root}, "Action": administer, "Resource": "*"},
        {
            "Sid": "Use",
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/{user}" for user in users]},
            "Action": use,
            "Resource": "*",
        },
    )
