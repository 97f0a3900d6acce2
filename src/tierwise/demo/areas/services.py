"""Licensing, payroll, open data, complaints, and one service of which nothing but an opaque code is written on its stores."""

from __future__ import annotations

from typing import Any

from tierwise.demo.emulator import DENIED
from tierwise.demo.ground import Ground, tag_list, tls_only

OPEN_DATA = "dcs-open-data"
_CODE = {"handling": "H7", "owner": "unit-seven", "environment": "production"}


def plant(ground: Ground) -> None:
    """One store or a few for each service."""
    _licensing(ground)
    _payroll(ground)
    _code(ground)
    everyone = {
        "Sid": "Published",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{OPEN_DATA}/*",
    }
    tags = {"data-classification": "open-data", "owner": "statistics", "environment": "production"}
    ground.bucket(OPEN_DATA, tags, versioned=True, blocked=False, policy=[everyone, tls_only(OPEN_DATA)])
    _table(ground, "web-feedback", {})
    tags = {"data-classification": "personal", "owner": "correspondence", "environment": "production"}
    ground.bucket(DENIED[1], tags, acls=True, blocked=False, versioned=True)


def _table(ground: Ground, name: str, tags: dict[str, str], **settings: Any) -> None:
    ground.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "reference", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "reference", "KeyType": "HASH"}],
        Tags=tag_list(tags),
        **settings,
    )


def _licensing(ground: Ground) -> None:
    key = ground.key("licensing", {"owner": "licensing", "environment": "production"})
    tags = {"data-classification": "personal", "owner": "licensing", "environment": "production"}
    _table(ground, "licensing-applications", tags, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    ground.client("secretsmanager").create_secret(Name="licensing/api", SecretString="not-a-secret", Tags=tag_list(tags))
    ground.client("sqs").create_queue(QueueName="licensing-renewals", tags=tags, Attributes={"KmsMasterKeyId": key})


def _payroll(ground: Ground) -> None:
    ec2 = ground.client("ec2")
    group = ec2.create_security_group(GroupName="payroll-database", Description="left open after a migration")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    ground.client("rds").create_db_instance(
        DBInstanceIdentifier="staff-payroll",
        Engine="mysql",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=50,
        MasterUsername="payroll",
        MasterUserPassword="not-a-secret",
        StorageEncrypted=False,
        BackupRetentionPeriod=1,
        PubliclyAccessible=True,
        VpcSecurityGroupIds=[group],
    )


def _code(ground: Ground) -> None:
    key = ground.key("unit-seven", {"owner": "unit-seven", "environment": "production"}, rotation_days=365)
    ground.bucket("dcs-h7-files", _CODE, key="unit-seven", versioned=True, policy=[tls_only("dcs-h7-files")])
    _table(ground, "h7-index", _CODE, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
