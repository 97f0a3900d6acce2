"""Resources, their links, and what a source could not list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import msgspec

from tierwise.model.content import NOT_SAMPLED, Depth, Found, Sampled
from tierwise.model.fact import NOWHERE, AnyFact, Known, Maybe, Provenance, Unknown, UnknownReason, told_apart
from tierwise.pack import Common


class Kind(StrEnum):
    """The closed list of resource kinds, the same in every cloud."""

    OBJECT_STORE = "object-store"
    FILE_SHARE = "file-share"
    BLOCK_VOLUME = "block-volume"
    RELATIONAL_DB = "relational-db"
    DOCUMENT_DB = "document-db"
    WAREHOUSE = "warehouse"
    SEARCH_INDEX = "search-index"
    CACHE = "cache"
    QUEUE = "queue"
    STREAM = "stream"
    LOG_STORE = "log-store"
    SNAPSHOT = "snapshot"
    BACKUP_VAULT = "backup-vault"
    BACKUP_PLAN = "backup-plan"
    SECRET = "secret"
    KEY = "key"
    DATA_CATALOG = "data-catalog"
    REGISTRY = "registry"
    USER = "user"
    ROLE = "role"
    GROUP = "group"
    POLICY = "policy"
    ACCOUNT = "account"
    ORGANISATION = "organisation"
    AUDIT_TRAIL = "audit-trail"
    NETWORK = "network"
    DATASET = "dataset"


DATA: Final = frozenset(
    {
        Kind.OBJECT_STORE,
        Kind.FILE_SHARE,
        Kind.BLOCK_VOLUME,
        Kind.RELATIONAL_DB,
        Kind.DOCUMENT_DB,
        Kind.WAREHOUSE,
        Kind.SEARCH_INDEX,
        Kind.CACHE,
        Kind.QUEUE,
        Kind.STREAM,
    }
)
"""Kinds in which data lives and is used."""
HELD: Final = DATA | {Kind.LOG_STORE, Kind.SNAPSHOT, Kind.BACKUP_VAULT, Kind.SECRET}
"""Kinds that hold data in any form, copies included."""
PRINCIPALS: Final = frozenset({Kind.USER, Kind.ROLE, Kind.GROUP, Kind.POLICY})
ALL_KINDS: Final = frozenset(Kind)


class Rel(StrEnum):
    """How one resource refers to another; the link stands on the resource that names the other."""

    USES_KEY = "uses-key"
    """store -> key that encrypts it"""
    LOGS_TO = "logs-to"
    """store or trail -> the store that receives its logs"""
    COPY_OF = "copy-of"
    """snapshot, clone or read replica -> its source"""
    BACKUP_OF = "backup-of"
    """recovery point or vault -> what it backs up"""
    REPLICATES_TO = "replicates-to"
    """store -> the store that receives its data as it changes"""
    EXPORTS_TO = "exports-to"
    """store or job -> the store that receives an export"""
    RECORDS = "records"
    """trail -> a store whose data events it records"""
    PROTECTS = "protects"
    """backup plan -> what it backs up, by id"""
    STORES_IN = "stores-in"
    """backup plan or recovery point -> vault"""
    DESCRIBES = "describes"
    """data catalogue entry -> the store that holds the data"""
    READS = "reads"
    """principal -> a store that its policies let it read"""
    MEMBER_OF = "member-of"
    """user -> group; cluster member -> cluster"""
    ATTACHES = "attaches"
    """user, role or group -> managed policy"""
    UNLOCKS = "unlocks"
    """secret -> the store that it opens"""
    HOLDS = "holds"
    """dataset -> resource"""


class Link(msgspec.Struct, frozen=True, gc=False):
    """A reference to another resource by any identifier that it goes by; resolved to an id before derivation."""

    rel: Rel
    to: str
    """The other's id or alias (ARN, name, key alias, plan address); empty where it could not be read."""
    unknown: Unknown | None = None
    """Set where a link is known to exist (or may exist) and its other end could not be read."""
    waits: bool = False
    """Whether it is unknown only because it is read for what may hold personal data alone, from tier T2."""


MODES: Final = ("#read", "#write", "#all")
"""What a trail records of a store, written after the target of a `records` link; none means all."""


def split_mode(link: Link) -> tuple[str, str]:
    """The target of a link and what is recorded of it: `read`, `write` or `all`."""
    if link.rel is Rel.RECORDS:
        for mode in MODES:
            if link.to.endswith(mode):
                return link.to.removesuffix(mode), mode[1:]
    return link.to, "all"


@dataclass(frozen=True, slots=True)
class Column:
    """A column, attribute or field that a schema names; never a value."""

    table: str
    name: str
    type: str = ""
    key: bool = False
    """It is (part of) what tells one row of the table from another: a primary or partition key."""
    labels: tuple[str, ...] = ()
    """What people or tools have labelled it: a policy tag and those above it, a sensitivity label, an information type."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant of a policy, ACL or share, kept as evidence beside the facts that were made from it."""

    principal: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    effect: str = "Allow"
    conditioned: bool = False
    via: Provenance = NOWHERE


