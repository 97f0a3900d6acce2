"""How many people a store is about: what was declared, else a band between what a sample shows for certain and what there is room for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tierwise.classify.looked import one_each
from tierwise.model.detection import Strength
from tierwise.model.fact import AnyFact, Known, Provenance
from tierwise.model.resource import Kind, Resource

BANDS: Final = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
"""Where bands V1 to V5 begin; below them is V0 (DOMAIN section 3(a), scale bands for reporting)."""
_ROWS: Final = frozenset({Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.WAREHOUSE})
"""Kinds whose items are rows, of which one is about one person at most; an object can be about many."""
_SHORTEST: Final = 10
"""Bytes without which nothing tells one person from another: an identifier of nine signs and what parts it from the next."""
_SAMPLE: Final = Provenance("derived: different identifiers in a sample")


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
    told = list(_counted(resource))
    low = max((count for count, _ in told), default=0)
    ceilings = list(_room(resource))
    if not low and not ceilings:
        return None
    basis = [max(told)[1]] if told else []
    if not ceilings:
        return People(low, None, tuple(basis))
    high, words = min(ceilings)
    # A provider counts its items a few times a day: what the sample shows is there all the same.
    return People(low, max(high, low), (*basis, words))


def _counted(resource: Resource) -> Iterator[tuple[int, str]]:
    """Different identifiers that one person has one of, column by column; those of one object, at the least."""
    for found in resource.evidence.found:
        one = found.detection
        if one.detector in one_each() and one.real and one.distinct and one.strength is not Strength.WEAK:
            yield one.distinct, f"{one.distinct:,} different values of {one.detector} in a sample"


def _room(resource: Resource) -> Iterator[tuple[int, str]]:
    for name, most, words in (
        ("volume.items", 1, "{:,} rows, of one person each at most"),
        ("volume.bytes", _SHORTEST, "{:,} bytes, ten for each person at the least"),
    ):
        fact = resource.facts.get(name)
        if (
            isinstance(fact, Known)
            and isinstance(fact.value, int | float)
            and fact.value > 0
            and (name == "volume.bytes" or resource.kind in _ROWS)
        ):
            yield int(fact.value) // most, words.format(int(fact.value))


def contradicted(resource: Resource, declared: int | None) -> AnyFact | None:
    """`scale.subjects_consistent` as false, where a sample alone shows more people than were declared; else None."""
    found = measured(resource)
    return Known(value=False, via=_SAMPLE) if declared is not None and found is not None and found.low > declared else None
