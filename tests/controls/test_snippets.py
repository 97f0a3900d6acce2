"""Each `hcl` of a control is made of names that the provider publishes, fits into what is shown, and meets the control where it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.connectors.terraform.names import published
from tests.controls.applied import NAME, plan_of
from tests.scan.estate import STARTED
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import apply_profile, load_profile
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.control import Severity
from tierwise.model.finding import Finding, Verdict
from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS
from tierwise.model.snippet import Item, Nested, Snippet
from tierwise.scan import Judging, scan

CATALOGUE: Final = load_catalogue()
CONTROLS: Final = CATALOGUE.controls
PROFILE: Final = load_profile("uk-gov-personal-data", CATALOGUE)
JUDGING: Final = Judging(PROFILE, apply_profile(CATALOGUE, PROFILE), EMPTY_REGISTER, NO_CORRECTIONS, PROFILE.gate)
NEWEST: Final = {"aws": 6, "azurerm": 4, "google": 6}
EVERYONE: Final = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
)
POSTGRES: Final = {"engine": "postgres", "engine_version": "14.9"}
WEAK: Final[Mapping[str, Mapping[str, Any]]] = {
    "aws_s3_bucket": {"bucket": "x", "acl": "public-read"},
    "aws_db_instance": {
        **POSTGRES, "identifier": "x", "publicly_accessible": True, "storage_encrypted": False, "backup_retention_period": 0,
        "multi_az": False, "deletion_protection": False,
    },
    "aws_rds_cluster": {
        "engine": "aurora-postgresql", "engine_version": "15.4", "cluster_identifier": "x", "storage_encrypted": False,
        "backup_retention_period": 1, "deletion_protection": False,
    },
    "aws_docdb_cluster": {
        "cluster_identifier": "x", "engine": "docdb", "storage_encrypted": False, "backup_retention_period": 1, "deletion_protection": False,
    },
    "aws_neptune_cluster": {
        "cluster_identifier": "x", "engine": "neptune", "storage_encrypted": False, "backup_retention_period": 1, "deletion_protection": False,
    },
    "aws_dynamodb_table": {
        "name": "x", "server_side_encryption": [], "point_in_time_recovery": [{"enabled": False}], "deletion_protection_enabled": False,
    },
    "aws_kms_key": {
        "enable_key_rotation": False, "deletion_window_in_days": 7, "key_usage": "ENCRYPT_DECRYPT",
        "customer_master_key_spec": "SYMMETRIC_DEFAULT",
    },
    "aws_sqs_queue": {"name": "x", "sqs_managed_sse_enabled": False, "policy": EVERYONE},
    "aws_sns_topic": {"name": "x"},
    "aws_kinesis_stream": {"name": "x", "encryption_type": "NONE"},
    "aws_ebs_volume": {"availability_zone": "eu-west-2a", "size": 8, "encrypted": False},
    "aws_efs_file_system": {"encrypted": False},
    "aws_redshift_cluster": {"cluster_identifier": "x", "encrypted": False, "publicly_accessible": True},
    "aws_elasticache_replication_group": {
        "replication_group_id": "x", "engine": "redis", "at_rest_encryption_enabled": False, "transit_encryption_enabled": False,
    },
    "aws_opensearch_domain": {
        "domain_name": "x", "engine_version": "OpenSearch_2.11", "encrypt_at_rest": [{"enabled": False}],
        "node_to_node_encryption": [{"enabled": False}],
        "domain_endpoint_options": [{"enforce_https": False, "tls_security_policy": "Policy-Min-TLS-1-0-2019-07"}],
    },
    "aws_backup_vault": {"name": "x"},
    "aws_secretsmanager_secret": {"name": "x"},
    "aws_cloudwatch_log_group": {"name": "x", "retention_in_days": 1},
    "azurerm_storage_account": {
        "name": "x", "location": "uksouth", "account_tier": "Standard", "account_replication_type": "LRS",
        "allow_nested_items_to_be_public": True, "shared_access_key_enabled": True, "https_traffic_only_enabled": False,
        "min_tls_version": "TLS1_0", "sas_policy": [{"expiration_period": "01.00:00:00", "expiration_action": "Block"}],
    },
    "azurerm_mssql_server": {
        "name": "x", "location": "uksouth", "version": "12.0", "public_network_access_enabled": True, "minimum_tls_version": "1.0",
    },
    "azurerm_mssql_database": {"name": "x", "transparent_data_encryption_enabled": False, "sku_name": "S0"},
    "azurerm_managed_disk": {"name": "x", "location": "uksouth"},
    "azurerm_key_vault": {
        "name": "x", "location": "uksouth", "sku_name": "standard", "soft_delete_retention_days": 7, "purge_protection_enabled": False,
    },
    "azurerm_key_vault_key": {"name": "x", "key_type": "RSA", "rotation_policy": []},
    "azurerm_log_analytics_workspace": {"name": "x", "location": "uksouth", "retention_in_days": 30},
    "google_storage_bucket": {
        "name": "x", "location": "EUROPE-WEST2", "uniform_bucket_level_access": False, "public_access_prevention": "inherited",
        "versioning": [{"enabled": False}], "soft_delete_policy": [{"retention_duration_seconds": 0}],
    },
    "google_sql_database_instance": {
        "name": "x", "database_version": "POSTGRES_15", "region": "europe-west2",
        "settings": [{
            "tier": "db-custom-2-7680", "availability_type": "ZONAL", "deletion_protection_enabled": False,
            "backup_configuration": [{"enabled": False, "point_in_time_recovery_enabled": False}],
            "ip_configuration": [{"ipv4_enabled": True, "ssl_mode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}],
        }],
    },
    "google_bigquery_dataset": {"dataset_id": "x", "location": "europe-west2"},
    "google_compute_disk": {"name": "x", "zone": "europe-west2-a"},
    "google_kms_crypto_key": {"name": "x", "destroy_scheduled_duration": "86400s"},
    "google_pubsub_topic": {"name": "x"},
    "google_logging_project_bucket_config": {"bucket_id": "x", "location": "europe-west2", "retention_days": 7},
}  # fmt: skip
"""For each type that a snippet is for: a resource that falls short of all that is asked of it."""


@dataclass(frozen=True, slots=True)
class Short:
    """How a resource falls short of one control in particular."""

    values: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Other resources of the plan by type; a value that begins with `=` is a reference."""
    tier: str = "T3"


