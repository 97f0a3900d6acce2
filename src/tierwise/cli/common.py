"""What several commands share: options, the judging that they ask for, outputs, exit codes, and the last scan."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from tierwise.errors import CatalogueError, StoreError, UsageError
from tierwise.model.control import Severity

if TYPE_CHECKING:
    from tierwise.catalogue.controls import Catalogue
    from tierwise.config import Config
    from tierwise.model.finding import ScanResult
    from tierwise.model.profile import Requirement
    from tierwise.model.register import AcceptanceRule
    from tierwise.reports.base import Report, View
    from tierwise.scan import Judging, Outcome, Progress

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
FORMATS = ("console", "json", "jsonl", "markdown", "sarif", "junit", "gitlab", "github", "csv", "ods", "ocsf", "html")
"""Named here so that `--help` imports no report; a test holds it to what is found."""
EXIT_FAILED, EXIT_INCOMPLETE, EXIT_BUG = 1, 3, 70
_PIECE = 1 << 18
"""Bytes of a file that are written at once."""


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


def load_config(options: Options) -> Config:
    """File, environment and flags, in that order of weight."""
    from tierwise.config import find_file, load

    config = load(options.config or find_file(Path.cwd()), os.environ)
    flags: dict[str, Any] = {
        "profile": options.profile,
        "register": options.register,
        "corrections": options.corrections,
        "acceptances": options.acceptances,
        "attestations": options.attestations,
        "store": options.store,
        "fail_on": options.fail_on.lower(),
        "gate_mode": options.gate,
        "audience": options.audience,
        "jobs": options.jobs,
    }
    config = replace(config, **{name: value for name, value in flags.items() if value})
    if options.controls_dir:
        config = replace(config, controls=(*config.controls, *(str(one) for one in options.controls_dir)))
    _one_of("--fail-on", config.fail_on, ["none", *(severity.word for severity in Severity)])
    _one_of("--gate", config.gate_mode, ["observe", "new", "full"])
    _one_of("--audience", config.audience, ["public", "team", "restricted"])
    return config


def asked_of_scan(values: Mapping[str, Any]) -> tuple[Options, Config]:
    """The options and settings of a scan; UsageError, before anything is read, where its reports could not be made as they are asked for."""
    from tierwise.cli.sources import holding_files

    options = options_from(values)
    config = load_config(options)
    parse_formats(options)
    verdicts_of(options)
    if options.notify:
        require(
            config.receivers, "--notify tells the receivers of the settings, and there are none: add a table [notify.NAME] to tierwise.toml"
        )
        require(config.store != "none", "--notify tells what a run has changed, for which runs have to be kept; drop --store none")
    if options.source_dir is not None:
        holding_files(options.source_dir)
    return options, config


def audience_of(config: Config, *, quiet: bool) -> str:
    """Who may read the reports; where nobody has said and it is the public, a line on stderr tells why."""
    from tierwise.cli.visibility import why_public

    if config.audience:
        return config.audience
    why = why_public(os.environ)
    if why and not quiet:
        click.echo(f"reports leave out what only the organisation may know, as {why}; --audience team keeps it", err=True)
    return "public" if why else "team"


def for_those_inside(options: Options, command: str) -> None:
    """UsageError where the public reads what a command prints, which account ids, tags and owners make sense of."""
    require(
        audience_of(load_config(options), quiet=True) != "public",
        f"the public may not see what '{command}' prints: it names account ids, tags and owners"
        f"\nwhere only your organisation reads what this prints, say so: tierwise {command} --audience team",
    )


def _one_of(option: str, value: str, allowed: Sequence[str]) -> None:
    if value and value not in allowed:
        near = get_close_matches(value, allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"{option} is one of {', '.join(allowed)}, not {value!r}{hint}")


def load_judging(config: Config, patterns: Sequence[str] = ()) -> Judging:
    """Catalogue, profile, register and the rest, read and validated."""
    from tierwise.catalogue.attestations import load_attestations
    from tierwise.catalogue.controls import load_catalogue
    from tierwise.catalogue.profiles import apply_profile, load_profile
    from tierwise.catalogue.register import load_corrections, load_register
    from tierwise.cli.masking import mask_of_user
    from tierwise.evaluate.gate import with_bar
    from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS
    from tierwise.scan import Judging

    catalogue = load_catalogue([Path(one) for one in config.controls])
    profile = load_profile(config.profile, catalogue)
    controls = apply_profile(catalogue, profile)
    if patterns:
        _known_patterns(patterns, catalogue)
        controls = tuple(one for one in controls if any(fnmatchcase(one.id, pattern.upper()) for pattern in patterns))
    mode = config.gate_mode or ("full" if config.fail_on else None)
    gate = with_bar(profile.gate, config.severity_bar, mode)
    if config.fail_on == "none":
        gate = replace(gate, mode="observe")
    mask = mask_of_user()
    return Judging(
        profile=profile,
        controls=controls,
        register=mask.register(load_register(Path(config.register))) if config.register else EMPTY_REGISTER,
        corrections=mask.corrections(load_corrections(Path(config.corrections))) if config.corrections else NO_CORRECTIONS,
        gate=gate,
        acceptances=mask.acceptances(read_acceptances(Path(config.acceptances))) if config.acceptances else (),
        mask=mask,
        attestations=load_attestations(Path(config.attestations)) if config.attestations else None,
    )


def all_right(read: Callable[[], T]) -> T | None:
    """What a file says that a command looks over; None, with every mistake on stdout, where it has any: an error elsewhere tells the first few."""
    from tierwise.reports.text import log_lines, safe_text

    try:
        return read()
    except CatalogueError as error:
        for problem in error.problems:
            click.echo(log_lines(safe_text(problem)))
        return None


def read_acceptances(path: Path) -> tuple[AcceptanceRule, ...]:
    """The risk acceptances of a file, each with the commit that brought it."""
    from tierwise.catalogue.register import load_acceptances
    from tierwise.connectors.merged import with_commits

    return with_commits(path, load_acceptances(path))


def load_gated(config: Config, options: Options, *, change: bool = False) -> Judging:
    """The judging of a scan whose gate decides, held against what its options name; `change`: what is judged is a change, not an estate."""
    from tierwise.cli.baseline import read_against
    from tierwise.cli.keeping import see_to
    from tierwise.cli.override import read_override

    judging = load_judging(config, options.control)
    # Debugging logs of SDKs quote what was asked for and what came back, whole.
    logging.disable(logging.INFO)
    see_to(config)
    if options.target and not options.baseline:
        raise UsageError("--target says where the change goes, to tell whether it edits its --baseline; give both, or neither")
    if options.baseline:
        found = read_against(options.baseline, judging, change=change, target=options.target, environ=os.environ)
        judging = replace(judging, baseline=found)
    return replace(judging, override=read_override(options.override, judging.gate)) if options.override else judging


def _known_patterns(patterns: Sequence[str], catalogue: Catalogue) -> None:
    for pattern in patterns:
        if not any(fnmatchcase(one, pattern.upper()) for one in catalogue.controls):
            near = get_close_matches(pattern.upper(), list(catalogue.controls), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "; see 'tierwise controls list'"
            raise UsageError(f"no control matches {pattern!r}{hint}")


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


def verdicts_of(options: Options) -> frozenset[str]:
    """The verdicts that are asked for, none for those that the format carries; UsageError for another word."""
    verdicts = frozenset(part.strip() for part in options.findings.split(",") if part.strip())
    for verdict in verdicts:
        _one_of("--findings", verdict, ["pass", "attested", "fail", "unknown", "not-applicable"])
    return verdicts


def parse_formats(options: Options, known: Sequence[str] = FORMATS, default: str = "console") -> list[tuple[str, Path | None]]:
    """(format, file or None for stdout) pairs; UsageError for formats that are not known and for two results on stdout."""
    pairs: list[tuple[str, Path | None]] = []
    for text in options.formats or (default,):
        name, _eq, file = text.partition("=")
        _one_of("--format", name, sorted(known))
        path = None if not file else (options.output or Path()) / file if not Path(file).is_absolute() else Path(file)
        pairs.append((name, path))
    if sum(1 for _name, path in pairs if path is None) > 1:
        raise UsageError("two results cannot both go to stdout; give one a file, e.g. --format json=out.json")
    if options.formats and "console" in known and all(path is not None for _name, path in pairs) and not options.quiet:
        pairs.append(("console", None))
    return pairs


def finish(outcome: Outcome, config: Config, options: Options, *, keep: bool = True, judging: Judging | None = None) -> int:
    """Write everything that was asked for, keep the scan for `explain`, and return the exit code."""
    from tierwise.beside import in_two
    from tierwise.cli.baseline import save_baseline
    from tierwise.cli.keeping import keeping_of
    from tierwise.cli.main import bug
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

        write_atomically(options.metrics, iter([metrics(outcome.result, __version__)]))
    if options.save_baseline and judging is not None:
        save_baseline(options.save_baseline, outcome.result, judging)
    if keep:
        remember(outcome, config)
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
    sys.stdout.flush()
    sys.stdout.buffer.writelines(pieces)
    sys.stdout.flush()


def _write_pages(pages: Iterable[tuple[str, str]], path: Path) -> None:
    """A report's files beside its first one; pages of an earlier, longer report that have none any more go."""
    folder = path.parent / f"{path.name.rpartition('.')[0] or path.name}-pages"
    stale = set(folder.glob("*-*.html"))
    for name, text in pages:
        write_atomically(path.parent / name, text.encode("utf-8", "replace"))
        stale.discard(path.parent / name)
    try:
        for one in stale:
            one.unlink()
    except OSError as error:
        raise UsageError(f"cannot remove an earlier report's {error.filename}: {error.strerror}") from None


