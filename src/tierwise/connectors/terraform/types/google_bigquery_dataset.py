"""BigQuery datasets with their access entries, IAM bindings and the schemas of their tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tierwise.access.google_iam import Binding, Policy, merged, put_audience
from tierwise.access.google_member import Member
from tierwise.connectors import gcp_terms
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
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Column, Kind, Resource

DATASET, TABLE, ACCESS = "google_bigquery_dataset", "google_bigquery_table", "google_bigquery_dataset_access"
_ROLES: Final = {"READER": "roles/bigquery.dataViewer", "WRITER": "roles/bigquery.dataEditor", "OWNER": "roles/bigquery.dataOwner"}
_ENTRIES: Final = {"user_by_email": "user", "group_by_email": "group", "domain": "domain", "iam_member": ""}
_MS_PER_DAY: Final = gcp_terms.DAY * 1000
_TRAVEL: Final = "BigQuery, time travel: 7 days (168 hours) unless another number is given"
_DEEPEST: Final = 15
"""BigQuery, "Specify nested and repeated columns": 15 levels at most."""


def convert(dataset: Planned, plan: Plan) -> Resource:
    """A planned dataset."""
    sheet = FactSheet()
    links = gcp.put_key(plan, dataset, ("default_encryption_configuration", 0, "kms_key_name"), sheet)
    gcp.put_api_store(plan, dataset, sheet, Kind.WAREHOUSE)
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, True, "BigQuery, audit logs: data access audit logs are always on and cannot be switched off")
    sheet.constant(
        "transport.internode_encrypted", True, "Google Cloud, encryption in transit: traffic between Google's machines is encrypted"
    )
    sheet.constant("access.local_auth_enabled", False, "BigQuery, access control: IAM identities only")
    sheet.constant("access.central_identity_enabled", True, "BigQuery, access control: IAM identities only")
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
    hours = gcp.number(dataset, "max_time_travel_hours", default=168, doc=_TRAVEL)
    sheet.put("retention.backup_days", gcp_terms.days(hours, 24))
    sheet.constant("recovery.point_in_time", True, "BigQuery, time travel: data can be read as of any moment within its window")
    sheet.not_applicable(
        "recovery.delete_protected", "BigQuery has no deletion protection of its own; the Terraform argument is the client's"
    )
    sheet.constant(
        "recovery.redundancy",
        "multi-zone",
        "BigQuery, reliability: a multi-region keeps data in zones of one region, without a second region",
    )
    expiry = dataset.root.number("default_table_expiration_ms")
    configured: AnyFact
    after: AnyFact
    if isinstance(expiry, Unknown):
        configured = after = expiry
    else:
        configured = Known(bool(expiry.value), expiry.via)
        after = Known(-(-expiry.value // _MS_PER_DAY) if expiry.value else UNLIMITED, expiry.via)
    sheet.put("retention.expiry_configured", configured)
    sheet.put("retention.delete_after_days", after)


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
    named: Maybe[str] = role if isinstance(role, Unknown) else Known(_ROLES.get(role.value or "READER", role.value or ""), role.via)
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
    waiting: list[tuple[tuple[str, ...], object]] = [((), fields)]
    while waiting:
        path, level = waiting.pop()
        for one in level if isinstance(level, list) and len(path) < _DEEPEST else ():
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                here = (*path, one["name"])
                yield Column(name, ".".join(here), str(one.get("type", "")))
                waiting.append((here, one.get("fields")))


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
