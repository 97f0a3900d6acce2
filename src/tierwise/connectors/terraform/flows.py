"""Planned resources that are no store but carry data from one store to another: exports, replications, backups.

The link that they make stands on the store that the relation says (`Rel`), so that the other end takes its tier and is held against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.model.fact import Known
from tierwise.model.resource import Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.terraform.plan import Plan


@dataclass(frozen=True, slots=True)
class Flow:
    """How one type names both ends."""

    rel: Rel
    child: Child
    """The carrying type, and how it names the store on which the link stands."""
    holders: frozenset[str]
    """The types of that store."""
    to: tuple[tuple[Step, ...], ...]
    """The arguments that name the other end; one of them is written."""
    wanted: frozenset[str]
    """The types of the other end."""
    off: tuple[str, str] = ("", "")
    """The argument, and the word in it, by which nothing is carried."""


_BUCKET: Final = frozenset({"aws_s3_bucket"})
_DB_SNAPSHOTS: Final = frozenset({"aws_db_snapshot", "aws_db_snapshot_copy", "aws_db_cluster_snapshot"})
_ACCOUNTS: Final = frozenset({"azurerm_storage_account"})
_SERVERS: Final = frozenset({"azurerm_mssql_server"})
_WORKSPACE: Final = frozenset({"azurerm_log_analytics_workspace"})
_VAULT: Final = frozenset({"azurerm_data_protection_backup_vault"})
_RECOVERY: Final = frozenset({"azurerm_recovery_services_vault"})
_GCS: Final = frozenset({"google_storage_bucket"})
_DATASET: Final = frozenset({"google_bigquery_dataset"})
_DISKS: Final = frozenset({"google_compute_disk", "google_compute_region_disk"})
_ARM: Final = ("id",)

FLOWS: Final = (
    # An inventory lists the names of objects, which are data of the bucket where names tell of people.
    Flow(
        Rel.EXPORTS_TO,
        Child("aws_s3_bucket_inventory", "bucket", ("bucket", "id", "arn")),
        _BUCKET,
        (("destination", 0, "bucket", 0, "bucket_arn"),),
        _BUCKET,
        ("enabled", "false"),
    ),
    Flow(
        Rel.EXPORTS_TO,
        Child("aws_dynamodb_table_export", "table_arn", ("arn",)),
        frozenset({"aws_dynamodb_table"}),
        (("s3_bucket",),),
        _BUCKET,
    ),
    Flow(
        Rel.EXPORTS_TO,
        Child("aws_dynamodb_kinesis_streaming_destination", "table_name", ("name", "id")),
        frozenset({"aws_dynamodb_table"}),
        (("stream_arn",),),
        frozenset({"aws_kinesis_stream"}),
    ),
    Flow(
        Rel.EXPORTS_TO,
        Child("aws_rds_export_task", "source_arn", ("db_snapshot_arn", "db_cluster_snapshot_arn")),
        _DB_SNAPSHOTS,
        (("s3_bucket_name",),),
        _BUCKET,
    ),
    Flow(
        Rel.EXPORTS_TO,
        Child("aws_kinesis_firehose_delivery_stream", "kinesis_source_configuration.0.kinesis_stream_arn", ("arn", "id")),
        frozenset({"aws_kinesis_stream"}),
        (("extended_s3_configuration", 0, "bucket_arn"), ("s3_configuration", 0, "bucket_arn")),
        _BUCKET,
    ),
    Flow(
        Rel.EXPORTS_TO,
        Child("aws_cloudwatch_log_subscription_filter", "log_group_name", ("name", "id")),
        frozenset({"aws_cloudwatch_log_group"}),
        (("destination_arn",),),
        frozenset({"aws_kinesis_stream"}),
    ),
    Flow(
        Rel.REPLICATES_TO,
        Child("azurerm_storage_object_replication", "source_storage_account_id", _ARM),
        _ACCOUNTS,
        (("destination_storage_account_id",),),
        _ACCOUNTS,
    ),
    Flow(Rel.REPLICATES_TO, Child("azurerm_mssql_failover_group", "server_id", _ARM), _SERVERS, (("partner_server", 0, "id"),), _SERVERS),
    Flow(
        Rel.EXPORTS_TO,
        Child("azurerm_log_analytics_data_export_rule", "workspace_resource_id", _ARM),
        _WORKSPACE,
        (("destination_resource_id",),),
        _ACCOUNTS | {"azurerm_eventhub_namespace"},
        ("enabled", "false"),
    ),
    Flow(
        Rel.BACKUP_OF,
        Child("azurerm_data_protection_backup_instance_blob_storage", "vault_id", _ARM),
        _VAULT,
        (("storage_account_id",),),
        _ACCOUNTS,
    ),
    Flow(
        Rel.BACKUP_OF,
        Child("azurerm_data_protection_backup_instance_disk", "vault_id", _ARM),
        _VAULT,
        (("disk_id",),),
        frozenset({"azurerm_managed_disk"}),
    ),
    Flow(
        Rel.BACKUP_OF,
        Child("azurerm_data_protection_backup_instance_postgresql_flexible_server", "vault_id", _ARM),
        _VAULT,
        (("server_id",),),
        frozenset({"azurerm_postgresql_flexible_server"}),
    ),
    Flow(
        Rel.BACKUP_OF,
        Child("azurerm_backup_protected_file_share", "recovery_vault_name", ("name",)),
        _RECOVERY,
        (("source_storage_account_id",),),
        _ACCOUNTS,
    ),
    Flow(
        Rel.EXPORTS_TO,
        Child(
            "google_storage_transfer_job",
            "transfer_spec.0.gcs_data_source.0.bucket_name",
            ("name", "id"),
            older=("replication_spec.0.gcs_data_source.0.bucket_name",),
        ),
        _GCS,
        (("transfer_spec", 0, "gcs_data_sink", 0, "bucket_name"), ("replication_spec", 0, "gcs_data_sink", 0, "bucket_name")),
        _GCS,
        ("status", "disabled"),
    ),
    Flow(
        Rel.EXPORTS_TO,
        Child("google_bigquery_data_transfer_config", "params.source_dataset_id", ("dataset_id",)),
        _DATASET,
        (("destination_dataset_id",),),
        _DATASET,
        ("disabled", "true"),
    ),
    Flow(
        Rel.REPLICATES_TO,
        Child("google_compute_disk_async_replication", "primary_disk", ("id", "self_link", "name")),
        _DISKS,
        (("secondary_disk", 0, "disk"),),
        _DISKS,
    ),
)


@cache
def flows_of(kind: str) -> tuple[Flow, ...]:
    """The flows whose links stand on stores of a type."""
    return tuple(flow for flow in FLOWS if kind in flow.holders)


def carried(plan: Plan, holder: Planned) -> Iterator[Link]:
    """The links that carrying resources of a plan make of a store."""
    for flow in flows_of(holder.type):
        children = plan.children(holder, flow.child.type)
        for one in children.found:
            if not _is_off(one, flow):
                path = next((path for path in flow.to if one.root.is_written(*path[:1]) or one.root.has(str(path[0]))), flow.to[0])
                yield from plan.links(flow.rel, one, one.root, path, flow.wanted)
        if children.loose is not None:
            yield Link(flow.rel, "", children.loose)


def _is_off(one: Planned, flow: Flow) -> bool:
    name, word = flow.off
    said = one.root.text(name) if name else None
    return isinstance(said, Known) and (said.value or "").lower() == word
