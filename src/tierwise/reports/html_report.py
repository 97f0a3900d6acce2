"""The report of a security lead: self-contained, readable without scripts, and honest about what could not be seen; of many findings, in pages."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest
from itertools import islice
from operator import itemgetter
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from tierwise.evaluate.baseline import digests
from tierwise.model.control import Control
from tierwise.model.finding import Finding, Findings, Gate, ScanResult, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.model.words import describe
from tierwise.reports.attested import standing_of, told
from tierwise.reports.base import Report, View
from tierwise.reports.page import attested, evidence, measures, summary, trend
from tierwise.reports.page.census import MOST_ROWS, Census, census_of
from tierwise.reports.page.entries import Entries
from tierwise.reports.page.more import More, Most, cut, first_of
from tierwise.reports.page.plot import bars
from tierwise.reports.page.shell import frame, render_page
from tierwise.reports.page.stores import ASSUMED, Store
from tierwise.reports.planned import sentences
from tierwise.reports.shown import Shown, shown
from tierwise.reports.text import count

MOST_FINDINGS, MOST_STORES = Most(1_500, 800_000), Most(400, 400_000)
"""Of each on the first page: with what else it shows under 2 MB. The others stand on pages of their own, or are counted where they would stand."""
PAGE_FINDINGS, PAGE_STORES = Most(1_000, 1_700_000), Most(300, 1_700_000)
"""On a page of their own."""
MOST_PAGES: Final = 40
"""Of findings, and of stores, beside the first page; other reports hold what is beyond."""
_ALL_FINDINGS, _ALL_STORES = "--format csv=FILE lists all", "--format jsonl=FILE describes all"
_MOST_RISKS, _MOST_ROWS, _MOST_PLACES, _MOST_ACCEPTED, _MOST_SPOTS = 10, MOST_ROWS, 500, 500, 25
_MOST_ATTESTED: Final = Most(MOST_ROWS, 150_000)
_SOON: Final = timedelta(days=30)
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
    return render_page("report.html.j2", _told(_Parts.of(shown(result, view)), (), ()))


def pages(result: ScanResult, view: View, name: str) -> Iterator[tuple[str, str]]:
    """The same as files, for a first page that is called `name`: the names of the others, relative to its folder, and their texts; the first page comes last, with the links to the others."""
    parts = _Parts.of(shown(result, view))
    census, entries = parts.census, Entries(parts.census, {one: f"../{quote(name)}#{one}" for one in parts.targets})
    findings = _More(census, name, "findings", sum(parts.totals.values()))
    left = census.listed(parts.listed + MOST_PAGES * PAGE_FINDINGS.entries)[parts.listed :]
    for lines in islice(cut(view.spread(left, entries.findings), PAGE_FINDINGS, itemgetter(1)), MOST_PAGES):
        yield findings.page(parts.listed, len(lines), groups=evidence.groups_of(lines, {}))
    described = _More(census, name, "stores", len(census.stores))
    rest = census.ranked(len(parts.details) + MOST_PAGES * PAGE_STORES.entries)[len(parts.details) :]
    for details in islice(cut(view.spread(rest, entries.stores), PAGE_STORES, str), MOST_PAGES):
        yield described.page(len(parts.details), len(details), details=details)
    yield name, render_page("report.html.j2", _told(parts, findings.made, described.made))


class _More:
    """The further pages of one sort, in the order in which they are made."""

    def __init__(self, census: Census, name: str, sort: str, total: int) -> None:
        self._sort, self._total = sort, total
        self._folder = f"{name.rpartition('.')[0] or name}-pages"
        self._shell = {**_shell(census), "back": f"../{quote(name)}#{sort}"}
        self._last = 0
        self.made: list[More] = []

    def page(self, before: int, held: int, groups: Sequence[evidence.Group] = (), details: Sequence[Markup] = ()) -> tuple[str, str]:
        """The next page, of so many entries: its name and text. `before` them all so many stand on the first page."""
        number = len(self.made) + 2
        first = (self._last or before) + 1
        self._last = first + held - 1
        heading = f"{self._sort.capitalize()} {first:,} to {self._last:,} of {self._total:,}"
        self.made.append(More(f"{quote(self._folder)}/{self._sort}-{number}.html", heading))
        around = [number - 1] * (number > 2) + [number + 1] * (self._last < self._total and number <= MOST_PAGES)
        others = [More(f"{self._sort}-{one}.html", f"Page {one}") for one in around]
        told = {**self._shell, "heading": heading, "others": others, "groups": groups, "details": details}
        return f"{self._folder}/{self._sort}-{number}.html", render_page("more.html.j2", told)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the first page shows."""

    census: Census
    totals: Mapping[tuple[str, str], int]
    groups: tuple[evidence.Group, ...]
    listed: int
    """How many findings."""
    details: tuple[Markup, ...]
    controls: tuple[_Control, ...]
    estates: tuple[_Estate, ...]
    targets: frozenset[str]
    """What entries lead to."""

    @classmethod
    def of(cls, page: Shown) -> _Parts:
        """Of a result."""
        census = census_of(page)
        controls = {f"c-{name}": f"#c-{name}" for name in census.seen.counts.titles}
        ranked = census.ranked(MOST_STORES.entries)
        details = first_of(Entries(census, controls).stores(ranked), MOST_STORES, str)
        described = [census.stores[place] for place in ranked[: len(details)]]
        targets = {**controls, **{one.target: f"#{one.target}" for one in described}}
        places = census.listed(MOST_FINDINGS.entries)
        lines = first_of(Entries(census, targets).findings(places), MOST_FINDINGS, itemgetter(1))
        totals = evidence.totals_of(page)
        spots = evidence.spots_of((evidence.line_of(census.problems[one], *census.spot(one)) for one in places[: len(lines)]), _MOST_SPOTS)
        return cls(
            census,
            totals,
            evidence.groups_of(lines, totals),
            len(lines),
            details,
            tuple(_controls(census, spots)),
            tuple(_estates(census, described)),
            frozenset(targets),
        )


