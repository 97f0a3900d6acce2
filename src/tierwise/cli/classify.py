"""`tierwise classify`: what is where, how we know, and what would settle the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from tierwise.cli.files import put, write_atomically
from tierwise.cli.finish import EXIT_BUG, EXIT_INCOMPLETE, leave
from tierwise.cli.last import inventory_lines, last_judged
from tierwise.cli.options import (
    Group,
    Options,
    audience_option,
    color_option,
    format_option,
    inventory_option,
    judging_options,
    options_from,
    parse_formats,
    progress_for,
    require,
    together,
    use_color,
    utc_now,
    width,
)
from tierwise.cli.sampling import sampling_asked, sampling_options
from tierwise.cli.scan import (
    aws_config,
    aws_options,
    azure_config,
    azure_options,
    gcp_config,
    gcp_options,
    open_azure,
    open_gcp,
    plan_paths,
)
from tierwise.cli.settings import audience_of, for_those_inside, load_config, load_judging
from tierwise.cli.worksheet import import_answers, worksheet
from tierwise.errors import UsageError
from tierwise.model.words import count

if TYPE_CHECKING:
    from tierwise.config import Config
    from tierwise.connectors.base import Source
    from tierwise.model.resource import Resource
    from tierwise.reports.base import View
    from tierwise.scan import Judging, Outcome
    from tierwise.scan.sample import Sampling

LISTINGS: Final = ("console", "csv", "json")
"""Named here so that `--help` imports no report; a test holds it to what is found."""
_MOST_NEAR: Final = 3


listing_options = together(
    click.option("--why", "asked", default="", metavar="RESOURCE", help="Explain this one (id, name or plan address) instead of a list."),
    click.option("--unclassified", is_flag=True, help="Only stores of which nothing is known; default: all."),
    click.option("--conflicts", is_flag=True, help="Only stores declared lower than the evidence shows; default: all."),
    format_option(LISTINGS),
    audience_option,
    color_option,
)
"""What is listed, and how."""
reading_options = together(
    listing_options,
    click.option("--save-inventory", type=click.Path(path_type=Path), help="Save what was read, for the other commands; default: no."),
    click.option("--jobs", type=click.IntRange(1, 256), default=None, help="Threads; default: 24."),
    click.option("-q", "--quiet", is_flag=True, help="No progress."),
    judging_options,
)
"""What the commands that read a source take."""


@click.group(cls=Group, invoke_without_command=True)
@inventory_option
@listing_options
@judging_options
@click.pass_context
def classify(ctx: click.Context, /, inventory: Path | None, **values: Any) -> None:
    """List what is where: each store's tier, on what it rests, how sure that is, and who confirmed it.

    Without a source it lists what the last scan found. No control is judged, and only what tiers need is read.

    \b
    tierwise classify --conflicts
    tierwise classify --why dcs-patient-records
    tierwise classify aws --region eu-west-2 --unclassified
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    if ctx.invoked_subcommand:
        given = [one.opts[0] for one in ctx.command.params if _is_given(ctx, one)]
        require(
            not given,
            f"{', '.join(given)} belongs after {ctx.invoked_subcommand!r}: tierwise classify {ctx.invoked_subcommand} {' '.join(given)}",
        )
        return
    options = options_from(values)
    _show(*last_judged(options, inventory, tiers_only=True), options, values)


def _is_given(ctx: click.Context, one: click.Parameter) -> bool:
    return ctx.get_parameter_source(one.name or "") is click.core.ParameterSource.COMMANDLINE


