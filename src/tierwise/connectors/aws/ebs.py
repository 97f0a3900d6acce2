"""EBS volumes and snapshots, through EC2.

DescribeSnapshots also answers with snapshots that others own where the endpoint ignores `OwnerIds` (emulators list about 1,300 behind
public images that way): they hold none of the account's data and are left out by their owner, before any further call. Snapshots of the
account's own images stay in: each is a copy of a volume. Whether a snapshot is public is what is written on it. A region's block on public
sharing hides such a snapshot only as long as the block stands; it is told by `access.public_blocked`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.share import SHARED_FACTS, put_inside_vpc, put_no_policy, put_shared
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.gather import gather
from tierwise.connectors.aws.listed import flag, items_of
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Evidence, Kind, Link, Rel, Resource

_GIB = 1024**3
_NO_VOLUME = "vol-ffffffff"
"""EC2 API, Snapshot.VolumeId: snapshots made by CopySnapshot carry an arbitrary volume id; this one is used."""
_ALL_BLOCKED, _NEW_BLOCKED = "block-all-sharing", "block-new-sharing"


def _snapshot(draft: Draft) -> Mapping[str, Any]:
    return {"SnapshotId": draft.resource.name, "Attribute": "createVolumePermission"}


def _block_state(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    return caller.once(BLOCK.operation, lambda: caller.ask(BLOCK))


def _locks(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    return caller.once(LOCKS.operation, lambda: _all_locks(caller))


def _all_locks(caller: Caller) -> Maybe[Doc | None]:
    # The SDK has no paginator for this operation.
    found: dict[str, Any] = {}
    token: dict[str, str] = {}
    while True:
        page = caller.ask(LOCKS, **token)
        if isinstance(page, Unknown):
            return page
        body = page.value or {}
        found.update({str(one["SnapshotId"]): one for one in body.get("Snapshots") or ()})
        if not body.get("NextToken"):
            return Known(found, LOCKS.via)
        token = {"NextToken": str(body["NextToken"])}


VOLUMES = Read("ec2", "DescribeVolumes", "ec2:DescribeVolumes", kinds=frozenset({Kind.BLOCK_VOLUME}), links=True)
SNAPSHOTS = Read("ec2", "DescribeSnapshots", "ec2:DescribeSnapshots", kinds=frozenset({Kind.SNAPSHOT}), links=True)
ATTRIBUTE = Read("ec2", "DescribeSnapshotAttribute", "ec2:DescribeSnapshotAttribute", Stage.DETAIL, SHARED_FACTS, params=_snapshot)
BLOCK = Read(
    "ec2",
    "GetSnapshotBlockPublicAccessState",
    "ec2:GetSnapshotBlockPublicAccessState",
    Stage.DETAIL,
    frozenset({"access.public_blocked"}),
    make=_block_state,
)
LOCKS = Read(
    "ec2",
    "DescribeLockedSnapshots",
    "ec2:DescribeLockedSnapshots",
    Stage.DETAIL,
    frozenset({"immutability.mode", "immutability.min_days"}),
    make=_locks,
)


def _own_snapshots(caller: Caller) -> Maybe[Doc | None]:
    """The account's own snapshots of one region, read once."""

    def make() -> Maybe[Doc | None]:
        listed = gather(caller, SNAPSHOTS, "Snapshots", OwnerIds=["self"])
        if isinstance(listed, Unknown):
            return listed
        return Known(
            {"Snapshots": [one for one in (listed.value or {})["Snapshots"] if str(one.get("OwnerId")) == caller.account]}, listed.via
        )

    return caller.once(SNAPSHOTS.via.via, make)


def _item(draft: Draft, read: Read) -> Mapping[str, Any]:
    doc = draft.doc(read)
    return (doc.value or {}) if isinstance(doc, Known) else {}


def survey_volumes(caller: Caller) -> Iterator[Draft]:
    """Lists the volumes of one region, each with the own snapshot it was made of."""
    snapshots = _own_snapshots(caller)
    for item in caller.listing(VOLUMES, "Volumes"):
        name = str(item["VolumeId"])
        resource = Resource(
            f"arn:{caller.partition}:ec2:{caller.region}:{caller.account}:volume/{name}",
            Kind.BLOCK_VOLUME,
            "ec2.volume",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=Known(tag_map(item.get("Tags") or ()), VOLUMES.via),
            aliases=(name,),
        )
        source = _source(snapshots, str(item.get("SnapshotId") or ""))
        yield Draft(resource, {VOLUMES.operation: Known(item, VOLUMES.via), "source": source, keys.ALIASES: keys.aliases(caller)})


def _source(snapshots: Maybe[Doc | None], name: str) -> Maybe[Doc | None]:
    """The own snapshot that a volume was made of: volumes made of public images have a source that holds nobody's data."""
    if not name or isinstance(snapshots, Unknown):
        return snapshots if name else Known(None, VOLUMES.via)
    listed = (snapshots.value or {})["Snapshots"]
    own = any(one["SnapshotId"] == name for one in listed)
    return Known({"SnapshotId": name} if own else None, SNAPSHOTS.via)


def volume_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """Encryption, reach and size of a volume."""
    sheet = FactSheet()
    item, via = _item(draft, VOLUMES), VOLUMES.via
    put_encryption(sheet, flag(item, "Encrypted", via), item.get("KmsKeyId"), draft.docs)
    put_no_policy(sheet, "EBS volumes take no resource policy: only instances of their account and zone attach them")
    put_inside_vpc(sheet, "EBS volumes have no address; the instance they are attached to reads them")
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, "EBS keeps no record of the blocks that an instance reads or writes")
    sheet.not_applicable("recovery.delete_protected", "EBS has no deletion protection for volumes")
    if item.get("Size"):
        sheet.known("volume.bytes", int(item["Size"]) * _GIB, via)
    sheet.not_applicable("volume.items", "a volume holds blocks")
    return sheet.facts


