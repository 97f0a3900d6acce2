"""The report of a security lead: self-contained, readable without scripts, and honest about what could not be seen; of many findings, in pages."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from tierwise.evaluate.baseline import digests
from tierwise.model.control import Control
from tierwise.model.finding import PROBLEMS, Finding, Findings, ScanResult, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.model.words import describe
from tierwise.reports.attested import standing_of, told
from tierwise.reports.base import Report, View
from tierwise.reports.page import attested, evidence, measures, stores, summary, trend
from tierwise.reports.page.census import MOST_ROWS, Census, census_of
from tierwise.reports.page.more import More, cut
from tierwise.reports.page.plot import bars
from tierwise.reports.page.shell import frame, render_page
from tierwise.reports.page.stores import Store
from tierwise.reports.planned import sentences
from tierwise.reports.shown import Shown, shown
from tierwise.reports.text import count

MOST_FINDINGS: Final = 1_500
MOST_STORES: Final = 400
"""With what else the page shows, under 2 MB at the lengths of names that clouds allow; the others stand on pages of their own, or are counted where they would stand."""
PAGE_BYTES: Final = 1_700_000
MOST_PAGES: Final = 100
"""Of findings, and of stores, beside the first page; the csv and json reports hold what is beyond."""
_MOST_RISKS, _MOST_ROWS, _MOST_TRACE, _MOST_LINES, _MOST_ACCEPTED = 10, MOST_ROWS, 12, 25, 500
_NO_ATTESTED: Final = (
    "No file of attestations was given, so that nothing of what only people can vouch for is judged.",
    "What people attest is not told to this audience.",
)
_SECTIONS: Final = (
    ("heat", "Requirements by tier"),
    ("risks", "What to change first"),
    ("people", "Whose data"),
    ("map", "Where it is"),
    ("trend", "Over time"),
    ("findings", "Findings"),
    ("stores", "Stores"),
    ("controls", "Controls"),
    ("principles", "Principles"),
    ("measures", "Bulk-data measures"),
    ("attested", "What people attest"),
    ("accepted", "Accepted risks"),
    ("owners", "Owners"),
    ("quality", "What could not be seen"),
)


@dataclass(frozen=True, slots=True)
class _Detail:
    store: Store
    trace: tuple[str, ...]
    lines: tuple[Finding, ...]
    more: int


@dataclass(frozen=True, slots=True)
class _Control:
    id: str
    title: str
    failed: int
    unknown: int
    passed: int
    why: str
    ladder: tuple[tuple[str, str], ...]


def render(result: ScanResult, view: View) -> str:
    """The report on one page, which counts what does not fit."""
    parts = _Parts.of(shown(result, view), 0)
    return render_page("report.html.j2", _told(parts, (), ()))


def pages(result: ScanResult, view: View, name: str) -> Iterator[tuple[str, str]]:
    """The same as files, for a first page that is called `name`: the names of the others, relative to its folder, and their texts; the first page comes last, with the links to the others."""
    parts = _Parts.of(shown(result, view), MOST_PAGES)
    findings = _More(parts, name, "findings", sum(parts.totals.values()))
    for first, lines in cut(parts.rest, MOST_FINDINGS, PAGE_BYTES, MOST_PAGES):
        yield findings.page(first, len(lines), groups=evidence.groups_of(lines, {}))
    described = _More(parts, name, "stores", len(parts.census.held))
    for first, details in cut(_details(parts.census, islice(parts.census.ranked, MOST_STORES, None)), MOST_STORES, PAGE_BYTES, MOST_PAGES):
        yield described.page(first, len(details), details=details)
    yield name, render_page("report.html.j2", _told(parts, findings.made, described.made))


class _More:
    """The further pages of one sort, in the order in which they are made."""

    def __init__(self, parts: _Parts, name: str, sort: str, total: int) -> None:
        self._sort, self._total = sort, total
        self._folder = f"{name.rpartition('.')[0] or name}-pages"
        self._shell = {
            **_shell(parts.census),
            "back": f"../{quote(name)}#{sort}",
            "targets": {one: f"../{quote(name)}#{one}" for one in parts.targets},
        }
        self.made: list[More] = []

    def page(self, first: int, held: int, groups: Sequence[evidence.Group] = (), details: Sequence[_Detail] = ()) -> tuple[str, str]:
        """The next page, of so many entries from that one on: its name and text."""
        number = len(self.made) + 2
        last = first + held - 1
        heading = f"{self._sort.capitalize()} {first:,} to {last:,} of {self._total:,}"
        self.made.append(More(f"{quote(self._folder)}/{self._sort}-{number}.html", heading))
        around = [number - 1] * (number > 2) + [number + 1] * (last < self._total and number <= MOST_PAGES)
        others = [More(f"{self._sort}-{one}.html", f"Page {one}") for one in around]
        told = {**self._shell, "heading": heading, "others": others, "groups": groups, "details": details}
        return f"{self._folder}/{self._sort}-{number}.html", render_page("more.html.j2", told)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the first page shows and what is left for others."""

    census: Census
    totals: Mapping[tuple[str, str], int]
    groups: tuple[evidence.Group, ...]
    rest: Iterator[tuple[tuple[str, str], evidence.Line]]
    details: tuple[_Detail, ...]
    controls: tuple[_Control, ...]

    @classmethod
    def of(cls, page: Shown, more: int) -> _Parts:
        """`more` is how many further pages of findings there may be."""
        census = census_of(page)
        totals = evidence.totals_of(page)
        lines = evidence.lines_of(census, MOST_FINDINGS * (1 + more))
        groups = evidence.groups_of(islice(lines, MOST_FINDINGS), totals)
        first = tuple(_details(census, islice(census.ranked, MOST_STORES)))
        return cls(census, totals, groups, lines, first, tuple(_controls(census)))

    @property
    def targets(self) -> frozenset[str]:
        """The ids of the first page."""
        return frozenset(
            {
                *(one.id for one in self.groups),
                *(one.store.target for one in self.details),
                *(f"c-{one.id}" for one in self.controls),
                *(name for name, _ in _SECTIONS),
            }
        )


