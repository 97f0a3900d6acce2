"""Declarations: what each call reads, which IAM action it needs, and which facts it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tierwise.connectors.declared import Doc, Draft, Stage, due_in_detail
from tierwise.model.fact import AnyFact, Maybe, Provenance
from tierwise.model.resource import Grant, Kind, Link

if TYPE_CHECKING:
    from tierwise.connectors.aws.calls import Caller
    from tierwise.connectors.aws.history import History
    from tierwise.connectors.aws.recorded import Recorded


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
    def yields(self) -> frozenset[str]:
        """Its facts: no link waits for a read of AWS's."""
        return self.facts

    @property
    def via(self) -> Provenance:
        """The provenance of what it answers."""
        return Provenance(f"{self.service}:{self.operation}", self.action)


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
    recorded: Recorded | None = None
    """What AWS Config records of its resources, where that spares calls for each of them."""
    history: History | None = None
    """Of which changes CloudTrail tells that make its resources others; None where it does not tell all, and they are read each time."""
    everywhere: bool = False
    """True for a service with one endpoint for all regions (IAM): it is surveyed once an account."""

    @property
    def survey_reads(self) -> tuple[Read, ...]:
        """Reads per resource that are made for every resource."""
        return tuple(read for read in self.reads if read.stage is Stage.SURVEY and (read.params or read.make))

    def detail_reads(self, wanted: frozenset[str]) -> Iterator[Read]:
        """Reads per resource that yield one of the wanted facts."""
        return due_in_detail(self.reads, wanted)


def tag_map(tags: Iterable[Mapping[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    """AWS's list of tag pairs as a mapping."""
    return {str(tag[key]): str(tag.get(value, "")) for tag in tags if key in tag}
