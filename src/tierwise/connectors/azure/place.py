"""A subscription as a place: what it says of all its resources, and documents that several of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tierwise.access.pattern import covered_by_any
from tierwise.connectors import fields
from tierwise.connectors.azure.ids import group_of, same, subscription_of
from tierwise.connectors.azure.read import Row
from tierwise.connectors.declared import Doc, Draft, Once
from tierwise.model.fact import NOT_COLLECTED, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

AUTHORIZATION: Final = "authorizationresources"
"""The table of Resource Graph that has roles and their assignments."""
INVENTORY: Final = Row("Microsoft.ResourceGraph/resources", frozenset(), table="")
"""The query of Resource Graph itself."""
SUBSCRIPTIONS: Final = Row("Microsoft.Resources/subscriptions", frozenset(), table="resourcecontainers")
GROUPS: Final = Row("Microsoft.Resources/subscriptions/resourceGroups", frozenset(), table="resourcecontainers")
if TYPE_CHECKING:
    from tierwise.connectors.azure.directory import Holder
    from tierwise.connectors.azure_audience import Strangers

NO_LIST: Final = "Authorization REST API, Permission: nothing is allowed that is not listed"
_MANAGEMENT_GROUP: Final = "/providers/microsoft.management/managementgroups/"
INHERITED: Final = ("resource-group", "subscription")
"""From where tags may be taken over, the nearest first."""


@dataclass(slots=True)
class Shared:
    """What the subscriptions of a tenant have together."""

    rows: dict[str, Doc] = field(default_factory=dict)
    """Rows to which others refer, by id: subscriptions, servers of databases, roles."""
    attached: dict[str, list[str]] = field(default_factory=dict)
    """Ids of disks by the machine that they are attached to."""
    assigned: dict[str, Doc] = field(default_factory=dict)
    """Rows of role assignments, by id."""
    opened: dict[tuple[str, str, bool], Maybe[bool]] = field(default_factory=dict)
    """Whether a role opens resources of a type, by the number of the role."""
    holders: dict[Holder, Strangers] = field(default_factory=dict)
    """Whom from outside each holder of a role stands for."""
    listed: dict[str, Unknown | None] = field(default_factory=dict)
    """The tables of Resource Graph that have been listed, and why one is not whole."""
    scope: Mapping[str, Any] = field(default_factory=dict)
    """What is looked at, in the words of Resource Graph's request."""
    once: Once = field(default_factory=lambda: Once("tenant"))
    """Reads a document of the tenant once."""


@dataclass(slots=True)
class Place:
    """One subscription; with an empty id the tenant."""

    id: str
    row: Mapping[str, Any] = field(default_factory=dict)
    """As Resource Graph lists it."""
    groups: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Tags of its resource groups by name, lower case."""
    inherits: tuple[str, ...] = ()
    """From which of `INHERITED` its resources take tags that they lack."""
    shared: Shared = field(default_factory=Shared)
    granted: Maybe[Doc | None] = NOT_COLLECTED
    """The caller's permissions in it."""
    once: Once = field(default_factory=Once)
    """Reads a document that several resources of this subscription need, once: `once(name, make)`."""

    def __post_init__(self) -> None:
        """Name the documents of this subscription as its own."""
        self.once.place = self.id

    @property
    def name(self) -> str:
        """Its display name."""
        return str(self.row.get("name") or self.id)

    @property
    def unit(self) -> str:
        """The management groups that it is in, by name from the top: `departments/health`; the tenant's root group, which has its id, is left out."""
        return "/".join(name for name in reversed(_chain(self.row)) if name and name != self.row.get("tenantId"))

    @property
    def tenant(self) -> str:
        """The tenant that it is of, as its row says."""
        return str(self.row.get("tenantId") or "").lower()

    @property
    def delegated(self) -> frozenset[str]:
        """Tenants to which the whole subscription is delegated (Azure Lighthouse), whose identities are let in beside the own tenant's."""
        listed = _properties(self.row).get("managedByTenants")
        found = listed if isinstance(listed, list) else ()
        return frozenset(str(one["tenantId"]).lower() for one in found if isinstance(one, Mapping) and one.get("tenantId"))

    def may(self, action: str) -> Maybe[bool]:
        """Whether the caller's permissions in it allow an action: one of them covers it and does not take it out again."""
        if isinstance(self.granted, Unknown):
            return self.granted
        listed = fields.items(self.granted, "value")
        if isinstance(listed, Unknown):
            return listed
        for one in listed.value:
            given = fields.words(fields.inner(listed, one), "actions", because=NO_LIST)
            barred = fields.words(fields.inner(listed, one), "notActions", because=NO_LIST)
            if isinstance(given, Unknown):
                return given
            if isinstance(barred, Unknown):
                return barred
            if _covers(given.value, action) and not _covers(barred.value, action):
                return Known(True, listed.via)
        return Known(False, listed.via)

    def tags_of(self, row: Doc, declared: Row) -> Maybe[Mapping[str, str]]:
        """The tags of a row; what it takes over from above is evidence beside them (`policy.levels`)."""
        return tags_in(row.get("tags"), declared.via)


