"""How tiers flow along links: which end takes the tier of which, and what a link that leads nowhere means."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple, assert_never

import msgspec

from tierwise.classify.readable import RECORDED, SERVICE, Readable
from tierwise.model.fact import Unknown
from tierwise.model.resource import DATA, HELD, PRINCIPALS, Kind, Link, Rel, Resource, split_mode


class Takes(Enum):
    """Which end of a link takes the other's tier."""

    OWN = "own"
    """the resource on which the link stands"""
    OTHER = "other"
    BOTH = "both"
    NEITHER = "neither"


class Edge(msgspec.Struct, frozen=True, gc=False):
    """One resource (by its place in the run) takes at least the tier of another."""

    giver: int
    taker: int
    rel: Rel | None
    """None for what lies inside an account or an organisation."""
    copy: bool
    """The taker holds the giver's data, so a lower declaration there is a contradiction."""
    whole: bool
    """The giver says all there is to know of the taker; otherwise the taker may hold more, and the giver is a lower bound."""


def takes(rel: Rel, own: Kind) -> Takes:
    """Which end takes the other's tier, by the relation and the kind that carries the link."""
    match rel:
        case Rel.COPY_OF | Rel.BACKUP_OF | Rel.READS | Rel.UNLOCKS | Rel.RECORDS | Rel.PROTECTS | Rel.HOLDS | Rel.ATTACHES:
            return Takes.OWN
        case Rel.REPLICATES_TO | Rel.EXPORTS_TO | Rel.LOGS_TO | Rel.USES_KEY | Rel.STORES_IN:
            return Takes.OTHER
        case Rel.DESCRIBES:
            return Takes.BOTH
        case Rel.MEMBER_OF:
            return Takes.BOTH if own in HELD else Takes.OWN if own in PRINCIPALS else Takes.NEITHER
        case _:
            assert_never(rel)


class Loose(msgspec.Struct, frozen=True, gc=False):
    """Links of one relation whose other end could not be read: any of the takers may be it."""

    rel: Rel
    givers: tuple[int, ...]
    takers: frozenset[int]
    unread: tuple[Unknown, ...]


_RECEIVERS: Final[Mapping[Rel, frozenset[Kind]]] = {
    Rel.USES_KEY: frozenset({Kind.KEY}),
    Rel.STORES_IN: frozenset({Kind.BACKUP_VAULT}),
    Rel.LOGS_TO: frozenset({Kind.OBJECT_STORE, Kind.LOG_STORE, Kind.STREAM}),
    Rel.EXPORTS_TO: frozenset({Kind.OBJECT_STORE, Kind.QUEUE, Kind.STREAM}),
    Rel.DESCRIBES: DATA,
}
"""Kinds that can be at the other end of a link; for relations that are not here, the kind on which the link stands."""
_COPIES: Final = frozenset({Rel.COPY_OF, Rel.BACKUP_OF, Rel.REPLICATES_TO, Rel.EXPORTS_TO, Rel.DESCRIBES, Rel.STORES_IN, Rel.MEMBER_OF})
_SOURCES: Final = frozenset({Rel.COPY_OF, Rel.BACKUP_OF})
"""Links to the source of a copy: where it cannot be found, the copy may be anything."""


class Head(NamedTuple):
    """What is asked of all resources at once, of one of them."""

    kind: Kind
    provider: str
    account: str
    region: str
    aliases: tuple[str, ...]
    linked: bool
    """Whether it has links."""

    @classmethod
    def of(cls, one: Resource) -> Head:
        """That of a resource."""
        return cls(one.kind, one.provider, one.account, one.region, one.aliases, bool(one.links))


