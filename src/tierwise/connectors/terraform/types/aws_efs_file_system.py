"""EFS file systems with their policy, backup policy and replication."""

from __future__ import annotations

from typing import Final

from tierwise.access.audience import tls_of
from tierwise.access.share import put_inside_vpc
from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import elsewhere, is_filled_in, policy_of, put_encryption, put_policy, put_unlogged
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

FILE_SYSTEM: Final = "aws_efs_file_system"
POLICY, BACKUP, REPLICATION = f"{FILE_SYSTEM}_policy", "aws_efs_backup_policy", "aws_efs_replication_configuration"
_SERVICE: Final = "elasticfilesystem"


def convert(share: Planned, plan: Plan) -> Resource:
    """A planned file system."""
    sheet = FactSheet()
    links = put_encryption(plan, share, sheet, defaulted(share, "encrypted", False), ("kms_key_id",), without="provider-managed")
    policy = policy_of(plan, share, POLICY)
    grants = put_policy(plan, share, policy, _SERVICE, sheet, Kind.FILE_SHARE, endpoint=False)
    # Without a policy any client that reaches a mount target may mount without TLS (EFS User Guide, default file system policy).
    required: AnyFact = policy if isinstance(policy, Unknown) else tls_of(policy.value, service=_SERVICE, via=policy.via)[0]
    sheet.put("transport.tls_required", required)
    put_inside_vpc(sheet, "EFS User Guide, accessing file systems: clients reach mount targets inside a VPC")
    sheet.constant("transport.min_tls", "1.2", "EFS User Guide, encrypting data in transit: TLS 1.2")
    put_unlogged(sheet, "EFS records calls of its API, not what NFS clients read and write")
    sheet.not_applicable("recovery.soft_delete_days", "EFS has no soft delete")
    sheet.put("retention.backup_days", _backup_days(share, plan))
    replicas = _replicas(share, plan)
    _put_redundancy(share, plan, replicas, sheet)
    name = text_or(share.root, "creation_token")
    return plan.resource(
        share,
        Kind.FILE_SHARE,
        text_or(share.root, "id") or name or share.place.name,
        sheet.facts,
        links=(*links, *replicas),
        aliases=(text_or(share.root, "arn"), text_or(share.root, "id")),
        description=text_or(share.root, "name"),
        grants=grants,
    )


def _backup_days(share: Planned, plan: Plan) -> AnyFact:
    children = plan.children(share, BACKUP)
    if children.loose is not None:
        return children.loose
    if children.removed:
        return Known(0, children.removed[0].root.via)
    zone = share.root.text("availability_zone_name")
    one_zone = share.root.is_written("availability_zone_name") or (isinstance(zone, Known) and bool(zone.value))
    if not children.found and not share.is_new:
        return elsewhere(share, "its backup policy")
    status: Maybe[str | None] = Known("ENABLED" if one_zone else None, share.root.via)
    if children.found:
        status = children.found[0].root.text("backup_policy", 0, "status")
    if isinstance(status, Unknown):
        return status
    # Only One Zone file systems are backed up without being asked (EFS API Reference, CreateFileSystem, Backup).
    if status.value not in ("ENABLED", "ENABLING"):
        return Known(0, status.via)
    detail = "the retention of the plan aws/efs/automatic-backup-plan decides (35 days unless changed)"
    return Unknown(UnknownReason.NOT_COLLECTED, status.via, detail, between=(1, UNLIMITED))


def _replicas(share: Planned, plan: Plan) -> tuple[Link, ...]:
    children = plan.children(share, REPLICATION)
    found: list[Link] = []
    for child in children.found:
        named = child.root.text("destination", 0, "file_system_id")
        region = child.root.text("destination", 0, "region")
        path = ("destination", 0, "file_system_id")
        if child.root.is_written(*path) or (isinstance(named, Known) and named.value):
            found += plan.links(Rel.REPLICATES_TO, child, child.root, path, {FILE_SYSTEM})
        elif isinstance(region, Unknown) and not is_filled_in(child, "destination", 0, "region", found=region):
            found.append(Link(Rel.REPLICATES_TO, "", region))
        else:
            # The replica is made by the replication itself and has no resource of its own.
            place = (region.value if isinstance(region, Known) else None) or plan.providers.region(child)
            found.append(Link(Rel.REPLICATES_TO, f"arn:aws:elasticfilesystem:{place}:{plan.providers.account(share)}:file-system/replica"))
    if children.loose is not None:
        found.append(Link(Rel.REPLICATES_TO, "", children.loose))
    return tuple(found)


def _put_redundancy(share: Planned, plan: Plan, replicas: tuple[Link, ...], sheet: FactSheet) -> None:
    zone = share.root.text("availability_zone_name")
    written = share.root.is_written("availability_zone_name")
    own = "zone" if written or share.outside or (isinstance(zone, Known) and zone.value) else "multi-zone"
    here = plan.providers.region(share)
    regions = [_region(link, plan) for link in replicas if link.unknown is None]
    if here and any(region not in ("", here) for region in regions):
        sheet.known("recovery.redundancy", "multi-region", share.root.via)
    elif replicas:
        why = next((link.unknown for link in replicas if link.unknown is not None), None)
        open_ = why or Unknown(UnknownReason.NOT_COLLECTED, share.root.via, "the region of the replica is not in the plan")
        settled = here and why is None and all(region == here for region in regions)
        sheet.put(
            "recovery.redundancy",
            Known(own, share.root.via) if settled else Unknown(open_.reason, open_.via, open_.detail, between=(own, "multi-region")),
        )
    elif share.is_new or written:
        sheet.known("recovery.redundancy", own, share.root.via)
    else:
        unseen = elsewhere(share, "its replication")
        sheet.put("recovery.redundancy", Unknown(unseen.reason, unseen.via, unseen.detail, between=(own, "multi-region")))


def _region(link: Link, plan: Plan) -> str:
    """The region of a replica: of its ARN, or of the resource of this plan."""
    target = plan.by_address.get(link.to.removeprefix(plan.prefix))
    if target is not None:
        return plan.providers.region(target)
    parts = link.to.split(":")
    return parts[3] if len(parts) > 5 else ""


_ID: Final = ("id",)
CONVERTER = Converter(
    frozenset({FILE_SYSTEM}),
    convert,
    (Child(POLICY, "file_system_id", _ID), Child(BACKUP, "file_system_id", _ID), Child(REPLICATION, "source_file_system_id", _ID)),
    KEY_TYPES | {DOCUMENT},
)
