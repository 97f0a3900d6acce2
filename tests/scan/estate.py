"""An emulated account with every collected service in the states that matter, planted with plain clients of the SDK."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from moto import mock_aws

from tierwise.connectors.aws.session import new_session

ACCOUNT = "123456789012"
REGION = "eu-west-2"
STRANGER = "444455556666"
STARTED = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
Make = Callable[[str], Any]

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}


@contextmanager
def emulated() -> Iterator[Make]:
    """An empty account in this process; `make("s3")` is a plain client for planting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    with patch.dict(os.environ, {**kept, **_ENVIRONMENT}, clear=True), mock_aws():
        session = new_session(region=REGION)
        clients: dict[str, Any] = {}

        def make(service: str) -> Any:
            if service not in clients:
                clients[service] = session.client(service)
            return clients[service]

        yield make


def plant(make: Make) -> None:
    """Everything; what names something else comes after it."""
    kms = make("kms")
    key = _keys(kms)
    _principals(make("iam"))
    group = _network(make("ec2"))
    _buckets(make("s3"), make("s3control"), key)
    _databases(make("rds"), new_key(kms, "rds"), group)
    _tables(make("dynamodb"), new_key(kms, "tables"))
    _disks(make("ec2"), new_key(kms, "disks"))
    _others(make, new_key(kms, "others"), group)
    _messages(make, new_key(kms, "messages"))
    _logs(make, new_key(kms, "logs"))
    _backup(make("backup"), new_key(kms, "backup"))
    _catalogue(make)


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: object, action: object, resource: object = "*", **extra: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **extra}


def tls_only(action: str, *resources: str) -> dict[str, Any]:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": list(resources), "Condition": plain}


def tags(tier: str = "", **more: str) -> list[dict[str, str]]:
    found = {"data-classification": tier, "owner": "records", "environment": "production", **more} if tier else more
    return [{"Key": name.replace("_", "-"), "Value": value} for name, value in found.items()]


def new_key(kms: Any, alias: str) -> str:
    """The ARN of a key of its own, so that what uses it alone decides its tier."""
    made = kms.create_key(Description=alias)["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=made["KeyId"])
    return str(made["Arn"])


def _keys(kms: Any) -> str:
    users = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/records-app"}
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    policy = document(
        allow(root, ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:ScheduleKeyDeletion"]), allow(users, ["kms:Decrypt", "kms:Encrypt"])
    )
    made = kms.create_key(Policy=policy, Description="records", Tags=[{"TagKey": "owner", "TagValue": "records"}])["KeyMetadata"]
    kms.create_alias(AliasName="alias/records", TargetKeyId=made["KeyId"])
    kms.enable_key_rotation(KeyId=made["KeyId"])
    kms.create_grant(
        KeyId=made["KeyId"], GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/records-app", Operations=["Decrypt"], Name="records"
    )
    leaving = kms.create_key(Description="leaving")["KeyMetadata"]
    kms.create_alias(AliasName="alias/leaving", TargetKeyId=leaving["KeyId"])
    kms.schedule_key_deletion(KeyId=leaving["KeyId"], PendingWindowInDays=7)
    return str(made["Arn"])


def _principals(iam: Any) -> None:
    for name in ("ada", "grace"):
        iam.create_user(UserName=name, Tags=tags(owner="records"))
        iam.create_login_profile(UserName=name, Password="not-a-secret")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ada")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName="ada", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    iam.create_user(UserName="deployer")
    iam.create_access_key(UserName="deployer")
    read = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::patient-records*"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    arn = iam.create_policy(PolicyName="read-records", PolicyDocument=document(read))["Policy"]["Arn"]
    wide = iam.create_policy(PolicyName="everything", PolicyDocument=document(everything))["Policy"]["Arn"]
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn=arn)
    iam.add_user_to_group(GroupName="readers", UserName="ada")
    iam.attach_user_policy(UserName="grace", PolicyArn=wide)
    iam.put_user_policy(UserName="deployer", PolicyName="own", PolicyDocument=document({**read, "Action": "s3:*"}))
    for name, principal, condition in (
        ("records-app", {"Service": "ecs-tasks.amazonaws.com"}, None),
        ("partner", {"AWS": f"arn:aws:iam::{STRANGER}:root"}, None),
        ("auditor", {"AWS": f"arn:aws:iam::{STRANGER}:root"}, {"StringEquals": {"sts:ExternalId": "agreed"}}),
    ):
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **({"Condition": condition} if condition else {})}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), Tags=tags(owner="records"))
        iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=document(read))


