"""A plan put together: its resources as they will be, who belongs to whom, and how an argument leads to another resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

from tierwise.connectors.terraform.document import Document
from tierwise.connectors.terraform.flows import carried
from tierwise.connectors.terraform.joins import NONE, Child, Children, Joined, join
from tierwise.connectors.terraform.layout import Layout
from tierwise.connectors.terraform.planned import Node, Planned, Step
from tierwise.connectors.terraform.providers import Providers, cloud_of
from tierwise.connectors.terraform.references import Resolution, Resolved, Unresolved, origin_of, resolve
from tierwise.model.fact import AnyFact, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import EMPTY_EVIDENCE, Evidence, Grant, Kind, Link, Rel, Resource

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Counts:
    """What `resource_changes` holds; a plan without it is read from its values."""

    changes: int = 0
    managed: int = 0
    managed_after: int = 0
    deleted: int = 0
    data: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One document, ready to be converted."""

    document: Document
    prefix: str
    """Put before each address to make an id, where several files are read: `file-stem#`."""
    counts: Counts
    by_type: Mapping[str, tuple[Planned, ...]]
    """The resources whose values are kept, deleted ones included; data sources under `data.T`."""
    by_address: Mapping[str, Planned] = field(repr=False)
    judged: Set[str]
    """Addresses of the resources to convert."""
    layout: Layout = field(repr=False)
    providers: Providers = field(repr=False)
    clouds: frozenset[str] = frozenset()
    """Those that it may have something of."""
    joined: Mapping[str, Joined] = field(repr=False, default_factory=dict)
    """By parent type."""
    deposed: tuple[Planned, ...] = ()
    """Objects that earlier replacements left behind, with nothing but what they were."""
    elsewhere: Mapping[tuple[str, str], Unknown] = field(repr=False, default_factory=dict)
    """By parent's address and part's type, the parts that other files of the plan set have."""
    foreign: frozenset[str] = frozenset()
    """The parts that other files of the plan set have and that belong to resources of this one, by their ids."""
    beside: tuple[Plan, ...] = field(repr=False, compare=False, default=())
    """The other files of the plan set."""
    memo: dict[Callable[[Plan], object], object] = field(repr=False, compare=False, default_factory=dict)
    """What `once` has made; it only spares making an index again for each resource."""

    def joining(self, needs: Sequence[tuple[frozenset[str], Sequence[Child]]]) -> Plan:
        """The same plan with the children of some parent types joined."""
        joined: dict[str, Joined] = {}
        named: dict[str, set[str]] = defaultdict(set)
        here = [(types, [child for child in children if child.type in self.by_type]) for types, children in needs]
        for types, children in here:
            for child in children:
                named[child.type] |= types
        for types, children in here:
            for one in types if children or self.elsewhere else ():
                parents = [each for each in self.by_type.get(one, ()) if not each.is_gone]
                parts = [(child, self.by_type[child.type], frozenset(named[child.type])) for child in children]
                joined[one] = join(self, parents, parts)
        return replace(self, joined=joined, memo={})

    def once(self, make: Callable[[Plan], T]) -> T:
        """What a function makes of this plan, made once."""
        if make not in self.memo:
            self.memo[make] = make(self)
        return cast("T", self.memo[make])

    def children(self, parent: Planned, kind: str) -> Children:
        """The resources of a type that set parts of a parent."""
        joined = self.joined.get(parent.type)
        return joined.of(parent, kind) if joined else NONE

    def id_of(self, address: str) -> str:
        """The id of a resource of this plan, or of a part of one in another file."""
        return address if address in self.foreign else self.prefix + address

    def resolve(self, planned: Planned, node: Node, path: Sequence[Step], wanted: Iterable[str]) -> Resolution:
        """The resource of a wanted type that an argument refers to."""
        return resolve(self.layout, origin_of(planned), node.expression(*path), wanted)

    def links(self, rel: Rel, planned: Planned, node: Node, path: Sequence[Step], wanted: Iterable[str]) -> tuple[Link, ...]:
        """The link that an argument makes: by reference, else by its value; none where it is absent or merely computed."""
        value = node.text(*path)
        if isinstance(value, Known) and value.value is None and not node.is_written(*path):
            return ()
        way = self.resolve(planned, node, path, wanted)
        if isinstance(way, Resolved) and way.address in self.by_address and not way.address.startswith("data."):
            return (Link(rel, self.id_of(way.address)),)
        if isinstance(value, Known):
            return (Link(rel, value.value),) if value.value else ()
        if node.is_computed(*path):
            return ()
        detail = way.detail if isinstance(way, Unresolved) else value.detail
        reason = UnknownReason.UNRESOLVED_REFERENCE if isinstance(way, Unresolved) else value.reason
        return (Link(rel, "", Unknown(reason, value.via, detail)),)

    def resource(
        self,
        planned: Planned,
        kind: Kind,
        name: str,
        facts: Mapping[str, AnyFact],
        *,
        links: Iterable[Link] = (),
        aliases: Iterable[str] = (),
        description: str = "",
        grants: tuple[Grant, ...] = (),
    ) -> Resource:
        """A resource with what every converter fills in alike: id, account, region, tags."""
        tags, unread = tags_of(planned, self.providers)
        evidence = Evidence(description=description, unread=unread) if description or unread else EMPTY_EVIDENCE
        return Resource(
            id=self.id_of(planned.address),
            kind=kind,
            type=planned.called or planned.type,
            provider=cloud_of(planned.type),
            account=self.providers.account(planned),
            region=self.providers.region(planned),
            name=name,
            address=planned.address,
            tags=tags,
            facts=facts,
            links=tuple(dict.fromkeys((*links, *carried(self, planned)))),
            aliases=tuple(dict.fromkeys(alias for alias in aliases if alias)),
            evidence=evidence,
            grants=grants,
            existing=planned.is_untouched or planned.is_let_go,
        )


