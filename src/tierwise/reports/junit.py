"""JUnit XML for pipelines that show tests: a failed finding is a failure, an unknown one an error, an accepted risk or overridden gate is skipped.

Unknown is an `error`, not `skipped`: viewers count skipped tests as harmless, and an error is JUnit's word for a test that could not
be run to its end. The gate is a test case of its own, so that a run without findings is not an empty file and an incomplete run shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tierwise.model.finding import Finding, ScanResult, Verdict
from tierwise.reports.attested import standing_of
from tierwise.reports.base import Report, View
from tierwise.reports.shown import Shown, published, sentence
from tierwise.reports.text import safe_text


def render(result: ScanResult, view: View) -> bytes:
    """One suite for each family of controls, and one for the gate."""
    page = published(result, view)
    families: dict[str, list[Finding]] = defaultdict(list)
    for one in page.problems():
        families[one.family].append(one)
    suites = [_gate(page), *(_suite(family, families[family], page) for family in sorted(families))]
    totals = [sum(suite[number] for _text, *suite in suites) for number in range(4)]
    body = "".join(text for text, *_ in suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tierwise"{_counts(*totals)}>\n{body}</testsuites>\n'.encode()


def _counts(tests: int, failures: int, errors: int, skipped: int) -> str:
    return f' tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _gate(page: Shown) -> tuple[str, int, int, int, int]:
    gate = page.result.gate
    reasons = "; ".join(gate.reasons)
    inner, failures, errors, skipped = "", 0, 0, 0
    if gate.result == "failed":
        inner, failures = _element("failure", f"gate {gate.decision}: {reasons}", "failed", ""), 1
    elif gate.result == "incomplete":
        inner, errors = _element("error", f"gate {gate.decision}: {reasons}", "incomplete", ""), 1
    elif gate.overridden:
        inner, skipped = _element("skipped", f"gate {gate.decision}: {reasons}", "", ""), 1
    case = f'  <testcase classname="tierwise" name="gate" time="0">{inner}</testcase>\n'
    counts = (1, failures, errors, skipped)
    return (
        f'<testsuite name="gate" timestamp={_attr(page.result.run.started[:19])}{_counts(*counts)} time="0">\n{_standing(page)}{case}</testsuite>\n',
        *counts,
    )


def _standing(page: Shown) -> str:
    """How attested evidence stands, where there is any: what is attested is no test that passed."""
    told = "".join(f'<property name="attested.{state}" value="{number}"/>' for state, number in standing_of(page.result).items())
    return f"  <properties>{told}</properties>\n" if told else ""


def _suite(family: str, findings: Sequence[Finding], page: Shown) -> tuple[str, int, int, int, int]:
    skipped = sum(1 for one in findings if one.accepted)
    errors = sum(1 for one in findings if not one.accepted and one.verdict is Verdict.UNKNOWN)
    counts = (len(findings), len(findings) - skipped - errors, errors, skipped)
    cases = "".join(_case(one, page) for one in findings)
    return (
        f'<testsuite name={_attr(family)} timestamp={_attr(page.result.run.started[:19])}{_counts(*counts)} time="0">\n{cases}</testsuite>\n',
        *counts,
    )


def _case(one: Finding, page: Shown) -> str:
    place = page.place(one.resource)
    where = f" file={_attr(place.path)} line={_attr(str(place.line))}" if place.exact else ""
    name = f"classname={_attr(f'{one.family}.{one.control}')} name={_attr(f'{one.control} {one.resource}')}"
    lines = [f"why: {one.why}", f"expected: {one.expected}", *(f"found: {part.fact} {part.value} [{part.via}]" for part in one.actual)]
    lines += [f"open: {part.fact} {part.reason} {part.action}".rstrip() for part in one.unknowns]
    lines += [f"fix at: {one.fix_at}", f"remedy: {one.remediation}", f"fingerprint: {one.fingerprint}"]
    lines += [f"attested: {one.attested}"] if one.attested is not None else []
    lines += [f"owner: {one.owner}"] if one.owner else []
    lines += [f"account: {within}"] if (within := page.within(one.resource)) else []
    told = page.told(one)
    if told is not None:
        people = f", about {told.subjects:,} people" if told.subjects is not None else ""
        lines.append(f"data: {told.dataset or 'no dataset'}; {' '.join(told.categories) or 'no category known'}{people}")
        lines += [f"tier: {step.because}" for step in told.trace]
    detail = "\n".join(safe_text(line) for line in lines)
    kind = f"{one.severity.word}{'' if page.blocks(one) else ', overridden' if page.overridden(one) else ', advises'}"
    if one.accepted is not None:
        inner = _element("skipped", f"risk accepted until {one.accepted.expires}: {sentence(one)}", "", detail)
    elif one.verdict is Verdict.UNKNOWN:
        inner = _element("error", sentence(one), f"unknown, {kind}", detail)
    else:
        inner = _element("failure", sentence(one), kind, detail)
    return f'  <testcase {name}{where} time="0">{inner}</testcase>\n'


def _element(tag: str, message: str, kind: str, detail: str) -> str:
    """An element; its text may have lines, made safe by the caller one by one."""
    type_ = f" type={_attr(kind)}" if kind else ""
    return f"<{tag} message={_attr(message)}{type_}>{_text(detail)}</{tag}>"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attr(text: str) -> str:
    """A quoted attribute; what XML 1.0 forbids is written out."""
    quoted = _text(safe_text(text))
    if '"' not in quoted:
        return f'"{quoted}"'
    return f"'{quoted}'" if "'" not in quoted else '"' + quoted.replace('"', "&quot;") + '"'


REPORT = Report("junit", render, "JUnit XML, for pipelines that show tests")
