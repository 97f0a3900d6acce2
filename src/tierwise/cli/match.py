"""`tierwise register match`: links proposed between a spreadsheet that there is already and the stores of the last scan."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from tierwise.cli.files import put
from tierwise.cli.last import last_judged
from tierwise.cli.options import (
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
from tierwise.cli.settings import for_those_inside

LINKS: Final = ("console", "csv", "json", "yaml")
"""Named here so that `--help` imports no report; a test holds it to what is found."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--least", type=click.FloatRange(0.0, 1.0), default=0.4, help="Only links at least this sure; default: 0.4.")
@format_option(LINKS)
@color_option
@inventory_option
@audience_option
@judging_options
def match(file: Path, least: float, inventory: Path | None, **values: Any) -> None:
    """Propose which stores the rows of a spreadsheet register (CSV, ODS or XLSX) speak of, how sure, and why. Nothing is written.

    \b
    tierwise register match assets.xlsx
    tierwise register match assets.ods --least 0.8 --format yaml=links.yaml
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.classify.match import Stores
    from tierwise.classify.match import match as link
    from tierwise.connectors.spreadsheet import read_grid
    from tierwise.reports.base import View
    from tierwise.reports.linked import FORMATS, Linked

    options = options_from(values)
    for_those_inside(options, "register match")
    formats = parse_formats(options, LINKS)
    grid = read_grid(file)
    require(len(grid.lines) > 1, f"{file}: there are no rows below the header")
    stores = Stores(last_judged(options, inventory, tiers_only=True)[0].result.resources)
    require(stores.held, "the last scan has no store to link to")
    rows = [link(line.number, grid.header, line.cells, stores) for line in grid.lines[1:]]
    made = Linked.of(rows, stores.held, least)
    for name, path in formats:
        put(FORMATS[name](made, View(color=path is None and use_color(options), width=width())), path)
