"""Backups of ElastiCache clusters and replication groups. They cannot be shared, only exported to a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.share import put_mutable, put_shared
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

SNAPSHOTS = Read("elasticache", "DescribeSnapshots", "elasticache:DescribeSnapshots", kinds=frozenset({Kind.SNAPSHOT}), links=True)
_DOC = "ElastiCache User Guide, backups: they stay in the account, or are exported to a bucket"


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the backups of one region."""
    for item in caller.listing(SNAPSHOTS, "Snapshots"):
        name = str(item["SnapshotName"])
        arn = str(item.get("ARN") or f"arn:{caller.partition}:elasticache:{caller.region}:{caller.account}:snapshot:{name}")
        tags = caller.tags_of(arn)
        resource = Resource(
            arn, Kind.SNAPSHOT, "elasticache.snapshot", "aws", caller.account, caller.region, name, tags=tags, aliases=(name,)
        )
        yield Draft(resource, {SNAPSHOTS.operation: Known(item, SNAPSHOTS.via), keys.ALIASES: keys.aliases(caller)})


def _item(draft: Draft) -> Mapping[str, Any]:
    doc = draft.doc(SNAPSHOTS)
    return (doc.value or {}) if isinstance(doc, Known) else {}


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """Encryption and sharing of a backup."""
    sheet = FactSheet()
    item, via = _item(draft), SNAPSHOTS.via
    # The API names a key but has no flag; without a key a backup may be plain or encrypted with the service's own key.
    unstated = Unknown(UnknownReason.NOT_SUPPORTED, via, "the API does not say whether a backup without a key of its own is encrypted")
    at_rest: Maybe[bool] = Known(True, via) if item.get("KmsKeyId") else unstated
    put_encryption(sheet, at_rest, item.get("KmsKeyId"), draft.docs)
    put_shared(sheet, Known(frozenset(), via), _DOC)
    sheet.constant("access.public_blocked", True, _DOC)
    put_mutable(sheet, "ElastiCache has no write-once mode for backups")
    return sheet.facts


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the replication group or cluster it was taken of."""
    item, resource = _item(draft), draft.resource
    found = list(keys.key_links(item.get("KmsKeyId")))
    stem = ":".join(resource.id.split(":")[:5])
    if group := item.get("ReplicationGroupId"):
        found.append(Link(Rel.COPY_OF, f"{stem}:replicationgroup:{group}"))
    elif cluster := item.get("CacheClusterId"):
        found.append(Link(Rel.COPY_OF, f"{stem}:cluster:{cluster}"))
    return tuple(found)


COLLECTOR = Collector("elasticache", (SNAPSHOTS, keys.LIST_ALIASES), survey, facts, links)
