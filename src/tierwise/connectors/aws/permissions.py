"""The least-privilege policy for a scan, derived from the declared reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from tierwise.connectors.aws.collectors import declared_reads
from tierwise.connectors.aws.content import BY_DEPTH
from tierwise.connectors.aws.read import Read
from tierwise.connectors.aws.role import ASSUME, ROLE_NAME
from tierwise.connectors.declared import needed
from tierwise.connectors.hcl import block, hcl
from tierwise.model.content import Depth

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


def policy_document(
    facts: frozenset[str] | None = None, depth: Depth = Depth.METADATA, more: Sequence[Read] = (), *, enters: bool = True
) -> Document:
    """The IAM policy that a scan needs: all declared reads, or those that the given facts need (stage-1 reads are always made).

    `enters`: it may also assume the role that scans have in other accounts, and no other. `more` are reads that a scan makes only where an option asks for them. A deeper look has a statement of its own, and the denial leaves out what it needs: it belongs to a role of its own.
    """
    actions = sorted({read.action for read in declared_reads() if read.action and needed(read, facts)} - {ASSUME.action})
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "ReadConfiguration", "Effect": "Allow", "Action": actions, "Resource": "*"},
            *asked_for(more),
            *_deeper(depth),
            {
                "Sid": "NeverReadContent",
                "Effect": "Deny",
                "Action": [one for one in CONTENT_READS if one not in _actions(depth)],
                "Resource": "*",
            },
            *([entering()] if enters else []),
        ],
    }


def entering(partition: str = "aws", role: str = ROLE_NAME) -> Document:
    """The statement that lets a caller assume the one role in other accounts."""
    return {"Sid": "EnterOtherAccounts", "Effect": "Allow", "Action": [ASSUME.action], "Resource": [f"arn:{partition}:iam::*:role/{role}"]}


def asked_for(reads: Sequence[Read]) -> list[Document]:
    """A statement for reads that an option of the scan asks for; none where there are none."""
    actions = sorted({read.action for read in reads})
    return [{"Sid": "AskedForByOptions", "Effect": "Allow", "Action": actions, "Resource": "*"}] if actions else []


def _actions(depth: Depth) -> frozenset[str]:
    return frozenset([*(read.action for read in BY_DEPTH[depth]), *([_DECRYPT] if depth is Depth.CONTENT else [])])


def _deeper(depth: Depth) -> list[Document]:
    """What a look into stores needs; a key may be used only by the service that holds what it encrypts (KMS, `kms:ViaService`)."""
    actions = sorted(_actions(depth) - {_DECRYPT})
    if not actions:
        return []
    sid = "SampleContent" if depth is Depth.CONTENT else "ListKeys"
    found: list[Document] = [{"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}]
    if depth is Depth.CONTENT:
        via = {"StringLike": {"kms:ViaService": ["s3.*.amazonaws.com", "dynamodb.*.amazonaws.com"]}}
        found.append({"Sid": "DecryptWhatIsSampled", "Effect": "Allow", "Action": [_DECRYPT], "Resource": "*", "Condition": via})
    return found


_DECRYPT: Final = "kms:Decrypt"


def as_terraform(document: Document) -> str:
    """The policy as a Terraform resource, for review beside other infrastructure."""
    return block(
        'resource "aws_iam_policy" "tierwise"',
        {
            "name": hcl("tierwise-scan", 1),
            "description": hcl("Reads configuration and metadata for tierwise; denies reads of content.", 1),
            "policy": f"jsonencode({hcl(document, 1)})",
        },
    )