OPEN_BLOCK: Final = {
    "aws_s3_bucket_public_access_block": {
        "bucket": "=SELF.id", "block_public_acls": False, "ignore_public_acls": False, "block_public_policy": False,
        "restrict_public_buckets": False,
    }
}  # fmt: skip
USED: Final = Short(
    beside={
        "google_sql_database_instance": {
            **WEAK["google_sql_database_instance"],
            "encryption_key_name": "=SELF.id",
            "settings": [{"user_labels": {"data-classification": "t3"}}],
        }
    }
)
ENCRYPTED: Final = Short({"storage_encrypted": True, "encrypted": True})
UNDERSTATED: Final = {"data-classification": "internal"}
UNKNOWN_TIER: Final = {"environment": "production"}
SHORT: Final[Mapping[tuple[str, str], Short]] = {
    **{("ENC-02", kind): ENCRYPTED for kind in WEAK if kind.startswith("aws_")},
    ("ENC-02", "aws_ebs_volume"): Short({"encrypted": True, "kms_key_id": "alias/aws/ebs"}),
    ("ENC-06", "google_kms_crypto_key"): USED,
    ("ENC-12", "aws_kinesis_stream"): Short({"encryption_type": "KMS", "kms_key_id": "alias/aws/kinesis"}),
    ("ENC-12", "aws_sqs_queue"): Short({"sqs_managed_sse_enabled": True}),
    ("ENC-12", "aws_sns_topic"): Short({"kms_master_key_id": "alias/aws/sns"}),
    ("EXP-01", "aws_s3_bucket"): Short(beside={"aws_s3_bucket_policy": {"bucket": "=SELF.id", "policy": EVERYONE}, **OPEN_BLOCK}),
    ("EXP-01", "azurerm_storage_account"): Short(
        beside={"azurerm_storage_container": {"name": "c", "storage_account_id": "=SELF.id", "container_access_type": "blob"}}
    ),
    ("EXP-01", "google_storage_bucket"): Short(
        beside={"google_storage_bucket_iam_member": {"bucket": "=SELF.name", "role": "roles/storage.objectViewer", "member": "allUsers"}}
    ),
    ("EXP-02", "aws_s3_bucket"): Short(
        beside={
            **OPEN_BLOCK,
            "aws_s3_bucket_ownership_controls": {"bucket": "=SELF.id", "rule": [{"object_ownership": "ObjectWriter"}]},
        }
    ),
    ("EXP-02", "azurerm_storage_account"): Short(tier="T4"),
    ("EXP-07", "aws_s3_bucket"): Short(
        beside={"aws_s3_bucket_ownership_controls": {"bucket": "=SELF.id", "rule": [{"object_ownership": "ObjectWriter"}]}}
    ),
    ("OWN-03", "aws_*"): Short({"bucket": "patient-exports", "tags": UNDERSTATED}),
    ("OWN-03", "azurerm_*"): Short({"name": "patient-exports", "tags": UNDERSTATED}),
    ("OWN-03", "google_*"): Short({"name": "patient-exports", "labels": UNDERSTATED}),
    ("OWN-03", "google_sql_database_instance"): Short({"name": "patient-exports", "settings": [{"user_labels": UNDERSTATED}]}),
    ("RES-02", "google_sql_database_instance"): Short(
        {
            "settings": [
                {
                    "user_labels": {"data-classification": "t3"},
                    "backup_configuration": [{"enabled": True, "point_in_time_recovery_enabled": False}],
                }
            ]
        }
    ),
    ("SCN-01", "aws_*"): Short({"bucket": "x", "tags": UNKNOWN_TIER}),
    ("SCN-01", "azurerm_*"): Short({"tags": UNKNOWN_TIER}),
    ("SCN-01", "google_*"): Short({"labels": UNKNOWN_TIER}),
    ("SCN-01", "google_sql_database_instance"): Short({"settings": [{"user_labels": UNKNOWN_TIER}]}),
}
OF_ALL: Final = {"aws_*": "aws_s3_bucket", "azurerm_*": "azurerm_storage_account", "google_*": "google_storage_bucket"}
"""The type that stands for all of a provider's."""
SNIPPETS: Final = [(control.id, kind) for control in CONTROLS.values() for kind in control.snippets]


