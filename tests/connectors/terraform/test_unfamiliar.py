"""Plans as teams and registry modules write them, with what someone who knows the providers would say of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from tests.connectors.terraform.gcp_plans import GooglePlan
from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tests.connectors.terraform.types.cases import NA, plain
from tierwise.connectors.terraform.document import decode
from tierwise.connectors.terraform.source import plan_of, resources
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import Resource

Expected = Mapping[str, Mapping[str, object]]
"""By address: facts, `region`, `tag:NAME`, or the targets of a relation."""
AZURE: Final[Mapping[str, Any]] = {"provider": "azurerm"}
UNRESOLVED, AFTER = UnknownReason.UNRESOLVED_REFERENCE, UnknownReason.KNOWN_AFTER_APPLY


def buckets_in_a_module() -> tuple[PlanBuilder, Expected]:
    """`for_each` over a map, split settings, a key by another module's `try(...)`, a public access block with a count, default tags."""
    plan = PlanBuilder(default_tags={"Owner": "data"})
    kinds = ("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key")
    arn = {"references": [name for kind in kinds for name in (f"{kind}.this[0].arn", f"{kind}.this[0]", f"{kind}.this")]}
    plan.module("kms", outputs={"key_arn": arn})
    plan.add("aws_kms_key", "this", {"enable_key_rotation": True}, key=0, unknown={"arn": True}, module="kms")
    inner = plan.root["module_calls"]["kms"]["module"]["resources"]
    inner += [{"mode": "managed", "type": kind, "name": "this", "expressions": {}, "count_expression": ref("var.n")} for kind in kinds[1:]]
    plan.add("aws_s3_bucket", "logs", {"bucket": "org-logs"}, unknown={"id": True, "arn": True})
    given = {"key_arn": ref("module.kms.key_arn"), "log_bucket": ref("aws_s3_bucket.logs.id"), "name": ref("each.key")}
    plan.module("buckets", given, for_each_expression=ref("var.buckets"))
    of = {"bucket": ref("aws_s3_bucket.this.id")}
    for key, status in (("raw", "Enabled"), ("curated/v1.2", "Suspended")):
        place: dict[str, Any] = {"module": "buckets", "module_keys": (key,)}
        computed = dict.fromkeys(
            ("id", "arn", "server_side_encryption_configuration", "versioning", "logging", "lifecycle_rule", "policy"), True
        )
        tags = {"tags": {"DataClass": "personal"}, "tags_all": {"DataClass": "personal", "Owner": "data"}}
        plan.add("aws_s3_bucket", "this", {"bucket": f"org-{key[:3]}", **tags}, unknown=computed, **place)
        rule = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}
        named = [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": ref("var.key_arn")}]}]
        plan.add(
            "aws_s3_bucket_server_side_encryption_configuration", "this", {"rule": [rule]},
            unknown={"bucket": True, "rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]},
            expressions={**of, "rule": named}, **place,
        )  # fmt: skip
        plan.add(
            "aws_s3_bucket_versioning",
            "this",
            {"versioning_configuration": [{"status": status}]},
            unknown={"bucket": True},
            expressions=of,
            **place,
        )
        plan.add(
            "aws_s3_bucket_logging", "this", {"target_prefix": key}, unknown={"bucket": True, "target_bucket": True},
            expressions={**of, "target_bucket": ref("var.log_bucket")}, **place,
        )  # fmt: skip
    switches = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), False)
    plan.add(
        "aws_s3_bucket_public_access_block",
        "this",
        switches,
        key=0,
        unknown={"bucket": True},
        expressions=of,
        module="buckets",
        module_keys=("raw",),
    )
    shared = {
        "encryption.key_custody": "customer", "uses-key": ("module.kms.aws_kms_key.this[0]",), "logs-to": ("aws_s3_bucket.logs",),
        "logging.data_read": True, "tag:Owner": "data", "tag:DataClass": "personal", "transport.tls_required": False,
    }  # fmt: skip
    return plan, {
        'module.buckets["raw"].aws_s3_bucket.this': {**shared, "recovery.versioning": True, "access.public_blocked": False},
        'module.buckets["curated/v1.2"].aws_s3_bucket.this': {**shared, "recovery.versioning": False, "access.public_blocked": True},
    }


