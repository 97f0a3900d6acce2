"""`tierwise controls list|show|check|new`."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path

import click

from tierwise.cli.files import emit, write_atomically
from tierwise.cli.options import Group, Options, require, use_color, width
from tierwise.errors import UsageError
from tierwise.model.resource import Kind
from tierwise.model.words import count


@click.group(cls=Group)
def controls() -> None:
    """List, show, check and start controls."""


@controls.command("list")
@click.option("--controls", "folders", multiple=True, type=click.Path(path_type=Path), help="Directory of further controls.")
def list_controls(folders: tuple[Path, ...]) -> None:
    """One line a control: id, tiers with a rung of their own, title."""
    from tierwise.catalogue.controls import load_catalogue

    for one in load_catalogue(folders).controls.values():
        click.echo(f"{one.id:<8} {' '.join(tier.name for tier in sorted(one.ladder)):<12} {one.title}")


@controls.command()
@click.argument("control")
@click.option("--controls", "folders", multiple=True, type=click.Path(path_type=Path), help="Directory of further controls.")
def show(control: str, folders: tuple[Path, ...]) -> None:
    """A control's ladder in words, why it exists, and how it is met."""
    from tierwise.catalogue.controls import load_catalogue
    from tierwise.reports.base import View
    from tierwise.reports.explain import explain_control

    known = load_catalogue(folders).controls
    near = get_close_matches(control.upper(), list(known), n=1)
    require(control.upper() in known, f"no control {control!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    emit(explain_control(known[control.upper()], View(color=use_color(Options()), width=width())))


@controls.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
def check(folders: tuple[Path, ...]) -> None:
    """Validate the shipped controls and those of FOLDERS, and run the cases inside them; every problem is listed."""
    from tierwise.catalogue.controls import load_catalogue
    from tierwise.errors import CatalogueError
    from tierwise.evaluate.cases import failing_cases

    try:
        catalogue = load_catalogue(folders)
    except CatalogueError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        click.echo(f"{count(len(error.problems), 'problem')}", err=True)
        sys.exit(2)
    wrong = [line for one in catalogue.controls.values() for line in failing_cases(one)]
    for line in wrong:
        click.echo(line, err=True)
    cases = sum(len(one.cases) for one in catalogue.controls.values())
    click.echo(f"{len(catalogue.controls)} controls, {cases} cases, {len(wrong)} not as expected")
    sys.exit(2 if wrong else 0)


@controls.command()
@click.argument("control")
@click.option("--family", required=True, help="Family, which is also the folder, e.g. encryption.")
@click.option(
    "--kind", "kinds", multiple=True, required=True, type=click.Choice([kind.value for kind in Kind]), help="Kind it applies to; repeat."
)
@click.option("--into", type=click.Path(path_type=Path), default=Path("controls"), help="Directory; default: controls.")
def new(control: str, family: str, kinds: tuple[str, ...], into: Path) -> None:
    """Write a valid skeleton of a control with its cases."""
    from tierwise.catalogue.scaffold import new_control

    path = into / family / f"{control}.yaml"
    if path.exists():
        raise UsageError(f"{path} exists already; choose another id")
    write_atomically(path, new_control(control, family, tuple(Kind(kind) for kind in kinds)).encode())
    click.echo(f"wrote {path}; edit it, then: tierwise controls check {into}")