def tags_of(planned: Planned, providers: Providers) -> tuple[Maybe[Mapping[str, str]], tuple[Unknown, ...]]:
    """The tags of an AWS resource and what of them is not known: `tags_all`, else `tags` over the provider's default tags."""
    every = planned.root.entries("tags_all")
    if isinstance(every, Known) and every.value:
        return _tags(every.value, planned)
    own = planned.root.entries("tags")
    if isinstance(own, Unknown):
        return own, ()
    defaults = providers.default_tags(planned, planned.at("tags_all"))
    if isinstance(defaults, Unknown):
        return _defaults_lost(own.value, defaults, planned)
    mine, unread = _tags(own.value, planned)
    return (Known({**defaults.value, **mine.value}, mine.via), unread) if isinstance(mine, Known) else (mine, unread)


def _defaults_lost(
    own: tuple[tuple[str, Maybe[object]], ...], why: Unknown, planned: Planned
) -> tuple[Maybe[Mapping[str, str]], tuple[Unknown, ...]]:
    mine, unread = _tags(own, planned)
    return (mine, (*unread, why)) if isinstance(mine, Known) and mine.value else (why, ())


def _tags(entries: tuple[tuple[str, Maybe[object]], ...], planned: Planned) -> tuple[Maybe[Mapping[str, str]], tuple[Unknown, ...]]:
    """The known tags; a tag whose value is not known stays as evidence that was not read."""
    known = {key: str(value.value) for key, value in entries if isinstance(value, Known) and value.value is not None}
    unread = tuple(value for _, value in entries if isinstance(value, Unknown))
    if unread and not known:
        return unread[0], ()
    return Known(known, planned.at("tags")), unread


def grouped(resources: Iterable[Planned], key: Callable[[Planned], str]) -> Mapping[str, tuple[Planned, ...]]:
    """Resources by a key, in their order."""
    found: dict[str, list[Planned]] = defaultdict(list)
    for one in resources:
        found[key(one)].append(one)
    return {name: tuple(each) for name, each in found.items()}
