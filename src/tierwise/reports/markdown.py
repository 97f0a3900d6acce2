"""A pull request's comment and a job's summary: the gate, what blocks, what advises, what could not be seen; at most 64,000 characters."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tierwise.model.finding import KEPT, Acceptance, Finding, Findings, Fix, ScanResult, Verdict
from tierwise.reports.attested import standing_of, told
from tierwise.reports.base import Report, View
from tierwise.reports.cause import MOST_LINES, Cause, advises, first_sentence, groups, heading, owner_of, stopping
from tierwise.reports.escape import code, prose
from tierwise.reports.planned import obligations, sentences
from tierwise.reports.second import for_people, title
from tierwise.reports.shown import Shown, found, published
from tierwise.reports.text import count, listed, safe_text
from tierwise.reports.unseen import losses

MOST_CHARACTERS: Final = 64_000
MARKER: Final = "<!-- tierwise -->"
"""The first line, by which a job finds its own comment to edit."""
_MOST_BLOCKING, _MOST_ADVISING, _MOST_UNSEEN, _MOST_SECOND = 12, 40, 20, 30
_ROOM: Final = 1_000
"""Kept free for the closing lines."""


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    total: int
    lines: Iterator[str]
    """Made one by one: of many thousand only the worst are ever written."""
    most: int
    what: str


def render(result: ScanResult, view: View) -> str:
    """The page; what does not fit is counted at its end."""
    page = published(result, view)
    text = "\n".join(_head(page))
    cut: list[str] = []
    for section in (_stopping(page), _planned(page), _advising(page), _accepted(page), _unseen(page), _pending(page), _second(page)):
        if not section.total:
            continue
        text += f"\n\n### {section.title} ({section.total:,})\n"
        kept = 0
        # The last line of a full section says how many more there are, so that the section has at most its number of lines.
        most = section.most if section.total <= section.most else section.most - 1
        for line in islice(section.lines, most):
            if len(text) + len(line) + 3 > MOST_CHARACTERS - _ROOM:
                break
            text += f"\n- {line}"
            kept += 1
        if kept < section.total:
            text += f"\n- and {section.total - kept:,} more"
            cut.append(f"{section.total - kept:,} of {section.total:,} {section.what}")
    return f"{text}\n\n{_foot(page, cut)}\n"


def _head(page: Shown) -> list[str]:
    result, gate = page.result, page.result.gate
    findings = Findings.of(result.findings)
    verdicts, held = findings.verdicts, Counter(one.verdict for one in findings.problems if one.accepted is not None)
    lines = [MARKER]
    if page.view.marking:
        lines += [f"**{prose(page.view.marking, 100)}**", ""]
    lines += [f"## tierwise: gate {prose(gate.decision, 200)}"]
    if gate.mode != KEPT:
        lines += ["", f"Mode {gate.mode}, bar {gate.fail_on.word}{': ' + prose('; '.join(gate.reasons)) if gate.reasons else ''}."]
    sources = listed([code(one, 60) for one in result.run.sources], 3)
    lines += [
        "",
        f"{sources}, profile {code(result.run.profile, 60)}: {count(len(result.resources), 'resource')}, {verdicts[Verdict.FAIL] - held[Verdict.FAIL]:,} failed,"
        f" {verdicts[Verdict.UNKNOWN] - held[Verdict.UNKNOWN]:,} unknown, {verdicts[Verdict.PASS]:,} passed,"
        f" {verdicts[Verdict.NOT_APPLICABLE]:,} not applicable{f', {held.total():,} accepted' if held else ''};"
        f" coverage {result.coverage.whole:.1%} of the reads that were due.",
    ]
    standing = standing_of(result)
    if standing:
        lines += ["", f"Attested evidence on datasets: {told(standing)}."]
    return lines


def _foot(page: Shown, cut: Sequence[str]) -> str:
    told = f"Cut here: {'; '.join(cut)}. The json report has all. " if cut else ""
    worst = next((one for one in page.problems() if one.verdict is Verdict.FAIL), None)
    more = f"More on one: {code(f'tierwise explain {worst.fingerprint}')}" if worst is not None else ""
    return f"{told}{more}".strip() or "Nothing was cut."


def _stopping(page: Shown) -> _Section:
    """What blocks, or would in observe mode or without an override."""
    found = stopping(page)
    return _Section(
        heading(page), len(found), (_cause(each, page.overridden(each.worst)) for each in found), _MOST_BLOCKING, "blocking changes"
    )


def _cause(one: Cause, overridden: bool) -> str:
    """One cause in at most twelve lines, fences not counted: heading, diff, why, who."""
    worst = one.worst
    where = f" at {code(one.file)}" if one.file else ""
    closes = f" (closes {len(one.findings)})" if len(one.findings) > 1 else ""
    through = ", let through" if overridden else ""
    head = f"**{worst.severity.word}{through}** {code(one.place)}{where}: {prose(worst.title, 200)} ({prose(worst.control, 40)}){closes}"
    by = f" Brought by: {prose(one.brought_by, 200)}." if one.brought_by else ""
    seen = f" Found {code(found(worst), 200)}." if worst.actual and worst.verdict is Verdict.FAIL else ""
    lines = [head, *_fenced(one), f"  Why: {prose(one.why, 300)}.{by}{seen}  ", f"  {prose(one.who[:1].upper() + one.who[1:], 400)}."]
    return "\n".join(lines)


def _fenced(one: Cause) -> list[str]:
    """The diff in a fence that none of its lines can close, or what to change in words."""
    if not one.diff:
        return [f"  Change: {prose(one.words, 300)}.  "]
    most = MOST_LINES - 3
    kept = one.diff if len(one.diff) <= most else one.diff[: most - 1]
    texts = [f"{sign} {safe_text(text, 200)}".rstrip() for sign, text in kept]
    cut = [f"# and {len(one.diff) - len(kept)} more lines: tierwise controls show {one.worst.control}"] if len(kept) < len(one.diff) else []
    fence = "`" * max(3, 1 + max((len(run) for text in texts for run in re.findall("`+", text)), default=0))
    return [f"  {line}" for line in ("", f"{fence}diff", *texts, *cut, fence)]


def _planned(page: Shown) -> _Section:
    chosen = not page.view.verdicts or "fail" in page.view.verdicts
    told = [(one.resource, text) for one in page.result.changes for text in sentences(one)] if chosen else []
    lines = (f"{code(resource)} {prose(text, 400)}" for resource, text in told)
    return _Section("Weakens, raises, lowers, takes away", len(told), lines, _MOST_UNSEEN, "changes")


def _advising(page: Shown) -> _Section:
    stopped = page.blocking | page.let_through
    rest = [one for one in page.problems() if one.fingerprint not in stopped and one.verdict is Verdict.FAIL and one.accepted is None]
    grouped = groups(page, rest)
    return _Section("Advises", len(grouped), (_change(page, fix, group) for fix, group in grouped), _MOST_ADVISING, "advising changes")


def _change(page: Shown, fix: Fix | None, group: Sequence[Finding]) -> str:
    """One change on one line: what to change and where, why in a sentence, who owns the tier."""
    one = group[0]
    place = page.place(one.resource)
    where = f" at {code(f'{place.path}:{place.line}')}" if place.exact else ""
    closes = f" (closes {len(group)})" if len(group) > 1 else ""
    what = prose(first_sentence(fix.remedy if fix is not None else one.remediation) or one.title, 300)
    head = f"**{one.severity.word}** {code(fix.fix_at if fix is not None else one.fix_at)}{where}: {what}{closes}"
    seen = f" Found {code(found(one), 200)}." if one.actual else ""
    return f"{head}. {prose(one.title, 200)} ({prose(one.control, 40)}): {prose(one.why, 300)}.{seen} {_owner(page, one)}"


def _owner(page: Shown, one: Finding) -> str:
    """Who owns the tier, and why it only advises; for the public only the tier."""
    classified = page.result.classifications.get(one.resource)
    state = f", {classified.state.value}" if classified is not None else ""
    if page.view.audience == "public":
        return f"Tier: {one.tier.label}{state}."
    said = code(owner, 80) if (owner := owner_of(page, one)) else "nobody is named"
    within = f" Account {code(account, 80)}." if (account := page.within(one.resource)) else ""
    return f"Tier: {one.tier.label}{state}; owner: {said}{advises(one)}.{within}"


def _accepted(page: Shown) -> _Section:
    held = [(one, one.accepted) for one in page.problems() if one.accepted is not None]
    return _Section("Accepted risks", len(held), (_held(one, accepted) for one, accepted in held), _MOST_UNSEEN, "accepted risks")


def _held(one: Finding, accepted: Acceptance) -> str:
    by = f", by {code(accepted.by, 80)} {prose(accepted.written, 160)}" if accepted.approver else ""
    return f"{code(one.resource)}: {prose(one.title, 200)} ({prose(one.control, 40)}), until {prose(accepted.expires, 20)}{by}"


def _unseen(page: Shown) -> _Section:
    lines = [prose(one.text, 400) for one in losses(page.result.gaps)]
    causes: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for one in page.problems():
        if one.verdict is Verdict.UNKNOWN and one.accepted is None:
            for part in dict.fromkeys((part.reason, part.action or part.fact) for part in one.unknowns) or [("not-collected", one.control)]:
                causes[part].append(one)
    for (reason, what), findings in sorted(causes.items(), key=lambda item: (-len(item[1]), item[0])):
        places = listed([code(key, 80) for key in dict.fromkeys(one.resource for one in findings)], 3)
        lines.append(f"{count(len(findings), 'verdict')} unknown, {prose(reason, 60)} {code(what, 80)}: {places}")
    return _Section("Could not be seen", len(lines), iter(lines), _MOST_UNSEEN, "causes of what could not be seen")


def _pending(page: Shown) -> _Section:
    pending = page.result.pending if not page.view.verdicts or "unknown" in page.view.verdicts else ()
    told = obligations(pending)
    return _Section("Open until it is applied", len(told), (prose(text, 400) for text in told), _MOST_UNSEEN, "open facts")


def _second(page: Shown) -> _Section:
    second = page.result.second
    lines = for_people(second) if second is not None else []
    return _Section(
        prose(title(second)) if second is not None else "", len(lines), (prose(line, 400) for line in lines), _MOST_SECOND, "lines"
    )


REPORT = Report("markdown", render, "a pull request's comment or a job's summary")
