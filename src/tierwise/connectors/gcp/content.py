"""Looks into buckets of Cloud Storage: the only reads of this package that open data, declared apart from all others.

Cloud Storage JSON API: `objects.list` with a delimiter and `startOffset`; `objects.get` with `alt=media`, a range, and `ifGenerationMatch`, so
that an object that is replaced while it is read is told (412). Objects of every storage class, ARCHIVE among them, are read at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tierwise.connectors.answers import opened
from tierwise.connectors.gcp.calls import Caller
from tierwise.connectors.gcp.read import Read
from tierwise.connectors.gcp.services.storage import TYPE
from tierwise.content.blob import Reason
from tierwise.content.choose import Entry, Level
from tierwise.content.look import Looker
from tierwise.model.content import Depth, Look
from tierwise.model.resource import Resource

LIST: Final = Read(
    "storage",
    "/storage/v1/b/{}/o",
    "storage.objects.list",
    TYPE,
    query=(
        ("delimiter", "/"),
        ("maxResults", "1000"),
        ("fields", "items(name,size,generation),prefixes,nextPageToken"),
        ("prefix", ""),
        ("startOffset", ""),
    ),
)
GET: Final = Read(
    "storage", "/storage/v1/b/{}/o/{}", "storage.objects.get", TYPE, query=(("alt", "media"), ("ifGenerationMatch", "")), opaque=True
)
BY_DEPTH: Final[Mapping[Depth, tuple[Read, ...]]] = {Depth.METADATA: (), Depth.NAMES: (LIST,), Depth.CONTENT: (LIST, GET)}
"""The reads that a depth adds to those of an inventory."""
TYPES: Final = frozenset({TYPE})
"""The types of stores that are looked into."""
_ACTIONS: Final[Mapping[str, str]] = {"keys": LIST.action, "content": GET.action}
_REASONS: Final[Mapping[str, Reason]] = {
    "conditionNotMet": Reason.CHANGED,
    "HTTP 412": Reason.CHANGED,
    "requestedRangeNotSatisfiable": Reason.CHANGED,
    "HTTP 416": Reason.CHANGED,
    "notFound": Reason.GONE,
    "HTTP 404": Reason.GONE,
    "resourceIsEncryptedWithCustomerEncryptionKey": Reason.ENCRYPTED,
}
"""By the reasons of the JSON API (Cloud Storage documentation, "HTTP status and error codes for JSON"); what is asked for with `alt=media` may fail with a text."""


def look(caller: Caller, resource: Resource, looker: Looker) -> Look:
    """Look into a bucket."""
    found = looker.into_objects(resource.id, _Bucket(caller, resource.name))
    return replace(found, blocked=_ACTIONS.get(found.blocked, ""))


@dataclass(frozen=True, slots=True)
class _Bucket:
    """The objects of a bucket."""

    caller: Caller
    name: str

    def level(self, prefix: str, after: str) -> Level:
        """One page below a prefix."""
        page = opened(self.caller.ask(LIST, (self.name,), more=(("prefix", prefix), ("startOffset", after))), _REASONS).value or {}
        entries = tuple(
            Entry(str(one["name"]), int(str(one.get("size") or 0)), str(one.get("generation") or "")) for one in page.get("items") or ()
        )
        return Level(tuple(map(str, page.get("prefixes") or ())), entries, bool(page.get("nextPageToken")))

    def fetch(self, entry: Entry, start: int, length: int) -> bytes:
        """A range of an object that is still the one that was listed."""
        same = (("ifGenerationMatch", entry.version),) if entry.version else ()
        found: bytes = opened(self.caller.part(GET, (self.name, entry.key), same, start, length), _REASONS)
        return found
