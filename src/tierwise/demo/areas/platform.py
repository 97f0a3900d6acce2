"""The platform team's ground: log stores, the audit trail, scratch space and what nobody remembers."""

from __future__ import annotations

from tierwise.demo.emulator import ACCOUNT
from tierwise.demo.ground import Ground, tag_list, tls_only

LOGS, TRAIL_LOGS = "dcs-access-logs", "dcs-trail-logs"
_TAGS = {"data-classification": "internal", "owner": "platform", "environment": "production"}


def plant(ground: Ground) -> None:
    """Log stores and the trail; buckets and volumes without tags; a key that is about to go."""
    _logs(ground)
    for name in ("dcs-scratch-analytics", "dcs-scratch-design", "dcs-tmp-2024"):
        ground.bucket(name, {}, blocked=name != "dcs-tmp-2024")
    old = ground.key("old-archive", {"owner": "platform"})
    ground.client("kms").schedule_key_deletion(KeyId=old.rsplit("/", 1)[-1], PendingWindowInDays=7)
    ec2 = ground.client("ec2")
    ec2.create_volume(AvailabilityZone="eu-west-2a", Size=200, Encrypted=False)
    spec = {"ResourceType": "volume", "Tags": tag_list({**_TAGS, "Name": "build-cache"})}
    ec2.create_volume(AvailabilityZone="eu-west-2b", Size=50, Encrypted=True, TagSpecifications=[spec])


def _logs(ground: Ground) -> None:
    deliver = {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{LOGS}/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    ground.bucket(LOGS, _TAGS, versioned=True, policy=[deliver, tls_only(LOGS)], expires_days=400)
    write = {
        "Sid": "Trail",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetBucketAcl"],
        "Resource": [f"arn:aws:s3:::{TRAIL_LOGS}", f"arn:aws:s3:::{TRAIL_LOGS}/*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    ground.bucket(TRAIL_LOGS, _TAGS, policy=[write])
    trail = ground.client("cloudtrail")
    trail.create_trail(Name="dcs-trail", S3BucketName=TRAIL_LOGS, IsMultiRegionTrail=False, EnableLogFileValidation=True)
    trail.start_logging(Name="dcs-trail")
    logs = ground.client("logs")
    logs.create_log_group(logGroupName="/dcs/licensing/api", tags=_TAGS)
    logs.put_retention_policy(logGroupName="/dcs/licensing/api", retentionInDays=14)
    logs.create_log_group(logGroupName="/aws/rds/instance/benefits-payments/postgresql", tags={})
