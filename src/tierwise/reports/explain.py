"""Explanations in words that a security lead understands: a resource's tier, a finding's bar, a control's ladder."""

from __future__ import annotations

from tierwise.evaluate.fixes import entries
from tierwise.evaluate.render import render_fact
from tierwise.model.control import Control
from tierwise.model.fact import Known
from tierwise.model.finding import Finding, ScanResult, Verdict
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification, Marking, Tier, TierState
from tierwise.model.words import describe
from tierwise.reports.base import View
from tierwise.reports.console import Printer, console_for
from tierwise.reports.edit import written
from tierwise.reports.text import count, log_lines, safe_text, short_id

_STATES = {
    TierState.DECLARED: "declared by a tag",
    TierState.REGISTERED: "from the asset register",
    TierState.INFERRED: "inferred from evidence",
    TierState.INHERITED: "inherited from what it holds, copies or serves",
    TierState.ASSUMED: "assumed: nothing is known of it, so it only advises and never blocks",
}


def explain_resource(resource: Resource, result: ScanResult, view: View) -> str:
    """Why this tier, what follows from it, and who can say otherwise."""
    console, out = console_for(view)
    page = Printer(console)
    one = result.classifications[resource.id]
    page.line(f"{safe_text(resource.name)}  ({resource.kind.value}, {short_id(resource.id, 100)})", "bold")
    _tier(page, one)
    _bar(page, resource, result)
    _otherwise(page, one, view)
    page.line()
    return log_lines(out.getvalue())


def _tier(page: Printer, one: Classification) -> None:
    page.title(f"Why {one.tier.label}")
    marking = "none declared" if one.marking is Marking.NONE else f"{one.marking.value.upper()} (declared)"
    page.line(
        f"  Protection tier: {one.tier.label}, {_STATES[one.state]}. Marking: {marking}. The tier is this tool's, not a classification."
    )
    page.line(f"  Personal data: {one.personal_data.value}.{f' Dataset: {safe_text(one.dataset)}.' if one.dataset else ''}")
    if not one.interval.settled:
        page.line(
            f"  Not settled: it lies between {one.interval.lo.label} and {one.interval.hi.label}, because evidence could not be read."
        )
    if one.understated and one.declared is not None:
        page.line(f"  The declaration ({one.declared.label}) is lower than what the evidence shows; the evidence counts.")
    for step in one.trace:
        tier = f" -> {step.tier.label}" if step.tier is not None else ""
        page.bullet(f"{safe_text(step.because)}{tier}")


def _bar(page: Printer, resource: Resource, result: ScanResult) -> None:
    own = [one for one in result.findings if one.resource == resource.id]
    fails = [one for one in own if one.verdict is Verdict.FAIL]
    unknowns = [one for one in own if one.verdict is Verdict.UNKNOWN]
    passed = sum(1 for one in own if one.verdict is Verdict.PASS)
    attested = sum(1 for one in own if one.verdict is Verdict.ATTESTED)
    met = f" {attested} are attested," if attested else ""
    beside = sum(1 for one in own if one.verdict is Verdict.NOT_APPLICABLE)
    rest = f", {beside} do not apply" if beside else ""
    page.title("Why this bar")
    tier = result.classifications[resource.id].tier
    page.line(
        f"  At {tier.label} {count(len(own), 'control')} ask something of it: {passed} pass,{met} {len(fails)} fail, {len(unknowns)} cannot be told{rest}."
    )
    for group in sorted(entries(own), key=lambda group: (-group[0].severity, group[0].control)):
        _one(page, group[0], [member.control for member in group[1:]])
    for finding in unknowns:
        page.bullet(f"{finding.control} unknown: {finding.title}", mark="?")
        page.detail("finding", finding.fingerprint)
        for part in finding.unknowns:
            settle = f"; {part.action} would settle it" if part.action else ""
            page.detail("because", f"{part.fact}: {part.reason}{f' ({safe_text(part.detail)})' if part.detail else ''}{settle}")


