"""Declarations: what Resource Graph lists, what each Azure Resource Manager call reads, which action it needs, which facts it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from tierwise.connectors.base import link_name
from tierwise.connectors.declared import Doc, Draft, Stage, always, due_in_detail, due_in_survey
from tierwise.model.fact import AnyFact, Maybe, Provenance
from tierwise.model.resource import Gap, Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

GRAPH: Final = "graph"
"""The word for Resource Graph in provenance: `graph:Microsoft.Storage/storageAccounts`."""
ARM: Final = "arm"
ENTRA: Final = "entra"
"""The word for Microsoft Graph, which tells what the tenant's directory holds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One type of resource that Resource Graph lists.

    Resource Graph leaves out, without an error, what the caller may not read: whether a listing is whole is told by the caller's
    permissions on the subscription, which are read once.
    """

    type: str
    """As Azure spells it, e.g. `Microsoft.Storage/storageAccounts`."""
    kinds: frozenset[Kind]
    """What a listing that is not whole could have held."""
    facts: frozenset[str] = frozenset()
    """Facts that cannot be known without it."""
    table: str = "resources"
    stage: Stage = Stage.SURVEY
    """When it is listed."""

    @property
    def action(self) -> str:
        """The action that lets its rows be seen."""
        return f"{self.type}/read"

    @property
    def operation(self) -> str:
        """The name under which a draft keeps the row."""
        return self.type

    @property
    def yields(self) -> frozenset[str]:
        """Its facts: links in a row never wait."""
        return self.facts

    @property
    def via(self) -> Provenance:
        """The provenance of what a row says."""
        return Provenance(f"{GRAPH}:{self.type}", self.action)


@dataclass(frozen=True, slots=True)
class Read:
    """One GET of Azure Resource Manager that the scanner may make; nothing that is not declared passes the guard."""

    of: str
    """The type of the resource of which it is asked; empty for a subscription."""
    path: str
    """What follows the resource's id, e.g. `blobServices/default`; empty for the resource itself."""
    version: str
    """The api-version."""
    action: str
    """The action that it needs, e.g. `Microsoft.Storage/storageAccounts/blobServices/read`."""
    stage: Stage = Stage.DETAIL
    facts: frozenset[str] = frozenset()
    """Facts that cannot be known without it."""
    links: frozenset[Rel] = frozenset()
    """Relations whose links it yields; those of a stage-2 read wait for the tier (`Link.waits`)."""
    kinds: frozenset[Kind] = frozenset()
    """For a listing of resources: what a failed one could have held."""
    absent: frozenset[str] = frozenset()
    """Error codes that mean `not configured` (a value), not a failure."""
    listing: bool = False
    """Whether it answers a list, page by page."""
    pages: int = 0
    """After how many pages a list is given up; 0 for never."""
    told: bool = False
    """Whether nothing but calls to Azure Resource Manager changes what it answers, so that the activity log tells of each change."""
    of_tenant: bool = False
    """Whether what it is asked of stands in the tenant, in no subscription."""
    when: Callable[[Draft], bool] = always
    """For a read per resource: whether what is known so far still leaves it needed."""
    make: Callable[[Caller, Draft], Maybe[Doc | None]] | None = None
    """For an answer of another place or of several calls: makes it in place of one call to the resource."""

    @property
    def operation(self) -> str:
        """The name under which a draft keeps the answer."""
        return "/".join(part for part in (self.of, self.path) if part)

    @property
    def yields(self) -> frozenset[str]:
        """Its facts, and the links that wait for it."""
        return self.facts | {link_name(rel) for rel in self.links}

    @property
    def via(self) -> Provenance:
        """The provenance of what it answers."""
        return Provenance(f"{ARM}:{self.operation}", self.action)


@dataclass(frozen=True, slots=True)
class Lookup:
    """One GET of Microsoft Graph that the scanner may make: a list, of which nothing but the named properties is asked for."""

    path: str
    """What follows the version, `{}` for an object's id: `groups/{}/transitiveMembers/microsoft.graph.user`."""
    action: str
    """The least permission that it needs, e.g. `GroupMember.Read.All`."""
    select: str
    """The properties, e.g. `id,appOwnerOrganizationId`."""
    where: str = ""
    """Which objects: the condition of `$filter`."""
    facts: frozenset[str] = frozenset()
    """Facts that cannot be known without it."""
    absent: frozenset[str] = frozenset()
    """Error codes that mean that there is nothing to list."""

    @property
    def operation(self) -> str:
        """Its name in provenance."""
        return self.path.replace("/{}", "")

    @property
    def stage(self) -> Stage:
        """Only where a control needs one of its facts."""
        return Stage.DETAIL

    @property
    def yields(self) -> frozenset[str]:
        """Its facts; it yields no links."""
        return self.facts

    @property
    def via(self) -> Provenance:
        """The provenance of what it answers."""
        return Provenance(f"{ENTRA}:{self.operation}", self.action)

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of its first page."""
        asked = {"$select": self.select, "$count": "true", "$top": "999"}
        return {**asked, "$filter": self.where} if self.where else asked


@dataclass(frozen=True, slots=True)
class Joined:
    """What several listings say together of a resource: no call of its own, though it may make those that they need."""

    operation: str
    """The name under which a draft keeps it."""
    via: Provenance
    """The provenance of what it answers."""
    facts: frozenset[str]
    """Facts that cannot be known without it."""
    make: Callable[[Caller, Draft], Maybe[Doc | None]]
    """Makes it."""
    of: str = ""
    stage: Stage = Stage.DETAIL
    links: frozenset[Rel] = frozenset()
    when: Callable[[Draft], bool] = always

    @property
    def yields(self) -> frozenset[str]:
        """Its facts; it yields no links."""
        return self.facts


Declaration: TypeAlias = "Row | Read | Lookup"


@dataclass(frozen=True, slots=True)
class Collector:
    """How one service's resources are made from rows and reads. A module in this package exports one as `COLLECTOR`."""

    service: str
    """The name for `--service`, e.g. `storage`."""
    rows: tuple[Row, ...]
    reads: tuple[Read | Joined, ...]
    survey: Callable[[Caller, Row, Doc], Iterable[Draft | Gap]]
    """The drafts that a row gives: the row itself, what is part of it, or none where it is no store; a gap where a listing failed."""
    facts: Callable[[Draft], Mapping[str, AnyFact]]
    """All facts that the documents so far allow; pure. Called after stage 1 and again after stage 2."""
    links: Callable[[Draft], tuple[Link, ...]] = lambda draft: draft.resource.links
    grants: Callable[[Draft], tuple[Grant, ...]] = lambda draft: draft.resource.grants
    lists: tuple[Read, ...] = ()
    """Listings that `survey` makes per row (keys of a vault): such rows are units of work of their own."""
    late: bool = False
    """Whether its rows are taken after all others of their table, since they refer to some of them."""

    @property
    def survey_reads(self) -> tuple[Read | Joined, ...]:
        """Reads per resource that are made for every resource."""
        return due_in_survey(self.reads)

    def detail_reads(self, wanted: frozenset[str]) -> Iterator[Read | Joined]:
        """Reads per resource that yield one of the wanted facts or links."""
        return due_in_detail(self.reads, wanted)