def copies_elsewhere() -> tuple[PlanBuilder, Expected]:
    """A bucket and a database replicated through an aliased provider, and one in a region of its own (provider 6)."""
    plan = PlanBuilder()
    plan.providers["aws.dr"] = {**plan.providers["aws"], "alias": "dr", "expressions": {"region": const("eu-west-1")}}
    for name, provider in (("primary", "aws"), ("replica", "aws.dr")):
        plan.module(name, outputs={"arn": ref("aws_s3_bucket.b.arn"), "id": ref("aws_s3_bucket.b.id")})
        plan.add("aws_s3_bucket", "b", {"bucket": name}, unknown={"id": True, "arn": True}, module=name, provider=provider)
    plan.add(
        "aws_s3_bucket_replication_configuration", "r", {"rule": [{"status": "Enabled", "destination": [{}]}]},
        unknown={"bucket": True, "rule": [{"destination": [{"bucket": True}]}]},
        expressions={"bucket": ref("module.primary.id"), "rule": [{"destination": [{"bucket": ref("module.replica.arn")}]}]},
    )  # fmt: skip
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True})
    own = {"kms_key_id": ref("aws_kms_key.k.arn"), "storage_encrypted": const(True)}
    plan.add("aws_db_instance", "main", {"storage_encrypted": True}, unknown={"arn": True, "kms_key_id": True}, expressions=own)
    for name, provider, region in (("near", "aws", {}), ("far", "aws.dr", {}), ("own", "aws", {"region": "eu-west-3"})):
        plan.add(
            "aws_db_instance", name, {"storage_encrypted": True, **region}, unknown={"replicate_source_db": True, "kms_key_id": True},
            expressions={"replicate_source_db": ref("aws_db_instance.main.arn"), "storage_encrypted": const(True)}, provider=provider,
        )  # fmt: skip
    copy = {"copy-of": ("aws_db_instance.main",), "encryption.at_rest": True}
    return plan, {
        "module.primary.aws_s3_bucket.b": {"region": "eu-west-2", "replicates-to": ("module.replica.aws_s3_bucket.b",)},
        "module.replica.aws_s3_bucket.b": {"region": "eu-west-1"},
        "aws_db_instance.near": {**copy, "region": "eu-west-2", "encryption.key_custody": "customer"},
        "aws_db_instance.far": {**copy, "region": "eu-west-1", "encryption.key_custody": UNRESOLVED},
        "aws_db_instance.own": {**copy, "region": "eu-west-3", "encryption.key_custody": UNRESOLVED},
    }


def write_only_and_ephemeral() -> tuple[PlanBuilder, Expected]:
    """A database whose password is an ephemeral value in a write-only argument, with a parameter group."""
    plan = PlanBuilder()
    values = {
        "engine": "postgres", "engine_version": "16.3", "password": None, "password_wo": None, "password_wo_version": 1, "storage_encrypted": True,
        "iam_database_authentication_enabled": True, "enabled_cloudwatch_logs_exports": ["postgresql"], "backup_retention_period": 35,
    }  # fmt: skip
    expressions = {"password_wo": ref("ephemeral.random_password.db.result"), "parameter_group_name": ref("aws_db_parameter_group.pg.name")}
    plan.add(
        "aws_db_instance",
        "d",
        values,
        unknown={"parameter_group_name": True, "kms_key_id": True},
        sensitive={"password": True},
        expressions=expressions,
    )
    parameters = [("rds.force_ssl", "1"), ("shared_preload_libraries", "pgaudit"), ("pgaudit.log", "write")]
    plan.add(
        "aws_db_parameter_group",
        "pg",
        {"parameter": [{"name": name, "value": value} for name, value in parameters]},
        unknown={"name": True},
    )
    plan.root["resources"].append(
        {"address": "ephemeral.random_password.db", "mode": "ephemeral", "type": "random_password", "name": "db", "expressions": {}}
    )
    facts = {
        "transport.tls_required": True,
        "logging.data_write": True,
        "logging.data_read": UnknownReason.NOT_COLLECTED,
        "retention.backup_days": 35,
    }
    return plan, {"aws_db_instance.d": {**facts, "access.central_identity_enabled": True, "encryption.key_custody": "provider-managed"}}


