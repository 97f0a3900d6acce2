"""`tierwise accept` and `tierwise correct`: entries of reviewed files, held to the profile before they are written."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tierwise.cli.files import write_atomically
from tierwise.cli.last import last_judged
from tierwise.cli.options import inventory_option, judging_options, options_from, require, utc_now
from tierwise.cli.settings import all_right, load_config, read_acceptances
from tierwise.errors import StoreError, UsageError
from tierwise.model.acceptance import RANKS, Fault
from tierwise.model.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tierwise.catalogue.decisions import Value
    from tierwise.model.finding import Finding, ScanResult
    from tierwise.model.profile import Profile
    from tierwise.model.register import AcceptanceRule

_FILE = click.option("--file", type=click.Path(path_type=Path), help="The file to write or check; default: the settings' own.")
_MOST = 5


@click.command()
@click.argument("fingerprint", required=False, default="")
@click.option("--on", "resource", default="", metavar="RESOURCE", help="Instead of a fingerprint: a resource's id or name, or a pattern.")
@click.option("--of", "which", default="", metavar="CONTROL", help="Instead of a fingerprint: a control's id, or a pattern.")
@click.option("--reason", default="", help="Why it is true and bearable.")
@click.option("--owner", default="", help="Who owns the risk.")
@click.option("--approver", default="", help="Who answers for it, by name.")
@click.option("--role", default="", metavar="ROLE", help=f"The approver's: {', '.join(RANKS)}.")
@click.option("--evidence", default="", help="Where the decision is recorded: minutes, a ticket; default: nowhere.")
@click.option(
    "--planned", default="", metavar="TICKET", help="Where it is to be mended by that day: the ticket; default: it stays as it is."
)
@click.option("--until", default="", metavar="DATE", help="The last day; the profile says how far off it may be at each tier.")
@click.option(
    "--check", is_flag=True, help="Write nothing: say of each acceptance in the file whether it is in force. Exit code 2 where one is not."
)
@click.option(
    "--request",
    type=click.Path(path_type=Path),
    metavar="PAGE",
    help="Write no entry: write the page (.html, .odt or .txt) by which the approver is asked for it by mail.",
)
@_FILE
@inventory_option
@judging_options
def accept(fingerprint: str, check: bool, request: Path | None, file: Path | None, inventory: Path | None, **values: Any) -> None:
    """Accept a risk of the last scan until a date, in a file that a review then merges. The finding stays, with the name beside it.

    \b
    tierwise accept 3f1c... --reason "archive, deleted in June" --owner records --approver "A. Name" --role asset-owner --until 2026-06-30
    tierwise accept --of LOG-02 --on archive --reason "..." --owner o --approver "A. Name" --role siro --until 2026-06-30 --request ask.odt
    tierwise accept --check
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    options = options_from(values)
    path = file or Path(load_config(options).acceptances or "acceptances.yaml")
    # A file that is looked over is read before the settings are, which may name it and would tell its first mistakes alone.
    rules = all_right(lambda: read_acceptances(path)) if check else ()
    if rules is None:
        sys.exit(StoreError.exit_code)
    outcome, judging = last_judged(options, inventory)
    if check:
        sys.exit(_check(rules, outcome.result, judging.profile))
    from tierwise.reports.text import safe_text

    made = {key: str(values[key]) for key in ("reason", "owner", "approver", "role", "evidence")}
    rule = _rule(fingerprint, made, values, outcome.result)
    covered = _covered(rule, outcome.result)
    require(covered, "nothing of the last scan that fails or is unknown is meant by that; see 'tierwise explain RESOURCE'")
    _refuse_faults(rule, covered, judging.profile)
    if request is not None:
        _ask(rule, covered, outcome.result, request, load_config(options).marking)
        return
    ticket, until = str(values["planned"]), rule.expires.isoformat()
    end: dict[str, Value] = {"planned": {"ticket": ticket, "date": until}} if ticket else {"expires": until}
    fields = {"control": rule.control, "resource": rule.resource, **made, "created": utc_now().date().isoformat(), **end}
    earlier = _earlier(path, covered, outcome.result, judging.profile)
    write_entry(path, "acceptances", fields)
    told = ", ".join(f"{one.control} at {one.tier.label}" for one in covered[:_MOST])
    name_it = "" if str(path) == load_config(options).acceptances else ", and name it with --acceptances"
    click.echo(
        f"it accepts {count(len(covered), 'finding')}: {told}{' ...' if len(covered) > _MOST else ''}; have {path} reviewed and merged{name_it}",
        err=True,
    )
    for one in earlier:
        click.echo(safe_text(f"{one.file} holds for that until {one.expires} already; this one counts once it has ended"), err=True)


