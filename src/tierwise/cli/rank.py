"""`tierwise rank`: findings of other tools, joined to the tiers, datasets and owners of a scan and put into their order."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tierwise.cli.files import put
from tierwise.cli.options import audience_option, color_option, format_option, options_from, parse_formats, use_color, width
from tierwise.cli.report import kept_options, run_options, source_of
from tierwise.cli.settings import for_those_inside, load_config

if TYPE_CHECKING:
    from tierwise.classify.mask import Mask
    from tierwise.model.foreign import Foreign

ORDERS: Final = ("console", "csv", "json")
"""Named here so that `--help` imports no report; a test holds it to what is found."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@run_options
@kept_options
@click.option(
    "--source-dir",
    type=click.Path(path_type=Path),
    help="The root module, by which results at a file and line are joined to a plan's resources.",
)
@click.option("--most", type=click.IntRange(1), default=30, help="How many the console shows; default: 30.")
@format_option(ORDERS)
@click.option("--output", type=click.Path(path_type=Path), help="Directory for output files; default: here.")
@color_option
@audience_option
def rank(files: tuple[Path, ...], run_: str, inventory: Path | None, source_dir: Path | None, most: int, **values: Any) -> None:
    """Put other tools' findings (OCSF of Prowler, AWS Security Hub, SARIF) into the order of tier, severity and reach. `-` is stdin.

    Nothing is dropped: what cannot be joined to a resource of the scan stands last, counted by why.

    \b
    tierwise rank prowler.ocsf.json
    tierwise rank hub.json checkov.sarif --source-dir infra --format csv=order.csv
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.cli.masking import mask_of_user
    from tierwise.cli.sources import read_sources
    from tierwise.connectors.foreign import read_foreign
    from tierwise.reports.base import View
    from tierwise.reports.ranked import FORMATS, Estate, ranking

    options = options_from(values)
    for_those_inside(options, "rank")
    formats = parse_formats(options, ORDERS)
    sources = read_sources(source_dir, Path.cwd()) if source_dir is not None else None
    result = source_of(load_config(options), options, run_, inventory).result
    mask = mask_of_user()
    found = (_masked(one, mask) for one in chain.from_iterable(map(read_foreign, files)))
    made = ranking(found, Estate(result, sources))
    for name, path in formats:
        put(FORMATS[name](made, View(color=path is None and use_color(options), width=width()), most), path)


def _masked(found: Foreign, mask: Mask) -> Foreign:
    """Without identifiers that its tool quotes, as the scan's own names are; a principal goes by its mail address there too."""
    named = [
        replace(one, id=mask.text(one.id, staff=staff), name=mask.text(one.name, staff=staff))
        for staff in (False, True)
        for one in found.resources
    ]
    return replace(found, title=mask.text(found.title), check=mask.text(found.check), resources=tuple(dict.fromkeys(named)))
