"""The report of a security lead: self-contained, readable without scripts, and honest about what could not be seen; of many findings, in pages."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from tierwise.evaluate.baseline import digests
from tierwise.model.control import Control
from tierwise.model.finding import PROBLEMS, Finding, Findings, Gate, ScanResult, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.model.words import describe
from tierwise.reports.attested import standing_of, told
from tierwise.reports.base import Report, View
from tierwise.reports.page import attested, evidence, measures, stores, summary, trend
from tierwise.reports.page.census import MOST_ROWS, Census, census_of
from tierwise.reports.page.more import More, cut, first_of
from tierwise.reports.page.plot import bars
from tierwise.reports.page.shell import frame, render_page
from tierwise.reports.page.stores import Store
from tierwise.reports.planned import sentences
from tierwise.reports.shown import Shown, open_parts, shown
from tierwise.reports.text import count
from tierwise.shelf import places_of

MOST_FINDINGS: Final = 1_500
MOST_STORES: Final = 400
FIRST_FINDINGS, FIRST_STORES = 1_000_000, 500_000
"""So many bytes of each at most: with what else the first page shows under 2 MB. The others stand on pages of their own, or are counted where they would stand."""
PAGE_BYTES: Final = 1_700_000
MOST_PAGES: Final = 100
"""Of findings, and of stores, beside the first page; the csv and json reports hold what is beyond."""
_MOST_RISKS, _MOST_ROWS, _MOST_TRACE, _MOST_LINES, _MOST_ACCEPTED, _MOST_SPOTS = 10, MOST_ROWS, 12, 25, 500, 25
_SOON: Final = timedelta(days=30)
_ATTESTED_BYTES: Final = 150_000
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


@dataclass(frozen=True, slots=True)
class _Estate:
    """An owner's stores, the worst first."""

    target: str
    name: str
    total: int
    stores: tuple[Store, ...]


@dataclass(frozen=True, slots=True)
class _Control:
    id: str
    title: str
    failed: int
    unknown: int
    passed: int
    why: str
    ladder: tuple[tuple[str, str], ...]
    places: tuple[evidence.Line, ...]


def render(result: ScanResult, view: View) -> str:
    """The report on one page, which counts what does not fit."""
    parts = _Parts.of(shown(result, view), 0)
    return render_page("report.html.j2", _told(parts, (), ()))


def pages(result: ScanResult, view: View, name: str) -> Iterator[tuple[str, str]]:
    """The same as files, for a first page that is called `name`: the names of the others, relative to its folder, and their texts; the first page comes last, with the links to the others."""
    parts = _Parts.of(shown(result, view), MOST_PAGES)
    findings = _More(parts, name, "findings", sum(parts.totals.values()))
    for first, lines in cut(parts.rest, parts.listed, PAGE_BYTES, MOST_PAGES):
        yield findings.page(first, len(lines), groups=evidence.groups_of(lines, {}))
    described = _More(parts, name, "stores", len(parts.census.held))
    rest = _details(parts.census, islice(parts.census.ranked, len(parts.details), None))
    for first, details in cut(rest, len(parts.details), PAGE_BYTES, MOST_PAGES):
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
    estates: tuple[_Estate, ...]

    @classmethod
    def of(cls, page: Shown, more: int) -> _Parts:
        """`more` is how many further pages of findings there may be."""
        census = census_of(page)
        totals = evidence.totals_of(page)
        lines = evidence.lines_of(census, MOST_FINDINGS * (1 + more))
        groups = evidence.groups_of(first_of(lines, MOST_FINDINGS, FIRST_FINDINGS), totals)
        first = tuple(first_of(_details(census, census.ranked), MOST_STORES, FIRST_STORES))
        controls = tuple(_controls(census, evidence.spots_of(groups, _MOST_SPOTS)))
        return cls(census, totals, groups, lines, first, controls, tuple(_estates(census, first)))

    @property
    def listed(self) -> int:
        """How many findings the first page lists."""
        return sum(len(one.lines) for one in self.groups)

    @property
    def targets(self) -> frozenset[str]:
        """The ids of the first page."""
        return frozenset(
            {
                *(one.id for one in self.groups),
                *(one.store.target for one in self.details),
                *(f"c-{one.id}" for one in self.controls),
                *(one.target for one in self.estates),
                *(name for name, _ in _SECTIONS),
            }
        )


def _shell(census: Census) -> dict[str, Any]:
    """What every page says of itself."""
    page, strip = census.page, summary.strip_of(census)
    said = {"strip": strip, "nobody": page.nobody, "unsaid": page.unsaid}
    return {**frame(run=page.result.run.id, sources=strip.sources, marking=page.view.marking), **said}