def _network(ec2: Any) -> str:
    group = ec2.create_security_group(GroupName="databases", Description="databases")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    ec2.enable_ebs_encryption_by_default()
    return str(group)


def bucket(s3: Any, name: str, *, blocked: bool = True, ownership: str = "BucketOwnerEnforced", locked: bool = False) -> None:
    place = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=place, ObjectOwnership=ownership, ObjectLockEnabledForBucket=locked)
    if blocked:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCKED)


BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def _buckets(s3: Any, s3control: Any, key: str) -> None:
    s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration={**BLOCKED, "RestrictPublicBuckets": False})
    bucket(s3, "access-logs")
    s3.put_bucket_tagging(Bucket="access-logs", Tagging={"TagSet": tags("internal")})
    s3.put_bucket_lifecycle_configuration(Bucket="access-logs", LifecycleConfiguration={"Rules": [_ends(400)]})
    delivery = allow({"Service": "logging.s3.amazonaws.com"}, "s3:PutObject", "arn:aws:s3:::access-logs/*")
    s3.put_bucket_policy(Bucket="access-logs", Policy=document(delivery))
    bucket(s3, "trail-logs")
    bucket(s3, "patient-records", locked=True)
    s3.put_bucket_tagging(Bucket="patient-records", Tagging={"TagSet": tags("special-category", data_categories="health")})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket="patient-records", ServerSideEncryptionConfiguration=rules)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}}}
    s3.put_object_lock_configuration(Bucket="patient-records", ObjectLockConfiguration=lock)
    arn = "arn:aws:s3:::patient-records"
    s3.put_bucket_policy(Bucket="patient-records", Policy=document(tls_only("s3:*", arn, f"{arn}/*")))
    logged = {"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": "patient-records/"}}
    s3.put_bucket_logging(Bucket="patient-records", BucketLoggingStatus=logged)
    s3.put_bucket_lifecycle_configuration(Bucket="patient-records", LifecycleConfiguration={"Rules": [_ends(3000)]})
    bucket(s3, "patient-replica")
    s3.put_bucket_versioning(Bucket="patient-replica", VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "copy",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::patient-replica"},
    }
    copying = {"Role": f"arn:aws:iam::{ACCOUNT}:role/records-app", "Rules": [rule]}
    s3.put_bucket_replication(Bucket="patient-records", ReplicationConfiguration=copying)
    _open_buckets(s3)


def _ends(days: int) -> dict[str, Any]:
    noncurrent = {"NoncurrentDays": 30}
    return {
        "ID": "end",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": days},
        "NoncurrentVersionExpiration": noncurrent,
    }


def _open_buckets(s3: Any) -> None:
    bucket(s3, "open-data", blocked=False)
    s3.put_bucket_tagging(Bucket="open-data", Tagging={"TagSet": tags("open-data")})
    s3.put_bucket_policy(Bucket="open-data", Policy=document(allow("*", "s3:GetObject", "arn:aws:s3:::open-data/*")))
    s3.put_bucket_website(Bucket="open-data", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_cors(Bucket="open-data", CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    bucket(s3, "complaints", blocked=False, ownership="ObjectWriter")
    s3.put_bucket_tagging(Bucket="complaints", Tagging={"TagSet": tags("personal")})
    s3.put_bucket_acl(Bucket="complaints", ACL="public-read")
    bucket(s3, "scratch", blocked=False)


def _databases(rds: Any, key: str, group: str) -> None:
    for name, family, values in (
        (
            "records-postgres",
            "postgres16",
            {"rds.force_ssl": "1", "ssl_min_protocol_version": "TLSv1.2", "shared_preload_libraries": "pgaudit"},
        ),
        ("payroll-mysql", "mysql8.0", {"require_secure_transport": "OFF"}),
    ):
        rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description=name)
        given = [{"ParameterName": one, "ParameterValue": value, "ApplyMethod": "pending-reboot"} for one, value in values.items()]
        rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=given)
    rds.create_db_instance(
        DBInstanceIdentifier="records",
        Engine="postgres",
        EngineVersion="16.4",
        DBParameterGroupName="records-postgres",
        DBInstanceClass="db.r6g.large",
        AllocatedStorage=100,
        MasterUsername="records",
        MasterUserPassword="not-a-secret",
        StorageEncrypted=True,
        KmsKeyId=key,
        BackupRetentionPeriod=14,
        MultiAZ=True,
        PubliclyAccessible=False,
        DeletionProtection=True,
        Tags=tags("special-category"),
    )
    rds.create_db_instance(
        DBInstanceIdentifier="payroll",
        Engine="mysql",
        DBParameterGroupName="payroll-mysql",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=50,
        MasterUsername="payroll",
        MasterUserPassword="not-a-secret",
        StorageEncrypted=False,
        BackupRetentionPeriod=1,
        PubliclyAccessible=True,
        VpcSecurityGroupIds=[group],
        Tags=tags("personal"),
    )
    rds.create_db_snapshot(DBInstanceIdentifier="records", DBSnapshotIdentifier="records-before")
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="records-before", AttributeName="restore", ValuesToAdd=[STRANGER])
    rds.create_db_instance_read_replica(DBInstanceIdentifier="records-replica", SourceDBInstanceIdentifier="records")
    _aurora(rds, key)


