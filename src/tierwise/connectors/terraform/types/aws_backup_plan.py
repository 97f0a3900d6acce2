"""Backup plans: where their rules store recovery points, and what their selections protect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tierwise.access.selection import selected
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.stores import each_link, elsewhere, texts
from tierwise.model.fact import Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

PLAN, SELECTION = "aws_backup_plan", "aws_backup_selection"
_VAULTS: Final = frozenset({"aws_backup_vault", "aws_backup_logically_air_gapped_vault"})
_STORES: Final = frozenset(
    {
        "aws_s3_bucket",
        "aws_db_instance",
        "aws_rds_cluster",
        "aws_docdb_cluster",
        "aws_neptune_cluster",
        "aws_dynamodb_table",
        "aws_efs_file_system",
        "aws_ebs_volume",
        "aws_redshift_cluster",
        "aws_fsx_lustre_file_system",
        "aws_fsx_ontap_file_system",
        "aws_fsx_openzfs_file_system",
        "aws_fsx_windows_file_system",
        "aws_instance",
    }
)
"""What AWS Backup can protect (Developer Guide, "Supported resources")."""
_OPERATORS: Final = {
    "string_equals": "StringEquals",
    "string_not_equals": "StringNotEquals",
    "string_like": "StringLike",
    "string_not_like": "StringNotLike",
}


def convert(planned: Planned, plan: Plan) -> Resource:
    """A planned backup plan; it has no facts of its own, its links decide which stores are covered."""
    name = text_or(planned.root, "name")
    return plan.resource(
        planned,
        Kind.BACKUP_PLAN,
        name or planned.place.name,
        {},
        links=(*_targets(planned, plan), *_selections(planned, plan)),
        aliases=(text_or(planned.root, "arn"), text_or(planned.root, "id"), name),
    )


def _targets(planned: Planned, plan: Plan) -> Iterator[Link]:
    """The vaults in which the plan's rules store recovery points and copies of them."""
    rules = planned.root.blocks("rule")
    if isinstance(rules, Unknown):
        yield Link(Rel.STORES_IN, "", rules)
        return
    for rule in rules.value:
        for name in ("target_vault_name", "target_logically_air_gapped_backup_vault_arn"):
            yield from plan.links(Rel.STORES_IN, planned, rule, (name,), _VAULTS)
        copies = rule.blocks("copy_action")
        if isinstance(copies, Unknown):
            yield Link(Rel.STORES_IN, "", copies)
            continue
        for copy in copies.value:
            yield from plan.links(Rel.STORES_IN, planned, copy, ("destination_vault_arn",), _VAULTS)


def _selections(planned: Planned, plan: Plan) -> Iterator[Link]:
    children = plan.children(planned, SELECTION)
    for child in children.found:
        yield from _selected(child, plan)
    if children.loose is not None:
        yield Link(Rel.PROTECTS, "", children.loose)
    elif not planned.is_new:
        yield Link(Rel.PROTECTS, "", elsewhere(planned, "further selections of the backup plan"))


def _selected(selection: Planned, plan: Plan) -> Iterator[Link]:
    answer = _answer(selection)
    if isinstance(answer, Unknown):
        yield Link(Rel.PROTECTS, "", answer)
        return
    known, still = texts(selection, "resources")
    narrowed = "Conditions" in answer.value or "NotResources" in answer.value
    if still is None:
        yield from selected({**answer.value, "Resources": list(known)}, selection.root.via)
    elif narrowed:
        # What is left out could be just what is not known yet.
        yield Link(Rel.PROTECTS, "", still)
    else:
        yield from each_link(plan, Rel.PROTECTS, selection, ("resources",), _STORES)
        if "ListOfTags" in answer.value:
            yield from selected(answer.value, selection.root.via)


def _answer(selection: Planned) -> Maybe[Mapping[str, object]]:
    """Tags, conditions and exclusions in the shape of the AWS Backup API; unknown where one of them is."""
    found: dict[str, object] = {}
    tags = _pairs(selection.root, "selection_tag")
    if isinstance(tags, Unknown):
        return tags
    if tags.value:
        found["ListOfTags"] = tags.value
    conditions = selection.root.blocks("condition")
    if isinstance(conditions, Unknown):
        return conditions
    for block in conditions.value:
        for argument, operator in _OPERATORS.items():
            pairs = _pairs(block, argument)
            if isinstance(pairs, Unknown):
                return pairs
            if pairs.value:
                found.setdefault("Conditions", {})
                conditions_of = found["Conditions"]
                if isinstance(conditions_of, dict):
                    conditions_of.setdefault(operator, []).extend(pairs.value)
    excluded, still = texts(selection, "not_resources")
    if still is not None:
        return still
    if excluded:
        found["NotResources"] = list(excluded)
    return Known(found, selection.root.via)


def _pairs(node: Node, name: str) -> Maybe[list[dict[str, str]]]:
    blocks = node.blocks(name)
    if isinstance(blocks, Unknown):
        return blocks
    found: list[dict[str, str]] = []
    for block in blocks.value:
        key, value = block.text("key"), block.text("value")
        if isinstance(key, Unknown) or isinstance(value, Unknown):
            return key if isinstance(key, Unknown) else value if isinstance(value, Unknown) else Known(found)
        found.append({"ConditionKey": key.value or "", "ConditionValue": value.value or ""})
    return Known(found, node.via)


CONVERTER = Converter(frozenset({PLAN}), convert, (Child(SELECTION, "plan_id", ("id",)),), _VAULTS | _STORES)
