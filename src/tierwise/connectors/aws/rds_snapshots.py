"""Snapshots of RDS instances and of Aurora, DocumentDB and Neptune clusters, manual and automated.

Only the account's own are listed: snapshots that others share with it or publish are theirs. Automated snapshots cannot be shared
(RDS User Guide, "Sharing a DB snapshot": copy it first), so their sharing is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tierwise.access.share import SHARED_FACTS, put_mutable, put_shared
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.rds_facts import GIB, keyless, stored_encrypted
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.aws.recorded import Recorded, each_of, part
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.database import on_cluster_storage
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Evidence, Kind, Link, Rel, Resource


@dataclass(frozen=True, slots=True)
class _Sort:
    """How the API spells one of the two sorts of snapshots."""

    listing: Read
    items: str
    name: str
    arn: str
    source: str
    copied_from: str
    encrypted: str
    type: str
    source_arn: str
    attributes: str
    values: str
    recorded: str
    """What AWS Config calls it."""


_KIND = frozenset({Kind.SNAPSHOT})
_SUPPLEMENT: Final = "supplementaryConfiguration"
INSTANCE = _Sort(
    Read("rds", "DescribeDBSnapshots", "rds:DescribeDBSnapshots", kinds=_KIND, links=True),
    "DBSnapshots",
    "DBSnapshotIdentifier",
    "DBSnapshotArn",
    "DBInstanceIdentifier",
    "SourceDBSnapshotIdentifier",
    "Encrypted",
    "rds.snapshot",
    "db",
    "DescribeDBSnapshotAttributes",
    "DBSnapshotAttributes",
    "AWS::RDS::DBSnapshot",
)
CLUSTER = _Sort(
    Read("rds", "DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshots", kinds=_KIND, links=True),
    "DBClusterSnapshots",
    "DBClusterSnapshotIdentifier",
    "DBClusterSnapshotArn",
    "DBClusterIdentifier",
    "SourceDBClusterSnapshotArn",
    "StorageEncrypted",
    "rds.cluster-snapshot",
    "cluster",
    "DescribeDBClusterSnapshotAttributes",
    "DBClusterSnapshotAttributes",
    "AWS::RDS::DBClusterSnapshot",
)


def _listed(sort: _Sort, draft: Draft) -> Mapping[str, Any]:
    doc = draft.doc(sort.listing)
    return (doc.value or {}) if isinstance(doc, Known) else {}


def _if_shareable(sort: _Sort, draft: Draft) -> Mapping[str, Any] | None:
    return None if _listed(sort, draft).get("SnapshotType") == "automated" else {sort.name: draft.resource.name}


def _attributes(sort: _Sort) -> Read:
    return Read("rds", sort.attributes, f"rds:{sort.attributes}", Stage.DETAIL, SHARED_FACTS, params=partial(_if_shareable, sort))


_ATTRIBUTES = {sort.type: _attributes(sort) for sort in (INSTANCE, CLUSTER)}


def survey(sort: _Sort, caller: Caller) -> Iterator[Draft]:
    """Lists the account's own snapshots of one sort."""
    for item in caller.listing(sort.listing, sort.items):
        name = str(item[sort.name])
        caller.note_made(str(item[sort.arn]), item.get("SnapshotCreateTime"))
        resource = Resource(
            str(item[sort.arn]),
            Kind.SNAPSHOT,
            sort.type,
            "aws",
            caller.account,
            caller.region,
            name,
            tags=Known(tag_map(item.get("TagList") or ()), sort.listing.via),
            aliases=(name,),
            evidence=Evidence(description=str(item.get(sort.source) or "")),
        )
        yield Draft(resource, {sort.listing.operation: Known(item, sort.listing.via), keys.ALIASES: keys.aliases(caller)})


def facts(sort: _Sort, draft: Draft) -> Mapping[str, AnyFact]:
    """Encryption, sharing, write-once mode and size of a snapshot."""
    sheet = FactSheet()
    item, via = _listed(sort, draft), sort.listing.via
    at_rest = stored_encrypted(item, sort.encrypted, via)
    put_encryption(sheet, at_rest, item.get("KmsKeyId"), draft.docs, without=keyless(item))
    put_shared(sheet, _shared_with(sort, draft), "RDS User Guide, sharing a DB snapshot: whoever it is shared with may restore or copy it")
    # RDS User Guide, sharing a DB snapshot: an encrypted snapshot cannot be made public; no other switch forbids it.
    sheet.put("access.public_blocked", at_rest)
    if item.get("SnapshotType") == "awsbackup":
        vault = Unknown(UnknownReason.NOT_COLLECTED, via, "the lock of its AWS Backup vault decides")
        sheet.put("immutability.mode", vault)
        sheet.put("immutability.min_days", vault)
    else:
        put_mutable(sheet, "RDS has no write-once mode for snapshots")
    if not on_cluster_storage(str(item.get("Engine", ""))) and item.get("AllocatedStorage"):
        sheet.known("volume.bytes", int(item["AllocatedStorage"]) * GIB, via)
    return sheet.facts


def _shared_with(sort: _Sort, draft: Draft) -> Maybe[frozenset[str]]:
    via = sort.listing.via
    if _listed(sort, draft).get("SnapshotType") == "automated":
        return Known(frozenset(), via)
    listed = field_of(draft.doc(_ATTRIBUTES[sort.type]), f"{sort.values}Result", sort.values, absent=[])
    if isinstance(listed, Unknown):
        return listed
    named = [str(each) for one in listed.value if one.get("AttributeName") == "restore" for each in one.get("AttributeValues") or ()]
    return Known(frozenset(named), listed.via)


def links(sort: _Sort, draft: Draft) -> tuple[Link, ...]:
    """Its key, and the database it was taken of, through however many copies."""
    item = _listed(sort, draft)
    found = list(keys.key_links(item.get("KmsKeyId")))
    copied = str(item.get(sort.copied_from) or "")
    _arn, partition, _rds, region, account, *_rest = draft.resource.id.split(":")
    if copied.startswith("arn:"):
        # A copy keeps the name of the database; where that lives is told by the snapshot that was copied.
        region, account = copied.split(":")[3:5]
    elif item.get("SourceRegion"):
        region = str(item["SourceRegion"])
    if item.get(sort.source):
        found.append(Link(Rel.COPY_OF, f"arn:{partition}:rds:{region}:{account}:{sort.source_arn}:{item[sort.source]}"))
    return tuple(found)


def _told(sort: _Sort, item: Mapping[str, Any]) -> Doc | None:
    """What the call for its attributes answers, out of an item of AWS Config; one that has no `restore`, or not its accounts, does not tell."""
    named = each_of(part(item, _SUPPLEMENT, sort.values), AttributeName=str, AttributeValues=list) or []
    told = any(one["AttributeName"] == "restore" for one in named)
    right = all(isinstance(who, str) for one in named for who in one["AttributeValues"])
    return {f"{sort.values}Result": {sort.values: named}} if told and right else None


def _collector(sort: _Sort) -> Collector:
    reads = (sort.listing, keys.LIST_ALIASES, _ATTRIBUTES[sort.type])
    recorded = Recorded(sort.recorded, (f"{_SUPPLEMENT}.{sort.values}",), {sort.attributes: partial(_told, sort)})
    return Collector("rds", reads, partial(survey, sort), partial(facts, sort), partial(links, sort), recorded=recorded)


COLLECTORS = (_collector(INSTANCE), _collector(CLUSTER))
