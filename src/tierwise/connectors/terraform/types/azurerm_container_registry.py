"""Container registries: the vocabulary has no fact of its own for a registry; its key and logs are links."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform import azure, azure_reach
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

REGISTRY: Final = "azurerm_container_registry"


def convert(registry: Planned, plan: Plan) -> Resource:
    """A planned registry."""
    block = azure.block_or_none(registry, "encryption")
    links: tuple[Link, ...] = azure_reach.log_links(plan, registry)
    if isinstance(block, Unknown):
        links = (Link(Rel.USES_KEY, "", block), *links)
    elif block.value is not None:
        links = (*azure.key_links(plan, registry, block.value, "key_vault_key_id"), *links)
    name = text_or(registry.root, "name")
    aliases = (text_or(registry.root, "id"), name, text_or(registry.root, "login_server"))
    return plan.resource(registry, Kind.REGISTRY, name or registry.place.name, {}, links=links, aliases=aliases)


CONVERTER = Converter(frozenset({REGISTRY}), convert, (azure_reach.RECORDED,), azure.KEY_TYPES)