@classify.command()
@aws_options
@sampling_options
@reading_options
def aws(**values: Any) -> None:
    """Say what is where in AWS accounts.

    \b
    tierwise classify aws --region eu-west-2
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.connectors.aws.connect import open_accounts
    from tierwise.model.content import Depth

    options = options_from(values)
    config = load_config(options)
    started = utc_now()
    sampling = sampling_asked(config.sampling, values)
    depth = Depth.METADATA if sampling is None or sampling.dry_run else sampling.depth
    sources = open_accounts(aws_config(config.aws, values), started, threads=config.jobs, depth=depth)
    _read(sources, started, config, values, sampling=sampling)


@classify.command()
@azure_options
@reading_options
def azure(**values: Any) -> None:
    """Say what is where in the subscriptions of an Azure tenant.

    \b
    tierwise classify azure --subscription 00000000-0000-0000-0000-000000000000
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    config, started = load_config(options_from(values)), utc_now()
    _read(open_azure(azure_config(config.azure, values), started), started, config, values)


@classify.command()
@gcp_options
@reading_options
def gcp(**values: Any) -> None:
    """Say what is where in Google Cloud projects.

    \b
    tierwise classify gcp --project records-prod
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    config, started = load_config(options_from(values)), utc_now()
    _read(open_gcp(gcp_config(config.gcp, values), started), started, config, values)


@classify.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--max-input", type=click.IntRange(1), default=1 << 30, help="Largest input in bytes; default: 1 GiB.")
@reading_options
def plan(files: tuple[str, ...], max_input: int, **values: Any) -> None:
    """Say what would be where by Terraform or OpenTofu plans: the JSON of 'terraform show -json'; '-' reads stdin.

    \b
    tierwise classify plan plan.json --unclassified
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.connectors.terraform.source import open_plans
    from tierwise.scan import bulk

    with bulk():
        _read([open_plans(plan_paths(files), max_input)], utc_now(), load_config(options_from(values)), values)


@classify.command()
@click.argument("file", type=click.Path(path_type=Path))
@reading_options
def inventory(file: Path, **values: Any) -> None:
    """Say what was where in a saved inventory, or a scan's JSON.

    \b
    tierwise classify inventory estate.jsonl --format csv=stores.csv
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.connectors.inventory.files import open_inventory
    from tierwise.scan import bulk

    with bulk():
        source = open_inventory(file)
        _read([source], source.started, load_config(options_from(values)), values)


@classify.command()
@reading_options
def demo(**values: Any) -> None:
    """Say what is where in the sample department, which runs in this process: no cloud needed.

    \b
    tierwise classify demo --why dcs-patient-records
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.cli.demo import require_sample, sample_config

    require_sample()
    from tierwise.demo.estate import sample_estate

    options = options_from(values)
    with sample_estate() as (sources, register, _acceptances, started):
        _read(sources, started, sample_config(options, register), values, jobs=1)


def _read(
    sources: Sequence[Source], started: datetime, config: Config, values: dict[str, Any], *, sampling: Sampling | None = None, jobs: int = 0
) -> NoReturn:
    """Read what tiers need from sources, and show it."""
    from tierwise.cli.complaints import bug
    from tierwise.scan import scan

    options = options_from(values)
    judging = replace(load_judging(config), controls=())
    outcome = scan(sources, judging, started=started, jobs=jobs or config.jobs, progress=progress_for(options), sampling=sampling)
    if options.save_inventory:
        write_atomically(options.save_inventory, inventory_lines(outcome))
    _show(outcome, judging, options, values)
    if outcome.crashes:
        bug("\n".join(outcome.crashes))
        leave(EXIT_BUG)
    gaps = [gap for gap in outcome.result.gaps if not gap.expected]
    if gaps:
        click.echo(
            f"incomplete: {count(len(gaps), 'listing')} failed, first {gaps[0].service} in {gaps[0].region or 'all regions'} ({gaps[0].reason})",
            err=True,
        )
    leave(EXIT_INCOMPLETE if gaps else 0)


