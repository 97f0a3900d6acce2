"""Redshift Serverless: a namespace holds the data, its workgroup answers on the network and sets the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.share import put_no_policy
from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.groups import CHILDREN, GROUP, admits_anyone, put_network
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import elsewhere, mapped, number, put_encryption, texts
from tierwise.model.fact import UNLIMITED, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

NAMESPACE, WORKGROUP = "aws_redshiftserverless_namespace", "aws_redshiftserverless_workgroup"
_GUIDE: Final = "Redshift Management Guide, Redshift Serverless"
_PORT: Final = 5439
_ACTIVITY_LOG, _ACTIVITY, _SSL = "useractivitylog", "enable_user_activity_logging", "require_ssl"


def convert(namespace: Planned, plan: Plan) -> Resource:
    """A planned namespace."""
    sheet = FactSheet()
    # Redshift Serverless API Reference, CreateNamespace: always encrypted, without a key of one's own under one that AWS owns.
    always = Known(True, namespace.root.via)
    links = put_encryption(plan, namespace, sheet, always, ("kms_key_id",), without="provider-owned")
    put_no_policy(sheet, f"{_GUIDE}: namespaces take no resource policy; snapshots do")
    group = _workgroup(namespace, plan)
    _put_reach(plan, group, sheet)
    sheet.constant("access.local_auth_enabled", True, f"{_GUIDE}: the admin user logs in with a password")
    sheet.constant("access.central_identity_enabled", True, f"{_GUIDE}: GetCredentials, always on")
    sheet.put("transport.tls_required", _parameter(group, _SSL))
    unstated = Unknown(UnknownReason.NOT_SUPPORTED, namespace.root.via, "no API states it", between=("1.0", "1.2"))
    sheet.put("transport.min_tls", unstated)
    sheet.put("transport.internode_encrypted", Unknown(UnknownReason.NOT_SUPPORTED, namespace.root.via, "AWS does not state it"))
    recorded = _recorded(namespace, group)
    for name in ("logging.data_read", "logging.data_write"):
        sheet.put(name, recorded)
    _put_recovery(namespace, sheet)
    name = text_or(namespace.root, "namespace_name")
    return plan.resource(
        namespace,
        Kind.WAREHOUSE,
        name or namespace.place.name,
        sheet.facts,
        links=(*links, *_logs(namespace, name)),
        aliases=(name, text_or(namespace.root, "arn"), text_or(namespace.root, "namespace_id")),
        description=text_or(namespace.root, "db_name"),
    )


def _workgroup(namespace: Planned, plan: Plan) -> Maybe[Planned | None]:
    """The one workgroup of a namespace."""
    children = plan.children(namespace, WORKGROUP)
    if children.found:
        return Known(children.found[0], children.found[0].root.via)
    if children.loose is not None:
        return children.loose
    if namespace.is_new or children.removed:
        return Known(None, namespace.root.via)
    return elsewhere(namespace, f"no {WORKGROUP} in it belongs to {namespace.address}")


def _put_reach(plan: Plan, group: Maybe[Planned | None], sheet: FactSheet) -> None:
    """Without a workgroup nothing answers."""
    if isinstance(group, Unknown) or group.value is None:
        closed = group if isinstance(group, Unknown) else Known(False, group.via)
        put_network(sheet, closed, closed)
        return
    admits = admits_anyone(plan, group.value, "security_group_ids", number(group.value, "port", _PORT))
    put_network(sheet, defaulted(group.value, "publicly_accessible", False), admits)


def _parameter(group: Maybe[Planned | None], name: str) -> Maybe[bool]:
    """A parameter of the workgroup; AWS fills in those that nobody writes, with defaults that changed over time."""
    if isinstance(group, Unknown) or group.value is None:
        return group if isinstance(group, Unknown) else Unknown(UnknownReason.NOT_COLLECTED, group.via, "no workgroup sets parameters yet")
    blocks = group.value.root.blocks("config_parameter")
    if isinstance(blocks, Unknown):
        return blocks
    for block in blocks.value:
        key = block.text("parameter_key")
        if isinstance(key, Unknown):
            return key
        if key.value == name:
            return mapped(block.text("parameter_value"), lambda value: (value or "").lower() == "true")
    return Unknown(UnknownReason.NOT_COLLECTED, blocks.via, f"{name} has the default of new workgroups, which the plan does not state")


def _recorded(namespace: Planned, group: Maybe[Planned | None]) -> Maybe[bool]:
    """Only the user activity log names what was read, and it needs its parameter too (as on clusters)."""
    known, still = texts(namespace, "log_exports")
    if _ACTIVITY_LOG not in known:
        return still or Known(False, namespace.at("log_exports"))
    return _parameter(group, _ACTIVITY)


def _logs(namespace: Planned, name: str) -> Iterator[Link]:
    """Redshift Management Guide, audit logging for Redshift Serverless: the log group of each export."""
    known, still = texts(namespace, "log_exports")
    if name:
        for export in known:
            yield Link(Rel.LOGS_TO, f"/aws/redshift/{name}/{export}")
    if still is not None:
        yield Link(Rel.LOGS_TO, "", still)


def _put_recovery(namespace: Planned, sheet: FactSheet) -> None:
    sheet.constant("retention.backup_days", 1, f"{_GUIDE}, snapshots and recovery points: recovery points are kept for 24 hours")
    sheet.not_applicable("recovery.point_in_time", "Redshift Serverless restores recovery points, taken about every half hour")
    sheet.not_applicable("recovery.delete_protected", "Redshift Serverless has no deletion protection")
    unstated = Unknown(UnknownReason.NOT_SUPPORTED, namespace.root.via, "AWS does not state it", between=("zone", "multi-zone"))
    sheet.put("recovery.redundancy", unstated)
    sheet.constant("retention.expiry_configured", False, "Redshift has no rule that deletes rows by age")
    sheet.constant("retention.delete_after_days", UNLIMITED, "Redshift has no rule that deletes rows by age")


CONVERTER = Converter(
    frozenset({NAMESPACE}),
    convert,
    (Child(WORKGROUP, "namespace_name", ("namespace_name", "id")),),
    KEY_TYPES | {GROUP},
    ((GROUP, CHILDREN),),
)