def storage_accounts() -> tuple[PlanBuilder, Expected]:
    """azurerm 4: accounts over a map in a module, with rules, key, endpoint and container apart, and the names of the fourth version."""
    plan = PlanBuilder()
    subscription = const("11111111-2222-3333-4444-555555555555")
    plan.providers = {"azurerm": {"name": "azurerm", "version_constraint": "~> 4.20", "expressions": {"subscription_id": subscription}}}
    plan.module("st", {"key": ref("azurerm_key_vault_key.k.name"), "vault": ref("azurerm_key_vault.v.id")})
    of = {"storage_account_id": ref("azurerm_storage_account.this", "each.key")}
    for key in ("closed", "open"):
        is_open = key == "open"
        place: dict[str, Any] = {"key": key, "module": "st", **AZURE, "for_each_expression": ref("var.accounts")}
        values: dict[str, Any] = {
            "name": f"stcase{key}", "location": "UK South", "account_replication_type": "LRS" if is_open else "GZRS", "min_tls_version": "TLS1_2",
            "https_traffic_only_enabled": True, "allow_nested_items_to_be_public": is_open, "shared_access_key_enabled": is_open,
            "public_network_access_enabled": True, "customer_managed_key": [],
        }  # fmt: skip
        computed = dict.fromkeys(("id", "network_rules", "blob_properties", "queue_properties", "share_properties"), True)
        written = {name: ref(f"each.value.{name}") for name in values}
        plan.add("azurerm_storage_account", "this", values, unknown=computed, expressions=written, **place)
        level = {"container_access_type": "blob" if is_open else "private"}
        plan.add("azurerm_storage_container", "c", level, unknown=dict.fromkeys(of, True), expressions=of, **place)
    place = {"key": "closed", "module": "st", **AZURE, "for_each_expression": ref("var.accounts")}
    plan.add(
        "azurerm_storage_account_network_rules",
        "n",
        {"default_action": "Deny", "ip_rules": []},
        unknown=dict.fromkeys(of, True),
        expressions=of,
        **place,
    )
    plan.add(
        "azurerm_storage_account_customer_managed_key", "k", {}, unknown=dict.fromkeys(("storage_account_id", "key_vault_id", "key_name"), True),
        expressions={**of, "key_vault_id": ref("var.vault"), "key_name": ref("var.key")}, **place,
    )  # fmt: skip
    leads = {"references": [f'azurerm_storage_account.this["closed"]{end}' for end in (".id", "")] + ["azurerm_storage_account.this"]}
    plan.add(
        "azurerm_private_endpoint", "pe", {"private_service_connection": [{"is_manual_connection": False}]},
        unknown={"private_service_connection": [{"private_connection_resource_id": True}]},
        expressions={"private_service_connection": [{"private_connection_resource_id": leads}]}, **{**place, "key": "blob"},
    )  # fmt: skip
    plan.add("azurerm_key_vault_key", "k", {"key_type": "RSA-HSM"}, unknown={"versionless_id": True, "key_vault_id": True}, **AZURE)
    shared = {"transport.tls_required": True, "transport.min_tls": "1.2", "network.public_endpoint": True, "region": "uksouth"}
    return plan, {
        'module.st.azurerm_storage_account.this["closed"]': {
            **shared, "encryption.key_custody": "customer", "uses-key": ("azurerm_key_vault_key.k",), "access.anonymous_read": False,
            "access.public_blocked": True, "access.shared_key_enabled": False, "network.ingress_any": False, "network.private_endpoint": True,
            "recovery.redundancy": "multi-region",
        },
        'module.st.azurerm_storage_account.this["open"]': {
            **shared, "encryption.key_custody": "provider-owned", "uses-key": (), "access.anonymous_read": True, "access.public_blocked": False,
            "access.shared_key_enabled": True, "network.ingress_any": True, "network.private_endpoint": False, "recovery.redundancy": "zone",
        },
    }  # fmt: skip