def weak(kind: str, short: Short) -> dict[str, Any]:
    """The resource that falls short, with its tier."""
    made = dict(WEAK[kind])
    label = {"data-classification": short.tier.lower()}
    if kind == "google_sql_database_instance":
        made["settings"] = [{**made["settings"][0], "user_labels": label}]
    elif kind.startswith("google_"):
        made["labels"] = label
    else:
        made["tags"] = {"data-classification": short.tier}
    return {**made, **short.values}


def judged(kind: str, snippet: Snippet, short: Short, folder: Path) -> list[Finding]:
    """What is found on the resource with a snippet applied."""
    path = plan_of(kind, weak(kind, short), snippet, short.beside, folder)
    result = scan([open_plans([path])], JUDGING, started=STARTED, jobs=1).result
    return [one for one in result.findings if one.resource == f"{kind}.{NAME}"]


@pytest.mark.parametrize(("control", "kind"), SNIPPETS)
def test_what_falls_short_meets_the_control_with_the_snippet_applied(control, kind, tmp_path):
    short = SHORT.get((control, kind), Short())
    before, after = (
        next(one for one in judged(OF_ALL.get(kind, kind), snippet, short, tmp_path) if one.control == control)
        for snippet in (Snippet(), CONTROLS[control].snippets[kind])
    )
    assert before.verdict is Verdict.FAIL
    assert after.verdict is Verdict.PASS, (after.expected, after.actual, after.unknowns)


def paths(items: Sequence[Item], above: str = "") -> Iterator[str]:
    """The path of each argument and block; what a map holds is the author's."""
    for one in items:
        yield above + one.name
        if isinstance(one, Nested) and not one.is_map:
            yield from paths(one.items, f"{above}{one.name}.")


@pytest.mark.parametrize(("control", "kind"), SNIPPETS)
def test_every_name_is_one_that_the_newest_provider_publishes(control, kind):
    snippet = CONTROLS[control].snippets[kind]
    newest = NEWEST[kind.partition("_")[0]]
    for type_, items in ((OF_ALL.get(kind, kind), snippet.own), *((one.type, one.items) for one in snippet.beside)):
        assert [path for path in paths(items) if newest not in published()[type_].get(path, ())] == []


COMMON: Final = (
    "aws_s3_bucket", "aws_db_instance", "aws_rds_cluster", "aws_dynamodb_table", "aws_kms_key", "aws_sqs_queue", "aws_ebs_volume",
    "azurerm_storage_account", "azurerm_mssql_server", "azurerm_mssql_database", "azurerm_key_vault", "azurerm_key_vault_key",
    "google_storage_bucket", "google_sql_database_instance", "google_bigquery_dataset",
)  # fmt: skip
IN_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("ACC-08", "aws_sqs_queue"): "who may use the queue is for its owner to say",
    ("EXP-01", "aws_sqs_queue"): "who may use the queue is for its owner to say",
    ("LOG-02", "aws_db_instance"): "each engine has its own logs and parameters",
    ("LOG-02", "aws_rds_cluster"): "each engine has its own logs and parameters",
    ("LOG-02", "google_sql_database_instance"): "each engine has its own flags",
}
"""What can block and has no diff, and why."""


@pytest.mark.parametrize("tier", ["T3", "T4"])
@pytest.mark.parametrize("kind", COMMON)
def test_what_can_block_on_a_common_type_has_a_diff_or_a_reason_for_words(kind, tier, tmp_path):
    found = judged(kind, Snippet(), Short(tier=tier), tmp_path)
    blocking = {one.control for one in found if one.verdict is Verdict.FAIL and one.severity >= Severity.HIGH}
    assert {control for control in blocking if CONTROLS[control].snippet(kind) is None and (control, kind) not in IN_WORDS} == set()
