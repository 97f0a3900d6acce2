"""Who from outside the tenant is let in to a resource: by a role that reaches it, by what it names itself, by delegation (Azure Lighthouse).

A role is given for a scope and holds for all that is below it; one that is given within a resource lets in to the resource too. Which roles
there are is listed once for the tenant: by the inventory, where that lists them anyway, else with the first resource that needs them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.access.azure_roles import Permission, opens
from tierwise.connectors import fields
from tierwise.connectors.azure.directory import OUTSIDE, Holder, strangers
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.place import AUTHORIZATION, NO_LIST, above
from tierwise.connectors.azure.read import Joined, Row
from tierwise.connectors.azure_audience import NOBODY, Audience, Given, Strangers, audience
from tierwise.connectors.declared import Doc, Draft, Stage, always
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

_MANAGED: Final = "managedservicesresources"
ASSIGNMENT: Final = Row("Microsoft.Authorization/roleAssignments", frozenset({Kind.POLICY}), OUTSIDE, table=AUTHORIZATION)
DEFINITION: Final = Row("Microsoft.Authorization/roleDefinitions", frozenset({Kind.POLICY}), OUTSIDE, table=AUTHORIZATION)
DELEGATED: Final = Row("Microsoft.ManagedServices/registrationAssignments", frozenset(), OUTSIDE, _MANAGED, Stage.DETAIL)
OFFERED: Final = Row("Microsoft.ManagedServices/registrationDefinitions", frozenset(), OUTSIDE, _MANAGED, Stage.DETAIL)
"""What Azure Lighthouse delegates, and to whom (Managed Services REST API; Resource Graph's reference, ManagedServicesResources)."""
_NEEDED: Final = (ASSIGNMENT, DEFINITION, DELEGATED, OFFERED)
_LISTS: Final = ("actions", "notActions", "dataActions", "notDataActions")
_OF_SUBSCRIPTION, _OF_GROUP, _OF_RESOURCE = 3, 5, 9
"""Parts of an id at each level, with the empty one before the first slash."""


_AUDIENCE: Final = "audience"
Named = Maybe[tuple[Holder, ...]]


def _nobody(_draft: Draft) -> Named:
    return Known(())


def outsiders(named: Callable[[Draft], Named] = _nobody, data: Callable[[Draft], bool] = always) -> Joined:
    """The read of who from outside is let in, of a resource that names some itself; `data` says whether roles open its data."""

    def make(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
        whole = caller.place.delegated
        hidden = next((why for row in _NEEDED if (why := _unseen(caller, row)) is not None), None)
        each = [(Strangers(whole, hidden), False), *_each(caller, draft, named(draft), data=data(draft))]
        return Known({_AUDIENCE: audience(each, ASSIGNMENT.via)}, ASSIGNMENT.via)

    return Joined("outsiders", ASSIGNMENT.via, OUTSIDE, make)


OUTSIDERS: Final = outsiders()
"""The same of a resource that names nobody."""


def audience_of(draft: Draft) -> Audience:
    """Who from outside is let in, as far as it was read."""
    found = draft.doc(OUTSIDERS)
    if isinstance(found, Unknown):
        return Audience(open=found, loose=found, via=found.via)
    made: Audience = (found.value or {})[_AUDIENCE]
    return made


def _each(caller: Caller, draft: Draft, named: Named, *, data: bool) -> Iterator[Given]:
    if isinstance(named, Unknown):
        yield Strangers(open=named), False
    else:
        yield from ((strangers(caller, who), who.conditioned) for who in named.value)
    here = tuple(_scopes(caller, draft))
    yield from _by_delegation(caller, here)
    yield from _by_role(caller, draft, here, data=data)


def _by_delegation(caller: Caller, here: tuple[str, ...]) -> Iterator[Given]:
    delegated = caller.place.shared.once("delegations", partial(_delegations, caller))
    if isinstance(delegated, Unknown):
        yield Strangers(open=delegated), False
    else:
        yield from ((given, False) for scope in here for given in (delegated.value or {}).get(scope, ()))


def _by_role(caller: Caller, draft: Draft, here: tuple[str, ...], *, data: bool) -> Iterator[Given]:
    roles = caller.place.shared.once("roles", partial(_roles, caller))
    if isinstance(roles, Unknown):
        yield Strangers(open=roles), False
        return
    at, within = (roles.value or {})["at"], (roles.value or {})["within"]
    holding = (*(each for scope in here for each in at.get(scope, ())), *within.get(draft.resource.id, ()))
    for number, who in dict.fromkeys(holding):
        opened = _opened(caller, number, draft.resource.type, data=data)
        if isinstance(opened, Known) and not opened.value:
            continue
        given = strangers(caller, who)
        # Whether a role that is not known lets in is open, but where everybody who holds it is the tenant's own.
        open_ = Strangers(open=opened) if isinstance(opened, Unknown) and given != NOBODY else given
        yield open_, who.conditioned


def _unseen(caller: Caller, row: Row) -> Unknown | None:
    """Why a listing may leave out, without an error, what it has of a subscription."""
    allowed = caller.place.may(row.action)
    if isinstance(allowed, Unknown):
        return allowed
    if allowed.value:
        return None
    denied = caller.place.once(f"denied:{row.type}", partial(caller.denied, row))
    return denied if isinstance(denied, Unknown) else None


def _scopes(caller: Caller, draft: Draft) -> Iterator[str]:
    """The scopes that take a resource in, from everything to itself."""
    parts = draft.resource.id.split("/")
    yield from above(caller.place.row)
    yield "/".join(parts[:_OF_SUBSCRIPTION])
    yield "/".join(parts[:_OF_GROUP])
    yield from ("/".join(parts[:end]) for end in range(_OF_RESOURCE, len(parts) + 1, 2))


def _roles(caller: Caller) -> Maybe[Doc | None]:
    """The number of each role and to whom it is given, by its scope (`at`), and by each resource that its scope is within (`within`)."""
    shared = caller.place.shared
    if AUTHORIZATION not in shared.listed:
        shared.listed[AUTHORIZATION] = _listed(caller, AUTHORIZATION, (ASSIGNMENT, DEFINITION))
    if (lost := shared.listed[AUTHORIZATION]) is not None:
        return lost
    at: dict[str, list[tuple[str, Holder]]] = defaultdict(list)
    within: dict[str, list[tuple[str, Holder]]] = defaultdict(list)
    for row in shared.assigned.values():
        properties = row.get("properties")
        one = properties if isinstance(properties, Mapping) else {}
        if not one.get("principalId") or not one.get("roleDefinitionId") or not isinstance(one.get("scope"), str):
            return Unknown(UnknownReason.UNPARSABLE, ASSIGNMENT.via, "an assignment does not say who holds which role where")
        scope, grant = same(one["scope"]), (role_number(one["roleDefinitionId"]), _holder(one))
        at[scope].append(grant)
        parts = scope.split("/")
        for end in range(_OF_RESOURCE, len(parts), 2):
            within["/".join(parts[:end])].append(grant)
    return Known({"at": at, "within": within}, ASSIGNMENT.via)


def _holder(assignment: Mapping[str, Any]) -> Holder:
    return Holder(
        str(assignment["principalId"]).lower(),
        str(assignment.get("principalType") or "").lower(),
        bool(assignment.get("condition")),
        bool(assignment.get("delegatedManagedIdentityResourceId")),
    )


def _listed(caller: Caller, table: str, rows: tuple[Row, ...], keep: Callable[[Doc], None] | None = None) -> Unknown | None:
    """Lists a table whole, and keeps its rows; why it is not whole."""
    for page in caller.table(table, [one.type for one in rows]):
        if isinstance(page, Unknown):
            return page
        for row in page:
            (keep or partial(kept, caller))(row)
    return None


def kept(caller: Caller, row: Doc) -> None:
    """Keeps the row of an assignment or of a role for those that it lets in."""
    if _is(row, DEFINITION):
        caller.place.shared.rows[f"role:{role_number(row.get('id'))}"] = row
    else:
        caller.place.shared.assigned[same(row.get("id"))] = row


def _delegations(caller: Caller) -> Maybe[Doc | None]:
    """By scope: the tenants to which it is delegated."""
    rows: list[Doc] = []
    lost = _listed(caller, _MANAGED, (DELEGATED, OFFERED), rows.append)
    if lost is not None:
        return lost
    offers = {same(row.get("id")): row for row in rows if _is(row, OFFERED)}
    found: dict[str, list[Strangers]] = defaultdict(list)
    for row in rows:
        scope, mark, _ = same(row.get("id")).partition(f"/providers/{DELEGATED.type.lower()}/")
        if mark:
            offer = fields.value(Known(row, DELEGATED.via), "properties", "registrationDefinitionId")
            offered = Known(offers.get(same(offer.value)) if isinstance(offer, Known) else None, OFFERED.via)
            tenant = fields.word(offered, "properties", "managedByTenantId")
            found[scope].append(Strangers(open=tenant) if isinstance(tenant, Unknown) else Strangers(frozenset({tenant.value.lower()})))
    return Known(found, DELEGATED.via)


def _is(row: Doc, declared: Row) -> bool:
    return str(row.get("type") or "").lower() == declared.type.lower()


def role_number(identifier: object) -> str:
    """The end of a role's id, which is the same in every scope."""
    return same(identifier).rpartition("/")[2]


def _opened(caller: Caller, number: str, resource_type: str, *, data: bool) -> Maybe[bool]:
    """Whether a role opens resources of a type."""
    shared = caller.place.shared
    key = (number, resource_type, data)
    if key not in shared.opened:
        definition = shared.rows.get(f"role:{number}")
        permissions = NOT_SEEN if definition is None else permissions_of(Known(definition, DEFINITION.via))
        shared.opened[key] = (
            permissions if isinstance(permissions, Unknown) else Known(opens(permissions.value, resource_type, data=data), permissions.via)
        )
    return shared.opened[key]


NOT_SEEN: Final = Unknown(
    UnknownReason.UNRESOLVED_REFERENCE, DEFINITION.via, "the role that it gives is not among those that the credentials see"
)


def permissions_of(definition: Maybe[Doc | None]) -> Maybe[tuple[Permission, ...]]:
    """The permissions of a role, lower case; what a permission does not list it does not have."""
    listed = fields.items(definition, "properties", "permissions")
    if isinstance(listed, Unknown):
        return listed
    found: list[Permission] = []
    for one in listed.value:
        lists = [fields.words(fields.inner(listed, one), name, because=NO_LIST) for name in _LISTS]
        if (wrong := next((each for each in lists if isinstance(each, Unknown)), None)) is not None:
            return wrong
        found.append(Permission(*(tuple(word.lower() for word in each.value) for each in lists if isinstance(each, Known))))
    return Known(tuple(found), listed.via)
