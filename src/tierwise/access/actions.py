"""Which actions read or change data, by service, and which let a principal give itself more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class DataActions:
    """The actions (or patterns) of a service that read its data or list it, and that change data or who may reach it."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    signed: bool = False
    """Whether every one of them needs credentials, so that `*` means any account holder and not anyone."""


def _names(service: str, names: str) -> tuple[str, ...]:
    return tuple(f"{service}:{name}" for name in names.split())


def _of(service: str, read: str, write: str, *, signed: bool = False) -> DataActions:
    return DataActions(_names(service, read), _names(service, write), signed)


DATA_ACTIONS: Final[Mapping[str, DataActions]] = MappingProxyType(
    {
        "s3": _of(
            "s3",
            "GetObject GetObjectVersion GetObjectTorrent ListBucket ListBucketVersions",
            "PutObject DeleteObject DeleteObjectVersion PutObjectAcl PutObjectVersionAcl RestoreObject ReplicateObject ReplicateDelete "
            "PutObjectRetention BypassGovernanceRetention PutBucketPolicy DeleteBucketPolicy PutBucketAcl DeleteBucket PutLifecycleConfiguration "
            "PutReplicationConfiguration PutBucketPublicAccessBlock PutBucketVersioning PutEncryptionConfiguration",
        ),
        "s3express": _of(
            "s3express", "CreateSession", "CreateSession DeleteBucket DeleteBucketPolicy PutBucketPolicy PutLifecycleConfiguration"
        ),
        "sqs": _of(
            "sqs", "ReceiveMessage", "SendMessage DeleteMessage PurgeQueue DeleteQueue SetQueueAttributes AddPermission RemovePermission"
        ),
        "sns": _of("sns", "Subscribe Receive", "Publish SetTopicAttributes AddPermission RemovePermission DeleteTopic"),
        "kms": _of(
            "kms",
            "Decrypt ReEncryptFrom GenerateDataKey GenerateDataKeyPair CreateGrant",
            "Encrypt ReEncryptTo PutKeyPolicy ScheduleKeyDeletion DisableKey DeleteImportedKeyMaterial RetireGrant RevokeGrant",
        ),
        "secretsmanager": _of(
            "secretsmanager",
            "GetSecretValue BatchGetSecretValue",
            "PutSecretValue UpdateSecret DeleteSecret RotateSecret RestoreSecret PutResourcePolicy DeleteResourcePolicy",
        ),
        "dynamodb": _of(
            "dynamodb",
            "GetItem BatchGetItem Query Scan PartiQLSelect GetRecords ExportTableToPointInTime",
            "PutItem UpdateItem DeleteItem BatchWriteItem PartiQLInsert PartiQLUpdate PartiQLDelete DeleteTable PutResourcePolicy DeleteResourcePolicy",
        ),
        "kinesis": _of(
            "kinesis",
            "GetRecords GetShardIterator SubscribeToShard",
            "PutRecord PutRecords DeleteStream PutResourcePolicy DeleteResourcePolicy",
        ),
        "es": _of("es", "ESHttpGet ESHttpHead ESHttpPost", "ESHttpPut ESHttpPost ESHttpDelete ESHttpPatch UpdateDomainConfig DeleteDomain"),
        "elasticfilesystem": _of(
            "elasticfilesystem", "ClientMount", "ClientWrite ClientRootAccess PutFileSystemPolicy DeleteFileSystemPolicy DeleteFileSystem"
        ),
        "ecr": _of(
            "ecr",
            "BatchGetImage GetDownloadUrlForLayer ListImages",
            "PutImage InitiateLayerUpload UploadLayerPart CompleteLayerUpload BatchDeleteImage SetRepositoryPolicy DeleteRepositoryPolicy DeleteRepository",
        ),
        "glue": _of(
            "glue",
            "GetTable GetTables GetDatabase GetDatabases GetPartitions BatchGetPartition",
            "CreateTable UpdateTable DeleteTable DeleteDatabase PutResourcePolicy DeleteResourcePolicy",
        ),
        "backup": _of(
            "backup",
            "CopyFromBackupVault StartRestoreJob GetRecoveryPointRestoreMetadata",
            "CopyIntoBackupVault DeleteRecoveryPoint UpdateRecoveryPointLifecycle PutBackupVaultAccessPolicy DeleteBackupVaultAccessPolicy DeleteBackupVault",
        ),
        "logs": _of(
            "logs",
            "GetLogEvents FilterLogEvents StartQuery GetLogRecord StartLiveTail",
            "PutLogEvents PutSubscriptionFilter DeleteLogGroup DeleteLogStream PutRetentionPolicy PutResourcePolicy",
        ),
        "redshift-serverless": _of("redshift-serverless", "RestoreFromSnapshot RestoreTableFromSnapshot", "DeleteSnapshot UpdateSnapshot"),
        "lambda": _of(
            "lambda",
            "InvokeFunction InvokeFunctionUrl GetFunction GetLayerVersion",
            "InvokeFunction InvokeFunctionUrl UpdateFunctionCode UpdateFunctionConfiguration AddPermission RemovePermission",
        ),
        "ssm": _of(
            "ssm",
            "GetParameter GetParameters GetParametersByPath GetParameterHistory",
            "PutParameter DeleteParameter DeleteParameters PutResourcePolicy",
        ),
        "sts": _of("sts", "AssumeRole AssumeRoleWithWebIdentity AssumeRoleWithSAML", "", signed=True),
    }
)
"""What a resource policy of each service can grant on its data. Source: the Service Authorization Reference."""

