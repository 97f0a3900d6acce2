"""One row for each finding, for spreadsheets; cells that a spreadsheet would take for a formula begin with an apostrophe."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from tierwise.model.finding import Finding, ScanResult
from tierwise.reports.base import Report, View
from tierwise.reports.escape import cell
from tierwise.reports.shown import Shown, published

COLUMNS: Final = (
    "fingerprint", "control", "title", "family", "verdict", "severity", "tier", "tier_state", "assumed", "blocking", "accepted_until",
    "provider", "account", "unit", "region", "type", "kind", "resource", "name", "file", "line", "owner", "expected", "found", "unknown", "settled_by",
    "why", "fix_at", "remediation", "first_seen", "dataset", "categories", "people", "because",
    "introduced", "before", "brought_by", "attested", "accepted_by", "accepted_in", "lapsed",
)  # fmt: skip
_PIECE: Final = 2_000


def stream(result: ScanResult, view: View) -> Iterator[bytes]:
    """The table in pieces, as RFC 4180 has it: header, quotes, CR LF, UTF-8."""
    page = published(result, view)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, one in enumerate(page.all(), 1):
        writer.writerow([cell(text) for text in row_of(one, page)])
        if number % _PIECE == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def render(result: ScanResult, view: View) -> bytes:
    """The table whole."""
    return b"".join(stream(result, view))


def row_of(one: Finding, page: Shown) -> tuple[str, ...]:
    """A finding in the order of the columns, as text that nothing has made harmless yet."""
    resource = page.resources.get(one.resource)
    place = page.place(one.resource)
    classified = page.result.classifications.get(one.resource)
    told = page.told(one)
    return (
        one.fingerprint,
        one.control,
        one.title,
        one.family,
        one.verdict.value,
        one.severity.word,
        one.tier.name,
        classified.state.value if classified else "",
        _yes(one.assumed),
        "overridden" if page.overridden(one) else _yes(page.blocks(one)),
        one.accepted.expires if one.accepted else "",
        resource.provider if resource else "",
        resource.account if resource else "",
        resource.unit if resource else "",
        resource.region if resource else "",
        resource.type if resource else "",
        resource.kind.value if resource else "",
        one.resource,
        resource.name if resource else "",
        place.path if place.exact else "",
        str(place.line) if place.exact else "",
        one.owner,
        one.expected,
        "; ".join(f"{part.fact}: {part.value}" for part in one.actual),
        "; ".join(f"{part.fact}: {part.reason}" for part in one.unknowns),
        "; ".join(dict.fromkeys(part.action for part in one.unknowns if part.action)),
        one.why,
        one.fix_at,
        " ".join(one.remediation.split()),
        one.first_seen or "",
        told.dataset if told else "",
        " ".join(category.value for category in told.categories) if told else "",
        str(told.subjects) if told and told.subjects is not None else "",
        "; ".join(step.because for step in told.trace) if told else "",
        _yes(one.introduced),
        one.before.value if one.before is not None else "",
        one.brought_by,
        one.attested.value if one.attested else "",
        one.accepted.by if one.accepted else "",
        one.accepted.written if one.accepted and one.accepted.approver else "",
        one.lapsed,
    )


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


REPORT = Report("csv", render, "one row for each finding, for spreadsheets", stream)
