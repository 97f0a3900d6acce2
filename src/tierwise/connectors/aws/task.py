"""A unit of an account as a plain value that any process can run: one service of one region listed, or more read of some of its resources."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from tierwise.connectors.aws.organisation import Member
from tierwise.connectors.base import Item
from tierwise.connectors.declared import Draft
from tierwise.errors import ScannerError
from tierwise.model.fact import Maybe
from tierwise.model.resource import Inherited


@dataclass(frozen=True, slots=True)
class Reach:
    """How an account is reached, by whoever has the caller's credentials."""

    account: str
    partition: str
    now: datetime
    """The run's start."""
    region: str
    """In which STS is asked."""
    role: str = ""
    """The ARN of the role to assume; empty for the caller's own account."""
    external_id: str = ""
    member: Member | None = None
    """Its place in an organisation, where that is what is scanned."""


@dataclass(frozen=True, slots=True)
class Task:
    """One service of one account and region: to list it, or to read what is `asked` of some of its resources. It holds no credentials."""

    reach: Reach
    region: str
    """Empty for a service with one endpoint for all regions."""
    service: str
    collector: int
    """Which of `collectors()`."""
    regions: tuple[str, ...] = ()
    """For a service of the whole account: the regions that are scanned and open."""
    tags: Maybe[Mapping[str, Mapping[str, str]]] | None = None
    """All tags of the region by ARN, as they were read once."""
    inherited: tuple[Inherited, ...] = ()
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Facts by resource id; empty: list."""
    drafts: Mapping[str, bytes] = field(default_factory=dict)
    """What was packed of these resources when they were listed."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a task yields: the same wherever it is run, and however often."""

    items: tuple[Item, ...]
    """No unit is among them."""
    drafts: Mapping[str, bytes] = field(default_factory=dict)
    """Of each resource of which more can be read: what it takes for that, packed; it is handed back, never looked into and never kept on a disk."""
    lapsed: str = ""
    """Why the credentials of whoever ran it no longer hold, as a code; empty where they do."""


class Elsewhere(Protocol):
    """Runs tasks in other processes or on other machines."""

    def __call__(self, task: Task) -> Ran:
        """Run one, and wait for what it yields."""
        ...

    @property
    def stopped(self) -> ScannerError | None:
        """Why no more can be read there before someone mends it; None where it can."""
        ...


Flatten: TypeAlias = "Callable[[Iterator[Item]], list[Item]]"
"""Runs the units among items, and theirs, until there are only other items."""


def pack(draft: Draft) -> bytes:
    """A draft with its documents, for the process that reads more of it."""
    return zlib.compress(pickle.dumps(draft), 1)


def unpack(packed: bytes) -> Draft:
    """The same draft again; what is packed comes from a process of this scan and from nowhere else."""
    found = pickle.loads(zlib.decompress(packed))  # noqa: S301 - made by `pack` in a process of the same scan
    if not isinstance(found, Draft):
        raise TypeError(f"no draft but {type(found).__name__}")
    return found