def above(subscription: Doc) -> tuple[str, ...]:
    """The scopes above a subscription, as ids: everything, and its management groups."""
    return ("", *(f"{_MANAGEMENT_GROUP}{name.lower()}" for name in _chain(subscription)))


def _chain(subscription: Doc) -> tuple[str, ...]:
    chain = _properties(subscription).get("managementGroupAncestorsChain")
    return tuple(str(one.get("name") or "") for one in chain if isinstance(one, Mapping)) if isinstance(chain, list) else ()


def tags_in(found: object, via: Provenance) -> Maybe[Mapping[str, str]]:
    """Tags as an answer gives them; none where it gives nothing."""
    if found is not None and not isinstance(found, Mapping):
        return Unknown(UnknownReason.UNPARSABLE, via, "its tags are no mapping")
    return Known(texts(found or {}), via)


def texts(tags: Mapping[str, Any]) -> dict[str, str]:
    """Tags as texts."""
    return {str(key): "" if value is None else str(value) for key, value in tags.items()}


def places_of(rows: Iterable[Doc], inherits: tuple[str, ...], shared: Shared) -> dict[str, Place]:
    """The subscriptions among the containers that Resource Graph lists, with their resource groups, by id."""
    places: dict[str, Place] = {}
    groups: list[tuple[str, Mapping[str, Any]]] = []
    for row in rows:
        identifier = same(row.get("id"))
        if str(row.get("type", "")).lower() == "microsoft.resources/subscriptions":
            shared.rows[identifier] = row
            places[subscription_of(identifier)] = Place(subscription_of(identifier), row, inherits=inherits, shared=shared)
        else:
            groups.append((identifier, row))
    for identifier, row in groups:
        if place := places.get(subscription_of(identifier)):
            tags = tags_in(row.get("tags"), GROUPS.via)
            if isinstance(tags, Known):
                place.groups[group_of(identifier)] = tags.value
    return places


def region_of(location: object) -> str:
    """A region's name as programs write it: `West Europe` is `westeurope`."""
    return str(location or "").replace(" ", "").lower()


def drafted(place: Place, declared: Row, row: Doc, kind: Kind, aliases: Iterable[object] = ()) -> Draft:
    """A draft of a row, which is its first document."""
    resource = Resource(
        same(row.get("id")),
        kind,
        declared.type,
        "azure",
        place.id,
        region_of(row.get("location")),
        str(row.get("name") or ""),
        tags=place.tags_of(row, declared),
        aliases=tuple(str(one).lower().rstrip("/") for one in aliases if one),
    )
    return Draft(resource, {declared.operation: Known(row, declared.via)})


def _covers(patterns: Iterable[str], action: str) -> bool:
    return covered_by_any(action.lower(), tuple(one.lower() for one in patterns))


def _properties(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("properties")
    return found if isinstance(found, Mapping) else {}
