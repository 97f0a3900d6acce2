from __future__ import annotations

import json

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, REGION
from tests.connectors.aws.fields import missing_field
from tierwise.model.fact import UNLIMITED, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Column, Kind, Rel

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"
SHAPE = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "nhs_number", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "nhs_number", "AttributeType": "S"}],
}


def _value(resource, name):
    assert isinstance(resource.facts[name], Known), f"{name}: {resource.facts[name]}"
    return resource.facts[name].value


def test_tables_are_read_in_full(aws, collect):
    dynamodb = aws("dynamodb")
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    tags = [{"Key": "owner", "Value": "team"}]
    dynamodb.create_table(TableName="strong", SSESpecification=sse, DeletionProtectionEnabled=True, Tags=tags, **SHAPE)
    dynamodb.create_table(TableName="weak", DeletionProtectionEnabled=False, **SHAPE)
    on = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 14}
    dynamodb.update_continuous_backups(TableName="strong", PointInTimeRecoverySpecification=on)
    dynamodb.update_time_to_live(TableName="strong", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "dynamodb:GetItem", "Resource": "*"},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "dynamodb:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    dynamodb.put_resource_policy(ResourceArn=f"{TABLE}/strong", Policy=policy)
    estate = collect("dynamodb", ALL_FACTS)
    strong, weak = estate[f"{TABLE}/strong"], estate[f"{TABLE}/weak"]

    assert strong.kind is Kind.DOCUMENT_DB
    assert strong.tags == Known({"owner": "team"}, strong.tags.via)
    assert strong.evidence.columns == (Column("strong", "nhs_number", "S", key=True),)
    assert [link.to for link in strong.links if link.rel is Rel.USES_KEY] == [key]
    expected = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "access.anonymous_read": False,
        "access.external_principals": {"999988887777"},
        "access.external_conditioned": False,
        "recovery.delete_protected": True,
        "recovery.point_in_time": True,
        "retention.expiry_configured": True,
        "recovery.redundancy": "multi-zone",
    }
    assert {name: _value(strong, name) for name in expected} == expected
    assert isinstance(strong.facts["retention.delete_after_days"], NotApplicable)
    assert strong.grants

    expected = {
        "encryption.key_custody": "provider-owned",
        "transport.tls_required": False,
        "access.anonymous_read": False,
        "access.external_principals": frozenset(),
        "recovery.delete_protected": False,
        "recovery.point_in_time": False,
        "retention.backup_days": 0,
        "retention.expiry_configured": False,
        "retention.delete_after_days": UNLIMITED,
        "network.ingress_any": True,
        "volume.items": 0,
    }
    assert {name: _value(weak, name) for name in expected} == expected
    assert isinstance(weak.facts["access.external_conditioned"], NotApplicable)


def test_the_recovery_window_is_the_one_that_was_set_or_35_days(aws, collect):
    dynamodb = aws("dynamodb")
    dynamodb.create_table(TableName="t", **SHAPE)
    days = []
    for extra in ({"RecoveryPeriodInDays": 7}, {}):
        found = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED", **extra}}
        canned = {("dynamodb", "DescribeContinuousBackups"): {"ContinuousBackupsDescription": found}}
        days.append(_value(collect("dynamodb", ALL_FACTS, canned=canned)[f"{TABLE}/t"], "retention.backup_days"))
    assert days == [7, 35]


def test_replicas_in_other_regions_are_links_and_redundancy(aws, collect):
    aws("dynamodb").create_table(TableName="t", **SHAPE)
    replicas = [{"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"}, {"RegionName": "us-east-1", "ReplicaStatus": "DELETING"}]
    canned = {("dynamodb", "DescribeTable"): {"Table": {"TableName": "t", "Replicas": replicas}}}
    table = collect("dynamodb", canned=canned)[f"{TABLE}/t"]
    assert [link.to for link in table.links if link.rel is Rel.REPLICATES_TO] == [f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/t"]
    assert _value(table, "recovery.redundancy") == "multi-region"


def test_a_table_that_cannot_be_described_keeps_its_key_its_size_and_its_schema_open(aws, collect):
    aws("dynamodb").create_table(TableName="t", **SHAPE)
    denied = dict.fromkeys([("dynamodb", name) for name in ("DescribeTable", "GetResourcePolicy")], "AccessDeniedException")
    table = collect("dynamodb", ALL_FACTS, canned=denied)[f"{TABLE}/t"]
    for name in ("encryption.key_custody", "recovery.redundancy", "volume.items", "access.anonymous_read", "transport.tls_required"):
        found = table.facts[name]
        assert isinstance(found, Unknown), name
        assert found.reason is UnknownReason.PERMISSION_DENIED, name
    assert table.evidence.unread
    assert {link.rel for link in table.links if link.unknown} == {Rel.USES_KEY, Rel.REPLICATES_TO}


def test_a_throttled_listing_is_a_gap(collect):
    estate = collect("dynamodb", canned={("dynamodb", "ListTables"): "ThrottlingException"})
    assert not estate
    assert [(gap.reason, gap.action) for gap in estate.gaps] == [("throttled", "dynamodb:ListTables")]


def test_every_field_that_is_read_exists_in_the_service_model():
    paths = {
        "DescribeTable": "Table.AttributeDefinitions.AttributeName Table.SSEDescription.KMSMasterKeyArn Table.SSEDescription.Status"
        " Table.Replicas.RegionName Table.Replicas.ReplicaArn Table.Replicas.ReplicaStatus Table.DeletionProtectionEnabled"
        " Table.TableSizeBytes Table.ItemCount Table.RestoreSummary.SourceTableArn",
        "DescribeContinuousBackups": "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus"
        " ContinuousBackupsDescription.PointInTimeRecoveryDescription.RecoveryPeriodInDays",
        "DescribeTimeToLive": "TimeToLiveDescription.TimeToLiveStatus",
        "GetResourcePolicy": "Policy",
        "ListTables": "TableNames",
    }
    wrong = [missing_field("dynamodb", operation, path) for operation, listed in paths.items() for path in listed.split()]
    assert not [each for each in wrong if each]
