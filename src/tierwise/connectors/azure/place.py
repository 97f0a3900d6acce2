"""A subscription as a place: what it says of all its resources, and documents that several of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tierwise.connectors.azure.ids import group_of, same, subscription_of
from tierwise.connectors.azure.read import Row
from tierwise.connectors.azure_terms import TENANT
from tierwise.connectors.declared import Doc, Draft, Once
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

SUBSCRIPTIONS: Final = Row("Microsoft.Resources/subscriptions", frozenset(), table="resourcecontainers")
GROUPS: Final = Row("Microsoft.Resources/subscriptions/resourceGroups", frozenset(), table="resourcecontainers")
OUTSIDERS: Final = "outsiders"
"""The name under which a draft keeps the tenants to which its subscription is delegated."""
INHERITED: Final = ("resource-group", "subscription")
"""From where tags may be taken over, the nearest first."""


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
    rows: dict[str, Doc] = field(default_factory=dict)
    """Rows of the tenant, by id, to which others refer: subscriptions, servers of databases, roles."""
    attached: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the tenant's disks by the machine that they are attached to."""
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
        chain = _properties(self.row).get("managementGroupAncestorsChain")
        groups = [str(one.get("name") or "") for one in chain if isinstance(one, Mapping)] if isinstance(chain, list) else []
        return "/".join(name for name in reversed(groups) if name and name != self.row.get("tenantId"))

    def outsiders(self, declared: Row) -> Known[Doc]:
        """Tenants to which the subscription is delegated (Azure Lighthouse), whose identities are let in beside the own tenant's; by the word `tenants`."""
        listed = _properties(self.row).get("managedByTenants")
        if not isinstance(listed, list):
            return Known({"tenants": frozenset()}, Provenance(f"constant: {TENANT}"))
        tenants = frozenset(str(one.get("tenantId", "")).lower() for one in listed if isinstance(one, Mapping))
        return Known({"tenants": tenants}, declared.via)

    def tags_of(self, row: Doc, declared: Row) -> Maybe[Mapping[str, str]]:
        """The tags of a row; what it takes over from above is evidence beside them (`policy.levels`)."""
        own = row.get("tags")
        if own is not None and not isinstance(own, Mapping):
            return Unknown(UnknownReason.UNPARSABLE, declared.via, "its tags are no mapping")
        return Known(texts(own or {}), declared.via)


def texts(tags: Mapping[str, Any]) -> dict[str, str]:
    """Tags as texts."""
    return {str(key): "" if value is None else str(value) for key, value in tags.items()}


def places_of(rows: Iterable[Doc], inherits: tuple[str, ...]) -> dict[str, Place]:
    """The subscriptions among the containers that Resource Graph lists, with their resource groups, by id."""
    places: dict[str, Place] = {}
    shared: dict[str, Doc] = {}
    attached: dict[str, list[str]] = {}
    groups: list[tuple[str, Mapping[str, Any]]] = []
    for row in rows:
        identifier = same(row.get("id"))
        if str(row.get("type", "")).lower() == "microsoft.resources/subscriptions":
            shared[identifier] = row
            places[subscription_of(identifier)] = Place(subscription_of(identifier), row, inherits=inherits, rows=shared, attached=attached)
        else:
            groups.append((identifier, row))
    for identifier, row in groups:
        if place := places.get(subscription_of(identifier)):
            place.groups[group_of(identifier)] = texts(row.get("tags") or {})
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
    return Draft(resource, {declared.operation: Known(row, declared.via), OUTSIDERS: place.outsiders(declared)})


def _properties(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("properties")
    return found if isinstance(found, Mapping) else {}
