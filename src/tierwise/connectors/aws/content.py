"""Looks into S3 buckets and DynamoDB tables: the only reads of this package that open data, declared apart from all others.

S3 API: ListObjectsV2 with a delimiter; GetObject with `Range` and `If-Match`, so that an object that changes while it is read is told
(412 PreconditionFailed); `InvalidObjectState` is an archived object; an object encrypted with a customer's key answers 400 InvalidRequest.
DynamoDB API: Scan with `Segment` and `TotalSegments`, which divide the table by the hash of its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from tierwise.connectors.answers import opened
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.read import Read
from tierwise.content.blob import Reason
from tierwise.content.choose import Entry, Level
from tierwise.content.look import Looker
from tierwise.model.content import Depth, Look
from tierwise.model.resource import Resource

LIST: Final = Read("s3", "ListObjectsV2", "s3:ListBucket")
GET: Final = Read("s3", "GetObject", "s3:GetObject")
SCAN: Final = Read("dynamodb", "Scan", "dynamodb:Scan")
BY_DEPTH: Final[Mapping[Depth, tuple[Read, ...]]] = {Depth.METADATA: (), Depth.NAMES: (LIST,), Depth.CONTENT: (LIST, GET, SCAN)}
"""The reads that a depth adds to those of an inventory."""
_ARCHIVED: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose objects have to be restored first (S3 User Guide, "Understanding and managing Amazon S3 storage classes")."""
_REASONS: Final[Mapping[str, Reason]] = {
    "InvalidObjectState": Reason.ARCHIVED,
    "PreconditionFailed": Reason.CHANGED,
    "412": Reason.CHANGED,
    "NoSuchKey": Reason.GONE,
    "404": Reason.GONE,
    "InvalidRange": Reason.CHANGED,
    "InvalidRequest": Reason.ENCRYPTED,
}
_SEGMENTS: Final = 4


def look(caller: Caller, resource: Resource, looker: Looker) -> Look:
    """Look into a bucket or a table."""
    if resource.type == "dynamodb.table":
        found = looker.into_items(resource.id, _Table(caller, resource.name))
    else:
        found = looker.into_objects(resource.id, _Bucket(caller, resource.name))
    return replace(found, blocked=_ACTIONS.get(found.blocked, ""))


_ACTIONS: Final[Mapping[str, str]] = {"keys": LIST.action, "content": GET.action, "items": SCAN.action}


TYPES: Final = frozenset({"s3.bucket", "dynamodb.table"})
"""The types of stores that are looked into."""


@dataclass(frozen=True, slots=True)
class _Bucket:
    """The objects of a bucket."""

    caller: Caller
    name: str

    def level(self, prefix: str, after: str) -> Level:
        """One page below a prefix."""
        start = {"StartAfter": after} if after else {}
        page = opened(self.caller.sample(LIST, dict, Bucket=self.name, Prefix=prefix, Delimiter="/", **start), _REASONS)
        entries = tuple(
            Entry(str(one["Key"]), int(one.get("Size", 0)), str(one.get("ETag", "")), str(one.get("StorageClass", "")) in _ARCHIVED)
            for one in page.get("Contents") or ()
        )
        prefixes = tuple(str(one["Prefix"]) for one in page.get("CommonPrefixes") or ())
        return Level(prefixes, entries, bool(page.get("IsTruncated")))

    def fetch(self, entry: Entry, start: int, length: int) -> bytes:
        """A range of an object that is still the one that was listed."""
        same = {"IfMatch": entry.version} if entry.version else {}
        span = f"bytes={start}-{start + length - 1}"
        found: bytes = opened(self.caller.sample(GET, _body(length), Bucket=self.name, Key=entry.key, Range=span, **same), _REASONS)
        return found


def _body(length: int) -> Callable[[Any], bytes]:
    def take(answer: Any) -> bytes:
        with answer["Body"] as body:
            return bytes(body.read(length))

    return take


@dataclass(frozen=True, slots=True)
class _Table:
    """The items of a table."""

    caller: Caller
    name: str

    def pages(self, count: int) -> Iterator[Iterable[Mapping[str, Any]]]:
        """The first items of each segment."""
        for segment in range(_SEGMENTS):
            limit = max(1, count // _SEGMENTS)
            page = opened(
                self.caller.sample(SCAN, dict, TableName=self.name, Limit=limit, Segment=segment, TotalSegments=_SEGMENTS), _REASONS
            )
            yield [{name: _plain(value) for name, value in item.items()} for item in page.get("Items") or ()]


def _plain(value: Mapping[str, Any]) -> Any:
    """An attribute without the keys that say its type (DynamoDB API, AttributeValue); binary is no text."""
    for kind, inner in value.items():
        match kind:
            case "M":
                return {name: _plain(one) for name, one in inner.items()}
            case "L":
                return [_plain(one) for one in inner]
            case "B" | "BS" | "NULL" | "BOOL":
                return None
            case _:
                return inner
    return None
