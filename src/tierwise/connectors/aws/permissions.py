"""The least-privilege policy for a scan, derived from the declared reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from tierwise.connectors.aws.collectors import declared_reads
from tierwise.connectors.declared import needed
from tierwise.connectors.hcl import hcl

Document: TypeAlias = Mapping[str, object]

CONTENT_READS: Final = (
    "athena:GetQueryResults",
    "dynamodb:BatchGetItem",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ebs:GetSnapshotBlock",
    "ecr:BatchGetImage",
    "kinesis:GetRecords",
    "kinesis:SubscribeToShard",
    "kms:Decrypt",
    "lambda:InvokeFunction",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetQueryResults",
    "logs:StartLiveTail",
    "rds-data:ExecuteStatement",
    "rds-db:connect",
    "rds:DownloadDBLogFilePortion",
    "redshift-data:ExecuteStatement",
    "redshift:GetClusterCredentials",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
)
"""Actions that open data itself. A scan makes none of them, and the policy denies them in case another policy grants them."""


def policy_document(facts: frozenset[str] | None = None) -> Document:
    """The IAM policy that a scan needs: all declared reads, or those that the given facts need (stage-1 reads are always made)."""
    actions = sorted({read.action for read in declared_reads() if read.action and needed(read, facts)})
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "ReadConfiguration", "Effect": "Allow", "Action": actions, "Resource": "*"},
            {"Sid": "NeverReadContent", "Effect": "Deny", "Action": list(CONTENT_READS), "Resource": "*"},
        ],
    }


def as_terraform(document: Document) -> str:
    """The policy as a Terraform resource, for review beside other infrastructure."""
    return (
        'resource "aws_iam_policy" "tierwise" {\n'
        '  name        = "tierwise-scan"\n'
        '  description = "Reads configuration and metadata for tierwise; denies reads of content."\n'
        f"  policy      = jsonencode({hcl(document, 1)})\n"
        "}\n"
    )
