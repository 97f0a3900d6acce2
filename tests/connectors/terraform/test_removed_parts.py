"""A part that protects is deleted and its parent survives: the joined object is told as it was, and as it is without the part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.terraform.plans import PlanBuilder, value
from tests.connectors.terraform.test_earlier import read
from tierwise.evaluate.render import render_fact
from tierwise.model.change import Action, Part

ACCOUNT = "111122223333"
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers"
STORAGE, SQL = f"{GROUP}/Microsoft.Storage/storageAccounts/st", f"{GROUP}/Microsoft.Sql/servers/sq"
EVENTS, KEY = f"{GROUP}/Microsoft.EventHub/namespaces/eh", "https://kv.vault.azure.net/keys/k/1"
SWITCHES = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True)


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:eu-west-2:{ACCOUNT}:{rest}"


def over_tls(service: str, resource: str = "*") -> str:
    """A policy that refuses plaintext."""
    refused = {"Effect": "Deny", "Principal": "*", "Action": f"{service}:*", "Resource": [resource, f"{resource}/*"]}
    return json.dumps({"Statement": [{**refused, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})


def allows(principal: str, action: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}]})


BUCKET = ("aws_s3_bucket", {"bucket": "letters", "id": "letters", "arn": "arn:aws:s3:::letters"})
FILES = ("aws_efs_file_system", {"id": "fs-1", "arn": arn("elasticfilesystem", "file-system/fs-1"), "encrypted": True})
VAULT = ("aws_backup_vault", {"name": "v", "id": "v", "arn": arn("backup", "backup-vault:v")})
ACCOUNT_STORE = ("azurerm_storage_account", {"id": STORAGE, "name": "st", "public_network_access_enabled": True})
SERVER = ("azurerm_mssql_server", {"id": SQL, "name": "sq"})

CASES: list[tuple[tuple[str, dict[str, Any]], str, dict[str, Any], dict[str, tuple[str, str]]]] = [
    (BUCKET, "aws_s3_bucket_public_access_block", {"bucket": "letters", **SWITCHES}, {"access.public_blocked": ("true", "false")}),
    (
        BUCKET,
        "aws_s3_account_public_access_block",
        {"account_id": ACCOUNT, **SWITCHES},
        {"access.anonymous_read": ("false", "unknown (not-collected)")},
    ),
    (
        BUCKET,
        "aws_s3_bucket_policy",
        {"bucket": "letters", "policy": over_tls("s3", "arn:aws:s3:::letters")},
        {"transport.tls_required": ("true", "false")},
    ),
    (
        BUCKET,
        "aws_s3_bucket_versioning",
        {"bucket": "letters", "versioning_configuration": [{"status": "Enabled"}]},
        {"recovery.versioning": ("true", "false")},
    ),
    (
        BUCKET,
        "aws_s3_bucket_server_side_encryption_configuration",
        {"bucket": "letters", "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]},
        {"encryption.key_custody": ("provider-managed", "provider-owned")},
    ),
    (BUCKET, "aws_s3_bucket_logging", {"bucket": "letters", "target_bucket": "logs"}, {"logging.data_read": ("true", "false")}),
    (
        BUCKET,
        "aws_s3_bucket_object_lock_configuration",
        {"bucket": "letters", "rule": [{"default_retention": [{"mode": "COMPLIANCE", "days": 30}]}]},
        {"immutability.mode": ("compliance", "none"), "immutability.min_days": ("30", "0")},
    ),
    (
        BUCKET,
        "aws_s3_bucket_ownership_controls",
        {"bucket": "letters", "rule": [{"object_ownership": "BucketOwnerEnforced"}]},
        {"access.acls_disabled": ("true", "false")},
    ),
    (
        BUCKET,
        "aws_s3_bucket_lifecycle_configuration",
        {"bucket": "letters", "rule": [{"status": "Enabled", "expiration": [{"days": 30}]}]},
        {"retention.delete_after_days": ("30", "unlimited"), "retention.expiry_configured": ("true", "false")},
    ),
    (
        VAULT,
        "aws_backup_vault_lock_configuration",
        {"backup_vault_name": "v", "min_retention_days": 30},
        {"immutability.mode": ("governance", "none"), "immutability.min_days": ("30", "0")},
    ),
    (
        ("aws_kms_key", {"key_id": "k1", "id": "k1", "arn": arn("kms", "key/k1")}),
        "aws_kms_key_policy",
        {"key_id": "k1", "policy": allows(f"arn:aws:iam::{ACCOUNT}:role/a", "kms:*")},
        {"key.decrypt_named_only": ("true", "unknown (not-collected)")},
    ),
    (
        ("aws_dynamodb_table", {"name": "t", "arn": arn("dynamodb", "table/t")}),
        "aws_dynamodb_resource_policy",
        {"resource_arn": arn("dynamodb", "table/t"), "policy": over_tls("dynamodb")},
        {"transport.tls_required": ("true", "false")},
    ),
    (
        FILES,
        "aws_efs_backup_policy",
        {"file_system_id": "fs-1", "backup_policy": [{"status": "ENABLED"}]},
        {"retention.backup_days": ("unknown (not-collected, between 1 and unlimited)", "0")},
    ),
    (
        FILES,
        "aws_efs_file_system_policy",
        {"file_system_id": "fs-1", "policy": over_tls("elasticfilesystem")},
        {"transport.tls_required": ("true", "false")},
    ),
    (
        ("aws_sqs_queue", {"url": "https://sqs/q", "id": "https://sqs/q", "name": "q"}),
        "aws_sqs_queue_policy",
        {"queue_url": "https://sqs/q", "policy": over_tls("sqs")},
        {"transport.tls_required": ("true", "false")},
    ),
    (
        ("aws_sns_topic", {"arn": arn("sns", "t"), "name": "t"}),
        "aws_sns_topic_policy",
        {"arn": arn("sns", "t"), "policy": over_tls("sns")},
        {"transport.tls_required": ("true", "false")},
    ),
    (
        ("aws_kinesis_stream", {"arn": arn("kinesis", "stream/s"), "name": "s"}),
        "aws_kinesis_resource_policy",
        {"resource_arn": arn("kinesis", "stream/s"), "policy": over_tls("kinesis")},
        {"transport.tls_required": ("true", "false")},
    ),
    (
        ("aws_rds_cluster", {"cluster_identifier": "c", "arn": arn("rds", "cluster:c"), "engine": "aurora-postgresql"}),
        "aws_rds_cluster_activity_stream",
        {"resource_arn": arn("rds", "cluster:c"), "mode": "sync"},
        {"logging.data_read": ("true", "unknown (not-collected)")},
    ),
    (
        ACCOUNT_STORE,
        "azurerm_storage_account_network_rules",
        {"storage_account_id": STORAGE, "default_action": "Deny"},
        {"network.ingress_any": ("false", "true")},
    ),
    (
        ACCOUNT_STORE,
        "azurerm_storage_account_customer_managed_key",
        {"storage_account_id": STORAGE, "key_vault_key_id": KEY},
        {"encryption.key_custody": ("customer", "provider-owned")},
    ),
    (
        # An account of another kind may have queues and tables that nobody logs.
        ("azurerm_storage_account", {**ACCOUNT_STORE[1], "account_kind": "BlockBlobStorage"}),
        "azurerm_monitor_diagnostic_setting",
        {
            "target_resource_id": f"{STORAGE}/blobServices/default",
            "enabled_log": [{"category": f"Storage{what}"} for what in ("Read", "Write", "Delete")],
            "log_analytics_workspace_id": f"{GROUP}/w",
        },
        {"logging.data_read": ("true", "false"), "logging.data_write": ("true", "false")},
    ),
    (
        ACCOUNT_STORE,
        "azurerm_private_endpoint",
        {"private_service_connection": [{"private_connection_resource_id": STORAGE, "subresource_names": ["blob"]}]},
        {"network.private_endpoint": ("true", "false")},
    ),
    (
        SERVER,
        "azurerm_mssql_server_extended_auditing_policy",
        {"server_id": SQL, "enabled": True, "storage_endpoint": "https://st.blob.core.windows.net/"},
        {"logging.data_read": ("true", "false")},
    ),
    (
        SERVER,
        "azurerm_mssql_server_transparent_data_encryption",
        {"server_id": SQL, "key_vault_key_id": KEY},
        {"encryption.key_custody": ("customer", "provider-owned")},
    ),
    (
        ("azurerm_eventhub_namespace", {"id": EVENTS, "name": "eh"}),
        "azurerm_eventhub_namespace_customer_managed_key",
        {"eventhub_namespace_id": EVENTS, "key_vault_key_ids": [KEY]},
        {"encryption.key_custody": ("customer", "provider-owned")},
    ),
    (
        ("google_storage_bucket", {"name": "b", "id": "b", "uniform_bucket_level_access": True}),
        "google_storage_bucket_iam_policy",
        {"bucket": "b", "policy_data": json.dumps({"bindings": [{"role": "roles/storage.objectViewer", "members": ["user:a@x.org"]}]})},
        {"access.anonymous_read": ("false", "unknown (not-collected)")},
    ),
    (
        (
            "google_firestore_database",
            {"name": "d", "project": "p", "point_in_time_recovery_enablement": "POINT_IN_TIME_RECOVERY_DISABLED"},
        ),
        "google_firestore_backup_schedule",
        {"database": "d", "project": "p", "retention": "604800s"},
        {"retention.backup_days": ("7", "unknown (not-collected, between 0 and 98)")},
    ),
    (
        ("google_spanner_database", {"name": "d", "instance": "i", "project": "p", "version_retention_period": "1h"}),
        "google_spanner_backup_schedule",
        {"database": "d", "instance": "i", "project": "p", "retention_duration": "604800s"},
        {"retention.backup_days": ("7", "unknown (not-collected, between 0 and 366)")},
    ),
]


@pytest.mark.parametrize(("parent", "part", "values", "facts"), CASES, ids=[case[1] for case in CASES])
def test_the_parent_is_told_with_the_part_and_without_it(tmp_path, parent, part, values, facts):
    kind, own = parent
    plan = PlanBuilder()
    plan.add(kind, "parent", own, actions=("no-op",), before=own)
    plan.add(part, "part", before=values, actions=("delete",))
    now, changes = read(plan, tmp_path)
    change = changes[f"{kind}.parent"]
    after = now[f"{kind}.parent"].facts
    assert {name: (render_fact(change.before.facts[name]), render_fact(after[name])) for name in facts} == facts
    assert change.action is Action.KEEP
    assert change.parts == (Part(f"{part}.part", part, Action.DELETE),)


@pytest.mark.parametrize(
    ("kind", "values", "fact"),
    [
        ("aws_s3_account_public_access_block", {"account_id": ACCOUNT, **SWITCHES}, "account.public_access_blocked"),
        ("aws_ebs_encryption_by_default", {"enabled": True}, "account.disk_encryption_default"),
        ("aws_guardduty_detector", {"enable": True}, "account.threat_detection"),
    ],
)
@pytest.mark.parametrize("other", [True, False])
def test_the_account_survives_its_guardrail_and_is_told_without_it(tmp_path, kind, values, fact, other):
    plan = PlanBuilder()
    plan.add(kind, "gone", before=values, actions=("delete",))
    if other:
        beside = "aws_ebs_encryption_by_default" if kind != "aws_ebs_encryption_by_default" else "aws_guardduty_detector"
        plan.add(beside, "kept", {"enabled": True, "enable": True}, actions=("no-op",), before={"enabled": True, "enable": True})
    now, changes = read(plan, tmp_path)
    (account,) = now.values()
    (change,) = changes.values()
    assert (change.resource, change.action, change.destroys) == (account.id, Action.KEEP, False)
    assert (value(change.before, fact), value(account, fact)) == (True, False)
    assert change.parts == (Part(f"{kind}.gone", kind, Action.DELETE),)


def test_an_account_is_the_same_where_another_guardrail_comes_first(tmp_path):
    plan = PlanBuilder()
    plan.add("aws_s3_account_public_access_block", "new", {"account_id": ACCOUNT, **SWITCHES})
    detector = {"enable": False}
    plan.add("aws_guardduty_detector", "old", detector, actions=("no-op",), before=detector)
    now, changes = read(plan, tmp_path)
    (account,) = now.values()
    (change,) = changes.values()
    assert (account.id, change.resource) == ("aws_s3_account_public_access_block.new",) * 2
    assert value(change.before, "account.threat_detection") is False
    assert account.existing is False
