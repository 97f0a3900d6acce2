"""What tells a scan of Azure that facts are as an earlier one has read them: the activity log, and what the inventory says of the resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from tierwise.connectors.azure.history import CHANGED, changes_since, whole_of
from tierwise.connectors.azure.read import Collector, Read
from tierwise.connectors.base import link_name
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.rescan import Earlier, Kept, Mark, Rescan, digest, settled
from tierwise.model.fact import NOT_COLLECTED, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel, Resource

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

_NOTHING: Final[tuple[frozenset[Rel], tuple[Link, ...]]] = (frozenset(), ())


@dataclass(slots=True)
class Unchanged:
    """What one scan takes over from an earlier one: facts and links of which the activity log tells each change. Several threads use it."""

    rescan: Rescan
    units: dict[str, Mapping[str, Kept]] = field(default_factory=dict)
    """What the earlier scan has kept, by unit; put together once."""
    taken: dict[str, tuple[frozenset[Rel], tuple[Link, ...]]] = field(default_factory=dict)
    """The relations whose links were taken over, and the links, by resource."""

    def known(self, collector: Collector, draft: Draft, caller: Caller) -> Resource:
        """The resource with what is known to be as it was; all else is read."""
        told = told_by(collector)
        if not told:
            return draft.resource
        now, unit = draft.resource, f"{caller.place.id}/{collector.service}"
        mark = Mark(self.rescan.started.isoformat(), _digests(collector, draft))
        kept = self._kept(unit).get(now.id)
        facts = settled(kept, [name for name in told if _is_unread(now, name)]) if kept is not None else {}
        if kept is None or not facts or not self._is_same(kept, mark, caller):
            self.rescan.mark(unit, now.id, mark, taken=False)
            return now
        self.rescan.mark(unit, now.id, kept.mark, taken=True)
        open_ = {link.rel for link in kept.resource.links if link.unknown is not None}
        rels = frozenset(link.rel for link in now.links if link.waits and link_name(link.rel) in told) - open_
        self.taken[now.id] = rels, tuple(link for link in kept.resource.links if link.rel in rels)
        return replace(now, facts={**now.facts, **facts}, links=self.linked(now.id, now.links))

    def linked(self, resource: str, links: tuple[Link, ...], read: frozenset[Rel] = frozenset()) -> tuple[Link, ...]:
        """Links, with those that were taken over in place of what has not been read since."""
        rels, taken = self.taken.get(resource, _NOTHING)
        still = rels - read
        return (*(one for one in links if one.rel not in still), *(one for one in taken if one.rel in still)) if still else links

    def _kept(self, unit: str) -> Mapping[str, Kept]:
        if unit not in self.units:
            self.units[unit] = self.rescan.kept(unit)
        return self.units[unit]

    def _is_same(self, kept: Kept, mark: Mark, caller: Caller) -> bool:
        """Whether the inventory says the same of a resource, and nothing was asked of Azure Resource Manager that may have changed it or what it is part of."""
        earlier, place = self.rescan.earlier, caller.place
        if earlier is None or not place.id or kept.mark.docs != mark.docs or "" in mark.docs.values() or self.rescan.is_old(kept.mark):
            return False
        changes = place.once("changes", partial(self._changes, caller, earlier))
        return isinstance(changes, Known) and whole_of(kept.resource.id) not in (changes.value or {})[CHANGED]

    def _changes(self, caller: Caller, earlier: Earlier) -> Maybe[Doc | None]:
        asking = caller.apart()
        found = changes_since(asking, earlier.started, self.rescan.until)
        if isinstance(found, Unknown):
            # No fact rests on it: what is not known to be unchanged is read, and nothing is missing for that.
            why = f"its activity log could not be read ({found.detail or found.reason.value})"
            self.rescan.not_known(f"subscription {caller.place.id}", why)
        else:
            caller.tally.take(asking.tally)
        return found


@cache
def told_by(collector: Collector) -> frozenset[str]:
    """The facts and links of a collector that reads give of whose every change the activity log tells, and no others."""
    reads = [read for read in collector.reads if read.stage is Stage.DETAIL]
    other = frozenset[str]().union(*(read.yields for read in reads if not _is_told(read)))
    return frozenset[str]().union(*(read.yields for read in reads if _is_told(read))) - other


def reads_told(collector: Collector) -> Iterator[Read]:
    """The reads that give these: what is not asked of a resource that has not changed."""
    told = told_by(collector)
    return (read for read in collector.reads if isinstance(read, Read) and read.told and read.stage is Stage.DETAIL and read.yields & told)


def _is_told(read: object) -> bool:
    return isinstance(read, Read) and read.told


def _is_unread(resource: Resource, name: str) -> bool:
    fact = resource.facts.get(name, NOT_COLLECTED)
    return isinstance(fact, Unknown) and fact.reason is UnknownReason.NOT_COLLECTED


def _digests(collector: Collector, draft: Draft) -> dict[str, str]:
    """A digest of each document that is read anew of a resource: its row, and what else stage 1 asks."""
    asked = {one.operation for one in (*collector.rows, *collector.lists, *collector.survey_reads)}
    return {name: digest(doc) for name, doc in draft.docs.items() if name in asked}
