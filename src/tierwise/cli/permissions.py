"""`tierwise permissions`: the least-privilege policy for a selection, derived from the declared reads."""

from __future__ import annotations

import json

import click


@click.group()
def permissions() -> None:
    """The least-privilege policy for a scan."""


@permissions.command()
@click.option("--terraform", "as_tf", is_flag=True, help="Terraform instead of JSON.")
@click.option("--control", multiple=True, metavar="ID", help="Only what these controls need; default: all of the profile.")
@click.option("--profile", default="", metavar="ID|FILE", help="Profile; default: uk-gov-personal-data.")
def aws(as_tf: bool, control: tuple[str, ...], profile: str) -> None:
    """Print the IAM policy: what a scan calls and nothing else; reads of content are denied."""
    from tierwise.cli.common import Options, load_config, load_judging
    from tierwise.connectors.aws.permissions import as_terraform, policy_document
    from tierwise.derive.needs import other_needs, own_needs
    from tierwise.evaluate.compiled import compile_control
    from tierwise.model.sensitivity import Tier

    wanted: frozenset[str] | None = None
    if control:
        judging = load_judging(load_config(Options(profile=profile)), control)
        named = frozenset(name for one in judging.controls for name in compile_control(one).facts[Tier.T4])
        wanted = own_needs(named) | frozenset(name for _rel, _out, name in other_needs(own_needs(named)))
    document = policy_document(wanted)
    click.echo(as_terraform(document) if as_tf else json.dumps(document, indent=2))
