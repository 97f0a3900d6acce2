"""GitLab's code quality report: one entry for each failed or unknown finding, worst first.

An unknown verdict is `info` unless the gate failed on it, and its description says `Unknown whether`; an accepted risk is `info` too.
"""

from __future__ import annotations

from typing import Any

from tierwise.model.control import Severity
from tierwise.model.finding import Finding, ScanResult, Verdict
from tierwise.reports.base import Report, View
from tierwise.reports.escape import json_bytes, message
from tierwise.reports.shown import Shown, sentence, shown


def render(result: ScanResult, view: View) -> bytes:
    """A JSON array."""
    page = shown(result, view)
    return b"[\n" + b",\n".join(json_bytes(_entry(one, page)) for one in page.problems()) + b"\n]\n"


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
    return {
        "description": message(f"{sentence(one)} Resource: {one.resource}", 2000),
        "check_name": one.control,
        "fingerprint": one.fingerprint,
        "severity": "info" if advises else severity(one.severity),
        "location": {"path": place.path, "lines": {"begin": place.line}},
    }


REPORT = Report("gitlab", render, "GitLab code quality")