DATA_PLANE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        service: _names(service, names)
        for service, names in {
            "s3": "GetObject GetObjectVersion PutObject DeleteObject DeleteObjectVersion",
            "dynamodb": "GetItem BatchGetItem Query Scan PartiQLSelect GetRecords PutItem UpdateItem DeleteItem BatchWriteItem PartiQLInsert PartiQLUpdate "
            "PartiQLDelete ExportTableToPointInTime",
            "kms": "Decrypt ReEncryptFrom",
            "secretsmanager": "GetSecretValue BatchGetSecretValue PutSecretValue",
            "ssm": "GetParameter GetParameters GetParametersByPath GetParameterHistory",
            "sqs": "ReceiveMessage SendMessage PurgeQueue",
            "sns": "Publish Subscribe",
            "kinesis": "GetRecords SubscribeToShard PutRecord PutRecords",
            "firehose": "PutRecord PutRecordBatch",
            "es": "ESHttpGet ESHttpHead ESHttpPost ESHttpPut ESHttpDelete ESHttpPatch",
            "aoss": "APIAccessAll",
            "elasticfilesystem": "ClientMount ClientWrite ClientRootAccess",
            "rds-db": "connect",
            "rds-data": "ExecuteStatement BatchExecuteStatement",
            "redshift": "GetClusterCredentials GetClusterCredentialsWithIAM",
            "redshift-serverless": "GetCredentials",
            "redshift-data": "ExecuteStatement BatchExecuteStatement GetStatementResult",
            "athena": "StartQueryExecution GetQueryResults GetQueryResultsStream",
            "timestream": "Select WriteRecords",
            "cassandra": "Select Modify",
            "neptune-db": "connect ReadDataViaQuery WriteDataViaQuery DeleteDataViaQuery",
            "elasticache": "Connect",
            "memorydb": "Connect",
            "dax": "GetItem BatchGetItem Query Scan PutItem UpdateItem DeleteItem BatchWriteItem",
            "kafka-cluster": "ReadData WriteData",
            "logs": "GetLogEvents FilterLogEvents StartQuery GetQueryResults GetLogRecord StartLiveTail",
            "ebs": "GetSnapshotBlock PutSnapshotBlock",
            "backup": "StartRestoreJob CopyFromBackupVault",
        }.items()
    }
)
"""Data-plane actions in identity policies. Writing logs and pulling images are left out: every workload's role has them on `*`."""

