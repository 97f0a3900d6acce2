"""A planned copy takes the tier of its source and is held against it, whichever resource carries the data: replica, snapshot, export, log target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tests.scan.plans import Judged, judge
from tierwise.model.fact import Known, Unknown
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier, TierState

TIER = {"data-classification": "special-category"}
TAGS, LABELS = {"tags": TIER, "tags_all": TIER}, {"labels": TIER, "effective_labels": TIER}
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers"
VAULT_KEY, GOOGLE_KEY = "https://kv.vault.azure.net/keys/k/1", "projects/p/locations/europe-west2/keyRings/r/cryptoKeys/k"


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:eu-west-2:111122223333:{rest}"


def azure(kind: str, name: str) -> dict[str, Any]:
    return {"id": f"{GROUP}/{kind}/{name}", "name": name}


KEY = arn("kms", "key/k1")
KMS = [{"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}]}]}]
BUCKET = {"bucket": "copy", "arn": "arn:aws:s3:::copy"}
TABLE = {"name": "src", "arn": arn("dynamodb", "table/src"), "server_side_encryption": [{"enabled": True, "kms_key_arn": KEY}], **TAGS}
STREAM = {"name": "copy", "arn": arn("kinesis", "stream/copy"), "encryption_type": "NONE"}
DATABASE = {"identifier": "src", "engine": "postgres", "storage_encrypted": True, "kms_key_id": KEY, **TAGS}
STORAGE = "Microsoft.Storage/storageAccounts"
ACCOUNT = {**azure(STORAGE, "src"), "customer_managed_key": [{"key_vault_key_id": VAULT_KEY}], "tags": TIER}
OTHER_ACCOUNT = azure(STORAGE, "copy")
GCS = {"name": "src", "id": "src", "encryption": [{"default_kms_key_name": GOOGLE_KEY}], **LABELS}
DISK = {"name": "src", "id": "src", "disk_encryption_key": [{"kms_key_self_link": GOOGLE_KEY}], **LABELS}


@dataclass(frozen=True)
class Case:
    """A source, its copy, and what carries the data where neither names the other."""

    name: str
    source: tuple[str, Mapping[str, Any]]
    copy: tuple[str, Mapping[str, Any]]
    carriers: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    weaker: str = ""
    """A protection that is certainly weaker on the copy."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Arguments of the first carrier that are references, so that their values are not known yet."""


def case(
    name: str,
    source: tuple[str, Mapping[str, Any]],
    copy: tuple[str, Mapping[str, Any]],
    *carriers: tuple[str, Mapping[str, Any]],
    weaker: str = "",
    **references: str,
) -> Case:
    return Case(name, source, copy, carriers, weaker, references)


