"""Which principals are from outside the tenant, as its directory says by Microsoft Graph: guests, applications of other organisations, groups that hold some.

Lists of the whole tenant are read once, and only where a role that reaches a store is held by what they would tell of; groups only where they hold one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.azure.read import Lookup
from tierwise.connectors.azure_audience import MICROSOFT, NOBODY, Strangers
from tierwise.connectors.declared import Doc
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

OUTSIDE: Final = frozenset({"access.external_principals", "access.external_conditioned"})
"""The facts that are told by who is from outside."""
_BY_ID: Final = "by id"
_GONE: Final = frozenset({"Request_ResourceNotFound"})
"""A group that was deleted; its roles are left behind (Microsoft Graph documentation, error responses)."""
_NO_CAST: Final = frozenset({"Request_ResourceNotFound", "Request_UnsupportedQuery"})
"""A kind of member that the group cannot have, as a Microsoft 365 group none but users (Microsoft Graph reference, List group transitive members)."""
GUESTS: Final = Lookup("users", "User.Read.All", "id", "userType eq 'Guest' or creationType eq 'Invitation'", OUTSIDE)
"""Guests, and who was invited and made a member (Microsoft Graph reference, resource type user: `userType`, `creationType`)."""
APPLICATIONS: Final = Lookup("servicePrincipals", "Application.Read.All", "id,appOwnerOrganizationId,servicePrincipalType", facts=OUTSIDE)
USERS_IN: Final = Lookup("groups/{}/transitiveMembers/microsoft.graph.user", "GroupMember.Read.All", "id", facts=OUTSIDE, absent=_GONE)
APPLICATIONS_IN: Final = Lookup(
    "groups/{}/transitiveMembers/microsoft.graph.servicePrincipal", "GroupMember.Read.All", "id", facts=OUTSIDE, absent=_NO_CAST
)
LOOKUPS: Final = (GUESTS, APPLICATIONS, USERS_IN, APPLICATIONS_IN)
_OWNERLESS: Final = frozenset({"managedidentity", "socialidp"})
"""Types of service principal that no application stands behind; both are the tenant's (Microsoft Graph reference, resource type servicePrincipal)."""
_USERS, _AGENTS = frozenset({"user"}), frozenset({"serviceprincipal", "msi", "application"})
_GROUPS, _FOREIGN, _DEVICES = frozenset({"group"}), "foreigngroup", "device"
"""Types of principal of a role assignment (Authorization REST API, PrincipalType, and what earlier versions of it had)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a role, or is named by an access policy."""

    id: str
    type: str = ""
    """Lower case; empty where it is not said."""
    conditioned: bool = False
    """Whether a condition binds it."""
    across: bool = False
    """Whether its role was given over the border of a tenant (`delegatedManagedIdentityResourceId`)."""


def strangers(caller: Caller, holder: Holder) -> Strangers:
    """Guests as `guest:ID`, groups of other tenants as `foreign-group:ID`, applications by the tenant that owns them."""
    known = caller.place.shared.holders
    if holder not in known:
        known[holder] = _strangers(caller, holder)
    return known[holder]


def _strangers(caller: Caller, holder: Holder) -> Strangers:
    if holder.type == _FOREIGN:
        return Strangers(frozenset({f"foreign-group:{holder.id}"}))
    if holder.type == _DEVICES:
        return NOBODY
    if holder.type in _USERS:
        return _among(caller, (holder.id,), _guest)
    if holder.type in _AGENTS:
        return _agent(caller, holder)
    if holder.type in _GROUPS:
        return _members(caller, holder.id)
    # It may be any of them: who is neither a guest nor an application may be a group; of a user's id there is none.
    found = _among(caller, (holder.id,), _guest) | _agent(caller, holder)
    if found.named or holder.id in _by_id(_applications(caller)):
        return found
    return found | _members(caller, holder.id)


