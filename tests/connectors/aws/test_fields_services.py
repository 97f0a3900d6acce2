"""Every response field that these collectors read exists in the SDK's service model."""

import pytest

from tests.connectors.aws.fields import missing_field

FIELDS = {
    ("kms", "ListKeys"): "Keys.KeyId Keys.KeyArn",
    ("kms", "DescribeKey"): "KeyMetadata.KeyManager KeyMetadata.KeyState KeyMetadata.Origin KeyMetadata.KeySpec KeyMetadata.DeletionDate "
    "KeyMetadata.PendingDeletionWindowInDays KeyMetadata.Description",
    ("kms", "GetKeyRotationStatus"): "KeyRotationEnabled RotationPeriodInDays",
    ("kms", "GetKeyPolicy"): "Policy",
    ("kms", "ListGrants"): "Grants.GranteePrincipal Grants.GranteeServicePrincipal Grants.Operations Grants.Constraints",
    ("secretsmanager", "ListSecrets"): "SecretList.ARN SecretList.Name SecretList.Description SecretList.KmsKeyId SecretList.Tags "
    "SecretList.PrimaryRegion",
    ("secretsmanager", "GetResourcePolicy"): "ResourcePolicy",
    ("ssm", "DescribeParameters"): "Parameters.Name Parameters.ARN Parameters.KeyId Parameters.Tier Parameters.Description",
    ("ssm", "GetResourcePolicies"): "Policies.Policy",
    ("sqs", "ListQueues"): "QueueUrls",
    ("sqs", "GetQueueAttributes"): "Attributes",
    ("sns", "ListTopics"): "Topics.TopicArn",
    ("sns", "ListSubscriptions"): "Subscriptions.Protocol Subscriptions.TopicArn Subscriptions.Endpoint",
    ("sns", "GetTopicAttributes"): "Attributes",
    ("kinesis", "ListStreams"): "StreamNames",
    ("kinesis", "DescribeStreamSummary"): "StreamDescriptionSummary.EncryptionType StreamDescriptionSummary.KeyId "
    "StreamDescriptionSummary.RetentionPeriodHours",
    ("kinesis", "GetResourcePolicy"): "Policy",
    (
        "logs",
        "DescribeLogGroups",
    ): "logGroups.logGroupName logGroups.arn logGroups.logGroupArn logGroups.kmsKeyId logGroups.retentionInDays "
    "logGroups.logGroupClass logGroups.deletionProtectionEnabled logGroups.storedBytes",
    ("logs", "DescribeResourcePolicies"): "resourcePolicies.policyDocument",
    ("cloudtrail", "DescribeTrails"): "trailList.TrailARN trailList.Name trailList.HomeRegion trailList.S3BucketName trailList.KmsKeyId "
    "trailList.CloudWatchLogsLogGroupArn trailList.IsOrganizationTrail trailList.IsMultiRegionTrail trailList.LogFileValidationEnabled",
    ("cloudtrail", "GetTrailStatus"): "IsLogging",
    (
        "cloudtrail",
        "GetEventSelectors",
    ): "EventSelectors.ReadWriteType EventSelectors.IncludeManagementEvents EventSelectors.DataResources.Type "
    "EventSelectors.DataResources.Values AdvancedEventSelectors.FieldSelectors.Field AdvancedEventSelectors.FieldSelectors.Equals "
    "AdvancedEventSelectors.FieldSelectors.StartsWith AdvancedEventSelectors.FieldSelectors.NotEquals",
    ("cloudtrail", "ListTags"): "ResourceTagList.TagsList.Key ResourceTagList.TagsList.Value",
    ("backup", "ListBackupVaults"): "BackupVaultList.BackupVaultArn BackupVaultList.BackupVaultName BackupVaultList.EncryptionKeyArn "
    "BackupVaultList.EncryptionKeyType BackupVaultList.VaultType BackupVaultList.Locked BackupVaultList.LockDate BackupVaultList.MinRetentionDays",
    ("backup", "GetBackupVaultAccessPolicy"): "Policy",
    ("backup", "ListBackupPlans"): "BackupPlansList.BackupPlanArn BackupPlansList.BackupPlanId BackupPlansList.BackupPlanName",
    ("backup", "GetBackupPlan"): "BackupPlan.Rules.TargetBackupVaultName BackupPlan.Rules.TargetLogicallyAirGappedBackupVaultArn "
    "BackupPlan.Rules.CopyActions.DestinationBackupVaultArn",
    ("backup", "ListBackupSelections"): "BackupSelectionsList.SelectionId",
    ("backup", "GetBackupSelection"): "BackupSelection.Resources BackupSelection.NotResources BackupSelection.ListOfTags.ConditionKey "
    "BackupSelection.ListOfTags.ConditionValue BackupSelection.Conditions.StringEquals.ConditionKey",
    ("glue", "GetDatabases"): "DatabaseList.Name DatabaseList.Description DatabaseList.LocationUri DatabaseList.TargetDatabase",
    ("glue", "GetTables"): "TableList.Name TableList.StorageDescriptor.Columns.Name TableList.StorageDescriptor.Columns.Type "
    "TableList.StorageDescriptor.Location TableList.PartitionKeys.Name TableList.PartitionKeys.Type",
    ("ecr", "DescribeRepositories"): "repositories.repositoryArn repositories.repositoryName repositories.repositoryUri "
    "repositories.encryptionConfiguration.kmsKey",
}


@pytest.mark.parametrize(("service", "operation"), FIELDS)
def test_every_field_that_is_read_exists(service, operation):
    assert [wrong for path in FIELDS[service, operation].split() if (wrong := missing_field(service, operation, path))] == []
