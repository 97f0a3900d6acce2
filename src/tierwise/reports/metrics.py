"""A run as figures for a monitoring system, in the Prometheus text format (version 0.0.4), which OpenTelemetry's collector reads too.

Figures and words of the tool's own alone: no resource, account, owner or dataset is named, so that every audience may read them. What tells one
scan's figures from another's is a digest, since a collector of files refuses all of them where two have the same figure with the same labels.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from tierwise.model.control import Severity
from tierwise.model.fact import UnknownReason
from tierwise.model.finding import PROBLEMS, Findings, ScanResult, Verdict
from tierwise.model.sensitivity import Tier
from tierwise.reports.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHORT: Final = 8
GATES: Final = ("passed", "failed", "incomplete")


def metrics(result: ScanResult, version: str, series: str = "") -> bytes:
    """The figures of a run of a series. What can be counted is there as 0 too where there is none of it, so that an alarm on it does not fall silent."""
    to = CollectorRegistry()
    named = "\n".join((series, *sorted(result.run.sources), result.run.profile))
    put = partial(_one, to, hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:_SHORT])
    findings = Findings.of(result.findings)
    put("run_info", "The run, by version and profile.", {("version", "profile"): {(version, result.run.profile): 1}})
    started, finished = (datetime.fromisoformat(one).timestamp() for one in (result.run.started, result.run.finished))
    put("run_started_timestamp_seconds", "When the run began.", {(): {(): started}})
    put("run_finished_timestamp_seconds", "When the run ended; alert where it is older than the schedule.", {(): {(): finished}})
    put("run_duration_seconds", "How long the run took.", {(): {(): finished - started}})
    put("gate", "1 for what the gate decided.", {("result",): {(one,): int(result.gate.result == one) for one in GATES}})
    put("blocking_findings", "Findings that block.", {(): {(): len(result.gate.blocking)}})
    known = (result.classifications.get(one.id) for one in result.resources)
    tiers = Counter((one.tier.name if one is not None else "none",) for one in known)
    put("resources", "Resources, by tier.", {("tier",): {(tier.name,): 0 for tier in Tier} | tiers})
    put("verdicts", "Findings, by verdict.", {("verdict",): {(one.value,): findings.verdicts[one] for one in Verdict}})
    put("problems", "Findings that fail or are unknown.", {("verdict", "tier", "severity", "accepted"): _problems(findings)})
    reasons = Counter((part.reason,) for one in findings.problems for part in one.unknowns)
    none = {(one.value,): 0 for one in UnknownReason}
    put("unknown_parts", "What unknown verdicts rest on, by reason.", {("reason",): none | reasons})
    shares = {(tier.name,): share for tier, share in result.coverage.tiers.items()}
    put("coverage_ratio", "The share of the reads that were due and got an answer.", {(): {(): result.coverage.whole}})
    put("tier_coverage_ratio", "The same of the reads that a tier's resources rest on.", {("tier",): shares})
    gaps = Counter(("yes" if one.expected else "no",) for one in result.gaps)
    put("gaps", "Places that could not be listed, by whether that is expected.", {("expected",): {("no",): 0, ("yes",): 0} | gaps})
    reads: Counter[tuple[str, ...]] = Counter()
    for one in result.outcomes:
        reads[_service(one.operation), one.outcome] += one.count
    put("reads", "Reads that were due, by service and what came of them.", {("service", "outcome"): reads})
    return generate_latest(to)


def _one(to: CollectorRegistry, scope: str, name: str, about: str, values: Mapping[tuple[str, ...], Mapping[Any, float]]) -> None:
    """One figure by the values of its labels."""
    for labels, figures in values.items():
        gauge = Gauge(f"tierwise_{name}", about, ("scope", *labels), registry=to)
        for told, figure in sorted(figures.items()):
            gauge.labels(scope, *map(safe_text, told)).set(figure)


def _problems(findings: Findings) -> Mapping[tuple[str, ...], int]:
    labels: Sequence[tuple[str, ...]] = [
        (verdict.value, tier.name, severity.word, accepted)
        for verdict, tier, severity, accepted in product(sorted(PROBLEMS), Tier, Severity, ("no", "yes"))
    ]
    found = Counter(
        (one.verdict.value, one.tier.name, one.severity.word, "yes" if one.accepted is not None else "no") for one in findings.problems
    )
    return dict.fromkeys(labels, 0) | found


def _service(operation: str) -> str:
    """`s3` of `s3:GetBucketPolicy`, `storage` of `storage:/v1/b`, `Microsoft.Storage` of `arm:Microsoft.Storage/storageAccounts`."""
    head, _colon, rest = operation.partition(":")
    return rest.partition("/")[0] if head == "arm" and rest else head
