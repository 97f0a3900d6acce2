"""Benefits: claimants' payments, the largest and most valuable dataset; the register says nine million people."""

from __future__ import annotations

from tierwise.demo.areas.platform import LOGS
from tierwise.demo.emulator import ACCOUNT
from tierwise.demo.ground import Ground, document, tag_list, tls_only

DATABASE = "benefits-payments"
SNAPSHOT, COPY = "benefits-payments-before-migration", "benefits-payments-for-testing"
UNKNOWN_ACCOUNT = "111122223333"
"""An account that no line of the register agrees to."""
_TAGS = {"Service": "benefits", "environment": "production"}


def plant(ground: Ground) -> None:
    """A database under its own key, what has been copied out of it, and letters with a replica that fell behind."""
    ground.key("benefits", {"owner": "benefits-payments", "environment": "production"}, rotation_days=365, users=("benefits-app",))
    _database(ground)
    _letters(ground)
    sqs = ground.client("sqs")
    sqs.create_queue(QueueName="benefit-claim-events", tags=_TAGS)
    open_to_all = {"Effect": "Allow", "Principal": "*", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"], "Resource": "*"}
    url = sqs.get_queue_url(QueueName="benefit-claim-events")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(open_to_all), "SqsManagedSseEnabled": "true"})
    ground.client("secretsmanager").create_secret(
        Name="benefits/payments-database", SecretString="not-a-secret", KmsKeyId=ground.keys["benefits"], Tags=tag_list(_TAGS)
    )


def _database(ground: Ground) -> None:
    rds = ground.client("rds")
    rds.create_db_parameter_group(DBParameterGroupName="benefits-postgres", DBParameterGroupFamily="postgres16", Description="TLS only")
    tls = {"rds.force_ssl": "1", "ssl_min_protocol_version": "TLSv1.2"}
    parameters = [{"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"} for key, value in tls.items()]
    rds.modify_db_parameter_group(DBParameterGroupName="benefits-postgres", Parameters=parameters)
    rds.create_db_instance(
        DBInstanceIdentifier=DATABASE,
        Engine="postgres",
        EngineVersion="16.4",
        DBParameterGroupName="benefits-postgres",
        DBInstanceClass="db.r6g.2xlarge",
        AllocatedStorage=900,
        MasterUsername="payments",
        MasterUserPassword="not-a-secret",
        StorageEncrypted=True,
        KmsKeyId=ground.keys["benefits"],
        BackupRetentionPeriod=14,
        MultiAZ=True,
        PubliclyAccessible=False,
        DeletionProtection=True,
        EnableIAMDatabaseAuthentication=False,
        Tags=tag_list({**_TAGS, "owner": "benefits-payments"}),
    )
    rds.create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier=SNAPSHOT, Tags=tag_list(_TAGS))
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=SNAPSHOT, AttributeName="restore", ValuesToAdd=[UNKNOWN_ACCOUNT])
    rds.copy_db_snapshot(SourceDBSnapshotIdentifier=SNAPSHOT, TargetDBSnapshotIdentifier=COPY, KmsKeyId="alias/aws/rds")


def _letters(ground: Ground) -> None:
    ground.bucket("dcs-letters-replica", {})
    ground.client("s3").put_bucket_versioning(Bucket="dcs-letters-replica", VersioningConfiguration={"Status": "Enabled"})
    ground.bucket(
        "dcs-claim-letters",
        {**_TAGS, "owner": "benefits-payments"},
        key="benefits",
        versioned=True,
        logs_to=LOGS,
        policy=[tls_only("dcs-claim-letters")],
    )
    rule = {
        "ID": "copy",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::dcs-letters-replica"},
    }
    settings = {"Role": f"arn:aws:iam::{ACCOUNT}:role/benefits-app", "Rules": [rule]}
    ground.client("s3").put_bucket_replication(Bucket="dcs-claim-letters", ReplicationConfiguration=settings)