CUSTODY, AT_REST = "encryption.key_custody", "encryption.at_rest"
COPIES = [
    case(
        "replication",
        ("aws_s3_bucket", {"bucket": "src", "arn": "arn:aws:s3:::src", "server_side_encryption_configuration": KMS, **TAGS}),
        ("aws_s3_bucket", BUCKET),
        (
            "aws_s3_bucket_replication_configuration",
            {"bucket": "src", "rule": [{"status": "Enabled", "destination": [{"bucket": "arn:aws:s3:::copy"}]}]},
        ),
        weaker=CUSTODY,
    ),
    case(
        "read replica",
        ("aws_db_instance", DATABASE),
        ("aws_db_instance", {"identifier": "copy", "engine": "postgres", "replicate_source_db": "src"}),
    ),
    case(
        "database snapshot",
        ("aws_db_instance", DATABASE),
        ("aws_db_snapshot", {"db_snapshot_identifier": "copy", "db_instance_identifier": "src", "encrypted": False}),
        weaker=AT_REST,
    ),
    case(
        "cluster snapshot",
        ("aws_rds_cluster", {"cluster_identifier": "src", "engine": "aurora-mysql", "storage_encrypted": True, "kms_key_id": KEY, **TAGS}),
        ("aws_db_cluster_snapshot", {"db_cluster_snapshot_identifier": "copy", "db_cluster_identifier": "src"}),
    ),
    case(
        "volume snapshot",
        ("aws_ebs_volume", {"id": "vol-1", "encrypted": True, "kms_key_id": KEY, **TAGS}),
        ("aws_ebs_snapshot", {"volume_id": "vol-1", "encrypted": False}),
        weaker=AT_REST,
    ),
    case(
        "table export",
        ("aws_dynamodb_table", TABLE),
        ("aws_s3_bucket", BUCKET),
        ("aws_dynamodb_table_export", {"table_arn": TABLE["arn"]}),
        weaker=CUSTODY,
        s3_bucket="aws_s3_bucket.copy.id",
    ),
    case(
        "table stream",
        ("aws_dynamodb_table", TABLE),
        ("aws_kinesis_stream", STREAM),
        ("aws_dynamodb_kinesis_streaming_destination", {"table_name": "src", "stream_arn": STREAM["arn"]}),
        weaker=AT_REST,
    ),
    case(
        "firehose",
        ("aws_kinesis_stream", {"name": "src", "arn": arn("kinesis", "stream/src"), "encryption_type": "KMS", "kms_key_id": KEY, **TAGS}),
        ("aws_s3_bucket", BUCKET),
        (
            "aws_kinesis_firehose_delivery_stream",
            {
                "kinesis_source_configuration": [{"kinesis_stream_arn": arn("kinesis", "stream/src")}],
                "extended_s3_configuration": [{"bucket_arn": "arn:aws:s3:::copy"}],
            },
        ),
        weaker=CUSTODY,
    ),
    case(
        "log subscription",
        ("aws_cloudwatch_log_group", {"name": "src", "kms_key_id": KEY, **TAGS}),
        ("aws_kinesis_stream", STREAM),
        ("aws_cloudwatch_log_subscription_filter", {"log_group_name": "src", "destination_arn": STREAM["arn"]}),
        weaker=AT_REST,
    ),
    case(
        "snapshot export",
        ("aws_db_snapshot", {"db_snapshot_arn": arn("rds", "snapshot:s"), "encrypted": True, "kms_key_id": KEY, **TAGS}),
        ("aws_s3_bucket", BUCKET),
        ("aws_rds_export_task", {"source_arn": arn("rds", "snapshot:s"), "s3_bucket_name": "copy"}),
        weaker=CUSTODY,
    ),
    case(
        "queue of failed messages",
        ("aws_sqs_queue", {"name": "src", "kms_master_key_id": KEY, **TAGS}),
        ("aws_sqs_queue", {"name": "copy", "arn": arn("sqs", "copy"), "sqs_managed_sse_enabled": True}),
        (
            "aws_sqs_queue_redrive_policy",
            {"queue_url": "https://sqs/src", "redrive_policy": '{"deadLetterTargetArn": "' + arn("sqs", "copy") + '"}'},
        ),
        queue_url="aws_sqs_queue.src.id",
    ),
    case(
        "azure object replication",
        ("azurerm_storage_account", ACCOUNT),
        ("azurerm_storage_account", OTHER_ACCOUNT),
        ("azurerm_storage_object_replication", {"source_storage_account_id": ACCOUNT["id"]}),
        weaker=CUSTODY,
        destination_storage_account_id="azurerm_storage_account.copy.id",
    ),
    case(
        "azure database copy",
        (
            "azurerm_mssql_database",
            {**azure("d", "src"), "server_id": "s", "transparent_data_encryption_key_vault_key_id": VAULT_KEY, "tags": TIER},
        ),
        (
            "azurerm_mssql_database",
            {**azure("d", "copy"), "server_id": "t", "create_mode": "Copy", "creation_source_database_id": f"{GROUP}/d/src"},
        ),
    ),
    case(
        "azure read replica",
        (
            "azurerm_postgresql_flexible_server",
            {**azure("p", "src"), "customer_managed_key": [{"key_vault_key_id": VAULT_KEY}], "tags": TIER},
        ),
        ("azurerm_postgresql_flexible_server", {**azure("p", "copy"), "create_mode": "Replica", "source_server_id": f"{GROUP}/p/src"}),
        weaker=CUSTODY,
    ),
    case(
        "azure failover group",
        ("azurerm_mssql_server", {**azure("s", "src"), "tags": TIER}),
        ("azurerm_mssql_server", azure("s", "copy")),
        ("azurerm_mssql_failover_group", {"server_id": f"{GROUP}/s/src", "partner_server": [{"id": f"{GROUP}/s/copy"}]}),
    ),
    case(
        "azure disk snapshot",
        ("azurerm_managed_disk", {**azure("disks", "src"), "disk_encryption_set_id": "des", "tags": TIER}),
        ("azurerm_snapshot", {**azure("snapshots", "copy"), "create_option": "Copy", "source_uri": f"{GROUP}/disks/src"}),
        weaker=CUSTODY,
    ),
    case(
        "azure workspace export",
        ("azurerm_log_analytics_workspace", {**azure("w", "src"), "tags": TIER}),
        ("azurerm_storage_account", OTHER_ACCOUNT),
        ("azurerm_log_analytics_data_export_rule", {"workspace_resource_id": f"{GROUP}/w/src", "enabled": True}),
        destination_resource_id="azurerm_storage_account.copy.id",
    ),
    case(
        "azure event capture",
        ("azurerm_eventhub_namespace", {**azure("n", "src"), "tags": TIER}),
        ("azurerm_storage_account", OTHER_ACCOUNT),
        (
            "azurerm_eventhub",
            {
                "namespace_id": f"{GROUP}/n/src",
                "name": "h",
                "capture_description": [{"enabled": True, "destination": [{"storage_account_id": OTHER_ACCOUNT["id"]}]}],
            },
        ),
    ),
    case(
        "google read replica",
        ("google_sql_database_instance", {"name": "src", "encryption_key_name": GOOGLE_KEY, "settings": [{"user_labels": TIER}]}),
        ("google_sql_database_instance", {"name": "copy", "master_instance_name": "src", "settings": [{"tier": "db-f1-micro"}]}),
    ),
    case(
        "google disk snapshot",
        ("google_compute_disk", DISK),
        ("google_compute_snapshot", {"name": "copy", "source_disk": "src"}),
        weaker=CUSTODY,
    ),
    case(
        "google asynchronous replication",
        ("google_compute_disk", DISK),
        ("google_compute_disk", {"name": "copy", "id": "copy"}),
        ("google_compute_disk_async_replication", {"primary_disk": "src", "secondary_disk": [{"disk": "copy"}]}),
        weaker=CUSTODY,
    ),
    case(
        "google transfer job",
        ("google_storage_bucket", GCS),
        ("google_storage_bucket", {"name": "copy", "id": "copy"}),
        (
            "google_storage_transfer_job",
            {
                "status": "ENABLED",
                "transfer_spec": [{"gcs_data_source": [{"bucket_name": "src"}], "gcs_data_sink": [{"bucket_name": "copy"}]}],
            },
        ),
        weaker=CUSTODY,
    ),
    case(
        "google transfer as it changes",
        ("google_storage_bucket", GCS),
        ("google_storage_bucket", {"name": "copy", "id": "copy"}),
        (
            "google_storage_transfer_job",
            {"replication_spec": [{"gcs_data_source": [{"bucket_name": "src"}], "gcs_data_sink": [{"bucket_name": "copy"}]}]},
        ),
        weaker=CUSTODY,
    ),
    case(
        "google dataset copy",
        ("google_bigquery_dataset", {"dataset_id": "src", "default_encryption_configuration": [{"kms_key_name": GOOGLE_KEY}], **LABELS}),
        ("google_bigquery_dataset", {"dataset_id": "copy"}),
        (
            "google_bigquery_data_transfer_config",
            {"data_source_id": "cross_region_copy", "destination_dataset_id": "copy", "params": {"source_dataset_id": "src"}},
        ),
        weaker=CUSTODY,
    ),
    case(
        "google messages to a bucket",
        ("google_pubsub_topic", {"name": "src", "id": "src", "kms_key_name": GOOGLE_KEY, **LABELS}),
        ("google_storage_bucket", {"name": "copy", "id": "copy"}),
        ("google_pubsub_subscription", {"name": "s", "topic": "src", "cloud_storage_config": [{"bucket": "copy"}]}),
    ),
    case(
        "google secondary cluster",
        ("google_alloydb_cluster", {"name": "src", "cluster_id": "src", "encryption_config": [{"kms_key_name": GOOGLE_KEY}], **LABELS}),
        ("google_alloydb_cluster", {"name": "copy", "cluster_id": "copy", "secondary_config": [{"primary_cluster_name": "src"}]}),
        weaker=CUSTODY,
    ),
]
HOLDERS = [
    case(
        "server access log",
        ("aws_s3_bucket", {"bucket": "src", "logging": [{"target_bucket": "copy"}], **TAGS}),
        ("aws_s3_bucket", BUCKET),
    ),
    case(
        "trail",
        ("aws_s3_bucket", {"bucket": "src", "arn": "arn:aws:s3:::src", **TAGS}),
        ("aws_s3_bucket", BUCKET),
        (
            "aws_cloudtrail",
            {
                "name": "t",
                "s3_bucket_name": "copy",
                "event_selector": [{"data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::src/"]}]}],
            },
        ),
    ),
    case(
        "database log",
        ("aws_db_instance", {**DATABASE, "enabled_cloudwatch_logs_exports": ["postgresql"]}),
        ("aws_cloudwatch_log_group", {"name": "/aws/rds/instance/src/postgresql"}),
    ),
    case(
        "backup vault",
        ("aws_dynamodb_table", TABLE),
        ("aws_backup_vault", {"name": "copy", "arn": arn("backup", "backup-vault:copy")}),
        ("aws_backup_plan", {"name": "p", "id": "p", "rule": [{"target_vault_name": "copy"}]}),
        ("aws_backup_selection", {"plan_id": "p", "resources": [TABLE["arn"]]}),
    ),
    case(
        "azure diagnostic log",
        ("azurerm_storage_account", ACCOUNT),
        ("azurerm_log_analytics_workspace", azure("w", "copy")),
        (
            "azurerm_monitor_diagnostic_setting",
            {
                "target_resource_id": f"{ACCOUNT['id']}/blobServices/default",
                "log_analytics_workspace_id": f"{GROUP}/w/copy",
                "enabled_log": [{"category": "StorageRead"}],
            },
        ),
    ),
    case(
        "azure diagnostic events",
        ("azurerm_storage_account", ACCOUNT),
        ("azurerm_eventhub_namespace", azure("n", "copy")),
        (
            "azurerm_monitor_diagnostic_setting",
            {
                "target_resource_id": f"{ACCOUNT['id']}/blobServices/default",
                "eventhub_authorization_rule_id": f"{GROUP}/n/copy/authorizationRules/r",
                "enabled_log": [{"category": "StorageRead"}],
            },
        ),
    ),
    case(
        "azure blob backup",
        ("azurerm_storage_account", ACCOUNT),
        ("azurerm_data_protection_backup_vault", azure("v", "copy")),
        ("azurerm_data_protection_backup_instance_blob_storage", {"storage_account_id": ACCOUNT["id"]}),
        vault_id="azurerm_data_protection_backup_vault.copy.id",
    ),
    case(
        "azure disk backup",
        ("azurerm_managed_disk", {**azure("disks", "src"), "tags": TIER}),
        ("azurerm_data_protection_backup_vault", azure("v", "copy")),
        ("azurerm_data_protection_backup_instance_disk", {"vault_id": f"{GROUP}/v/copy", "disk_id": f"{GROUP}/disks/src"}),
    ),
    case(
        "azure database backup",
        ("azurerm_postgresql_flexible_server", {**azure("p", "src"), "tags": TIER}),
        ("azurerm_data_protection_backup_vault", azure("v", "copy")),
        (
            "azurerm_data_protection_backup_instance_postgresql_flexible_server",
            {"vault_id": f"{GROUP}/v/copy", "server_id": f"{GROUP}/p/src"},
        ),
    ),
    case(
        "azure share backup",
        ("azurerm_storage_account", ACCOUNT),
        ("azurerm_recovery_services_vault", azure("v", "copy")),
        ("azurerm_backup_protected_file_share", {"recovery_vault_name": "copy", "source_storage_account_id": ACCOUNT["id"]}),
    ),
    case(
        "google usage log",
        ("google_storage_bucket", {**GCS, "logging": [{"log_bucket": "copy"}]}),
        ("google_storage_bucket", {"name": "copy", "id": "copy"}),
    ),
]


