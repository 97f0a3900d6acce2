"""Collects from sources: the only thread pool. What a unit yields is filed by the thread that started it."""

from __future__ import annotations

import ctypes
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from tierwise.classify.mask import Mask, passing_mask
from tierwise.classify.withhold import withhold
from tierwise.connectors.base import Item, Organisation, Unit
from tierwise.connectors.reported import Reported
from tierwise.model.change import Change
from tierwise.model.content import Look
from tierwise.model.fact import NOT_COLLECTED, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import FactUpdate, Gap, ReadOutcome, RegionStatus, Resource

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with (stage, units done, units known so far); from one thread."""

_M_ARENA_MAX: Final = -8
"""mallopt(3)'s parameter, from <malloc.h>."""


@dataclass(slots=True)
class Collected:
    """What the sources gave, as it came in."""

    resources: dict[str, Resource] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    """What a plan does to what is there already, by resource id."""
    gaps: list[Gap] = field(default_factory=list)
    outcomes: list[ReadOutcome] = field(default_factory=list)
    regions: list[RegionStatus] = field(default_factory=list)
    organisation: Maybe[frozenset[str]] = NOT_COLLECTED
    looks: list[Look] = field(default_factory=list)
    relinked: bool = False
    """Whether links that waited have come in since tiers were computed."""
    notes: list[str] = field(default_factory=list)
    """What the reader of a report should know of how the evidence came in."""
    mask: Mask = field(default_factory=passing_mask)
    masked: dict[str, str] = field(default_factory=dict)
    """The ids of resources that are masked, by the id under which their source knows them."""
    crashes: list[str] = field(default_factory=list)
    """Tracebacks of units that a bug ended; the run goes on and ends with exit code 70."""

    def take(self, item: Item) -> None:
        """File one item where it belongs; units are the pool's."""
        match item:
            case Resource():
                told = withhold(item, self.mask)
                if told.id != item.id:
                    self.masked[item.id] = told.id
                known = self.resources.get(told.id)
                self.resources[told.id] = told if known is None else _merged(known, told)
            case FactUpdate():
                known = self.resources[self.masked.get(item.resource, item.resource)]
                update = self.mask.update(item, known)
                links = known.links if update.links is None else update.links
                self.relinked = self.relinked or links != known.links
                self.resources[known.id] = replace(
                    known, facts={**known.facts, **update.facts}, grants=update.grants or known.grants, links=links
                )
            case Change():
                change = self.mask.change(item)
                self.changes[change.resource] = change
            case Gap():
                self.gaps.append(self.mask.gap(item))
            case ReadOutcome():
                resource = (
                    item.resource if item.resource in self.resources else self.masked.get(item.resource) or self.mask.text(item.resource)
                )
                self.outcomes.append(replace(item, account=self.mask.text(item.account), resource=resource))
            case RegionStatus():
                self.regions.append(replace(item, account=self.mask.text(item.account)))
            case Look():
                self._look(item)
            case Organisation():
                members = item.members
                if isinstance(members, Known):
                    members = Known(frozenset([self.mask.text(one) for one in members.value]), members.via)
                self.organisation = _members(self.organisation, members)
            case Unit():
                raise TypeError("a unit is run, not filed")

    def _look(self, look: Look) -> None:
        """File a look, with what it found as evidence of its store; where all of it was denied, evidence that is due is missing."""
        known = self.resources[self.masked.get(look.resource, look.resource)]
        self.looks.append(replace(look, resource=known.id))
        evidence = replace(known.evidence, found=(*known.evidence.found, *look.found))
        if look.blocked:
            via = Provenance(f"sample: {look.blocked}", look.blocked)
            evidence = replace(evidence, unread=(*evidence.unread, Unknown(UnknownReason.PERMISSION_DENIED, via)))
        self.resources[known.id] = replace(known, evidence=evidence)

    def report(self, reported: Reported) -> None:
        """File what another tool says of the stores; a note tells of what it says of none of them."""
        said = {self.mask.text(store).lower(): words for store, words in reported.words.items()}
        known: set[str] = set()
        for key, resource in self.resources.items():
            mine = said.keys() & {key.lower(), *(alias.lower().rstrip("/") for alias in resource.aliases)}
            if mine:
                known |= mine
                external = tuple(sorted({*resource.evidence.external}.union(*(said[one] for one in mine))))
                self.resources[key] = replace(resource, evidence=replace(resource.evidence, external=external))
        if lost := len(said) - len(known):
            self.notes.append(f"{reported.source}: {reported.tool} speaks of stores that are not in this scan: {lost}")

    def as_asked(self, ids: Iterable[str]) -> list[str]:
        """Ids as the sources know them."""
        unmasked = {told: own for own, told in self.masked.items()}
        return [unmasked.get(one, one) for one in ids]


