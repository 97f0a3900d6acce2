"""Who may log in to a planned cache: the users that its groups or its access list name, with passwords or through IAM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import named
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown

LOCAL, CENTRAL = "access.local_auth_enabled", "access.central_identity_enabled"
_TYPE: Final = ("authentication_mode", 0, "type")


@dataclass(frozen=True, slots=True)
class Users:
    """How the provider spells groups of users of one service."""

    group: str
    group_keys: tuple[str, ...]
    members: str
    """The argument of a group that lists its users."""
    user: str
    user_keys: tuple[str, ...]
    member: Child | None = None
    """A type that adds one user to a group."""
    member_user: str = ""
    """Its argument that names the user."""

    @property
    def reads(self) -> frozenset[str]:
        """The types to read."""
        return frozenset({self.group, self.user})

    @property
    def others(self) -> tuple[tuple[str, tuple[Child, ...]], ...]:
        """The parents to join."""
        return ((self.group, (self.member,)),) if self.member else ()


def put_users(cache: Planned, plan: Plan, attribute: str, users: Users, sheet: FactSheet) -> None:
    """Sets whether a user logs in with a password, and whether one does through IAM."""
    groups, lost = named(plan, cache, (attribute,), users.group, users.group_keys)
    found: list[Planned] = []
    for group in groups:
        members, why = named(plan, group, (users.members,), users.user, users.user_keys)
        found += members
        lost = lost or why
        children = plan.children(group, users.member.type) if users.member else None
        for child in children.found if children else ():
            added, why = named(plan, child, (users.member_user,), users.user, users.user_keys)
            found += added
            lost = lost or why
        lost = lost or (children.loose if children else None)
    modes = [_mode(user) for user in found]
    sheet.put(LOCAL, _any_is(modes, {"password"}, lost, cache, attribute))
    sheet.put(CENTRAL, _any_is(modes, {"iam"}, lost, cache, attribute))


def _mode(user: Planned) -> Maybe[str]:
    """`password`, `iam` or `no-password-required`; without a block, what the older arguments of ElastiCache say."""
    mode = user.root.text(*_TYPE)
    if isinstance(mode, Unknown):
        return mode
    if mode.value:
        return Known(mode.value, mode.via)
    free = user.root.flag("no_password_required")
    return free if isinstance(free, Unknown) else Known("no-password-required" if free.value else "password", free.via)


def _any_is(modes: Iterable[Maybe[str]], words: set[str], lost: Unknown | None, cache: Planned, attribute: str) -> Maybe[bool]:
    still = lost
    for mode in modes:
        if isinstance(mode, Unknown):
            still = still or mode
        elif mode.value in words:
            return Known(True, mode.via)
    return still or Known(False, cache.at(attribute))
