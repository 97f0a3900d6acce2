"""The policies that are assigned in a subscription, and the tags that resources take over from what they lie in: where policy says so, or the settings.

A built-in policy that inherits a tag writes it when a resource is made or changed, or by a remediation (Azure Policy documentation, tag compliance):
until then the resource lacks it, though it is meant to have it. Initiatives and custom policies may do the same; what they hold is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure.ids import group_of, same
from tierwise.connectors.azure.place import GROUPS, tags_in
from tierwise.connectors.azure.read import Read
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import HELD, Inherited, Kind

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

GUARDRAILS: Final = frozenset({"account.public_access_blocked", "account.public_block_locked"})
_ENFORCED: Final = "default"
TAGGED: Final = HELD | {Kind.KEY}
BUILT_IN: Final = "/providers/microsoft.authorization/policydefinitions/"
_GROUP, _SUBSCRIPTION = "resource-group", "subscription"
_INHERITING: Final[Mapping[str, str]] = {
    "cd3aa116-8754-49c9-a813-ad46512ece54": _GROUP,
    "ea3f2387-9b95-492a-a190-fcdc54f7b070": _GROUP,
    "9ea02ca2-71db-412d-8b00-7c7ca9fcd32d": _GROUP,
    "b27a0cbd-a167-4dfa-ae64-4337be671140": _SUBSCRIPTION,
    "40df99da-1232-49b1-a39a-6da8d878f469": _SUBSCRIPTION,
}
"""The built-in policies that take a tag over (Azure Policy, built-in definitions, Tags: `Inherit a tag from the resource group`, `... if missing`,
`Append a tag and its value from the resource group`, `Inherit a tag from the subscription`, `... if missing`)."""


def _is_account(draft: Draft) -> bool:
    return draft.resource.kind is Kind.ACCOUNT


def _assigned(caller: Caller, draft: Draft | None = None) -> Maybe[Doc | None]:
    """The assignments of the caller's subscription, read once."""
    del draft
    return caller.place.once(POLICIES.operation, partial(caller.ask, POLICIES, f"/subscriptions/{caller.account}"))


POLICIES: Final = Read(
    "",
    "providers/Microsoft.Authorization/policyAssignments",
    "2023-04-01",
    "Microsoft.Authorization/policyAssignments/read",
    Stage.SURVEY,
    facts=GUARDRAILS,
    listing=True,
    when=_is_account,
    make=_assigned,
)
"""All assignments that apply to a subscription or within it, those of the management groups above it with them."""


def levels(caller: Caller, row: Doc) -> tuple[Inherited, ...]:
    """The tags that what a row lists takes over where it lacks them, the nearest first. Assignments are read only where they could add any."""
    place, at, own = caller.place, same(row.get("id")), tags_in(row.get("tags"), GROUPS.via)
    group = group_of(at)
    if not place.id or not group:
        return ()
    lacking = {key.lower() for key in own.value} if isinstance(own, Known) else set[str]()
    return tuple(_levels(caller, at, group, lacking))


def _levels(caller: Caller, at: str, group: str, own: set[str]) -> Iterator[Inherited]:
    place = caller.place
    unseen = Unknown(UnknownReason.PERMISSION_DENIED, GROUPS.via, "its resource group is not among those that the credentials see")
    whole = tags_in(place.row.get("tags"), GROUPS.via)
    above: Mapping[str, tuple[str, Mapping[str, str] | None]] = {
        _GROUP: (f"resource group {group}", place.groups.get(group)),
        _SUBSCRIPTION: (f"subscription {place.id}", whole.value if isinstance(whole, Known) else None),
    }
    for level, (source, tags) in above.items():
        if level in place.inherits:
            yield Inherited(source, unseen if tags is None else Known(tags, GROUPS.via))
        elif tags and {key.lower() for key in tags} - own:
            named = _named(_assigned(caller), level, at)
            if isinstance(named, Unknown):
                yield Inherited(f"{source} by policy", named)
            elif taken := {key: value for key, value in tags.items() if key.lower() in named.value}:
                yield Inherited(f"{source} by policy", Known(taken, named.via))


def _named(assigned: Maybe[Doc | None], level: str, at: str) -> Maybe[frozenset[str]]:
    """The names of tags (lower case) that policies have a resource take over from a level."""
    listed = fields.items(assigned, "value")
    if isinstance(listed, Unknown):
        return listed
    found = (_tag_of(fields.inner(listed, one), level) for one in listed.value if _applies(fields.inner(listed, one), at))
    return Known(frozenset(one for one in found if one), listed.via)


def _tag_of(assignment: Known[Doc], level: str) -> str:
    """The tag that an assignment has taken over from a level; empty where it does nothing of the kind."""
    definition = same(value(assignment, "policyDefinitionId"))
    if _INHERITING.get(definition.removeprefix(BUILT_IN)) != level:
        return ""
    tag = fields.value(assignment, "properties", "parameters", "tagName", "value")
    return str(tag.value).lower() if isinstance(tag, Known) else ""


def _applies(assignment: Known[Doc], at: str) -> bool:
    """Whether an enforced assignment takes a resource in; one of a management group takes in all of the subscription."""
    excluded = value(assignment, "notScopes")
    outside = [same(one) for one in excluded] if isinstance(excluded, list) else []
    scope = same(value(assignment, "scope"))
    inside = scope.startswith("/providers/microsoft.management/") or f"{at}/".startswith(f"{scope}/")
    return is_enforced(assignment) and inside and not any(f"{at}/".startswith(f"{one}/") for one in outside)


def is_enforced(assignment: Known[Doc]) -> bool:
    """Whether an assignment takes effect; one that is not, or for some of what it takes in alone, does not count."""
    return str(value(assignment, "enforcementMode") or _ENFORCED).lower() == _ENFORCED and not value(assignment, "resourceSelectors")


def value(assignment: Known[Doc], name: str) -> Any:
    """A property of an assignment; None where it has none."""
    found = fields.value(assignment, "properties", name)
    return found.value if isinstance(found, Known) else None
