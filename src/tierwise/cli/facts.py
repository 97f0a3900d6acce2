"""`tierwise facts list`."""

from __future__ import annotations

import click

from tierwise.cli.options import Group
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import SPECS


@click.group(cls=Group)
def facts() -> None:
    """List the facts that controls may name."""


@facts.command("list")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="Only the facts of this kind; default: all.")
def list_facts(kind: str | None) -> None:
    """One line a fact: name, type or scale, which end is better, meaning."""
    for spec in SPECS:
        if kind is None or Kind(kind) in spec.kinds:
            scale = " < ".join(spec.scale) if spec.type.value == "enum" else spec.type.value + (f" ({spec.unit})" if spec.unit else "")
            click.echo(f"{spec.name:<36} {scale}; better: {spec.better.value}; {spec.meaning}")
