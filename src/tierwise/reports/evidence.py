"""An auditor's bundle about one dataset on one day: everything as JSON, the same to read, and digests of both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tierwise.model.history import Evidence, EvidenceResource
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier
from tierwise.reports.base import View
from tierwise.reports.console import Printer, console_for
from tierwise.reports.escape import code, json_bytes, prose
from tierwise.reports.history import run_out
from tierwise.reports.text import count, log_lines, safe_text

SCHEMA: Final = "tierwise/evidence/1"


def bundle(found: Evidence) -> dict[str, bytes]:
    """The files of the bundle by name; `SHA256SUMS` can be checked with `sha256sum -c`."""
    files = {"evidence.json": json_bytes(_evidence_out(found)) + b"\n", "evidence.md": "\n".join(_page(found)).encode() + b"\n"}
    sums = "".join(f"{hashlib.sha256(made).hexdigest()}  {name}\n" for name, made in files.items())
    return {**files, "SHA256SUMS": sums.encode()}


def _accepted(found: Evidence) -> list[dict[str, Any]]:
    """Each acceptance in force once, with the findings that it covers."""
    made: dict[str, dict[str, Any]] = {}
    for resource in found.resources:
        for one in resource.findings:
            accepted = one["accepted"]
            if isinstance(accepted, Mapping):
                entry = made.setdefault(repr(sorted(accepted.items())), {**accepted, "findings": []})
                entry["findings"].append(one["fingerprint"])
    return sorted(made.values(), key=lambda one: str(one["expires"]))


def _evidence_out(found: Evidence) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "dataset": found.dataset,
        "as_of": found.as_of,
        "kept_from": found.kept_from.name if found.kept_from is not None else None,
        "run": {**run_out(found.run), "controls": dict(found.run.controls)},
        "resources": [
            {
                "id": one.id,
                "kind": one.kind,
                "provider": one.provider,
                "account": one.account,
                "region": one.region,
                "name": one.name,
                "classification": {**one.classification, "so_since": one.judged_since},
                "facts": dict(one.facts),
                "facts_so_since": one.read_since,
                ("attested" if one.kind == Kind.DATASET else "pass"): list(one.passes),
                "not_applicable": list(one.not_applicable),
                "findings": list(one.findings),
            }
            for one in found.resources
        ],
        "acceptances": _accepted(found),
        "controls": list(found.controls),
        "gaps": list(found.gaps),
        "reads": [{"operation": operation, "outcome": outcome, "count": number} for operation, outcome, number in found.coverage],
    }


def _page(found: Evidence) -> Iterator[str]:
    run = found.run
    yield f"# {prose(found.dataset)} as of {found.as_of}"
    yield f"From run {code(run.id)} of {code(run.series)}, which read from {run.started} to {run.finished}; profile {code(run.profile)}, tierwise {run.tool}."
    yield f"Coverage of the whole run: {run.coverage:.1%} of the reads that were due; {count(run.gaps, 'listing')} failed. What could not be read is unknown, and said so below."
    if found.kept_from is not None:
        yield f"Of runs as old as this one only resources of {found.kept_from.label} and above are kept: those of this dataset that had a lower tier are not below."
    for one in found.resources:
        yield from _resource(one)
    accepted = _accepted(found)
    if accepted:
        yield "\n## Acceptances in force"
        for each in accepted:
            merged = f", {each['merged']}" if each.get("merged") else ""
            yield f"- until {each['expires']}, {prose(each['approver'])} as written in {code(each['file'])}{merged}: {prose(each['reason'])} ({count(len(each['findings']), 'finding')})"
    yield "\n## What the controls ask"
    for control in found.controls:
        yield from _control(control)
    if found.gaps:
        yield "\n## What could not be listed"
        for gap in found.gaps:
            yield f"- {code(str(gap['service']))} in {code(str(gap['account']))}/{code(str(gap['region'] or 'global'))}: {prose(str(gap['reason']))}, {code(str(gap['action']))}"


def _met(one: EvidenceResource) -> str:
    """What the controls that are met are called: of a dataset, which has attested controls alone, nothing was read and so nothing passed."""
    return "Attested" if one.kind == Kind.DATASET else "Passed"


def _resource(one: EvidenceResource) -> Iterator[str]:
    tier = Tier[str(one.classification["tier"])]
    yield f"\n## {code(one.name or one.id)}"
    yield f"{code(one.id)}, {one.kind} in {code(one.account or 'no account')}/{code(one.region or 'global')}."
    yield f"\nTier {tier.label}, {one.classification['state']}, so since {one.judged_since}:"
    trace = one.classification["trace"]
    for step in trace if isinstance(trace, list) else ():
        yield f"- {step['rule']}: {prose(step['because'])}"
    yield f"\n{_met(one)}: {', '.join(one.passes) or 'nothing'}. Not applicable: {', '.join(one.not_applicable) or 'nothing'}."
    for finding in one.findings:
        actual, unknowns = finding["actual"], finding["unknowns"]
        yield f"\n### {finding['control']}: {finding['verdict']}, {finding['severity']}, so since {finding['so_since']}"
        yield f"{prose(str(finding['title']))}. Expected: {prose(str(finding['expected']))}."
        for part in actual if isinstance(actual, list) else ():
            yield f"- read: {code(part['fact'])} {code(part['value'])} by {code(part['via'])}"
        for part in unknowns if isinstance(unknowns, list) else ():
            yield f"- open: {code(part['fact'])}, {prose(str(part['reason']))}, {code(part['action'] or part['via'])}"
    yield f"\nFacts, so since {one.read_since}; read again in this run where no other day is named:"
    for name, fact in one.facts.items():
        told = fact if isinstance(fact, Mapping) else {}
        value = told.get("value", f"unknown ({told['unknown']})" if "unknown" in told else f"not applicable ({told.get('not-applicable')})")
        day = f", as read on {str(told['as_of'])[:10]}" if "as_of" in told else ""
        yield f"- {code(name)} {code(str(value))} by {code(str(told.get('via', '')))}{day}"


def _control(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n### {one['id']}: {prose(str(one['title']))}"
    yield f"{prose(str(one['rationale']))} Source: {prose(str(one['source']))} Digest {code(str(one['digest']))}."
    for tier, words in one["ladder"].items():
        yield f"- {Tier[tier].label}: {prose(str(words))}"
    for tier, rungs in one["extra"].items():
        yield from (f"- {Tier[tier].label}, by the profile: {prose(str(words))}" for words in rungs)


def evidence_text(found: Evidence, output: Path | None, view: View) -> str:
    """The bundle in short, for people."""
    console, out = console_for(view)
    page = Printer(console)
    page.line(f"{safe_text(found.dataset)} as of {found.as_of}, from run {found.run.id} of {found.run.day}", "bold")
    if found.kept_from is not None:
        page.bullet(f"the run is so old that only resources of {found.kept_from.label} and above are kept", "yellow", "!")
    for one in found.resources:
        verdicts = [str(each["verdict"]) for each in one.findings]
        tier = Tier[str(one.classification["tier"])]
        page.bullet(
            f"{one.name or one.id} ({one.kind}): {tier.label}, {one.classification['state']} since {one.judged_since[:10]};"
            f" {len(one.passes)} {_met(one).lower()}, {verdicts.count('fail')} failed, {verdicts.count('unknown')} unknown, {count(len(one.facts), 'fact')}"
        )
    accepted = _accepted(found)
    if accepted:
        page.line(f"{count(len(accepted), 'acceptance')} in force, the first until {accepted[0]['expires']}")
    page.line(
        f"written: {output}/evidence.json, evidence.md, SHA256SUMS"
        if output is not None
        else "--output DIR writes the bundle; --format json prints it",
        "dim",
    )
    return log_lines(out.getvalue())
