"""`tierwise report`: the last scan, or a kept run, in any format; and papers for an owner and for a board."""

from __future__ import annotations

import calendar
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tierwise.cli.files import write_atomically
from tierwise.cli.finish import measures_for, write_report
from tierwise.cli.keeping import open_kept
from tierwise.cli.last import last_judged
from tierwise.cli.options import (
    Group,
    Options,
    audience_option,
    options_from,
    parse_formats,
    require,
    together,
    use_color,
    utc_now,
    verdicts_of,
    width,
)
from tierwise.cli.settings import audience_of, controls_of, load_config
from tierwise.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tierwise.catalogue.controls import Catalogue
    from tierwise.config import Config
    from tierwise.model.control import Control
    from tierwise.model.finding import ScanResult
    from tierwise.model.history import DayPoint
    from tierwise.model.profile import Profile
    from tierwise.reports.paper import Paper

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
kept_options = together(
    click.option("--config", type=click.Path(path_type=Path), help="Settings file; default: the nearest tierwise.toml."),
    click.option("--store", default="", metavar="PATH|URL", help="The store; default: the settings', else the user's data directory."),
    click.option("--series", default="", help="Which series, by its name or the beginning of it; default: the one that ran last."),
)
run_options = together(
    click.option(
        "--run", "run_", default="", metavar="RUN", help="A kept run: last, last~1, first, a date or an id; default: the last scan."
    ),
    click.option("--inventory", type=click.Path(path_type=Path), help="A saved inventory or scan JSON, judged again."),
)


@dataclass(frozen=True, slots=True)
class Source:
    """What a report is made from."""

    result: ScanResult
    controls: Mapping[str, Control]
    earlier: tuple[DayPoint, ...] = ()


@click.group(cls=Group, invoke_without_command=True)
@run_options
@kept_options
@click.option(
    "--format", "formats", multiple=True, metavar="FMT[=FILE]", help="As for a scan; more than one may be given; default: console."
)
@click.option("--findings", default="", metavar="VERDICTS", help="Only these verdicts, e.g. fail,unknown.")
@click.option("--output", type=click.Path(path_type=Path), help="Directory for output files; default: here.")
@audience_option
@click.option("--quiet", "-q", is_flag=True, help="No remarks beside the report.")
@click.option("--no-color", is_flag=True, help="Plain text; also by NO_COLOR or when piped.")
@click.pass_context
def report(ctx: click.Context, /, run_: str, inventory: Path | None, **values: Any) -> None:
    """Show the last scan, or a run that a store keeps, in any format. Nothing is read from any account.

    \b
    tierwise report --format html=report.html
    tierwise report --run 2026-01-31 --format csv=january.csv
    tierwise report owner --to head-correspondence
    tierwise report board --month 2026-01
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    if ctx.invoked_subcommand is not None:
        return
    from tierwise.beside import in_two
    from tierwise.reports.audience import for_audience
    from tierwise.reports.base import View, report_named

    options = options_from(values)
    config = load_config(options)
    formats, verdicts = parse_formats(options), verdicts_of(options)
    audience = audience_of(config, quiet=options.quiet)
    found = source_of(config, options, run_, inventory)
    for name, path in formats:
        color = path is None and use_color(options)
        view = View(color, width(), audience, verdicts, config.marking, None, found.controls, found.earlier, in_two, measures_for(name))
        write_report(report_named(name), for_audience(found.result, audience), view, path)


def source_of(config: Config, options: Options, run_: str, inventory: Path | None) -> Source:
    """The last scan, a kept run, or a saved inventory judged again."""
    if run_ and inventory is not None:
        raise UsageError("--run and --inventory both say what is shown; give one of them")
    if run_:
        return _kept(config, options.series, run_)
    outcome, judging = last_judged(options, inventory)
    return Source(outcome.result, {one.id: one for one in judging.controls})


def _kept(config: Config, series: str, run_: str) -> Source:
    """A run of the store, with the controls of now that still ask what was asked then, and the framework of the profile by which it was judged."""
    from tierwise.catalogue.profiles import apply_profile
    from tierwise.evaluate.baseline import digests
    from tierwise.evaluate.fixes import fixes_of
    from tierwise.evaluate.requirements import evidence_of
    from tierwise.model.control import rests_on_attestation
    from tierwise.store.read import find_run, find_series, trend_of
    from tierwise.store.restore import restored

    with open_kept(config.store).reading() as connection:
        run = find_run(connection, series, run_)
        result = restored(connection, run)
        earlier = trend_of(connection, find_series(connection, run.series).id, most=60)
    catalogue = controls_of(config)
    profile = _profile_of(run.profile, config, catalogue)
    known = {one.id: one for one in apply_profile(catalogue, profile)} if profile is not None else catalogue.controls
    now = digests(known.values())
    controls = {id_: known[id_] for id_, digest in run.controls.items() if now.get(id_) == digest}
    result = replace(result, fixes=fixes_of(result.findings, controls))
    if profile is None:
        return Source(_noted(result, f"profile {run.profile!r} is not at hand, so that no framework is shown"), controls, earlier)
    attested = {id_ for id_, one in known.items() if rests_on_attestation(one)}
    shown = evidence_of(profile.requirements, result.findings, attested)
    return Source(replace(result, requirements=shown, framework=profile.framework), controls, earlier)


def _profile_of(name: str, config: Config, catalogue: Catalogue) -> Profile | None:
    """The profile of that name: the settings' own, or a shipped one."""
    from tierwise.catalogue.profiles import load_profile, shipped_profiles

    for ref in (config.profile, *([name] if name in shipped_profiles() else [])):
        profile = load_profile(ref, catalogue)
        if profile.id == name:
            return profile
    return None