def _told(parts: _Parts, more_findings: Sequence[More], more_stores: Sequence[More]) -> dict[str, Any]:
    """Everything that the first page shows, counted and cut here."""
    census, groups, details = parts.census, parts.groups, parts.details
    page, result = census.page, census.page.result
    datasets, flows = census.sets.told(), stores.flows_of(page)
    accepted, lapsed = tuple(_accepted(census)), tuple(_lapsed(census))
    planned = [(one.resource, words) for one in result.changes for words in sentences(one)]
    over_time = trend.trend_of(census)
    families, heat = summary.heat_map(census)
    people = attested.datasets_of(census)
    spoken = tuple(first_of(people, _MOST_ROWS, _ATTESTED_BYTES))
    return {
        **_shell(census),
        "gate": _gate(result.gate),
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
        "shown_findings": parts.listed,
        "total_findings": sum(one.total for one in groups),
        "details": details,
        "total_stores": len(census.held),
        "controls": parts.controls,
        "framework": result.framework,
        "principles": attested.principles_of(page),
        "attested": spoken,
        "more_attested": len(people) - len(spoken),
        "attested_heads": attested.HEADS,
        "standing": told(standing_of(result)),
        "no_attested": _NO_ATTESTED[page.view.audience == "public"],
        "measures": measures.measures_of(census),
        "lights": measures.RULES,
        "accepted": accepted,
        "more_accepted": census.counts.accepted - len(accepted) if accepted else 0,
        "lapsed": lapsed,
        "more_lapsed": census.counts.lapsed - len(lapsed) if lapsed else 0,
        "owners": census.owners.told(),
        "owned": {one.name: one.target for one in parts.estates},
        "estates": parts.estates,
        "gaps": sorted(result.gaps, key=lambda gap: (gap.expected, not gap.whole))[:_MOST_ROWS],
        "unseen": evidence.unseen_of(census, _MOST_ROWS),
        "outcomes": evidence.outcomes_of(page),
        "reads": evidence.reads_of(page),
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
        yield _Detail(store, trace, tuple(map(_noted, found[:_MOST_LINES])), max(0, len(found) - _MOST_LINES))


def _noted(one: Finding) -> _Noted:
    read = ", ".join(f"{part.fact} is {part.value}{f' ({part.via})' if part.via else ''}" for part in one.actual)
    told = open_parts(one) if one.verdict is Verdict.UNKNOWN else f"found {read}" if read else ""
    held = f"; accepted until {one.accepted.expires}" if one.accepted is not None else ""
    return _Noted(
        one.verdict.value, one.control, one.title, f"required {one.expected}{f'; {told}' if told else ''}{held}", evidence.day_of(one)
    )


def _estates(census: Census, details: Sequence[_Detail]) -> Iterator[_Estate]:
    """The owners of the stores that the page describes, in the order of their worst."""
    owned: dict[str, list[Store]] = {}
    for one in details:
        owned.setdefault(one.store.owner, []).append(one.store)
    totals = {one.name: one.stores for one in census.owners.told()}
    for number, (name, held) in enumerate(owned.items(), 1):
        yield _Estate(f"o-{number}", name, totals[name], tuple(held[:_MOST_SPOTS]))


def _gate(gate: Gate) -> str:
    """The decision, and what it leaves out: a gate on what is new passes whatever was there already."""
    aside = {"new": ": it judges what is new, and what was there already only advises", "observe": ": it only says what would block"}
    return f"{gate.decision}{aside.get(gate.mode, '')}"


def _controls(census: Census, spots: Mapping[str, tuple[evidence.Line, ...]]) -> Iterator[_Control]:
    """The controls that fail or are unknown somewhere, with what each asks at each tier."""
    tally: Counter[tuple[str, Verdict]] = Counter()
    for sort, number in Findings.of(census.page.result.findings).tally.items():
        tally[sort.control, sort.verdict] += number
    for name, title in sorted(census.counts.titles.items()):
        failed, unknown, passed = (tally[name, one] for one in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS))
        control = census.page.view.controls.get(name)
        yield _Control(name, title, failed, unknown, passed, control.rationale if control else "", _ladder(control), spots.get(name, ()))


def _ladder(control: Control | None) -> tuple[tuple[str, str], ...]:
    if control is None:
        return ()
    return tuple((tier.label, describe(asks)) for tier, asks in sorted(control.ladder.items()))


def _control_set(page: Shown) -> str:
    """A digest of what all controls asked, by which two reports say whether they judged alike; empty where the controls are not at hand."""
    asked = json.dumps(digests(page.view.controls.values()), sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:12] if page.view.controls else ""


def _accepted(census: Census) -> Iterator[Mapping[str, Any]]:
    """What somebody answers for, the next to end first."""
    held = census.page.problems(lambda one: one.accepted is not None, _MOST_ACCEPTED) if census.counts.accepted else ()
    places = places_of(census.page.result.by_id)
    soon = (datetime.fromisoformat(census.page.result.run.started) + _SOON).date().isoformat()
    for one, accepted in sorted(((one, one.accepted) for one in held if one.accepted is not None), key=lambda pair: pair[1].expires):
        yield {
            **_spot(one, census.store(places[one.resource])),
            "expires": accepted.expires,
            "soon": accepted.expires <= soon,
            "owner": accepted.owner or one.owner or census.page.nobody,
            "reason": accepted.reason,
            "approver": accepted.by,
            "written": accepted.written,
        }


def _lapsed(census: Census) -> Iterator[Mapping[str, Any]]:
    """What an acceptance names that is not in force."""
    places = places_of(census.page.result.by_id)
    for one in census.page.problems(lambda one: bool(one.lapsed), _MOST_ROWS) if census.counts.lapsed else ():
        yield {**_spot(one, census.store(places[one.resource])), "why": one.lapsed}


def _spot(one: Finding, store: Store | None) -> Mapping[str, Any]:
    """What is not met, and where."""
    where = {"where": store.name if store else one.resource, "target": store.target if store else ""}
    return {**where, "title": one.title, "control": one.control, "tier": one.tier.label}


REPORT = Report("html", render, "self-contained pages for a security lead", pages=pages)
