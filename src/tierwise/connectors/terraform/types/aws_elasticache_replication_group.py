"""ElastiCache replication groups, cache clusters of their own and serverless caches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.share import put_inside_vpc, put_no_policy
from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.login import Users, put_users
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import is_filled_in, mapped, number, put_encryption, put_unlogged, texts, word
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

GROUP: Final = "aws_elasticache_replication_group"
CLUSTER, SERVERLESS = "aws_elasticache_cluster", "aws_elasticache_serverless_cache"
_TLS_DOC: Final = "ElastiCache User Guide, in-transit encryption: TLS 1.2 and newer"
_VPC_DOC: Final = "ElastiCache User Guide, VPC and security: caches have no public address"
_ALWAYS: Final = "ElastiCache User Guide, serverless: encrypted at rest and in transit, over several zones, always"
_USERS: Final = Users(
    "aws_elasticache_user_group",
    ("user_group_id", "id"),
    "user_ids",
    "aws_elasticache_user",
    ("user_id", "id"),
    Child("aws_elasticache_user_group_association", "user_group_id", ("user_group_id", "id")),
    "user_id",
)
_NAMES: Final = {GROUP: "replication_group_id", CLUSTER: "cluster_id", SERVERLESS: "name"}


def convert(cache: Planned, plan: Plan) -> Resource | None:
    """A planned cache; a cluster that belongs to a replication group is part of that."""
    group = cache.root.text("replication_group_id")
    joined = (isinstance(group, Known) and group.value) or cache.root.is_written("replication_group_id")
    if cache.type == CLUSTER and joined:
        return None
    sheet = FactSheet()
    put_no_policy(sheet, "ElastiCache caches take no resource policy")
    put_unlogged(sheet, "ElastiCache delivers slow and engine logs; none records who read or wrote which key")
    sheet.not_applicable("volume.items", "the number of keys is a CloudWatch metric")
    put_inside_vpc(sheet, _VPC_DOC)
    # ElastiCache User Guide, at-rest encryption: without a key of one's own, the key is the service's.
    links = put_encryption(plan, cache, sheet, _at_rest(cache), ("kms_key_id",), without="provider-owned")
    _put_transit(cache, sheet)
    _put_login(cache, plan, sheet)
    _put_recovery(cache, sheet)
    name = text_or(cache.root, _NAMES[cache.type])
    return plan.resource(
        cache,
        Kind.CACHE,
        name or cache.place.name,
        sheet.facts,
        links=(*links, *_logs(cache, plan)),
        aliases=(text_or(cache.root, "arn"), name),
        description=text_or(cache.root, "description") or text_or(cache.root, "replication_group_description"),
    )


def _at_rest(cache: Planned) -> Maybe[bool]:
    if cache.type == SERVERLESS:
        return Known(True, cache.root.via)
    if cache.type == CLUSTER:
        # Only replication groups can be encrypted at rest (ElastiCache User Guide, at-rest encryption, conditions).
        return Known(False, cache.root.via)
    # Terraform AWS provider, aws_elasticache_replication_group: on by default for engine valkey, off for redis.
    engine = word(cache, "engine", "redis")
    own = cache.root.flag("at_rest_encryption_enabled")
    if isinstance(engine, Unknown) and not (isinstance(own, Known) and own.value is not None):
        return engine
    return defaulted(cache, "at_rest_encryption_enabled", isinstance(engine, Known) and engine.value == "valkey")


def _put_transit(cache: Planned, sheet: FactSheet) -> None:
    encrypted: Maybe[bool] = Known(True, cache.root.via)
    if cache.type != SERVERLESS:
        encrypted = defaulted(cache, "transit_encryption_enabled", False)
    sheet.put("transport.internode_encrypted", encrypted)
    if isinstance(encrypted, Unknown):
        sheet.put("transport.tls_required", encrypted)
        sheet.put("transport.min_tls", encrypted)
    elif not encrypted.value:
        sheet.known("transport.tls_required", False, encrypted.via)
        sheet.known("transport.min_tls", "none", encrypted.via)
    else:
        # Without a mode it is `required`: `preferred` exists only to migrate (ElastiCache API, TransitEncryptionMode).
        mode = word(cache, "transit_encryption_mode", "required")
        sheet.put("transport.tls_required", mapped(mode, lambda value: value != "preferred"))
        sheet.constant("transport.min_tls", "1.2", _TLS_DOC)


def _put_login(cache: Planned, plan: Plan, sheet: FactSheet) -> None:
    token = cache.root.get("auth_token")
    written = cache.root.is_written("auth_token") or not cache.root.is_configured
    shared: Maybe[bool] = mapped(token, bool)
    if isinstance(token, Unknown) and not written:
        shared = Known(False, token.via)
    elif isinstance(token, Unknown) and token.reason is UnknownReason.KNOWN_AFTER_APPLY:
        # A token that is made during apply is a token.
        shared = Known(True, token.via)
    sheet.put("access.shared_key_enabled", shared)
    attribute = "user_group_id" if cache.type == SERVERLESS else "user_group_ids"
    users, still = texts(cache, attribute)
    if users or still is not None:
        put_users(cache, plan, attribute, _USERS, sheet)
    else:
        sheet.put("access.local_auth_enabled", shared)
        sheet.known("access.central_identity_enabled", False, cache.at(attribute))


def _put_recovery(cache: Planned, sheet: FactSheet) -> None:
    if cache.type == CLUSTER and text_or(cache.root, "engine") == "memcached":
        sheet.not_applicable("retention.backup_days", "Memcached clusters cannot be backed up", cache.at("engine"))
    else:
        sheet.put("retention.backup_days", number(cache, "snapshot_retention_limit", 0))
    if cache.type == SERVERLESS:
        sheet.constant("recovery.redundancy", "multi-zone", _ALWAYS)
        return
    zones: Maybe[bool] = Known(False, cache.root.via)
    if cache.type == GROUP:
        zones = defaulted(cache, "multi_az_enabled", False)
    sheet.put("recovery.redundancy", mapped(zones, lambda value: "multi-zone" if value else "zone"))


def _logs(cache: Planned, plan: Plan) -> Iterator[Link]:
    blocks = cache.root.blocks("log_delivery_configuration")
    if isinstance(blocks, Unknown):
        if not is_filled_in(cache, "log_delivery_configuration", found=blocks):
            yield Link(Rel.LOGS_TO, "", blocks)
        return
    for block in blocks.value:
        yield from plan.links(Rel.LOGS_TO, cache, block, ("destination",), {"aws_cloudwatch_log_group"})


CONVERTER = Converter(frozenset({GROUP, CLUSTER, SERVERLESS}), convert, reads=KEY_TYPES | _USERS.reads, others=_USERS.others)
