"""Makes `live_reads.json` of what the live connectors declare: which read settles which fact of a planned resource.

It imports every connector and their SDKs, so only the generator of files and tests use it; a scan loads the file (`live.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from tierwise.connectors.aws import collectors as aws
from tierwise.connectors.aws.read import Collector as AwsCollector
from tierwise.connectors.azure import collectors as azure
from tierwise.connectors.azure.read import Collector as AzureCollector
from tierwise.connectors.declared import Declared, Draft
from tierwise.connectors.gcp import collectors as gcp
from tierwise.connectors.gcp.read import Collector as GcpCollector
from tierwise.connectors.terraform.converter import converters
from tierwise.derive.needs import ELSEWHERE, OWN
from tierwise.model.resource import Kind, Rel, Resource
from tierwise.model.vocabulary import facts_of, spec_of

TAGS: Final = "tags"
_NO_READ: Final = frozenset(
    {
        "classification.declared",
        "environment.production",
        "marking.level",
        "ownership.roles",
        "retention.declared_days",
        "retention.schedule_declared",
        "volume.bytes",
        "volume.items",
    }
)
"""What tags and the register say, and what is counted: no read of configuration settles it."""

AWS: Final[Mapping[str, tuple[str, str] | None]] = {
    "aws_backup_": ("backup", "ListBackupVaults"),
    "aws_backup_plan": ("backup", "GetBackupPlan"),
    "aws_cloudtrail": ("cloudtrail", "DescribeTrails"),
    "aws_cloudtrail_event_data_store": None,
    "aws_cloudwatch_log_group": ("logs", "DescribeLogGroups"),
    "aws_db_cluster_snapshot": ("rds", "DescribeDBClusterSnapshots"),
    "aws_db_instance": ("rds", "DescribeDBInstances"),
    "aws_db_instance_automated_backups_replication": None,
    "aws_db_snapshot": ("rds", "DescribeDBSnapshots"),
    "aws_docdb_cluster": ("rds", "DescribeDBClusters"),
    "aws_docdb_cluster_snapshot": ("rds", "DescribeDBClusterSnapshots"),
    "aws_dynamodb_table": ("dynamodb", "DescribeTable"),
    "aws_ebs_encryption_by_default": ("account", ""),
    "aws_ebs_snapshot": ("ec2", "DescribeSnapshots"),
    "aws_ebs_volume": ("ec2", "DescribeVolumes"),
    "aws_ecr_repository": ("ecr", "DescribeRepositories"),
    "aws_efs_file_system": ("efs", "DescribeFileSystems"),
    "aws_elasticache_cluster": ("elasticache", "DescribeCacheClusters"),
    "aws_elasticache_replication_group": ("elasticache", "DescribeReplicationGroups"),
    "aws_elasticache_serverless_cache": ("elasticache", "DescribeServerlessCaches"),
    "aws_elasticsearch_domain": ("opensearch", "DescribeDomains"),
    "aws_glue_catalog_database": ("glue", "GetDatabases"),
    "aws_guardduty_detector": ("account", ""),
    "aws_iam_": ("iam", "GetAccountAuthorizationDetails"),
    "aws_kinesis_stream": ("kinesis", "DescribeStreamSummary"),
    "aws_kms_": ("kms", "DescribeKey"),
    "aws_neptune_cluster": ("rds", "DescribeDBClusters"),
    "aws_neptune_cluster_snapshot": ("rds", "DescribeDBClusterSnapshots"),
    "aws_opensearch_domain": ("opensearch", "DescribeDomains"),
    "aws_rds_cluster": ("rds", "DescribeDBClusters"),
    "aws_rds_cluster_snapshot_copy": ("rds", "DescribeDBClusterSnapshots"),
    "aws_redshift_cluster": ("redshift", "DescribeClusters"),
    "aws_redshift_cluster_snapshot": ("redshift", "DescribeClusterSnapshots"),
    "aws_s3_account_public_access_block": ("account", ""),
    "aws_s3_bucket": ("s3", ""),
    "aws_s3_directory_bucket": None,
    "aws_secretsmanager_secret": ("secretsmanager", "ListSecrets"),
    "aws_sns_topic": ("sns", "GetTopicAttributes"),
    "aws_sqs_queue": ("sqs", "GetQueueAttributes"),
    "aws_ssm_parameter": ("ssm", "DescribeParameters"),
}
"""The beginning of Terraform types, the service that reads them live, and the call that describes them, empty where no one call does.

None for types of a service whose others are read live, and for those whose name begins as another's; types of services without an entry are read live by nobody."""