def emit(made: str | bytes) -> None:
    """Write to stdout, bytes as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(made if isinstance(made, bytes) else made.encode("utf-8", "replace"))
    sys.stdout.flush()


def put(made: str | bytes, path: Path | None) -> None:
    """Write to a file, or to stdout where there is none."""
    if path is None:
        emit(made)
    else:
        write_atomically(path, made if isinstance(made, bytes) else made.encode("utf-8", "replace"))


def width() -> int:
    """How wide a report for people may be."""
    if not sys.stdout.isatty():
        return 120
    return max(60, min(os.get_terminal_size().columns, 160))


def write_atomically(path: Path, data: bytes | Iterable[bytes], *, private: bool = False) -> None:
    """Write beside the target, then rename; UsageError where the place cannot be written. `private`: readable by the user alone."""
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with open(handle, "wb", buffering=_PIECE) as file:  # noqa: PTH123 - an open descriptor, not a path
            file.writelines([data] if isinstance(data, bytes) else data)
        if not private:
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException as error:
        # What was written so far would fill a full disk further.
        if name:
            Path(name).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise UsageError(f"cannot write {path}: {error.strerror or type(error).__name__}") from None


def inventory_lines(outcome: Outcome) -> Iterator[bytes]:
    """What was read, as the lines of an inventory."""
    from tierwise.connectors.inventory.files import lines

    collected = outcome.collected
    started = datetime.fromisoformat(outcome.result.run.started)
    resources = map(collected.resources.__getitem__, sorted(collected.resources))
    return lines(
        resources,
        collected.gaps,
        collected.outcomes,
        collected.regions,
        collected.changes.values(),
        started=started,
        organisation=collected.organisation,
    )


def data_dir() -> Path:
    """Where the last scan is kept: TIERWISE_DATA, else the user's data directory."""
    base = os.environ.get("TIERWISE_DATA")
    if base:
        return Path(base)
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "tierwise"