def _shell(census: Census) -> dict[str, Any]:
    """What every page says of itself."""
    page, strip = census.page, summary.strip_of(census)
    return {**frame(run=page.result.run.id, sources=strip.sources, marking=page.view.marking), "strip": strip}


def _told(parts: _Parts, more_findings: Sequence[More], more_stores: Sequence[More]) -> dict[str, Any]:
    """Everything that the first page shows, counted and cut here."""
    census, groups, details = parts.census, parts.groups, parts.details
    page, result = census.page, census.page.result
    datasets, flows = census.sets.told(), stores.flows_of(page)
    accepted = tuple(_accepted(census))
    planned = [(one.resource, words) for one in result.changes for words in sentences(one)]
    over_time = trend.trend_of(census)
    families, heat = summary.heat_map(census)
    people = attested.datasets_of(census)
    return {
        **_shell(census),
        "gate": result.gate.decision,
        "digest": _control_set(page),
        "sections": _SECTIONS,
        "targets": {one: f"#{one}" for one in parts.targets},
        "more_findings": more_findings,
        "more_stores": more_stores,
        "elsewhere_findings": _elsewhere(more_findings, "the csv and json reports list all"),
        "elsewhere_stores": _elsewhere(more_stores, "the json report describes all"),
        "sentence": census.answer.told(),
        "failed": Findings.of(result.findings).verdicts[Verdict.FAIL],
        "questions": summary.questions(census, over_time.answer),
        "trend": over_time,
        "chart": bars("Requirements not met by tier, day by day; the table has the numbers", over_time.days, over_time.failed)
        if over_time.failed
        else "",
        "families": families,
        "heat": heat,
        "risks": evidence.risks_of(census, _MOST_RISKS),
        "planned": planned[:_MOST_ROWS],
        "more_planned": max(0, len(planned) - _MOST_ROWS),
        "datasets": datasets,
        "more_datasets": census.sets.number - len(datasets),
        "tiers": [one.label for one in reversed(Tier)],
        "spots": census.spots.told(),
        "flows": flows[:_MOST_ROWS],
        "more_flows": max(0, len(flows) - _MOST_ROWS),
        "groups": groups,
        "shown_findings": sum(len(one.lines) for one in groups),
        "total_findings": sum(one.total for one in groups),
        "details": details,
        "total_stores": len(census.held),
        "controls": parts.controls,
        "framework": result.framework,
        "principles": attested.principles_of(page),
        "attested": people[:_MOST_ROWS],
        "more_attested": max(0, len(people) - _MOST_ROWS),
        "attested_heads": attested.HEADS,
        "standing": told(standing_of(result)),
        "no_attested": _NO_ATTESTED[page.view.audience == "public"],
        "measures": measures.measures_of(census),
        "lights": measures.RULES,
        "accepted": accepted,
        "more_accepted": census.counts.accepted - len(accepted) if accepted else 0,
        "owners": census.owners.told(),
        "gaps": result.gaps[:_MOST_ROWS],
        "unseen": evidence.unseen_of(census, _MOST_ROWS),
        "outcomes": evidence.outcomes_of(page),
        "notes": evidence.notes_of(page),
    }


