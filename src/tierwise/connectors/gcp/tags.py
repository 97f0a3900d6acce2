"""Tags of Resource Manager: those that are bound to a resource, and those that it takes over from what it lies in.

A tag holds for all that is below what it is bound to, and a nearer one of the same key takes its place (Resource Manager documentation, "Tags overview").
The inventory lists the bindings inside a scope among its assets; of a scope that lies in others, the tags that are effective on it tell what is above.
Labels are the resource's own, are taken over by nothing, and come first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from tierwise.connectors import fields
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp.read import Asset, Read, Row
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import HELD, Inherited, Kind, Resource

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller
    from tierwise.connectors.gcp.place import Place

_MANAGER: Final = "cloudresourcemanager.googleapis.com"
TYPE: Final = f"{_MANAGER}/TagBinding"
BINDINGS: Final = Row(TYPE, frozenset(), (), lambda doc, _place: f"//{_MANAGER}/{doc.get('name')}", alone=True)
"""Listed beside the resources of every scope, whichever services are chosen."""
VALUE: Final = Read("cloudresourcemanager", "/v3/tagValues/{}", "resourcemanager.tagValues.get", stage=Stage.SURVEY)
EFFECTIVE: Final = Read(
    "cloudresourcemanager",
    "/v3/effectiveTags",
    "resourcemanager.hierarchyNodes.listEffectiveTags",
    stage=Stage.SURVEY,
    items="effectiveTags",
    query=(("parent", "{}"), ("pageSize", "300")),
)
CALLS: Final[tuple[Row | Read, ...]] = (BINDINGS, VALUE, EFFECTIVE)
TAGGED: Final = HELD | {Kind.KEY, Kind.ACCOUNT}
"""Kinds of which tags say something."""
KEPT: Final = "tags"
"""The name under which a draft keeps the tags that hold for it."""
_OWN: Final = "the tags bound to it"
_NAMED: Final = "Resource Manager API v3, TagBinding: it has the name of its value, or the value's number"
_SAME: Final[Mapping[str, str]] = {
    "sqladmin.googleapis.com": "cloudsql.googleapis.com",
    "bigtableadmin.googleapis.com": "bigtable.googleapis.com",
}
"""Services whose resources the inventory names otherwise (Cloud Asset Inventory documentation, "Asset names")."""
Level: TypeAlias = "tuple[str, Maybe[Mapping[str, str]]]"
"""What some tags are bound to, and their values by the namespaced names of their keys: `123/environment` is `production`."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The tags that are bound inside a scope."""

    found: Maybe[Mapping[str, tuple[Known[Doc], ...]]]
    """The bindings by the name of what they are bound to; unknown where the inventory did not list them all."""

    def levels(self, caller: Caller, resource: Resource, ancestors: tuple[str, ...]) -> Iterator[Level]:
        """The tags that hold for a resource, the nearest first, down to the first level that is unknown: it may say something else than those above it."""
        if isinstance(self.found, Unknown):
            yield _OWN, self.found
            return
        root = _root(caller.place, ancestors)
        for level, names in (*_parts(resource), *_nodes(resource, caller.place, ancestors, root)):
            told = _values(caller, [one for name in names for one in self.found.value.get(name, ())])
            if isinstance(told, Unknown) or told.value:
                yield level, told
            if isinstance(told, Unknown):
                return
        if root:
            yield from _effective(caller, root)


def bound_by(bindings: Iterable[Asset]) -> Bound:
    """What the bindings that the inventory lists bind."""
    found: dict[str, list[Known[Doc]]] = defaultdict(list)
    for one in bindings:
        parent = fields.word(one.data, "parent")
        if isinstance(one.data, Unknown) or isinstance(parent, Unknown):
            return Bound(Unknown(UnknownReason.UNPARSABLE, BINDINGS.via, "a binding of a tag does not say to what"))
        found[_plain(parent.value)].append(Known(one.data.value, one.data.via))
    return Bound(Known({name: tuple(each) for name, each in found.items()}, BINDINGS.via))


def keep(caller: Caller, draft: Draft, bound: Bound, ancestors: tuple[str, ...]) -> tuple[Inherited, ...]:
    """Keep the tags that hold for a draft with it; what they say beside its labels."""
    if draft.resource.kind not in TAGGED:
        return ()
    levels = tuple(bound.levels(caller, draft.resource, ancestors))
    draft.docs[KEPT] = Known({KEPT: levels}, BINDINGS.via)
    return tuple(Inherited(level, _short(told)) for level, told in levels)


def held(draft: Draft) -> tuple[Maybe[Mapping[str, str]], ...] | None:
    """The tags that hold for a draft by the namespaced names of their keys, the nearest level first; None where nobody looked for any."""
    found = draft.docs.get(KEPT)
    return tuple(told for _, told in (found.value or {})[KEPT]) if isinstance(found, Known) else None


