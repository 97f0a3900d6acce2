"""Linkage: what may be joined to what. Facts about columns that tell whose a record is, and about principals that can read several datasets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.classify.names import split_words
from tierwise.classify.readable import SERVICE, Readable
from tierwise.classify.schema import column_detectors
from tierwise.model.fact import UNLIMITED, AnyFact, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.register import plain_word
from tierwise.model.resource import DATA, Gap, Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Category, Classification, Tier
from tierwise.shelf import in_order, places_of

_APART: Final = Provenance("derived: names of columns")
_JOINING: Final = Provenance("derived: what principals can read")
_TELLS: Final = frozenset({Category.C2})
"""What finds a person in another dataset: numbers that one person has everywhere."""
_TOLD: Final = frozenset({Category.C3, Category.C4, Category.C5})
"""What harms people once it is known whose it is."""
_KEY_WORDS: Final = frozenset({"id", "key", "ref", "reference", "pseudonym", "token", "identifier"})
"""The last word of a column that joins tables: `person_id`, `spine_key`."""
_WITH_COLUMNS: Final = frozenset({Kind.WAREHOUSE, Kind.RELATIONAL_DB, Kind.DOCUMENT_DB})
LINKED: Final = frozenset({Kind.WAREHOUSE, Kind.ACCOUNT})
"""Kinds that have facts of linkage."""
_READERS: Final = frozenset({Kind.USER, Kind.ROLE})
_UNNAMED: Final = frozenset({"azure", "gcp"})
"""Providers in which an account lists no people: bindings and assignments name them, of a directory or of anywhere."""
HIGH: Final = Tier.T3
"""From this tier a dataset counts as one that should not be joined to others by many."""


@dataclass(frozen=True, slots=True)
class _Schema:
    """What the columns of a store say."""

    tells: bool
    told: bool
    keys: frozenset[str]


def _schema(resource: Resource) -> _Schema:
    columns = resource.evidence.columns
    found = {one.category.category for column in columns for one in column_detectors(column.name, column.type) if not one.weak}
    keys = frozenset(
        plain_word(column.name) for column in columns if len(words := split_words(column.name)) > 1 and words[-1] in _KEY_WORDS
    )
    return _Schema(not found.isdisjoint(_TELLS), not found.isdisjoint(_TOLD), keys)


def _whole(resource: Resource) -> bool:
    """Whether all columns of a store were read."""
    return bool(resource.evidence.columns) and not resource.evidence.unread


def linkage_facts(
    resources: Mapping[str, Resource], classifications: Mapping[str, Classification], gaps: Sequence[Gap]
) -> dict[str, dict[str, AnyFact]]:
    """`linkage.keys_apart` of warehouses and `linkage.joining_principals` of accounts, by id."""
    kinds: dict[Kind, list[Resource]] = {kind: [] for kind in LINKED}
    for one in resources.values():
        if one.kind in kinds:
            kinds[one.kind].append(one)
    made: dict[str, dict[str, AnyFact]] = {}
    if kinds[Kind.WAREHOUSE]:
        columns = _Columns(resources)
        made = {one.id: {"linkage.keys_apart": columns.apart(one, gaps)} for one in kinds[Kind.WAREHOUSE]}
    if kinds[Kind.ACCOUNT]:
        joins = _Joins(resources, classifications, gaps)
        made |= {one.id: {"linkage.joining_principals": joins.principals(one)} for one in kinds[Kind.ACCOUNT]}
    return made


class _Columns:
    """What the columns of all stores say, by account."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._unread: Counter[tuple[str, str]] = Counter()
        """How many stores have columns that are not read."""
        self._telling: dict[tuple[str, str], list[tuple[str, frozenset[str]]]] = defaultdict(list)
        """The stores that tell whose a record is, with the columns by which others are joined to them."""
        for one in resources.values():
            if one.kind in _WITH_COLUMNS:
                found = _schema(one)
                self._unread[_home(one)] += not _whole(one)
                if found.tells and found.keys:
                    self._telling[_home(one)].append((one.id, found.keys))

    def apart(self, store: Resource, gaps: Sequence[Gap]) -> AnyFact:
        """Where that stands which tells whose a warehouse's sensitive columns are: beside them, in another store of the account, or in none of it."""
        mine = _schema(store)
        if mine.told and mine.tells:
            return Known("together", _APART)
        if not _whole(store):
            why = next(iter(store.evidence.unread), Unknown(UnknownReason.NOT_SUPPORTED, _APART, "no schema of it is read"))
            return Unknown(why.reason, Provenance(_APART.via, why.via.action), why.detail)
        if not mine.told:
            return NotApplicable("no column is named for what harms people", _APART)
        if any(keys & mine.keys for one, keys in self._telling.get(_home(store), ()) if one != store.id):
            return Known("account", _APART)
        hidden = next((gap for gap in gaps if gap.kinds & _WITH_COLUMNS and _at(gap, store)), None)
        if mine.keys and (hidden or self._unread[_home(store)]):
            detail = f"{hidden.service} could not be listed" if hidden else "the columns of another store of the account are not read"
            reason = UnknownReason(hidden.reason) if hidden and hidden.reason in set(UnknownReason) else UnknownReason.NOT_SUPPORTED
            return Unknown(reason, Provenance(_APART.via, hidden.action if hidden else ""), detail, between=("account", "apart"))
        return Known("apart", _APART)


def _home(resource: Resource) -> tuple[str, str]:
    return resource.provider, resource.account


def _at(gap: Gap, resource: Resource) -> bool:
    return gap.provider == resource.provider and gap.account in ("", resource.account)