def _merged(one: Resource, other: Resource) -> Resource:
    """One resource listed twice (two files of a plan set, two accounts that see one bucket): facts and links together, the first wins."""
    return replace(one, facts={**other.facts, **one.facts}, links=tuple(dict.fromkeys([*one.links, *other.links])))


def _members(one: Maybe[frozenset[str]], other: Maybe[frozenset[str]]) -> Maybe[frozenset[str]]:
    if isinstance(one, Known) and isinstance(other, Known):
        return Known(one.value | other.value, one.via)
    return other if isinstance(other, Known) or one is NOT_COLLECTED else one


def run_units(units: Iterable[Unit], collected: Collected, *, jobs: int, stage: str, progress: Progress | None) -> None:
    """Run units on a bounded pool until none is left; units may yield units. A crash costs its own unit only. One job needs no thread."""
    if jobs == 1:
        _run_here(list(units), collected, stage, progress)
        return
    _few_arenas()
    work: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
    results: queue.SimpleQueue[tuple[Unit, list[Item], str]] = queue.SimpleQueue()
    known = 0
    for unit in units:
        work.put(unit)
        known += 1
    threads = [threading.Thread(target=_work, args=(work, results), daemon=True) for _ in range(max(1, jobs))]
    for thread in threads:
        thread.start()
    done = 0
    while done < known:
        more = _file(*results.get(), collected)
        for unit in more:
            work.put(unit)
        known += len(more)
        done += 1
        if progress:
            progress(stage, done, known)
    for _ in threads:
        work.put(None)
    for thread in threads:
        thread.join()


def _run_here(waiting: list[Unit], collected: Collected, stage: str, progress: Progress | None) -> None:
    done = 0
    while waiting:
        waiting += _file(*_run(waiting.pop(0)), collected)
        done += 1
        if progress:
            progress(stage, done, done + len(waiting))


def _file(unit: Unit, items: Iterable[Item], crash: str, collected: Collected) -> list[Unit]:
    """File what a unit yielded; the units among it."""
    more: list[Unit] = []
    for item in items:
        if isinstance(item, Unit):
            more.append(item)
        else:
            collected.take(item)
    if crash:
        crash = collected.mask.text(crash)
        collected.crashes.append(crash)
        collected.take(Gap(unit.provider, unit.account, unit.region, unit.service, "internal-error", "", crash.splitlines()[-1]))
    return more


def _few_arenas() -> None:
    """Keep glibc from giving each thread an arena of its own: with two dozen threads that costs 50 MB. Does nothing elsewhere."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 2)


def _work(work: queue.SimpleQueue[Unit | None], results: queue.SimpleQueue[tuple[Unit, list[Item], str]]) -> None:
    while (unit := work.get()) is not None:
        results.put(_run(unit))


def _run(unit: Unit) -> tuple[Unit, list[Item], str]:
    """What a unit yields, up to where it crashed, and the traceback if it did."""
    items: list[Item] = []
    try:
        items.extend(unit.run())
    except Exception as error:  # noqa: BLE001 - the one place: a bug in a collector costs its own unit, is kept whole, and ends the run with 70
        return unit, items, _without_values(error) if unit.private else traceback.format_exc()
    return unit, items, ""


def _without_values(error: Exception) -> str:
    """Where a bug ended a look into a store, and its kind; its message may quote what was read."""
    return f"{''.join(traceback.format_tb(error.__traceback__))}{type(error).__name__}: message withheld, since content was being read"
