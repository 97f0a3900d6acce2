"""BigQuery datasets with their access entries, IAM bindings and the schemas of their tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tierwise.access.google_iam import Binding, Policy, merged, put_audience
from tierwise.access.google_member import Member
from tierwise.connectors import gcp_bigquery, gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import iam_children, policy_of
from tierwise.connectors.terraform.gcp_member import members_at, read_member
from tierwise.connectors.terraform.gcp_project import project_mark, same_project
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Column, Kind, Resource

DATASET, TABLE, ACCESS = "google_bigquery_dataset", "google_bigquery_table", "google_bigquery_dataset_access"
_ENTRIES: Final = {"user_by_email": "user", "group_by_email": "group", "domain": "domain", "iam_member": ""}


def convert(dataset: Planned, plan: Plan) -> Resource:
    """A planned dataset."""
    sheet = FactSheet()
    links = gcp.put_key(plan, dataset, ("default_encryption_configuration", 0, "kms_key_name"), sheet)
    gcp.put_api_store(plan, dataset, "bigquery.googleapis.com", sheet, Kind.WAREHOUSE)
    gcp_bigquery.put_constants(sheet)
    _recovery(dataset, sheet)
    tables = plan.children(dataset, TABLE).found
    policies = [policy_of(plan, dataset), _entries(dataset, plan), *(policy_of(plan, table) for table in tables)]
    grants = put_audience(merged(*policies), "bigquery", sheet, Kind.WAREHOUSE)
    name = text_or(dataset.root, "dataset_id")
    texts = [text_or(dataset.root, "friendly_name"), text_or(dataset.root, "description")]
    made = gcp.resource(
        plan,
        dataset,
        Kind.WAREHOUSE,
        name or dataset.place.name,
        sheet,
        links=links,
        aliases=(name,),
        description=" ".join(text for text in texts if text),
        grants=grants,
    )
    columns = tuple(column for table in tables for column in _columns(table))
    return replace(made, evidence=replace(made.evidence, columns=columns)) if columns else made


def _recovery(dataset: Planned, sheet: FactSheet) -> None:
    hours = gcp.number(dataset, "max_time_travel_hours", default=168, doc=gcp_bigquery.TRAVEL)
    sheet.put("retention.backup_days", gcp_terms.days(hours, 24))
    gcp_bigquery.put_expiry(sheet, dataset.root.number("default_table_expiration_ms"))


def _entries(dataset: Planned, plan: Plan) -> Policy:
    """The access entries: inline, and in resources of their own. Without any, the project's own people get in."""
    found: list[Binding] = []
    more: Unknown | None = None
    project = project_mark(plan, dataset)
    inline = dataset.root.blocks("access")
    if isinstance(inline, Unknown):
        more = None if dataset.is_new and dataset.root.is_computed("access") else inline
    for node in inline.value if isinstance(inline, Known) else ():
        found += _entry(plan, dataset, node, project)
    children = plan.children(dataset, ACCESS)
    for child in children.found:
        found += _entry(plan, child, child.root, project)
    return Policy(tuple(found), more or children.loose, dataset.root.via)


def _entry(plan: Plan, holder: Planned, node: Node, project: str) -> Iterator[Binding]:
    role = node.text("role")
    named: Maybe[str] = role if isinstance(role, Unknown) else Known(gcp_bigquery.role_of(role.value or ""), role.via)
    members: list[Member] = []
    special = node.text("special_group")
    if isinstance(special, Known):
        members += [read_member(plan, special.value, project, node.via)] if special.value == "allAuthenticatedUsers" else []
    elif node.is_written("special_group"):
        members.append(Member("open", why=special))
    for attribute, kind in _ENTRIES.items():
        given = node.text(attribute)
        if isinstance(given, Known) and given.value:
            members.append(_member(plan, kind, given.value, project, node))
        elif isinstance(given, Unknown) and node.is_written(attribute):
            # An address or a domain is never everybody; an IAM member may be.
            unsure = Member("perhaps", why=given)
            members += members_at(plan, holder, node, attribute, project) if attribute == "iam_member" else (unsure,)
    members += _other_datasets(plan, node, project)
    if members:
        condition = node.blocks("condition")
        bound: Maybe[bool] = Known(False, node.via) if not node.is_written("condition") else Known(True, node.via)
        if isinstance(condition, Known):
            bound = Known(bool(condition.value), node.via)
        yield Binding(named, tuple(members), bound, node.via)


def _member(plan: Plan, kind: str, given: str, project: str, node: Node) -> Member:
    if kind == "user" and given.endswith("gserviceaccount.com"):
        kind = "serviceAccount"
    return read_member(plan, f"{kind}:{given}" if kind else given, project, node.via)


def _other_datasets(plan: Plan, node: Node, project: str) -> Iterator[Member]:
    """Views, routines and datasets that may read this one, where they stand in another project."""
    for path in (("view", 0, "project_id"), ("routine", 0, "project_id"), ("dataset", 0, "dataset", 0, "project_id")):
        given = node.text(*path)
        if isinstance(given, Known) and given.value:
            mine = same_project(plan, project, given.value)
            if mine is False:
                yield Member("outside", who=given.value, shown=given.value)
            elif mine is None:
                yield Member(
                    "perhaps", why=Unknown(UnknownReason.OUT_OF_SCOPE, given.via, "a view's project is not known to be the own one")
                )


def _columns(table: Planned) -> Iterator[Column]:
    """The columns that a table's schema names, fields of records by their path."""
    name = text_or(table.root, "table_id") or table.place.name
    text = table.root.text("schema")
    try:
        fields = json.loads(text.value) if isinstance(text, Known) and text.value else []
    except (ValueError, RecursionError):
        return
    keys = table.root.texts("table_constraints", 0, "primary_key", 0, "columns")
    yield from gcp_bigquery.columns(name, fields, keys=keys.value.known if isinstance(keys, Known) else ())


CONVERTER = Converter(
    frozenset({DATASET}),
    convert,
    (
        *iam_children(DATASET, "dataset_id", ("dataset_id", "id")),
        Child(ACCESS, "dataset_id", ("dataset_id", "id")),
        Child(TABLE, "dataset_id", ("dataset_id", "id")),
    ),
    gcp.KEY_TYPES | READS | IDENTITIES,
    ((TABLE, iam_children(TABLE, "table_id", ("table_id", "id"))),),
)
