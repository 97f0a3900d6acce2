"""Whom the planned ACLs of a bucket and of its new objects let in, as bindings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.google_iam import Binding, Policy
from tierwise.access.google_member import Member
from tierwise.connectors import gcp_terms
from tierwise.connectors.terraform.gcp_member import read_member
from tierwise.connectors.terraform.gcp_project import project_mark
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason

_NAMES: Final = ("name", "id", "self_link", "url")
_OF_BUCKET: Final = "google_storage_bucket_acl"
_LISTS: Final = (_OF_BUCKET, "google_storage_default_object_acl")
_ENTRIES: Final = ("google_storage_bucket_access_control", "google_storage_default_object_access_control")
ACLS: Final = tuple(Child(kind, "bucket", _NAMES) for kind in (*_LISTS, *_ENTRIES))
_PREDEFINED: Final = {
    "publicread": (("READER", "allUsers"),),
    "publicreadwrite": (("WRITER", "allUsers"),),
    "authenticatedread": (("READER", "allAuthenticatedUsers"),),
    "private": (),
    "projectprivate": (),
    "bucketownerread": (),
    "bucketownerfullcontrol": (),
}
"""Cloud Storage, "Predefined ACLs"."""


def acl_of(plan: Plan, bucket: Planned) -> Policy:
    """The grants of the ACLs that the plan sets; the default ACL of a new bucket lets in the project alone."""
    bindings: list[Binding] = []
    more: Unknown | None = None
    for kind in (*_LISTS, *_ENTRIES):
        children = plan.children(bucket, kind)
        more = more or children.loose
        for child in children.found:
            for role, entity in _entries(child, listed=kind in _LISTS):
                bindings.append(_binding(plan, bucket, role, entity, child))
    if more is None and not bucket.is_new and not plan.children(bucket, _OF_BUCKET).found:
        more = absent(bucket.root.via, f"not in this plan: whom the ACL of {bucket.address} lets in")
    return Policy(tuple(bindings), more, bucket.root.via)


def _entries(child: Planned, *, listed: bool) -> Iterator[tuple[Maybe[str | None], Maybe[str | None]]]:
    if not listed:
        yield child.root.text("role"), child.root.text("entity")
        return
    pairs = child.root.texts("role_entity")
    if isinstance(pairs, Unknown):
        # Where nobody wrote entries, the provider computes them from the predefined ACL.
        if not child.root.is_computed("role_entity"):
            yield pairs, pairs
    else:
        for pair in pairs.value.known:
            role, _, entity = pair.partition(":")
            yield Known(role, pairs.via), Known(entity, pairs.via)
        if pairs.value.open is not None:
            yield pairs.value.open, pairs.value.open
    if child.type == _OF_BUCKET:
        yield from _canned(child)


def _canned(holder: Planned) -> Iterator[tuple[Maybe[str | None], Maybe[str | None]]]:
    named = holder.root.text("predefined_acl")
    if isinstance(named, Unknown):
        if not holder.root.is_computed("predefined_acl"):
            yield named, named
        return
    if named.value is None:
        return
    known = _PREDEFINED.get(named.value.lower())
    if known is None:
        wrong = Unknown(UnknownReason.NOT_SUPPORTED, named.via, "not a predefined ACL that is known")
        yield wrong, wrong
    for role, entity in known or ():
        yield Known(role, named.via), Known(entity, named.via)


def _binding(plan: Plan, bucket: Planned, role: Maybe[str | None], entity: Maybe[str | None], holder: Planned) -> Binding:
    via = holder.root.via
    named: Maybe[str] = role if isinstance(role, Unknown) else Known(gcp_terms.acl_role(role.value or ""), role.via)
    member = (
        Member("open", why=entity)
        if isinstance(entity, Unknown)
        else read_member(plan, gcp_terms.acl_member(entity.value or ""), project_mark(plan, bucket), via)
    )
    return Binding(named, (member,), Known(False, via), via)