def written(values: Any) -> Any:
    """Expressions that say what the values say."""
    if isinstance(values, Mapping):
        return {name: written(one) for name, one in values.items()}
    if isinstance(values, list) and values and isinstance(values[0], Mapping):
        return [written(one) for one in values]
    return const(values)


def planned(one: Case) -> PlanBuilder:
    plan = PlanBuilder()
    for name, (kind, values) in (("src", one.source), ("copy", one.copy)):
        plan.add(kind, name, values, expressions=written(values))
    for number, (kind, values) in enumerate(one.carriers):
        references = one.references if number == 0 else {}
        known = {name: value for name, value in values.items() if name not in references}
        expressions = written(known) | {name: ref(to) for name, to in references.items()}
        plan.add(kind, f"carrier{number}", known, expressions=expressions, unknown=dict.fromkeys(references, True))
    return plan


def target(one: Case, judged: Judged) -> tuple[Tier, TierState]:
    found = judged.result.classifications[f"{one.copy[0]}.copy"]
    return found.tier, found.state


@pytest.mark.parametrize("one", [*COPIES, *HOLDERS], ids=lambda one: one.name)
def test_the_other_end_inherits_the_tier(tmp_path, one: Case):
    assert target(one, judge(planned(one), tmp_path)) == (Tier.T3, TierState.INHERITED)


