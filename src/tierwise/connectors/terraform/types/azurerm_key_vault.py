"""Key vaults, judged as the store of their secrets."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.azure_terms import PROVIDER_KEY
from tierwise.connectors.terraform import azure_reach, azure_vault
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_vault import CHILDREN, VAULT
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Resource

ENCRYPTED: Final = "Azure Key Vault documentation, security: secrets are encrypted at rest under keys of Microsoft's"


def convert(vault: Planned, plan: Plan) -> Resource:
    """A planned vault."""
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, ENCRYPTED)
    sheet.constant("encryption.key_custody", PROVIDER_KEY, ENCRYPTED)
    azure_vault.put_vault(sheet, Kind.SECRET, vault, plan, vault)
    sheet.put("recovery.soft_delete_days", azure_vault.soft_delete_days(vault))
    name = text_or(vault.root, "name")
    aliases = (text_or(vault.root, "id"), name, text_or(vault.root, "vault_uri"))
    return plan.resource(
        vault, Kind.SECRET, name or vault.place.name, sheet.facts, links=azure_reach.log_links(plan, vault), aliases=aliases
    )


CONVERTER = Converter(frozenset({VAULT}), convert, CHILDREN)
