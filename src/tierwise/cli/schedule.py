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
CLOUDS: Final[Mapping[str, str]] = {
    "aws": "tierwise permissions aws --stackset --since (in each account); tierwise permissions aws --caller (the identity that scans)",
    "azure": "tierwise permissions azure --since (the role); tierwise permissions azure --directory (in Microsoft Graph)",
    "gcp": "tierwise permissions gcp --since",
}
"""What a recipe may be for, and the commands that print what its scans need to be allowed."""
_PART: Final = "#:"
"""Begins a line of a file below `deploy/` that names the clouds which the lines after it are for; where it names none, they are for all."""
_PLACE: Final = re.compile(r"__([A-Z_]+)__")
_VALUE: Final = re.compile(r"[A-Za-z0-9_.,:/@=+-]+\Z")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to run scans: its files below `deploy/`, by the name under which each is written."""

    about: str
    files: Mapping[str, str]
    clouds: tuple[str, ...] = tuple(CLOUDS)
    scans: bool = True
    """Whether something has to be allowed to what it starts."""


RECIPES: Final[Mapping[str, Recipe]] = {
    "container": Recipe(
        "the image that the others run: no root, read-only root file system", {"Containerfile": "container/Containerfile"}, scans=False
    ),
    "ecs": Recipe("a scheduled task on Fargate (CloudFormation; AWS alone)", {"template.yaml": "ecs/template.yaml"}, ("aws",)),
    "github": Recipe("a scheduled workflow that signs in by OIDC", {".github/workflows/tierwise-schedule.yml": "github/schedule.yml"}),
    "kubernetes": Recipe("a CronJob with a memory limit of 512 MiB", {"cronjob.yaml": "kubernetes/cronjob.yaml"}),
    "lambda": Recipe(
        "a function, invoked until the scan has ended (CloudFormation; AWS alone)",
        {"template.yaml": "lambda/template.yaml", "handler.py": "lambda/handler.py", "Containerfile": "lambda/Containerfile"},
        ("aws",),
    ),
    "systemd": Recipe(
        "a timer and a confined service",
        {"tierwise.service": "systemd/tierwise.service", "tierwise.timer": "systemd/tierwise.timer"},
    ),
}
PLACES: Final[Mapping[str, str]] = {
    "CLIENT_ID": "the client id of the managed identity that the pods take on (az identity list)",
    "COMMIT": "the commit of tierwise that you reviewed",
    "EXTERNAL_ID": "what the scan role of each account asks for",
    "IMAGE": "the image of 'tierwise schedule container' for the same cloud, by digest",
    "MANAGEMENT_GROUP": "the id of the management group that is scanned",
    "ORG": "where your copy of tierwise lives",
    "ORGANIZATION": "the number of the organisation that is scanned (gcloud organizations list)",
    "PYTHON_DIGEST": "the digest of the base image that you reviewed",
    "ROLE_ARN": "the role that the pods take on",
    "SERVICE_ACCOUNT": "the address of the service account that the pods take on (gcloud iam service-accounts list)",
}
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "CLIENT_ID": re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z"),
    "ORGANIZATION": re.compile(r"[0-9]{1,20}\Z"),
    "SERVICE_ACCOUNT": re.compile(r"[^@/]+@[^@/]+\Z"),
}
"""What would otherwise fail in the first night."""
_options = together(
    click.option("--cloud", default="aws", metavar="CLOUD", help=f"What is scanned: {', '.join(CLOUDS)}; default: aws."),
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
def schedule(name: str, cloud: str, values: Sequence[str], output: Path | None) -> None:
    """Write a recipe that scans an organisation each night.

    \b
    tierwise schedule systemd --set external-id=ID --output units
    tierwise schedule kubernetes > cronjob.yaml
    tierwise schedule kubernetes --cloud azure --set management-group=departments > cronjob.yaml
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    require(name, f"which recipe? there are {', '.join(RECIPES)}; 'tierwise schedule --help' says what each is")
    require(name in RECIPES, f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    require(cloud in CLOUDS, f"there is no cloud {cloud!r}; there are {', '.join(CLOUDS)}")
    others = ", ".join(one for one, other in RECIPES.items() if cloud in other.clouds)
    require(cloud in RECIPES[name].clouds, f"{name} runs on AWS and scans AWS alone; for {cloud} there are {others}")
    texts = read(name, cloud)
    there = {place for text in texts.values() for place in _PLACE.findall(text)}
    given = _given(values, there, cloud)
    _write({file: filled(text, given) for file, text in texts.items()}, output)
    for place in sorted(there - given.keys()):
        click.echo(f"fill in __{place}__: {PLACES[place]} (--set {_word(place)}=...)", err=True)
    if RECIPES[name].scans:
        click.echo(f"what has to be allowed: {CLOUDS[cloud]}", err=True)


def _write(made: Mapping[str, str], output: Path | None) -> None:
    if output is None:
        for file, text in made.items():
            click.echo(f"# {file}" if len(made) > 1 else "", nl=len(made) > 1)
            click.echo(text, nl=False)
        sys.stdout.flush()
        return
    taken = [str(output / file) for file in made if (output / file).exists()]
    require(not taken, f"{', '.join(taken)}: there already; name another directory with --output, or move it away")
    for file, text in made.items():
        write_atomically(output / file, text.encode())
        click.echo(f"wrote {output / file}", err=True)


def read(name: str, cloud: str) -> dict[str, str]:
    """The files of a recipe for one cloud, by the name under which each is written."""
    from tierwise.catalogue.shipped import shipped_dir

    folder = shipped_dir(FOLDER)
    return {file: _of_cloud((folder / source).read_text("utf-8"), cloud) for file, source in RECIPES[name].files.items()}


def _of_cloud(text: str, cloud: str) -> str:
    kept: list[str] = []
    ours = True
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(_PART):
            clouds = line.strip().removeprefix(_PART).split()
            ours = not clouds or cloud in clouds
        elif ours:
            kept.append(line)
    return "".join(kept)


def filled(text: str, given: Mapping[str, str]) -> str:
    """A recipe's text with the values that are known in their places."""
    return _PLACE.sub(lambda found: given.get(found[1], found[0]), text)


def _given(values: Sequence[str], there: set[str], cloud: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in values:
        name, _eq, value = text.partition("=")
        place = name.upper().replace("-", "_")
        if place not in there:
            known = ", ".join(map(_word, sorted(there)))
            raise UsageError(f"--set {name}: the recipe for {cloud} has {f'only {known}' if known else 'nothing'} to fill in")
        # What stands in a unit file or in YAML without quotes must end where it ends.
        require(_VALUE.match(value), f"--set {name}: write letters, digits and _.,:/@=+- only, and at least one; fill others in by hand")
        require(place not in _FORMS or _FORMS[place].match(value), f"--set {name}: {value!r} is not {PLACES[place]}")
        given[place] = value
    return given


def _word(place: str) -> str:
    return place.lower().replace("_", "-")