@pytest.mark.parametrize("one", COPIES, ids=lambda one: one.name)
def test_a_copy_is_held_against_its_source(tmp_path, one: Case):
    judged = judge(planned(one), tmp_path)
    fact = judged.fact(f"{one.copy[0]}.copy", "copy.downgrades")
    certain = fact.value if isinstance(fact, Known) else fact.includes if isinstance(fact, Unknown) else frozenset()
    assert judged.finding(f"{one.copy[0]}.copy", "SHR-03").verdict is not Verdict.NOT_APPLICABLE
    assert not one.weaker or (isinstance(certain, frozenset) and one.weaker in certain)


REFUSED = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::src", "arn:aws:s3:::src/*"]}
OVER_TLS = json.dumps({"Statement": [{**REFUSED, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})
REPLICATED = {"bucket": "src", "rule": [{"status": "Enabled", "destination": [{"bucket": "arn:aws:s3:::copy"}]}]}
WEAKER = [
    case(
        "aws",
        ("aws_s3_bucket", {"bucket": "src", "arn": "arn:aws:s3:::src", **TAGS}),
        ("aws_s3_bucket", BUCKET),
        ("aws_s3_bucket_replication_configuration", REPLICATED),
        ("aws_s3_bucket_policy", {"bucket": "src", "policy": OVER_TLS}),
        weaker="transport.tls_required",
    ),
    case(
        "azure",
        ("azurerm_storage_account", {**ACCOUNT, "https_traffic_only_enabled": True}),
        ("azurerm_storage_account", {**OTHER_ACCOUNT, "https_traffic_only_enabled": False}),
        (
            "azurerm_storage_object_replication",
            {"source_storage_account_id": ACCOUNT["id"], "destination_storage_account_id": OTHER_ACCOUNT["id"]},
        ),
        weaker="transport.tls_required",
    ),
    case(
        "google",
        ("google_storage_bucket", {**GCS, "retention_policy": [{"retention_period": "864000", "is_locked": True}]}),
        ("google_storage_bucket", {"name": "copy", "id": "copy"}),
        (
            "google_storage_transfer_job",
            {"transfer_spec": [{"gcs_data_source": [{"bucket_name": "src"}], "gcs_data_sink": [{"bucket_name": "copy"}]}]},
        ),
        weaker="immutability.mode",
    ),
]


@pytest.mark.parametrize("one", WEAKER, ids=lambda one: one.name)
def test_a_planned_copy_that_is_kept_worse_than_its_source_fails_and_is_the_plans_doing(tmp_path, one: Case):
    plan = planned(one)
    _, values = one.source
    plan.changes[0]["change"] |= {"actions": ["no-op"], "before": dict(values)}
    found = judge(plan, tmp_path).finding(f"{one.copy[0]}.copy", "SHR-03")
    assert (found.verdict, found.tier, found.introduced) == (Verdict.FAIL, Tier.T3, True)
    assert one.weaker in found.actual[0].value


def test_a_job_that_is_switched_off_carries_nothing(tmp_path):
    spec = [{"gcs_data_source": [{"bucket_name": "src"}], "gcs_data_sink": [{"bucket_name": "copy"}]}]
    one = case(
        "off", ("google_storage_bucket", GCS), ("google_storage_bucket", {"name": "copy", "id": "copy"}),
        ("google_storage_transfer_job", {"status": "DISABLED", "transfer_spec": spec}),
    )  # fmt: skip
    judged = judge(planned(one), tmp_path)
    assert target(one, judged)[1] is TierState.ASSUMED
    assert judged.finding("google_storage_bucket.copy", "SHR-03").verdict is Verdict.NOT_APPLICABLE


def test_a_carrier_whose_source_cannot_be_told_leaves_open_what_its_targets_hold(tmp_path):
    plan = PlanBuilder()
    plan.add("aws_dynamodb_table", "src", TABLE, expressions=written(TABLE))
    plan.add("aws_s3_bucket", "copy", BUCKET, expressions=written(BUCKET))
    export = {"table_arn": {"references": ["local.table"]}, "s3_bucket": ref("aws_s3_bucket.copy.id")}
    plan.add("aws_dynamodb_table_export", "x", {}, expressions=export, unknown={"table_arn": True, "s3_bucket": True})
    found = judge(plan, tmp_path).result.classifications["aws_s3_bucket.copy"]
    assert (found.interval.settled, found.interval.hi) == (False, Tier.T3)
