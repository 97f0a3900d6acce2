"""Managed disks and their snapshots, with their disk encryption set and disk access."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

DISK, SNAPSHOT, SET = "azurerm_managed_disk", "azurerm_snapshot", "azurerm_disk_encryption_set"
GIB: Final = 1024**3
_ENCRYPTED: Final = "Azure documentation, server-side encryption of managed disks: on for every disk and snapshot since 2017"
_NO_LOG: Final = "Azure documentation, managed disks: no record is kept of the blocks that a machine reads or writes"
_NO_ACL: Final = "Azure documentation, managed disks: an export needs a link that a role of the subscription makes"
_SNAPSHOT: Final = "Azure documentation, incremental snapshots: they have no immutability policy"
_PARENT_KEY: Final = ("disk_encryption_set_id", "secure_vm_disk_encryption_set_id")
_SOURCES: Final = ("source_resource_id", "source_uri")


def convert(disk: Planned, plan: Plan) -> Resource:
    """A planned disk or snapshot."""
    kind = Kind.BLOCK_VOLUME if disk.type == DISK else Kind.SNAPSHOT
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    custody, links = _key(disk, plan)
    sheet.put("encryption.key_custody", custody)
    azure_grants.put_audience(sheet, kind, disk, plan)
    if kind is Kind.BLOCK_VOLUME:
        _network(disk, sheet, kind)
        for name in ("logging.data_read", "logging.data_write"):
            sheet.constant(name, False, _NO_LOG)
        sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, disk))
    else:
        sheet.constant("access.public_blocked", True, _NO_ACL)
        sheet.constant("immutability.mode", "none", _SNAPSHOT)
        sheet.constant("immutability.min_days", 0, _SNAPSHOT)
    size = disk.root.number("disk_size_gb")
    if isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", size.value * GIB, size.via)
    sources = [link for name in _SOURCES for link in plan.links(Rel.COPY_OF, disk, disk.root, (name,), {DISK, SNAPSHOT})]
    name = text_or(disk.root, "name")
    aliases = (text_or(disk.root, "id"), name)
    return plan.resource(disk, kind, name or disk.place.name, sheet.facts, links=(*links, *sources), aliases=aliases)


def _key(disk: Planned, plan: Plan) -> tuple[Maybe[str], Iterable[Link]]:
    """A disk encryption set holds the key; it is the customer's, whichever set it is."""
    name = azure.first(disk, _PARENT_KEY)
    value = disk.root.text(name)
    way = plan.resolve(disk, disk.root, (name,), {SET})
    holder = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if holder is None and isinstance(value, Known) and value.value:
        holder = next((one for one in plan.by_type.get(SET, ()) if text_or(one.root, "id").lower() == value.value.lower()), None)
    if holder is not None:
        return Known("customer", disk.at(name)), azure.key_links(
            plan, holder, holder.root, azure.first(holder, ("key_vault_key_id", "managed_hsm_key_id"))
        )
    if isinstance(value, Known) and value.value:
        lost = Unknown(UnknownReason.UNRESOLVED_REFERENCE, value.via, "its disk encryption set is not in this plan")
        return Known("customer", value.via), (Link(Rel.USES_KEY, "", lost),)
    if isinstance(value, Known) and not disk.is_new and not disk.root.has(name):
        lost = absent(value.via, f"not in this plan: {name}")
        return lost, (Link(Rel.USES_KEY, "", lost),)
    if isinstance(value, Known) or azure.is_left_out(disk, name, value):
        return Known(azure_terms.PROVIDER_KEY, value.via), ()
    found = Unknown(value.reason, value.via, value.detail, between=(azure_terms.PROVIDER_KEY, "customer"))
    return found, (Link(Rel.USES_KEY, "", value),)


def _network(disk: Planned, sheet: FactSheet, kind: Kind) -> None:
    """Whether a disk's content can be exported over the internet (Azure documentation, restrict import and export of disks)."""
    policy = azure.text(disk, "network_access_policy", default="AllowAll")
    switch = flag(disk, "public_network_access_enabled", default=True)
    public: Maybe[bool]
    if isinstance(switch, Known) and not switch.value:
        public = switch
    elif isinstance(policy, Unknown):
        public = policy
    else:
        public = Known(False, policy.via) if policy.value != "AllowAll" else switch
    private: Maybe[bool] = policy if isinstance(policy, Unknown) else Known(policy.value == "AllowPrivate", policy.via)
    azure_terms.put_network(sheet, kind, public, public, private)


CONVERTER = Converter(frozenset({DISK, SNAPSHOT}), convert, (replace(azure_reach.LOCKED, of=DISK),), azure.KEY_TYPES | {SET})
