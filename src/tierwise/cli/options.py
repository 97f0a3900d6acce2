"""The options that several commands share, and what can be said of them before anything is read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.scan import Progress


F = TypeVar("F", bound=Callable[..., Any])


class Group(click.Group):
    """A group whose list says of each command its whole first sentence, where click cuts it after some words."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with its sentence."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(_SENTENCE)) for name, one in found if one is not None])


_SENTENCE = 400
"""Characters, more than a sentence has."""
FORMATS = ("console", "json", "jsonl", "markdown", "sarif", "junit", "gitlab", "github", "csv", "ods", "ocsf", "html")
"""Named here so that `--help` imports no report; a test holds it to what is found."""


@dataclass(frozen=True, slots=True)
class Options:
    """The common options of a command that judges something."""

    config: Path | None = None
    profile: str = ""
    controls_dir: tuple[Path, ...] = ()
    control: tuple[str, ...] = ()
    register: str = ""
    corrections: str = ""
    acceptances: str = ""
    attestations: str = ""
    formats: tuple[str, ...] = ()
    findings: str = ""
    fail_on: str = ""
    gate: str = ""
    baseline: str = ""
    target: str = ""
    save_baseline: Path | None = None
    override: str = ""
    audience: str = ""
    output: Path | None = None
    save_inventory: Path | None = None
    metrics: Path | None = None
    store: str = ""
    series: str = ""
    notify: bool = False
    source_dir: Path | None = None
    jobs: int = 0
    quiet: bool = False
    no_color: bool = False


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Options as one decorator, in the order in which help lists them."""
    return lambda command: reduce(lambda found, option: option(found), reversed(options), command)


judging_options = together(
    click.option("--config", type=click.Path(path_type=Path), help="Settings file; default: the nearest tierwise.toml."),
    click.option("--profile", default="", metavar="ID|FILE", help="Profile; default: uk-gov-personal-data."),
    click.option("--controls", "controls_dir", multiple=True, type=click.Path(path_type=Path), help="Directory of further controls."),
    click.option(
        "--control", multiple=True, metavar="ID", help="Only these controls (patterns such as 'ENC-*'); default: all of the profile."
    ),
    click.option("--register", default="", metavar="FILE", help="Asset register (YAML or CSV); default: none."),
    click.option("--corrections", default="", metavar="FILE", help="Evidence corrections and attestations; default: none."),
    click.option("--acceptances", default="", metavar="FILE", help="Risk acceptances; default: none."),
    click.option("--attestations", default="", metavar="FILE", help="Attested evidence on datasets; default: none."),
)
"""What to judge by."""


audience_option = together(
    click.option(
        "--audience",
        default="",
        metavar="WHO",
        help="public, team or restricted; default: public where CI says that the repository is, else team.",
    ),
)
"""Who may read what is printed or written."""


gate_options = together(
    click.option(
        "--fail-on", default="", metavar="SEVERITY", help="Fail at this severity or above, or 'none'; default: the profile's (high)."
    ),
    click.option("--gate", default="", metavar="MODE", help="observe, new or full; default: the profile's."),
)
"""What may block."""


def format_option(known: Sequence[str], default: str = "console") -> Callable[[F], F]:
    """In which forms, and where to; `parse_formats` reads it."""
    told = f"{', '.join(known)}; to a file or stdout; default: {default}."
    return together(click.option("--format", "formats", multiple=True, metavar="FMT[=FILE]", help=told))


color_option = together(click.option("--no-color", is_flag=True, help="Plain text; also by NO_COLOR or when piped."))
"""Whether colour is left out."""


output_options = together(
    format_option(FORMATS),
    click.option(
        "--findings", default="", metavar="VERDICTS", help="Only these verdicts, e.g. fail,unknown; default: all that the format carries."
    ),
    audience_option,
    click.option("--output", type=click.Path(path_type=Path), help="Directory for output files; default: here."),
    click.option("--save-inventory", type=click.Path(path_type=Path), help="Save what was read, to judge it again later."),
    click.option(
        "--metrics", type=click.Path(path_type=Path), help="Write figures of the run in the Prometheus text format; default: none."
    ),
    click.option(
        "--store",
        default="",
        metavar="PATH|URL",
        help="Keep the run: a file, a postgresql:// URL, or 'none'; default: live scans in the user's data directory.",
    ),
    click.option("--series", default="", help="What the run is compared with in the store; default: scans of the same sources and scope."),
    click.option("--notify", is_flag=True, help="Tell the receivers of the settings what the run has changed, once it is kept."),
    click.option("--jobs", type=click.IntRange(1, 256), default=None, help="Threads; default: 24."),
    click.option("-q", "--quiet", is_flag=True, help="No progress and no report on stdout, only files and the exit code."),
    color_option,
    gate_options,
)
"""Where results go, and what may block."""


held_against_options = together(
    click.option(
        "--baseline",
        default="",
        metavar="FILE|REF",
        help="What stands there already only advises: a saved baseline, scan or inventory; or a git revision, REF or REF:PATH. Default: none.",
    ),
    click.option(
        "--target", default="", metavar="REF", help="Where the change goes, to tell whether it edits its baseline; default: the pipeline's."
    ),
    click.option("--save-baseline", type=click.Path(path_type=Path), help="Write what failed or is unknown, to hold later scans against."),
    click.option(
        "--override", default="", metavar="FILE#ID", help="Let a failing gate pass, by a named person and until a time; default: none."
    ),
)
"""What a scan's gate is held against, and who overrides it."""


