"""Recovery Services vaults and Backup vaults, and what is protected in them: each protected item selects its source and is stored in its vault.

Backups are encrypted always, under Microsoft's keys where no other is configured; an immutable vault keeps each backup for the retention of
its policy (Azure Backup documentation, encryption; immutable vault). The backup of a machine protects the disks that are attached to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.ids import parent_of, same
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Row
from tierwise.connectors.azure_terms import WORM_STATES
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

RECOVERY, BACKUP = "Microsoft.RecoveryServices/vaults", "Microsoft.DataProtection/backupVaults"
_ITEMS: Final = f"{RECOVERY}/backupFabrics/protectionContainers/protectedItems"
_TABLE: Final = "recoveryservicesresources"
_ENCRYPTED: Final = (
    "Azure Backup documentation, encryption: backups are encrypted at rest always, under Microsoft's keys where no other is set"
)
_NO_SWITCH: Final = "Azure Backup documentation, private endpoints: a backup vault has public addresses"
_MUTABLE: Final = "Azure Backup documentation, immutable vault: off where it was never set"
_POLICIES: Final = "the policies of the backups decide"
_ATTACHED: Final = "attached"
_FACTS: Final = frozenset({"encryption.key_custody", "immutability.mode", "immutability.min_days", "network.public_endpoint"})
RECOVERY_VAULT: Final = Row(RECOVERY, frozenset({Kind.BACKUP_VAULT}), _FACTS)
BACKUP_VAULT: Final = Row(BACKUP, frozenset({Kind.BACKUP_VAULT}), _FACTS)
ITEM: Final = Row(_ITEMS, frozenset({Kind.BACKUP_PLAN}), table=_TABLE)
INSTANCE: Final = Row(f"{BACKUP}/backupInstances", frozenset({Kind.BACKUP_PLAN}), table=_TABLE)
_KEYS: Final = {
    RECOVERY: ("properties", "encryption", "keyVaultProperties", "keyUri"),
    BACKUP: ("properties", "securitySettings", "encryptionSettings", "keyVaultProperties", "keyUri"),
}


def survey_vault(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per vault."""
    yield drafted(caller.place, declared, row, Kind.BACKUP_VAULT, (row.get("name"),))


def vault_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a vault."""
    sheet, row = FactSheet(), _row(draft)
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.put("encryption.key_custody", reach.custody(_key(draft)))
    reach.put_audience(sheet, draft)
    if draft.resource.type == RECOVERY:
        sheet.put("network.public_endpoint", reach.is_public(row))
    else:
        sheet.constant("network.public_endpoint", True, _NO_SWITCH)
    state = fields.word(row, "properties", "securitySettings", "immutabilitySettings", "state", absent="Disabled", because=_MUTABLE)
    mode: Maybe[str] = state if isinstance(state, Unknown) else Known(WORM_STATES.get(state.value.lower(), "none"), state.via)
    sheet.put("immutability.mode", mode)
    settled = isinstance(mode, Unknown) or mode.value == "none"
    days = Unknown(UnknownReason.NOT_COLLECTED, mode.via, _POLICIES)
    sheet.put("immutability.min_days", (mode if isinstance(mode, Unknown) else Known(0, mode.via)) if settled else days)
    return sheet.facts


def _row(draft: Draft) -> Maybe[Doc | None]:
    return draft.doc(RECOVERY_VAULT if draft.resource.type == RECOVERY else BACKUP_VAULT)


def _key(draft: Draft) -> Maybe[str]:
    return fields.word(_row(draft), *_KEYS[draft.resource.type], absent="", because=_ENCRYPTED)


def vault_links(draft: Draft) -> tuple[Link, ...]:
    """Its key."""
    return reach.key_links(_key(draft))


def survey_item(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per protected item, with the disks of the machine that it may be."""
    draft = drafted(caller.place, declared, row, Kind.BACKUP_PLAN)
    source = _source(draft)
    disks = caller.place.shared.attached.get(source.value, []) if isinstance(source, Known) else []
    draft.docs[_ATTACHED] = Known({"value": [{"id": one} for one in disks]})
    yield draft


def _source(draft: Draft) -> Maybe[str]:
    if draft.resource.type == ITEM.type:
        found = fields.word(draft.doc(ITEM), "properties", "sourceResourceId")
    else:
        found = fields.word(draft.doc(INSTANCE), "properties", "dataSourceInfo", "resourceID")
    return found if isinstance(found, Unknown) else Known(same(found.value), found.via)


def item_links(draft: Draft) -> tuple[Link, ...]:
    """What it protects, and the vault in which it is stored."""
    source, disks = _source(draft), fields.items(draft.docs[_ATTACHED], "value")
    vault = Link(Rel.STORES_IN, parent_of(draft.resource.id, 3 if draft.resource.type == ITEM.type else 1))
    if isinstance(source, Unknown):
        return (Link(Rel.PROTECTS, "", source), vault)
    named = [str(one["id"]) for one in disks.value] if isinstance(disks, Known) else []
    return (*(Link(Rel.PROTECTS, one) for one in (named or [source.value])), vault)


def item_facts(_draft: Draft) -> Mapping[str, AnyFact]:
    """None: what is asked of backups is asked of what they protect and of the vault."""
    return {}


COLLECTORS: Final = (
    Collector("backup", (RECOVERY_VAULT, BACKUP_VAULT), (OUTSIDERS,), survey_vault, vault_facts, vault_links),
    Collector("backup", (ITEM, INSTANCE), (), survey_item, item_facts, item_links),
)
