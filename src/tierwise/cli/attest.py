"""`tierwise attest`: entries of reviewed files of attested evidence, and what is wrong with those that are there."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tierwise.cli.accept import write_entry
from tierwise.cli.options import Options, judging_options, options_from, require, utc_now
from tierwise.cli.settings import all_right, load_config, load_judging
from tierwise.errors import StoreError, UsageError

if TYPE_CHECKING:
    from tierwise.catalogue.decisions import Value
    from tierwise.model.attestation import Statement

_NEEDED = ("statement", "evidence", "maker", "role", "approver")


@click.command()
@click.argument("about", required=False, default="")
@click.option("--dataset", default="", metavar="NAME", help="Of which dataset of the register, or a pattern.")
@click.option("--account", default="", metavar="ID", help="Of all datasets, as far as this account holds them.")
@click.option("--organisation", is_flag=True, help="Of all datasets.")
@click.option("--statement", default="", help="What is so, in a sentence; no person's name but those below.")
@click.option("--evidence", default="", help="Where it can be looked up: a document number, a link.")
@click.option("--evidence-file", default="", metavar="FILE", help="The document; its SHA-256 is kept, so that a later change is seen.")
@click.option("--maker", default="", help="Who says so, by name.")
@click.option("--role", default="", help="The maker's.")
@click.option("--approver", default="", help="Who approved it, by name; not the maker.")
@click.option("--made", default="", metavar="DATE", help="The day of which it speaks; default: today.")
@click.option("--until", default="", metavar="DATE", help="A last day of its own; default: as long as each tier allows.")
@click.option("--group", default="", help="Clearance and training: of all members of which group.")
@click.option("--members", type=click.IntRange(1), default=None, help="How many they are.")
@click.option("--roster", default="", metavar="FILE", help="A list of opaque ids, one a line, counted and never kept; default: none.")
@click.option(
    "--check", is_flag=True, help="Write nothing: say of each attestation in the file how it stands. Exit code 2 where one is not in force."
)
@click.option("--file", type=click.Path(path_type=Path), help="The file to write or check; default: the settings' own.")
@judging_options
def attest(about: str, check: bool, file: Path | None, **values: Any) -> None:
    """Attest what no scan can see, of a dataset, in a file that a review then merges. It is counted apart from what was scanned.

    \b
    tierwise attest incident-plan --dataset benefits --statement "IRP-14 names it" --evidence IRP-14 --maker "A. Name" --role iao --approver "B. Name"
    tierwise attest --check
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    options = options_from(values)
    path = file or Path(load_config(options).attestations or "attestations.yaml")
    if check:
        sys.exit(_check(path, options))
    write_entry(path, "attested", _fields(about, values, path))
    problems = [one for one in _loaded(path) if one.refused or one.unreadable]
    for one in problems:
        click.echo(f"warning: {one.file}: {one.refused or f'{one.unreadable} cannot be read'}", err=True)
    click.echo(f"have {path} reviewed and merged, and name it with --attestations", err=True)


def _fields(about: str, values: dict[str, Any], path: Path) -> dict[str, Value]:
    from tierwise.catalogue.attestations import digest_of
    from tierwise.catalogue.reader import did_you_mean
    from tierwise.model.attestation import GROUPED, TOPICS

    require(about, f"say what is attested: {', '.join(TOPICS)}")
    require(about in TOPICS, f"nothing called {about!r} can be attested{did_you_mean(about, TOPICS)}; it takes {', '.join(TOPICS)}")
    scopes: dict[str, str | bool] = {key: values[key] for key in ("dataset", "account", "organisation") if values[key]}
    require(len(scopes) == 1, "say of what: exactly one of --dataset, --account and --organisation")
    missing = [f"--{key}" for key in _NEEDED if not str(values[key]).strip()]
    missing += [f"--{key}" for key in ("group", "members") if about in GROUPED and not values[key]]
    require(not missing, f"an attestation says what, on what evidence, who says so and who approved it: {', '.join(missing)} missing")
    require(
        str(values["maker"]).casefold() != str(values["approver"]).casefold(),
        "--approver is not the --maker: nobody approves what they made",
    )
    given = {key: str(values[key]) for key in _NEEDED}
    made: dict[str, Value] = {
        "about": about,
        "scope": scopes,
        **given,
        "made": _day("--made", values["made"]) or utc_now().date().isoformat(),
    }
    if values["evidence_file"]:
        digest = digest_of(Path(values["evidence_file"]))
        if digest is None:
            raise UsageError(f"--evidence-file {values['evidence_file']!r} cannot be read, or is no document")
        made |= {"file": os.path.relpath(values["evidence_file"], path.parent), "sha256": digest}
    made |= {"expires": _day("--until", values["until"]), "group": str(values["group"]), "members": values["members"] or ""}
    if values["roster"]:
        made["roster"] = os.path.relpath(values["roster"], path.parent)
    return made


def _day(option: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise UsageError(f"{option} takes a date such as 2026-06-30, not {text!r}") from None


def _loaded(path: Path) -> tuple[Statement, ...]:
    from tierwise.catalogue.attestations import load_attestations

    return load_attestations(path)


def _check(path: Path, options: Options) -> int:
    from tierwise.evaluate.attest import asked_at, too_old
    from tierwise.evaluate.compiled import compile_control
    from tierwise.reports.text import safe_text

    bad, today = 0, utc_now().date()
    found = all_right(lambda: _loaded(path))
    if found is None:
        return StoreError.exit_code
    # How old each may be stands in the controls; what else a scan is judged by says nothing of it.
    config = replace(load_config(options), register="", corrections="", acceptances="", attestations="")
    controls = [compile_control(one) for one in load_judging(config, options.control).controls]
    for one in found:
        about = f"{one.about} of {one.dataset or one.account or 'the organisation'}"
        wrong = one.refused or (f"its evidence {one.unreadable} cannot be read" if one.unreadable else "")
        if not wrong and one.made > today:
            wrong = "it is dated in the future"
        if not wrong and one.expires is not None and one.expires < today:
            wrong = f"it ended on {one.expires.isoformat()}"
        age, old = f"{(today - one.made).days} days old", too_old(one, controls, today)
        if not wrong and old and old == asked_at(one, controls):
            wrong = f"{age}, which is too old for every tier that asks for it"
        state = f"not in force: {wrong}" if wrong else f"attested, {age}{f', and stale from {old[0].label} on' if old else ''}"
        click.echo(safe_text(f"{one.file}: {about}: {state}"))
        bad += bool(wrong)
    return StoreError.exit_code if bad else 0
