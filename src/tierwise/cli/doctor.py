"""`tierwise doctor`: configuration, credentials and permissions, before a scan."""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from tierwise.cli.finish import EXIT_BUG, EXIT_INCOMPLETE
from tierwise.cli.options import Group, Options, utc_now
from tierwise.cli.scan import aws_config, aws_options, azure_config, azure_options, gcp_config, gcp_options, open_azure, open_gcp
from tierwise.cli.settings import load_judging
from tierwise.config import find_file, load
from tierwise.reports.text import count, listed, safe_text

if TYPE_CHECKING:
    from tierwise.config import Config
    from tierwise.connectors.base import Source
    from tierwise.connectors.declared import Declared
    from tierwise.scan import Collected, Judging


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def doctor(ctx: click.Context, /) -> None:
    """Check configuration, credentials and permissions before a scan; 'doctor aws', 'doctor azure' and 'doctor gcp' make the listing calls."""
    if not ctx.invoked_subcommand:
        configuration()
        click.echo("next: tierwise doctor aws --region REGION, tierwise doctor azure, or tierwise doctor gcp")


def configuration() -> tuple[Config, Judging]:
    """Load and validate everything that a scan is judged by, and say what was found."""
    path = find_file(Path.cwd())
    config = load(path, os.environ)
    click.echo(f"ok   settings: {path or 'defaults (no tierwise.toml here or above)'}")
    judging = load_judging(config, Options().control)
    click.echo(
        f"ok   profile {judging.profile.id} with {len(judging.controls)} controls, assumed tier {judging.profile.assumed_tier.label}"
    )
    entries = len(judging.register.entries)
    click.echo(
        f"{'ok  ' if entries else 'note'} register: {count(entries, 'line')}"
        + ("" if entries else "; without one, untagged stores are only assumed")
    )
    return config, judging


@doctor.command()
@aws_options
def aws(**values: Any) -> None:
    """Check each account: who we are there, which listings answer, and what would stay unknown."""
    from tierwise.connectors.aws.collectors import declared_reads
    from tierwise.connectors.aws.connect import open_accounts

    config, judging = configuration()
    sources = open_accounts(aws_config(config.aws, values), utc_now(), threads=config.jobs)
    _check(sources, config, judging, declared_reads())


@doctor.command()
@azure_options
def azure(**values: Any) -> None:
    """Check the tenant: which subscriptions are seen, which listings answer, and what would stay unknown."""
    from tierwise.connectors.azure.collectors import declared_reads

    config, judging = configuration()
    sources = open_azure(azure_config(config.azure, values), utc_now())
    _check(sources, config, judging, declared_reads())


@doctor.command()
@gcp_options
def gcp(**values: Any) -> None:
    """Check the projects: which are seen, which listings answer, and what would stay unknown."""
    from tierwise.connectors.gcp.collectors import declared_reads

    config, judging = configuration()
    sources = open_gcp(gcp_config(config.gcp, values), utc_now())
    _check(sources, config, judging, declared_reads())


def _check(sources: Sequence[Source], config: Config, judging: Judging, declared: Sequence[Declared]) -> None:
    """Make the calls of stage 1 and those that a whole source shares, say of each account what came of them, then what is denied where, and exit with the worst of it."""
    from tierwise.connectors.base import Probed
    from tierwise.model.fact import UnknownReason
    from tierwise.scan import Collected, run_units

    failed: Failed = defaultdict(lambda: defaultdict(int))
    worst = 0
    for source in sources:
        collected = Collected()
        run_units(source.survey(), collected, jobs=config.jobs, stage="survey", progress=None)
        worst = max(worst, _rows(source.name, collected, failed))
        for unit in source.probes() if isinstance(source, Probed) else ():
            tried = Collected()
            run_units([unit], tried, jobs=1, stage="survey", progress=None)
            worst = max(worst, _rows(f"{source.name} {unit.service}", tried, failed))
    for (operation, reason), accounts in sorted(failed.items()):
        lost = _controls_of(operation, judging, declared)
        effect = f"; unknown then: {', '.join(lost)}" if lost else ""
        where = f" in {listed(sorted(one for one in accounts if one), 2)}" if any(accounts) else ""
        needs = f", needs {_action(operation, declared)}" if reason == UnknownReason.PERMISSION_DENIED else ""
        click.echo(f"     {operation}: {reason} ({count(sum(accounts.values()), 'call')}){where}{needs}{effect}")
    # Of the same scope: what was given here are options of the scan too.
    then = shlex.join(["tierwise", "scan", *map(safe_text, sys.argv[2:])])
    click.echo(f"next: {then}" + (" (what is denied stays unknown in the report)" if worst else ""))
    sys.exit(worst)


Failed: TypeAlias = "defaultdict[tuple[str, str], defaultdict[str, int]]"
"""By operation and reason: how many calls failed in each account."""


def _rows(name: str, collected: Collected, failed: Failed) -> int:
    """A row for each account, with how many resources it listed and what it refused; the exit code that they call for."""
    from tierwise.model.resource import ANSWERED

    answered, refused, units = Counter[str](), Counter[str](), {one.account: one.unit for one in collected.resources.values()}
    for outcome in collected.outcomes:
        if outcome.outcome in ANSWERED:
            answered[outcome.account] += outcome.count
        else:
            refused[outcome.account] += outcome.count
            failed[outcome.operation, outcome.outcome][outcome.account] += outcome.count
    whole = {gap.account: gap for gap in collected.gaps if gap.whole}
    partly = {gap.account for gap in collected.gaps if not gap.expected}
    resources = Counter(one.account for one in collected.resources.values())
    click.echo(
        f"{'part' if refused or partly else 'ok  '} {name}: {count(resources.total(), 'resource')} listed, {count(answered.total(), 'call')} answered"
    )
    for account in sorted({*resources, *whole, *answered, *refused, *partly} - {""}):
        if account in whole:
            click.echo(f"{'note' if whole[account].expected else 'no  '} {safe_text(whole[account].whole)}")
            continue
        where = f"{account} ({safe_text(units[account])})" if units.get(account) else account
        denied = f", {refused[account]} refused" if refused[account] else ""
        state = "part" if refused[account] or account in partly else "ok  "
        click.echo(f"{state} {where}: {count(resources[account], 'resource')}, {count(answered[account], 'call')} answered{denied}")
    for status in collected.regions:
        click.echo(f"note {status.account}: region {status.region} is {status.status}")
    if collected.crashes:
        return EXIT_BUG
    return EXIT_INCOMPLETE if refused or partly else 0


def _action(operation: str, declared: Sequence[Declared]) -> str:
    return next((read.via.action for read in declared if read.via.via == operation), operation)


def _controls_of(operation: str, judging: Judging, declared: Sequence[Declared]) -> list[str]:
    from tierwise.evaluate.compiled import compile_control
    from tierwise.model.sensitivity import Tier

    facts = {fact for read in declared if read.via.via == operation for fact in read.facts}
    return [one.id for one in judging.controls if facts & compile_control(one).facts[Tier.T4]]
