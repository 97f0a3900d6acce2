"""A pull request's comment and a job's summary: the gate, what blocks, what advises, what could not be seen; at most 64,000 characters."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tierwise.model.finding import Acceptance, Finding, Fix, ScanResult, Verdict
from tierwise.model.sensitivity import TierState
from tierwise.reports.base import Report, View
from tierwise.reports.escape import code, prose
from tierwise.reports.second import for_people, title
from tierwise.reports.shown import Shown, found, shown
from tierwise.reports.text import count, listed

MOST_CHARACTERS: Final = 64_000
MARKER: Final = "<!-- tierwise -->"
"""The first line, by which a job finds its own comment to edit."""
_MOST_BLOCKING, _MOST_ADVISING, _MOST_UNSEEN, _MOST_SECOND = 12, 40, 20, 30
_SENTENCE_END: Final = re.compile(r"(?<=[\w)\]\"'}])\. (?=[A-Z])")
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
    page = shown(result, view)
    text = "\n".join(_head(page))
    cut: list[str] = []
    for section in (_blocking(page), _advising(page), _accepted(page), _unseen(page), _second(page)):
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
    verdicts = Counter(one.verdict for one in result.findings)
    lines = [MARKER]
    if page.view.marking:
        lines += [f"**{prose(page.view.marking, 100)}**", ""]
    lines += [
        f"## tierwise: gate {prose(gate.decision, 200)}",
        "",
        f"Mode {gate.mode}, bar {gate.fail_on.word}{': ' + prose('; '.join(gate.reasons)) if gate.reasons else ''}.",
    ]
    sources = listed([code(one, 60) for one in result.run.sources], 3)
    lines += [
        "",
        f"{sources}, profile {code(result.run.profile, 60)}: {count(len(result.resources), 'resource')}, {verdicts[Verdict.FAIL]:,} failed,"
        f" {verdicts[Verdict.UNKNOWN]:,} unknown, {verdicts[Verdict.PASS]:,} passed, {verdicts[Verdict.NOT_APPLICABLE]:,} not applicable;"
        f" coverage {result.coverage:.1%} of the reads that were due.",
    ]
    return lines


def _foot(page: Shown, cut: Sequence[str]) -> str:
    told = f"Cut here: {'; '.join(cut)}. The json report has all. " if cut else ""
    worst = next((one for one in page.problems() if one.verdict is Verdict.FAIL), None)
    more = f"More on one: {code(f'tierwise explain {worst.fingerprint}')}" if worst is not None else ""
    return f"{told}{more}".strip() or "Nothing was cut."


def _groups(page: Shown, findings: Sequence[Finding]) -> list[tuple[Fix | None, list[Finding]]]:
    """Findings under the change that closes them, worst first; those that no change is known for stand alone."""
    fix_of = {print_: fix for fix in page.result.fixes for print_ in fix.findings}
    order: dict[int, tuple[Fix | None, list[Finding]]] = {}
    for number, one in enumerate(findings):
        fix = fix_of.get(one.fingerprint)
        key = id(fix) if fix is not None else -1 - number
        order.setdefault(key, (fix, []))[1].append(one)
    return list(order.values())


def _blocking(page: Shown) -> _Section:
    blocking = [one for one in page.problems() if page.blocks(one)]
    groups = _groups(page, blocking)
    return _Section("Blocks", len(groups), (_change(page, fix, group) for fix, group in groups), _MOST_BLOCKING, "blocking changes")


def _advising(page: Shown) -> _Section:
    rest = [one for one in page.problems() if not page.blocks(one) and one.verdict is Verdict.FAIL and one.accepted is None]
    groups = _groups(page, rest)
    return _Section("Advises", len(groups), (_change(page, fix, group) for fix, group in groups), _MOST_ADVISING, "advising changes")


def _change(page: Shown, fix: Fix | None, group: Sequence[Finding]) -> str:
    """One change on one line: what to change and where, why in a sentence, who owns the tier."""
    one = group[0]
    remedy = fix.remedy if fix is not None else one.remediation
    place = page.place(one.resource)
    where = f" at {code(f'{place.path}:{place.line}')}" if place.exact else ""
    closes = f" (closes {len(group)})" if len(group) > 1 else ""
    what = prose(_first(remedy) or one.title, 300)
    if one.verdict is Verdict.UNKNOWN:
        settle = listed([code(part.action or part.fact, 80) for part in one.unknowns], 2)
        what = f"unknown whether: {prose(one.title, 200)}; {settle} would settle it"
    head = f"**{one.severity.word}** {code(fix.fix_at if fix is not None else one.fix_at)}{where}: {what}{closes}"
    seen = f" Found {code(found(one), 200)}." if one.actual and one.verdict is Verdict.FAIL else ""
    return f"{head}. {prose(one.title, 200)} ({prose(one.control, 40)}): {prose(one.why, 300)}.{seen} {_owner(page, one)}"


def _owner(page: Shown, one: Finding) -> str:
    """Who owns the tier; for the public only the tier."""
    classified = page.result.classifications.get(one.resource)
    state = f", {classified.state.value}" if classified is not None else ""
    if page.view.audience == "public":
        return f"Tier: {one.tier.label}{state}."
    owner = one.owner or (classified.owner if classified is not None else "")
    said = code(owner, 80) if owner else "nobody is named"
    advises = "; it only advises" if classified is not None and classified.state is TierState.ASSUMED else ""
    return f"Tier: {one.tier.label}{state}; owner: {said}{advises}."


def _accepted(page: Shown) -> _Section:
    held = [(one, one.accepted) for one in page.problems() if one.accepted is not None]
    return _Section("Accepted risks", len(held), (_held(one, accepted) for one, accepted in held), _MOST_UNSEEN, "accepted risks")


def _held(one: Finding, accepted: Acceptance) -> str:
    by = f", by {code(accepted.approver, 80)} as written in {code(accepted.file, 80)}" if accepted.approver else ""
    return f"{code(one.resource)}: {prose(one.title, 200)} ({prose(one.control, 40)}), until {prose(accepted.expires, 20)}{by}"


def _unseen(page: Shown) -> _Section:
    lines: list[str] = []
    for gap in page.result.gaps:
        where = f" in {code(gap.account + '/' + (gap.region or 'global'), 80)}" if gap.account else ""
        needs = f", needs {code(gap.action, 80)}" if gap.action else ""
        lines.append(
            f"{code(gap.service, 60)}{where} could not be listed: {prose(gap.reason, 60)}{needs}{' (expected)' if gap.expected else ''}"
        )
    causes: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for one in page.problems():
        if one.verdict is Verdict.UNKNOWN and one.accepted is None:
            for part in dict.fromkeys((part.reason, part.action or part.fact) for part in one.unknowns) or [("not-collected", one.control)]:
                causes[part].append(one)
    for (reason, what), findings in sorted(causes.items(), key=lambda item: (-len(item[1]), item[0])):
        places = listed([code(key, 80) for key in dict.fromkeys(one.resource for one in findings)], 3)
        lines.append(f"{count(len(findings), 'verdict')} unknown, {prose(reason, 60)} {code(what, 80)}: {places}")
    return _Section("Could not be seen", len(lines), iter(lines), _MOST_UNSEEN, "causes of what could not be seen")


def _second(page: Shown) -> _Section:
    second = page.result.second
    lines = for_people(second) if second is not None else []
    return _Section(
        prose(title(second)) if second is not None else "", len(lines), (prose(line, 400) for line in lines), _MOST_SECOND, "lines"
    )


def _first(text: str) -> str:
    """The first sentence."""
    return _SENTENCE_END.split(" ".join(text.split()), 1)[0].rstrip(".")


REPORT = Report("markdown", render, "a pull request's comment or a job's summary")
