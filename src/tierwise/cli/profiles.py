"""`tierwise profiles list|show|check`."""

from __future__ import annotations

import sys

import click

from tierwise.cli.options import Group
from tierwise.errors import CatalogueError
from tierwise.model.words import count


@click.group(cls=Group)
def profiles() -> None:
    """List, show and check profiles."""


@profiles.command("list")
def list_profiles() -> None:
    """One line a profile: id and title."""
    from tierwise.catalogue.controls import load_catalogue
    from tierwise.catalogue.profiles import load_profile, shipped_profiles

    catalogue = load_catalogue()
    for name in shipped_profiles():
        click.echo(f"{name:<34} {load_profile(name, catalogue).title}")


@profiles.command()
@click.argument("profile")
def show(profile: str) -> None:
    """A profile's thresholds with their reasons, its gate, and its framework's requirements with the controls that give evidence."""
    from tierwise.catalogue.controls import load_catalogue
    from tierwise.catalogue.profiles import load_profile
    from tierwise.model.coverage import coverage_words
    from tierwise.model.profile import sight_words

    one = load_profile(profile, load_catalogue())
    click.echo(f"{one.id}: {one.title}\n{one.description}\n")
    click.echo(
        f"assumed tier {one.assumed_tier.label}; gate {one.gate.mode}, bar {one.gate.fail_on.word}, coverage at least {coverage_words(one.gate.min_coverage)}\n"
    )
    for rule in one.categories.values():
        to_t3 = f", T3 from {rule.to_t3:,} people" if rule.to_t3 else ""
        to_t4 = f", T4 from {rule.to_t4:,}" if rule.to_t4 else ""
        click.echo(f"{rule.category.value} {rule.title}: {rule.base.label}{to_t3}{to_t4}. {rule.rationale} [{rule.source}]")
    click.echo()
    for requirement in one.requirements:
        controls = f" by {', '.join(requirement.controls)}" if requirement.controls else ""
        attested = f"; to be attested: {requirement.attestation}" if requirement.attestation else ""
        note = f" ({requirement.note})" if requirement.note else ""
        click.echo(f"{requirement.id} {requirement.title}: {requirement.sight}{controls}{attested}{note}")
    click.echo(f"\n{sight_words(one.requirements)}")


@profiles.command()
@click.argument("refs", nargs=-1, metavar="[ID|FILE]...")
def check(refs: tuple[str, ...]) -> None:
    """Validate profiles; default: all that are shipped. Every problem is listed."""
    from tierwise.catalogue.controls import load_catalogue
    from tierwise.catalogue.profiles import load_profile, shipped_profiles

    catalogue = load_catalogue()
    problems: list[str] = []
    names = refs or shipped_profiles()
    for name in names:
        try:
            load_profile(name, catalogue)
        except CatalogueError as error:
            problems.extend(error.problems)
    for problem in problems:
        click.echo(problem, err=True)
    click.echo(f"{count(len(names), 'profile')}, {count(len(problems), 'problem')}")
    sys.exit(2 if problems else 0)
