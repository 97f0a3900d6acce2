"""A scan after another: what was read then and has not changed since is taken over, with the time at which it was read."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from msgspec import structs

from tierwise.connectors.declared import Doc
from tierwise.model.content import Depth
from tierwise.model.fact import AnyFact, Facts, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Inherited, Resource

_FAILED: Final = frozenset(
    {
        UnknownReason.PERMISSION_DENIED,
        UnknownReason.API_ERROR,
        UnknownReason.THROTTLED,
        UnknownReason.UNPARSABLE,
        UnknownReason.REGION_DISABLED,
    }
)
"""Why something is unknown that may be known by now, without a change of the resource."""
NEVER: Final = datetime.max.replace(tzinfo=UTC)
_METADATA: Final = "ResponseMetadata"
_SKEW: Final = timedelta(minutes=5)
"""By how much this machine's clock may be ahead: a history is asked for from much longer before (`LAG`). AWS refuses requests beyond it by itself."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What must be the same for a resource to be taken over."""

    read: str
    """When it was read, in ISO 8601."""
    docs: Mapping[str, str] = field(default_factory=dict)
    """A digest of each document that its facts rest on and that is no answer about it alone."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A resource as an earlier scan has read it."""

    resource: Resource
    mark: Mark


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier scan of the same scope."""

    run: str
    started: datetime
    unit: Callable[[str], Mapping[str, Kept]]
    """What is kept of one unit, by resource id."""


@dataclass(slots=True)
class Rescan:
    """What is taken over from an earlier scan, and what this one leaves for the next. Several threads use it."""

    most: timedelta
    """How long after it was read something is still taken over."""
    started: datetime = NEVER
    """When this scan began; known before anything is read."""
    earlier: Earlier | None = None
    """None where everything is read."""
    marks: dict[str, dict[str, Mark]] = field(default_factory=dict)
    """What the next scan needs to know, by unit and resource."""
    taken: dict[str, str] = field(default_factory=dict)
    """When each resource was read that has been taken over."""
    blind: dict[str, str] = field(default_factory=dict)
    """Why changes are not known of a place (`account 111111111111`), so that all of it is read, or all of a service of it."""
    unused: str = ""
    """Why nothing is taken over of an earlier scan that there is."""
    heard: tuple[datetime, ...] = ()
    """When the first and the last answer came, by the services' clocks."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def kept(self, unit: str) -> Mapping[str, Kept]:
        """What the earlier scan kept of one unit: a service of an account and region, or of a project."""
        return self.earlier.unit(unit) if self.earlier is not None else {}

    def is_old(self, mark: Mark) -> bool:
        """Whether something is read again, changed or not: it was read too long ago, or a clock was wrong, so that nobody knows when."""
        age = self.started - datetime.fromisoformat(mark.read)
        return not timedelta(0) <= age <= self.most or self.ahead is not None

    def hear(self, date: str) -> None:
        """Note an answer's `Date` (RFC 9110, 6.6.1); what is none says nothing."""
        try:
            told = parsedate_to_datetime(date).astimezone(UTC)
        except (ValueError, OverflowError):
            return
        with self._lock:
            self.heard = (min(told, *self.heard[:1]), max(told, *self.heard[1:])) if self.heard else (told, told)

    @property
    def ahead(self) -> timedelta | None:
        """How far ahead this machine's clock was when the scan began, since a service answered before that; None where it was right, or is not known to have been wrong.

        A clock that is behind does no harm: more of the history is asked for than is needed.
        """
        if not self.heard or self.started == NEVER or self.started - self.heard[0] <= _SKEW:
            return None
        return self.started - self.heard[0]

    @property
    def until(self) -> datetime:
        """Up to when changes may be asked for: now by the services' clocks, which is later than the beginning of a scan that was gone on with."""
        return max((self.started, *self.heard))

    def not_known(self, place: str, why: str) -> None:
        """Note why something of a place is read again as a whole."""
        with self._lock:
            self.blind.setdefault(place, why)

    def mark(self, unit: str, resource: str, mark: Mark, *, taken: bool) -> None:
        """Note a resource for the next scan: as it was taken over, or as it is read now."""
        with self._lock:
            self.marks.setdefault(unit, {})[resource] = mark
            if taken:
                self.taken[resource] = mark.read
            else:
                self.taken.pop(resource, None)

    def forget(self, unit: str, resource: str) -> None:
        """Leave nothing of a resource, so that the next scan reads it."""
        with self._lock:
            self.marks.get(unit, {}).pop(resource, None)
            self.taken.pop(resource, None)

    def remarks(self, things: str) -> Iterator[str]:
        """What is to be known of it, a line for each thing; `things` are what may be taken over."""
        if self.ahead is not None:
            minutes = int(self.ahead.total_seconds() // 60)
            yield (
                f"this machine's clock is {minutes:,} minutes ahead: what has changed since a scan cannot be told by it, so nothing was taken over, "
                "nor will be of this scan; set the clock"
            )
        if self.unused:
            yield f"everything was read: {self.unused}"
        if self.earlier is None:
            return
        since = f"since run {self.earlier.run} of {self.earlier.started:%Y-%m-%d}"
        if self.taken:
            oldest = min(self.taken.values())[:10]
            of = sum(map(len, self.marks.values()))
            yield f"{len(self.taken):,} of {of:,} {things} are as they were read before, the oldest on {oldest}: no change is known {since}"
        for place, why in sorted(self.blind.items())[:3]:
            yield f"{place} was read again where the history of changes did not tell what is unchanged {since}: {why}"
        if len(self.blind) > 3:
            yield f"the same holds of {len(self.blind) - 3} further places"


def digest(doc: Maybe[Doc | None]) -> str:
    """What tells one document from another; empty for one that could not be read, which is the same as no other."""
    if isinstance(doc, Unknown):
        return ""
    told = {key: value for key, value in (doc.value or {}).items() if key != _METADATA}
    return hashlib.sha256(json.dumps([doc.value is None, told], sort_keys=True, default=str).encode()).hexdigest()[:16]


def is_whole(resource: Resource) -> bool:
    """Whether nothing of it is unknown that may be known by now."""
    unknowns = [*resource.facts.values(), *(link.unknown for link in resource.links)]
    failed = any(isinstance(one, Unknown) and one.reason in _FAILED for one in unknowns)
    return not failed and not resource.evidence.unread and isinstance(resource.tags, Known)


def settled(kept: Kept, names: Iterable[str]) -> Facts:
    """Of some facts of a resource those that were read, dated, and are not unknown for a reason that may have passed."""
    found = {name: fact for name in names if (fact := kept.resource.facts.get(name)) is not None}
    passing = _FAILED | {UnknownReason.NOT_COLLECTED}
    return {
        name: _dated(fact, kept.mark.read) for name, fact in found.items() if not (isinstance(fact, Unknown) and fact.reason in passing)
    }


def taken_over(kept: Kept, now: Resource, inherited: tuple[Inherited, ...]) -> Resource:
    """The resource as it was read, dated, under what its listing says of it now. What was found inside it is looked for again."""
    was = kept.resource
    facts: dict[str, AnyFact] = {name: _dated(fact, kept.mark.read) for name, fact in was.facts.items()}
    facts |= {name: fact for name, fact in now.facts.items() if not isinstance(fact, Unknown) or name not in facts}
    evidence = replace(was.evidence, found=(), external=(), looked=Depth.METADATA, inherited=inherited)
    return replace(now, facts=facts, links=was.links, grants=was.grants, evidence=evidence)


def _dated(fact: AnyFact, read: str) -> AnyFact:
    if isinstance(fact, Unknown) or fact.via.as_of:
        return fact
    return structs.replace(fact, via=structs.replace(fact.via, as_of=read))


def recorded_since(facts: Facts, read: str) -> bool:
    """Whether something of it was recorded by another after it was read."""
    return any(datetime.fromisoformat(fact.via.as_of) > datetime.fromisoformat(read) for fact in facts.values() if fact.via.as_of)