def remember(outcome: Outcome, config: Config) -> None:
    """Keep what was read and what it was judged by, for `explain`, `fixes` and `classify`; readable by the user alone.

    Where there is no room that is told, and touches neither reports, store nor exit code; no earlier scan is left there to be taken for this one.
    """
    from tierwise.cli.main import complain

    folder = data_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return
    judged_by = {
        "profile": _absolute(config.profile) if Path(config.profile).is_file() else config.profile,
        "controls": [_absolute(one) for one in config.controls],
        "register": _absolute(config.register),
        "corrections": _absolute(config.corrections),
        "acceptances": _absolute(config.acceptances),
        "attestations": _absolute(config.attestations),
        "sources": list(outcome.result.run.sources),
    }
    try:
        write_atomically(folder / "last.jsonl", inventory_lines(outcome), private=True)
        write_atomically(folder / "last.json", json.dumps(judged_by).encode(), private=True)
    except UsageError as error:
        for name in ("last.jsonl", "last.json"):
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        complain(
            f"{error}\nso 'tierwise explain', 'fixes' and 'classify' have nothing to look at; what else was asked for is not touched by it"
        )


def _absolute(path: str) -> str:
    return str(Path(path).resolve()) if path else ""


def last_outcome(options: Options, inventory: Path | None) -> Outcome:
    """The last scan (or a saved inventory) judged again, as it was judged then unless options say otherwise."""
    return last_judged(options, inventory)[0]


def last_shown(options: Options, inventory: Path | None) -> tuple[ScanResult, ScanResult, str]:
    """The last scan's result, the same as its audience may see it, and the audience; what both hold stands in one order."""
    from tierwise.reports.audience import for_audience

    audience = audience_of(load_config(options), quiet=options.quiet)
    result = last_outcome(options, inventory).result
    return result, for_audience(result, audience), audience


def last_judged(options: Options, inventory: Path | None, *, tiers_only: bool = False) -> tuple[Outcome, Judging]:
    """The same, with what it was judged by; `tiers_only`: what no control says, which takes less time."""
    from tierwise.connectors.inventory.files import open_inventory
    from tierwise.scan import scan

    config = load_config(options)
    if inventory is None:
        inventory = data_dir() / "last.jsonl"
        if not inventory.is_file():
            raise UsageError(
                "there is no scan to look at yet; run 'tierwise demo' or 'tierwise scan aws' first, or name one with --inventory FILE"
            )
        config = _as_then(config, options)
    source = open_inventory(inventory)
    judging = load_judging(config, options.control)
    if tiers_only:
        judging = replace(judging, controls=())
    return scan([source], judging, started=source.started, jobs=1), judging


def _as_then(config: Config, options: Options) -> Config:
    kept = data_dir() / "last.json"
    if not kept.is_file():
        return config
    then = json.loads(kept.read_text("utf-8"))
    for name in ("profile", "register", "corrections", "acceptances", "attestations"):
        if not getattr(options, name) and then.get(name):
            config = replace(config, **{name: then[name]})
    return config if options.controls_dir else replace(config, controls=tuple(then.get("controls", ())))


def utc_now() -> datetime:
    """The run's start."""
    return datetime.now(UTC).replace(microsecond=0)


def require(condition: object, message: str) -> None:
    """UsageError unless a condition holds."""
    if not condition:
        raise UsageError(message)
