"""SARIF 2.1.0 for code scanning: every result located and fingerprinted, worst first, within what GitHub takes.

One rule per control and severity (`ENC-01/high`), and one for what could not be told (`ENC-01/unknown`): GitHub takes the severity
from the rule alone, and a control's severity rises with the tier. Unknown is `kind: open` with `level: none`, as the standard has
it (3.27.9, 3.27.10); GitHub shows every result whatever its kind, so the rule for the unknown carries no `security-severity` and no
merge protection by severity stops on it.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from tierwise import __version__
from tierwise.model.control import Control, Severity
from tierwise.model.finding import Finding, ScanResult, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.model.words import describe
from tierwise.reports.attested import standing_of
from tierwise.reports.base import Report, View
from tierwise.reports.escape import json_bytes, message, prose
from tierwise.reports.planned import bare, sentences
from tierwise.reports.second import sarif_runs
from tierwise.reports.shown import Shown, published, sentence
from tierwise.reports.text import count
from tierwise.reports.unseen import losses

MOST_RESULTS: Final = 25_000
MOST_SHOWN: Final = 5_000
MOST_BYTES: Final = 10_000_000
"""What GitHub takes of a run (results, bytes of gzip) and what it shows; of its other limits (25,000 rules, 20 runs, 100 locations shown
for a result, 10 tags shown for a rule) none can be met. docs.github.com, "SARIF results exceed one or more limits".
"""
MOST_TOLD: Final = 100
"""How many things that a plan weakens, raises, lowers or takes away are told as notifications."""
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_SHORT: Final = 1024
_UNKNOWN: Final = "unknown"
_URL: Final = re.compile(r"https://[\w.-]+(?:/[\w./~-]*)?")


def score(severity: Severity) -> str:
    """The `security-severity` that GitHub reads back as the same word: over 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low."""
    match severity:
        case Severity.CRITICAL:
            return "9.5"
        case Severity.HIGH:
            return "8.0"
        case Severity.MEDIUM:
            return "5.5"
        case Severity.LOW:
            return "2.5"
        case Severity.INFO:
            return "0.1"


def level(severity: Severity) -> str:
    """The SARIF level of a failure."""
    match severity:
        case Severity.CRITICAL | Severity.HIGH:
            return "error"
        case Severity.MEDIUM:
            return "warning"
        case Severity.LOW | Severity.INFO:
            return "note"


def render(result: ScanResult, view: View) -> bytes:
    """The log; where it is too large for GitHub, the worst results and a notification that says how many were cut."""
    page = published(result, view)
    findings = page.problems()
    kept = min(len(findings), MOST_RESULTS)
    while True:
        made = json_bytes(_log(page, findings[:kept], len(findings) - kept)) + b"\n"
        size = len(made) if len(made) <= MOST_BYTES else len(gzip.compress(made, mtime=0))
        if size <= MOST_BYTES or not kept:
            return made
        kept = min(kept - 1, kept * MOST_BYTES * 9 // (size * 10))


def _log(page: Shown, findings: Sequence[Finding], cut: int) -> dict[str, Any]:
    rules: dict[str, dict[str, Any]] = {}
    indices: dict[str, int] = {}
    results = []
    for one in findings:
        name = rule_id(one)
        if name not in rules:
            indices[name] = len(rules)
            rules[name] = _rule(name, one, page.view.controls.get(one.control))
        results.append(_result(one, indices[name], page))
    driver = {"name": "tierwise", "version": __version__, "semanticVersion": __version__, "rules": list(rules.values())}
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(page, len(findings), cut)],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "profile": page.result.run.profile,
            "gate": page.result.gate.result,
            "coverage": round(page.result.coverage.whole, 4),
            **({"attested": standing} if (standing := standing_of(page.result)) else {}),
        },
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run, *sarif_runs(page)]}


def rule_id(one: Finding) -> str:
    """The control and the severity at the finding's tier, or `unknown`."""
    return f"{one.control}/{_UNKNOWN if one.verdict is Verdict.UNKNOWN else one.severity.word}"


def _rule(name: str, one: Finding, control: Control | None) -> dict[str, Any]:
    unknown = one.verdict is Verdict.UNKNOWN
    title = f"Unknown whether: {one.title}" if unknown else one.title
    tags = ["security", "tierwise", one.family, one.control, *(["unknown"] if unknown else [])]
    properties: dict[str, Any] = {"tags": list(dict.fromkeys(tags)), "precision": "high"}
    if not unknown:
        properties["security-severity"] = score(one.severity)
    text, markdown = _help(one, control)
    rationale = " ".join(control.rationale.split()) if control is not None else ""
    link = _URL.search(control.source) if control is not None else None
    more = {"helpUri": link[0]} if link else {}
    return more | {
        "id": message(name),
        "name": message(one.control, 255),
        "shortDescription": {"text": message(title, _SHORT)},
        "fullDescription": {"text": message(rationale or title, _SHORT)},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": "none" if unknown else level(one.severity)},
        "properties": properties,
    }


