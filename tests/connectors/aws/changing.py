"""An account whose buckets and queues change from scan to scan, with the history that CloudTrail has of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.connectors.aws.conftest import ACCOUNT, REGION
from tests.connectors.aws.modelled import Modelled


@dataclass
class Estate:
    """An account with buckets and queues, their settings, and the history of its changes."""

    buckets: dict[str, dict[str, Any]] = field(default_factory=dict)
    queues: dict[str, dict[str, str]] = field(default_factory=dict)
    aliases: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The requests for the history."""
    refused: set[str] = field(default_factory=set)

    def stub(self) -> Modelled:
        """Answers for a scan of it."""
        s3: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "GetBucketEncryption": lambda one: {
                "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": one["sse"]}]}
            },
            "GetBucketLogging": lambda one: {"LoggingEnabled": {"TargetBucket": one["logs"], "TargetPrefix": ""}},
            "GetBucketVersioning": lambda one: {"Status": one["versioning"]},
            "GetBucketReplication": lambda _: _raise("ReplicationConfigurationNotFoundError"),
            "GetPublicAccessBlock": lambda one: {"PublicAccessBlockConfiguration": {"BlockPublicAcls": one["blocked"]}},
            "GetObjectLockConfiguration": lambda _: _raise("ObjectLockConfigurationNotFoundError"),
            "GetBucketCors": lambda _: _raise("NoSuchCORSConfiguration"),
            "GetBucketWebsite": lambda _: _raise("NoSuchWebsiteConfiguration"),
            "GetBucketPolicy": lambda _: _raise("NoSuchBucketPolicy"),
            "GetBucketOwnershipControls": lambda _: {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
            "GetBucketLifecycleConfiguration": lambda _: _raise("NoSuchLifecycleConfiguration"),
        }
        return Modelled(
            {
                "sts:GetCallerIdentity": lambda _: {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/a"},
                "organizations:ListAccounts": lambda _: {"Accounts": [{"Id": ACCOUNT}]},
                "organizations:DescribeOrganization": lambda _: _raise("AWSOrganizationsNotInUseException"),
                "resourcegroupstaggingapi:GetResources": self._tags,
                "s3:ListBuckets": lambda _: {"Buckets": [{"Name": name} for name in self.buckets]},
                "s3control:GetPublicAccessBlock": lambda _: _raise("NoSuchPublicAccessBlockConfiguration"),
                "kms:ListAliases": lambda _: {"Aliases": self.aliases},
                "sqs:ListQueues": lambda _: {"QueueUrls": list(self.queues)},
                "sqs:GetQueueAttributes": lambda asked: {"Attributes": self.queues[asked["QueueUrl"]]},
                "cloudtrail:LookupEvents": self._history,
                "config:DescribeConfigurationAggregators": lambda _: {"ConfigurationAggregators": [{"ConfigurationAggregatorName": "all"}]},
                "config:DescribeConfigurationAggregatorSourcesStatus": lambda _: {"AggregatedSourceStatusList": []},
                "config:SelectAggregateResourceConfig": lambda _: {"Results": []},
                **{f"s3:{name}": partial(self._of_bucket, name, told) for name, told in s3.items()},
            }
        )

    def _of_bucket(self, name: str, told: Callable[[dict[str, Any]], dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
        return told(self.buckets[asked["Bucket"]]) if name not in self.refused else _raise("AccessDenied")

    def _tags(self, _: dict[str, Any]) -> dict[str, Any]:
        tier = {name: one["tier"] for name, one in self.buckets.items()}
        return {"ResourceTagMappingList": [_tagged(f"arn:aws:s3:::{name}", value) for name, value in tier.items()]}

    def _history(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "LookupEvents by policy" in self.refused:
            raise KeyError("AccessDeniedException", "not authorized, with an explicit deny in a service control policy")
        if "LookupEvents" in self.refused:
            raise KeyError("AccessDeniedException")
        self.asked.append(asked)
        start = int(asked.get("NextToken") or 0)
        page = {"Events": self.events[start : start + 50]}
        return {**page, "NextToken": str(start + 50)} if start + 50 < len(self.events) else page

    def change(self, name: str, source: str = "s3", typed: str = "AWS::S3::Bucket", **told: Any) -> None:
        """Note a change, as CloudTrail tells it."""
        event = {"requestParameters": told, "readOnly": False}
        named = [{"ResourceType": typed, "ResourceName": next(iter(told.values()))}] if typed else []
        self.events.append(
            {
                "EventName": name,
                "EventSource": f"{source}.amazonaws.com",
                "ReadOnly": "false",
                "Resources": named,
                "CloudTrailEvent": json.dumps(event),
            }
        )


def _raise(code: str) -> Any:
    raise KeyError(code)


def _tagged(arn: str, tier: str) -> dict[str, Any]:
    return {"ResourceARN": arn, "Tags": [{"Key": "data-classification", "Value": tier}]}


def bucket(**given: Any) -> dict[str, Any]:
    """The settings of a bucket."""
    return {"sse": {"SSEAlgorithm": "AES256"}, "logs": "logs", "versioning": "Enabled", "blocked": True, "tier": "T3", **given}


def queue(**given: str) -> dict[str, str]:
    """The settings of a queue."""
    return {"SqsManagedSseEnabled": "true", "MessageRetentionPeriod": "345600", **given}


def url(number: int) -> str:
    """A queue's URL."""
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/queue-{number}"


def small() -> Estate:
    """A few stores."""
    return Estate({name: bucket() for name in ("a", "b", "logs")}, {url(1): queue(), url(2): queue()})
