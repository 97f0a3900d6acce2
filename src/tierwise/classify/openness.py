"""How far what could not be read reaches: along links, and along links whose other end is itself unknown."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tierwise.classify.flow import Edge, Estate
from tierwise.classify.propagate import spread
from tierwise.model.fact import Unknown
from tierwise.model.resource import DATA, HELD, PRINCIPALS, Gap, Kind, Resource
from tierwise.model.sensitivity import Tier

MOST_PLACES: Final = 5
_SERVES_HELD: Final = PRINCIPALS | {Kind.KEY, Kind.ACCOUNT, Kind.ORGANISATION, Kind.BACKUP_PLAN}
_SERVES_DATA: Final = frozenset({Kind.LOG_STORE, Kind.AUDIT_TRAIL, Kind.DATA_CATALOG})
_FILLED_BY: Final[Mapping[Kind, frozenset[Kind]]] = {
    Kind.OBJECT_STORE: frozenset({Kind.WAREHOUSE, Kind.AUDIT_TRAIL, Kind.DATA_CATALOG}),
    Kind.LOG_STORE: frozenset({Kind.AUDIT_TRAIL}),
    Kind.STREAM: frozenset({Kind.RELATIONAL_DB, Kind.QUEUE}),
    Kind.DOCUMENT_DB: frozenset({Kind.DATA_CATALOG}),
    Kind.RELATIONAL_DB: frozenset({Kind.DATA_CATALOG}),
    Kind.WAREHOUSE: frozenset({Kind.DATA_CATALOG}),
    Kind.BACKUP_VAULT: frozenset({Kind.BACKUP_PLAN}),
}
"""Kinds, other than its own, that log, export or store into a kind, or describe it."""
_REGIONAL: Final = frozenset({Kind.KEY, *_FILLED_BY})


def ceilings_of(blind: Sequence[bool], printed: Sequence[int], estate: Estate) -> list[Tier | None]:
    """How high each resource may be because of what could not be read; None where that reaches it by no link.

    What is not read itself may be anything. What may be at the other end of an unread link is at most as high as what the link stands on.
    """
    start = [int(Tier.T4) + 1 if one else 0 for one in blind]
    start += [max(max(printed[giver] for giver in loose.givers) + 1, 1) for loose in estate.loose]
    found = spread(start, _widened(estate), lambda _edge, value: value)
    return [Tier(value - 1) if value else None for value in found[: len(blind)]]


def causes_of(blind: Sequence[frozenset[str]], estate: Estate, own: Iterable[Unknown]) -> list[frozenset[str]]:
    """What would have to be read, for each resource, wherever along the links it is missing; `own` is what of each resource's own evidence was not read.

    Every action that would settle something is named. Places that no action reads (in a plan each argument is one) are named up to a few, the
    first by name: with a thousand of them, naming all for each of a thousand resources would tell nobody more.
    """
    unread = (*own, *(link.unknown for links in estate.adrift.values() for link in links if link.unknown is not None))
    loose = [one for each in estate.loose for one in each.unread]
    places = frozenset(named(one) for one in (*unread, *loose) if not one.via.action)
    edges = _widened(estate)
    causes = [_few(names, places) for names in (*blind, *(frozenset(named(one) for one in each.unread) for each in estate.loose))]
    waiting = deque(place for place, names in enumerate(causes) if names)
    while waiting:
        giver = waiting.popleft()
        for edge in edges.get(giver, ()):
            if causes[giver] <= causes[edge.taker]:
                continue
            both = _few(causes[edge.taker] | causes[giver], places)
            if both != causes[edge.taker]:
                causes[edge.taker] = both
                waiting.append(edge.taker)
    return causes[: len(blind)]


def _few(names: frozenset[str], places: frozenset[str]) -> frozenset[str]:
    """The names with at most a few that are places. Of a union it is the same in whatever order it is made."""
    found = names & places if len(names) > MOST_PLACES else frozenset[str]()
    return names if len(found) <= MOST_PLACES else names - found | frozenset(sorted(found)[:MOST_PLACES])


def named(unknown: Unknown) -> str:
    """The action that would settle it, else the read, else why it is unknown."""
    return unknown.via.action or unknown.via.via or unknown.reason.value


def _widened(estate: Estate) -> Mapping[int, Sequence[Edge]]:
    """The edges, with one more place for each kind of loose link: it takes from what has the link and gives to what may be its end."""
    if not estate.loose:
        return estate.given_by
    edges = defaultdict(list, {giver: list(given) for giver, given in estate.given_by.items()})
    for between, loose in enumerate(estate.loose, estate.count):
        for giver in loose.givers:
            edges[giver].append(Edge(giver, between, loose.rel, copy=False, whole=False))
        edges[between] = [Edge(between, taker, loose.rel, copy=False, whole=False) for taker in loose.takers]
    return edges


def could_hide(gap: Gap, resource: Resource) -> bool:
    """Whether a listing that failed could have held something that the resource serves, or that gives it its data."""
    serves = HELD if resource.kind in _SERVES_HELD else DATA if resource.kind in _SERVES_DATA else frozenset[Kind]()
    replicas = resource.kind in DATA and resource.kind in gap.kinds
    if gap.provider != resource.provider or not (gap.kinds & (serves | _FILLED_BY.get(resource.kind, frozenset())) or replicas):
        return False
    if resource.kind is not Kind.ORGANISATION and gap.account and gap.account != resource.account:
        return False
    # Keys, logs, catalogues and messages stay in a region; copies of a store of the same kind do not, nor what holds for the account.
    regional = (
        not replicas and resource.kind in _REGIONAL and gap.region and resource.region and "global" not in {gap.region, resource.region}
    )
    return not (regional and gap.region != resource.region)
