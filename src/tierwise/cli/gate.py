"""`tierwise gate replay`: what past plans would have met at the gate."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from tierwise.cli.files import emit
from tierwise.cli.options import Group, gate_options, judging_options, options_from, use_color, utc_now, width
from tierwise.cli.scan import gate_of_state, plan_paths
from tierwise.cli.settings import load_config, load_judging
from tierwise.errors import InputError

if TYPE_CHECKING:
    from tierwise.evaluate.replay import Replayed
    from tierwise.scan import Judging


@click.group(cls=Group)
def gate() -> None:
    """Choose a bar and a mode that a team can live with, before the gate blocks."""


@gate.command()
@click.argument("plans", nargs=-1, required=True)
@click.option("--max-input", type=click.IntRange(1), default=1 << 30, help="Largest input in bytes; default: 1 GiB.")
@click.option("--format", "format_", type=click.Choice(["console", "json"]), default="console", help="console or json; default: console.")
@click.option("--no-color", is_flag=True, help="Plain text; also by NO_COLOR or when piped.")
@judging_options
@gate_options
def replay(plans: tuple[str, ...], max_input: int, format_: str, **values: Any) -> None:
    """Say what each of the last plans would have met under the profile, register and gate of now.

    \b
    tierwise gate replay plans/*.json --register register.yaml
    tierwise gate replay plans/*.json --fail-on medium --format json

    Each plan is judged by itself. Exit codes: 0; 2 where a plan cannot be read, after the others were judged.
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from dataclasses import replace

    from tierwise.cli.complaints import complain
    from tierwise.evaluate.replay import deciding
    from tierwise.reports.base import View
    from tierwise.reports.replay import replay_json, replay_text

    options = options_from(values)
    judging = load_judging(load_config(options), options.control)
    judging = replace(judging, gate=deciding(judging.gate))
    rows = [_replayed(name, judging, max_input) for name in plans]
    if format_ == "json":
        emit(replay_json(rows, judging.profile.id, judging.gate))
    else:
        view = View(color=use_color(options), width=width())
        emit(replay_text(rows, judging.profile.id, judging.gate, {one.id: one for one in judging.controls}, view))
    unreadable = sum(bool(row.problem) for row in rows)
    if unreadable:
        complain(f"{unreadable} of {len(rows)} plans cannot be read: the rows say why")
    sys.exit(InputError.exit_code if unreadable else 0)


def _replayed(name: str, judging: Judging, max_input: int) -> Replayed:
    """One plan, judged by itself; one that cannot be read says why and leaves the others be."""
    from dataclasses import replace

    from tierwise.connectors.terraform.source import open_plans
    from tierwise.evaluate.replay import Replayed, replayed
    from tierwise.scan import scan

    try:
        source = open_plans(plan_paths([name]), max_input)
    except InputError as error:
        return Replayed(name, problem=str(error).splitlines()[0])
    policy = gate_of_state(judging.gate) if source.is_state else judging.gate
    result = scan([source], replace(judging, gate=policy), started=utc_now(), jobs=1).result
    return replayed(name, result, policy)
