"""What a source of resources looks like to the pipeline: units of work in two stages, and what they yield."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from tierwise.errors import ScannerError
from tierwise.model.change import Change
from tierwise.model.content import Look
from tierwise.model.fact import Maybe
from tierwise.model.resource import FactUpdate, Gap, ReadOutcome, RegionStatus, Rel, Resource

if TYPE_CHECKING:
    from tierwise.content.look import Looker


@dataclass(frozen=True, slots=True)
class Organisation:
    """The accounts that belong to the scanned organisation, where that could be read."""

    members: Maybe[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Unit:
    """One independent piece of collection: (account, region, service) or a few resources of it."""

    account: str
    region: str
    service: str
    run: Callable[[], Iterable[Item]]
    provider: str = "aws"
    private: bool = False
    """Whether it handles content: a crash then shows where it happened, and nothing of what was read."""
    kept: str = ""
    """The name under which what it and all units below it yield is kept once they have ended, so that they need not run again; empty where it is not."""
    there: bool = False
    """Whether what it yields is there already, all of it, and without units."""
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For a unit of stage 2: what it answers, by resource id."""


Item: TypeAlias = "Resource | Change | FactUpdate | Gap | ReadOutcome | RegionStatus | Organisation | Look | Unit"


class Source(Protocol):
    """A live account, a plan, a saved inventory."""

    @property
    def name(self) -> str:
        """What the report calls this source, e.g. `aws:123456789012` or `plan:main.json`."""
        ...

    def survey(self) -> Iterable[Unit]:
        """Stage 1: listings, tags, links, sizes, names, schemas. Units may yield further units. Of a file it is all."""
        ...


@runtime_checkable
class Detailed(Source, Protocol):
    """A source of which more can be read than stage 1 does."""

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        """Stage 2: the reads that yield the asked facts and links (`link_name`), by resource id.

        Asked again where a link that waited has raised a tier.
        """
        ...


@runtime_checkable
class Remarking(Protocol):
    """A source that has something to say of how it was read, once it has been."""

    def remarks(self) -> Iterable[str]:
        """A line for each thing that the reader of a report should know."""
        ...


@runtime_checkable
class Lookable(Protocol):
    """A source whose stores can be looked into, between its two stages."""

    @property
    def looked_into(self) -> frozenset[str]:
        """The types of its stores that can be."""
        ...

    def looks(self, resources: Collection[str], looker: Looker) -> Iterable[Unit]:
        """Units that each yield the `Look` into one of these stores; none for stores of a type that is not looked into."""
        ...


@runtime_checkable
class Probed(Protocol):
    """A source with reads of stage 2 that all its resources share, which can be tried before a scan."""

    def probes(self) -> Iterable[Unit]:
        """Units that make them, once the survey has ended."""
        ...


@runtime_checkable
class Stoppable(Protocol):
    """A source that may be out of reach before it is read: its credentials end, or who reads it is no longer there."""

    @property
    def stopped(self) -> ScannerError | None:
        """Cause and fix where what was not read by then has to wait until someone mends it; None where nothing stands in the way."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A source whose units may have been run by an earlier process, which has left what they yielded and nothing else."""

    def again(self, wanted: Callable[[str], bool], rounds: int) -> Iterable[Unit]:
        """The units of stage 1 once more, for the wanted ids alone, so that more can be read of these resources.

        Some at a time, and what is asked of these before the next. `rounds` of stage 2 have ended before.
        """
        ...


def grouped(items: Iterable[Item], name: str) -> Iterator[Item]:
    """The items, with all units of an account's service under one that is kept; `name` tells listings of the same service apart."""
    groups: dict[tuple[str, str], list[Unit]] = {}
    for item in items:
        if isinstance(item, Unit):
            groups.setdefault((item.account, item.service), []).append(item)
        else:
            yield item
    for (account, service), units in groups.items():
        yield Unit(account, "", service, partial(iter, units), provider=units[0].provider, kept=f"{name}/{account}/{service}")


def link_name(rel: Rel) -> str:
    """How the links of a relation are asked for beside facts: `link:logs-to`."""
    return f"link:{rel.value}"
