"""The end of a scan: its outputs, its place in the store, its exit code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from tierwise.cli.complaints import bug
from tierwise.cli.files import emit, write_atomically
from tierwise.cli.last import inventory_lines, remember
from tierwise.cli.options import Options, parse_formats, use_color, verdicts_of, width
from tierwise.cli.settings import audience_of
from tierwise.errors import StoreError, UsageError

if TYPE_CHECKING:
    from tierwise.config import Config
    from tierwise.model.finding import ScanResult
    from tierwise.model.profile import Requirement
    from tierwise.reports.base import Report, View
    from tierwise.scan import Judging, Outcome


EXIT_FAILED, EXIT_INCOMPLETE, EXIT_BUG = 1, 3, 70


def finish(outcome: Outcome, config: Config, options: Options, *, keep: bool = True, judging: Judging | None = None) -> int:
    """Write everything that was asked for, keep the scan for `explain` unless it is kept already, and return the exit code."""
    from tierwise.beside import in_two
    from tierwise.cli.baseline import save_baseline
    from tierwise.cli.keeping import keeping_of
    from tierwise.cli.notify import tell_of
    from tierwise.cli.sources import read_sources
    from tierwise.reports.audience import for_audience
    from tierwise.reports.base import View, report_named

    if options.save_inventory:
        write_atomically(options.save_inventory, inventory_lines(outcome))
    sources = read_sources(options.source_dir, Path.cwd()) if options.source_dir is not None else None
    controls = {one.id: one for one in judging.controls} if judging is not None else {}
    audience = audience_of(config, quiet=options.quiet)
    keeping = keeping_of(outcome, config, options, judging)
    if keeping is not None:
        outcome = replace(outcome, result=keeping.dated(outcome.result))
    formats = parse_formats(options)
    earlier = keeping.earlier() if keeping is not None and any(name == "html" for name, _ in formats) else ()
    for name, path in formats:
        color = path is None and use_color(options)
        view = View(color, width(), audience, verdicts_of(options), config.marking, sources, controls, earlier, in_two, measures_for(name))
        if path is not None or not options.quiet:
            write_report(report_named(name), for_audience(outcome.result, audience), view, path)
    if options.metrics:
        from tierwise import __version__
        from tierwise.reports.metrics import metrics

        write_atomically(options.metrics, iter([metrics(outcome.result, __version__, keeping.series if keeping is not None else "")]))
    if options.save_baseline and judging is not None:
        save_baseline(options.save_baseline, outcome.result, judging)
    if keep:
        run = outcome.result.run
        remember(outcome.collected, datetime.fromisoformat(run.started), run.sources, config)
    if outcome.crashes:
        bug("\n".join(outcome.crashes))
        return EXIT_BUG
    code = {"passed": 0, "failed": EXIT_FAILED, "incomplete": EXIT_INCOMPLETE}[outcome.result.gate.result]
    kept = keeping is None or keeping.save(outcome.result)
    if options.notify and kept and keeping is not None:
        tell_of(keeping.where, config.receivers, outcome.result.run.id)
    return code if kept or code else StoreError.exit_code


def measures_for(format_: str) -> tuple[Requirement, ...]:
    """What a format that shows the NCSC's measures for bulk personal data needs to know of them; nothing for the others."""
    if format_ != "html":
        return ()
    from tierwise.catalogue.controls import load_catalogue
    from tierwise.catalogue.profiles import load_profile
    from tierwise.reports.page.measures import PROFILE

    return load_profile(PROFILE, load_catalogue()).requirements


def leave(code: int) -> NoReturn:
    """End the command, in the way that the process was started for; called where the scan's result is still held."""
    end: Callable[[int], NoReturn] = click.get_current_context().find_root().obj or sys.exit
    end(code)


def write_report(report: Report, result: ScanResult, view: View, path: Path | None) -> None:
    """One report to its file, or files, or to stdout, in pieces where the format has them."""
    if path is not None and report.pages is not None:
        _write_pages(report.pages(result, view, path.name), path)
        return
    made = report.stream(result, view) if report.stream is not None else iter([report.render(result, view)])
    pieces = (piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace") for piece in made)
    if path is not None:
        write_atomically(path, pieces)
        return
    emit(pieces)


def _write_pages(pages: Iterable[tuple[str, str]], path: Path) -> None:
    """A report's files beside its first one; pages of an earlier, longer report that have none any more go."""
    folder = path.parent / f"{path.name.rpartition('.')[0] or path.name}-pages"
    stale = set(folder.glob("*-*.html"))
    for name, text in pages:
        write_atomically(path.parent / name, text.encode("utf-8", "replace"))
        stale.discard(path.parent / name)
        # A page that is made leaves cycles behind, and nobody else looks for them while a scan is made; what is older than it is left alone.
        gc.collect(0)
    try:
        for one in stale:
            one.unlink()
    except OSError as error:
        raise UsageError(f"cannot remove an earlier report's {error.filename}: {error.strerror}") from None