def _noted(result: ScanResult, note: str) -> ScanResult:
    return replace(result, notes=(*result.notes, note))


@report.command()
@click.option("--to", "name", required=True, metavar="NAME", help="The owner, as tags or the register name them.")
@run_options
@kept_options
@click.option("--output", type=click.Path(path_type=Path), help="Directory for the paper; default: here.")
@audience_option
def owner(name: str, run_: str, inventory: Path | None, output: Path | None, **values: Any) -> None:
    """Write one owner's paper (HTML and ODT): only their data, in plain English.

    \b
    tierwise report owner --to head-correspondence
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.reports.base import View
    from tierwise.reports.owner import owner_paper, owners_of
    from tierwise.reports.shown import shown

    options = options_from(values)
    config = load_config(options)
    found = source_of(config, options, run_, inventory)
    page = shown(found.result, View(audience=_inside(config), marking=config.marking, controls=found.controls))
    known = owners_of(page)
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        hint = (
            f"did you mean {', '.join(map(repr, near))}?"
            if near
            else f"there are {', '.join(known[:8]) or 'none: name them by tag or in the register'}"
        )
        raise UsageError(f"nothing that was seen has the owner {name!r}; {hint}")
    _write_paper(owner_paper(page, name), (output or Path()) / f"owner-{_slug(name)}")


@report.command()
@click.option("--month", default="", metavar="YYYY-MM", help="The month; default: that of the last run.")
@click.option(
    "--freeze", is_flag=True, help="The figures that the board is given: written once, with their SHA-256 sums, and not written again."
)
@kept_options
@click.option("--output", type=click.Path(path_type=Path), help="Directory for the paper; default: here.")
@audience_option
def board(month: str, freeze: bool, output: Path | None, **values: Any) -> None:
    """Write the month on one side for a board (HTML and ODT): the answer, what stands behind it, how it moved, what to decide.

    \b
    tierwise report board --month 2026-01 --freeze --output papers
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.reports.base import View
    from tierwise.reports.board import Month, board_paper
    from tierwise.reports.shown import shown
    from tierwise.store.compare import comparison
    from tierwise.store.read import find_run
    from tierwise.store.restore import restored

    if month and not _MONTH.fullmatch(month):
        raise UsageError(f"--month takes a month such as 2026-01, not {month!r}")
    options = options_from(values)
    config = load_config(options)
    view = View(audience=_inside(config), marking=config.marking)
    with open_kept(config.store).reading() as connection:
        run = find_run(connection, options.series, _last_day(month) if month else "last")
        month = month or run.day[:7]
        if not run.day.startswith(month):
            raise StoreError(f"the store has no run in {month}; the last before its end began on {run.day}")
        result = restored(connection, run)
        try:
            before = find_run(connection, run.series, (date.fromisoformat(f"{month}-01") - timedelta(days=1)).isoformat())
        except StoreError:
            before = find_run(connection, run.series, "first")
        moved = comparison(connection, before, run) if before.id != run.id and not before.pruned else None
    frozen = utc_now().date().isoformat() if freeze else ""
    _write_paper(board_paper(Month(month, shown(result, view), moved, frozen)), (output or Path()) / f"board-{month}", once=freeze)


def _inside(config: Config) -> str:
    """The audience; UsageError where it is the public, which neither paper is for."""
    audience = audience_of(config, quiet=True)
    require(
        audience != "public",
        "a paper names owners, datasets and numbers of people, which the public may not see\nwhere only your organisation reads it, say so: --audience team",
    )
    return audience


def _last_day(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{month}-{calendar.monthrange(year, number)[1]:02}"


def _slug(name: str) -> str:
    """A name as a file's: two names that differ in other signs alone stay apart."""
    kept = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
    return kept if kept == name else f"{kept or 'owner'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def _write_paper(paper: Paper, stem: Path, *, once: bool = False) -> None:
    from tierwise.reports.paper import as_html, as_odt

    sums = stem.with_name(f"{stem.name}.sha256")
    if sums.exists():
        raise UsageError(f"{stem.name} is frozen: {sums} says so; give another --output, or move it away")
    made = {stem.with_name(f"{stem.name}.html"): as_html(paper), stem.with_name(f"{stem.name}.odt"): as_odt(paper)}
    for path, data in made.items():
        write_atomically(path, data)
        click.echo(path)
    if once:
        write_atomically(sums, "".join(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n" for path, data in made.items()).encode())
        click.echo(sums)
