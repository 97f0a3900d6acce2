"""DynamoDB tables and their replicas, with resource policies and point-in-time recovery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import (
    custody,
    elsewhere,
    filled,
    is_filled_in,
    key_links,
    mapped,
    neighbour,
    part,
    policy_of,
    put_policy,
    put_unlogged,
    switch,
)
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Column, Kind, Link, Rel, Resource

TABLE: Final = "aws_dynamodb_table"
REPLICA, POLICY = f"{TABLE}_replica", "aws_dynamodb_resource_policy"
_SSE: Final = "server_side_encryption"
_PITR: Final = "point_in_time_recovery"
_KEYS: Final = "constant: DynamoDB Developer Guide, encryption at rest: the default is a key that AWS owns, since November 2018"
_ZONES: Final = "DynamoDB Developer Guide, resilience: three zones of a region"


def convert(table: Planned, plan: Plan) -> Resource:
    """A planned table, or a replica of one that is a resource of its own."""
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, "DynamoDB Developer Guide, encryption at rest: every table, since November 2018")
    for name, value in (("shared_key", False), ("local_auth", False), ("central_identity", True)):
        sheet.constant(f"access.{name}_enabled", value, "DynamoDB knows IAM principals only")
    put_unlogged(sheet, "DynamoDB keeps no access log of its own; trails add theirs")
    links = _of_replica(table, plan, sheet) if table.type == REPLICA else _of_table(table, plan, sheet)
    grants = put_policy(plan, table, policy_of(plan, table, POLICY), "dynamodb", sheet, Kind.DOCUMENT_DB)
    name = text_or(table.root, "name")
    found = plan.resource(
        table,
        Kind.DOCUMENT_DB,
        name or table.place.name,
        sheet.facts,
        links=links,
        aliases=(text_or(table.root, "arn"), text_or(table.root, "id"), name),
        grants=grants,
    )
    columns = tuple(_columns(table, found.name))
    return replace(found, evidence=replace(found.evidence, columns=columns) if columns else found.evidence)


def _columns(table: Planned, name: str) -> Iterator[Column]:
    blocks = table.root.blocks("attribute")
    for block in blocks.value if isinstance(blocks, Known) else ():
        if attribute := text_or(block, "name"):
            yield Column(name, attribute, text_or(block, "type"), key=True)


def _of_table(table: Planned, plan: Plan, sheet: FactSheet) -> list[Link]:
    sheet.put("encryption.key_custody", _custody(table, plan))
    sheet.put("recovery.delete_protected", defaulted(table, "deletion_protection_enabled", False))
    on = switch(table, _PITR, "enabled", absent_is=False, default=False)
    _put_backups(
        sheet, on, filled(table, (_PITR, 0, "recovery_period_in_days"), table.root.number(_PITR, 0, "recovery_period_in_days"), 35)
    )
    _put_expiry(sheet, switch(table, "ttl", "enabled", absent_is=False, default=False))
    replicas = list(_replicas(table, plan))
    _put_redundancy(sheet, table, replicas)
    links = [*_key_links(table, plan), *replicas]
    for name in ("restore_source_name", "restore_source_table_arn"):
        links += plan.links(Rel.COPY_OF, table, table.root, (name,), {TABLE})
    return links


def _custody(table: Planned, plan: Plan) -> AnyFact:
    block = part(table, _SSE)
    if isinstance(block, Unknown):
        return block
    on = switch(table, _SSE, "enabled", absent_is=False, default=False)
    if isinstance(on, Unknown):
        return on
    # Terraform AWS provider, aws_dynamodb_table, server_side_encryption: not enabled is AWS's own key, enabled without a key aws/dynamodb.
    return (
        custody(plan, table, (_SSE, 0, "kms_key_arn"), without="provider-managed")
        if on.value
        else Known("provider-owned", Provenance(_KEYS))
    )


def _key_links(table: Planned, plan: Plan) -> tuple[Link, ...]:
    on = switch(table, _SSE, "enabled", absent_is=False, default=False)
    if isinstance(on, Unknown):
        return (Link(Rel.USES_KEY, "", on),)
    return key_links(plan, table, (_SSE, 0, "kms_key_arn")) if on.value else ()


def _put_backups(sheet: FactSheet, on: Maybe[bool], days: Maybe[int]) -> None:
    # 35 days where no period is written (DynamoDB API Reference, PointInTimeRecoverySpecification).
    sheet.put("recovery.point_in_time", on)
    sheet.put("retention.backup_days", days if isinstance(on, Known) and on.value else mapped(on, lambda _: 0))


def _put_expiry(sheet: FactSheet, on: Maybe[bool]) -> None:
    sheet.put("retention.expiry_configured", on)
    if isinstance(on, Known) and on.value:
        sheet.not_applicable("retention.delete_after_days", "each item's own attribute says when it expires", on.via)
    else:
        sheet.put("retention.delete_after_days", mapped(on, lambda _: UNLIMITED))


def _put_redundancy(sheet: FactSheet, table: Planned, replicas: list[Link]) -> None:
    if any(link.unknown is None for link in replicas):
        sheet.known("recovery.redundancy", "multi-region", table.at("replica"))
    elif replicas and (why := replicas[0].unknown) is not None:
        sheet.put("recovery.redundancy", Unknown(why.reason, why.via, why.detail, between=("multi-zone", "multi-region")))
    else:
        sheet.constant("recovery.redundancy", "multi-zone", _ZONES)


def _replicas(table: Planned, plan: Plan) -> Iterator[Link]:
    name = text_or(table.root, "name") or table.address
    blocks = table.root.blocks("replica")
    if isinstance(blocks, Unknown):
        if not is_filled_in(table, "replica", found=blocks):
            yield Link(Rel.REPLICATES_TO, "", blocks)
    else:
        for block in blocks.value:
            region = block.text("region_name")
            if isinstance(region, Unknown):
                yield Link(Rel.REPLICATES_TO, "", region)
            elif region.value:
                yield Link(Rel.REPLICATES_TO, f"arn:aws:dynamodb:{region.value}:{plan.providers.account(table)}:table/{name}")
    children = plan.children(table, REPLICA)
    for child in children.found:
        yield Link(Rel.REPLICATES_TO, plan.id_of(child.address))
    if children.loose is not None:
        yield Link(Rel.REPLICATES_TO, "", children.loose)


def _of_replica(replica: Planned, plan: Plan, sheet: FactSheet) -> list[Link]:
    """A replica has its own key, recovery and protection; expiry it shares with its table (DynamoDB Developer Guide, global tables)."""
    table = neighbour(plan, replica, ("global_table_arn",), {TABLE}, ("arn",))
    # Terraform AWS provider, aws_dynamodb_table_replica, kms_key_arn: AWS's own key where none is named.
    sheet.put("encryption.key_custody", custody(plan, replica, ("kms_key_arn",), without="provider-owned"))
    sheet.put("recovery.delete_protected", defaulted(replica, "deletion_protection_enabled", False))
    _put_backups(sheet, defaulted(replica, "point_in_time_recovery", False), Known(35, replica.at("point_in_time_recovery")))
    unseen = elsewhere(replica, "the table that it replicates")
    _put_expiry(sheet, switch(table, "ttl", "enabled", absent_is=False, default=False) if table else unseen)
    sheet.known("recovery.redundancy", "multi-region", replica.at("global_table_arn"))
    source = plan.links(Rel.REPLICATES_TO, replica, replica.root, ("global_table_arn",), {TABLE})
    return [*key_links(plan, replica, ("kms_key_arn",)), *source]


CONVERTER = Converter(
    frozenset({TABLE, REPLICA}),
    convert,
    (Child(REPLICA, "global_table_arn", ("arn",), of=TABLE), Child(POLICY, "resource_arn", ("arn",))),
    KEY_TYPES | {DOCUMENT},
)
