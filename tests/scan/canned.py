"""Answers to what the emulator lacks, in the shapes of the SDK's service models (`test_canned` holds them to those)."""

from __future__ import annotations

import json
from typing import Any

from tests.scan.estate import ACCOUNT, REGION, STRANGER
from tests.scan.recording import Canned

_MANAGEMENT = "999988887777"


def _selection(_params: dict[str, Any]) -> dict[str, Any]:
    chosen = {
        "SelectionName": "stores",
        "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/backup",
        "Resources": [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/licences", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:records"],
    }
    return {"BackupSelection": chosen, "SelectionId": "one"}


def _effective(_params: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps({"s3_attributes": {"public_access_block_configuration": "none"}})
    return {"EffectivePolicy": {"PolicyContent": content, "TargetId": ACCOUNT, "PolicyType": "S3_POLICY"}}


def _parents(params: dict[str, Any]) -> dict[str, Any]:
    above = {ACCOUNT: {"Id": "ou-abcd-11111111", "Type": "ORGANIZATIONAL_UNIT"}, "ou-abcd-11111111": {"Id": "r-abcd", "Type": "ROOT"}}
    return {"Parents": [above[params["ChildId"]]]}


def _attached(params: dict[str, Any]) -> dict[str, Any]:
    own = {"Id": "p-guardrail", "Name": "guardrail", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": False}
    return {"Policies": [own] if params["TargetId"].startswith("ou-") else []}


def _policy(_params: dict[str, Any]) -> dict[str, Any]:
    denial = {"Effect": "Deny", "Action": "s3:PutAccountPublicAccessBlock", "Resource": "*"}
    return {"Policy": {"PolicySummary": {"Id": "p-guardrail"}, "Content": json.dumps({"Version": "2012-10-17", "Statement": [denial]})}}


def _vault_policy(_params: dict[str, Any]) -> dict[str, Any]:
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"},
        "Action": "backup:CopyIntoBackupVault",
        "Resource": "*",
    }
    return {"BackupVaultName": "safe", "Policy": json.dumps({"Version": "2012-10-17", "Statement": [grant]})}


CANNED: Canned = {
    ("ec2", "DescribeRegions"): {
        "Regions": [
            {"RegionName": REGION, "OptInStatus": "opt-in-not-required"},
            {"RegionName": "af-south-1", "OptInStatus": "not-opted-in"},
        ]
    },
    ("organizations", "ListAccounts"): {"Accounts": [{"Id": ACCOUNT}, {"Id": _MANAGEMENT}]},
    ("organizations", "ListTagsForResource"): {"Tags": [{"Key": "owner", "Value": "platform"}]},
    ("organizations", "DescribeOrganization"): {"Organization": {"Id": "o-example", "MasterAccountId": _MANAGEMENT}},
    ("organizations", "DescribeEffectivePolicy"): _effective,
    ("organizations", "ListParents"): _parents,
    ("organizations", "ListPoliciesForTarget"): _attached,
    ("organizations", "DescribePolicy"): _policy,
    ("backup", "ListBackupSelections"): {"BackupSelectionsList": [{"SelectionId": "one", "SelectionName": "stores"}]},
    ("backup", "GetBackupSelection"): _selection,
    ("backup", "GetBackupVaultAccessPolicy"): _vault_policy,
    ("efs", "DescribeReplicationConfigurations"): {"Replications": []},
    ("elasticache", "DescribeServerlessCaches"): {
        "ServerlessCaches": [
            {
                "ServerlessCacheName": "fresh",
                "ARN": f"arn:aws:elasticache:{REGION}:{ACCOUNT}:serverlesscache:fresh",
                "Status": "available",
                "Engine": "valkey",
                "SecurityGroupIds": [],
                "SnapshotRetentionLimit": 1,
            }
        ]
    },
    ("ec2", "DescribeLockedSnapshots"): {"Snapshots": []},
    ("ec2", "GetSnapshotBlockPublicAccessState"): {"State": "block-new-sharing"},
    ("ssm", "GetResourcePolicies"): {"Policies": []},
    ("redshift", "DescribeDataShares"): {"DataShares": []},
}