scan_options = together(judging_options, held_against_options, output_options)
"""What every scan takes."""


source_option = together(
    click.option(
        "--source-dir",
        type=click.Path(path_type=Path),
        help="Directory of the root module's .tf files: reports name file and line; default: none.",
    ),
)
"""Where a plan's configuration lies."""


inventory_option = together(
    click.option("--inventory", type=click.Path(path_type=Path), help="A saved inventory or scan JSON; default: the last scan."),
)
"""Which scan is looked at."""


def options_from(values: Mapping[str, Any]) -> Options:
    """The common options among a command's values."""
    known = {name for name in Options.__dataclass_fields__ if values.get(name) is not None}
    return Options(**{name: values[name] for name in known})


def one_of(option: str, value: str, allowed: Sequence[str]) -> None:
    """UsageError, with the nearest that is, for a value that is not among those allowed."""
    if value and value not in allowed:
        near = get_close_matches(value, allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"{option} is one of {', '.join(allowed)}, not {value!r}{hint}")


def use_color(options: Options) -> bool:
    """Colour only on a terminal, and not where NO_COLOR is set."""
    if options.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def progress_for(options: Options) -> Progress | None:
    """A progress line on stderr, only on a terminal."""
    if options.quiet or not sys.stderr.isatty():
        return None

    def show(stage: str, done: int, known: int) -> None:
        end = "\n" if done == known else "\r"
        sys.stderr.write(f"\x1b[2K{stage}: {done} of {known} units{end}")
        sys.stderr.flush()

    return show


def width() -> int:
    """How wide a report for people may be."""
    if not sys.stdout.isatty():
        return 120
    return max(60, min(os.get_terminal_size().columns, 160))


def verdicts_of(options: Options) -> frozenset[str]:
    """The verdicts that are asked for, none for those that the format carries; UsageError for another word."""
    verdicts = frozenset(part.strip() for part in options.findings.split(",") if part.strip())
    for verdict in verdicts:
        one_of("--findings", verdict, ["pass", "attested", "fail", "unknown", "not-applicable"])
    return verdicts


def parse_formats(options: Options, known: Sequence[str] = FORMATS, default: str = "console") -> list[tuple[str, Path | None]]:
    """(format, file or None for stdout) pairs; UsageError for formats that are not known and for two results on stdout."""
    pairs: list[tuple[str, Path | None]] = []
    for text in options.formats or (default,):
        name, _eq, file = text.partition("=")
        one_of("--format", name, sorted(known))
        path = None if not file else (options.output or Path()) / file if not Path(file).is_absolute() else Path(file)
        pairs.append((name, path))
    if sum(1 for _name, path in pairs if path is None) > 1:
        raise UsageError("two results cannot both go to stdout; give one a file, e.g. --format json=out.json")
    if options.formats and "console" in known and all(path is not None for _name, path in pairs) and not options.quiet:
        pairs.append(("console", None))
    return pairs


def utc_now() -> datetime:
    """The run's start."""
    return datetime.now(UTC).replace(microsecond=0)


def require(condition: object, message: str) -> None:
    """UsageError unless a condition holds."""
    if not condition:
        raise UsageError(message)
