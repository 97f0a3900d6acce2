"""What a command judges by: settings of file, environment and flags; catalogue, profile, register and the rest."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tierwise.cli.options import Options, one_of, options_from, parse_formats, require, verdicts_of
from tierwise.errors import CatalogueError, UsageError
from tierwise.model.control import Severity

if TYPE_CHECKING:
    from tierwise.catalogue.controls import Catalogue
    from tierwise.config import Config
    from tierwise.model.attestation import Statement
    from tierwise.model.register import AcceptanceRule, Corrections
    from tierwise.scan import Judging


T = TypeVar("T")


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
    one_of("--fail-on", config.fail_on, ["none", *(severity.word for severity in Severity)])
    one_of("--gate", config.gate_mode, ["observe", "new", "full"])
    one_of("--audience", config.audience, ["public", "team", "restricted"])
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


def controls_of(config: Config) -> Catalogue:
    """The shipped controls and those of the settings' folders."""
    from tierwise.catalogue.controls import load_catalogue

    return load_catalogue([Path(one) for one in config.controls])


def load_judging(config: Config, patterns: Sequence[str] = (), controls_by: Callable[[], Catalogue] | None = None) -> Judging:
    """Catalogue, profile, register and the rest, read and validated; `controls_by` gives the controls where they are read beside something else."""
    from tierwise.catalogue.profiles import apply_profile, load_profile
    from tierwise.catalogue.register import load_register
    from tierwise.cli.masking import mask_of_user
    from tierwise.evaluate.gate import with_bar
    from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS
    from tierwise.scan import Judging

    catalogue = controls_by() if controls_by is not None else controls_of(config)
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
        corrections=mask.corrections(read_corrections(Path(config.corrections))) if config.corrections else NO_CORRECTIONS,
        gate=gate,
        acceptances=mask.acceptances(read_acceptances(Path(config.acceptances))) if config.acceptances else (),
        mask=mask,
        attestations=read_attestations(Path(config.attestations)) if config.attestations else None,
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


def read_corrections(path: Path) -> Corrections:
    """The corrections of a file, and the attestations that lower a tier, each with the commit that brought it."""
    from tierwise.catalogue.register import load_corrections
    from tierwise.connectors.merged import with_commits

    said = load_corrections(path)
    return replace(said, corrections=with_commits(path, said.corrections), attestations=with_commits(path, said.attestations))


def read_attestations(path: Path) -> tuple[Statement, ...]:
    """The attestations of a file, each with the commit that brought it."""
    from tierwise.catalogue.attestations import load_attestations
    from tierwise.connectors.merged import with_commits

    return with_commits(path, load_attestations(path))


def read_acceptances(path: Path) -> tuple[AcceptanceRule, ...]:
    """The risk acceptances of a file, each with the commit that brought it."""
    from tierwise.catalogue.register import load_acceptances
    from tierwise.connectors.merged import with_commits

    return with_commits(path, load_acceptances(path))


def load_gated(config: Config, options: Options, controls_by: Callable[[], Catalogue] | None = None, *, change: bool = False) -> Judging:
    """The judging of a scan whose gate decides, held against what its options name; `change`: what is judged is a change, not an estate."""
    from tierwise.cli.baseline import read_against
    from tierwise.cli.keeping import see_to
    from tierwise.cli.override import read_override

    judging = load_judging(config, options.control, controls_by)
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
