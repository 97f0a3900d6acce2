"""`tierwise register export --for-ci`: tiers for pipelines, and nothing else of what the register and the scans know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tierwise.cli.common import (
    data_dir,
    emit,
    judging_options,
    last_judged,
    load_config,
    load_judging,
    options_from,
    require,
    write_atomically,
)

if TYPE_CHECKING:
    from tierwise.cli.common import Options
    from tierwise.model.finding import ScanResult
    from tierwise.scan import Judging


@click.group()
def register() -> None:
    """The asset register: what is where, and who answers for it."""


@register.command()
@click.option("--for-ci", is_flag=True, help="Selectors and tiers only: no categories, numbers, groups, owners or agreements.")
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="A saved inventory or scan JSON of live accounts; default: the last scan."
)
@click.option("--output", type=click.Path(path_type=Path), help="File to write; default: stdout.")
@judging_options
def export(for_ci: bool, inventory: Path | None, output: Path | None, **values: Any) -> None:
    r"""Write a register by which a pipeline judges plans at the tiers that the register and the last live scan give.

    \b
    tierwise register export --for-ci --register register.yaml --output register.ci.yaml
    tierwise scan plan plan.json --register register.ci.yaml
    """
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
