"""What tells a scan of Google Cloud that a resource is as an earlier one has read it: the audit log, and what its facts rest on."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tierwise.connectors.declared import Doc, Draft, finished
from tierwise.connectors.gcp.calls import Caller
from tierwise.connectors.gcp.history import History, changed_in
from tierwise.connectors.gcp.iam import PLACE
from tierwise.connectors.gcp.place import Place
from tierwise.connectors.gcp.read import Collector
from tierwise.connectors.rescan import Kept, Mark, Rescan, taken_over
from tierwise.model.canonical import canonical
from tierwise.model.fact import NOT_COLLECTED, Known, Maybe, Unknown
from tierwise.model.resource import Inherited, Resource

_MANY: Final = 1024
"""Documents whose digests are kept at hand."""


@dataclass(frozen=True, slots=True)
class _Before:
    """Of a collector's resources in one project: what an earlier scan has kept, and what changes since name."""

    kept: Mapping[str, Kept]
    changed: frozenset[str]


@dataclass(slots=True)
class Past:
    """What of an earlier scan still holds. Several threads use it."""

    rescan: Rescan
    _before: dict[str, _Before] = field(default_factory=dict)
    """By unit."""
    _taken: dict[str, Kept] = field(default_factory=dict)
    """What was taken over, by resource."""
    _digested: dict[int, tuple[object, str]] = field(default_factory=dict)
    """Digests of documents that many resources share, each with the document that has this identity."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, caller: Caller, places: Iterable[Place], collectors: Iterable[Collector]) -> None:
        """Find out what has changed in these projects of what was kept of them. No fact rests on it: where it is not known, all is read."""
        earlier = self.rescan.earlier
        if earlier is None:
            return
        each = {place.id: place for place in places}
        for collector in collectors:
            if collector.history is None:
                continue
            with self._lock:
                kept = {
                    one: self.rescan.kept(_unit(collector, each[one])) for one in each if _unit(collector, each[one]) not in self._before
                }
                due = [one for one, resources in kept.items() if resources]
                changed = changed_in(caller, due, earlier.started, collector.history) if due else {}
                for project, names in changed.items():
                    if isinstance(names, str):
                        self.rescan.not_known(f"project {project}", names)
                    else:
                        self._before[_unit(collector, each[project])] = _Before(kept[project], names)

    def taken_over(self, collector: Collector, draft: Draft, caller: Caller, inherited: tuple[Inherited, ...]) -> Resource | None:
        """The resource as an earlier scan has read it; None where it is not known that nothing has changed, and it has to be read."""
        unit, key, history = _unit(collector, caller.place), draft.resource.id, collector.history
        before = self._before.get(unit)
        kept = before.kept.get(key) if before is not None else None
        if before is None or kept is None or history is None:
            return None
        if self.rescan.is_old(kept.mark) or before.changed & {draft.resource.name, *draft.resource.aliases}:
            return None
        probe = Draft(draft.resource, dict(draft.docs))
        for read in sorted(collector.reads, key=lambda one: one.late):
            if read.of == draft.resource.type and read not in history.reads and read.operation in kept.mark.docs:
                caller.read_into(probe, read)
                if read.make is None:
                    # What is asked of it alone need not be asked again.
                    draft.docs[read.operation] = probe.docs[read.operation]
        if self._digests(collector, history, probe) != kept.mark.docs:
            return None
        now = finished(collector, probe, caller.place.unit, inherited)
        with self._lock:
            self._taken[key] = kept
        self.rescan.mark(unit, key, kept.mark, taken=True)
        return taken_over(kept, now, inherited)

    def was_asked(self, resource: str) -> frozenset[str]:
        """What was read of a resource that was taken over, and of which more is asked now: facts are made of all that was read, so it is read as a whole."""
        with self._lock:
            kept = self._taken.pop(resource, None)
        if kept is None:
            return frozenset()
        return frozenset(
            name for name, fact in kept.resource.facts.items() if not (isinstance(fact, Unknown) and fact.reason is NOT_COLLECTED.reason)
        )

    def mark(self, collector: Collector, draft: Draft, place: Place) -> None:
        """Leave a resource that is read now for the next scan; not where a read of it alone has failed, which is tried again."""
        history, unit = collector.history, _unit(collector, place)
        if history is None:
            return
        if any(_holds_unknown(draft.docs.get(read.operation)) for read in history.reads):
            self.rescan.forget(unit, draft.resource.id)
        else:
            self.rescan.mark(
                unit, draft.resource.id, Mark(self.rescan.started.isoformat(), self._digests(collector, history, draft)), taken=False
            )

    def _digests(self, collector: Collector, history: History, draft: Draft) -> dict[str, str]:
        """A digest of each document of a draft but those whose changes the log tells. One that could not be read is the same as long as it cannot."""
        own = {read.operation for read in history.reads}
        shared = {read.operation for read in collector.reads if read.make is not None}
        return {
            name: self._of_shared(doc) if name in shared else _digest(_told(name, doc))
            for name, doc in draft.docs.items()
            if name not in own
        }

    def _of_shared(self, doc: object) -> str:
        with self._lock:
            found = self._digested.get(id(doc))
            if found is None:
                if len(self._digested) == _MANY:
                    self._digested.clear()
                found = self._digested[id(doc)] = (doc, _digest(doc))
            return found[1]


def _unit(collector: Collector, place: Place) -> str:
    return f"gcp:{place.id}/{collector.service}"


def _told(name: str, doc: Maybe[Doc | None]) -> object:
    """What facts rest on of a document: of a place, which it is and what it is in."""
    if name == PLACE and isinstance(doc, Known):
        place: Place = (doc.value or {})[PLACE]
        return place.id, place.number, place.ancestors, place.parent
    return doc


def _digest(told: object) -> str:
    return hashlib.sha256(canonical(told).encode()).hexdigest()[:16]


def _holds_unknown(doc: object) -> bool:
    """Whether something of a document could not be read."""
    waiting = [doc]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Unknown):
            return True
        if isinstance(one, Known):
            waiting.append(one.value)
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return False