def _aurora(rds: Any, key: str) -> None:
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="aurora", DBParameterGroupFamily="aurora-postgresql16", Description="aurora"
    )
    rds.create_global_cluster(
        GlobalClusterIdentifier="claims-world", Engine="aurora-postgresql", EngineVersion="16.4", StorageEncrypted=True
    )
    rds.create_db_cluster(
        DBClusterIdentifier="claims",
        GlobalClusterIdentifier="claims-world",
        Engine="aurora-postgresql",
        DBClusterParameterGroupName="aurora",
        MasterUsername="claims",
        MasterUserPassword="not-a-secret",
        StorageEncrypted=True,
        KmsKeyId=key,
        BackupRetentionPeriod=7,
        Tags=tags("personal"),
    )
    rds.create_db_instance(
        DBInstanceIdentifier="claims-1", DBClusterIdentifier="claims", Engine="aurora-postgresql", DBInstanceClass="db.r6g.large"
    )
    rds.create_db_cluster_snapshot(DBClusterIdentifier="claims", DBClusterSnapshotIdentifier="claims-before")


def _tables(dynamodb: Any, key: str) -> None:
    own = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}}
    for name, tier, more in (
        ("licences", "personal", own),
        ("witnesses", "exceptional", own),
        ("feedback", "", {}),
    ):
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "reference", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "reference", "KeyType": "HASH"}],
            Tags=tags(tier),
            **more,
        )
    for name in ("licences", "witnesses"):
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/licences"
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=document(allow({"AWS": f"arn:aws:iam::{STRANGER}:root"}, "dynamodb:GetItem", arn)))


def _disks(ec2: Any, key: str) -> None:
    named = [{"ResourceType": "volume", "Tags": tags("personal", Name="cache")}]
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=20, Encrypted=True, KmsKeyId=key, TagSpecifications=named)["VolumeId"]
    plain = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=5, Encrypted=False)["VolumeId"]
    shared = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.modify_snapshot_attribute(SnapshotId=shared, Attribute="createVolumePermission", OperationType="add", UserIds=[STRANGER])
    public = ec2.create_snapshot(VolumeId=plain)["SnapshotId"]
    ec2.modify_snapshot_attribute(SnapshotId=public, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])


