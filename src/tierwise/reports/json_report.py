"""The machine contract: `tierwise/scan/1`, versioned, additive changes only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from tierwise import __version__
from tierwise.errors import UsageError
from tierwise.evaluate.baseline import digests
from tierwise.model.attestation import State
from tierwise.model.change import Pending, PlanChange, RungChange
from tierwise.model.codec import SCAN_SCHEMA, earlier_out, facts_json, gap_out, look_out, region_out, resource_out
from tierwise.model.finding import Acceptance, Actual, Finding, Findings, Fix, Gate, ScanResult, UnknownPart, Verdict
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import TIER_IDS, Classification, TierState
from tierwise.reports.attested import standing_of
from tierwise.reports.base import Report, Spread, View, here
from tierwise.reports.cause import Cause, stopping
from tierwise.reports.escape import json_bytes, json_lines
from tierwise.reports.second import opinions_out, second_out
from tierwise.reports.shown import Shown, shown

MOST_FINDINGS: Final = 100_000
_TOGETHER: Final = 64
"""How many resources or findings are encoded at once: more would save no time, and take memory."""


def classification_out(one: Classification) -> dict[str, Any]:
    """A classification in the contract's shape, with its trace."""
    return {
        "tier": TIER_IDS[one.tier],
        "interval": [TIER_IDS[one.interval.lo], TIER_IDS[one.interval.hi]],
        "state": one.state,
        "declared": TIER_IDS[one.declared] if one.declared is not None else None,
        "inferred": TIER_IDS[one.inferred] if one.inferred is not None else None,
        "marking": one.marking,
        "categories": list(one.categories),
        "subjects": one.subjects,
        "confidence": round(one.confidence, 3),
        "trace": [
            {
                "rule": step.rule,
                "because": step.because,
                "tier": TIER_IDS[step.tier] if step.tier is not None else None,
                "source": step.source,
            }
            for step in one.trace
        ],
    }


class FindingOut(msgspec.Struct, frozen=True, gc=False):
    """A finding in the contract's shape: its fields, and those of what it was read from, in the contract's order."""

    fingerprint: str
    control: str
    title: str
    family: str
    verdict: Verdict
    severity: str
    tier: str
    assumed: bool
    resource: str
    owner: str | None
    cause: str | None
    fix_at: str
    first_seen: str | None
    accepted: Mapping[str, Any] | None
    lapsed: str | None
    attested: State | None
    why: str
    expected: str
    actual: tuple[Actual, ...]
    at_assumed: Verdict | None
    introduced: bool
    before: Verdict | None
    brought_by: str | None
    in_baseline: bool
    as_of: str | None
    unknowns: tuple[Mapping[str, str | None], ...]
    remediation: str


def finding_out(one: Finding) -> FindingOut:
    """A finding in the contract's shape."""
    # In the order of the fields, as there are a great many of them.
    return FindingOut(
        one.fingerprint,
        one.control,
        one.title,
        one.family,
        one.verdict,
        one.severity.word,
        TIER_IDS[one.tier],
        one.assumed,
        one.resource,
        one.owner or None,
        one.cause or None,
        one.fix_at,
        one.first_seen,
        _accepted(one.accepted) if one.accepted is not None else None,
        one.lapsed or None,
        one.attested,
        one.why,
        one.expected,
        one.actual,
        one.at_assumed,
        one.introduced,
        one.before,
        one.brought_by or None,
        one.in_baseline,
        one.as_of or None,
        tuple([_unknown(part) for part in one.unknowns]) if one.unknowns else (),
        one.remediation,
    )


def _accepted(one: Acceptance) -> dict[str, Any]:
    return {
        "reason": one.reason,
        "owner": one.owner,
        "approver": one.approver,
        "expires": one.expires,
        "file": one.file,
        "role": one.role or None,
        "evidence": one.evidence or None,
        "merged": one.merged or None,
        "planned": {"ticket": one.ticket, "date": one.expires} if one.ticket else None,
    }


def _unknown(one: UnknownPart) -> dict[str, str | None]:
    return {"fact": one.fact, "reason": one.reason, "via": one.via, "action": one.action or None, "detail": one.detail}


def fix_out(fix: Fix) -> dict[str, Any]:
    """A fix: one change and what it closes."""
    return {
        "fix_at": fix.fix_at,
        "control": fix.control,
        "title": fix.title,
        "remedy": fix.remedy,
        "severity": fix.severity.word,
        "tiers": [tier.name for tier in fix.tiers],
        "owner": fix.owner or None,
        "findings": list(fix.findings),
        "resources": list(fix.resources),
    }