_SUBSCRIPTION: Final = "Microsoft.Resources/subscriptions"
AZURE: Final[Mapping[str, str]] = {
    "azurerm_container_registry": "Microsoft.ContainerRegistry/registries",
    "azurerm_cosmosdb_account": "Microsoft.DocumentDB/databaseAccounts",
    "azurerm_data_protection_backup_vault": "Microsoft.DataProtection/backupVaults",
    "azurerm_eventhub_namespace": "Microsoft.EventHub/namespaces",
    "azurerm_key_vault": "Microsoft.KeyVault/vaults",
    "azurerm_kusto_cluster": "Microsoft.Kusto/clusters",
    "azurerm_log_analytics_workspace": "Microsoft.OperationalInsights/workspaces",
    "azurerm_managed_disk": "Microsoft.Compute/disks",
    "azurerm_managed_redis": "Microsoft.Cache/redisEnterprise",
    "azurerm_mariadb_server": "Microsoft.DBforMariaDB/servers",
    "azurerm_mssql_database": "Microsoft.Sql/servers/databases",
    "azurerm_mssql_managed_database": "Microsoft.Sql/managedInstances/databases",
    "azurerm_mssql_managed_instance": "Microsoft.Sql/managedInstances",
    "azurerm_mssql_server": "Microsoft.Sql/servers",
    "azurerm_mysql_flexible_server": "Microsoft.DBforMySQL/flexibleServers",
    "azurerm_mysql_server": "Microsoft.DBforMySQL/servers",
    "azurerm_postgresql_flexible_server": "Microsoft.DBforPostgreSQL/flexibleServers",
    "azurerm_postgresql_server": "Microsoft.DBforPostgreSQL/servers",
    "azurerm_recovery_services_vault": "Microsoft.RecoveryServices/vaults",
    "azurerm_redis_cache": "Microsoft.Cache/redis",
    "azurerm_redis_enterprise_cluster": "Microsoft.Cache/redisEnterprise",
    "azurerm_role_assignment": "Microsoft.Authorization/roleAssignments",
    "azurerm_role_definition": "Microsoft.Authorization/roleDefinitions",
    "azurerm_security_center_subscription_pricing": _SUBSCRIPTION,
    "azurerm_servicebus_": "Microsoft.ServiceBus/namespaces",
    "azurerm_snapshot": "Microsoft.Compute/snapshots",
    "azurerm_sql_database": "Microsoft.Sql/servers/databases",
    "azurerm_sql_server": "Microsoft.Sql/servers",
    "azurerm_storage_account": "Microsoft.Storage/storageAccounts",
    "azurerm_subscription_policy_assignment": _SUBSCRIPTION,
    "azurerm_synapse_sql_pool": "Microsoft.Synapse/workspaces/sqlPools",
    "azurerm_synapse_workspace": "Microsoft.Synapse/workspaces",
}
"""The beginning of Terraform types, and the type under which Resource Graph lists them."""
GCP: Final[Mapping[str, str]] = {
    "google_alloydb_backup": "alloydb.googleapis.com/Backup",
    "google_alloydb_cluster": "alloydb.googleapis.com/Cluster",
    "google_bigtable_": "bigtableadmin.googleapis.com/Table",
    "google_compute_disk": "compute.googleapis.com/Disk",
    "google_compute_region_disk": "compute.googleapis.com/RegionDisk",
    "google_compute_snapshot": "compute.googleapis.com/Snapshot",
    "google_filestore_instance": "file.googleapis.com/Instance",
    "google_firestore_database": "firestore.googleapis.com/Database",
    "google_memcache_instance": "memcache.googleapis.com/Instance",
    "google_memorystore_instance": "memorystore.googleapis.com/Instance",
    "google_redis_cluster": "redis.googleapis.com/Cluster",
    "google_redis_instance": "redis.googleapis.com/Instance",
    "google_spanner_": "spanner.googleapis.com/Database",
    "google_bigquery_dataset": "bigquery.googleapis.com/Dataset",
    "google_kms_crypto_key": "cloudkms.googleapis.com/CryptoKey",
    "google_logging_project_bucket_config": "logging.googleapis.com/LogBucket",
    "google_logging_project_sink": "logging.googleapis.com/LogSink",
    "google_project": "cloudresourcemanager.googleapis.com/Project",
    "google_pubsub_subscription": "pubsub.googleapis.com/Subscription",
    "google_pubsub_topic": "pubsub.googleapis.com/Topic",
    "google_secret_manager_": "secretmanager.googleapis.com/Secret",
    "google_service_account": "iam.googleapis.com/ServiceAccount",
    "google_sql_database_instance": "sqladmin.googleapis.com/Instance",
    "google_storage_bucket": "storage.googleapis.com/Bucket",
}
"""The beginning of Terraform types, and the type under which Cloud Asset Inventory lists them."""
_ENDS: Final[Mapping[Rel, frozenset[Kind]]] = {
    Rel.RECORDS: frozenset({Kind.AUDIT_TRAIL}),
    Rel.USES_KEY: frozenset({Kind.KEY}),
    Rel.LOGS_TO: frozenset({Kind.OBJECT_STORE, Kind.LOG_STORE}),
}
"""Relations of which the kinds at the other end are few enough to name their reads."""