def _shell(census: Census) -> dict[str, Any]:
    """What every page says of itself."""
    page, strip = census.page, summary.strip_of(census)
    said = {"strip": strip, "nobody": page.nobody, "unsaid": page.unsaid}
    return {**frame(run=page.result.run.id, sources=strip.sources, marking=page.view.marking), **said}


def _told(parts: _Parts, more_findings: Sequence[More], more_stores: Sequence[More]) -> dict[str, Any]:
    """Everything that the first page shows, counted and cut here."""
    census, groups, details = parts.census, parts.groups, parts.details
    page, result, seen = census.page, census.page.result, census.seen
    datasets, owners = seen.sets.told(census.store), seen.owners.told()
    accepted, lapsed = tuple(_accepted(census)), tuple(_lapsed(census))
    planned = [(one.resource, words) for one in result.changes for words in sentences(one)]
    over_time = trend.trend_of(census)
    families, heat = summary.heat_map(census)
    people = attested.datasets_of(census)
    targets = {one: f"#{one}" for one in _ids(parts)}
    spoken = first_of(Entries(census, targets).attested(people), _MOST_ATTESTED, str)
    return {
        **_shell(census),
        "gate": _gate(result.gate),
        "digest": _control_set(page),
        "sections": _SECTIONS,
        "targets": targets,
        "more_findings": more_findings,
        "more_stores": more_stores,
        "elsewhere_findings": _elsewhere(more_findings, _ALL_FINDINGS),
        "elsewhere_stores": _elsewhere(more_stores, _ALL_STORES),
        "all_findings": _ALL_FINDINGS,
        "all_stores": _ALL_STORES,
        "sentence": seen.answer.told(),
        "failed": Findings.of(result.findings).verdicts[Verdict.FAIL],
        "questions": summary.questions(census, over_time.answer),
        "trend": over_time,
        "chart": bars("Requirements not met by tier, day by day; the table has the numbers", over_time.days, over_time.failed)
        if over_time.failed
        else "",
        "families": families,
        "heat": heat,
        "risks": tuple(evidence.risks_of(census, _MOST_RISKS)),
        "planned": planned[:_MOST_ROWS],
        "more_planned": max(0, len(planned) - _MOST_ROWS),
        "datasets": datasets,
        "more_datasets": seen.sets.number - len(datasets),
        "tiers": [*(one.label for one in reversed(Tier)), ASSUMED],
        "spots": seen.spots.told(_MOST_PLACES),
        "more_spots": max(0, seen.spots.number - _MOST_PLACES),
        "flows": tuple(seen.flows.told(page)),
        "more_flows": max(0, seen.flows.number - _MOST_ROWS),
        "groups": groups,
        "shown_findings": parts.listed,
        "total_findings": sum(one.total for one in groups),
        "details": details,
        "total_stores": len(census.stores),
        "controls": parts.controls,
        "framework": result.framework,
        "principles": attested.principles_of(page),
        "attested": people[: len(spoken)],
        "spoken": spoken,
        "more_attested": len(people) - len(spoken),
        "attested_heads": attested.HEADS,
        "standing": told(standing_of(result)) if people else "",
        "no_attested": _NO_ATTESTED[page.view.audience == "public"],
        "measures": measures.measures_of(census),
        "lights": measures.RULES,
        "accepted": accepted,
        "more_accepted": seen.counts.accepted - len(accepted) if accepted else 0,
        "lapsed": lapsed,
        "more_lapsed": len(seen.counts.lapsed) - len(lapsed) if lapsed else 0,
        "owners": owners[:_MOST_PLACES],
        "more_owners": max(0, len(owners) - _MOST_PLACES),
        "owned": {one.name: one.target for one in parts.estates},
        "estates": parts.estates,
        "gaps": sorted(result.gaps, key=lambda gap: (gap.expected, not gap.whole))[:_MOST_ROWS],
        "more_gaps": max(0, len(result.gaps) - _MOST_ROWS),
        "unseen": evidence.unseen_of(census, _MOST_ROWS),
        "outcomes": evidence.outcomes_of(page),
        "reads": evidence.reads_of(page),
        "notes": evidence.notes_of(page),
    }


