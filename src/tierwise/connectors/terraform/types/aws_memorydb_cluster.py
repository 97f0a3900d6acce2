"""MemoryDB clusters, their access lists with users, and snapshots of them."""

from __future__ import annotations

from typing import Final

from tierwise.access.share import put_inside_vpc, put_mutable, put_no_policy
from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.login import CENTRAL, LOCAL, Users, put_users
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import mapped, number, put_encryption, put_unlogged
from tierwise.model.fact import FactSheet, Known
from tierwise.model.resource import Kind, Link, Rel, Resource

CLUSTER, SNAPSHOT = "aws_memorydb_cluster", "aws_memorydb_snapshot"
_USERS: Final = Users("aws_memorydb_acl", ("name", "id"), "user_names", "aws_memorydb_user", ("user_name", "id"))
_ENCRYPTED: Final = "MemoryDB Developer Guide, at-rest encryption: always on, snapshots included"
_VPC: Final = "MemoryDB Developer Guide, security: clusters must be created in a VPC"
_OPEN: Final = "open-access"
"""The access list that every account has, with the user `default` who needs no password (MemoryDB Developer Guide, "ACLs")."""


def convert(planned: Planned, plan: Plan) -> Resource:
    """A planned cluster or snapshot."""
    return _snapshot(planned, plan) if planned.type == SNAPSHOT else _cluster(planned, plan)


def _cluster(cluster: Planned, plan: Plan) -> Resource:
    sheet = FactSheet()
    put_no_policy(sheet, "MemoryDB clusters take no resource policy")
    put_unlogged(sheet, "MemoryDB delivers no log of who read or wrote which key")
    put_inside_vpc(sheet, _VPC)
    sheet.not_applicable("volume.items", "the number of keys is a CloudWatch metric")
    links = [*_encrypted(cluster, plan, sheet), *plan.links(Rel.COPY_OF, cluster, cluster.root, ("snapshot_name",), {SNAPSHOT})]
    tls = defaulted(cluster, "tls_enabled", True)
    for name in ("transport.tls_required", "transport.internode_encrypted"):
        sheet.put(name, tls)
    # MemoryDB Developer Guide, in-transit encryption: TLS 1.2 and 1.3.
    sheet.put("transport.min_tls", mapped(tls, lambda value: "1.2" if value else "none"))
    _put_login(cluster, plan, sheet)
    sheet.put("retention.backup_days", number(cluster, "snapshot_retention_limit", 0))
    # The log of changes is kept in several zones whatever the number of nodes (MemoryDB Developer Guide, "Minimizing downtime with Multi-AZ").
    sheet.constant("recovery.redundancy", "multi-zone", "MemoryDB Developer Guide, understanding replication: a Multi-AZ transaction log")
    name = text_or(cluster.root, "name")
    return plan.resource(
        cluster,
        Kind.CACHE,
        name or text_or(cluster.root, "name_prefix") or cluster.place.name,
        sheet.facts,
        links=links,
        aliases=(text_or(cluster.root, "arn"), name),
        description=text_or(cluster.root, "description"),
    )


def _encrypted(planned: Planned, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    links = put_encryption(plan, planned, sheet, Known(True, planned.root.via), ("kms_key_arn",), without="provider-owned")
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    return links


def _put_login(cluster: Planned, plan: Plan, sheet: FactSheet) -> None:
    named = cluster.root.text("acl_name")
    sheet.constant(
        "access.shared_key_enabled", False, "MemoryDB Developer Guide, ACLs: users log in by name; there is no token of the cluster"
    )
    if isinstance(named, Known) and named.value == _OPEN:
        sheet.known(LOCAL, False, named.via)
        sheet.known(CENTRAL, False, named.via)
    else:
        put_users(cluster, plan, "acl_name", _USERS, sheet)


def _snapshot(snapshot: Planned, plan: Plan) -> Resource:
    sheet = FactSheet()
    links = _encrypted(snapshot, plan, sheet)
    doc = "MemoryDB Developer Guide, exporting a snapshot: others get a copy in S3, never the snapshot"
    put_no_policy(sheet, doc)
    sheet.constant("access.public_blocked", True, doc)
    put_mutable(sheet, "MemoryDB has no write-once mode for snapshots")
    name = text_or(snapshot.root, "name")
    return plan.resource(
        snapshot,
        Kind.SNAPSHOT,
        name or text_or(snapshot.root, "name_prefix") or snapshot.place.name,
        sheet.facts,
        links=(*links, *plan.links(Rel.COPY_OF, snapshot, snapshot.root, ("cluster_name",), {CLUSTER})),
        aliases=(text_or(snapshot.root, "arn"), name),
        description=text_or(snapshot.root, "cluster_name"),
    )


CONVERTER = Converter(frozenset({CLUSTER, SNAPSHOT}), convert, reads=KEY_TYPES | _USERS.reads)