def _earlier(path: Path, covered: list[Finding], result: ScanResult, profile: Profile) -> list[AcceptanceRule]:
    """The acceptances of the file that are in force for all of these: of several, the one that is written first counts."""
    from tierwise.evaluate.accept import speaks_of

    resources = {one.id: one for one in result.resources}
    rules = read_acceptances(path) if path.is_file() else ()
    return [
        rule
        for rule in rules
        if all(speaks_of(rule, one.control, resources[one.resource]) and not _faults(rule, one, profile) for one in covered)
    ]


def _rule(fingerprint: str, made: dict[str, str], values: dict[str, Any], result: ScanResult) -> AcceptanceRule:
    from tierwise.model.register import AcceptanceRule

    control, resource = str(values["which"]), str(values["resource"])
    require(bool(fingerprint) != bool(control or resource), "name a fingerprint, or a control and a resource: --of ENC-02 --on NAME")
    if fingerprint:
        found = next((one for one in result.findings if one.fingerprint == fingerprint), None)
        if found is None:
            raise UsageError(
                f"no finding {fingerprint!r} in the last scan; 'tierwise explain RESOURCE' names the fingerprints of a resource"
            )
        control, resource = found.control, found.resource
    require(control and resource, "name both the control and the resource: --of ENC-02 --on NAME")
    missing = [f"--{key}" for key in ("reason", "owner", "approver", "role") if not made[key].strip()] + (
        [] if values["until"] else ["--until"]
    )
    require(not missing, f"an acceptance says why, who, by whom and how long: {', '.join(missing)} missing")
    role = RANKS.get(made["role"])
    if role is None:
        raise UsageError(f"--role is one of {', '.join(RANKS)}, not {made['role']!r}")
    return AcceptanceRule(
        made["reason"],
        made["owner"],
        made["approver"],
        _day(values["until"]),
        control.upper(),
        resource,
        created=utc_now().date(),
        role=role,
        ticket=str(values["planned"]),
    )


