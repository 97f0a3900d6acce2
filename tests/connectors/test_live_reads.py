"""Which live read settles which fact of a planned resource."""

from __future__ import annotations

import pytest

from tierwise.connectors import live_declared
from tierwise.connectors.aws import collectors as aws
from tierwise.connectors.azure import collectors as azure
from tierwise.connectors.gcp import collectors as gcp
from tierwise.connectors.live import live_reads
from tierwise.connectors.terraform.converter import converters
from tierwise.model.change import LiveRead
from tierwise.model.vocabulary import find_spec

TABLE = live_reads()


def test_every_read_is_one_that_a_live_connector_declares():
    declared = {LiveRead(read.via.via, read.via.action) for read in (*aws.declared_reads(), *azure.declared_reads(), *gcp.declared_reads())}
    assert {read for facts in TABLE.values() for reads in facts.values() for read in reads} <= declared


def test_every_planned_type_of_a_service_that_is_read_live_has_its_reads():
    services = {one.service for one in aws.collectors()}
    unread = sorted(kind for kind in converters() if kind.startswith("aws_") and not TABLE.get(kind))
    assert [kind for kind in unread if kind.split("_")[1] in services and live_declared.AWS.get(kind, "") is not None] == []


def test_only_types_of_a_service_that_is_read_live_are_said_to_be_read_by_nobody():
    services = {one.service for one in aws.collectors()}
    excluded = [one for one in live_declared.AWS if live_declared.AWS[one] is None]
    caught = {one for one in excluded for other, entry in live_declared.AWS.items() if entry and one.startswith(other)}
    assert [one for one in excluded if one not in converters() or (one.split("_")[1] not in services and one not in caught)] == []


def test_every_planned_type_of_azure_says_under_which_type_it_would_be_listed():
    missing = [kind for kind in converters() if kind.startswith("azurerm_") and not kind.startswith(tuple(live_declared.AZURE))]
    assert missing == []


def test_every_service_and_call_that_types_are_mapped_to_is_declared():
    found = {(one.service, read.operation) for one in aws.collectors() for read in one.reads}
    services = {service for service, _ in found}
    assert [pair for pair in live_declared.AWS.values() if pair and pair not in found and (pair[1] or pair[0] not in services)] == []


def test_the_facts_are_of_the_vocabulary_or_the_tags():
    assert {name for facts in TABLE.values() for name in facts if find_spec(name) is None} == {"tags"}


@pytest.mark.parametrize(
    ("kind", "fact", "calls"),
    [
        ("aws_s3_bucket", "recovery.versioning", {"s3:GetBucketVersioning"}),
        (
            "aws_s3_bucket",
            "access.audience",
            {"s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:GetPublicAccessBlock", "s3control:GetPublicAccessBlock"},
        ),
        ("aws_s3_bucket", "logging.data_read", {"s3:GetBucketLogging", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"}),
        ("aws_s3_bucket", "encryption.key_protection", {"s3:GetBucketEncryption", "kms:DescribeKey"}),
        ("aws_db_instance", "encryption.at_rest", {"rds:DescribeDBInstances"}),
        ("aws_rds_cluster", "encryption.at_rest", {"rds:DescribeDBClusters"}),
        ("aws_ebs_snapshot", "access.anonymous_read", {"ec2:DescribeSnapshotAttribute"}),
        ("aws_iam_role", "privilege.admin", {"iam:GetAccountAuthorizationDetails"}),
        ("aws_s3_account_public_access_block", "account.root_mfa", {"iam:GetAccountSummary"}),
        ("aws_dynamodb_table", "tags", {"resourcegroupstaggingapi:GetResources"}),
        ("azurerm_storage_account", "recovery.versioning", {"arm:Microsoft.Storage/storageAccounts/blobServices/default"}),
        ("azurerm_storage_account", "transport.tls_required", {"graph:Microsoft.Storage/storageAccounts"}),
        ("google_storage_bucket", "recovery.versioning", {"cloudasset:storage.googleapis.com/Bucket"}),
    ],
)
def test_some_by_name(kind, fact, calls):
    assert {read.call for read in TABLE[kind][fact]} == calls


def test_what_only_a_declaration_says_has_no_read():
    assert not any("environment.production" in facts or "volume.bytes" in facts for facts in TABLE.values())