@dataclass(frozen=True, slots=True)
class Inherited:
    """The tags of what a resource lies in, of which it takes those that it lacks."""

    source: str
    """`account 111111111111`, `unit Health/Clinical`"""
    tags: Maybe[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What classification may look at besides tags: texts, schemas, and what else names the data."""

    description: str = ""
    columns: tuple[Column, ...] = ()
    unread: tuple[Unknown, ...] = ()
    """Evidence reads that were due and failed: they widen the tier interval."""
    external: tuple[str, ...] = ()
    """Detector or category ids that another tool reported."""
    found: tuple[Found, ...] = ()
    """What was found in a sample of the content."""
    rows: tuple[tuple[str, int], ...] = ()
    """Tables with the rows that the provider or the catalogue counts in them, where it does."""
    inherited: tuple[Inherited, ...] = ()
    """Tags of what it lies in, the nearest first."""
    looked: Depth = Depth.METADATA
    """How deep a look into it went that saw something."""
    sampled: Sampled = NOT_SAMPLED


EMPTY_EVIDENCE: Final = Evidence()
REGISTER: Final = "register"
"""The provider of datasets, which the asset register makes and no cloud has."""
DATASETS: Final = "dataset"
"""How their ids begin."""
NO_TAGS: Final[Known[Mapping[str, str]]] = Known({})


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a source, with the facts read so far."""

    id: str
    """Unique in a scan: the ARN live, the address in a plan."""
    kind: Kind
    type: str
    """The source's own word: `s3.bucket`, `aws_s3_bucket`."""
    provider: str
    account: str
    region: str
    name: str
    address: str | None = None
    tags: Maybe[Mapping[str, str]] = NO_TAGS
    facts: Mapping[str, AnyFact] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other identifiers by which a link may name it."""
    evidence: Evidence = EMPTY_EVIDENCE
    grants: tuple[Grant, ...] = ()
    unit: str = ""
    """The organisational units, management groups or folders of its account, from the top, where known: `Health/Clinical`."""
    existing: bool = False
    """In a plan: it is there already, and stays as it is in all that is judged of it."""

    @property
    def within(self) -> str:
        """Its account and the units that this is in: `111111111111 (Health/Clinical)`; empty where it has no account."""
        return f"{self.account} ({self.unit})" if self.account and self.unit else self.account

    def having(self, facts: Mapping[str, AnyFact]) -> Resource:
        """The same with other facts; as `replace`, in a third of the time."""
        return Resource(
            self.id, self.kind, self.type, self.provider, self.account, self.region, self.name, self.address, self.tags, facts,
            self.links, self.aliases, self.evidence, self.grants, self.unit, self.existing,
        )  # fmt: skip

    def taken_apart(self) -> tuple[Callable[..., Resource], tuple[object, ...]]:
        """Itself for a file (`tierwise.pack`), without what most have alike."""
        said, more = self.tags, (self.links, self.aliases, self.evidence, self.grants, self.unit, self.existing)
        plain = said.value if isinstance(said, Known) and said.via is NOWHERE else said
        names = (self.id, self.kind.value, self.type, self.provider, self.account, self.region, self.name, self.address)
        # What a plan says of a resource names the resource, so that hardly any two have it alike.
        facts = FACTS.taken_apart(self.facts) if self.address is None else (b"", self.facts)
        return _put_together, (*names, plain, *facts) if more == _NO_MORE else (*names, plain, *facts, *more)


FACTS: Final = Common(told_apart)
"""Those that resources have alike."""
_KINDS: Final = {kind.value: kind for kind in Kind}
_NO_MORE: Final = ((), (), EMPTY_EVIDENCE, (), "", False)


def _put_together(
    id_: str, kind: str, type_: str, provider: str, account: str, region: str, name: str, address: str | None,
    said: Maybe[Mapping[str, str]] | Mapping[str, str], numbers: bytes, rest: Sequence[tuple[str, AnyFact]] | Mapping[str, AnyFact], *more: Any,
) -> Resource:  # fmt: skip
    tags = said if isinstance(said, Known | Unknown) else Known(said)
    facts = rest if isinstance(rest, Mapping) else FACTS.put_together(numbers, rest)
    return Resource(id_, _KINDS[kind], type_, provider, account, region, name, address, tags, facts, *(more or _NO_MORE))


@dataclass(frozen=True, slots=True)
class FactUpdate:
    """Facts, grants and links that stage-2 reads add to a resource."""

    resource: str
    facts: Mapping[str, AnyFact]
    grants: tuple[Grant, ...] = ()
    links: tuple[Link, ...] | None = None
    """All links of the resource, where a link that waited has been read: tiers are computed again. None where nothing changed."""


_WHOLE: Final = frozenset({"account", "subscription", "project"})
"""Words for a gap's service that stand for all services."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A listing that failed: what it would have listed is not in the result, and the report says so."""

    provider: str
    account: str
    region: str
    service: str
    reason: str
    """An `UnknownReason` value, or `internal-error`."""
    action: str
    detail: str = ""
    kinds: frozenset[Kind] = frozenset()
    """What the listing could have held; derived facts about these kinds become unknown."""
    expected: bool = False

    @property
    def whole(self) -> str:
        """What is told of an account, a subscription or a project nothing of which could be read; empty for a listing, and where that may not be told."""
        return f"{self.service} {self.account}: {self.detail}" if self.service in _WHOLE and self.account and self.detail else ""

    @property
    def needs(self) -> str:
        """The permission that is lacking; empty where something else went wrong, which no permission mends."""
        return self.action if self.reason == UnknownReason.PERMISSION_DENIED else ""


@dataclass(frozen=True, slots=True)
class RegionStatus:
    """One row for a region that is closed to the scan; not a gap."""

    provider: str
    account: str
    region: str
    status: str
    """`closed-by-policy` or `disabled`"""
    via: str = ""


ANSWERED: Final = frozenset({"ok", "absent"})
"""What came of reads that were answered; `absent` where the answer is that nothing is configured."""


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """One read or listing that was due, and what came of it; the material of coverage."""

    account: str
    region: str
    operation: str
    """`s3:GetBucketPolicy`"""
    outcome: str
    """`ok`, `absent`, or an `UnknownReason` value"""
    resource: str = ""
    count: int = 1
    shared: str = ""
    """The name of the document of several resources that it is part of: read again by another process, it is the same outcome."""
