"""Declarations: what Cloud Asset Inventory lists, what each call of a service reads, which permission it needs, which facts it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from tierwise.connectors.base import link_name
from tierwise.connectors.declared import Doc, Draft, Stage, always, due_in_detail, due_in_survey
from tierwise.model.fact import AnyFact, Maybe, Provenance, Unknown
from tierwise.model.resource import Gap, Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller
    from tierwise.connectors.gcp.history import History
    from tierwise.connectors.gcp.place import Place

ASSETS: Final = "cloudasset"
"""The word for Cloud Asset Inventory in provenance: `cloudasset:storage.googleapis.com/Bucket`."""
LIST_RESOURCE: Final = "cloudasset.assets.listResource"
LIST_IAM: Final = "cloudasset.assets.listIamPolicy"
LIST_ORG: Final = "cloudasset.assets.listOrgPolicy"
_VERSION_3: Final[Mapping[str, object]] = {"options": {"requestedPolicyVersion": 3}}
"""IAM documentation, policy versions: a lower one leaves out conditions."""


@dataclass(frozen=True, slots=True)
class Read:
    """One call that the scanner may make; nothing that is not declared passes the guard."""

    host: str
    """Without `.googleapis.com`, e.g. `storage`."""
    path: str
    """The path with `{}` for each name, e.g. `/storage/v1/b/{}/iam`."""
    action: str
    """The permission that it needs, e.g. `storage.buckets.getIamPolicy`."""
    of: str = ""
    """The type of the asset of which it is asked; empty for a place."""
    stage: Stage = Stage.DETAIL
    facts: frozenset[str] = frozenset()
    """Facts that cannot be known without it."""
    links: frozenset[Rel] = frozenset()
    """Relations whose links it yields; those of a stage-2 read wait for the tier (`Link.waits`)."""
    kinds: frozenset[Kind] = frozenset()
    """For a listing of resources: what a failed one could have held."""
    items: str = ""
    """Where it answers a list, page by page: the field that has it."""
    query: tuple[tuple[str, str], ...] = ()
    """Its parameters, in order; `{}` is filled after the path's, and one that is empty is given by the caller or left out."""
    label: str = ""
    """What tells reads of the same path apart."""
    opaque: bool = False
    """Its last name is an object's, which may hold slashes and is sent as one segment all the same."""
    post: bool = False
    """One of the few reads that Google made a POST: `getIamPolicy`, asked for version 3 in its body unless it has parameters, and the log's entries."""
    absent: frozenset[str] = frozenset()
    """Error codes that mean `not configured` (a value), not a failure."""
    when: Callable[[Draft], bool] = always
    """For a read per resource: whether what is known so far still leaves it needed."""
    make: Callable[[Caller, Draft], Maybe[Doc | None]] | None = None
    """For an answer of another place or of several calls: makes it in place of one call to the resource."""
    late: bool = False
    """Made after the other reads of a resource, for what they answer says what to ask."""

    @property
    def operation(self) -> str:
        """The name under which a draft keeps the answer."""
        return f"{self.host}{self.path}{self.label}"

    @property
    def body(self) -> Mapping[str, object] | None:
        """What a POST sends."""
        if not self.post:
            return None
        return {} if self.query else _VERSION_3

    @property
    def yields(self) -> frozenset[str]:
        """Its facts, and the links that wait for it."""
        return self.facts | {link_name(rel) for rel in self.links}

    @property
    def via(self) -> Provenance:
        """The provenance of what it answers."""
        return Provenance(f"{self.host}:{self.path}{self.label}", self.action)


@dataclass(frozen=True, slots=True)
class Row:
    """One type of asset that Cloud Asset Inventory lists; where it cannot be asked, each project's own listing gives the same."""

    type: str
    """E.g. `storage.googleapis.com/Bucket`."""
    kinds: frozenset[Kind]
    """What a listing that failed could have held."""
    lists: tuple[Read, ...]
    """The calls that list it directly; the first is asked of each project."""
    name: Callable[[Doc, Place], str]
    """The full resource name of one that was listed directly."""
    iam: Read | None = None
    """The call for its IAM policy, which the inventory gives with all others where it can be asked."""
    facts: frozenset[str] = frozenset()
    """Facts that cannot be known without it."""
    walk: Callable[[Caller, Row], Iterator[Doc | Asset | Unknown]] | None = None
    """Where one call does not list them: lists those of a project."""
    policed: bool = False
    """Whether the inventory has an IAM policy of it that no call of the service gives: what it says is in the document too."""
    alone: bool = False
    """Whether the inventory alone lists it: what no project has."""
    within: str = ""
    """The type of which it is a part (tables of a dataset): it comes as one of the parts of that asset and is no resource by itself."""

    @property
    def action(self) -> str:
        """The permission that lets the inventory list it."""
        return LIST_RESOURCE

    @property
    def operation(self) -> str:
        """The name under which a draft keeps its document."""
        return self.type

    @property
    def stage(self) -> Stage:
        """Rows are listed first."""
        return Stage.SURVEY

    @property
    def yields(self) -> frozenset[str]:
        """Its facts: links in a row never wait."""
        return self.facts

    @property
    def via(self) -> Provenance:
        """The provenance of what the inventory says of it."""
        return Provenance(f"{ASSETS}:{self.type}", self.action)


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset: its name, the document of its service, and where it stands."""

    name: str
    type: str
    data: Maybe[Doc]
    policy: Maybe[Doc] | None = None
    """Its IAM policy, where the inventory has been asked for policies."""
    ancestors: tuple[str, ...] = ()
    """`projects/1`, then folders, then the organisation; empty where not told."""
    parts: tuple[Asset, ...] = ()
    """Assets that are part of it."""
    org: tuple[Doc, ...] = ()
    """The organisation policies that are set on it."""


Declaration: TypeAlias = "Row | Read"


@dataclass(frozen=True, slots=True)
class Collector:
    """How one service's resources are made from rows and reads. A module in `services` exports one as `COLLECTOR`."""

    service: str
    """The name for `--service`, e.g. `storage`."""
    rows: tuple[Row, ...]
    reads: tuple[Read, ...]
    survey: Callable[[Caller, Row, Asset], Iterable[Draft | Gap]]
    """The drafts that an asset gives: itself, what is part of it, or none where it is no store."""
    facts: Callable[[Draft], Mapping[str, AnyFact]]
    """All facts that the documents so far allow; pure. Called after stage 1 and again after stage 2."""
    links: Callable[[Draft], tuple[Link, ...]] = lambda draft: draft.resource.links
    grants: Callable[[Draft], tuple[Grant, ...]] = lambda draft: draft.resource.grants
    lists: tuple[Read, ...] = field(default=())
    """Listings that `survey` makes per asset (tables of a dataset): such assets are units of work of their own."""
    history: History | None = None
    """What the audit log tells of changes of its resources; None where they are read each time."""

    @property
    def survey_reads(self) -> tuple[Read, ...]:
        """Reads per resource that are made for every resource."""
        return due_in_survey(self.reads)

    def detail_reads(self, wanted: frozenset[str]) -> Iterator[Read]:
        """Reads per resource that yield one of the wanted facts or links, late ones last."""
        return iter(sorted(due_in_detail(self.reads, wanted), key=lambda read: read.late))