def change_out(one: PlanChange) -> dict[str, Any]:
    """What a plan means for one resource."""
    tier = one.tier and {
        "before": one.tier.before.name,
        "after": one.tier.after.name,
        "declared_before": one.tier.declared_before.name if one.tier.declared_before is not None else None,
        "declared_after": one.tier.declared_after.name if one.tier.declared_after is not None else None,
        "because": one.tier.because,
        "rungs": [_rung(rung) for rung in one.tier.rungs],
    }
    return {
        "resource": one.resource,
        "action": one.action.value,
        "previous_address": one.previous_address or None,
        "detail": one.detail or None,
        "weakened": [
            {
                "fact": weak.fact,
                "before": weak.before,
                "after": weak.after,
                "via": weak.via,
                "because": weak.because,
                "rungs": [_rung(rung) for rung in weak.rungs],
            }
            for weak in one.weakened
        ],
        "tier": tier,
        "parts": [{"address": part.address, "type": part.type, "action": part.action.value} for part in one.parts],
        "loses": None if one.loses is None else [{"fact": part.fact, "value": part.value} for part in one.loses],
    }


def _rung(one: RungChange) -> dict[str, Any]:
    return {"control": one.control, "tier": one.tier.name, "asks": one.words, "before": one.before, "after": one.after}


def pending_out(one: Pending) -> dict[str, Any]:
    """What only the applied plan will tell."""
    return {
        "type": one.type,
        "fact": one.fact,
        "reason": one.reason,
        "reads": [{"call": read.call, "action": read.action} for read in one.reads],
        "resources": list(one.resources),
        "findings": list(one.findings),
    }


def summary_out(result: ScanResult, spread: Spread = here) -> dict[str, Any]:
    """Counts: resources by tier with the assumed apart, verdicts, failures by severity, coverage, gate."""
    tiers: Counter[str] = Counter()
    assumed = 0
    for one in result.classifications.values():
        if one.state is TierState.ASSUMED:
            assumed += 1
        else:
            tiers[TIER_IDS[one.tier]] += 1
    findings = Findings.of(result.findings)
    severities: Counter[str] = Counter()
    accepted = 0
    for failing, covered in spread(findings.problems, _counted):
        severities.update(failing)
        accepted += covered
    standing = standing_of(result)
    return {
        "resources": len(result.resources),
        "by_tier": {f"T{number}": tiers[f"T{number}"] for number in range(5)},
        "assumed": assumed,
        "coverage": round(result.coverage.whole, 4),
        "coverage_by_tier": {tier.name: round(share, 4) for tier, share in sorted(result.coverage.tiers.items())},
        "verdicts": {verdict.value: findings.verdicts[verdict] for verdict in Verdict},
        "by_severity": {word: severities[word] for word in ("critical", "high", "medium", "low", "info")},
        "accepted": accepted,
        "no_rung": result.no_rung,
        "gate": result.gate.result,
        **({"attested": standing} if standing else {}),
    }


def _counted(problems: Iterable[Finding]) -> Iterator[tuple[Counter[str], int]]:
    """How many of some fail, by severity, and how many of them are accepted."""
    failing: Counter[str] = Counter()
    accepted = 0
    for one in problems:
        failing[one.severity.word] += one.verdict is Verdict.FAIL
        accepted += one.accepted is not None
    yield failing, accepted


def head_out(page: Shown) -> dict[str, Any]:
    """Everything but resources and findings; with the digests of the controls that judged, by which a later scan knows whether it compares."""
    result = page.result
    return {
        "schema": SCAN_SCHEMA,
        "tool": {"name": "tierwise", "version": __version__},
        "run": {
            "id": result.run.id,
            "started": result.run.started,
            "finished": result.run.finished,
            "profile": result.run.profile,
            "sources": list(result.run.sources),
            "controls": digests(page.view.controls.values()),
        },
        "summary": summary_out(result, page.view.spread),
        "gate": {
            "result": result.gate.result,
            "mode": result.gate.mode,
            "fail_on": result.gate.fail_on.word,
            "blocking": list(result.gate.blocking),
            "reasons": list(result.gate.reasons),
            "override": override_out(result.gate),
            "causes": [cause_out(one) for one in stopping(page)],
        },
    }


def cause_out(one: Cause) -> dict[str, Any]:
    """One change that unblocks, as people are told it."""
    return {
        "control": one.worst.control,
        "title": one.worst.title,
        "severity": one.worst.severity.word,
        "tier": one.worst.tier.name,
        "place": one.place,
        "file": one.file or None,
        "also": list(one.also),
        "diff": [f"{sign}{text}" for sign, text in one.diff],
        "change": one.words,
        "why": one.why,
        "brought_by": one.brought_by or None,
        "tier_from": one.tier,
        "owners": list(one.owners or ()),
        "there_already": one.there,
        "findings": [each.fingerprint for each in one.findings],
    }


