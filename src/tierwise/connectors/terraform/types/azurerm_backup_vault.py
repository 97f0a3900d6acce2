"""Vaults for backups: Recovery Services vaults and Data Protection backup vaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

RECOVERY, BACKUP = "azurerm_recovery_services_vault", "azurerm_data_protection_backup_vault"
_KEY: Final = f"{BACKUP}_customer_managed_key"
_ENCRYPTED: Final = "Azure Backup documentation, encryption: backups are encrypted at rest always"
_MODES: Final = {"Locked": "compliance", "Unlocked": "governance", "Disabled": "none"}
_NO_SWITCH: Final = "Azure Backup documentation, private endpoints: a backup vault has public addresses"


def convert(vault: Planned, plan: Plan) -> Resource:
    """A planned vault."""
    sheet, kind = FactSheet(), Kind.BACKUP_VAULT
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    custody, links = _key(vault, plan)
    sheet.put("encryption.key_custody", custody)
    azure_grants.put_audience(sheet, kind, vault, plan)
    if vault.type == RECOVERY:
        sheet.put("network.public_endpoint", flag(vault, "public_network_access_enabled", default=True))
    else:
        sheet.constant("network.public_endpoint", True, _NO_SWITCH)
    state = azure.text(vault, "immutability", default="Disabled")
    mode: Maybe[str] = state if isinstance(state, Unknown) else Known(_MODES.get(state.value, "none"), state.via)
    sheet.put("immutability.mode", mode)
    # An immutable vault keeps each backup for the retention of its policy, which stands elsewhere (Azure Backup documentation, immutable vault).
    none = isinstance(mode, Known) and mode.value == "none"
    days = Known(0, mode.via) if none else absent(mode.via, "the policies of the backups decide")
    sheet.put("immutability.min_days", mode if isinstance(mode, Unknown) else days)
    name = text_or(vault.root, "name")
    aliases = (text_or(vault.root, "id"), name)
    return plan.resource(vault, kind, name or vault.place.name, sheet.facts, links=links, aliases=aliases)


def _key(vault: Planned, plan: Plan) -> tuple[Maybe[str], Iterable[Link]]:
    if vault.type == RECOVERY:
        return azure.key_in(plan, vault, "encryption", "key_id", f"{_ENCRYPTED}, under Microsoft's keys")
    keys = plan.children(vault, _KEY)
    if keys.found:
        holder = keys.found[0]
        return azure.custody(plan, holder, holder.root, "key_vault_key_id"), azure.key_links(plan, holder, holder.root, "key_vault_key_id")
    if keys.loose is None and (vault.is_new or keys.removed):
        return Known(azure_terms.PROVIDER_KEY, Provenance(f"constant: {_ENCRYPTED}, under Microsoft's keys")), ()
    lost = keys.loose or absent(vault.root.via, f"not in this plan: no {_KEY} in it is for {vault.address}")
    return lost, (Link(Rel.USES_KEY, "", lost),)


CONVERTER = Converter(
    frozenset({RECOVERY, BACKUP}),
    convert,
    (Child(_KEY, "data_protection_backup_vault_id", ("id",), of=BACKUP),),
    azure.KEY_TYPES,
)
