"""The entries of the page's long lists as markup: findings, stores, and what is attested of datasets. Very many are made alike, by two processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from markupsafe import Markup

from tierwise.model.finding import PROBLEMS, Finding, Verdict
from tierwise.reports.page.attested import AttestedRow
from tierwise.reports.page.census import Census
from tierwise.reports.page.evidence import group_key, line_of
from tierwise.reports.page.shell import macros
from tierwise.reports.page.stores import Store
from tierwise.reports.shown import open_parts

_MOST_TRACE, _MOST_LINES = 12, 25
Key: TypeAlias = tuple[str, str]
"""Row and family."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """What is not met or not known of a store: what is required, and what was read and by which call."""

    verdict: str
    control: str
    title: str
    told: str
    since: str


@dataclass(frozen=True, slots=True)
class _Detail:
    store: Store
    trace: tuple[str, ...]
    lines: tuple[_Noted, ...]
    more: int


class Entries:
    """What makes them; `targets` are the ids to which they lead, each with its link."""

    def __init__(self, census: Census, targets: Mapping[str, str]) -> None:
        self._census = census
        said = {"targets": targets, "nobody": census.page.nobody, "unsaid": census.page.unsaid}
        self._macros: Any = macros("entries.html.j2", said)

    def findings(self, problems: Iterable[int]) -> Iterator[tuple[Key, Markup]]:
        """The problems at some places, each with its row and family."""
        for place in problems:
            one = self._census.problems[place]
            yield group_key(one), self._macros.finding(line_of(one, *self._census.spot(place)))

    def stores(self, places: Iterable[int]) -> Iterator[Markup]:
        """The stores at some places among the stores."""
        for place in places:
            yield self._macros.described(_detail(self._census, self._census.stores[place]))

    def attested(self, rows: Sequence[AttestedRow]) -> Iterator[Markup]:
        """What is attested of datasets, by their numbers."""
        for number, one in enumerate(rows, 1):
            yield self._macros.spoken(one, number)


def _detail(census: Census, store: Store) -> _Detail:
    wanted = census.page.view.verdicts or PROBLEMS
    told = census.page.result.classifications[store.id]
    found = sorted((one for one in census.problems_of(store) if one.verdict in wanted), key=census.page.rank)
    trace = tuple([step.because for step in told.trace[:_MOST_TRACE]])
    return _Detail(store, trace, tuple(map(_noted, found[:_MOST_LINES])), max(0, len(found) - _MOST_LINES))


def _noted(one: Finding) -> _Noted:
    read = ", ".join(f"{part.fact} is {part.value}{f' ({part.via})' if part.via else ''}" for part in one.actual)
    told = open_parts(one) if one.verdict is Verdict.UNKNOWN else f"found {read}" if read else ""
    held = f"; accepted until {one.accepted.expires}" if one.accepted is not None else ""
    return _Noted(one.verdict.value, one.control, one.title, f"required {one.expected}{f'; {told}' if told else ''}{held}", one.since)