def _short(told: Maybe[Mapping[str, str]]) -> Maybe[Mapping[str, str]]:
    """Tags by their keys' own names, as people call them; unknown where keys of different parents have one name and say otherwise, for nothing tells which is meant."""
    if isinstance(told, Unknown):
        return told
    found: dict[str, str] = {}
    for key in sorted(told.value):
        name = key.rpartition("/")[2]
        if found.setdefault(name, told.value[key]) != told.value[key]:
            return Unknown(UnknownReason.UNPARSABLE, told.via, f"two tag keys are called {name!r} and say otherwise")
    return Known(found, told.via)


def _parts(resource: Resource) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A resource and what it is part of below its project (a key of a key ring), each with the names that a binding may have for it."""
    every = [name.split("/") for name in _names(resource)]
    yield _OWN, tuple("/".join(parts) for parts in every)
    for depth in range(2, max(map(len, every)) - 4, 2):
        names = tuple("/".join(parts[:-depth]) for parts in every)
        yield "/".join(names[0].split("/")[-2:]), names


def _names(resource: Resource) -> Iterator[str]:
    """A resource's full names: by the project's id and its number, and by its own number, under which Compute Engine's are bound."""
    service, _, path = resource.id.removeprefix("//").partition("/")
    for one in dict.fromkeys((path, *(alias for alias in resource.aliases if alias.startswith("projects/")))):
        yield f"{_SAME.get(service, service)}/{one}"
        yield from (f"{service}/{one.rpartition('/')[0]}/{number}" for number in resource.aliases if number.isdecimal() and "/" in one)


def _root(place: Place, ancestors: tuple[str, ...]) -> str:
    """The project or folder that the scope is, of which the tags that are effective tell what is above too; empty where nothing is."""
    level, _, name = place.scope.partition("/")
    if level == "folders":
        return place.scope
    in_none = bool(place.row) and not place.parent and len(ancestors) < 2
    return "" if level != "projects" or in_none else f"projects/{place.number or name}"


def _nodes(resource: Resource, place: Place, ancestors: tuple[str, ...], root: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The project, the folders and the organisation that a resource lies in, up to the root."""
    inside = ancestors or (place.name,)
    for node in inside[: inside.index(root)] if root in inside else inside:
        if resource.id != f"//{_MANAGER}/{node}":
            yield node, (f"{_MANAGER}/{node}", *((f"{_MANAGER}/projects/{place.id}",) if node.startswith("projects/") else ()))


def _plain(parent: str) -> str:
    """What a binding is of, named as the inventory names assets; a bucket is bound as `//storage.googleapis.com/projects/_/buckets/b`."""
    service, _, path = parent.removeprefix("//").partition("/")
    return f"{_SAME.get(service, service)}/{path.removeprefix('projects/_/buckets/')}"


def _values(caller: Caller, bindings: Iterable[Known[Doc]]) -> Maybe[Mapping[str, str]]:
    return _paired([_named(caller, one) for one in bindings], BINDINGS.via)


def _named(caller: Caller, binding: Known[Doc]) -> Maybe[str]:
    """The namespaced name of the value that is bound; where the binding has its number alone, that is looked up once."""
    named = fields.word(binding, "tagValueNamespacedName", absent="", because=_NAMED)
    if isinstance(named, Unknown) or named.value:
        return named
    value = fields.word(binding, "tagValue")
    if isinstance(value, Unknown):
        return value
    number = value.value.rpartition("/")[2]
    return fields.word(caller.place.above(f"tag:{number}", partial(caller.ask, VALUE, (number,))), "namespacedName")


def _paired(names: Iterable[Maybe[str]], via: Provenance) -> Maybe[Mapping[str, str]]:
    """Keys and values in namespaced names: `123/environment/production`."""
    found: dict[str, str] = {}
    for named in names:
        if isinstance(named, Unknown):
            return named
        key, _, value = named.value.rpartition("/")
        if key.count("/") != 1 or not value:
            return Unknown(UnknownReason.UNPARSABLE, named.via, "a tag without key or value")
        found[key] = value
    return Known(found, via)


def _effective(caller: Caller, root: str) -> Iterator[Level]:
    """The tags that are effective on the root: those bound to it, and those that it takes over."""
    answer = caller.place.above(f"tags:{root}", partial(caller.ask, EFFECTIVE, (f"//{_MANAGER}/{root}",)))
    listed = fields.items(answer, EFFECTIVE.items)
    if isinstance(listed, Unknown):
        yield root, listed
        return
    for level, inherited in ((root, False), (f"what is above {root}", True)):
        named = [
            fields.word(fields.inner(listed, one), "namespacedTagValue") for one in listed.value if bool(one.get("inherited")) is inherited
        ]
        told = _paired(named, listed.via)
        if isinstance(told, Unknown) or told.value:
            yield level, told
