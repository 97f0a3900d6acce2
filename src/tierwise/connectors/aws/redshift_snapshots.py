"""Snapshots of Redshift clusters; with whom they are shared comes with the listing, and they can never be public."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.share import put_mutable, put_shared
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.listed import flag
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Draft
from tierwise.model.fact import AnyFact, FactSheet, Known
from tierwise.model.resource import Evidence, Kind, Link, Rel, Resource

SNAPSHOTS = Read("redshift", "DescribeClusterSnapshots", "redshift:DescribeClusterSnapshots", kinds=frozenset({Kind.SNAPSHOT}), links=True)
_MIB = 1024**2


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the snapshots of one region that the account owns; without `OwnerAccount` the API also answers with those it may restore."""
    for item in caller.listing(SNAPSHOTS, "Snapshots", OwnerAccount=caller.account):
        name, cluster = str(item["SnapshotIdentifier"]), str(item.get("ClusterIdentifier") or "")
        arn = f"arn:{caller.partition}:redshift:{caller.region}:{caller.account}:snapshot:{cluster}/{name}"
        resource = Resource(
            arn,
            Kind.SNAPSHOT,
            "redshift.snapshot",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=Known(tag_map(item.get("Tags") or ()), SNAPSHOTS.via),
            aliases=(name,),
            evidence=Evidence(description=str(item.get("DBName") or "")),
        )
        yield Draft(resource, {SNAPSHOTS.operation: Known(item, SNAPSHOTS.via), keys.ALIASES: keys.aliases(caller)})


def _item(draft: Draft) -> Mapping[str, Any]:
    doc = draft.doc(SNAPSHOTS)
    return (doc.value or {}) if isinstance(doc, Known) else {}


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """Encryption, sharing and size of a snapshot."""
    sheet = FactSheet()
    item, via = _item(draft), SNAPSHOTS.via
    if item.get("EncryptedWithHSM"):
        sheet.known("encryption.at_rest", True, via)
        sheet.known("encryption.key_custody", "customer", via)
    else:
        put_encryption(sheet, flag(item, "Encrypted", via), item.get("KmsKeyId"), draft.docs, without="provider-owned")
    accounts = frozenset(str(one["AccountId"]) for one in item.get("AccountsWithRestoreAccess") or () if one.get("AccountId"))
    put_shared(sheet, Known(accounts, via), "Redshift Management Guide, sharing snapshots: with named accounts only")
    sheet.constant("access.public_blocked", True, "Redshift Management Guide, sharing snapshots: with named accounts only")
    put_mutable(sheet, "Redshift has no write-once mode for snapshots")
    if item.get("TotalBackupSizeInMegaBytes") is not None:
        sheet.known("volume.bytes", int(float(item["TotalBackupSizeInMegaBytes"]) * _MIB), via)
    return sheet.facts


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the cluster it was taken of."""
    item, resource = _item(draft), draft.resource
    found = list(keys.key_links(item.get("KmsKeyId")))
    if cluster := item.get("ClusterIdentifier"):
        region = item.get("SourceRegion") or resource.region
        partition = resource.id.split(":")[1]
        found.append(Link(Rel.COPY_OF, f"arn:{partition}:redshift:{region}:{resource.account}:cluster:{cluster}"))
    return tuple(found)


COLLECTOR = Collector("redshift", (SNAPSHOTS, keys.LIST_ALIASES), survey, facts, links)
