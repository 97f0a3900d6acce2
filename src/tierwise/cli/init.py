"""`tierwise init`: a first settings file."""

from __future__ import annotations

from pathlib import Path

import click

from tierwise.cli.files import write_atomically
from tierwise.errors import UsageError

_TEXT = """\
schema = 1
profile = "uk-gov-personal-data"
# register = "register.yaml"         # which data is where: 'tierwise classify suggest' proposes its first lines
# corrections = "corrections.yaml"   # evidence that is wrong, attestations
# acceptances = "acceptances.yaml"   # risks that someone answers for until a date
# attestations = "attestations.yaml" # what no scan can see, and who answers for it

[gate]
mode = "observe"                     # says what would block; then "new", then "full"
fail-on = "high"

[aws]
# role-arns = ["arn:aws:iam::111111111111:role/tierwise-scan"]
# regions = ["eu-west-2"]
"""


@click.command()
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def init(force: bool) -> None:
    """Write a first tierwise.toml here, with the gate in observe mode."""
    path = Path("tierwise.toml")
    if path.exists() and not force:
        raise UsageError(f"{path} exists already; --force overwrites it")
    write_atomically(path, _TEXT.encode())
    click.echo(f"wrote {path}; next: tierwise doctor")
