"""`tierwise register`: tiers for pipelines, the register held against the estate, and drafts of what has to be written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tierwise.cli.files import data_dir, emit, put, write_atomically
from tierwise.cli.finish import EXIT_FAILED, EXIT_INCOMPLETE
from tierwise.cli.last import last_judged
from tierwise.cli.match import match
from tierwise.cli.options import (
    Group,
    audience_option,
    color_option,
    format_option,
    inventory_option,
    judging_options,
    options_from,
    parse_formats,
    require,
    use_color,
    width,
)
from tierwise.cli.settings import for_those_inside, load_config, load_judging
from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.cli.options import Options
    from tierwise.model.finding import ScanResult
    from tierwise.model.sensitivity import Category
    from tierwise.reports.draft import Draft
    from tierwise.scan import Judging

CHECKS: Final = ("console", "csv", "json")
DRAFTS: Final = ("markdown", "csv", "ods")
"""Formats, named here so that `--help` imports no report; tests hold them to what is found."""


@click.group(cls=Group)
def register() -> None:
    """The asset register: what is where, and who answers for it."""


@register.command()
@click.option("--for-ci", is_flag=True, help="Selectors and tiers only: no categories, numbers, groups, owners or agreements.")
@inventory_option
@click.option("--output", type=click.Path(path_type=Path), help="File to write; default: stdout.")
@judging_options
def export(for_ci: bool, inventory: Path | None, output: Path | None, **values: Any) -> None:
    """Write a register by which a pipeline judges plans at the tiers that the register and the last live scan give.

    \b
    tierwise register export --for-ci --register register.yaml --output register.ci.yaml
    tierwise scan plan plan.json --register register.ci.yaml
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.classify.export import export as make
    from tierwise.classify.export import lines

    options = options_from(values)
    require(
        for_ci,
        "say what it is for: 'tierwise register export --for-ci' writes selectors and tiers only; the register itself is a file of yours",
    )
    result, judging = _known(options, inventory)
    made = make(judging.register, judging.profile, result.resources if result else (), result.classifications if result else {})
    require(
        made.register.entries,
        "neither a register nor a live scan gives a tier; name a register with --register FILE, or run 'tierwise scan aws' first",
    )
    text = "".join(f"{line}\n" for line in (_head(made.from_register, made.from_scan), *lines(made.register)))
    if output is not None:
        write_atomically(output, text.encode())
    else:
        emit(text)
    left = f"; {made.left} stores left out, whose tier is not settled or which no selector can name" if made.left else ""
    click.echo(
        f"{len(made.register.entries)} lines: {made.from_register} from the register, {made.from_scan} from the scan{left}", err=True
    )


def _known(options: Options, inventory: Path | None) -> tuple[ScanResult | None, Judging]:
    """The last scan, or the inventory that is named, if it is of live accounts; and the register that it was judged by."""
    if inventory is not None or (data_dir() / "last.jsonl").is_file():
        outcome, judging = last_judged(options, inventory)
        if any(one.address is None for one in outcome.result.resources):
            return outcome.result, judging
        require(inventory is None, f"{inventory} is of a plan, and only a live scan learns what stores hold; scan an account first")
    return None, load_judging(load_config(options), options.control)


def _head(entries: int, stores: int) -> str:
    return (
        f"# Selectors and tiers for pipelines, by 'tierwise register export --for-ci': {entries} from the register, {stores} from a scan."
    )


@register.command()
@format_option(CHECKS)
@color_option
@inventory_option
@audience_option
@judging_options
def check(inventory: Path | None, **values: Any) -> None:
    """Hold the register and the last scan against each other, both ways: what is not there, not registered, or differs.

    Exit codes: 0 they agree, 1 something differs, 3 nothing differs and something cannot be told.

    \b
    tierwise register check --register register.yaml
    tierwise register check --format csv=differences.csv
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.classify.reconcile import reconcile
    from tierwise.reports.base import View
    from tierwise.reports.reconciled import FORMATS

    options = options_from(values)
    for_those_inside(options, "register check")
    formats = parse_formats(options, CHECKS)
    outcome, judging = last_judged(options, inventory, tiers_only=True)
    result = outcome.result
    require(judging.register.entries, "there is no register to check; name one with --register FILE, or 'register' in tierwise.toml")
    found = reconcile(result.resources, result.classifications, judging.register, judging.profile, result.gaps)
    for name, path in formats:
        made = FORMATS[name](found, View(color=path is None and use_color(options), width=width()))
        put(made, path)
    sys.exit(EXIT_FAILED if found.differs else EXIT_INCOMPLETE if found.rows else 0)


@register.command()
@format_option(DRAFTS, "markdown")
@click.option("--table", type=click.Choice(["record", "assets"]), default="record", help="Which table a CSV file holds; default: record.")
@click.option(
    "--category", "categories", multiple=True, metavar="C1..C6", help="Only stores with one of these categories; default: all stores."
)
@inventory_option
@audience_option
@judging_options
def draft(table: str, categories: Sequence[str], inventory: Path | None, **values: Any) -> None:
    """Draft a record of processing and an asset register from the last scan; purpose and lawful basis are left to be filled in.

    \b
    tierwise register draft --format ods=drafts.ods
    tierwise register draft --category C3 --format csv=special.csv
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.reports.draft import draft as make
    from tierwise.reports.text import count

    options = options_from(values)
    for_those_inside(options, "register draft")
    formats = parse_formats(options, DRAFTS, default="markdown")
    chosen = frozenset(_category(one) for one in categories)
    outcome, judging = last_judged(options, inventory, tiers_only=True)
    result = outcome.result
    made = make(result.resources, result.classifications, judging.register, judging.profile, chosen)
    for name, path in formats:
        put(_drafted(made, name, table), path)
    lacking = f"; of {count(made.unknown, 'store')} nothing is known, so that the record may lack them" if made.unknown else ""
    click.echo(f"{count(len(made.record), 'activity', 'activities')} and {count(len(made.assets), 'store')}{lacking}", err=True)


def _drafted(made: Draft, form: str, table: str) -> str | bytes:
    from tierwise.reports.draft import as_csv, as_markdown, as_ods

    match form:
        case "csv":
            return as_csv(made, table)
        case "ods":
            return as_ods(made)
        case _:
            return as_markdown(made)


def _category(text: str) -> Category:
    from tierwise.model.register import parse_category

    found = parse_category(text)
    if found is None:
        raise UsageError(f"--category takes C0 to C6, not {text!r}")
    return found.category


register.add_command(match)