def google_six() -> tuple[PlanBuilder, Expected]:
    """google 6: keys over a set, a bucket a key, labels of every sort, a database with a replica near and one far."""
    plan = GooglePlan(default_labels={"team": "data"})
    one = {"references": ['google_kms_crypto_key.k["storage"].id', 'google_kms_crypto_key.k["storage"]', "google_kms_crypto_key.k"]}
    for key in ("storage", "sql"):
        values: dict[str, Any] = {
            "name": key,
            "rotation_period": "7776000s",
            "version_template": [{"protection_level": "HSM", "algorithm": "x"}],
        }
        plan.put(
            "google_kms_crypto_key",
            "k",
            values,
            key=key,
            unknown={"id": True, "key_ring": True},
            expressions={"key_ring": ref("local.ring")},
        )
    plan.module("b", {"kms": one}, for_each_expression=ref("local.buckets"))
    for key, who in (("a/b.c", "group:x@example.gov.uk"), ('d]["e', "allUsers")):
        place: dict[str, Any] = {"module": "b", "module_keys": (key,)}
        labels = {
            "labels": {"data": "health"},
            "effective_labels": {"data": "health", "team": "data", "goog-terraform-provisioned": "true"},
        }
        values = {
            "name": f"b{key[0]}", "location": "EUROPE-WEST2", "uniform_bucket_level_access": True, "public_access_prevention": "inherited",
            "versioning": [{"enabled": True}], "soft_delete_policy": [{"retention_duration_seconds": 1209600}], "encryption": [{}], **labels,
        }  # fmt: skip
        plan.put(
            "google_storage_bucket", "this", values, unknown={"encryption": [{"default_kms_key_name": True}]},
            expressions={"encryption": [{"default_kms_key_name": ref("var.kms")}]}, **place,
        )  # fmt: skip
        plan.put(
            "google_storage_bucket_iam_member", "m", {"role": "roles/storage.objectViewer", "member": who, "condition": []}, unknown={"bucket": True},
            expressions={"bucket": ref("google_storage_bucket.this.name")}, **place,
        )  # fmt: skip
    settings = {
        "ip_configuration": [{"ipv4_enabled": False, "ssl_mode": "ENCRYPTED_ONLY", "psc_config": [{"psc_enabled": True}]}], "availability_type": "REGIONAL",
        "backup_configuration": [{"enabled": True, "point_in_time_recovery_enabled": True}], "user_labels": {"data": "health"},
        "database_flags": [{"name": name, "value": value} for name, value in (("cloudsql.enable_pgaudit", "on"), ("pgaudit.log", "all"))],
    }  # fmt: skip
    own = {"references": ['google_kms_crypto_key.k["sql"].id', 'google_kms_crypto_key.k["sql"]', "google_kms_crypto_key.k"]}
    version = {"database_version": "POSTGRES_16"}
    plan.put(
        "google_sql_database_instance", "s", {**version, "name": "s", "region": "europe-west2", "settings": [settings]},
        unknown={"encryption_key_name": True}, expressions={"encryption_key_name": own},
    )  # fmt: skip
    for name, region in (("near", "europe-west2"), ("far", "europe-west1")):
        plan.put(
            "google_sql_database_instance", name, {**version, "region": region, "settings": [{}]},
            unknown={"encryption_key_name": True, "master_instance_name": True},
            expressions={"master_instance_name": ref("google_sql_database_instance.s.name")},
        )  # fmt: skip
    shared = {"encryption.key_custody": "customer", "access.acls_disabled": True, "recovery.soft_delete_days": 14, "tag:team": "data"}
    keyed = {"uses-key": ('google_kms_crypto_key.k["storage"]',)}
    return plan, {
        'google_kms_crypto_key.k["sql"]': {"key.rotation_days": 90, "key.protection_level": "hsm"},
        'module.b["a/b.c"].google_storage_bucket.this': {**shared, **keyed, "access.external_principals": UnknownReason.OUT_OF_SCOPE},
        'module.b["d][\\"e"].google_storage_bucket.this': {**shared, **keyed, "access.external_principals": frozenset()},
        "google_sql_database_instance.s": {
            "encryption.key_custody": "customer", "transport.tls_required": True, "network.public_endpoint": False, "network.ingress_any": NA,
            "network.private_endpoint": True, "recovery.point_in_time": True, "recovery.redundancy": "multi-zone", "logging.data_read": True,
            "tag:data": "health", "tag:team": None,
        },
        "google_sql_database_instance.near": {"encryption.key_custody": "customer", "copy-of": ("google_sql_database_instance.s",)},
        "google_sql_database_instance.far": {"encryption.key_custody": UNRESOLVED, "copy-of": ("google_sql_database_instance.s",)},
    }  # fmt: skip