class Estate:
    """The resources of a run by every identifier, and the edges between them.

    What readers name together (`reads:s3:*`) is a place of its own, after those of the resources: it takes from each of its members and gives to
    each reader, so that edges grow with readers plus stores and not with their product.
    """

    def __init__(
        self,
        resources: Sequence[Resource],
        external: Collection[str],
        keep: Callable[[Resource, Link], bool],
        ids: Mapping[str, int] | None = None,
        heads: Iterable[Head] | None = None,
    ) -> None:
        """`ids` are the places of the resources, where somebody has them already; `heads` are what is asked of each of them, where somebody has gone through them."""
        self.resources = resources
        self.external = external
        self.ids = {resource.id: place for place, resource in enumerate(resources)} if ids is None else ids
        self._index = _Index(map(Head.of, resources) if heads is None else heads, self.ids)
        self.groups: list[tuple[int, ...]] = []
        """The members of each place that stands for what is read together."""
        self._named: dict[tuple[str, str, str], Sequence[int]] = {}
        self.adrift: dict[int, list[Link]] = defaultdict(list)
        """Copies by place, with the links to sources that are not in the run, and whatever serves others, with links to what it serves that could not be read."""
        linked = [
            edge
            for place in self._index.linked
            for resource in (resources[place],)
            for link in resource.links
            if keep(resource, link)
            for edge in self._edges(place, resource, link)
        ]
        self.loose = _loose(resources, self._index, keep)
        self.count = len(resources) + len(self.groups)
        self.given_by: dict[int, list[Edge]] = {}
        """What is given by each place that gives something."""
        self.taken_by: dict[int, list[Edge]] = {}
        """What is taken by each place that takes something."""
        for edge in chain(linked, self._grouped(), _inside(resources, self._index)):
            if edge.giver != edge.taker:
                self.given_by.setdefault(edge.giver, []).append(edge)
                self.taken_by.setdefault(edge.taker, []).append(edge)

    @cached_property
    def _readable(self) -> Readable:
        return Readable(self.resources)

    def at(self, identifier: str) -> Sequence[int]:
        """The places of what goes by an id or another name."""
        place = self.ids.get(identifier)
        return self._index.aliases.get(identifier, ()) if place is None else (place,)

    def _edges(self, place: int, resource: Resource, link: Link) -> Iterator[Edge]:
        others = self._others(resource, link) if link.to else ()
        direction = takes(link.rel, resource.kind)
        unread = link.unknown is not None and direction in (Takes.OWN, Takes.BOTH)
        if unread or (link.rel in _SOURCES and not (others or link.to in self.external)):
            self.adrift[place].append(link)
        if not others:
            return
        for other in others:
            if direction is Takes.OWN or direction is Takes.BOTH:
                yield self._edge(other, place, link.rel)
            if direction is Takes.OTHER or direction is Takes.BOTH:
                yield self._edge(place, other, link.rel)

    def _others(self, own: Resource, link: Link) -> Sequence[int]:
        target = split_mode(link)[0] if link.rel is Rel.RECORDS else link.to
        if found := self.at(target):
            return found
        if link.rel is Rel.RECORDS and target.startswith(RECORDED):
            # A trail names the stores of a service as a reader does.
            return self._read_together(own, SERVICE + target.removeprefix(RECORDED))
        return self._read_together(own, target) if link.rel is Rel.READS else ()

    def _read_together(self, reader: Resource, target: str) -> Sequence[int]:
        """What a link names by service or pattern: one resource, or the place that stands for several, the same for all readers of an account."""
        key = (reader.provider, reader.account, target)
        if key not in self._named:
            found = self._readable.places(reader, target)
            if len(found) > 1:
                self.groups.append(tuple(found))
                found = (len(self.resources) + len(self.groups) - 1,)
            self._named[key] = found
        return self._named[key]

    def _grouped(self) -> Iterator[Edge]:
        for place, members in enumerate(self.groups, len(self.resources)):
            for member in members:
                yield Edge(member, place, Rel.READS, copy=False, whole=True)

    def _edge(self, giver: int, taker: int, rel: Rel) -> Edge:
        kind = self._index.kinds[taker]
        partial = rel is Rel.EXPORTS_TO or (rel is Rel.LOGS_TO and kind is not Kind.LOG_STORE)
        holds = kind in HELD or kind is Kind.DATA_CATALOG
        return Edge(giver, taker, rel, copy=rel in _COPIES and holds, whole=not (partial and kind in HELD))


