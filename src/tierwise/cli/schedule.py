"""`tierwise schedule`: a ready recipe for scans that run by themselves."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from tierwise.cli.files import write_atomically
from tierwise.cli.options import require, together
from tierwise.errors import UsageError

FOLDER: Final = "deploy"
_PLACE: Final = re.compile(r"__([A-Z_]+)__")
_VALUE: Final = re.compile(r"[A-Za-z0-9_.,:/@=+-]+\Z")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to run scans: its files below `deploy/`, by the name under which each is written."""

    about: str
    files: Mapping[str, str]


RECIPES: Final[Mapping[str, Recipe]] = {
    "container": Recipe("the image that the others run: no root, read-only root file system", {"Containerfile": "container/Containerfile"}),
    "ecs": Recipe("a scheduled task on Fargate (CloudFormation)", {"template.yaml": "ecs/template.yaml"}),
    "github": Recipe("a scheduled workflow that signs in by OIDC", {".github/workflows/tierwise-schedule.yml": "github/schedule.yml"}),
    "kubernetes": Recipe("a CronJob with a memory limit of 512 MiB", {"cronjob.yaml": "kubernetes/cronjob.yaml"}),
    "lambda": Recipe(
        "a function, invoked until the scan has ended (CloudFormation)",
        {"template.yaml": "lambda/template.yaml", "handler.py": "lambda/handler.py", "Containerfile": "lambda/Containerfile"},
    ),
    "systemd": Recipe(
        "a timer and a confined service",
        {"tierwise.service": "systemd/tierwise.service", "tierwise.timer": "systemd/tierwise.timer"},
    ),
}
PLACES: Final[Mapping[str, str]] = {
    "COMMIT": "the commit of tierwise that you reviewed",
    "EXTERNAL_ID": "what the scan role of each account asks for",
    "IMAGE": "the image of 'tierwise schedule container', by digest",
    "ORG": "where your copy of tierwise lives",
    "PYTHON_DIGEST": "the digest of the base image that you reviewed",
    "ROLE_ARN": "the role that the pods take on",
}
_options = together(
    click.option(
        "--set", "values", multiple=True, metavar="NAME=VALUE", help="Fill in a placeholder, e.g. image=...; default: left to you."
    ),
    click.option(
        "--output", type=click.Path(path_type=Path, file_okay=False), help="Directory to write the files to; default: all to stdout."
    ),
)


@click.command(epilog="Recipes: " + "; ".join(f"{name} - {one.about}" for name, one in RECIPES.items()) + ".")
@click.argument("name", metavar="NAME", default="")
@_options
def schedule(name: str, values: Sequence[str], output: Path | None) -> None:
    """Write a recipe that scans an organisation each night.

    \b
    tierwise schedule systemd --set external-id=ID --output units
    tierwise schedule kubernetes > cronjob.yaml
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    require(name, f"which recipe? there are {', '.join(RECIPES)}; 'tierwise schedule --help' says what each is")
    require(name in RECIPES, f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    texts = read(name)
    there = {place for text in texts.values() for place in _PLACE.findall(text)}
    given = _given(values, there)
    made = {file: filled(text, given) for file, text in texts.items()}
    if output is None:
        for file, text in made.items():
            click.echo(f"# {file}" if len(made) > 1 else "", nl=len(made) > 1)
            click.echo(text, nl=False)
    else:
        taken = [str(output / file) for file in made if (output / file).exists()]
        require(not taken, f"{', '.join(taken)}: there already; name another directory with --output, or move it away")
        for file, text in made.items():
            write_atomically(output / file, text.encode())
            click.echo(f"wrote {output / file}", err=True)
    for place in sorted(there - given.keys()):
        click.echo(f"fill in __{place}__: {PLACES[place]} (--set {_word(place)}=...)", err=True)
    sys.stdout.flush()


def read(name: str) -> dict[str, str]:
    """The files of a recipe as they are shipped, by the name under which each is written."""
    from tierwise.catalogue.shipped import shipped_dir

    folder = shipped_dir(FOLDER)
    return {file: (folder / source).read_text("utf-8") for file, source in RECIPES[name].files.items()}


def filled(text: str, given: Mapping[str, str]) -> str:
    """A recipe's text with the values that are known in their places."""
    return _PLACE.sub(lambda found: given.get(found[1], found[0]), text)


def _given(values: Sequence[str], there: set[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in values:
        name, _eq, value = text.partition("=")
        place = name.upper().replace("-", "_")
        if place not in there:
            known = ", ".join(map(_word, sorted(there)))
            raise UsageError(f"--set {name}: this recipe has {f'only {known}' if known else 'nothing'} to fill in")
        # What stands in a unit file or in YAML without quotes must end where it ends.
        require(_VALUE.match(value), f"--set {name}: write letters, digits and _.,:/@=+- only, and at least one; fill others in by hand")
        given[place] = value
    return given


def _word(place: str) -> str:
    return place.lower().replace("_", "-")
