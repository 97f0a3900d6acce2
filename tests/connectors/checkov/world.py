"""A plan of invented resources, one that is kept well and one that is not for each type that the map names, as Terraform writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.connectors.terraform.plans import AWS, PlanBuilder, const, ref

AZURE = "registry.terraform.io/hashicorp/azurerm"
GOOGLE = "registry.terraform.io/hashicorp/google"
GOOD, BAD = "kept", "loose"
_KEY, _VAULT_KEY, _GOOGLE_KEY = "aws_kms_key.k.arn", "azurerm_key_vault_key.k.id", "google_kms_crypto_key.k.id"
_VAULT = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/vault"


def _policy(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


_EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
_ONE = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:role/reader"}, "Action": "sqs:SendMessage", "Resource": "*"}
_TRUST = _policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
_NARROW = _policy({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::invented/a/*"})
_ADMIN = _policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
_LOG = "arn:aws:logs:eu-west-2:111111111111:log-group:invented"


class World(PlanBuilder):
    """One plan over three clouds; what is given as a reference is known only after apply."""

    def __init__(self) -> None:
        super().__init__()
        for name, source in (("azurerm", AZURE), ("google", GOOGLE)):
            self.providers[name] = {"name": name, "full_name": source, "version_constraint": "~> 4.0", "expressions": {}}

    def put(self, kind: str, name: str, values: Mapping[str, Any] | None = None, **refs: str) -> str:
        """Add one resource; `refs` are arguments that refer to others."""
        provider = {"aws": "aws", "azurerm": "azurerm", "google": "google"}[kind.partition("_")[0]]
        given = dict(values or {})
        hidden: dict[str, Any] = {"id": True, **dict.fromkeys(refs, True)}
        expressions = {key: _written(value) for key, value in given.items()} | {key: ref(to) for key, to in refs.items()}
        address = self.add(kind, name, given, unknown=hidden, expressions=expressions, provider=provider)
        self.changes[-1]["provider_name"] = {"aws": AWS, "azurerm": AZURE, "google": GOOGLE}[provider]
        return address

    def pair(self, kind: str, good: Mapping[str, Any], bad: Mapping[str, Any], **refs: str) -> None:
        """Add one that is kept and one that is loose; only the first refers to others."""
        self.put(kind, GOOD, good, **refs)
        self.put(kind, BAD, bad)

    def document(self) -> dict[str, Any]:
        """The plan, with the planned values that Checkov reads."""
        resources = [
            {
                "address": one["address"],
                "mode": one["mode"],
                "type": one["type"],
                "name": one["name"],
                "provider_name": one["provider_name"],
                "values": one["change"]["after"],
            }
            for one in self.changes
        ]
        return {**super().document(), "planned_values": {"root_module": {"resources": resources}}}


def _written(value: object) -> object:
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return [{key: _written(inner) for key, inner in each.items()} for each in value]
    return const(value)


def world() -> World:
    """The plan."""
    plan = World()
    _aws_keys(plan)
    _aws_stores(plan)
    _aws_databases(plan)
    _aws_messages(plan)
    _aws_identities(plan)
    _azure(plan)
    _google(plan)
    return plan


def _aws_keys(plan: World) -> None:
    closed = _policy({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kms:*", "Resource": "*"})
    plan.put("aws_kms_key", "k", {"enable_key_rotation": True, "is_enabled": True, "policy": closed})
    plan.put("aws_kms_key", BAD, {"enable_key_rotation": False, "is_enabled": True, "policy": _policy({**_EVERYONE, "Action": "kms:*"})})


def _aws_stores(plan: World) -> None:
    plan.put("aws_s3_bucket", GOOD, {"bucket": "kept", "object_lock_configuration": []})
    plan.put("aws_s3_bucket", BAD, {"bucket": "loose", "object_lock_configuration": []})
    every = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    rule = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}
    kept: dict[str, dict[str, Any]] = {
        "public_access_block": dict.fromkeys(every, True),
        "versioning": {"versioning_configuration": [{"status": "Enabled"}]},
        "ownership_controls": {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
        "logging": {"target_bucket": "logs", "target_prefix": "kept/"},
        "lifecycle_configuration": {"rule": [{"id": "old", "status": "Enabled", "filter": [], "expiration": [{"days": 90}]}]},
        "server_side_encryption_configuration": {"rule": [rule]},
    }
    for kind, values in kept.items():
        plan.put(f"aws_s3_bucket_{kind}", GOOD, values, bucket=f"aws_s3_bucket.{GOOD}.id")
    default = plan.root["resources"][-1]["expressions"]["rule"][0]["apply_server_side_encryption_by_default"][0]
    default["kms_master_key_id"] = ref(_KEY)
    plan.changes[-1]["change"]["after_unknown"]["rule"] = [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]
    loose: dict[str, dict[str, Any]] = {
        "public_access_block": dict.fromkeys(every, False),
        "ownership_controls": {"rule": [{"object_ownership": "ObjectWriter"}]},
        "acl": {"acl": "public-read-write"},
        "policy": {"policy": _policy(_EVERYONE)},
    }
    for kind, values in loose.items():
        plan.put(f"aws_s3_bucket_{kind}", BAD, values, bucket=f"aws_s3_bucket.{BAD}.id")
    plan.pair("aws_ebs_volume", {"encrypted": True, "size": 1}, {"encrypted": False, "size": 1}, kms_key_id=_KEY)
    plan.pair("aws_efs_file_system", {"encrypted": True}, {"encrypted": False}, kms_key_id=_KEY)
    plan.pair("aws_backup_vault", {"name": "kept"}, {"name": "loose"}, kms_key_arn=_KEY)
    plan.pair(
        "aws_cloudtrail",
        {"name": "kept", "s3_bucket_name": "logs", "is_multi_region_trail": True, "enable_log_file_validation": True},
        {"name": "loose", "s3_bucket_name": "logs", "is_multi_region_trail": False, "enable_log_file_validation": False},
    )
    plan.pair(
        "aws_cloudwatch_log_group", {"name": "kept", "retention_in_days": 400}, {"name": "loose", "retention_in_days": 7}, kms_key_id=_KEY
    )


def _aws_databases(plan: World) -> None:
    kept = {
        "engine": "postgres", "engine_version": "16", "storage_encrypted": True, "publicly_accessible": False, "backup_retention_period": 14,
        "multi_az": True, "iam_database_authentication_enabled": True, "deletion_protection": True,
    }  # fmt: skip
    loose = dict.fromkeys(kept, False) | {
        "engine": "mysql",
        "engine_version": "8.0",
        "publicly_accessible": True,
        "backup_retention_period": 0,
    }
    plan.pair(
        "aws_db_instance", {**kept, "enabled_cloudwatch_logs_exports": ["postgresql"]}, {**loose, "enabled_cloudwatch_logs_exports": []}
    )
    cluster = {key: value for key, value in kept.items() if key not in {"publicly_accessible", "multi_az"}}
    plan.pair(
        "aws_rds_cluster",
        {**cluster, "engine": "aurora-mysql", "enabled_cloudwatch_logs_exports": ["audit"]},
        {**dict.fromkeys(cluster, False), "engine": "aurora-mysql", "engine_version": "8.0", "backup_retention_period": 0},
        kms_key_id=_KEY,
    )
    graph = {
        "storage_encrypted": True,
        "iam_database_authentication_enabled": True,
        "backup_retention_period": 14,
        "deletion_protection": True,
    }
    plan.pair("aws_neptune_cluster", graph, dict.fromkeys(graph, False) | {"backup_retention_period": 1}, kms_key_arn=_KEY)
    plan.pair(
        "aws_docdb_cluster",
        {"storage_encrypted": True, "backup_retention_period": 14, "enabled_cloudwatch_logs_exports": ["audit"]},
        {"storage_encrypted": False, "backup_retention_period": 1},
        kms_key_id=_KEY,
    )
    plan.pair(
        "aws_redshift_cluster",
        {"encrypted": True, "publicly_accessible": False},
        {"encrypted": False, "publicly_accessible": True},
        kms_key_id=_KEY,
    )
    plan.pair(
        "aws_elasticache_replication_group",
        {"engine": "redis", "at_rest_encryption_enabled": True, "transit_encryption_enabled": True},
        {"engine": "redis", "at_rest_encryption_enabled": False, "transit_encryption_enabled": False},
    )
    plan.pair(
        "aws_opensearch_domain",
        {
            "domain_name": "kept", "encrypt_at_rest": [{"enabled": True}], "node_to_node_encryption": [{"enabled": True}],
            "cluster_config": [{"instance_count": 3}], "vpc_options": [{"subnet_ids": ["subnet-1"]}],
            "domain_endpoint_options": [{"enforce_https": True, "tls_security_policy": "Policy-Min-TLS-1-2-PFS-2023-10"}],
            "log_publishing_options": [{"log_type": "AUDIT_LOGS", "enabled": True, "cloudwatch_log_group_arn": _LOG}],
        },
        {
            "domain_name": "loose", "encrypt_at_rest": [{"enabled": False}], "node_to_node_encryption": [{"enabled": False}],
            "cluster_config": [{"instance_count": 3}], "vpc_options": [],
            "domain_endpoint_options": [{"enforce_https": False, "tls_security_policy": "Policy-Min-TLS-1-0-2019-07"}],
            "log_publishing_options": [],
        },
    )  # fmt: skip
    plan.pair(
        "aws_dynamodb_table",
        {"name": "kept", "point_in_time_recovery": [{"enabled": True}], "server_side_encryption": [{"enabled": True}]},
        {"name": "loose", "point_in_time_recovery": [{"enabled": False}], "server_side_encryption": []},
    )
    kept_table = next(one for one in plan.changes if one["address"] == f"aws_dynamodb_table.{GOOD}")
    kept_table["change"]["after_unknown"]["server_side_encryption"] = [{"kms_key_arn": True}]
    table = next(one for one in plan.root["resources"] if one["address"] == f"aws_dynamodb_table.{GOOD}")
    table["expressions"]["server_side_encryption"][0]["kms_key_arn"] = ref(_KEY)
    plan.pair(
        "aws_db_snapshot",
        {"db_instance_identifier": "a", "shared_accounts": []},
        {"db_instance_identifier": "b", "shared_accounts": ["all"]},
    )


def _aws_messages(plan: World) -> None:
    plan.pair(
        "aws_sqs_queue",
        {"name": "kept"},
        {"name": "loose", "sqs_managed_sse_enabled": False},
        kms_master_key_id=_KEY,
    )
    plan.pair("aws_sns_topic", {"name": "kept"}, {"name": "loose"}, kms_master_key_id=_KEY)
    for service, policy, attribute in (("sqs_queue", "sqs_queue_policy", "queue_url"), ("sns_topic", "sns_topic_policy", "arn")):
        action = f"{service[:3]}:*"
        for name, statement in ((GOOD, _ONE), (BAD, _EVERYONE)):
            plan.put(
                f"aws_{policy}",
                name,
                {"policy": _policy({**statement, "Action": action, "Resource": f"arn:aws:{service[:3]}:eu-west-2:111111111111:{name}"})},
                **{attribute: f"aws_{service}.{name}.id"},
            )
    plan.pair(
        "aws_kinesis_stream", {"name": "kept", "encryption_type": "KMS"}, {"name": "loose", "encryption_type": "NONE"}, kms_key_id=_KEY
    )
    plan.pair("aws_secretsmanager_secret", {"name": "kept"}, {"name": "loose"}, kms_key_id=_KEY)
    plan.pair("aws_ssm_parameter", {"name": "/kept", "type": "SecureString"}, {"name": "/loose", "type": "SecureString"}, key_id=_KEY)


def _aws_identities(plan: World) -> None:
    plan.pair("aws_iam_policy", {"name": "kept", "policy": _NARROW}, {"name": "loose", "policy": _ADMIN})
    plan.put("aws_iam_role", GOOD, {"name": "kept", "assume_role_policy": _TRUST})
    plan.put("aws_iam_role_policy", GOOD, {"name": "kept", "role": "kept", "policy": _NARROW})
    plan.put(
        "aws_iam_role",
        BAD,
        {"name": "loose", "assume_role_policy": _policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})},
    )
    plan.put("aws_iam_role_policy", BAD, {"name": "loose", "role": "loose", "policy": _ADMIN})
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    plan.put("aws_iam_role_policy_attachment", BAD, {"role": "loose", "policy_arn": admin})


def _azure(plan: World) -> None:
    place = {"location": "uksouth", "resource_group_name": "rg"}
    plan.put("azurerm_key_vault_key", "k", {"name": "k", "key_vault_id": _VAULT, "key_type": "RSA-HSM", "key_size": 2048, "key_opts": []})
    plan.put("azurerm_key_vault_key", BAD, {"name": "l", "key_vault_id": _VAULT, "key_type": "RSA", "key_size": 2048, "key_opts": []})
    plan.pair(
        "azurerm_storage_account",
        {
            **place, "name": "kept", "account_tier": "Standard", "account_replication_type": "GZRS", "min_tls_version": "TLS1_2",
            "https_traffic_only_enabled": True, "enable_https_traffic_only": True, "allow_nested_items_to_be_public": False,
            "shared_access_key_enabled": False, "public_network_access_enabled": False,
            "network_rules": [{"default_action": "Deny", "bypass": ["None"], "ip_rules": []}],
            "blob_properties": [{"delete_retention_policy": [{"days": 30}]}], "sas_policy": [{"expiration_period": "00.01:00:00"}],
        },
        {
            **place, "name": "loose", "account_tier": "Standard", "account_replication_type": "LRS", "min_tls_version": "TLS1_0",
            "https_traffic_only_enabled": False, "enable_https_traffic_only": False, "allow_nested_items_to_be_public": True,
            "shared_access_key_enabled": True, "public_network_access_enabled": True,
            "network_rules": [{"default_action": "Allow", "bypass": ["None"], "ip_rules": []}], "blob_properties": [], "sas_policy": [],
        },
    )  # fmt: skip
    plan.put(
        "azurerm_storage_account_customer_managed_key",
        GOOD,
        {},
        storage_account_id=f"azurerm_storage_account.{GOOD}.id",
        key_vault_key_id=_VAULT_KEY,
    )
    plan.pair(
        "azurerm_key_vault",
        {**place, "name": "kept", "network_acls": [{"default_action": "Deny", "bypass": "None", "ip_rules": []}]},
        {**place, "name": "loose", "network_acls": [{"default_action": "Allow", "bypass": "None", "ip_rules": []}]},
    )
    plan.pair(
        "azurerm_mssql_server",
        {**place, "name": "kept", "minimum_tls_version": "1.2", "public_network_access_enabled": False},
        {**place, "name": "loose", "minimum_tls_version": "1.0", "public_network_access_enabled": True},
    )
    plan.pair(
        "azurerm_redis_cache",
        {
            **place,
            "name": "kept",
            "enable_non_ssl_port": False,
            "minimum_tls_version": "1.2",
            "sku_name": "Premium",
            "family": "P",
            "capacity": 1,
        },
        {
            **place,
            "name": "loose",
            "enable_non_ssl_port": True,
            "minimum_tls_version": "1.0",
            "sku_name": "Premium",
            "family": "P",
            "capacity": 1,
        },
    )
    plan.pair("azurerm_cosmosdb_account", {**place, "name": "kept"}, {**place, "name": "loose"}, key_vault_key_id=_VAULT_KEY)
    for kind in ("azurerm_servicebus_namespace", "azurerm_eventhub_namespace"):
        plan.pair(
            kind,
            {**place, "name": "kept", "sku": "Premium", "minimum_tls_version": "1.2"},
            {**place, "name": "loose", "sku": "Premium", "minimum_tls_version": "1.0"},
        )
    plan.put("azurerm_disk_encryption_set", "s", {**place, "name": "s"}, key_vault_key_id=_VAULT_KEY)
    server = {
        **place,
        "ssl_enforcement_enabled": True,
        "ssl_minimal_tls_version_enforced": "TLS1_2",
        "public_network_access_enabled": False,
    }
    open_server = {**server, "ssl_enforcement_enabled": False, "public_network_access_enabled": True}
    for kind in ("azurerm_postgresql_server", "azurerm_mysql_server"):
        plan.pair(kind, {**server, "name": "kept"}, {**open_server, "name": "loose", "ssl_minimal_tls_version_enforced": "TLS1_0"})
    disk = {**place, "create_option": "Empty", "disk_size_gb": 1, "storage_account_type": "Standard_LRS"}
    plan.pair(
        "azurerm_managed_disk",
        {**disk, "name": "kept"},
        {**disk, "name": "loose"},
        disk_encryption_set_id="azurerm_disk_encryption_set.s.id",
    )


def _google(plan: World) -> None:
    ring = "projects/invented/locations/europe-west2/keyRings/ring"
    plan.put("google_kms_crypto_key", "k", {"name": "k", "key_ring": ring, "rotation_period": "7776000s"})
    plan.put("google_kms_crypto_key", BAD, {"name": "l", "key_ring": ring, "rotation_period": None})
    plan.pair(
        "google_storage_bucket",
        {
            "name": "kept", "location": "EUROPE-WEST2", "uniform_bucket_level_access": True, "public_access_prevention": "enforced",
            "versioning": [{"enabled": True}], "logging": [{"log_bucket": "logs"}],
        },
        {
            "name": "loose", "location": "EUROPE-WEST2", "uniform_bucket_level_access": False, "public_access_prevention": "inherited",
            "versioning": [], "logging": [],
        },
    )  # fmt: skip
    plan.put("google_storage_bucket_iam_member", BAD, {"bucket": "loose", "role": "roles/storage.objectViewer", "member": "allUsers"})
    plan.pair(
        "google_bigquery_dataset",
        {"dataset_id": "kept"},
        {"dataset_id": "loose", "access": [{"role": "READER", "special_group": "allAuthenticatedUsers"}]},
    )
    dataset = next(one for one in plan.changes if one["address"] == f"google_bigquery_dataset.{GOOD}")
    dataset["change"]["after"]["default_encryption_configuration"] = [{}]
    dataset["change"]["after_unknown"]["default_encryption_configuration"] = [{"kms_key_name": True}]
    block = next(one for one in plan.root["resources"] if one["address"] == f"google_bigquery_dataset.{GOOD}")
    block["expressions"]["default_encryption_configuration"] = [{"kms_key_name": ref(_GOOGLE_KEY)}]
    plan.pair("google_pubsub_topic", {"name": "kept"}, {"name": "loose"}, kms_key_name=_GOOGLE_KEY)

    def sql(*, good: bool) -> dict[str, Any]:
        address = {
            "ipv4_enabled": not good,
            "ssl_mode": "TRUSTED_CLIENT_CERTIFICATE_REQUIRED" if good else "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
        }
        nets = {"authorized_networks": [] if good else [{"value": "0.0.0.0/0"}]}
        flags = [{"name": "cloudsql.enable_pgaudit", "value": "on"}, {"name": "pgaudit.log", "value": "all"}] if good else []
        return {
            "name": "kept" if good else "loose", "database_version": "POSTGRES_16", "region": "europe-west2",
            "settings": [
                {
                    "tier": "db-g1-small", "ip_configuration": [{**address, **nets}], "database_flags": flags,
                    "backup_configuration": [{"enabled": good}],
                }
            ],
        }  # fmt: skip

    plan.pair("google_sql_database_instance", sql(good=True), sql(good=False))
    plan.pair(
        "google_redis_instance",
        {"name": "kept", "memory_size_gb": 1, "transit_encryption_mode": "SERVER_AUTHENTICATION"},
        {"name": "loose", "memory_size_gb": 1, "transit_encryption_mode": "DISABLED"},
    )
    plan.pair(
        "google_project_iam_member",
        {"project": "p", "role": "roles/storage.objectViewer", "member": "user:a@example.org"},
        {"project": "p", "role": "roles/owner", "member": "user:a@example.org"},
    )
    plan.pair(
        "google_spanner_database",
        {"name": "kept", "instance": "i", "enable_drop_protection": True},
        {"name": "loose", "instance": "i", "enable_drop_protection": False},
    )
    for scope, where in (("folder", {"folder": "folders/1"}), ("organization", {"org_id": "1"})):
        plan.pair(
            f"google_{scope}_iam_member",
            {**where, "role": "roles/browser", "member": "user:a@example.org"},
            {**where, "role": "roles/owner", "member": "user:a@example.org"},
        )
    plan.put(
        "google_project_iam_member", "agents", {"project": "p", "role": "roles/iam.serviceAccountUser", "member": "user:a@example.org"}
    )
    disk = {"zone": "europe-west2-a", "size": 1, "type": "pd-ssd"}
    plan.pair(
        "google_compute_disk",
        {
            **disk,
            "name": "kept",
            "disk_encryption_key": [{"kms_key_self_link": "projects/invented/locations/europe-west2/keyRings/ring/cryptoKeys/k"}],
        },
        {**disk, "name": "loose", "disk_encryption_key": []},
    )