class _Index:
    """What is asked of all resources at once, found in one pass over them."""

    def __init__(self, heads: Iterable[Head], ids: Mapping[str, int]) -> None:
        self.kinds: list[Kind] = []
        self.linked = array("I")
        """The places of those that have links."""
        self.aliases: dict[str, tuple[int, ...]] = {}
        self.accounts: dict[tuple[str, str], list[int]] = defaultdict(list)
        """The places of accounts, by provider and number."""
        self.organisations: dict[str, list[int]] = defaultdict(list)
        self.at: dict[tuple[Kind, str, str], array[int]] = defaultdict(lambda: array("I"))
        """The places of what is of a kind, by provider and region."""
        for place, head in enumerate(heads):
            self.kinds.append(head.kind)
            self.at[head.kind, head.provider, head.region].append(place)
            if head.linked:
                self.linked.append(place)
            for alias in head.aliases:
                if alias and alias not in ids and place not in self.aliases.get(alias, ()):
                    self.aliases[alias] = (*self.aliases.get(alias, ()), place)
            if head.kind is Kind.ACCOUNT:
                self.accounts[head.provider, head.account].append(place)
            elif head.kind is Kind.ORGANISATION:
                self.organisations[head.provider].append(place)

    def of(self, kinds: frozenset[Kind], provider: str, region: str) -> frozenset[int]:
        """The places of what is of these kinds, of a provider, and, where a region is named, there or in none."""
        return frozenset(
            place
            for (kind, by, where), places in self.at.items()
            if kind in kinds and by == provider and (not region or where in ("", region))
            for place in places
        )


def _loose(resources: Sequence[Resource], index: _Index, keep: Callable[[Resource, Link], bool]) -> tuple[Loose, ...]:
    """The links that lead somewhere unknown, by relation and by what can be there. Keys are in the region of what they encrypt."""
    givers: dict[tuple[str, str, Rel, Kind], dict[int, Unknown]] = defaultdict(dict)
    for place in index.linked:
        resource = resources[place]
        for link in resource.links:
            if link.unknown is None or takes(link.rel, resource.kind) not in (Takes.OTHER, Takes.BOTH) or not keep(resource, link):
                continue
            region = resource.region if link.rel is Rel.USES_KEY else ""
            givers[resource.provider, region, link.rel, resource.kind].setdefault(place, link.unknown)
    found: list[Loose] = []
    for (provider, region, rel, kind), unread in givers.items():
        takers = index.of(_RECEIVERS.get(rel, frozenset({kind})), provider, region)
        found.append(Loose(rel, tuple(unread), takers, tuple(dict.fromkeys(unread.values()))))
    return tuple(found)


def _inside(resources: Sequence[Resource], index: _Index) -> Iterator[Edge]:
    if index.accounts:
        for place, resource in enumerate(resources):
            for account in index.accounts.get((resource.provider, resource.account), ()) if resource.kind in HELD else ():
                yield Edge(place, account, None, copy=False, whole=True)
    for (provider, _account), accounts in index.accounts.items():
        for account in accounts:
            for organisation in index.organisations.get(provider, ()):
                yield Edge(account, organisation, None, copy=False, whole=True)


def phrase(edge: Edge, giver: Resource, taker: Resource) -> str:
    """Why the taker takes the giver's tier, as a clause that begins after `it`."""
    name = repr(giver.name or giver.id)
    match edge.rel:
        case None:
            return f"holds {name}"
        case Rel.COPY_OF:
            return f"is a copy of {name}"
        case Rel.BACKUP_OF:
            return f"is a backup of {name}"
        case Rel.REPLICATES_TO:
            return f"receives the data of {name} by replication"
        case Rel.EXPORTS_TO:
            return f"receives exports of {name}"
        case Rel.LOGS_TO:
            return f"receives the logs of {name}"
        case Rel.USES_KEY:
            return f"decrypts {name}"
        case Rel.READS:
            return f"can read {name}"
        case Rel.UNLOCKS:
            return f"opens {name}"
        case Rel.RECORDS:
            return f"records the use of {name}"
        case Rel.PROTECTS:
            return f"backs up {name}"
        case Rel.STORES_IN:
            return f"keeps what {name} stores in it"
        case Rel.HOLDS:
            return f"includes {name}"
        case Rel.ATTACHES:
            return f"carries the policy {name}"
        case Rel.DESCRIBES:
            return f"describes the data of {name}" if taker.kind is Kind.DATA_CATALOG else f"is described by {name}"
        case Rel.MEMBER_OF:
            return f"shares its data with {name}" if taker.kind in HELD else f"is a member of {name}"
        case _:
            assert_never(edge.rel)
