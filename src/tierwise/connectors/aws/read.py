"""Declarations: what each call reads, which IAM action it needs, and which facts it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Grant, Kind, Link, Resource

if TYPE_CHECKING:
    from tierwise.connectors.aws.calls import Caller

Doc: TypeAlias = Mapping[str, Any]
"""A response as botocore parses it; it never leaves the collector that asked for it."""


class Stage(IntEnum):
    """When a read is made."""

    SURVEY = 1
    """Ungated: listings, tags, links, sizes, names, schemas."""
    DETAIL = 2
    """Only for resources at whose highest possible tier a selected control needs one of its facts."""


@dataclass(frozen=True, slots=True)
class Read:
    """One API operation that the scanner may call; nothing that is not declared passes the guard."""

    service: str
    """boto3's name of the client, e.g. `s3`."""
    operation: str
    """The operation as the service model spells it, e.g. `GetBucketPolicy`."""
    action: str
    """The IAM action it needs, e.g. `s3:GetBucketPolicy`."""
    stage: Stage = Stage.SURVEY
    facts: frozenset[str] = frozenset()
    """Facts that cannot be known without it."""
    kinds: frozenset[Kind] = frozenset()
    """For a listing: what a failed one could have held."""
    absent: frozenset[str] = frozenset()
    """Error codes that mean `not configured` (a value), not a failure."""
    links: bool = False
    """Whether it yields links (only survey reads may)."""
    params: Callable[[Draft], Mapping[str, Any] | None] | None = None
    """For a read per resource: its parameters, or None where what is known already makes it needless."""
    make: Callable[[Caller, Draft], Maybe[Doc | None]] | None = None
    """For an answer that takes several calls (a document of the account, a walk over regions): makes it in place of one call."""

    @property
    def via(self) -> Provenance:
        """The provenance of what it answers."""
        return Provenance(f"{self.service}:{self.operation}", self.action)


@dataclass(slots=True)
class Draft:
    """A resource in the making, with the raw documents that its facts are made from."""

    resource: Resource
    docs: dict[str, Maybe[Doc | None]] = field(default_factory=dict)
    """By operation name: the answer, None for `not configured`, or why it is unknown."""

    def doc(self, read: Read) -> Maybe[Doc | None]:
        """What a read answered; unknown (not collected) where it was not made."""
        return self.docs.get(read.operation, Unknown(NOT_COLLECTED.reason, read.via))


@dataclass(frozen=True, slots=True)
class Collector:
    """How one service's resources are listed and read. A module in this package exports one as `COLLECTOR`."""

    service: str
    """boto3's name of the client; also the name for `--service`."""
    reads: tuple[Read, ...]
    survey: Callable[[Caller], Iterable[Draft]]
    """Lists the resources of one account and region; a failed listing raises and becomes a gap by itself."""
    facts: Callable[[Draft], Mapping[str, AnyFact]]
    """All facts that the documents so far allow; pure. Called after stage 1 and again after stage 2."""
    links: Callable[[Draft], tuple[Link, ...]] = lambda draft: draft.resource.links
    grants: Callable[[Draft], tuple[Grant, ...]] = lambda draft: draft.resource.grants
    everywhere: bool = False
    """True for a service with one endpoint for all regions (IAM): it is surveyed once an account."""

    @property
    def survey_reads(self) -> tuple[Read, ...]:
        """Reads per resource that are made for every resource."""
        return tuple(read for read in self.reads if read.stage is Stage.SURVEY and (read.params or read.make))

    def detail_reads(self, wanted: frozenset[str]) -> Iterator[Read]:
        """Reads per resource that yield one of the wanted facts."""
        return (read for read in self.reads if read.stage is Stage.DETAIL and read.facts & wanted)


def field_of(doc: Maybe[Doc | None], *path: str, absent: object = None) -> Maybe[Any]:
    """The value at a path of a document: `absent` where a key is missing or nothing is configured, unknown where the read failed."""
    if isinstance(doc, Unknown):
        return doc
    at: Any = doc.value
    for key in path:
        if not isinstance(at, Mapping) or key not in at:
            return Known(absent, doc.via)
        at = at[key]
    return Known(at, doc.via)


def tag_map(tags: Iterable[Mapping[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    """AWS's list of tag pairs as a mapping."""
    return {str(tag[key]): str(tag.get(value, "")) for tag in tags if key in tag}
