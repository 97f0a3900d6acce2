"""`tierwise permissions`: the least-privilege policy for a selection, derived from the declared reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from tierwise.cli.options import Group, require, together

if TYPE_CHECKING:
    from tierwise.model.content import Depth


@click.group(cls=Group)
def permissions() -> None:
    """The least-privilege policy for a scan."""


_selection = together(
    click.option("--terraform", "as_tf", is_flag=True, help="Terraform instead of JSON."),
    click.option("--control", multiple=True, metavar="ID", help="Only what these controls need; default: all of the profile."),
    click.option("--profile", default="", metavar="ID|FILE", help="Profile; default: uk-gov-personal-data."),
)
"""The options that say for what, and in which form."""


_deeper = together(
    click.option("--with-names", is_flag=True, help="For a role of its own that also lists object keys; default: it may not."),
    click.option("--with-sampling", is_flag=True, help="For a role of its own that also reads samples of content; default: it may not."),
)
"""The options for a role that looks into stores."""


def _depth(*, names: bool, sampling: bool) -> Depth:
    from tierwise.model.content import Depth

    return Depth.CONTENT if sampling else Depth.NAMES if names else Depth.METADATA


@permissions.command()
@_selection
@_deeper
@click.option(
    "--stackset", is_flag=True, help="The role in every account of an organisation, as a StackSet's template; default: only the policy."
)
@click.option("--caller", is_flag=True, help="What the caller of an organisation's scan may do: list its accounts, and enter them.")
@click.option(
    "--inventory", type=click.Choice(["config"]), default=None, help="Also what a scan with this option asks an aggregator; default: not."
)
@click.option("--since", is_flag=True, help="Also what a scan with this option asks each account's history of changes; default: not.")
def aws(
    as_tf: bool,
    control: tuple[str, ...],
    profile: str,
    with_names: bool,
    with_sampling: bool,
    stackset: bool,
    caller: bool,
    inventory: str | None,
    since: bool,
) -> None:
    """Print the IAM policy: what a scan calls and nothing else; reads of content are denied.

    \b
    tierwise permissions aws --stackset > role.json
    tierwise permissions aws --stackset --terraform > role.tf
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.connectors.aws import history, recorded, rollout
    from tierwise.connectors.aws.collectors import REGIONS
    from tierwise.connectors.aws.permissions import as_terraform, policy_document

    require(not (stackset and caller), "--stackset prints what is in each account, --caller what enters them; ask for one at a time")
    require(not (stackset and inventory), "the aggregator is asked in the caller's account: --inventory goes with --caller")
    require(not (caller and since), "the history of changes is asked for in each account: --since goes with --stackset")
    wanted, depth = _wanted(control, profile), _depth(names=with_names, sampling=with_sampling)
    kept, more = (history.LOOKUP,) if since else (), recorded.READS if inventory else ()
    if stackset:
        template = rollout.stackset(wanted, depth, kept)
        click.echo(rollout.as_terraform(template) if as_tf else json.dumps(template, indent=2))
        return
    document = rollout.caller_policy(more=(*more, REGIONS) if more else ()) if caller else policy_document(wanted, depth, (*kept, *more))
    click.echo(as_terraform(document) if as_tf else json.dumps(document, indent=2))


@permissions.command()
@_selection
@_deeper
@click.option("--scope", multiple=True, metavar="ID", help="Management group or subscription to assign it in; default: a word to replace.")
@click.option("--assign-to", default="", metavar="OBJECT-ID", help="With --terraform: assign it to this principal; default: to nobody.")
@click.option("--since", is_flag=True, help="Also what a scan with this option asks each subscription's activity log; default: not.")
@click.option("--directory", is_flag=True, help="The permissions in Microsoft Graph instead: they tell who is from outside the tenant.")
def azure(
    as_tf: bool,
    control: tuple[str, ...],
    profile: str,
    scope: tuple[str, ...],
    with_names: bool,
    with_sampling: bool,
    assign_to: str,
    since: bool,
    directory: bool,
) -> None:
    """Print the custom role: what a scan reads and nothing else; no keys, and data actions only in a role of their own.

    \b
    tierwise permissions azure > role.json
    tierwise permissions azure --directory > graph.json
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.connectors.azure.history import ACTIVITY
    from tierwise.connectors.azure.permissions import as_manifest, as_terraform, grants_in_terraform, graph_permissions, role_definition

    require(
        as_tf or not assign_to,
        "--assign-to goes with --terraform; else: az role assignment create --assignee ID --role 'tierwise scan' --scope ID",
    )
    require(
        not (directory and (scope or with_names or with_sampling or since)),
        "--directory prints permissions of the tenant, which have no scope or depth",
    )
    wanted, depth = _wanted(control, profile), _depth(names=with_names, sampling=with_sampling)
    graph = graph_permissions(wanted)
    if directory:
        click.echo(grants_in_terraform(graph, assign_to) if as_tf else json.dumps(as_manifest(graph), indent=2))
        return
    document = role_definition(wanted, scope, depth, (ACTIVITY,) if since else ())
    click.echo(as_terraform(document, assign_to) if as_tf else json.dumps(document, indent=2))
    if graph and not (with_names or with_sampling):
        click.echo(f"beside the role, in Microsoft Graph: {', '.join(graph)} (tierwise permissions azure --directory)", err=True)


@permissions.command()
@_selection
@_deeper
@click.option("--since", is_flag=True, help="Also what a scan with this option asks each project's audit log; default: not.")
@click.option("--organization", default="", metavar="NUMBER", help="With --terraform: where the role is; default: a word to replace.")
@click.option("--assign-to", default="", metavar="MEMBER", help="With --terraform: bind it to this member; default: to nobody.")
def gcp(
    as_tf: bool,
    control: tuple[str, ...],
    profile: str,
    with_names: bool,
    with_sampling: bool,
    since: bool,
    organization: str,
    assign_to: str,
) -> None:
    """Print the custom role: what a scan reads and nothing else; 'gcloud iam roles create tierwiseScan --file' takes it."""
    from tierwise.connectors.gcp.history import LOG
    from tierwise.connectors.gcp.permissions import as_terraform, role_definition

    require(
        as_tf or not (assign_to or organization),
        "--organization and --assign-to go with --terraform; else: gcloud organizations add-iam-policy-binding NUMBER --member M --role R",
    )
    document = role_definition(_wanted(control, profile), _depth(names=with_names, sampling=with_sampling), (LOG,) if since else ())
    click.echo(as_terraform(document, organization, assign_to) if as_tf else json.dumps(document, indent=2))


def _wanted(control: tuple[str, ...], profile: str) -> frozenset[str] | None:
    """The facts that some controls, or those of a profile, need, with all that these are made from; None for all facts."""
    from tierwise.cli.options import Options
    from tierwise.cli.settings import load_config, load_judging
    from tierwise.derive.needs import other_needs, own_needs
    from tierwise.evaluate.compiled import compile_control
    from tierwise.model.sensitivity import Tier

    if not (control or profile):
        return None
    judging = load_judging(load_config(Options(profile=profile)), control)
    named = frozenset(name for one in judging.controls for name in compile_control(one).facts[Tier.T4])
    return own_needs(named) | frozenset(name for _rel, _out, name in other_needs(own_needs(named)))