def probe(caller: Caller) -> None:
    """Reads the lists of the whole tenant, and the members of one group that holds a role, so that what they are refused is known before a scan."""
    for lookup in (GUESTS, APPLICATIONS):
        caller.place.shared.once(lookup.path, partial(_listed, caller, lookup))
    holders = (fields.value(Known(row), "properties", "principalType") for row in caller.place.shared.assigned.values())
    kinds = zip(holders, caller.place.shared.assigned.values(), strict=True)
    groups = (row for kind, row in kinds if isinstance(kind, Known) and str(kind.value).lower() in _GROUPS)
    for row in groups:
        principal = fields.value(Known(row), "properties", "principalId")
        if isinstance(principal, Known):
            _members(caller, str(principal.value).lower())
            return


def _agent(caller: Caller, holder: Holder) -> Strangers:
    found = _among(caller, (holder.id,), _application)
    if holder.across and found == NOBODY and holder.id not in _by_id(_applications(caller)):
        return Strangers(frozenset({f"delegated:{holder.id}"}))
    return found


def _members(caller: Caller, group: str) -> Strangers:
    named = NOBODY
    for lookup, of in ((USERS_IN, _guest), (APPLICATIONS_IN, _application)):
        listed = caller.place.shared.once(lookup.path.format(group), partial(_listed, caller, lookup, group))
        if isinstance(listed, Unknown):
            named |= Strangers(open=listed)
        elif ids := tuple(_by_id(listed)):
            named |= _among(caller, ids, of)
    return named


def _among(caller: Caller, ids: tuple[str, ...], of: Callable[[Caller, str], Maybe[str]]) -> Strangers:
    """Who of some principals is from outside; `of` names one, with an empty name where it is the tenant's own."""
    found = [of(caller, one) for one in ids]
    named = frozenset(one.value for one in found if isinstance(one, Known) and one.value)
    return Strangers(named, next((one for one in found if isinstance(one, Unknown)), None))


def _guest(caller: Caller, principal: str) -> Maybe[str]:
    listed = caller.place.shared.once(GUESTS.path, partial(_listed, caller, GUESTS))
    return listed if isinstance(listed, Unknown) else Known(f"guest:{principal}" if principal in _by_id(listed) else "", listed.via)


def _application(caller: Caller, principal: str) -> Maybe[str]:
    """The tenant that owns an application; of a managed identity, of the own tenant's and Microsoft's applications, and of what is gone there is none."""
    listed = _applications(caller)
    if isinstance(listed, Unknown):
        return listed
    one = _by_id(listed).get(principal)
    if one is None:
        return Known("", listed.via)
    owner = str(one.get("appOwnerOrganizationId") or "").lower()
    if owner:
        return Known("" if owner in MICROSOFT | {caller.place.tenant} else owner, listed.via)
    if str(one.get("servicePrincipalType") or "").lower() in _OWNERLESS:
        return Known("", listed.via)
    return Unknown(UnknownReason.NOT_COLLECTED, listed.via, "the directory does not say who owns an application that holds a role")


def _applications(caller: Caller) -> Maybe[Doc | None]:
    return caller.place.shared.once(APPLICATIONS.path, partial(_listed, caller, APPLICATIONS))


def _listed(caller: Caller, lookup: Lookup, *names: str) -> Maybe[Doc | None]:
    """A list by the ids of what it lists; an object without an id is not one that could be told apart."""
    listed = fields.items(caller.look_up(lookup, *names), "value")
    if isinstance(listed, Unknown):
        return listed
    if any(not isinstance(one.get("id"), str) or not one["id"] for one in listed.value):
        return Unknown(UnknownReason.UNPARSABLE, lookup.via, "an object has no id")
    return Known({_BY_ID: {one["id"].lower(): one for one in listed.value}}, lookup.via)


def _by_id(listed: Maybe[Doc | None]) -> Mapping[str, Doc]:
    found: Mapping[str, Doc] = (listed.value or {})[_BY_ID] if isinstance(listed, Known) else {}
    return found