def _help(one: Finding, control: Control | None) -> tuple[str, str]:
    """What a control asks at each tier, why, and how it is met: as text and as Markdown."""
    parts: list[tuple[str, list[str]]]
    if control is None:
        parts = [("Expected", [one.expected]), ("How", [one.remediation])]
    else:
        ladder = [f"{tier.label}: {describe(control.ladder[tier])}" for tier in Tier if tier in control.ladder]
        how = [f"{dialect}: {text}" for dialect, text in control.remediation.items()]
        parts = [("Why", [control.rationale]), ("What each tier asks", ladder), ("How", how), ("Source", [control.source])]
    text = [one.title, *(f"{head}: {' '.join(line.split())}" for head, lines in parts for line in lines if line)]
    markdown = [f"**{prose(one.title)}**"]
    for head, lines in parts:
        markdown += ["", f"**{head}**", "", *(f"- {prose(line, 4000)}" for line in lines if line)]
    return "\n".join(message(line) for line in text), "\n".join(markdown)


def _result(one: Finding, index: int, page: Shown) -> dict[str, Any]:
    place = page.place(one.resource)
    unknown = one.verdict is Verdict.UNKNOWN
    resource = page.resources.get(one.resource)
    region = {"startLine": place.line, "startColumn": 1, "endLine": place.line, "endColumn": 1}
    out: dict[str, Any] = {
        "ruleId": message(rule_id(one)),
        "ruleIndex": index,
        "kind": "open" if unknown else "fail",
        "level": "none" if unknown else level(one.severity),
        "message": {"text": message(sentence(one), 4000)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": quote(place.path.encode("utf-8", "replace"))}, "region": region},
                "logicalLocations": [
                    {
                        "name": resource.name or one.resource if resource is not None else one.resource,
                        "fullyQualifiedName": one.resource,
                        "kind": "resource",
                    }
                ],
            }
        ],
        # GitHub matches alerts by primaryLocationLineHash alone; without it the upload makes one from the line, which resources share.
        "partialFingerprints": {"tierwise/v1": one.fingerprint, "primaryLocationLineHash": f"{one.fingerprint}:1"},
        "properties": _properties(one, page),
    }
    if page.result.gate.baseline:  # on all results of a run or on none (SARIF 2.1.0, section 3.27.24)
        out["baselineState"] = "unchanged" if one.in_baseline else "new"
    if one.accepted is not None:
        because = f"accepted until {one.accepted.expires}" + (f": {one.accepted.reason}" if one.accepted.reason else "")
        by = f" (accepted by {one.accepted.by} {one.accepted.written})" if one.accepted.approver else ""
        out["suppressions"] = [{"kind": "external", "status": "accepted", "justification": message(because + by, 2000)}]
    return out


def _properties(one: Finding, page: Shown) -> dict[str, Any]:
    out: dict[str, Any] = {
        "control": one.control,
        "verdict": one.verdict.value,
        "severity": one.severity.word,
        "tier": one.tier.name,
        "assumed": one.assumed,
        "blocking": page.blocks(one),
        "introduced": one.introduced,
        "before": one.before.value if one.before is not None else None,
        "broughtBy": one.brought_by,
        "fixAt": one.fix_at,
        "why": one.why,
        "remediation": one.remediation,
    }
    if one.attested is not None:
        out["attested"] = one.attested.value
    if one.owner:
        out["owner"] = one.owner
    resource = page.resources.get(one.resource)
    if resource is not None and resource.unit:
        out |= {"account": resource.account, "unit": resource.unit}
    told = page.told(one)
    if told is not None:
        out |= {"dataset": told.dataset, "categories": [category.value for category in told.categories], "people": told.subjects}
        out["because"] = [step.because for step in told.trace]
    return out


def _invocation(page: Shown, kept: int, cut: int) -> dict[str, Any]:
    result = page.result
    notes = []
    if result.gate.overridden:
        notes.append(_note("override", f"gate {result.gate.decision}"))
    if cut:
        told = f"{count(cut, 'result')} cut, the least severe: GitHub takes {MOST_RESULTS:,} results and 10 MB compressed; the JSON report has all"
        notes.append(_note("cut", told))
    if kept > MOST_SHOWN:
        notes.append(_note("shown", f"GitHub takes {kept:,} results and shows the {MOST_SHOWN:,} most severe; the JSON report has all"))
    planned = [f"{one.resource} {text}" for one in result.changes for text in sentences(bare(one))]
    notes += [_note("plan", text) for text in planned[:MOST_TOLD]]
    if len(planned) > MOST_TOLD:
        notes.append(_note("plan", f"and {len(planned) - MOST_TOLD:,} more that the plan changes; the JSON report has all"))
    notes += [_note("gap", one.text) for one in losses(result.gaps)]
    crashed = any(gap.reason == "internal-error" for gap in result.gaps)
    out: dict[str, Any] = {
        "executionSuccessful": not crashed,
        "startTimeUtc": _utc(result.run.started),
        "endTimeUtc": _utc(result.run.finished),
    }
    return out | ({"toolExecutionNotifications": notes} if notes else {})


def _note(what: str, text: str) -> dict[str, Any]:
    return {"descriptor": {"id": what}, "level": "warning", "message": {"text": message(text, 2000)}}


def _utc(moment: str) -> str:
    return moment.removesuffix("+00:00") + "Z" if moment.endswith("+00:00") else moment


REPORT = Report("sarif", render, "SARIF 2.1.0, for code scanning")
