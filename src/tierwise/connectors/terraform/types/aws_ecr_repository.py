"""Private image registries of ECR: where images lie and under which key."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import key_links, part
from tierwise.model.fact import Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

REPOSITORY: Final = "aws_ecr_repository"
_KEY: Final = ("encryption_configuration", 0, "kms_key")


def convert(repository: Planned, plan: Plan) -> Resource:
    """A planned repository; registries have no facts of their own in the vocabulary."""
    block = part(repository, "encryption_configuration")
    links: tuple[Link, ...] = ()
    if isinstance(block, Unknown):
        links = (Link(Rel.USES_KEY, "", block),)
    elif block.value is not None:
        links = key_links(plan, repository, _KEY)
    name = text_or(repository.root, "name")
    aliases = (name, text_or(repository.root, "arn"), text_or(repository.root, "repository_url"))
    return plan.resource(repository, Kind.REGISTRY, name or repository.place.name, {}, links=links, aliases=aliases)


CONVERTER = Converter(frozenset({REPOSITORY}), convert, reads=KEY_TYPES)
