"""IAM users and groups: their policies, memberships, login profiles and access keys; no secret is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.applied import Applied, privilege_facts
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.principals import READS, Principal, applied_links, attached_to, boundary_of, inline_of, put_lost
from tierwise.connectors.terraform.stores import each_link, elsewhere
from tierwise.model.fact import FactSheet, Known, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

USER, GROUP = "aws_iam_user", "aws_iam_group"
MEMBERSHIP, MEMBERS = "aws_iam_user_group_membership", "aws_iam_group_membership"
LOGIN, ACCESS_KEY = "aws_iam_user_login_profile", "aws_iam_access_key"
_SORTS: Final = {USER: Principal(USER, "user"), GROUP: Principal(GROUP, "group")}
_MOST_KEYS: Final = 2
"""IAM User Guide, "IAM and AWS STS quotas": access keys for each user."""


def convert(principal: Planned, plan: Plan) -> Resource:
    """A planned user or group."""
    sheet = FactSheet()
    groups: tuple[Link, ...] = ()
    applied, lost = _applied(principal, plan)
    if principal.type == USER:
        groups = tuple(dict.fromkeys(_groups(principal, plan)))
        applied = _with_groups(applied, groups, plan)
        _login(principal, plan, sheet)
        _keys(principal, plan, sheet)
    privilege_facts(applied, principal.root.via, sheet)
    if lost is not None:
        put_lost(sheet, lost)
    name = text_or(principal.root, "name")
    return plan.resource(
        principal,
        Kind.USER if principal.type == USER else Kind.GROUP,
        name or principal.place.name,
        sheet.facts,
        links=(*groups, *applied_links(applied, lost)),
        aliases=(text_or(principal.root, "arn"), name, text_or(principal.root, "unique_id")),
    )


def _applied(principal: Planned, plan: Plan) -> tuple[Applied, Unknown | None]:
    sort = _SORTS[principal.type]
    attached, lost = attached_to(sort, principal, plan)
    boundary = boundary_of(principal, plan) if principal.type == USER else None
    return Applied(tuple(inline_of(sort, principal, plan)), attached, boundary=boundary, unresolved=lost), lost


def _with_groups(own: Applied, groups: tuple[Link, ...], plan: Plan) -> Applied:
    """The same with what the user's groups give it."""
    every = [one for one in plan.by_type.get(GROUP, ()) if not one.is_gone]
    by_name = {name: one for one in every for name in (plan.id_of(one.address), text_or(one.root, "name")) if name}
    inherited: list[Applied] = []
    missing: Unknown | None = own.unresolved
    for link in groups:
        group = by_name.get(link.to)
        if group is None:
            detail = f"group {link.to} is not in this plan"
            missing = missing or link.unknown or Unknown(UnknownReason.UNRESOLVED_REFERENCE, detail=detail)
            continue
        applied, lost = _applied(group, plan)
        inherited.append(applied)
        missing = missing or lost
    return Applied(own.inline, own.attached, tuple(inherited), own.boundary, missing)


def _groups(user: Planned, plan: Plan) -> Iterator[Link]:
    memberships = plan.children(user, MEMBERSHIP)
    for one in memberships.found:
        yield from each_link(plan, Rel.MEMBER_OF, one, ("groups",), {GROUP})
    listed = plan.children(user, MEMBERS)
    for one in listed.found:
        yield from plan.links(Rel.MEMBER_OF, one, one.root, ("group",), {GROUP})
    for loose in (memberships.loose, listed.loose, None if user.is_new else elsewhere(user, "the groups of the user")):
        if loose is not None:
            yield Link(Rel.MEMBER_OF, "", loose)


def _login(user: Planned, plan: Plan, sheet: FactSheet) -> None:
    profiles = plan.children(user, LOGIN)
    factors = ("credential.mfa_enabled", "credential.mfa_phishing_resistant")
    if profiles.found:
        via = profiles.found[0].root.via
        sheet.known("principal.console_login", True, via)
        for name in factors:
            sheet.put(name, Unknown(UnknownReason.NOT_COLLECTED, via, "a plan does not tell which second factors a user registers"))
    elif (
        unseen := profiles.loose or (None if user.is_new or profiles.removed else elsewhere(user, "a login profile of the user"))
    ) is not None:
        for name in ("principal.console_login", *factors):
            sheet.put(name, unseen)
    else:
        sheet.known("principal.console_login", False, user.root.via)
        for name in factors:
            sheet.not_applicable(name, "the user has no password", user.root.via)


def _keys(user: Planned, plan: Plan, sheet: FactSheet) -> None:
    found = plan.children(user, ACCESS_KEY)
    states = [key.root.text("status") for key in found.found]
    # Terraform AWS provider, aws_iam_access_key: status is Active by default.
    inactive = sum(1 for state in states if isinstance(state, Known) and state.value == "Inactive")
    active = len(states) - inactive
    unseen = found.loose or (None if user.is_new else elsewhere(user, "further access keys of the user"))
    if unseen is not None:
        most = max(_MOST_KEYS - inactive, active)
        sheet.put("credential.active_keys", Unknown(unseen.reason, unseen.via, unseen.detail, between=(active, most)))
        sheet.put("credential.oldest_key_days", unseen)
    else:
        sheet.known("credential.active_keys", active, user.root.via)
        if active:
            age = Unknown(UnknownReason.NOT_COLLECTED, found.found[0].root.via, "a plan does not tell how old a key is")
            sheet.put("credential.oldest_key_days", age)
        else:
            sheet.not_applicable("credential.oldest_key_days", "the user has no active key", user.root.via)
    sheet.put("credential.idle_days", Unknown(UnknownReason.NOT_COLLECTED, user.root.via, "a plan does not tell when a user was active"))


_NAMES: Final = ("name", "id", "arn")
_OF_USERS: Final = (
    Child(MEMBERSHIP, "user", _NAMES),
    Child(MEMBERS, "users", _NAMES, many=True),
    Child(LOGIN, "user", _NAMES),
    Child(ACCESS_KEY, "user", _NAMES),
)
CONVERTER = Converter(
    frozenset(_SORTS),
    convert,
    reads=READS,
    others=((USER, (*_SORTS[USER].children, *_OF_USERS)), (GROUP, _SORTS[GROUP].children)),
)
