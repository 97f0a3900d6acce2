"""Forty strings that harm a careless report, and a result that carries one of them in every field that a source can fill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from msgspec import structs

from tests.reports.sample import BUCKET, PLANNED, classification, finding, resources, result_of
from tierwise.model.change import Action, Change, LiveRead, Part, Pending, PlanChange, Recoverable, RungChange, TierMove, Weakening
from tierwise.model.control import Severity
from tierwise.model.fact import Known, Provenance
from tierwise.model.finding import Acceptance, Actual, ScanResult, UnknownPart, Verdict
from tierwise.model.opinion import Opinion, Relation, SecondOpinion
from tierwise.model.resource import Gap
from tierwise.model.sensitivity import Tier, TraceStep

HOSTILE: Final[tuple[str, ...]] = (
    # HTML and scripts
    "<script>window.__xss=1</script>",
    "</script><script>window.__xss=1</script>",
    "<img src=x onerror=window.__xss=1>",
    "<svg/onload=window.__xss=1>",
    "\"><b onmouseover='window.__xss=1'>",
    "<!-- comment --><!--",
    "<a href='javascript:window.__xss=1'>x</a>",
    "line\u2028separator\u2029here",
    "&lt;script&gt;&#60;script&#62;",
    "<iframe srcdoc='<script>window.__xss=1</script>'>",
    # Spreadsheets
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+cmd",
    "@SUM(1+1)",
    "\t=1+1",
    "\uff1d1+1",
    # Terminals
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "\x1b]52;c;ZWNobyBwd25lZA==\x07",
    "\x1b[2J\x1b[31mred",
    "overwritten\rpassed",
    "\u202egpj.exe",
    "\x9b31mC1",
    "a\u200bb\u00adc\ufeffd",
    "\x07\x08\x7f\x00",
    # Markdown and GitHub
    "@octocat please approve, @org/team",
    "[click](https://evil.example) <https://evil.example>",
    "![pixel](https://evil.example/p.png)",
    "| a | b |\n|---|---|\n| c | d |",
    "```\n# heading\n```",
    "https://evil.example www.evil.example a@evil.example #1",
    "\n::set-output name=x::y\n::error::gone",
    "##[add-mask]x ##vso[task.setvariable variable=x]y",
    # Templates and formats
    "{{7*7}} {% raw %}",
    "${7*7} ${{ github.token }}",
    "%s %n %(x)s %0A%0D",
    "{0.__class__}",
    # URIs and XML
    "../../../etc/passwd",
    "https://user@host/%2e%2e?q=1#f",
    "]]></failure><testcase name='x'/><![CDATA[",
    "\ud800 half a pair \ufffe \x0b",
)


def hostile_result(text: str, fails: int = 1) -> ScanResult:
    """A result whose every free field holds the text."""
    first, second, third = resources()
    held = (
        replace(first, id=f"{BUCKET}{text}", name=text, tags=Known({text: text}), facts={"access.audience": Known(text, Provenance(text))}),
        replace(second, id=f"{text}db", name=text, type=text, region=text),
        replace(third, id=f"{PLANNED}{text}", address=f"{PLANNED}{text}", name=text),
    )
    common = {
        "brought_by": text,
        "title": text,
        "expected": text,
        "why": text,
        "owner": text,
        "fix_at": text,
        "remediation": text,
        "setting": text,
    }
    actual = (Actual("access.audience", text, text),)
    unknowns = (UnknownPart("access.audience", "permission-denied", text, text, text),)
    accepted = Acceptance(text, text, text, "2027-01-31", text)
    findings = (
        *(
            structs.replace(finding(1, Verdict.FAIL, Severity.CRITICAL, held[0].id, actual=actual, **common), fingerprint=f"{number:020x}")
            for number in range(fails)
        ),
        finding(92, Verdict.FAIL, Severity.LOW, held[2].id, actual=actual, **common),
        finding(93, Verdict.UNKNOWN, Severity.HIGH, held[1].id, unknowns=unknowns, actual=actual, **common),
        finding(94, Verdict.PASS, Severity.HIGH, held[1].id, actual=actual, **common),
        finding(95, Verdict.FAIL, Severity.MEDIUM, held[0].id, accepted=accepted, actual=actual, **common),
    )
    made = result_of(findings, blocking=(findings[0].fingerprint,), held=held)
    told = replace(classification(Tier.T3), dataset=text, owner=text, trace=(TraceStep("declared-tag", text, Tier.T3, text),))
    return replace(
        made,
        run=replace(made.run, profile=text, sources=(text,)),
        classifications={one.id: told for one in held},
        gaps=(Gap("aws", text, text, text, text, text, text),),
        gate=replace(made.gate, reasons=(text,)),
        deselected=((text, text),),
        notes=(text,),
        second=SecondOpinion(text, text, {text: text}, tuple(opinions(text))),
        changes=(hostile_change(text, held[2].id),),
        earlier=(Change(held[2].id, Action.UPDATE, held[2], previous_address=text, parts=(Part(text, text, Action.DELETE),), detail=text),),
        pending=(Pending(text, text, text, (LiveRead(text, text),), (held[2].id,), (findings[0].fingerprint,)),),
    )


def hostile_change(text: str, resource: str) -> PlanChange:
    """What a plan does, in the words of the text."""
    rung = RungChange(text, Tier.T3, text, text, text)
    weak = Weakening(text, text, text, text, text, (rung,))
    move = TierMove(Tier.T3, Tier.T2, Tier.T3, Tier.T2, text, (rung,))
    return PlanChange(resource, Action.REPLACE, text, text, (weak,), move, (Part(text, text, Action.DELETE),), (Recoverable(text, text),))


def opinions(text: str) -> Iterator[Opinion]:
    """One opinion of every relation whose every free field holds the text."""
    for relation in Relation:
        yield Opinion(
            f"{text}{relation}", text, f"{PLANNED}{text}", f"{PLANNED}{text}", Verdict.FAIL, relation,
            Severity.LOW, Tier.T1, text, Tier.T2, Verdict.PASS, detail=text,
        )  # fmt: skip
