"""Backup vaults with their policy and lock, logically air-gapped ones included."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import custody, elsewhere, key_links, policy_of, put_policy
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

VAULT, GAPPED = "aws_backup_vault", "aws_backup_logically_air_gapped_vault"
POLICY, LOCK = f"{VAULT}_policy", f"{VAULT}_lock_configuration"
_AIR_GAPPED: Final = "constant: AWS Backup Developer Guide, logically air-gapped vaults are locked in compliance mode"


def convert(vault: Planned, plan: Plan) -> Resource:
    """A planned vault."""
    sheet = FactSheet()
    sheet.constant(
        "encryption.at_rest", True, "AWS Backup Developer Guide, encryption: what a vault manages is encrypted under the vault's key"
    )
    # A vault without a key uses aws/backup (API Reference, CreateBackupVault), an air-gapped one a key that AWS owns.
    argument = "kms_key_arn" if vault.type == VAULT else "encryption_key_arn"
    without = "provider-managed" if vault.type == VAULT else "provider-owned"
    sheet.put("encryption.key_custody", custody(plan, vault, (argument,), without=without))
    mode, days = _lock(vault, plan)
    sheet.put("immutability.mode", mode)
    sheet.put("immutability.min_days", days)
    grants = put_policy(plan, vault, policy_of(plan, vault, POLICY), "backup", sheet, Kind.BACKUP_VAULT)
    name = text_or(vault.root, "name")
    return plan.resource(
        vault,
        Kind.BACKUP_VAULT,
        name or vault.place.name,
        sheet.facts,
        links=key_links(plan, vault, (argument,)),
        aliases=(text_or(vault.root, "arn"), name),
        grants=grants,
    )


def _lock(vault: Planned, plan: Plan) -> tuple[AnyFact, AnyFact]:
    if vault.type == GAPPED:
        return Known("compliance", Provenance(_AIR_GAPPED)), _days(vault.root.number("min_retention_days"))
    children = plan.children(vault, LOCK)
    if not children.found:
        unseen = children.loose or (None if vault.is_new or children.removed else elsewhere(vault, "its vault lock"))
        return (unseen, unseen) if unseen else (Known("none", vault.root.via), Known(0, vault.root.via))
    lock = children.found[0]
    return _mode(lock), _days(lock.root.number("min_retention_days"))


def _mode(lock: Planned) -> AnyFact:
    """A lock can be removed until its date, and for ever without one (API Reference, PutBackupVaultLockConfiguration)."""
    name = "changeable_for_days"
    grace = lock.root.number(name)
    if isinstance(grace, Known) and grace.value is None:
        return Known("governance", grace.via)
    why = grace if isinstance(grace, Unknown) else None
    detail = why.detail if why else f"the lock can be removed for {grace.value if isinstance(grace, Known) else 'some'} days, then no more"
    reason = why.reason if why else UnknownReason.KNOWN_AFTER_APPLY
    return Unknown(reason, lock.at(name), detail, between=("governance", "compliance"))


def _days(found: Maybe[int | None]) -> AnyFact:
    return found if isinstance(found, Unknown) else Known(found.value or 0, found.via)


_NAMES: Final = ("name", "id")
CONVERTER = Converter(
    frozenset({VAULT, GAPPED}),
    convert,
    (Child(POLICY, "backup_vault_name", _NAMES), Child(LOCK, "backup_vault_name", _NAMES, of=VAULT)),
    KEY_TYPES | {DOCUMENT},
)
