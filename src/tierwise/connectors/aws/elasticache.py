"""ElastiCache: replication groups, cache clusters of their own and serverless caches. Tags come from the bulk read of the region.

A cache is reached inside a VPC only (ElastiCache User Guide, "Amazon VPC and ElastiCache security"), but for serverless caches that were
made with a public connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tierwise.access.share import put_inside_vpc, put_no_policy
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.listed import flag
from tierwise.connectors.aws.network import groups_read, put_network
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Evidence, Kind, Link, Rel, Resource

_KIND = frozenset({Kind.CACHE})
GROUPS = Read("elasticache", "DescribeReplicationGroups", "elasticache:DescribeReplicationGroups", kinds=_KIND, links=True)
CLUSTERS = Read("elasticache", "DescribeCacheClusters", "elasticache:DescribeCacheClusters", kinds=_KIND, links=True)
SERVERLESS = Read("elasticache", "DescribeServerlessCaches", "elasticache:DescribeServerlessCaches", kinds=_KIND, links=True)
_TLS_DOC = "ElastiCache User Guide, in-transit encryption: TLS 1.2 and newer"
_VPC_DOC = "ElastiCache User Guide, VPC and security: caches have no public address"


def _survey(read: Read, key: str, name: str, sort: str, caller: Caller, **params: object) -> Iterator[Draft]:
    for item in caller.listing(read, key, **params):
        arn = str(item["ARN"])
        own = str(item[name])
        resource = Resource(
            arn,
            Kind.CACHE,
            f"elasticache.{sort}",
            "aws",
            caller.account,
            caller.region,
            own,
            tags=caller.tags_of(arn),
            aliases=(own,),
            evidence=Evidence(description=str(item.get("Description") or "")),
        )
        yield Draft(resource, {read.operation: Known(item, read.via), keys.ALIASES: keys.aliases(caller)})


def survey_groups(caller: Caller) -> Iterator[Draft]:
    """Lists the replication groups of one region."""
    return _survey(GROUPS, "ReplicationGroups", "ReplicationGroupId", "replication-group", caller)


def survey_clusters(caller: Caller) -> Iterator[Draft]:
    """Lists the cache clusters of one region that belong to no replication group."""
    return _survey(CLUSTERS, "CacheClusters", "CacheClusterId", "cluster", caller, ShowCacheClustersNotInReplicationGroups=True)


def survey_serverless(caller: Caller) -> Iterator[Draft]:
    """Lists the serverless caches of one region; an endpoint that does not know the operation has none."""
    try:
        yield from _survey(SERVERLESS, "ServerlessCaches", "ServerlessCacheName", "serverless-cache", caller)
    except ListingFailedError as failed:
        if failed.gap.reason != UnknownReason.NOT_SUPPORTED:
            raise


def _item(draft: Draft, read: Read) -> Mapping[str, Any]:
    doc = draft.doc(read)
    return (doc.value or {}) if isinstance(doc, Known) else {}


def _common(sheet: FactSheet) -> None:
    put_no_policy(sheet, "ElastiCache caches take no resource policy")
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, "ElastiCache delivers slow and engine logs; none records who read or wrote which key")
    sheet.not_applicable("volume.items", "the number of keys is a CloudWatch metric")


def node_facts(read: Read) -> Callable[[Draft], Mapping[str, AnyFact]]:
    """Facts of a replication group or a cache cluster of its own."""

    def facts(draft: Draft) -> Mapping[str, AnyFact]:
        sheet = FactSheet()
        item, via = _item(draft, read), read.via
        _common(sheet)
        put_inside_vpc(sheet, _VPC_DOC)
        # ElastiCache User Guide, at-rest encryption: without a key of one's own, the key is the service's.
        put_encryption(sheet, flag(item, "AtRestEncryptionEnabled", via), item.get("KmsKeyId"), draft.docs, without="provider-owned")
        _put_transit(item, read, sheet)
        _put_login(item, read, sheet)
        sheet.put("retention.backup_days", _backup_days(item, read))
        multi = item.get("MultiAZ") == "enabled"
        sheet.known("recovery.redundancy", "multi-zone" if multi else "zone", via)
        return sheet.facts

    return facts


def _backup_days(item: Mapping[str, Any], read: Read) -> AnyFact:
    if read is CLUSTERS and item.get("Engine") == "memcached":
        return NotApplicable("Memcached clusters cannot be backed up", read.via)
    days = item.get("SnapshotRetentionLimit")
    return (
        Unknown(UnknownReason.NOT_COLLECTED, read.via, "the answer has no SnapshotRetentionLimit")
        if days is None
        else Known(int(days), read.via)
    )


def _put_transit(item: Mapping[str, Any], read: Read, sheet: FactSheet) -> None:
    encrypted = flag(item, "TransitEncryptionEnabled", read.via)
    sheet.put("transport.internode_encrypted", encrypted)
    if isinstance(encrypted, Unknown):
        sheet.put("transport.tls_required", encrypted)
        sheet.put("transport.min_tls", encrypted)
    elif not encrypted.value:
        sheet.known("transport.tls_required", False, read.via)
        sheet.known("transport.min_tls", "none", read.via)
    else:
        # Without a mode it is `required`: `preferred` exists only to migrate (ElastiCache API, TransitEncryptionMode).
        sheet.known("transport.tls_required", item.get("TransitEncryptionMode") != "preferred", read.via)
        sheet.constant("transport.min_tls", "1.2", _TLS_DOC)


def _put_login(item: Mapping[str, Any], read: Read, sheet: FactSheet) -> None:
    # AuthTokenEnabled is left out where AUTH was never set up; UserGroupIds where no user group is attached (RBAC).
    token, users = bool(item.get("AuthTokenEnabled")), bool(item.get("UserGroupIds"))
    sheet.known("access.shared_key_enabled", token, read.via)
    if users:
        inside = Unknown(
            UnknownReason.NOT_COLLECTED, read.via, "its users log in with passwords or through IAM; the user group is not read"
        )
        sheet.put("access.local_auth_enabled", inside)
        sheet.put("access.central_identity_enabled", inside)
    else:
        sheet.known("access.local_auth_enabled", token, read.via)
        sheet.known("access.central_identity_enabled", False, read.via)


def public(draft: Draft) -> Maybe[bool]:
    """Whether a serverless cache was made with a public connection; the field is newer than most caches, which are in a VPC."""
    return Known(_item(draft, SERVERLESS).get("ConnectionType") == "public", SERVERLESS.via)


SECURITY_GROUPS = groups_read(public)


def serverless_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """Facts of a serverless cache: encryption at rest and in transit cannot be switched off."""
    sheet = FactSheet()
    item, via = _item(draft, SERVERLESS), SERVERLESS.via
    doc = "ElastiCache User Guide, serverless: encrypted at rest and in transit, over several zones, always"
    _common(sheet)
    put_network(sheet, public(draft), draft.doc(SECURITY_GROUPS), [str(each) for each in item.get("SecurityGroupIds") or ()], _port(item))
    put_encryption(
        sheet, Known(item.get("StorageEncryptionType") != "none", via), item.get("KmsKeyId"), draft.docs, without="provider-owned"
    )
    sheet.constant("transport.internode_encrypted", True, doc)
    sheet.constant("transport.tls_required", True, doc)
    sheet.constant("transport.min_tls", "1.2", _TLS_DOC)
    sheet.constant("recovery.redundancy", "multi-zone", doc)
    _put_login({"UserGroupIds": item.get("UserGroupId")}, SERVERLESS, sheet)
    sheet.put("retention.backup_days", _backup_days(item, SERVERLESS))
    return sheet.facts


def _port(item: Mapping[str, Any]) -> int | None:
    found = (item.get("Endpoint") or {}).get("Port")
    return int(found) if found else None


def links(read: Read) -> Callable[[Draft], tuple[Link, ...]]:
    """Its key, and the log groups that receive its logs."""

    def found(draft: Draft) -> tuple[Link, ...]:
        item, resource = _item(draft, read), draft.resource
        partition = resource.id.split(":")[1]
        made = list(keys.key_links(item.get("KmsKeyId")))
        for one in item.get("LogDeliveryConfigurations") or ():
            details = one.get("DestinationDetails") or {}
            if group := (details.get("CloudWatchLogsDetails") or {}).get("LogGroup"):
                made.append(Link(Rel.LOGS_TO, f"arn:{partition}:logs:{resource.region}:{resource.account}:log-group:{group}"))
            if stream := (details.get("KinesisFirehoseDetails") or {}).get("DeliveryStream"):
                made.append(Link(Rel.LOGS_TO, f"arn:{partition}:firehose:{resource.region}:{resource.account}:deliverystream/{stream}"))
        return tuple(made)

    return found


COLLECTORS = (
    Collector("elasticache", (GROUPS, keys.LIST_ALIASES), survey_groups, node_facts(GROUPS), links(GROUPS)),
    Collector("elasticache", (CLUSTERS, keys.LIST_ALIASES), survey_clusters, node_facts(CLUSTERS), links(CLUSTERS)),
    Collector("elasticache", (SERVERLESS, keys.LIST_ALIASES, SECURITY_GROUPS), survey_serverless, serverless_facts, links(SERVERLESS)),
)