def _elsewhere(more: Sequence[More], all_of: str) -> str:
    """Where the rest is: on the pages that are linked, and, beyond their number, in other reports."""
    return (
        f"the next stand on {count(len(more), 'page')} below, and {all_of}"
        if len(more) >= MOST_PAGES
        else f"the others on {count(len(more), 'page')} below"
    )


def _details(census: Census, ranked: Iterable[Store]) -> Iterator[_Detail]:
    wanted = census.page.view.verdicts or PROBLEMS
    for store in ranked:
        told = census.page.result.classifications[store.id]
        found = sorted((one for one in census.problems_of(store) if one.verdict in wanted), key=census.page.rank)
        trace = tuple(step.because for step in told.trace[:_MOST_TRACE])
        yield _Detail(store, trace, tuple(found[:_MOST_LINES]), max(0, len(found) - _MOST_LINES))


def _controls(census: Census) -> Iterator[_Control]:
    """The controls that fail or are unknown somewhere, with what each asks at each tier."""
    tally: Counter[tuple[str, Verdict]] = Counter()
    for sort, number in Findings.of(census.page.result.findings).tally.items():
        tally[sort.control, sort.verdict] += number
    for name, title in sorted(census.counts.titles.items()):
        failed, unknown, passed = (tally[name, one] for one in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS))
        control = census.page.view.controls.get(name)
        yield _Control(name, title, failed, unknown, passed, control.rationale if control else "", _ladder(control))


def _ladder(control: Control | None) -> tuple[tuple[str, str], ...]:
    if control is None:
        return ()
    return tuple((tier.label, describe(asks)) for tier, asks in sorted(control.ladder.items()))


def _control_set(page: Shown) -> str:
    """A digest of what all controls asked, by which two reports say whether they judged alike; empty where the controls are not at hand."""
    asked = json.dumps(digests(page.view.controls.values()), sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:12] if page.view.controls else ""


def _accepted(census: Census) -> Iterator[Mapping[str, str]]:
    accepted = census.page.problems(lambda one: one.accepted is not None, _MOST_ACCEPTED) if census.counts.accepted else ()
    for one in accepted:
        if one.accepted is not None:
            yield {
                "expires": one.accepted.expires,
                "title": one.title,
                "control": one.control,
                "tier": one.tier.label,
                "where": one.resource,
                "reason": one.accepted.reason,
                "approver": one.accepted.by,
                "written": one.accepted.written,
            }


REPORT = Report("html", render, "self-contained pages for a security lead", pages=pages)
