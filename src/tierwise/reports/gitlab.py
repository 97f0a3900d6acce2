"""GitLab's code quality report: one entry for each failed or unknown finding, worst first.

An unknown verdict is `info` unless the gate failed on it, and its description says `Unknown whether`; an accepted risk is `info` too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from tierwise.model.control import Severity
from tierwise.model.finding import Finding, Gate, ScanResult, Verdict
from tierwise.reports.base import Report, View
from tierwise.reports.escape import json_bytes, message
from tierwise.reports.shown import Shown, published, sentence


def render(result: ScanResult, view: View) -> bytes:
    """A JSON array."""
    page = published(result, view)
    entries = [*_overridden(page.result.gate), *(_entry(one, page) for one in page.problems())]
    return b"[\n" + b",\n".join(json_bytes(one) for one in entries) + b"\n]\n"


def _overridden(gate: Gate) -> Iterator[dict[str, Any]]:
    """The gate, where it rests on an override: the report has no other place for it."""
    if gate.override is not None and gate.overridden:
        yield {
            "description": message(f"gate {gate.decision}", 2000),
            "check_name": "gate",
            "fingerprint": hashlib.sha256(f"override\x1f{gate.override.id}".encode()).hexdigest()[:20],
            "severity": "major",
            "location": {"path": gate.override.file.rpartition(":")[0] or "gate", "lines": {"begin": 1}},
        }


def severity(one: Severity) -> str:
    """GitLab's word for a severity."""
    match one:
        case Severity.CRITICAL:
            return "blocker"
        case Severity.HIGH:
            return "critical"
        case Severity.MEDIUM:
            return "major"
        case Severity.LOW:
            return "minor"
        case Severity.INFO:
            return "info"


def _entry(one: Finding, page: Shown) -> dict[str, Any]:
    place = page.place(one.resource)
    advises = one.accepted is not None or (one.verdict is Verdict.UNKNOWN and not page.blocks(one))
    within = f", account {account}" if (account := page.within(one.resource)) else ""
    return {
        "description": message(f"{sentence(one)} Resource: {one.resource}{within}", 2000),
        "check_name": one.control,
        "fingerprint": one.fingerprint,
        "severity": "info" if advises else severity(one.severity),
        "location": {"path": place.path, "lines": {"begin": place.line}},
    }


REPORT = Report("gitlab", render, "GitLab code quality")