def _others(make: Make, key: str, group: str) -> None:
    make("redshift").create_cluster(
        ClusterIdentifier="insight",
        DBName="insight",
        NodeType="ra3.large",
        ClusterType="single-node",
        MasterUsername="insight",
        MasterUserPassword="Not-a-secret1",
        Encrypted=True,
        KmsKeyId=key,
        PubliclyAccessible=False,
        Tags=tags("personal"),
    )
    make("redshift").create_cluster_snapshot(SnapshotIdentifier="insight-before", ClusterIdentifier="insight")
    cache = make("elasticache")
    cache.create_cache_cluster(CacheClusterId="sessions", Engine="memcached", CacheNodeType="cache.t4g.small", NumCacheNodes=1)
    cache.create_replication_group(
        ReplicationGroupId="basket",
        ReplicationGroupDescription="basket",
        Engine="redis",
        CacheNodeType="cache.t4g.small",
        TransitEncryptionEnabled=True,
        AtRestEncryptionEnabled=True,
        KmsKeyId=key,
        SecurityGroupIds=[group],
    )
    cache.create_snapshot(ReplicationGroupId="basket", SnapshotName="basket-before")
    make("opensearch").create_domain(DomainName="letters", EncryptionAtRestOptions={"Enabled": True, "KmsKeyId": key})
    efs = make("efs")
    made = efs.create_file_system(CreationToken="files", Encrypted=True, KmsKeyId=key, Tags=tags("personal", Name="files"))["FileSystemId"]
    arn = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{made}"
    efs.put_file_system_policy(
        FileSystemId=made, Policy=document(tls_only("*", arn), allow({"AWS": "*"}, "elasticfilesystem:ClientMount", arn))
    )
    secrets = make("secretsmanager")
    secrets.create_secret(Name="records/database", SecretString="not-a-secret", KmsKeyId=key, Tags=tags("personal"))
    secrets.put_resource_policy(
        SecretId="records/database",
        ResourcePolicy=document(allow({"AWS": f"arn:aws:iam::{STRANGER}:root"}, "secretsmanager:GetSecretValue")),
    )
    make("ssm").put_parameter(
        Name="/records/token", Value="not-a-secret", Type="SecureString", Tier="Advanced", KeyId=key, Tags=tags("personal")
    )
    make("ssm").put_parameter(Name="/records/url", Value="https://example.org", Type="String")


def _messages(make: Make, key: str) -> None:
    sqs, sns, kinesis = make("sqs"), make("sns"), make("kinesis")
    policy = document(allow("*", ["sqs:SendMessage", "sqs:ReceiveMessage"]))
    sqs.create_queue(QueueName="claims", Attributes={"KmsMasterKeyId": key, "Policy": policy}, tags={"data-classification": "personal"})
    sqs.create_queue(QueueName="scratch")
    topic = sns.create_topic(Name="claims", Attributes={"KmsMasterKeyId": key}, Tags=tags("personal"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:claims")
    kinesis.create_stream(StreamName="events", ShardCount=1)
    kinesis.start_stream_encryption(StreamName="events", EncryptionType="KMS", KeyId=key)
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/events"
    kinesis.put_resource_policy(
        ResourceARN=arn, Policy=document(allow({"AWS": f"arn:aws:iam::{STRANGER}:root"}, "kinesis:GetRecords", arn))
    )


def _logs(make: Make, key: str) -> None:
    logs = make("logs")
    logs.create_log_group(logGroupName="/records/api", tags={"data-classification": "personal"}, kmsKeyId=key)
    logs.put_retention_policy(logGroupName="/records/api", retentionInDays=400)
    logs.create_log_group(logGroupName="/aws/rds/instance/records/postgresql")
    delivery = allow({"Service": "es.amazonaws.com"}, "logs:PutLogEvents")
    logs.put_resource_policy(policyName="delivery", policyDocument=document(delivery))
    trails = make("cloudtrail")
    trails.create_trail(Name="all", S3BucketName="trail-logs", IsMultiRegionTrail=True, EnableLogFileValidation=True, KmsKeyId=key)
    trails.start_logging(Name="all")
    selector = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::complaints/"]}],
    }
    trails.put_event_selectors(TrailName="all", EventSelectors=[selector])
    trails.create_trail(Name="stopped", S3BucketName="trail-logs")


def _backup(backup: Any, key: str) -> None:
    backup.create_backup_vault(BackupVaultName="safe", EncryptionKeyArn=key, BackupVaultTags={"data-classification": "personal"})
    backup.put_backup_vault_lock_configuration(BackupVaultName="safe", MinRetentionDays=30, ChangeableForDays=3)
    rule = {
        "RuleName": "daily",
        "TargetBackupVaultName": "safe",
        "ScheduleExpression": "cron(0 5 ? * * *)",
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [rule]})


def _catalogue(make: Make) -> None:
    glue = make("glue")
    glue.create_database(DatabaseInput={"Name": "records"})
    columns = [{"Name": "nhs_number", "Type": "string"}, {"Name": "email_address", "Type": "string"}]
    storage = {"Location": "s3://patient-records/table/", "Columns": columns}
    glue.create_table(DatabaseName="records", TableInput={"Name": "patients", "StorageDescriptor": storage})
    make("ecr").create_repository(repositoryName="records/app", imageScanningConfiguration={"scanOnPush": True})
    make("guardduty").create_detector(Enable=True, Features=[{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}])
    make("iam").generate_credential_report()
