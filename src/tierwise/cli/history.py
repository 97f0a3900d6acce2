"""`tierwise history`, `tierwise diff` and `tierwise evidence`: what the store tells of the runs that it keeps."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tierwise.cli.files import emit, write_atomically
from tierwise.cli.finish import EXIT_FAILED
from tierwise.cli.keeping import open_kept
from tierwise.cli.options import options_from, require, use_color
from tierwise.cli.settings import audience_of, load_config
from tierwise.cli.store import store_options
from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.model.control import Severity

_AUDIENCE = click.option(
    "--audience", default="", metavar="WHO", help="team or restricted; default: team, and public in CI of a public repository."
)


@click.command()
@store_options
@click.option("--series", default="", help="Which series, by its name or the beginning of it; default: the one that ran last.")
@click.option("--since", default="", metavar="DATE", help="The trend from this day on; default: the last days.")
@click.option("--most", type=click.IntRange(1), default=10, help="How many runs and days; default: 10.")
@click.option("--no-color", is_flag=True, help="Plain text; also by NO_COLOR or when piped.")
@_AUDIENCE
def history(format_: str, series: str, since: str, most: int, **values: Any) -> None:
    """Show the runs of a series, what is open by tier over time, how old it is, and how long fixing took.

    \b
    tierwise history
    tierwise history --since 2026-01-01 --format json
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.reports.history import history_json, history_text
    from tierwise.store.compare import comparison
    from tierwise.store.connect import shown
    from tierwise.store.read import find_series, history_of, series_of

    if since:
        _date("--since", since)
    with open_kept(_inside(values)).reading() as connection:
        found = history_of(connection, find_series(connection, series), since=since, most=most)
        others = [one.name for one in series_of(connection) if one.name != found.series]
        if len(found.runs) > 1 and not found.runs[1].pruned:
            found = replace(found, bridge=comparison(connection, found.runs[1], found.runs[0]).bridge)
    emit(history_json(found, others) if format_ == "json" else history_text(found, others, _view(values), shown(values["store"])))


@click.command()
@click.argument("before", default="", metavar="[RUN")
@click.argument("after", default="", metavar="RUN]")
@click.option(
    "--plan", "plans", multiple=True, metavar="FILE", help="What these plans would change of one run; default of RUN: the last live one."
)
@store_options
@click.option("--series", default="", help="Which series, by its name or the beginning of it; default: the one that ran last.")
@click.option("--fail-on", default="", metavar="SEVERITY", help="Exit code 1 where something new or worse is at or above; default: never.")
@click.option("--no-color", is_flag=True, help="Plain text; also by NO_COLOR or when piped.")
@_AUDIENCE
def diff(format_: str, before: str, after: str, plans: tuple[str, ...], series: str, fail_on: str, **values: Any) -> None:
    """Say what is new, fixed, worse, better, unknown or of another tier between two runs, why, and how the open failures add up.

    A RUN is last, last~1, first, a date (the last run by then) or an id of 'tierwise history'; default: the last two.

    \b
    tierwise diff
    tierwise diff 2026-01-05 last --fail-on high
    tierwise diff --plan plan.json
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.model.history import Sort
    from tierwise.reports.history import diff_json, diff_text
    from tierwise.store.compare import comparison
    from tierwise.store.read import find_run

    bar = _severity(fail_on)
    if plans:
        require(not after, "with --plan one RUN is named, against which the plans are held")
        _diff_plans(plans, format_, before, series, bar, values)
        return
    with open_kept(_inside(values)).reading() as connection:
        found = comparison(connection, find_run(connection, series, before or "last~1"), find_run(connection, series, after or "last"))
    emit(diff_json(found) if format_ == "json" else diff_text(found, _view(values)))
    risen = [one for one in found.moves if one.sort in (Sort.NEW, Sort.WORSE) and one.after is not None and one.after.open]
    if bar is not None and any(one.shown.severity >= bar for one in risen):
        sys.exit(EXIT_FAILED)


def _diff_plans(plans: tuple[str, ...], format_: str, run_: str, series: str, bar: Severity | None, values: dict[str, Any]) -> None:
    """Judge plans as the settings say, and hold them against a kept run."""
    from tierwise.cli.scan import judged_plans
    from tierwise.evaluate.against import against, differing_controls
    from tierwise.evaluate.baseline import digests
    from tierwise.model.history import PlanSort
    from tierwise.reports.against import against_json, against_text
    from tierwise.store.compare import live_places
    from tierwise.store.read import find_run, last_live

    where = _inside(values)
    with open_kept(where).reading() as connection:
        run = find_run(connection, series, run_ or "last") if run_ or series else last_live(connection)
        live = live_places(connection, run)
    outcome, judging = judged_plans(plans, load_config(options_from(values)))
    found = against(outcome.result, run, live)
    others = differing_controls(run, digests(judging.controls))
    emit(against_json(found, others) if format_ == "json" else against_text(found, others, _view(values)))
    if bar is not None and any(one.sort is PlanSort.BREAKS and one.severity >= bar for one in found.moves):
        sys.exit(EXIT_FAILED)


@click.command()
@store_options
@click.option("--series", default="", help="Which series, by its name or the beginning of it; default: the one that ran last.")
@click.option("--dataset", required=True, metavar="NAME", help="The dataset, as the register names it.")
@click.option("--as-of", "as_of", default="", metavar="DATE", help="The day; the last run by then speaks. Default: the last run.")
@click.option("--output", type=click.Path(path_type=Path), help="Directory for the bundle; default: print it as JSON.")
@click.option("--no-color", is_flag=True, help="Plain text; also by NO_COLOR or when piped.")
@_AUDIENCE
def evidence(format_: str, series: str, dataset: str, as_of: str, output: Path | None, **values: Any) -> None:
    """Write what was known of a dataset on a day: tiers and why, facts with the call that read them, verdicts, acceptances, control texts.

    \b
    tierwise evidence --dataset prisoner-health --as-of 2026-03-31 --output audit
    tierwise evidence --dataset prisoner-health --format json
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.reports.evidence import bundle, evidence_text
    from tierwise.store.evidence import evidence_of
    from tierwise.store.read import find_run

    if as_of:
        _date("--as-of", as_of)
    with open_kept(_inside(values)).reading() as connection:
        run = find_run(connection, series, as_of or "last")
        found = evidence_of(connection, run, dataset, as_of or run.day)
    files = bundle(found)
    if output is not None:
        for name, made in files.items():
            write_atomically(output / name, made, private=True)
    emit(evidence_text(found, output, _view(values)) if format_ == "console" else files["evidence.json"])


def _inside(values: dict[str, Any]) -> str:
    """The store that is named; UsageError where the public would read what it tells, all of which is the organisation's alone."""
    config = load_config(options_from(values))
    require(
        audience_of(config, quiet=True) != "public",
        "the public may not see what a store tells: account ids, resources, owners, who accepted what"
        "\nwhere only your organisation reads what this prints, say so: --audience team",
    )
    return config.store


def _view(values: dict[str, Any]) -> Any:
    from tierwise.cli.options import Options, width
    from tierwise.reports.base import View

    return View(color=use_color(Options(no_color=bool(values.get("no_color")))), width=width())


def _date(option: str, text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} takes a date such as 2026-03-31, not {text!r}") from None


def _severity(text: str) -> Any:
    from difflib import get_close_matches

    from tierwise.model.control import Severity

    if not text:
        return None
    words = {one.word: one for one in Severity}
    if text.lower() not in words:
        near = get_close_matches(text.lower(), words, n=1)
        raise UsageError(f"--fail-on is one of {', '.join(words)}, not {text!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return words[text.lower()]
