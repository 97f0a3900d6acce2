"""EBS volumes, snapshots and their sharing.

Whether a volume that says nothing is encrypted, and under which key, is decided by the region's defaults: those count where the plan has them.
"""

from __future__ import annotations

from typing import Final

from tierwise.access.share import put_inside_vpc, put_no_policy, put_shared
from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import (
    GIB,
    custody,
    elsewhere,
    is_filled_in,
    key_links,
    mapped,
    neighbour,
    put_unlogged,
    unless_new,
)
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

VOLUME, SNAPSHOT, COPY = "aws_ebs_volume", "aws_ebs_snapshot", "aws_ebs_snapshot_copy"
SHARE: Final = "aws_snapshot_create_volume_permission"
DEFAULT, DEFAULT_KEY = "aws_ebs_encryption_by_default", "aws_ebs_default_kms_key"
BLOCK: Final = "aws_ebs_snapshot_block_public_access"
_SOURCES: Final = {
    VOLUME: ("snapshot_id", frozenset({SNAPSHOT, COPY})),
    SNAPSHOT: ("volume_id", frozenset({VOLUME})),
    COPY: ("source_snapshot_id", frozenset({SNAPSHOT, COPY})),
}
_SHARING: Final = "EBS User Guide, sharing a snapshot: whoever it is shared with may copy it or make volumes of it"
_DEFAULTS: Final = "encryption by default of the region decides, which is not in this plan"


def convert(disk: Planned, plan: Plan) -> Resource:
    """A planned volume or snapshot."""
    sheet = FactSheet()
    at_rest = encrypted(disk, plan)
    sheet.put("encryption.at_rest", at_rest)
    sheet.put("encryption.key_custody", _custody(disk, plan, at_rest))
    if disk.type == VOLUME:
        put_no_policy(sheet, "EBS volumes take no resource policy: only instances of their account and zone attach them")
        put_inside_vpc(sheet, "EBS volumes have no address; the instance they are attached to reads them")
        put_unlogged(sheet, "EBS keeps no record of the blocks that an instance reads or writes")
        sheet.not_applicable("recovery.delete_protected", "EBS has no deletion protection for volumes")
        sheet.not_applicable("volume.items", "a volume holds blocks")
    else:
        _snapshot(disk, plan, at_rest, sheet)
    size = disk.root.number("size" if disk.type == VOLUME else "volume_size")
    if isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", size.value * GIB, size.via)
    own = text_or(disk.root, "id")
    attribute, sources = _SOURCES[disk.type]
    return plan.resource(
        disk,
        Kind.BLOCK_VOLUME if disk.type == VOLUME else Kind.SNAPSHOT,
        own or disk.place.name,
        sheet.facts,
        links=(*_keys(disk, plan), *plan.links(Rel.COPY_OF, disk, disk.root, (attribute,), sources)),
        aliases=(own, text_or(disk.root, "arn")),
        description=text_or(disk.root, "description"),
    )


def encrypted(disk: Planned, plan: Plan) -> Maybe[bool]:
    """Whether a disk is encrypted: what it says, what the region's default of the plan says, or what its source is."""
    own = disk.root.flag("encrypted")
    if isinstance(own, Known) and own.value:
        return Known(True, own.via)
    for default in _of_region(disk, plan, DEFAULT):
        on = defaulted(default, "enabled", True)
        if disk.type != SNAPSHOT and disk.is_new and isinstance(on, Known) and on.value:
            # With encryption by default, every new volume and copy is encrypted (EBS User Guide, "Encryption by default").
            return Known(True, on.via)
    if isinstance(own, Known) and own.value is False:
        return Known(False, own.via)
    if isinstance(own, Unknown) and not is_filled_in(disk, "encrypted", found=own):
        return own
    attribute, sources = _SOURCES[disk.type]
    source = neighbour(plan, disk, (attribute,), sources, ("id", "arn"))
    if source is not None:
        said = source.root.flag("encrypted")
        if isinstance(said, Known) and said.value is not None:
            return Known(said.value, said.via)
        if isinstance(said, Unknown) and disk.type == SNAPSHOT and not is_filled_in(source, "encrypted", found=said):
            return said
    return Unknown(UnknownReason.KNOWN_AFTER_APPLY, own.via, _DEFAULTS)


