"""Secrets and certificates of a key vault, with what their vault decides for them; a secret's value is never read.

A certificate's private key is a secret of its vault, under the same name (Key Vault documentation, composition of a certificate).
"""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.azure_terms import PROVIDER_KEY
from tierwise.connectors.terraform import azure, azure_reach, azure_vault
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_vault import VAULT
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.types.azurerm_key_vault import ENCRYPTED
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Resource

SECRET: Final = "azurerm_key_vault_secret"
CERTIFICATE: Final = "azurerm_key_vault_certificate"


def convert(secret: Planned, plan: Plan) -> Resource:
    """A planned secret or certificate."""
    sheet = FactSheet()
    vault = azure.parent_of(plan, secret, ("key_vault_id",), {VAULT})
    sheet.constant("encryption.at_rest", True, ENCRYPTED)
    sheet.constant("encryption.key_custody", PROVIDER_KEY, ENCRYPTED)
    if vault is None:
        lost = azure.elsewhere(secret, "key_vault_id", "vault")
        azure_vault.put_lost(sheet, Kind.SECRET, lost)
        sheet.put("recovery.soft_delete_days", lost)
    else:
        azure_vault.put_vault(sheet, Kind.SECRET, vault, plan, secret)
        sheet.put("recovery.soft_delete_days", azure_vault.soft_delete_days(vault))
    name = text_or(secret.root, "name")
    url = text_or(secret.root, "versionless_id") or azure_terms.key_url(text_or(secret.root, "id"))
    aliases = (url, text_or(secret.root, "id"), text_or(secret.root, "resource_versionless_id"))
    links = azure_reach.log_links(plan, vault) if vault else ()
    made = plan.resource(secret, Kind.SECRET, name or secret.place.name, sheet.facts, links=links, aliases=aliases)
    return azure.placed(made, plan, vault)


CONVERTER = Converter(frozenset({SECRET, CERTIFICATE}), convert, reads=frozenset({VAULT}))
