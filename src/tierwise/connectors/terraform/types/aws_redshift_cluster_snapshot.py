"""Snapshots of Redshift clusters and of Redshift Serverless namespaces, under the key of what they are taken of."""

from __future__ import annotations

from typing import Final

from tierwise.access.share import put_mutable, put_shared
from tierwise.connectors.terraform.aws import audience, put_audience, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT, policy_at
from tierwise.connectors.terraform.snapshots import put_as_named
from tierwise.connectors.terraform.stores import elsewhere
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Grant, Kind, Resource

SNAPSHOT, SERVERLESS = "aws_redshift_cluster_snapshot", "aws_redshiftserverless_snapshot"
POLICY: Final = "aws_redshiftserverless_resource_policy"
_OF: Final = {
    SNAPSHOT: ("snapshot_identifier", "cluster_identifier", "aws_redshift_cluster"),
    SERVERLESS: ("snapshot_name", "namespace_name", "aws_redshiftserverless_namespace"),
}
"""The arguments that name it and its source, and the type of that."""
_ACCOUNTS: Final = ("accounts_with_restore_access", "accounts_with_provisioned_restore_access")
_SHARING: Final = "Redshift Management Guide, sharing snapshots: with named accounts only"


def convert(snapshot: Planned, plan: Plan) -> Resource:
    """A planned snapshot."""
    own, source, kind = _OF[snapshot.type]
    sheet = FactSheet()
    links = put_as_named(plan, snapshot, (source,), {kind}, (source, "id"), sheet)
    grants = _put_shares(snapshot, plan, sheet)
    sheet.constant("access.public_blocked", True, _SHARING)
    put_mutable(sheet, "Redshift has no write-once mode for snapshots")
    name = text_or(snapshot.root, own)
    return plan.resource(
        snapshot,
        Kind.SNAPSHOT,
        name or snapshot.place.name,
        sheet.facts,
        links=links,
        aliases=(name, text_or(snapshot.root, "arn")),
        description=text_or(snapshot.root, source),
        grants=grants,
    )


def _put_shares(snapshot: Planned, plan: Plan, sheet: FactSheet) -> tuple[Grant, ...]:
    """A policy of its own shares a snapshot of a namespace; no resource of the provider shares one of a cluster."""
    children = plan.children(snapshot, POLICY)
    if children.found:
        one = children.found[0]
        policy = policy_at(plan, one, one.root, "policy")
        found = audience(policy, "redshift-serverless", plan.providers.account(snapshot), policy.via)
        return put_audience(found, sheet, Kind.SNAPSHOT)
    put_shared(sheet, children.loose or _accounts(snapshot), _SHARING)
    return ()


def _accounts(snapshot: Planned) -> Maybe[frozenset[str]]:
    if snapshot.is_new:
        return Known(frozenset(), snapshot.root.via)
    if snapshot.type == SNAPSHOT or not snapshot.root.has(_ACCOUNTS[0]):
        return elsewhere(snapshot, "with whom the snapshot is shared")
    named: set[str] = set()
    for argument in _ACCOUNTS:
        listed = snapshot.root.texts(argument)
        if isinstance(listed, Unknown):
            return listed
        if listed.value.open is not None:
            return listed.value.open
        named |= set(listed.value.known)
    return Known(frozenset(named), snapshot.at(_ACCOUNTS[0]))


CONVERTER = Converter(frozenset(_OF), convert, (Child(POLICY, "resource_arn", ("arn",), of=SERVERLESS),), frozenset({DOCUMENT}))