def _ask(rule: AcceptanceRule, covered: list[Finding], result: ScanResult, path: Path, marking: str) -> None:
    """Write the page that asks the approver."""
    from tierwise.reports.base import View
    from tierwise.reports.paper import as_html, as_odt, as_text
    from tierwise.reports.request import Request, request_paper
    from tierwise.reports.shown import shown

    forms = {".html": as_html, ".odt": as_odt, ".txt": as_text}
    make = forms.get(path.suffix.lower())
    if make is None:
        raise UsageError(f"--request takes a file that ends with {', '.join(forms)}, not {path.name!r}")
    asked = Request(rule, covered, shown(result, View(marking=marking)))
    write_atomically(path, make(request_paper(asked)))
    click.echo(path)
    click.echo(f"request {asked.reference}: mail it to {rule.approver}; nothing is accepted until an entry is written and merged", err=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until takes a date such as 2026-06-30, not {text!r}") from None


def _covered(rule: AcceptanceRule, result: ScanResult) -> list[Finding]:
    from tierwise.evaluate.accept import speaks_of
    from tierwise.model.finding import Findings

    resources = {one.id: one for one in result.resources}
    return [one for one in Findings.of(result.findings).problems if speaks_of(rule, one.control, resources[one.resource])]


def _faults(rule: AcceptanceRule, one: Finding, profile: Profile) -> frozenset[Fault]:
    from tierwise.evaluate.accept import faults

    return faults(rule, one.tier, profile.acceptance, utc_now().date(), danger=one.danger) - {Fault.EXPIRES_SOON}


def _refuse_faults(rule: AcceptanceRule, covered: list[Finding], profile: Profile) -> None:
    """UsageError with everything that is wrong, at the strictest tier that is covered."""
    for one in sorted(covered, key=lambda one: (-one.tier, not one.danger)):
        wrong = _faults(rule, one, profile)
        if wrong:
            lines = [_words(fault, one, profile) for fault in sorted(wrong)]
            raise UsageError("\n".join([f"{one.control} on {one.resource} is {one.tier.label}, so this would not be in force:", *lines]))


def _words(fault: Fault, one: Finding, profile: Profile) -> str:
    policy = profile.acceptance
    match fault:
        case Fault.EXPIRED:
            return "it has expired; write a further entry, with who answers for it now"
        case Fault.TOO_LONG:
            return f"it may live {policy.months[one.tier]} months from when it was made; let it end earlier"
        case Fault.FUTURE:
            return f"{fault.words}; it holds from the day that created: names"
        case Fault.UNDATED:
            return "it does not say when it was made; add created: DATE"
        case Fault.RANK:
            return f"its approver has to be {policy.approver[one.tier].word} or above; add role:"
        case Fault.TOO_BROAD:
            return "it covers more than anyone can have looked at; name the control and the resource without patterns"
        case Fault.NOT_ACCEPTABLE:
            return "what is public, shared or open may not be accepted at this tier by anyone; mend it"
        case Fault.UNUSED:
            return f"{fault.words}; take it out"
        case Fault.EXPIRES_SOON:
            return f"it ends within {policy.soon_days} days"


def _check(rules: Sequence[AcceptanceRule], result: ScanResult, profile: Profile) -> int:
    from tierwise.reports.text import safe_text

    bad = 0
    for rule in rules:
        covered = _covered(rule, result)
        wrong = {fault: one for one in covered for fault in _faults(rule, one, profile)}
        what = rule.fingerprint or f"{rule.control} on {rule.resource}"
        over = rule.expires < utc_now().date()
        state = (
            f"in force until {rule.expires}, {count(len(covered), 'finding')}"
            if covered
            else "accepts nothing of the last scan; take it out"
        )
        if over and not covered:
            state = "not in force: it has expired, and accepts nothing of the last scan; take it out"
        click.echo(safe_text(f"{rule.file} ({rule.merged}): {what}: {'not in force' if wrong else state}"))
        for fault, one in sorted(wrong.items()):
            click.echo(safe_text(f"  {_words(fault, one, profile)} ({one.control} on {one.resource}, {one.tier.label})"))
        bad += bool(wrong) or over
    return StoreError.exit_code if bad else 0


def write_entry(path: Path, section: str, fields: Mapping[str, Value]) -> None:
    """Add the entry, if the file with it can be read."""
    from tierwise.catalogue.decisions import added, with_entry
    from tierwise.catalogue.yamlfile import load
    from tierwise.reports.text import safe_text

    before = path.read_text("utf-8") if path.is_file() else ""
    after = with_entry(before, str(path), section, fields)
    load(after, str(path))
    write_atomically(path, after.encode())
    click.echo(f"{path}:")
    # A resource's id is hostile text, also where it stands in a line of our own making.
    click.echo("\n".join(safe_text(line) for line in added(before, after).splitlines()))


@click.command()
@click.argument("resource")
@click.option("--rule", required=True, help="The rule of the evidence, as 'tierwise explain' names it: name-words, inherit ...")
@click.option(
    "--source", required=True, help="The evidence itself, as 'tierwise explain' names it: a word, a tag, a resource; or a pattern."
)
@click.option("--reason", required=True, help="Why the evidence is wrong.")
@click.option("--approver", required=True, help="Who says so, by name.")
@click.option("--until", required=True, metavar="DATE", help="The last day.")
@_FILE
@inventory_option
@judging_options
def correct(resource: str, rule: str, source: str, until: str, file: Path | None, inventory: Path | None, **values: Any) -> None:
    """Remove one piece of wrong evidence from a resource, and nothing else, in a file that a review then merges.

    \b
    tierwise correct biometrics-demo --rule name-words --source "*biometrics*" --reason "a product's name" --approver "A. Name" --until 2027-01-31
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.model.register import EVIDENCE_RULES, matches_glob, names

    options = options_from(values)
    require(rule in EVIDENCE_RULES, f"--rule is one of the rules of evidence that 'tierwise explain' names, not {rule!r}")
    require(source.strip("*? "), "--source names one piece of evidence; a pattern that matches everything would remove all of it")
    result = last_judged(options, inventory)[0].result
    steps = [step for one in result.resources if names(resource, one) for step in result.classifications[one.id].trace]
    require(steps, f"no resource {resource!r} in the last scan")
    met = [step for step in steps if step.rule == rule and matches_glob(source, step.source)]
    known = "; ".join(
        sorted({f"--rule {step.rule} --source {step.source!r}" for step in steps if step.rule in EVIDENCE_RULES and step.source})
    )
    require(met, f"{resource!r} has no such evidence\nit has {known or 'none that can be corrected'}")
    path = file or Path(load_config(options).corrections or "corrections.yaml")
    fields = {"resource": resource, "rule": rule, "source": source}
    fields |= {key: str(values[key]) for key in ("reason", "approver")}
    write_entry(path, "corrections", {**fields, "expires": _day(until).isoformat()})
    click.echo(
        f"it removes {count(len(met), 'piece')} of evidence; have {path} reviewed and merged, and name it with --corrections", err=True
    )
