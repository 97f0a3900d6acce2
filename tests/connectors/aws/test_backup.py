from datetime import UTC, datetime, timedelta

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS
from tierwise.connectors.aws.backup import COLLECTORS
from tierwise.model.fact import Unknown
from tierwise.model.resource import Kind, Link, Rel

VAULT = f"arn:aws:backup:eu-west-2:{ACCOUNT}:backup-vault:"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
BUCKETS = "arn:aws:s3:::*"


def vaults(*items: dict) -> dict:
    listed = [{"BackupVaultName": f"v{n}", "BackupVaultArn": f"{VAULT}v{n}", **item} for n, item in enumerate(items)]
    return {("backup", "ListBackupVaults"): {"BackupVaultList": listed}}


def only_plan(estate):
    (plan,) = (resource for resource in estate.values() if resource.kind is Kind.BACKUP_PLAN)
    return plan


def protects(plan) -> set[str]:
    return {link.to if link.unknown is None else "?" for link in plan.links if link.rel is Rel.PROTECTS}


@pytest.fixture
def plan(aws):
    rule = {"RuleName": "daily", "TargetBackupVaultName": "main", "ScheduleExpression": "cron(0 5 ? * * *)"}
    copy = {"DestinationBackupVaultArn": "arn:aws:backup:eu-west-1:999988887777:backup-vault:far"}
    aws("backup").create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [{**rule, "CopyActions": [copy]}]})


def select(**selection: object) -> dict:
    listed = {"BackupSelectionsList": [{"SelectionId": "1", "SelectionName": "s"}]}
    return {
        ("backup", "ListBackupSelections"): listed,
        ("backup", "GetBackupSelection"): {"BackupSelection": {"SelectionName": "s", **selection}},
    }


def test_a_lock_is_compliance_once_its_date_has_passed(aws, collect):
    canned = vaults(
        {},
        {"Locked": True, "MinRetentionDays": 35},
        {"Locked": True, "MinRetentionDays": 35, "LockDate": NOW + timedelta(days=3)},
        {"Locked": True, "LockDate": NOW - timedelta(days=3)},
        {"VaultType": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT", "MinRetentionDays": 7},
        {"Locked": False, "MinRetentionDays": 35},
    )
    estate = collect("backup", canned=canned, now=NOW)
    found = [
        (estate[f"{VAULT}v{n}"].facts["immutability.mode"].value, estate[f"{VAULT}v{n}"].facts["immutability.min_days"].value)
        for n in range(6)
    ]
    assert found == [("none", 0), ("governance", 35), ("governance", 35), ("compliance", 0), ("compliance", 7), ("none", 0)]


def test_a_vault_has_its_key_and_its_policy(aws, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "backup:CopyIntoBackupVault", "Resource": "*"}]}'
    canned = {
        **vaults({"EncryptionKeyArn": key}, {"EncryptionKeyType": "AWS_OWNED_KMS_KEY"}, {}),
        ("backup", "GetBackupVaultAccessPolicy"): {"Policy": policy},
    }
    estate = collect("backup", ALL_FACTS, canned=canned)
    assert [estate[f"{VAULT}v{n}"].facts["encryption.key_custody"].value for n in range(3)] == [
        "customer",
        "provider-owned",
        "provider-managed",
    ]
    assert estate[f"{VAULT}v0"].links == (Link(Rel.USES_KEY, key),)
    assert estate[f"{VAULT}v0"].facts["access.external_principals"].value == {"999988887777"}
    absent = collect("backup", ALL_FACTS, canned={**canned, ("backup", "GetBackupVaultAccessPolicy"): "ResourceNotFoundException"})
    assert absent[f"{VAULT}v0"].facts["access.external_principals"].value == frozenset()
    denied = collect("backup", ALL_FACTS, canned={**canned, ("backup", "GetBackupVaultAccessPolicy"): "AccessDeniedException"})
    assert isinstance(denied[f"{VAULT}v0"].facts["access.external_principals"], Unknown)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"Resources": [BUCKETS, f"arn:aws:rds:eu-west-2:{ACCOUNT}:db:a"]}, {BUCKETS, f"arn:aws:rds:eu-west-2:{ACCOUNT}:db:a"}),
        ({"ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "daily"}]}, {"tag:backup=daily"}),
        (
            {"Resources": ["*"], "Conditions": {"StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "daily"}]}},
            {"tag:backup=daily"},
        ),
        (
            {
                "Resources": [BUCKETS],
                "Conditions": {"StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "daily"}]},
            },
            {"?"},
        ),
        (
            {"Resources": ["*"], "Conditions": {"StringNotEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "no"}]}},
            {"?"},
        ),
        ({"Resources": ["arn:aws:s3:::a", "arn:aws:s3:::b"], "NotResources": ["arn:aws:s3:::b"]}, {"arn:aws:s3:::a"}),
        ({"Resources": ["*"], "NotResources": ["arn:aws:s3:::b"]}, {"?"}),
        ({}, {"*"}),
    ],
)
def test_a_selection_protects_what_it_names_and_is_unknown_where_it_cannot_be_written_as_patterns(plan, collect, selection, expected):
    assert protects(only_plan(collect("backup", canned=select(**selection)))) == expected


def test_a_plan_stores_in_its_vault_and_where_it_copies_to(plan, collect):
    found = only_plan(collect("backup", canned=select(Resources=["*"])))
    assert {link.to for link in found.links if link.rel is Rel.STORES_IN} == {
        f"{VAULT}main",
        "arn:aws:backup:eu-west-1:999988887777:backup-vault:far",
    }


def test_selections_that_cannot_be_listed_leave_the_plan_and_a_gap(plan, collect):
    estate = collect("backup", canned={("backup", "ListBackupSelections"): "AccessDeniedException"})
    assert protects(only_plan(estate)) == {"?"}
    assert [(gap.action, gap.kinds) for gap in estate.gaps] == [("backup:ListBackupSelections", frozenset({Kind.BACKUP_PLAN}))]
    unread = collect("backup", canned={**select(), ("backup", "GetBackupSelection"): "AccessDeniedException"})
    assert protects(only_plan(unread)) == {"?"}


def test_no_plans_and_no_vaults_are_no_gap(aws, collect):
    estate = collect("backup")
    assert not estate
    assert not estate.gaps
    assert [collector.service for collector in COLLECTORS] == ["backup", "backup"]