class _Joins:
    """Who can read what at or above `HIGH`, dataset by dataset; a copy is its source's dataset."""

    def __init__(self, resources: Mapping[str, Resource], classifications: Mapping[str, Classification], gaps: Sequence[Gap]) -> None:
        self._gaps = gaps
        self._resources = in_order(resources)
        self._ids = places_of(resources)
        self._aliases: dict[str, int] = {}
        self._readers: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        self._readable = Readable(self._resources)
        sources: dict[str, str] = {}
        targets: dict[str, str] = {}
        for place, one in enumerate(self._resources):
            self._aliases |= dict.fromkeys(one.aliases, place)
            if one.kind in _READERS:
                self._readers[_home(one)].append(one)
            for link in one.links:
                if link.rel is Rel.REPLICATES_TO and link.to:
                    targets[link.to] = one.id
                elif link.rel is Rel.COPY_OF and link.to:
                    sources[one.id] = link.to
        sources = targets | sources
        self._data: dict[int, tuple[str, bool]] = {}
        """By place of a store that may be at the tier: its dataset, and whether it is for certain."""
        self._of_account: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, one in enumerate(self._resources):
            known = classifications.get(one.id) if one.kind in DATA else None
            if known is not None and known.interval.hi >= HIGH:
                self._data[place] = (known.dataset or sources.get(one.id, one.id), known.interval.lo >= HIGH)
                self._of_account[_home(one)].append(place)
        self._named: dict[tuple[str, str, str], tuple[int, ...]] = {}

    def _at(self, name: str) -> int | None:
        return self._ids.get(name, self._aliases.get(name))

    def principals(self, account: Resource) -> AnyFact:
        """How many users and roles of an account can read two datasets or more."""
        readers = self._readers.get(_home(account), [])
        hidden = next((gap for gap in self._gaps if gap.kinds & (_READERS | DATA) and _at(gap, account)), None)
        if account.provider in _UNNAMED or account.address is not None:
            return self._at_least(account, readers, hidden)
        if not readers and hidden is None:
            return Unknown(UnknownReason.NOT_COLLECTED, _JOINING, "no user and no role of it was listed")
        if hidden is None and not any(link.rel in _TOLD_BY for one in readers for link in one.links):
            return Unknown(UnknownReason.NOT_SUPPORTED, _JOINING, "what its users and roles can read is not told by them")
        certain = possible = 0
        why: Unknown | None = None
        for one in readers:
            sure, maybe, unread = self._read_by(one)
            certain += len(sure) > 1
            if len(maybe) > 1 or unread is not None:
                possible += 1
                why = why or unread
        if hidden is None and possible == certain:
            return Known(certain, _JOINING)
        most = UNLIMITED if hidden else possible
        if hidden:
            reason = UnknownReason(hidden.reason) if hidden.reason in set(UnknownReason) else UnknownReason.API_ERROR
            return Unknown(
                reason, Provenance(_JOINING.via, hidden.action), f"{hidden.service} could not be listed", between=(certain, most)
            )
        why = why or Unknown(UnknownReason.TIER_UNDETERMINED, _JOINING, "the tier of a dataset is open")
        return Unknown(why.reason, Provenance(_JOINING.via, why.via.action), why.detail, between=(certain, most))

    def _at_least(self, account: Resource, readers: Sequence[Resource], hidden: Gap | None) -> AnyFact:
        """The same where others may read too whom nothing lists: at least those that are listed, and nobody where there are no two datasets."""
        certain = sum(len(self._read_by(one)[0]) > 1 for one in readers)
        if account.address is not None:
            detail = "a plan tells of some users, roles and stores of an account"
            return Unknown(UnknownReason.NOT_COLLECTED, _JOINING, detail, between=(certain, UNLIMITED))
        sensitive = {self._data[place][0] for place in self._of_account.get(_home(account), ())}
        if len(sensitive) < 2 and not (hidden and hidden.kinds & DATA):
            return Known(0, _JOINING)
        detail = "people and groups to whom its roles are given are not followed"
        return Unknown(UnknownReason.NOT_SUPPORTED, _JOINING, detail, between=(certain, UNLIMITED))

    def _read_by(self, reader: Resource) -> tuple[frozenset[str], frozenset[str], Unknown | None]:
        """The datasets that a principal can read for certain, those that it may, and why there could be more."""
        sure: set[str] = set()
        maybe: set[str] = set()
        unread: Unknown | None = None
        for holder, link in self._links(reader):
            unread = unread or link.unknown
            for place in self._targets(holder, link.to) if link.to else ():
                dataset, certain = self._data[place]
                maybe.add(dataset)
                if certain:
                    sure.add(dataset)
        return frozenset(sure), frozenset(maybe), unread

    def _links(self, reader: Resource) -> Iterable[tuple[Resource, Link]]:
        """What it reads by itself, by its groups and by the policies of both."""
        waiting, seen = [reader], {reader.id}
        while waiting:
            holder = waiting.pop()
            for link in holder.links:
                if link.rel is Rel.READS or (link.rel in _THROUGH and link.unknown is not None):
                    yield holder, link
                elif link.rel in _THROUGH and (place := self._at(link.to)) is not None:
                    other = self._resources[place]
                    if other.id not in seen:
                        seen.add(other.id)
                        waiting.append(other)

    def _targets(self, reader: Resource, target: str) -> tuple[int, ...]:
        key = (*_home(reader), target)
        if key not in self._named:
            if target.startswith(f"{SERVICE}*"):
                found: Iterable[int] = self._of_account.get(_home(reader), ())
            elif (place := self._at(target)) is not None:
                found = (place,)
            else:
                found = self._readable.places(reader, target)
            self._named[key] = tuple(place for place in found if place in self._data)
        return self._named[key]


_THROUGH: Final = frozenset({Rel.MEMBER_OF, Rel.ATTACHES})
_TOLD_BY: Final = _THROUGH | {Rel.READS}
