"""One page for a security lead: self-contained, readable without scripts, and honest about what could not be seen."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tierwise.evaluate.baseline import digests
from tierwise.model.control import Control
from tierwise.model.finding import Finding, Findings, ScanResult, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.model.words import describe
from tierwise.reports.base import Report, View
from tierwise.reports.page import evidence, stores, summary, trend
from tierwise.reports.page.stores import Store
from tierwise.reports.planned import sentences
from tierwise.reports.shown import Shown, shown
from tierwise.reports.text import safe_text

MOST_FINDINGS: Final = 1_500
MOST_STORES: Final = 400
"""With what else the page shows, about 2 MB at the lengths of names that clouds allow; what is left out is counted where it would stand."""
_MOST_RISKS, _MOST_ROWS, _MOST_TRACE, _MOST_LINES = 10, 100, 12, 25
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
    """The page."""
    page = shown(result, view)
    return _environment().get_template("report.html.j2").render(_told(page))


def _told(page: Shown) -> dict[str, Any]:
    """Everything that the template shows, counted and cut here."""
    result = page.result
    ranked = stores.stores_of(page)
    groups = evidence.groups_of(page, ranked, MOST_FINDINGS)
    details = tuple(_details(page, ranked[:MOST_STORES]))
    controls = tuple(_controls(page))
    datasets, flows = stores.datasets_of(ranked), stores.flows_of(page)
    planned = [(one.resource, words) for one in result.changes for words in sentences(one)]
    over_time = trend.trend_of(page)
    families, heat = summary.heat_map(page)
    style, script = _asset("style.css"), _asset("filter.js")
    targets = {
        *(one.id for one in groups),
        *(one.store.target for one in details),
        *(f"c-{one.id}" for one in controls),
        *(name for name, _ in _SECTIONS),
    }
    return {
        "style": Markup(style),  # noqa: S704 - the project's own file
        "script": Markup(script),  # noqa: S704 - the project's own file
        "style_hash": _digest(style),
        "script_hash": _digest(script),
        "version": version("tierwise"),
        "run": result.run.id,
        "marking": page.view.marking,
        "strip": summary.strip_of(page),
        "gate": result.gate.decision,
        "digest": _control_set(page),
        "sections": _SECTIONS,
        "targets": targets,
        "sentence": summary.sentence_of(ranked),
        "failed": Findings.of(result.findings).verdicts[Verdict.FAIL],
        "questions": summary.questions(page, ranked, over_time.answer),
        "trend": over_time,
        "families": families,
        "heat": heat,
        "risks": evidence.risks_of(page, ranked, _MOST_RISKS),
        "planned": planned[:_MOST_ROWS],
        "more_planned": max(0, len(planned) - _MOST_ROWS),
        "datasets": datasets[:_MOST_ROWS],
        "more_datasets": max(0, len(datasets) - _MOST_ROWS),
        "tiers": [one.label for one in reversed(Tier)],
        "spots": stores.spots_of(page, ranked),
        "flows": flows[:_MOST_ROWS],
        "more_flows": max(0, len(flows) - _MOST_ROWS),
        "groups": groups,
        "shown_findings": sum(len(one.lines) for one in groups),
        "total_findings": sum(one.total for one in groups),
        "details": details,
        "total_stores": len(ranked),
        "controls": controls,
        "framework": result.framework,
        "requirements": result.requirements,
        "accepted": tuple(_accepted(page)),
        "owners": evidence.owners_of(ranked),
        "gaps": result.gaps[:_MOST_ROWS],
        "unseen": evidence.unseen_of(page, _MOST_ROWS),
        "outcomes": evidence.outcomes_of(page),
        "notes": evidence.notes_of(page),
    }


def _details(page: Shown, ranked: Sequence[Store]) -> Iterator[_Detail]:
    by_resource: dict[str, list[Finding]] = {}
    for one in page.problems():
        by_resource.setdefault(one.resource, []).append(one)
    for store in ranked:
        told = page.result.classifications[store.id]
        found = by_resource.get(store.id, [])
        trace = tuple(step.because for step in told.trace[:_MOST_TRACE])
        yield _Detail(store, trace, tuple(found[:_MOST_LINES]), max(0, len(found) - _MOST_LINES))


def _controls(page: Shown) -> Iterator[_Control]:
    """The controls that fail or are unknown somewhere, with what each asks at each tier."""
    tally: Counter[tuple[str, Verdict]] = Counter()
    titles: dict[str, str] = {}
    for one in Findings.of(page.result.findings):
        tally[one.control, one.verdict] += 1
        titles[one.control] = one.title
    for name in sorted(titles):
        failed, unknown, passed = (tally[name, one] for one in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS))
        if failed or unknown:
            control = page.view.controls.get(name)
            yield _Control(name, titles[name], failed, unknown, passed, control.rationale if control else "", _ladder(control))


def _ladder(control: Control | None) -> tuple[tuple[str, str], ...]:
    if control is None:
        return ()
    return tuple((tier.label, describe(asks)) for tier, asks in sorted(control.ladder.items()))


def _control_set(page: Shown) -> str:
    """A digest of what all controls asked, by which two reports say whether they judged alike; empty where the controls are not at hand."""
    asked = json.dumps(digests(page.view.controls.values()), sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:12] if page.view.controls else ""


def _accepted(page: Shown) -> Iterator[Mapping[str, str]]:
    for one in page.problems():
        if one.accepted is not None:
            yield {
                "expires": one.accepted.expires,
                "title": one.title,
                "control": one.control,
                "tier": one.tier.label,
                "where": one.resource,
                "reason": one.accepted.reason,
                "approver": one.accepted.approver,
                "file": one.accepted.file,
            }


def _written(value: Any) -> Any:
    """What comes from a source, with control, bidirectional and zero-width characters written out; the template's own text and markup stay."""
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tierwise.reports", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_written,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    return files("tierwise.reports.page").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    """The hash by which a content security policy knows an inline block."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


REPORT = Report("html", render, "one self-contained page for a security lead")
