"""What is known by name of policies that AWS writes, for the case that IAM's answer does not carry their documents.

Source: AWS Managed Policy Reference Guide, the page of each policy. A test holds this table against the documents themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class KnownPolicy:
    """What an AWS-managed policy gives."""

    admin: bool = False
    escalation: bool = False
    wide_actions: bool = False
    """All actions of a service that holds data, by wildcard."""
    wide_resources: bool = False
    """Data-plane actions on all of a service."""
    reads: frozenset[str] = frozenset()
    """Services all of whose data it reads, by their names in ARNs; `*` for all."""


def _full(*services: str, escalation: bool = False) -> KnownPolicy:
    return KnownPolicy(escalation=escalation, wide_actions=True, wide_resources=True, reads=frozenset(services))


def _reader(*services: str) -> KnownPolicy:
    return KnownPolicy(wide_resources=True, reads=frozenset(services))


KNOWN: Final[Mapping[str, KnownPolicy]] = MappingProxyType(
    {
        "AdministratorAccess": KnownPolicy(admin=True, escalation=True, wide_actions=True, wide_resources=True, reads=frozenset({"*"})),
        "PowerUserAccess": _full("*", escalation=True),
        "IAMFullAccess": KnownPolicy(escalation=True),
        "ReadOnlyAccess": _reader("dynamodb", "es", "kinesis", "logs", "s3", "sqs", "ssm"),
        "SecurityAudit": KnownPolicy(),
        "ViewOnlyAccess": KnownPolicy(),
        "AmazonS3FullAccess": _full("s3"),
        "AmazonS3ReadOnlyAccess": _reader("s3"),
        "AmazonDynamoDBFullAccess": _full("dynamodb", "sns", escalation=True),
        "AmazonDynamoDBReadOnlyAccess": _reader("dynamodb"),
        "AmazonSQSFullAccess": _full("sqs"),
        "AmazonSNSFullAccess": _full("sns"),
        "AmazonKinesisFullAccess": _full("kinesis"),
        "AmazonKinesisReadOnlyAccess": _reader("kinesis"),
        "CloudWatchLogsFullAccess": _full("logs"),
        "CloudWatchLogsReadOnlyAccess": _reader("logs"),
        "AmazonSSMReadOnlyAccess": _reader("ssm"),
        "AmazonOpenSearchServiceFullAccess": _full("es"),
        "AmazonElasticFileSystemClientFullAccess": _reader("elasticfilesystem"),
    }
)