def _show(outcome: Outcome, judging: Judging, options: Options, values: dict[str, Any]) -> None:
    """The list, or the explanation of one resource, in every format that was asked for."""
    from tierwise.reports.base import View
    from tierwise.reports.classified import FORMATS, Only

    require(not (values["unclassified"] and values["conflicts"]), "--unclassified and --conflicts exclude each other; give one or neither")
    audience = audience_of(load_config(options), quiet=options.quiet)
    only = Only(values["unclassified"], values["conflicts"])
    for name, path in parse_formats(options, LISTINGS):
        view = View(color=path is None and use_color(options), width=width(), audience=audience)
        made = _explained(values["asked"], outcome, judging, name, view) if values["asked"] else FORMATS[name](outcome.result, only, view)
        put(made, path)


def _explained(asked: str, outcome: Outcome, judging: Judging, form: str, view: View) -> str | bytes:
    from tierwise.classify.why import Case, why
    from tierwise.reports.audience import for_audience
    from tierwise.reports.why import why_json, why_text

    require(form != "csv", "--why writes console or json, not csv")
    result = outcome.result
    today = datetime.fromisoformat(result.run.started).date()
    case = Case(result.resources, judging.profile, judging.register, judging.corrections, result.gaps, today)
    shown = {real.id: seen for real, seen in zip(result.resources, for_audience(result, view.audience).resources, strict=True)}
    found = [replace(why(one, case), resource=shown[one.id]) for one in _named(asked, result.resources)]
    return why_json(found, view) if form == "json" else "".join(why_text(one, view) for one in found)


def _named(asked: str, resources: Sequence[Resource]) -> list[Resource]:
    """The resources that go by it; UsageError with the nearest names where none does."""
    from tierwise.classify.why import by_name
    from tierwise.cli.masking import mask_of_user

    mask = mask_of_user()
    found = by_name(asked, resources) or by_name(mask.text(asked), resources) or by_name(mask.text(asked, staff=True), resources)
    if not found:
        names = sorted({name for one in resources for name in (one.name, one.address or "") if name})
        within = [name for name in names if asked.lower() in name.lower()]
        near = list(dict.fromkeys([*get_close_matches(asked, names, n=_MOST_NEAR, cutoff=0.5), *within]))[:_MOST_NEAR]
        hint = f"; did you mean {', '.join(map(repr, near))}?" if near else "; 'tierwise classify' lists the stores"
        raise UsageError(f"no resource goes by {asked!r} here{hint}")
    return found


@classify.command()
@click.option("--most", type=click.IntRange(1), default=10, help="How many lines; default: 10.")
@inventory_option
@audience_option
@judging_options
def suggest(most: int, inventory: Path | None, **values: Any) -> None:
    """Propose the fewest register lines that settle most unclassified stores, and what each settles.

    \b
    tierwise classify suggest --most 3
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.classify.suggest import suggest as propose
    from tierwise.reports.text import count, listed, safe_text

    options = options_from(values)
    for_those_inside(options, "classify suggest")
    outcome, judging = last_judged(options, inventory, tiers_only=True)
    result = outcome.result
    lines = propose(result.resources, result.classifications, judging.register)
    if not lines:
        click.echo("Every store has a tier that rests on a declaration or on evidence.")
        return
    left = sum(line.settles for line in lines)
    names = {one.id: one.name or one.id for one in result.resources}
    click.echo(f"# {count(left, 'store')} of which nothing is known. Put the right tier in place of '?' and save as register.yaml:")
    click.echo("entries:")
    for line in lines[:most]:
        left -= line.settles
        beside = "".join(f"; beside {count(number, 'store')} at {tier.name}" for tier, number in sorted(line.siblings.items()))
        click.echo(safe_text(f"  # settles {line.settles}, leaves {left}: {listed([names[one] for one in line.resources])}{beside}"))
        click.echo(safe_text(f"  - select: {line.selector.written}"))
        click.echo("    tier: '?'")
    if len(lines) > most:
        click.echo(f"# {len(lines) - most} more; --most {len(lines)} shows all")


classify.add_command(worksheet)
classify.add_command(import_answers)