DATA_READS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "s3": ("s3:GetObject", "s3:GetObjectVersion"),
        "dynamodb": _names("dynamodb", "GetItem BatchGetItem Query Scan PartiQLSelect GetRecords ExportTableToPointInTime"),
        "secretsmanager": ("secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"),
        "ssm": ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"),
        "sqs": ("sqs:ReceiveMessage",),
        "sns": ("sns:Subscribe",),
        "kinesis": ("kinesis:GetRecords", "kinesis:SubscribeToShard"),
        "es": ("es:ESHttpGet", "es:ESHttpPost"),
        "elasticfilesystem": ("elasticfilesystem:ClientMount",),
        "rds": ("rds-db:connect", "rds-data:ExecuteStatement", "rds-data:BatchExecuteStatement"),
        "redshift": ("redshift:GetClusterCredentials", "redshift:GetClusterCredentialsWithIAM", "redshift-data:ExecuteStatement"),
        "kms": ("kms:Decrypt",),
        "logs": ("logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery"),
        "ec2": ("ebs:GetSnapshotBlock", "ec2:CreateVolume"),
        "backup": ("backup:StartRestoreJob",),
        "elasticache": ("elasticache:Connect",),
    }
)
"""Actions that read what a store holds, by the service in the store's ARN."""

# The paths published by Spencer Gietzen, "AWS IAM Privilege Escalation: Methods and Mitigation" (Rhino Security Labs, 2018),
# https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation, and Gerben Kleijn, "Well, That Escalated Quickly" (Bishop Fox, 2021),
# https://github.com/BishopFox/iam-vulnerable. All actions of a path are needed.
ESCALATION_PATHS: Final[tuple[tuple[str, ...], ...]] = (
    ("iam:CreatePolicyVersion",),
    ("iam:SetDefaultPolicyVersion",),
    ("iam:CreateAccessKey",),
    ("iam:CreateLoginProfile",),
    ("iam:UpdateLoginProfile",),
    ("iam:AttachUserPolicy",),
    ("iam:AttachGroupPolicy",),
    ("iam:AttachRolePolicy",),
    ("iam:PutUserPolicy",),
    ("iam:PutGroupPolicy",),
    ("iam:PutRolePolicy",),
    ("iam:AddUserToGroup",),
    ("iam:UpdateAssumeRolePolicy",),
    ("sts:AssumeRole",),
    ("iam:PassRole", "ec2:RunInstances"),
    ("iam:PassRole", "ec2:AssociateIamInstanceProfile"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"),
    ("lambda:UpdateFunctionCode",),
    ("iam:PassRole", "glue:CreateDevEndpoint"),
    ("iam:PassRole", "glue:CreateJob", "glue:StartJobRun"),
    ("iam:PassRole", "glue:UpdateJob", "glue:StartJobRun"),
    ("glue:UpdateDevEndpoint",),
    ("iam:PassRole", "cloudformation:CreateStack"),
    ("iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"),
    ("iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
    ("iam:PassRole", "sagemaker:CreateTrainingJob"),
    ("iam:PassRole", "sagemaker:CreateProcessingJob"),
    ("sagemaker:CreatePresignedNotebookInstanceUrl",),
    ("iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"),
    ("iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
    ("iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateService"),
    ("iam:PassRole", "states:CreateStateMachine", "states:StartExecution"),
    ("iam:PassRole", "ssm:StartAutomationExecution"),
    ("ssm:SendCommand",),
    ("ssm:StartSession",),
    ("iam:PassRole", "autoscaling:CreateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration"),
)

_ENTER_ROLE: Final = ("sts:AssumeRole", "iam:UpdateAssumeRolePolicy")
_ENTER_USER: Final = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
ESCALATION_OVER_ONE: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("arn:*:iam::*:role/*", "iam:AttachRolePolicy", _ENTER_ROLE),
    ("arn:*:iam::*:role/*", "iam:PutRolePolicy", _ENTER_ROLE),
    ("arn:*:iam::*:user/*", "iam:AttachUserPolicy", _ENTER_USER),
    ("arn:*:iam::*:user/*", "iam:PutUserPolicy", _ENTER_USER),
)
"""Of what kind, what gives it any policy, and what lets one become it, each of them: together on one named role or user they are enough."""