def override_out(gate: Gate) -> dict[str, Any] | None:
    """The override that was given, and what it lets through."""
    if gate.override is None:
        return None
    one = gate.override
    return {
        "id": one.id,
        "by": one.by or None,
        "reason": one.reason or None,
        "created": one.created,
        "expires": one.expires,
        "file": one.file,
        "would_fail": len(gate.overridden),
        "findings": list(gate.overridden),
    }


def resources_json(page: Shown, joined: Callable[[Sequence[Any]], bytes]) -> Iterable[bytes]:
    """Each resource with its classification, some at a time, in the contract's shape and as `joined` puts them together."""
    classifications = page.result.classifications

    def told(resource: Resource) -> dict[str, Any]:
        one = classifications[resource.id]
        out = resource_out(resource, facts_json)
        out |= {"dataset": one.dataset or None, "owner": one.owner or None, "personal_data": one.personal_data.value}
        out["classification"] = classification_out(one)
        return out

    return page.view.spread(page.result.resources, lambda some: _together(map(told, some), joined))


def findings_json(page: Shown, findings: Findings, joined: Callable[[Sequence[Any]], bytes]) -> Iterable[bytes]:
    """Each finding, in the same way."""
    return page.view.spread(findings.rows, lambda some: _together(map(finding_out, findings.made_of(some)), joined))


def fixes_json(page: Shown, joined: Callable[[Sequence[Any]], bytes]) -> Iterable[bytes]:
    """Each fix, in the same way."""
    return page.view.spread(page.result.fixes, lambda some: _together(map(fix_out, some), joined))


def _together(told: Iterator[Any], joined: Callable[[Sequence[Any]], bytes]) -> Iterator[bytes]:
    while some := list(islice(told, _TOGETHER)):
        yield joined(some)


def _listed(told: Sequence[Any]) -> bytes:
    """Entries of a list, one a line: no line ends within one, as JSON writes that as an escape."""
    return json_lines(told)[:-1].replace(b"\n", b",\n")


def render(result: ScanResult, view: View) -> bytes:
    """The whole result as one JSON document; UsageError over 100,000 findings unless verdicts are chosen."""
    return b"".join(stream(result, view))


def stream(result: ScanResult, view: View) -> Iterator[bytes]:
    """The same in pieces."""
    page = shown(result, view)
    findings = page.all()
    asked = len(findings)
    if asked > MOST_FINDINGS:
        raise UsageError(
            f"{asked:,} findings are too many for one JSON document (at most {MOST_FINDINGS:,}); add --findings fail,unknown or use --format jsonl"
        )
    return _pieces(page, findings)


def _pieces(page: Shown, findings: Findings) -> Iterator[bytes]:
    # Encoded some at a time: the whole document as Python values would be several times its own size.
    yield msgspec.json.format(json_bytes(head_out(page)), indent=1)[:-2]
    for name, pieces in ((b"resources", resources_json(page, _listed)), (b"findings", findings_json(page, findings, _listed))):
        yield b',\n "%s": [' % name
        between = b"\n"
        for piece in pieces:
            yield between
            yield piece
            between = b",\n"
        yield b"\n ]"
    yield b",\n" + msgspec.json.format(json_bytes(_tail(page)), indent=1)[2:] + b"\n"


def _tail(page: Shown) -> dict[str, Any]:
    """Everything after the findings."""
    result = page.result
    tail: dict[str, Any] = {
        "fixes": [fix_out(fix) for fix in result.fixes],
        "changes": [change_out(one) for one in result.changes],
        "pending": [pending_out(one) for one in result.pending],
        "earlier": [earlier_out(one) for one in result.earlier],
        "gaps": [gap_out(gap) for gap in result.gaps],
        "regions": [region_out(status) for status in result.regions],
        "reads": _reads(result),
        "looks": [look_out(look) for look in result.looks],
        "requirements": [
            {
                "id": one.id,
                "title": one.title,
                "evidence": one.words,
                "pass": one.passed,
                "fail": one.failed,
                "unknown": one.unknown,
                "attestation": one.attestation or None,
                "coverage": one.coverage,
                "attested": {state.value: number for state, number in one.standing.items()},
            }
            for one in result.requirements
        ],
        "deselected": [{"control": control, "because": because} for control, because in result.deselected],
        "notes": list(result.notes),
    }
    if result.second is not None:
        tail["second_opinion"] = {**second_out(result.second), "opinions": list(opinions_out(result.second, page.view.verdicts))}
    return tail


def _reads(result: ScanResult) -> list[dict[str, Any]]:
    totals: Counter[tuple[str, str]] = Counter()
    for outcome in result.outcomes:
        totals[outcome.operation, outcome.outcome] += outcome.count
    return [{"operation": operation, "outcome": outcome, "count": count} for (operation, outcome), count in sorted(totals.items())]


REPORT = Report("json", render, "the machine contract tierwise/scan/1", stream)
