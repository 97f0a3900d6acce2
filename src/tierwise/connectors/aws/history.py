"""What CloudTrail's event history says of changes since a moment: which resources they name, and which name none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.read import Read
from tierwise.model.fact import Unknown, UnknownReason

LOOKUP = Read("cloudtrail", "LookupEvents", "cloudtrail:LookupEvents")
LONGEST: Final = timedelta(days=90)
"""How far back it can be asked for (CloudTrail API Reference, LookupEvents)."""
LAG: Final = timedelta(hours=1)
"""How much earlier than the last scan it is asked for: events come about five minutes late, and that is not guaranteed (CloudTrail User Guide)."""
_PAUSE: Final = 0.5
"""Seconds between two pages: two requests a second are answered, an account and region (API Reference, LookupEvents)."""
_PAGES: Final = 200
"""Pages of fifty events after which reading everything again is the shorter way."""
_ONLY_CHANGES: Final = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]


@dataclass(frozen=True, slots=True)
class History:
    """Of whose changes the event history tells, for the resources of a collector: what they are made of is changed by these services' calls alone."""

    sources: frozenset[str]
    """`s3.amazonaws.com`"""
    types: frozenset[str]
    """CloudTrail's types of the resources: an event that names one of these changes no other."""
    makes: frozenset[str]
    """Events that make a new resource and change none that is there."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change, in short."""

    source: str
    name: str
    types: frozenset[str]
    words: frozenset[str]
    """Every string in which it may name a resource."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of an account since a moment, in all regions that are scanned."""

    events: tuple[Event, ...] = ()
    untold: Mapping[str, str] = field(default_factory=dict)
    """Regions whose history a policy of the organisation closes, as that of a closed region is, and why: what is open there all the same is read."""

    def named(self, history: History) -> frozenset[str]:
        """What the changes of these services name."""
        return frozenset[str]().union(*(one.words for one in self.events if one.source in history.sources))

    def loose(self, history: History, known: frozenset[str]) -> str:
        """A change of these services that names none of the known resources, and may so be one of them all; empty where there is none."""
        return next(
            (
                one.name
                for one in self.events
                if one.source in history.sources
                and one.name not in history.makes
                and not one.types & history.types
                and not one.words & known
            ),
            "",
        )


def changes_since(caller: Caller, since: datetime) -> tuple[Event, ...] | Unknown:
    """The changes in a region since a moment; why they are not known, where its history could not be read to its end."""
    found: list[Event] = []
    try:
        for number, page in enumerate(caller.pages(LOOKUP, LookupAttributes=_ONLY_CHANGES, StartTime=since - LAG)):
            if number == _PAGES:
                return Unknown(UnknownReason.NOT_COLLECTED, LOOKUP.via, f"more than {_PAGES * 50:,} changes")
            if number:
                caller.pause(_PAUSE)
            found += map(_event, page.get("Events") or ())
    except ListingFailedError as failed:
        return Unknown(UnknownReason(failed.gap.reason), LOOKUP.via, failed.gap.detail)
    return tuple(found)


def _event(told: Mapping[str, Any]) -> Event:
    resources = told.get("Resources") or ()
    try:
        whole = json.loads(told.get("CloudTrailEvent") or "{}")
    except ValueError:
        whole = {}
    parts = [whole.get(name) for name in ("requestParameters", "responseElements", "resources")] if isinstance(whole, dict) else []
    words = frozenset(_words([*parts, [one.get("ResourceName") for one in resources]]))
    types = frozenset(str(one.get("ResourceType")) for one in resources)
    return Event(str(told.get("EventSource")), str(told.get("EventName")), types, words)


def _words(parts: Iterable[Any]) -> Iterator[str]:
    """Every string in some JSON; without recursion, since others have written it."""
    waiting = list(parts)
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
