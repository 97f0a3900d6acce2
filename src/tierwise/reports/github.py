"""GitHub workflow commands: what blocks is an error, what fails and advises a warning, what is unknown a notice.

GitHub shows ten annotations of each kind a step, so the worst ten are written and the last line says how many more there are.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from tierwise.model.finding import Finding, ScanResult, Verdict
from tierwise.reports.base import Report, View
from tierwise.reports.escape import command_data, command_property
from tierwise.reports.shown import Shown, published, sentence

MOST: Final = 10


def render(result: ScanResult, view: View) -> str:
    """One command a line; the gate first."""
    page = published(result, view)
    gate = page.result.gate
    kinds: Counter[str] = Counter()
    lines: list[str] = []
    if gate.result != "passed" or gate.overridden:
        kind = "error" if gate.result == "failed" else "warning"
        kinds[kind] += 1
        lines.append(_command(kind, f"gate {gate.decision}: {'; '.join(gate.reasons)}", f"tierwise: gate {gate.result}"))
    for one in page.problems():
        kind = "error" if page.blocks(one) else "notice" if one.verdict is Verdict.UNKNOWN or one.accepted else "warning"
        kinds[kind] += 1
        if kinds[kind] <= MOST:
            lines.append(_annotation(kind, one, page))
    rest = [f"{number - MOST} more {kind}s" for kind, number in kinds.items() if number > MOST]
    if rest:
        lines.append(f"tierwise: {', '.join(rest)}; GitHub shows {MOST} of each kind a step, the markdown and json reports have all")
    return "".join(f"{line}\n" for line in lines)


def _annotation(kind: str, one: Finding, page: Shown) -> str:
    place = page.place(one.resource)
    file = f"file={command_property(place.path)},line={place.line},endLine={place.end}," if place.exact else ""
    remedy = f" Remedy: {' '.join(one.remediation.split())}" if one.remediation else ""
    title = f"{one.severity.word}: {one.control} on {one.resource}"
    return f"::{kind} {file}title={command_property(title)}::{command_data(f'{sentence(one)}{remedy}')}"


def _command(kind: str, text: str, title: str) -> str:
    return f"::{kind} title={command_property(title)}::{command_data(text)}"


REPORT = Report("github", render, "GitHub workflow commands (annotations)")