Reads = dict[str, tuple[Declared, ...]]


def as_file(notice: str) -> str:
    """The text of the file; the notice says how it is made."""
    found: dict[str, Reads] = {}
    for kind in sorted(converters()):
        reads = _aws(kind) if kind.startswith("aws_") else _listed(kind)
        if reads:
            found[kind] = reads
    every = sorted({(read.via.via, read.via.action) for facts in found.values() for reads in facts.values() for read in reads})
    place = {read: number for number, read in enumerate(every)}
    types = {
        kind: {name: sorted({place[read.via.via, read.via.action] for read in reads}) for name, reads in sorted(facts.items())}
        for kind, facts in found.items()
    }
    lines = [f"  {json.dumps(kind)}: {json.dumps(facts)}" for kind, facts in types.items()]
    calls = [f"  {json.dumps(list(read))}" for read in every]
    return (
        f'{{\n "$comment": {json.dumps(notice)},\n'
        + ' "reads": [\n'
        + ",\n".join(calls)
        + '\n ],\n "types": {\n'
        + ",\n".join(lines)
        + "\n }\n}\n"
    )


def _longest(kind: str, table: Iterable[str]) -> str:
    return max((one for one in table if kind.startswith(one)), key=len, default="")


def _aws(kind: str) -> Reads:
    entry = AWS.get(_longest(kind, AWS))
    if entry is None:
        return {}
    service, describes = entry
    found = [one for one in aws.collectors() if one.service == service]
    found = [one for one in found if any(read.operation == describes for read in one.reads)] or found
    described = tuple(read for one in found for read in one.reads if read.operation == describes)
    tags = tuple(read for read in aws.SESSION_READS if read.operation == "GetResources")
    kinds = frozenset(kind for one in found for read in one.reads for kind in read.kinds) or frozenset({Kind.ACCOUNT})
    return _facts([read for one in found for read in one.reads], described[:1], kinds, _yielded(found, kinds), _elsewhere_aws) | {
        TAGS: tags
    }


def _listed(kind: str) -> Reads:
    """The reads of a type that a bulk inventory lists."""
    listed = {**AZURE, **GCP}.get(_longest(kind, (*AZURE, *GCP)), "")
    every: tuple[AzureCollector | GcpCollector, ...] = (*azure.collectors(), *gcp.collectors())
    found = [one for one in every if any(row.type == listed for row in one.rows)]
    rows: tuple[Declared, ...] = tuple(row for one in found for row in one.rows if row.type == listed)
    of = "" if listed == _SUBSCRIPTION else listed
    reads = [*rows, *(read for one in found for read in (*one.reads, *one.lists) if read.of == of)]
    kinds = frozenset(kind for one in found for row in one.rows if row.type == listed for kind in row.kinds)
    return _facts(reads, rows, kinds, _yielded(found, kinds), lambda _rel, _name: ()) | ({TAGS: rows} if rows else {})


def _facts(
    reads: Iterable[Declared],
    described: tuple[Declared, ...],
    kinds: frozenset[Kind],
    yielded: frozenset[str],
    elsewhere: Callable[[Rel, str], Iterable[Declared]],
) -> Reads:
    """The reads of each fact: those that declare it, those of what it is made from, else the call that describes the resource."""
    declared = tuple(reads)

    def direct(name: str) -> Iterator[Declared]:
        yield from (read for read in declared if name in read.facts)
        for part in OWN.get(name, ()):
            yield from direct(part)

    made: Reads = {}
    for name in sorted({spec.name for kind in kinds for spec in facts_of(kind)} - _NO_READ):
        if spec_of(name).derived == "D2":
            continue
        found = [*direct(name), *(read for rel, _out, other in ELSEWHERE.get(name, ()) for read in elsewhere(rel, other))]
        if not found and name in yielded:
            found = [*described]
        if found:
            made[name] = tuple(dict.fromkeys(found))
    return made


def _elsewhere_aws(rel: Rel, name: str) -> Iterator[Declared]:
    ends = _ENDS.get(rel, frozenset())
    for collector in aws.collectors():
        if any(read.kinds & ends for read in collector.reads):
            yield from (read for read in collector.reads if name in read.facts)


def _yielded(found: Iterable[AwsCollector | AzureCollector | GcpCollector], kinds: Iterable[Kind]) -> frozenset[str]:
    """The facts that the collectors make; all of the kind where one needs documents to say so."""
    return frozenset(name for one in found for kind in kinds for name in _made(one, kind))


@cache
def _made(collector: AwsCollector | AzureCollector | GcpCollector, kind: Kind) -> frozenset[str]:
    nothing = Resource("arn:aws:s3:eu-west-2:111122223333:none/none", kind, "none", "none", "none", "none", "none")
    own = frozenset(spec.name for spec in facts_of(kind) if not spec.derived)
    try:
        return own & frozenset(collector.facts(Draft(nothing, {})))
    except KeyError:
        return own
