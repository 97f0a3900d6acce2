"""How many people a store is about: what was declared, else a band between what a sample shows for certain and what there is room for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tierwise.classify.content import PEOPLE
from tierwise.classify.looked import certain, one_each
from tierwise.classify.names import singular, split_words
from tierwise.classify.schema import column_detectors
from tierwise.model.fact import AnyFact, Known, Provenance
from tierwise.model.resource import Column, Kind, Resource

BANDS: Final = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
"""Where bands V1 to V5 begin; below them is V0 (DOMAIN section 3(a), scale bands for reporting)."""
_ROWS: Final = frozenset({Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.WAREHOUSE})
"""Kinds whose items are rows, of which one is about one person at most; an object can be about many."""
_SHORTEST: Final = 10
"""Bytes without which nothing tells one person from another: an identifier of nine signs and what parts it from the next."""
_COUNTED: Final = Provenance("derived: different identifiers in a sample, and rows by their key")


@dataclass(frozen=True, slots=True)
class People:
    """Between how many people a store is about, and what says so."""

    low: int
    high: int | None
    basis: tuple[str, ...]

    @property
    def band(self) -> str:
        """`V1`, `V0 to V2`, or `V1 or more`."""
        first = _band(self.low)
        if self.high is None:
            return first if first == "V5" else f"{first} or more"
        last = _band(self.high)
        return first if first == last else f"{first} to {last}"

    @property
    def words(self) -> str:
        """The numbers, the band and the basis as a sentence goes on."""
        least = f"{self.low:,}" if self.low else "no"
        span = (
            f"{least} people or more"
            if self.high is None
            else f"{self.high:,} people at most"
            if not self.low
            else f"{least} to {self.high:,} people"
        )
        return f"{span} ({self.band}), by {'; '.join(self.basis)}"


def _band(people: int) -> str:
    return f"V{sum(people >= start for start in BANDS)}"


def measured(resource: Resource) -> People | None:
    """What samples, rows and bytes say of the number of people; None where nothing does. It rests on counts alone, never on values."""
    fewest = least(resource)
    low = fewest.people if fewest is not None else 0
    # That there is room for everybody says nothing.
    ceilings = [one for one in _room(resource) if one[0] < BANDS[-1]]
    if not low and not ceilings:
        return None
    basis = [fewest.words] if fewest is not None else []
    if not ceilings:
        return People(low, None, (*basis, *_rows_by_size(resource)))
    high, words = min(ceilings)
    # A provider counts its items a few times a day: what the sample shows is there all the same.
    return People(low, max(high, low), (*basis, words, *_rows_by_size(resource)))


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """A number of people at the least."""

    people: int
    rule: str
    of: str
    """What was counted."""
    words: str


def least(resource: Resource) -> Counted | None:
    """The number of people that it is about at the least; None where nothing says."""
    return max(counted(resource), default=None)


def counted(resource: Resource) -> Iterator[Counted]:
    """Different identifiers that one person has one of, over all that was sampled; and rows, each of which is another person's by its key."""
    for detector, count in resource.evidence.sampled.people:
        if detector in one_each() and count:
            yield Counted(count, "counted-people", detector, f"{count:,} different values of {detector} in a sample")
    rows = _rows(resource)
    for table, key in _keys(resource):
        if rows.get(table):
            yield Counted(
                rows[table], "counted-rows", f"rows of {table}", f"{rows[table]:,} rows of {table!r}, each under a {key!r} of its own"
            )


def _rows(resource: Resource) -> dict[str, int]:
    """Rows by table, as the provider or a catalogue counts them; the items of a store that is one table are its rows."""
    counted = dict(resource.evidence.rows)
    items = resource.facts.get("volume.items")
    tables = {one.table for one in resource.evidence.columns}
    if not counted and resource.kind is Kind.DOCUMENT_DB and len(tables) == 1 and isinstance(items, Known) and isinstance(items.value, int):
        counted = dict.fromkeys(tables, items.value)
    return counted


def _keys(resource: Resource) -> Iterator[tuple[str, str]]:
    """Tables whose key is one column that tells one person from another, by its name or by what was sampled in it."""
    evidence = resource.evidence
    keys: dict[str, dict[str, Column]] = {}
    for one in evidence.columns:
        if one.key:
            # Two catalogues may list one column.
            keys.setdefault(one.table, {})[one.name] = one
    seen = {
        found.detection.column
        for found in certain(evidence.found)
        if found.detection.detector in one_each() and found.detection.hits >= _MOST * found.detection.checked
    }
    for table, columns in sorted(keys.items()):
        name, column = next(iter(columns.items()))
        if len(columns) == 1 and (_names_person(column) or name in seen):
            yield table, name


def _names_person(column: Column) -> bool:
    *before, last = [singular(word) for word in split_words(column.name)] or [""]
    if last in _NUMBERED and before and before[-1] in _PERSONS:
        return True
    return any(one.id in one_each() for one in column_detectors(column.name, column.type))


_MOST: Final = 0.8
_NUMBERED: Final = frozenset({"id", "key", "no", "number", "ref", "identifier"})
_PERSONS: Final = frozenset(
    ("person", "people", "patient", "citizen", "claimant", "applicant", "pupil", "student", "learner", "employee", "resident", "taxpayer", "offender", "prisoner", "child", "tenant", "donor", "passenger")
)  # fmt: skip
"""Words for one person; a client, a customer or a user may be a company or a machine."""


def _room(resource: Resource) -> Iterator[tuple[int, str]]:
    size, items = (resource.facts.get(name) for name in ("volume.bytes", "volume.items"))
    if isinstance(size, Known) and isinstance(size.value, int | float) and size.value > 0:
        yield int(size.value) // _SHORTEST, f"{int(size.value):,} bytes, ten for each person at the least"
    if resource.kind in _ROWS and isinstance(items, Known) and isinstance(items.value, int | float) and items.value > 0:
        yield int(items.value), f"{int(items.value):,} rows, of one person each at most"
    yield from _room_in_tables(resource)


def _room_in_tables(resource: Resource) -> Iterator[tuple[int, str]]:
    """The rows of the tables that are named for people, where all of these are counted."""
    rows = dict(resource.evidence.rows)
    about = {
        one.table
        for one in resource.evidence.columns
        if any(each.category.category in PEOPLE for each in column_detectors(one.name, one.type)) or _names_person(one)
    }
    if rows and not resource.evidence.unread and about <= rows.keys():
        chosen = about or rows.keys()
        total = sum(rows[table] for table in chosen)
        if total:
            tables = f"{len(chosen)} tables" if len(chosen) > 1 else repr(min(chosen))
            yield total, f"{total:,} rows of {tables}, of one person each at most"


def _rows_by_size(resource: Resource) -> Iterator[str]:
    """How many rows a store of objects may have by its size: an estimate, since it may hold other things and be compressed."""
    sampled, size = resource.evidence.sampled, resource.facts.get("volume.bytes")
    if resource.kind not in _ROWS and sampled.rows and isinstance(size, Known) and isinstance(size.value, int | float) and size.value > 0:
        each = max(1, round(sampled.signs / sampled.rows))
        yield f"about {int(size.value) // each:,} rows by its size, at {each:,} bytes a sampled row"


def contradicted(resource: Resource, declared: int | None) -> AnyFact | None:
    """`scale.subjects_consistent` as false, where what was counted alone shows more people than were declared; else None."""
    return (
        Known(value=False, via=_COUNTED)
        if declared is not None and (fewest := least(resource)) is not None and fewest.people > declared
        else None
    )
