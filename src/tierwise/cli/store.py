"""`tierwise store path|check|prune`: where runs are kept, whether they are whole, and how long they stay."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from tierwise.cli.files import data_dir
from tierwise.cli.keeping import NOWHERE, open_kept
from tierwise.cli.options import Group, options_from, together, utc_now
from tierwise.cli.settings import load_config
from tierwise.errors import StoreError
from tierwise.model.words import count

store_options = together(
    click.option("--config", type=click.Path(path_type=Path), help="Settings file; default: the nearest tierwise.toml."),
    click.option("--store", default="", metavar="PATH|URL", help="The store; default: the settings', else the user's data directory."),
    click.option(
        "--format", "format_", type=click.Choice(["console", "json"]), default="console", help="console or json; default: console."
    ),
)
"""The options that say which store is looked at."""


def store_named(values: dict[str, Any]) -> str:
    """The store of the options, or else of the settings; empty for the one in the user's data directory."""
    return load_config(options_from(values)).store


@click.group(cls=Group)
def store() -> None:
    """Look after the store in which runs are kept.

    \b
    tierwise store path
    tierwise store check --store postgresql://scanner@db.example/tierwise
    """  # noqa: D301 - click keeps the lines after a backspace as they are


@store.command()
@store_options
def path(format_: str, **values: Any) -> None:
    """Print where runs are kept, whether or not there are any yet."""
    from tierwise.store.connect import shown

    named = store_named(values)
    where = named if named == NOWHERE else shown(named) if named else str(data_dir() / "store.db")
    click.echo(json.dumps({"store": where}) if format_ == "json" else where)


@store.command()
@store_options
def check(format_: str, **values: Any) -> None:
    """Look whether a store is whole; nothing is changed. Exit code 2 where it is not."""
    from tierwise.cli.complaints import complain
    from tierwise.store.check import check as look

    found = look(open_kept(store_named(values)))
    if format_ == "json":
        told = {
            "store": found.where,
            "runs": found.runs,
            "series": found.series,
            "bytes": found.bytes,
            "problems": list(found.problems),
            "unfinished": list(found.unfinished),
        }
        click.echo(json.dumps(told, indent=1))
    elif not found.problems:
        click.echo(f"{found.where} is whole: {count(found.runs, 'run')} of {found.series} series, {found.bytes / 1e6:.1f} MB")
        for run in found.unfinished:
            click.echo(f"scan {run} has not ended: where it was interrupted, --resume {run} goes on with it")
    if found.problems:
        complain("\n".join(found.problems))
        sys.exit(StoreError.exit_code)


@store.command()
@store_options
@click.option("--keep-days", type=click.IntRange(1), help="Keep runs whole for so many days; default: the settings', else 90.")
@click.option(
    "--keep-months", type=click.IntRange(1), help="Keep daily figures and T3 and T4 evidence so long; default: the settings', else 24."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be dropped.")
def prune(format_: str, keep_days: int | None, keep_months: int | None, dry_run: bool, **values: Any) -> None:
    """Drop what is older than its time; the last run of every series stays. A scan does the same once a day, by the settings."""
    from tierwise.model.history import Retention
    from tierwise.store.prune import prune as drop

    config = load_config(options_from(values))
    retention = Retention(keep_days or config.keep_days, keep_months or config.keep_months)
    found = drop(open_kept(config.store), retention, utc_now().date(), dry=dry_run)
    told = {
        "runs": found.runs,
        "findings": found.findings,
        "evidence": found.evidence,
        "days": found.days,
        "scans": found.scans,
        "dropped": not dry_run,
    }
    if format_ == "json":
        click.echo(json.dumps(told))
        return
    verb = "would drop" if dry_run else "dropped"
    click.echo(
        f"{verb} {count(found.runs, 'run')}, {count(found.findings, 'finding')}, {count(found.evidence, 'row')} of evidence, {count(found.days, 'day')} and {count(found.scans, 'interrupted scan')}"
    )