def volume_links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the own snapshot it was made of."""
    found = list(keys.key_links(_item(draft, VOLUMES).get("KmsKeyId")))
    source = draft.docs.get("source", Unknown(UnknownReason.NOT_COLLECTED, SNAPSHOTS.via))
    if isinstance(source, Unknown):
        found.append(Link(Rel.COPY_OF, "", source))
    elif source.value:
        found.append(Link(Rel.COPY_OF, _snapshot_arn(draft, str(source.value["SnapshotId"]))))
    return tuple(found)


def _snapshot_arn(draft: Draft, name: str) -> str:
    partition = draft.resource.id.split(":")[1]
    return f"arn:{partition}:ec2:{draft.resource.region}::snapshot/{name}"


def survey_snapshots(caller: Caller) -> Iterator[Draft]:
    """Lists the account's own snapshots of one region."""
    for item in items_of(_own_snapshots(caller), caller, SNAPSHOTS, "Snapshots"):
        name = str(item["SnapshotId"])
        resource = Resource(
            # The ARN of a snapshot carries no account (Service Authorization Reference, Amazon EC2).
            f"arn:{caller.partition}:ec2:{caller.region}::snapshot/{name}",
            Kind.SNAPSHOT,
            "ec2.snapshot",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=Known(tag_map(item.get("Tags") or ()), SNAPSHOTS.via),
            aliases=(name, f"arn:{caller.partition}:ec2:{caller.region}:{caller.account}:snapshot/{name}"),
            evidence=Evidence(description=str(item.get("Description") or "")),
        )
        yield Draft(resource, {SNAPSHOTS.operation: Known(item, SNAPSHOTS.via), keys.ALIASES: keys.aliases(caller)})


def snapshot_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """Encryption, sharing, lock and size of a snapshot."""
    sheet = FactSheet()
    item, via = _item(draft, SNAPSHOTS), SNAPSHOTS.via
    at_rest = flag(item, "Encrypted", via)
    put_encryption(sheet, at_rest, item.get("KmsKeyId"), draft.docs)
    named = _shared_with(draft)
    put_shared(sheet, named, "EBS User Guide, sharing a snapshot: whoever it is shared with may copy it or make volumes of it")
    sheet.put("access.public_blocked", _public_blocked(draft, at_rest, named))
    _put_lock(draft, sheet)
    size = item.get("FullSnapshotSizeInBytes") or int(item.get("VolumeSize") or 0) * _GIB
    if size:
        sheet.known("volume.bytes", int(size), via)
    sheet.not_applicable("volume.items", "a snapshot holds blocks")
    return sheet.facts


def _shared_with(draft: Draft) -> Maybe[frozenset[str]]:
    listed = field_of(draft.doc(ATTRIBUTE), "CreateVolumePermissions", absent=[])
    if isinstance(listed, Unknown):
        return listed
    return Known(frozenset(str(one.get("Group") or one.get("UserId")) for one in listed.value or ()), ATTRIBUTE.via)


def _public_blocked(draft: Draft, at_rest: Maybe[bool], named: Maybe[frozenset[str]]) -> Maybe[bool]:
    if isinstance(at_rest, Known) and at_rest.value:
        # EBS User Guide, sharing a snapshot: an encrypted snapshot cannot be made public.
        return at_rest
    state = field_of(draft.doc(BLOCK), "State")
    if isinstance(state, Unknown) or state.value != _NEW_BLOCKED:
        return state if isinstance(state, Unknown) else Known(state.value == _ALL_BLOCKED, BLOCK.via)
    return named if isinstance(named, Unknown) else Known("all" not in named.value, BLOCK.via)


def _put_lock(draft: Draft, sheet: FactSheet) -> None:
    locks = draft.doc(LOCKS)
    if isinstance(locks, Unknown):
        sheet.put("immutability.mode", locks)
        sheet.put("immutability.min_days", locks)
        return
    lock = (locks.value or {}).get(draft.resource.name) or {}
    # EC2 API, LockedSnapshotsInfo: in its cooling-off time a compliance lock can still be lifted by those who may.
    mode = {"compliance": "compliance", "compliance-cooloff": "governance", "governance": "governance"}.get(
        str(lock.get("LockState")), "none"
    )
    sheet.known("immutability.mode", mode, LOCKS.via)
    sheet.known("immutability.min_days", 0 if mode == "none" else int(lock.get("LockDuration") or 0), LOCKS.via)


def snapshot_links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the volume it was taken of; a copy of a snapshot does not say what it copies."""
    item = _item(draft, SNAPSHOTS)
    found = list(keys.key_links(item.get("KmsKeyId")))
    volume = str(item.get("VolumeId") or "")
    if volume == _NO_VOLUME:
        copied = Unknown(UnknownReason.NOT_SUPPORTED, SNAPSHOTS.via, "a copied snapshot does not name what it was copied from")
        found.append(Link(Rel.COPY_OF, "", copied))
    elif volume:
        partition = draft.resource.id.split(":")[1]
        found.append(Link(Rel.COPY_OF, f"arn:{partition}:ec2:{draft.resource.region}:{draft.resource.account}:volume/{volume}"))
    return tuple(found)


COLLECTORS = (
    Collector("ec2", (VOLUMES, SNAPSHOTS, keys.LIST_ALIASES), survey_volumes, volume_facts, volume_links),
    Collector("ec2", (SNAPSHOTS, keys.LIST_ALIASES, ATTRIBUTE, BLOCK, LOCKS), survey_snapshots, snapshot_facts, snapshot_links),
)
