"""`tierwise fixes`: the few changes that close most findings, grouped by where they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tierwise.cli.files import emit
from tierwise.cli.last import last_shown
from tierwise.cli.options import audience_option, inventory_option, judging_options, options_from, use_color, width


@click.command()
@inventory_option
@click.option("--most", type=click.IntRange(1), default=30, help="How many; default: 30.")
@audience_option
@judging_options
def fixes(inventory: Path | None, most: int, **values: Any) -> None:
    """List the changes that close most findings of the last scan, widest and most severe first."""
    from tierwise.reports.base import View
    from tierwise.reports.console import fixes_text

    options = options_from(values)
    _, result, audience = last_shown(options, inventory)
    if not result.fixes:
        click.echo("Nothing failed, so there is nothing to fix.")
        return
    emit(fixes_text(result, most, View(color=use_color(options), width=width(), audience=audience)))
    if len(result.fixes) > most:
        click.echo(f"{len(result.fixes) - most} more; --most {len(result.fixes)} shows all")