def _of_region(disk: Planned, plan: Plan, kind: str) -> tuple[Planned, ...]:
    return tuple(one for one in plan.by_type.get(kind, ()) if one.provider == disk.provider and not one.is_gone)


def _custody(disk: Planned, plan: Plan, at_rest: Maybe[bool]) -> AnyFact:
    if isinstance(at_rest, Unknown):
        return at_rest
    if not at_rest.value:
        return NotApplicable("not encrypted", at_rest.via)
    holder = _holder(disk, plan)
    named = holder.root.text("kms_key_id")
    silent = is_filled_in(holder, "kms_key_id", found=named) or (isinstance(named, Known) and named.value is None)
    if not silent or holder.root.is_written("kms_key_id"):
        return custody(plan, holder, ("kms_key_id",), without="provider-managed")
    for default in _of_region(disk, plan, DEFAULT_KEY):
        return custody(plan, default, ("key_arn",), without="customer")
    detail = "the region's default key for EBS decides: aws/ebs unless another was chosen"
    return Unknown(UnknownReason.NOT_COLLECTED, named.via, detail, between=("provider-managed", "customer"))


def _holder(disk: Planned, plan: Plan) -> Planned:
    """Whose key argument counts: a snapshot is under the key of its volume."""
    if disk.type != SNAPSHOT:
        return disk
    return neighbour(plan, disk, ("volume_id",), {VOLUME}, ("id", "arn")) or disk


def _keys(disk: Planned, plan: Plan) -> tuple[Link, ...]:
    holder = _holder(disk, plan)
    found = key_links(plan, holder, ("kms_key_id",))
    for default in _of_region(disk, plan, DEFAULT_KEY) if not found and holder.is_new else ():
        return key_links(plan, default, ("key_arn",))
    return found


def _snapshot(snapshot: Planned, plan: Plan, at_rest: Maybe[bool], sheet: FactSheet) -> None:
    put_shared(sheet, _shared_with(snapshot, plan), _SHARING)
    sheet.put("access.public_blocked", _public_blocked(snapshot, plan, at_rest))
    lock = "whether the snapshot is locked"
    sheet.put("immutability.mode", unless_new(snapshot, "none", lock))
    sheet.put("immutability.min_days", unless_new(snapshot, 0, lock))
    sheet.not_applicable("volume.items", "a snapshot holds blocks")


def _shared_with(snapshot: Planned, plan: Plan) -> Maybe[frozenset[str]]:
    children = plan.children(snapshot, SHARE)
    named = [child.root.text("account_id") for child in children.found]
    certain = frozenset(one.value for one in named if isinstance(one, Known) and one.value)
    open_ = next((one for one in named if isinstance(one, Unknown)), children.loose)
    if open_ is None and not snapshot.is_new:
        open_ = elsewhere(snapshot, "with whom else the snapshot is shared")
    if open_ is not None:
        return Unknown(open_.reason, open_.via, open_.detail, includes=certain)
    return Known(certain, snapshot.root.via)


def _public_blocked(snapshot: Planned, plan: Plan, at_rest: Maybe[bool]) -> Maybe[bool]:
    if isinstance(at_rest, Known) and at_rest.value:
        # EBS User Guide, sharing a snapshot: an encrypted snapshot cannot be made public.
        return at_rest
    for one in _of_region(snapshot, plan, BLOCK):
        state = one.root.text("state")
        # New snapshots are blocked by either word; one that was shared before only by the first (EC2 API, SnapshotBlockPublicAccessState).
        words = {"block-all-sharing", "block-new-sharing"} if snapshot.is_new else {"block-all-sharing"}
        return mapped(state, words.__contains__)
    return at_rest if isinstance(at_rest, Unknown) else elsewhere(snapshot, "the region's block on public sharing of snapshots")


CONVERTER = Converter(
    frozenset({VOLUME, SNAPSHOT, COPY}),
    convert,
    tuple(Child(SHARE, "snapshot_id", ("id",), of=one) for one in (SNAPSHOT, COPY)),
    KEY_TYPES | {DEFAULT, DEFAULT_KEY, BLOCK},
)
