"""Whom the ACL of a planned bucket lets in: canned or written grant by grant, in a resource of its own or inline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tierwise.access.audience import Audience, acl_audience, closed, unread_acl
from tierwise.connectors.terraform.aws import Split, setting, text_or
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Texts
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason

ACL: Final = "aws_s3_bucket_acl"
CANONICAL: Final = "data.aws_canonical_user_id"
_OWNER: Final = ("access_control_policy", 0, "owner", 0, "id")
_GRANTEE: Final = {"uri": "URI", "id": "ID", "email_address": "EmailAddress"}
_GROUPS: Final = "http://acs.amazonaws.com/groups/"
_CANNED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    # S3 User Guide, "Canned ACL".
    "private": (),
    "public-read": (("global/AllUsers", "READ"),),
    "public-read-write": (("global/AllUsers", "READ"), ("global/AllUsers", "WRITE")),
    "authenticated-read": (("global/AuthenticatedUsers", "READ"),),
    "log-delivery-write": (("s3/LogDelivery", "WRITE"), ("s3/LogDelivery", "READ_ACP")),
    "aws-exec-read": (),
    "bucket-owner-read": (),
    "bucket-owner-full-control": (),
}


def acl_of(bucket: Planned, plan: Plan, ignore_public: Maybe[bool]) -> Audience:
    """Whom the bucket's ACL lets in."""
    found = setting(plan, bucket, ACL)
    match found:
        case Split(planned=planned):
            node, grants, read = planned.root, planned.root.blocks("access_control_policy", 0, "grant"), _split_grant
        case Unknown() if plan.children(bucket, ACL).loose is not None:
            return unread_acl(found, ignore_public)
        case _:
            node, grants, read = bucket.root, bucket.root.blocks("grant"), _inline_grant
            if bucket.is_new and isinstance(grants, Unknown) and node.is_computed("grant"):
                grants = Known((), grants.via)
    if isinstance(grants, Unknown):
        return unread_acl(grants, ignore_public)
    canned = node.text("acl")
    if isinstance(canned, Unknown):
        if not bucket.is_new or not node.is_computed("acl") or isinstance(found, Split):
            return unread_acl(canned, ignore_public)
        return closed(canned.via)
    if not grants.value and canned.value is None and isinstance(found, Unknown) and not bucket.root.has("grant"):
        return unread_acl(found, ignore_public)
    listed: list[Mapping[str, object]] = [
        {"Grantee": {"URI": _GROUPS + who}, "Permission": permission} for who, permission in _CANNED.get(canned.value or "private", ())
    ]
    for grant in grants.value:
        given = read(grant)
        if isinstance(given, Unknown):
            return unread_acl(given, ignore_public)
        listed.extend(given)
    owner = text_or(node, *_OWNER) if isinstance(found, Split) else ""
    return acl_audience(listed, owner_id=owner or _owner(plan), ignore_public=ignore_public, via=canned.via)


def _inline_grant(grant: Node) -> list[dict[str, object]] | Unknown:
    """A grant of `aws_s3_bucket.grant` in the shape of GetBucketAcl."""
    return _given(grant, ("uri", "id"), grant.texts("permissions"))


def _split_grant(grant: Node) -> list[dict[str, object]] | Unknown:
    """A grant of `aws_s3_bucket_acl.access_control_policy` in the shape of GetBucketAcl."""
    grantee = grant.block("grantee")
    if isinstance(grantee, Unknown) or grantee.value is None:
        return grantee if isinstance(grantee, Unknown) else Unknown(UnknownReason.UNPARSABLE, grantee.via, "a grant without a grantee")
    return _given(grantee.value, tuple(_GRANTEE), grant.texts("permission"))


def _given(who: Node, names: Iterable[str], permissions: Maybe[Texts]) -> list[dict[str, object]] | Unknown:
    named: dict[str, str] = {}
    for name in names:
        value = who.text(name)
        if isinstance(value, Unknown):
            return value
        if value.value:
            named[_GRANTEE[name]] = value.value
    if isinstance(permissions, Unknown):
        return permissions
    if permissions.value.open is not None:
        return permissions.value.open
    return [{"Grantee": named, "Permission": permission} for permission in permissions.value.known]


def _owner(plan: Plan) -> str:
    """The canonical id of the account, where the plan reads it."""
    return next((found for one in plan.by_type.get(CANONICAL, ()) if (found := text_or(one.root, "id"))), "")
