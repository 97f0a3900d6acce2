"""EFS file systems: encryption, file-system policy, backup policy and replication. Tags come with the listing.

A file system has no public address: clients reach its mount targets inside a VPC, so the mount targets themselves are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tierwise.access.audience import tls_of
from tierwise.access.share import put_inside_vpc
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.listed import flag, whole
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.aws.recorded import Recorded, members, part
from tierwise.connectors.aws.resource_policy import AUDIENCE_FACTS, facts_of_policy, parsed, policy_grants, policy_text
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Evidence, Grant, Kind, Link, Rel, Resource

_POLICY_SERVICE = "elasticfilesystem"


def _file_system(draft: Draft) -> Mapping[str, Any]:
    return {"FileSystemId": draft.resource.name}


LIST = Read("efs", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems", kinds=frozenset({Kind.FILE_SHARE}), links=True)
REPLICATION = Read("efs", "DescribeReplicationConfigurations", "elasticfilesystem:DescribeReplicationConfigurations", links=True)
POLICY = Read(
    "efs",
    "DescribeFileSystemPolicy",
    "elasticfilesystem:DescribeFileSystemPolicy",
    Stage.DETAIL,
    AUDIENCE_FACTS | {"transport.tls_required"},
    absent=frozenset({"PolicyNotFound"}),
    params=_file_system,
)
BACKUP = Read(
    "efs",
    "DescribeBackupPolicy",
    "elasticfilesystem:DescribeBackupPolicy",
    Stage.DETAIL,
    frozenset({"retention.backup_days"}),
    absent=frozenset({"PolicyNotFound"}),
    params=_file_system,
)


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the file systems of one region, each with what it replicates to."""
    replications = whole(caller, REPLICATION, "Replications")
    for item in caller.listing(LIST, "FileSystems"):
        name = str(item["FileSystemId"])
        resource = Resource(
            str(item["FileSystemArn"]),
            Kind.FILE_SHARE,
            "efs.file-system",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=Known(tag_map(item.get("Tags") or ()), LIST.via),
            aliases=(name,),
            evidence=Evidence(description=str(item.get("Name") or "")),
        )
        docs: dict[str, Maybe[Doc | None]] = {LIST.operation: Known(item, LIST.via), REPLICATION.operation: replications}
        yield Draft(resource, {**docs, keys.ALIASES: keys.aliases(caller)})


def _item(draft: Draft) -> Mapping[str, Any]:
    doc = draft.doc(LIST)
    return (doc.value or {}) if isinstance(doc, Known) else {}


def _destinations(draft: Draft) -> Maybe[tuple[str, ...]]:
    """The ARNs of the file systems that receive this one's data."""
    listed = field_of(draft.doc(REPLICATION), "Replications", absent=[])
    if isinstance(listed, Unknown):
        # A region or endpoint that does not know replication has none.
        return Known((), listed.via) if listed.reason is UnknownReason.NOT_SUPPORTED else listed
    partition = draft.resource.id.split(":")[1]
    found = [
        f"arn:{partition}:elasticfilesystem:{to['Region']}:{to.get('OwnerId') or draft.resource.account}:file-system/{to['FileSystemId']}"
        for one in listed.value
        if one.get("SourceFileSystemId") == draft.resource.name
        for to in one.get("Destinations") or ()
        if to.get("Status") not in ("DELETING", "ERROR") and to.get("FileSystemId")
    ]
    return Known(tuple(found), REPLICATION.via)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a file system that its documents so far allow."""
    sheet = FactSheet()
    item, via = _item(draft), LIST.via
    put_encryption(sheet, flag(item, "Encrypted", via), item.get("KmsKeyId"), draft.docs)
    policy = parsed(policy_text(draft.doc(POLICY), "Policy"), POLICY.via)
    facts_of_policy(policy, _POLICY_SERVICE, draft.resource.account, POLICY.via, sheet, kind=Kind.FILE_SHARE, endpoint=False)
    # Without a policy any client that reaches a mount target may mount without TLS (EFS User Guide, default file system policy).
    required = policy if isinstance(policy, Unknown) else tls_of(policy.value, service=_POLICY_SERVICE, via=POLICY.via)[0]
    sheet.put("transport.tls_required", required)
    put_inside_vpc(sheet, "EFS User Guide, accessing file systems: clients reach mount targets inside a VPC")
    # EFS User Guide, encrypting data in transit: the mount helper uses TLS 1.2; there is no other TLS endpoint.
    sheet.constant("transport.min_tls", "1.2", "EFS User Guide, encrypting data in transit: TLS 1.2")
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, "EFS records calls of its API, not what NFS clients read and write")
    sheet.not_applicable("recovery.soft_delete_days", "EFS has no soft delete")
    _put_recovery(draft, sheet)
    size = (item.get("SizeInBytes") or {}).get("Value")
    if size is not None:
        sheet.known("volume.bytes", int(size), via)
    return sheet.facts


def _put_recovery(draft: Draft, sheet: FactSheet) -> None:
    status = field_of(draft.doc(BACKUP), "BackupPolicy", "Status")
    if isinstance(status, Unknown):
        sheet.put("retention.backup_days", status)
    elif status.value in ("ENABLED", "ENABLING"):
        # EFS User Guide, automatic backups: 35 days by default, but the plan `aws/efs/automatic-backup-plan` can be changed.
        detail = "the retention of the plan aws/efs/automatic-backup-plan decides (35 days unless changed)"
        sheet.put("retention.backup_days", Unknown(UnknownReason.NOT_COLLECTED, BACKUP.via, detail, between=(1, UNLIMITED)))
    else:
        sheet.known("retention.backup_days", 0, BACKUP.via)
    own = "zone" if _item(draft).get("AvailabilityZoneName") else "multi-zone"
    copies = _destinations(draft)
    if isinstance(copies, Unknown):
        sheet.put("recovery.redundancy", Unknown(copies.reason, copies.via, copies.detail, between=(own, "multi-region")))
    else:
        elsewhere = any(arn.split(":")[3] != draft.resource.region for arn in copies.value)
        sheet.known("recovery.redundancy", "multi-region" if elsewhere else own, LIST.via)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the file systems it replicates to."""
    found = list(keys.key_links(_item(draft).get("KmsKeyId")))
    copies = _destinations(draft)
    if isinstance(copies, Unknown):
        return (*found, Link(Rel.REPLICATES_TO, "", copies))
    return (*found, *(Link(Rel.REPLICATES_TO, arn) for arn in copies.value))


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of the file-system policy, as evidence."""
    return policy_grants(policy_text(draft.doc(POLICY), "Policy"), POLICY.via)


def _backup(item: Mapping[str, Any]) -> Doc | None:
    """What DescribeBackupPolicy answers, out of an item of AWS Config."""
    told = members(part(item, "configuration", "BackupPolicy"), Status=str)
    return told and {"BackupPolicy": told}


RECORDED: Final = Recorded("AWS::EFS::FileSystem", ("configuration.BackupPolicy",), {BACKUP.operation: _backup})
COLLECTOR = Collector("efs", (LIST, REPLICATION, keys.LIST_ALIASES, POLICY, BACKUP), survey, facts, links, grants, RECORDED)