def identities() -> tuple[PlanBuilder, Expected]:
    """Policies attached over a set, one of a document that only apply completes, and a bucket policy of such a document."""
    plan = PlanBuilder()
    plan.add("aws_caller_identity", "me", {"account_id": "111111111111"}, mode="data", actions=("read",))
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    plan.add(
        "aws_iam_role",
        "r",
        {"name": "app", "assume_role_policy": json.dumps(trust)},
        unknown={"inline_policy": True, "managed_policy_arns": True},
    )
    for arn in ("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"):
        named = {"policy_arn": ref("each.value"), "role": ref("aws_iam_role.r.name")}
        plan.add(
            "aws_iam_role_policy_attachment",
            "a",
            {"policy_arn": arn, "role": "app"},
            key=arn,
            expressions=named,
            for_each_expression=const([]),
        )
    plan.add("aws_s3_bucket", "b", {"bucket": "b"}, unknown={"arn": True, "id": True})
    allow = {"effect": "Allow", "actions": ["s3:*"], "resources": [None]}
    other = {
        "effect": "Allow",
        "actions": ["s3:GetObject"],
        "resources": [None],
        "principals": [{"type": "AWS", "identifiers": ["222222222222"]}],
    }
    for name, statement in (("own", allow), ("cross", other)):
        plan.add(
            "aws_iam_policy_document", name, {"statement": [statement]}, unknown={"json": True, "statement": [{"resources": [True]}]}, mode="data",
            actions=("read",), expressions={"statement": [{"resources": ref("aws_s3_bucket.b.arn")}]},
        )  # fmt: skip
    plan.add(
        "aws_iam_policy", "p", {"name": "p"}, unknown={"policy": True}, expressions={"policy": ref("data.aws_iam_policy_document.own.json")}
    )
    both = {"bucket": ref("aws_s3_bucket.b.id"), "policy": ref("data.aws_iam_policy_document.cross.json")}
    plan.add("aws_s3_bucket_policy", "b", {}, unknown=dict.fromkeys(both, True), expressions=both)
    return plan, {
        "aws_iam_role.r": {"privilege.admin": True, "privilege.escalation": True},
        "aws_iam_policy.p": {"privilege.admin": False, "privilege.wildcard_data_actions": True, "privilege.wildcard_data_resources": AFTER},
        "aws_s3_bucket.b": {"access.external_principals": frozenset({"222222222222"}), "access.external_conditioned": False},
    }


ESTATES: Final[tuple[Callable[[], tuple[PlanBuilder, Expected]], ...]] = (
    buckets_in_a_module, copies_elsewhere, write_only_and_ephemeral, storage_accounts, google_six, identities,
)  # fmt: skip


def told(one: Resource, name: str) -> object:
    """What a resource says under a name of a table."""
    if name == "region":
        return one.region
    if name.startswith("tag:"):
        return None if isinstance(one.tags, Unknown) else one.tags.value.get(name.removeprefix("tag:"))
    if "." in name:
        return plain(one.facts.get(name))
    return tuple(link.unknown.reason if link.unknown else link.to for link in one.links if link.rel.value == name)


@pytest.mark.parametrize("estate", ESTATES, ids=lambda estate: estate.__name__)
def test_each_resource_is_what_an_expert_would_say(estate):
    plan, expected = estate()
    found = plan.judged()
    assert expected.keys() <= found.keys()
    assert {address: {name: told(found[address], name) for name in facts} for address, facts in expected.items()} == expected


def test_a_redacted_plan_without_configuration_says_what_it_hides():
    """As the remote backend hands it out to those who may see no values: another name for the version, no configuration, sensitive values left out."""
    plan = PlanBuilder()
    marks = {"password": True, "tags": {"classification": True}}
    values = {"storage_encrypted": True, "tags": {"owner": "x"}}
    address = plan.add("aws_db_instance", "d", values, unknown={"kms_key_id": True}, sensitive=marks)
    redacted = {"plan_format_version": "1.2", "provider_format_version": "1.0", "resource_changes": plan.changes, "provider_schemas": {}}
    (one,) = resources(plan_of(decode(json.dumps(redacted).encode(), "plan.json")))
    assert one.id == address
    assert told(one, "tag:owner") == "x"
    assert [unread.reason for unread in one.evidence.unread] == [UnknownReason.REDACTED]
    assert told(one, "encryption.key_custody") is AFTER
