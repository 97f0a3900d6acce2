"""Redshift clusters with their parameter group, audit logging and security groups.

Only the user activity log names what was read, and it needs both the logging and the parameter `enable_user_activity_logging` (Redshift
Management Guide, "Database audit logging").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.share import put_no_policy
from tierwise.connectors.terraform.aws import KEY_TYPES, Absent, Inline, Setting, Split, defaulted, setting, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.groups import CHILDREN, GROUP, admits_anyone, put_network
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.parameters import group_of, values_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.stores import elsewhere, is_filled_in, mapped, number, put_encryption
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

CLUSTER: Final = "aws_redshift_cluster"
LOGGING, COPY, PARAMETERS = "aws_redshift_logging", "aws_redshift_snapshot_copy", "aws_redshift_parameter_group"
_ACTIVITY_LOG: Final = "useractivitylog"
_ACTIVITY: Final = "enable_user_activity_logging"
_SSL: Final = "constant: Redshift Management Guide, default parameter groups: require_ssl is true in family redshift-2.0, false before"
_OFF: Final = "constant: Redshift Management Guide, parameter groups: enable_user_activity_logging is false by default"
_SHARES: Final = "data shares that let in other accounts"


def convert(cluster: Planned, plan: Plan) -> Resource:
    """A planned cluster."""
    sheet = FactSheet()
    links = put_encryption(plan, cluster, sheet, _stated(cluster, "encrypted"), ("kms_key_id",), without="provider-owned")
    put_no_policy(sheet, "Redshift clusters take no resource policy; users log in to the database")
    if not cluster.is_new:
        for name in ("access.external_principals", "access.external_conditioned"):
            sheet.put(name, elsewhere(cluster, _SHARES))
    admits = admits_anyone(plan, cluster, "vpc_security_group_ids", number(cluster, "port", 5439))
    put_network(sheet, _stated(cluster, "publicly_accessible"), admits)
    sheet.constant("access.local_auth_enabled", True, "Redshift Management Guide, clusters: the admin user logs in with a password")
    sheet.constant(
        "access.central_identity_enabled", True, "Redshift Management Guide, IAM authentication: GetClusterCredentials, always on"
    )
    sheet.put("transport.tls_required", _parameter(cluster, plan, "require_ssl"))
    sheet.put("transport.min_tls", Unknown(UnknownReason.NOT_SUPPORTED, cluster.root.via, "no API states it", between=("1.0", "1.2")))
    internode = Unknown(UnknownReason.NOT_SUPPORTED, cluster.root.via, "AWS does not state it for clusters")
    sheet.put("transport.internode_encrypted", internode)
    logging = setting(plan, cluster, LOGGING, "logging")
    for name in ("logging.data_read", "logging.data_write"):
        sheet.put(name, _recorded(cluster, plan, logging))
    _recovery(cluster, sheet)
    name = text_or(cluster.root, "cluster_identifier")
    return plan.resource(
        cluster,
        Kind.WAREHOUSE,
        name or cluster.place.name,
        sheet.facts,
        links=(*links, *_links(cluster, plan, logging, name)),
        aliases=(name, text_or(cluster.root, "arn"), text_or(cluster.root, "cluster_namespace_arn")),
        description=text_or(cluster.root, "database_name"),
    )


def _stated(cluster: Planned, name: str) -> Maybe[bool]:
    """A switch whose default changed in version 6 of the provider; a plan states the value that holds."""
    found = cluster.root.flag(name)
    if isinstance(found, Unknown):
        return found
    if found.value is None:
        return Unknown(UnknownReason.NOT_COLLECTED, found.via, f"the default of {name} differs between versions of the provider")
    return Known(found.value, found.via)


def _parameter(cluster: Planned, plan: Plan, name: str) -> Maybe[bool]:
    argument = "cluster_parameter_group_name"
    group, why = group_of(plan, cluster, argument, PARAMETERS)
    if why is not None:
        return why
    values = values_of(group) if group is not None else Known({}, cluster.at(argument))
    if isinstance(values, Unknown):
        return values
    found = values.value.get(name)
    if found is not None:
        return mapped(found, lambda value: value == "true")
    if name == _ACTIVITY:
        return Known(False, Provenance(_OFF))
    named = text_or(cluster.root, argument)
    kind = text_or(group.root, "family") if group is not None else named.removeprefix("default.")
    if kind in ("redshift-1.0", "redshift-2.0"):
        return Known(kind == "redshift-2.0", Provenance(_SSL))
    return Unknown(
        UnknownReason.NOT_COLLECTED, cluster.at(argument), f"{name} has the default of a parameter group that the plan does not name"
    )


def _block(found: Split | Inline) -> Node:
    return found.planned.root if isinstance(found, Split) else found.blocks[0]


def _recorded(cluster: Planned, plan: Plan, found: Setting) -> Maybe[bool]:
    if isinstance(found, Unknown):
        return found
    if isinstance(found, Absent):
        return Known(False, found.via)
    block = _block(found)
    if isinstance(found, Inline):
        on = block.flag("enable")
        if isinstance(on, Unknown) or not on.value:
            return on if isinstance(on, Unknown) else Known(False, on.via)
    exports = block.texts("log_exports")
    # Where logs are named, only they are delivered; older S3 logging names none and delivers all three.
    if isinstance(exports, Known) and exports.value.known and exports.value.open is None and _ACTIVITY_LOG not in exports.value.known:
        return Known(False, exports.via)
    activity = _parameter(cluster, plan, _ACTIVITY)
    if isinstance(activity, Known) and not activity.value:
        return Unknown(UnknownReason.NOT_SUPPORTED, activity.via, "logins are delivered; queries only stay in system tables for some days")
    return activity


def _recovery(cluster: Planned, sheet: FactSheet) -> None:
    sheet.put("retention.backup_days", number(cluster, "automated_snapshot_retention_period", 1))
    sheet.not_applicable("recovery.point_in_time", "Redshift restores snapshots, taken about every eight hours")
    sheet.not_applicable("recovery.delete_protected", "Redshift has no deletion protection")
    zones = defaulted(cluster, "multi_az", False)
    sheet.put("recovery.redundancy", mapped(zones, lambda value: "multi-zone" if value else "zone"))
    sheet.constant("retention.expiry_configured", False, "Redshift has no rule that deletes rows by age")
    sheet.constant("retention.delete_after_days", UNLIMITED, "Redshift has no rule that deletes rows by age")
    size: AnyFact = Unknown(UnknownReason.NOT_COLLECTED, cluster.root.via, "the space in use is a CloudWatch metric")
    sheet.put("volume.bytes", size)


def _copies(cluster: Planned, plan: Plan) -> Iterator[Link]:
    """Snapshots that are copied into another region as they are taken; the copies have no resource of their own."""
    children = plan.children(cluster, COPY)
    if children.loose is not None:
        yield Link(Rel.REPLICATES_TO, "", children.loose)
    places = [one.root.text("destination_region") for one in children.found]
    if not children.found:
        blocks = cluster.root.blocks("snapshot_copy")
        if isinstance(blocks, Unknown):
            if not is_filled_in(cluster, "snapshot_copy", found=blocks):
                yield Link(Rel.REPLICATES_TO, "", blocks)
        else:
            places = [block.text("destination_region") for block in blocks.value]
    for place in places:
        if isinstance(place, Unknown):
            yield Link(Rel.REPLICATES_TO, "", place)
        elif place.value:
            yield Link(Rel.REPLICATES_TO, f"arn:aws:redshift:{place.value}:{plan.providers.account(cluster)}:snapshot:copy")


def _links(cluster: Planned, plan: Plan, found: Setting, name: str) -> tuple[Link, ...]:
    links = list(plan.links(Rel.COPY_OF, cluster, cluster.root, ("snapshot_identifier",), {"aws_redshift_cluster_snapshot"}))
    links += _copies(cluster, plan)
    if isinstance(found, Unknown):
        return (*links, Link(Rel.LOGS_TO, "", found))
    if isinstance(found, Absent):
        return tuple(links)
    block, holder = _block(found), found.planned if isinstance(found, Split) else cluster
    links += plan.links(Rel.LOGS_TO, holder, block, ("bucket_name",), {"aws_s3_bucket"})
    exports = block.texts("log_exports")
    if name and text_or(block, "log_destination_type") == "cloudwatch" and isinstance(exports, Known):
        links += [Link(Rel.LOGS_TO, f"/aws/redshift/cluster/{name}/{export}") for export in exports.value.known]
    return tuple(links)


CONVERTER = Converter(
    frozenset({CLUSTER}),
    convert,
    tuple(Child(kind, "cluster_identifier", ("cluster_identifier", "id")) for kind in (LOGGING, COPY)),
    KEY_TYPES | {GROUP, PARAMETERS},
    ((GROUP, CHILDREN),),
)
