"""FSx file systems and file caches.

All are encrypted at rest. Whether clients must encrypt is set inside the file system for Windows and ONTAP, where no argument looks; Lustre and
OpenZFS encrypt for clients that can and serve the others too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.share import put_inside_vpc, put_no_policy
from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import (
    GIB,
    LOCATED,
    filled,
    is_filled_in,
    location,
    mapped,
    number,
    put_encryption,
    put_unlogged,
    word,
)
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

LUSTRE, ONTAP = "aws_fsx_lustre_file_system", "aws_fsx_ontap_file_system"
OPENZFS, WINDOWS, CACHE = "aws_fsx_openzfs_file_system", "aws_fsx_windows_file_system", "aws_fsx_file_cache"
SYSTEMS: Final = frozenset({LUSTRE, ONTAP, OPENZFS, WINDOWS})
ASSOCIATION: Final = "aws_fsx_data_repository_association"
_AUDIT: Final = "audit_log_configuration"
_ANY_CLIENT: Final = "FSx for Lustre and OpenZFS User Guides, encryption in transit: for clients that can; others are served too"
_UNLOGGED: Final = "FSx records calls of its API, not what clients of the file system read and write"


def convert(share: Planned, plan: Plan) -> Resource:
    """A planned file system or cache."""
    sheet = FactSheet()
    links = _encryption(share, plan, sheet)
    put_no_policy(sheet, "FSx file systems take no resource policy; clients in the VPC mount them")
    put_inside_vpc(sheet, "FSx User Guides, file system access control: clients reach network interfaces inside a VPC")
    if share.type in (WINDOWS, ONTAP):
        inside = Unknown(UnknownReason.NOT_SUPPORTED, share.root.via, "whether clients must encrypt is set inside the file system")
        sheet.put("transport.tls_required", inside)
        sheet.put("transport.min_tls", inside)
    else:
        sheet.constant("transport.tls_required", False, _ANY_CLIENT)
        sheet.constant("transport.min_tls", "none", _ANY_CLIENT)
    _put_logging(share, sheet)
    sheet.not_applicable("recovery.soft_delete_days", "FSx has no soft delete")
    sheet.put("retention.backup_days", _backup_days(share))
    sheet.put("recovery.redundancy", _redundancy(share))
    size = share.root.number("storage_capacity")
    if isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", size.value * GIB, size.via)
    own = text_or(share.root, "id")
    return plan.resource(
        share,
        Kind.FILE_SHARE,
        own or share.place.name,
        sheet.facts,
        links=(*links, *_links(share, plan)),
        aliases=(text_or(share.root, "arn"), own, text_or(share.root, "root_volume_id")),
    )


def _encryption(share: Planned, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    """FSx API Reference, CreateFileSystem, KmsKeyId: without one, and for scratch file systems always, the key is the service's."""
    kind = word(share, "deployment_type", "SCRATCH_1") if share.type == LUSTRE else Known("", share.root.via)
    scratch = isinstance(kind, Known) and kind.value.startswith("SCRATCH")
    without = "provider-owned" if scratch else "provider-managed"
    links = put_encryption(plan, share, sheet, Known(True, share.root.via), ("kms_key_id",), without=without)
    custody = sheet.facts["encryption.key_custody"]
    if isinstance(kind, Unknown) and isinstance(custody, Known) and custody.value == without:
        open_ = Unknown(kind.reason, kind.via, kind.detail, between=("provider-owned", "provider-managed"))
        sheet.put("encryption.key_custody", open_)
    return links


def _put_logging(share: Planned, sheet: FactSheet) -> None:
    """Only Windows file systems record who opens files, and who is refused (FSx for Windows User Guide, file access auditing)."""
    if share.type != WINDOWS:
        put_unlogged(sheet, _UNLOGGED)
        return
    level = _level(share)
    # Opening and changing are recorded alike; FAILURE_ONLY records what was refused.
    recorded = mapped(level, lambda value: value.startswith("SUCCESS"))
    for name in ("logging.data_read", "logging.data_write"):
        sheet.put(name, recorded)


def _level(share: Planned) -> Maybe[str]:
    blocks = share.root.blocks(_AUDIT)
    if isinstance(blocks, Unknown) and not is_filled_in(share, _AUDIT, found=blocks):
        return blocks
    path = (_AUDIT, 0, "file_access_audit_log_level")
    if isinstance(blocks, Unknown) or not blocks.value:
        return Known("DISABLED", share.at(_AUDIT))
    return filled(share, path, share.root.text(*path), "DISABLED")


def _backup_days(share: Planned) -> AnyFact:
    if share.type == CACHE:
        return Known(0, share.root.via)
    # Terraform AWS provider, automatic_backup_retention_days; for Lustre FSx API Reference, CreateFileSystemLustreConfiguration.
    return number(share, "automatic_backup_retention_days", 7 if share.type == WINDOWS else 0)


def _redundancy(share: Planned) -> Maybe[str]:
    if share.type in (LUSTRE, CACHE):
        return Known("zone", share.root.via)
    kind = word(share, "deployment_type", "SINGLE_AZ_1")
    return mapped(kind, lambda value: "multi-zone" if value.startswith("MULTI_AZ") else "zone")


def _links(share: Planned, plan: Plan) -> Iterator[Link]:
    """Where its audit log goes, the backup that it is made of, and the buckets whose objects it shows and writes to."""
    if share.type == WINDOWS:
        for link in plan.links(Rel.LOGS_TO, share, share.root, (_AUDIT, 0, "audit_log_destination"), {"aws_cloudwatch_log_group"}):
            yield Link(link.rel, link.to.removesuffix(":*"), link.unknown)
    if share.type not in (ONTAP, CACHE):
        yield from plan.links(Rel.COPY_OF, share, share.root, ("backup_id",), {"aws_fsx_backup"})
    if share.type == LUSTRE:
        yield from location(plan, Rel.COPY_OF, share, ("import_path",))
        if not is_filled_in(share, "export_path", found=share.root.text("export_path")):
            yield from location(plan, Rel.EXPORTS_TO, share, ("export_path",))
        children = plan.children(share, ASSOCIATION)
        for one in children.found:
            yield from location(plan, Rel.COPY_OF, one, ("data_repository_path",))
            events = one.root.texts("s3", 0, "auto_export_policy", 0, "events")
            if isinstance(events, Known) and (events.value.known or events.value.open):
                yield from location(plan, Rel.EXPORTS_TO, one, ("data_repository_path",))
            elif isinstance(events, Unknown) and not is_filled_in(one, "s3", found=events):
                yield Link(Rel.EXPORTS_TO, "", events)
        if children.loose is not None:
            yield Link(Rel.COPY_OF, "", children.loose)
            yield Link(Rel.EXPORTS_TO, "", children.loose)


CONVERTER = Converter(
    SYSTEMS | {CACHE},
    convert,
    (Child(ASSOCIATION, "file_system_id", ("id",), of=LUSTRE),),
    KEY_TYPES | LOCATED,
)