def _one(page: Printer, finding: Finding, others: list[str]) -> None:
    also = f" (and {', '.join(others)}, same cause)" if others else ""
    page.bullet(f"{finding.control} {finding.severity.word}: {finding.title}{also}", mark="!")
    page.detail("why", safe_text(finding.why))
    page.detail("finding", finding.fingerprint)
    page.detail("expected", finding.expected)
    if finding.actual:
        page.detail("found", ", ".join(f"{part.fact} {safe_text(part.value)} [{safe_text(part.via)}]" for part in finding.actual))
    if finding.remediation:
        page.detail("remedy", safe_text(" ".join(finding.remediation.split())))
    if finding.accepted:
        said = (f"by {safe_text(finding.accepted.by)} ", f": {safe_text(finding.accepted.reason)}") if finding.accepted.by else ("", "")
        page.detail("accepted", f"{said[0]}until {finding.accepted.expires}{said[1]}")
        if finding.accepted.by:
            page.detail("", safe_text(finding.accepted.written))
    if finding.lapsed:
        page.detail("no longer", safe_text(finding.lapsed))


def _otherwise(page: Printer, one: Classification, view: View) -> None:
    page.title("Who can say otherwise")
    unnamed = "its owner" if view.audience == "public" else "its owner (none is named)"
    owner = f"the owner ({safe_text(one.owner)})" if one.owner else unnamed
    page.bullet(f"Higher: {owner} declares it, with the tag data-classification or a line of the asset register; that needs no approval.")
    if one.state is TierState.ASSUMED:
        page.bullet("Settled: any declaration replaces the assumption; 'tierwise classify suggest' proposes register lines.")
    elif one.tier > Tier.T0:
        page.bullet(
            "Lower: an evidence correction (a piece of evidence is wrong) or an attestation (published, anonymised, pseudonymised, synthetic), each with an approver and an expiry date."
        )


def explain_finding(finding: Finding, result: ScanResult, view: View) -> str:
    """One finding with everything that explains it."""
    console, out = console_for(view)
    page = Printer(console)
    resource = next(one for one in result.resources if one.id == finding.resource)
    page.line(f"{finding.control} {finding.verdict.value} on {short_id(finding.resource, 100)}: {finding.title}", "bold")
    if finding.verdict is Verdict.FAIL:
        _one(page, finding, [])
    else:
        page.detail("why", safe_text(finding.why))
        page.detail("expected", finding.expected)
        for part in finding.unknowns:
            page.detail(
                "open", f"{part.fact}: {part.reason} ({safe_text(part.via)}){f'; {part.action} would settle it' if part.action else ''}"
            )
        for actual in finding.actual:
            fact = resource.facts.get(actual.fact)
            page.detail(
                "found", f"{actual.fact} {safe_text(render_fact(fact) if fact is not None else actual.value)} [{safe_text(actual.via)}]"
            )
    if finding.before is not None or finding.brought_by:
        page.detail(
            "plan", "; ".join(one for one in (f"before {finding.before.value}" if finding.before else "", finding.brought_by) if one)
        )
    _tier(page, result.classifications[finding.resource])
    _otherwise(page, result.classifications[finding.resource], view)
    tags = f"{count(len(resource.tags.value), 'tag')}; " if isinstance(resource.tags, Known) and view.audience != "public" else ""
    page.line(f"\n  Fix at: {short_id(finding.fix_at, 100)}; {tags}fingerprint {finding.fingerprint}", "dim")
    return log_lines(out.getvalue())


def explain_control(control: Control, view: View) -> str:
    """A control's ladder in words, why it exists, how it is met, and where it comes from."""
    console, out = console_for(view)
    page = Printer(console)
    page.line(f"{control.id}  {control.title}", "bold")
    page.line(f"  asks it of: {', '.join(kind.value for kind in control.applies_to)}")
    if control.when is not None:
        page.line(f"  only where: {describe(control.when)}")
    page.title("Ladder (each tier asks for its own rung and all lower ones)")
    for tier in Tier:
        severity = f" [{control.severity[tier].word}]" if tier in control.severity else ""
        own = describe(control.ladder[tier]) if tier in control.ladder else ("as below" if severity else "nothing")
        page.bullet(f"{tier.label}{severity}: {own}")
    page.title("Why")
    page.line(f"  {' '.join(control.rationale.split())}")
    page.title("How")
    for dialect, text in control.remediation.items():
        page.detail(dialect, " ".join(text.split()))
    for kind, snippet in control.snippets.items():
        page.line(f"     {kind}", "dim")
        for text in written(snippet):
            page.line(f"       {text}")
    page.title("Source")
    page.line(f"  {control.source}")
    return log_lines(out.getvalue())
