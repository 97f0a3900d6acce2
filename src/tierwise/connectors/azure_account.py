"""What holds for every Azure subscription, and what guards one, as both of Azure's readers meet it: live and in plans. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tierwise.model.fact import FactSheet, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind

ALWAYS: Final = "Azure Monitor documentation, activity log: written always, for every region, kept for 90 days"
NO_PUBLIC_STORES: Final = "/providers/microsoft.authorization/policydefinitions/4fa4b6c0-31ca-4c0d-b10d-24b96f62a751"
"""The built-in policy `Storage account public access should be disallowed` (Azure Policy built-in definitions for Azure Storage)."""
_DISKS: Final = "Azure documentation, server-side encryption of managed disks: on for every disk since 2017"
_PEOPLE: Final = "people and their factors belong to Microsoft Entra ID, of which they are not read"
_NO_ROOT: Final = "a subscription has no root user"
_PLANS: Final = {
    "storageaccounts": Kind.OBJECT_STORE,
    "sqlservers": Kind.RELATIONAL_DB,
    "opensourcerelationaldatabases": Kind.RELATIONAL_DB,
    "sqlservervirtualmachines": Kind.RELATIONAL_DB,
    "cosmosdbs": Kind.DOCUMENT_DB,
    "keyvaults": Kind.SECRET,
}
"""Kinds of store by Defender's plans (Microsoft Defender for Cloud documentation, workload protection plans)."""


def watched(plans: Iterable[str]) -> frozenset[str]:
    """The kinds of store that Defender's plans (lower case) watch."""
    return frozenset(_PLANS[one].value for one in plans if one in _PLANS)


def put_constants(sheet: FactSheet, via: Provenance) -> None:
    """Sets what holds for every subscription."""
    sheet.constant("account.disk_encryption_default", True, _DISKS)
    for name in ("account.root_mfa", "credential.mfa_enabled", "credential.mfa_phishing_resistant"):
        sheet.put(name, Unknown(UnknownReason.NOT_SUPPORTED, via, _PEOPLE))
    sheet.not_applicable("account.root_keys", _NO_ROOT, via)
    for name in ("logging.control_plane", "logging.all_regions"):
        sheet.constant(name, True, ALWAYS)
