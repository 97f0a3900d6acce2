"""The machine contract `tierwise/scan/1` as lines, for results of any size: head, resources, findings, fixes, changes, pending, gaps, regions, end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tierwise.model.codec import gap_out, region_out
from tierwise.model.finding import ScanResult
from tierwise.reports.base import Report, View
from tierwise.reports.escape import json_bytes, json_lines
from tierwise.reports.json_report import change_out, findings_json, fixes_json, head_out, pending_out, resources_json
from tierwise.reports.second import opinions_out, second_out
from tierwise.reports.shown import shown


def stream(result: ScanResult, view: View) -> Iterator[bytes]:
    """One JSON object a line: the head with the schema, then `{"resource": ...}`, `{"finding": ...}` and so on; the last tells how many there were."""
    page = shown(result, view)
    seen = page.result
    yield _line(head_out(page))
    yield from resources_json(page, lambda some: json_lines([{"resource": one} for one in some]))
    findings = page.all()
    yield from findings_json(page, findings, lambda some: json_lines([{"finding": one} for one in some]))
    yield from fixes_json(page, lambda some: json_lines([{"fix": one} for one in some]))
    for change in seen.changes:
        yield _line({"change": change_out(change)})
    for pending in seen.pending:
        yield _line({"pending": pending_out(pending)})
    for gap in seen.gaps:
        yield _line({"gap": gap_out(gap)})
    for status in seen.regions:
        yield _line({"region": region_out(status)})
    counts = {
        "resources": len(seen.resources),
        "findings": len(findings),
        "fixes": len(seen.fixes),
        "changes": len(seen.changes),
        "pending": len(seen.pending),
        "gaps": len(seen.gaps),
        "regions": len(seen.regions),
    }
    if seen.second is not None:
        opinions = list(opinions_out(seen.second, view.verdicts))
        yield from (_line({"opinion": opinion}) for opinion in opinions)
        yield _line({"second_opinion": second_out(seen.second)})
        counts["opinions"] = len(opinions)
    yield _line({"end": counts})


def render(result: ScanResult, view: View) -> bytes:
    """All lines."""
    return b"".join(stream(result, view))


def _line(value: dict[str, Any]) -> bytes:
    return json_bytes(value) + b"\n"


REPORT = Report("jsonl", render, "tierwise/scan/1 as lines, streamed", stream)