def _ids(parts: _Parts) -> Iterator[str]:
    """The ids of the first page."""
    yield from parts.targets
    yield from (one.id for one in parts.groups)
    yield from (one.target for one in parts.estates)
    yield from (name for name, _ in _SECTIONS)


def _elsewhere(more: Sequence[More], all_of: str) -> str:
    """Where the rest is: on the pages that are linked, and, beyond their number, in other reports."""
    return (
        f"the next stand on {count(len(more), 'page')} below, and {all_of}"
        if len(more) >= MOST_PAGES
        else f"the others on {count(len(more), 'page')} below"
    )


def _estates(census: Census, described: Iterable[Store]) -> Iterator[_Estate]:
    """The owners of the stores that the page describes, in the order of their worst."""
    owned: dict[str, list[Store]] = {}
    for one in described:
        owned.setdefault(one.owner, []).append(one)
    totals = {one.name: one.stores for one in census.seen.owners.told()}
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
    for name, title in sorted(census.seen.counts.titles.items()):
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
    held = [(place, census.problems[place]) for place in census.listed(_MOST_ACCEPTED, accepted=True)]
    soon = (datetime.fromisoformat(census.page.result.run.started) + _SOON).date().isoformat()
    spoken = ((place, one, one.accepted) for place, one in held if one.accepted is not None)
    for place, one, accepted in sorted(spoken, key=lambda each: each[2].expires):
        yield {
            **_spot(one, *census.spot(place)),
            "expires": accepted.expires,
            "soon": accepted.expires <= soon,
            "owner": accepted.owner or one.owner or census.page.nobody,
            "reason": accepted.reason,
            "approver": accepted.by,
            "written": accepted.written,
        }


def _lapsed(census: Census) -> Iterator[Mapping[str, Any]]:
    """What an acceptance names that is not in force, the worst first."""
    held = ((census.page.rank(census.problems[place]), place) for place in census.seen.counts.lapsed)
    for _rank, place in nsmallest(_MOST_ROWS, held):
        one = census.problems[place]
        yield {**_spot(one, *census.spot(place)), "why": one.lapsed}


def _spot(one: Finding, where: str, target: str) -> Mapping[str, Any]:
    """What is not met, and where."""
    return {"where": where, "target": target, "title": one.title, "control": one.control, "tier": one.tier.label}


REPORT = Report("html", render, "self-contained pages for a security lead", pages=pages)
