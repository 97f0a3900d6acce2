"""`tierwise classify`: what is where, how we know, and what would settle the rest."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from tierwise.cli.common import (
    audience_of,
    audience_option,
    inventory_option,
    judging_options,
    last_shown,
    load_config,
    options_from,
    require,
)


@click.group(invoke_without_command=True)
@inventory_option
@click.option("--unclassified", is_flag=True, help="Only stores whose tier is assumed.")
@click.option("--conflicts", is_flag=True, help="Only stores declared lower than the evidence shows.")
@audience_option
@judging_options
@click.pass_context
def classify(ctx: click.Context, /, inventory: Path | None, unclassified: bool, conflicts: bool, **values: Any) -> None:
    """List stores by tier with how each tier came about; 'classify suggest' proposes register lines."""
    ctx.obj = (inventory, values)
    if ctx.invoked_subcommand:
        return
    from tierwise.model.resource import HELD
    from tierwise.model.sensitivity import TierState
    from tierwise.reports.text import safe_text, short_id

    _, result, _ = last_shown(options_from(values), inventory)
    rows = [(result.classifications[one.id], one) for one in result.resources if one.kind in HELD]
    if unclassified:
        rows = [row for row in rows if row[0].state is TierState.ASSUMED]
    if conflicts:
        rows = [row for row in rows if row[0].understated]
    rows.sort(key=lambda row: (row[0].state is TierState.ASSUMED, -row[0].tier, row[1].id))
    for one, resource in rows:
        basis = next((step.because for step in reversed(one.trace) if step.tier == one.tier), "")
        span = "" if one.interval.settled else f" ({one.interval.lo.name} to {one.interval.hi.name})"
        flag = " CONFLICT" if one.understated else ""
        click.echo(f"{one.tier.label:<15}{span} {one.state.value:<10} {short_id(resource.id):<66} {safe_text(basis)}{flag}")
    states = Counter(row[0].state.value for row in rows)
    click.echo(f"{len(rows)} stores: " + ", ".join(f"{number} {state}" for state, number in states.most_common()), err=True)


@classify.command()
@click.option("--most", type=click.IntRange(1), default=10, help="How many lines; default: 10.")
@click.pass_context
def suggest(ctx: click.Context, /, most: int) -> None:
    """Propose the fewest register lines that settle most unclassified stores, and what each settles."""
    from tierwise.classify.suggest import suggest as propose
    from tierwise.cli.common import last_judged

    inventory, values = ctx.obj
    options = options_from(values)
    require(
        audience_of(load_config(options), quiet=True) != "public",
        "the public may not see lines of a register: they select by account id, tag and name"
        "\nwhere only your organisation reads what this prints, say so: tierwise classify --audience team suggest",
    )
    outcome, judging = last_judged(options, inventory)
    result = outcome.result
    lines = propose(result.resources, result.classifications, judging.register)
    if not lines:
        click.echo("Every store has a tier that rests on a declaration or on evidence.")
        return
    left = len(result.what_if)
    click.echo(f"# {left} stores have no tier of their own. Put the right tier in place of '?' and save as register.yaml:")
    click.echo("entries:")
    for line in lines[:most]:
        settled = getattr(line, "settles", ())
        number = settled if isinstance(settled, int) else len(settled)
        left -= number
        select = ", ".join(
            f"{key}: {json.dumps(value)}" for key, _, value in (part.partition("=") for part in line.selector.words.split(" "))
        )
        click.echo(f"  - select: {{{select}}}  # settles {number}, leaves {max(left, 0)}")
        click.echo("    tier: '?'")
