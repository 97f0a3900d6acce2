"""RDS databases, Aurora and Multi-AZ clusters, DocumentDB and Neptune: all of them answer through the RDS API.

A cluster holds the data; its members are listed too, because each has an address, security groups and parameters of its own.
Members leave questions about the data (backups, deletion, size) to their cluster. Resource tags come with the listings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.connectors.aws import keys, rds_facts
from tierwise.connectors.aws import rds_parameters as parameters
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.listed import flag, items, whole
from tierwise.connectors.aws.network import groups_read
from tierwise.connectors.aws.rds_facts import Database
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.database import on_cluster_storage
from tierwise.model.fact import AnyFact, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Evidence, Kind, Link, Rel, Resource

_KINDS = frozenset({Kind.RELATIONAL_DB, Kind.DOCUMENT_DB})
_ZONES = frozenset({"recovery.redundancy"})
INSTANCES = Read("rds", "DescribeDBInstances", "rds:DescribeDBInstances", facts=_ZONES, kinds=_KINDS, links=True)
CLUSTERS = Read("rds", "DescribeDBClusters", "rds:DescribeDBClusters", facts=_ZONES, kinds=_KINDS, links=True)
GLOBALS = Read("rds", "DescribeGlobalClusters", "rds:DescribeGlobalClusters", facts=_ZONES, links=True)
"""Read once a region, and only where a cluster says that it belongs to a global one."""
_PARAMETER_FACTS = frozenset({"transport.tls_required", "transport.min_tls", "logging.data_read", "logging.data_write"})
_CLUSTER, _MEMBERS = "cluster", "members"
_LOGS_OF = {"docdb": "docdb", "neptune": "neptune"}


def _item(draft: Draft) -> tuple[Mapping[str, Any], bool]:
    """The instance or cluster as listed, and whether it is a cluster."""
    doc = draft.docs.get(CLUSTERS.operation)
    is_cluster = doc is not None
    doc = doc if doc is not None else draft.doc(INSTANCES)
    return (doc.value or {}) if isinstance(doc, Known) else {}, is_cluster


def _cluster(draft: Draft) -> Maybe[Doc | None]:
    return draft.docs.get(_CLUSTER, Unknown(UnknownReason.NOT_COLLECTED, CLUSTERS.via))


def _instance_values(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    item, is_cluster = _item(draft)
    groups = item.get("DBParameterGroups") or ()
    if is_cluster or not groups:
        return Known(None, INSTANCE_PARAMETERS.via)
    if any(group.get("ParameterApplyStatus") == "pending-reboot" for group in groups):
        return Unknown(UnknownReason.NOT_COLLECTED, INSTANCE_PARAMETERS.via, "its parameter group takes effect at the next reboot")
    return parameters.read_group(caller, INSTANCE_PARAMETERS, "DBParameterGroupName", str(groups[0]["DBParameterGroupName"]))


def _cluster_values(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    cluster = _cluster(draft)
    if isinstance(cluster, Unknown) or not (cluster.value or {}).get("DBClusterParameterGroup"):
        return cluster if isinstance(cluster, Unknown) else Known(None, CLUSTER_PARAMETERS.via)
    found = cluster.value or {}
    if any(member.get("DBClusterParameterGroupStatus") == "pending-reboot" for member in found.get("DBClusterMembers") or ()):
        return Unknown(UnknownReason.NOT_COLLECTED, CLUSTER_PARAMETERS.via, "its parameter group takes effect at the next reboot")
    return parameters.read_group(caller, CLUSTER_PARAMETERS, "DBClusterParameterGroupName", str(found["DBClusterParameterGroup"]))


INSTANCE_PARAMETERS = Read("rds", "DescribeDBParameters", "rds:DescribeDBParameters", Stage.DETAIL, _PARAMETER_FACTS, make=_instance_values)
CLUSTER_PARAMETERS = Read(
    "rds", "DescribeDBClusterParameters", "rds:DescribeDBClusterParameters", Stage.DETAIL, _PARAMETER_FACTS, make=_cluster_values
)


def survey_instances(caller: Caller) -> Iterator[Draft]:
    """Lists the instances of one region, members of clusters among them, each with its cluster."""
    clusters = whole(caller, CLUSTERS, "DBClusters")
    by_name = {} if isinstance(clusters, Unknown) else {one["DBClusterIdentifier"]: one for one in (clusters.value or {})["DBClusters"]}
    for item in items(caller, INSTANCES, "DBInstances"):
        own = item.get("DBClusterIdentifier")
        if own and isinstance(clusters, Unknown):
            cluster: Maybe[Doc | None] = clusters
        elif own and own not in by_name:
            cluster = Unknown(UnknownReason.UNRESOLVED_REFERENCE, CLUSTERS.via, f"cluster {own} is not listed")
        else:
            cluster = Known(by_name.get(own), CLUSTERS.via)
        docs: dict[str, Maybe[Doc | None]] = {INSTANCES.operation: Known(item, INSTANCES.via), _CLUSTER: cluster}
        yield _draft(caller, item, "instance", str(item["DBInstanceArn"]), str(item["DBInstanceIdentifier"]), "DBName", docs)


def survey_clusters(caller: Caller) -> Iterator[Draft]:
    """Lists the clusters of one region, each with its members."""
    instances = whole(caller, INSTANCES, "DBInstances")
    for item in items(caller, CLUSTERS, "DBClusters"):
        name = str(item["DBClusterIdentifier"])
        members: Maybe[Doc | None] = instances
        if isinstance(instances, Known):
            listed = (instances.value or {})["DBInstances"]
            members = Known({_MEMBERS: [one for one in listed if one.get("DBClusterIdentifier") == name]}, INSTANCES.via)
        cluster: Maybe[Doc | None] = Known(item, CLUSTERS.via)
        docs = {CLUSTERS.operation: cluster, _CLUSTER: cluster, _MEMBERS: members}
        if item.get("GlobalClusterIdentifier"):
            docs[GLOBALS.operation] = whole(caller, GLOBALS, "GlobalClusters")
        yield _draft(caller, item, "cluster", str(item["DBClusterArn"]), name, "DatabaseName", docs)


def _draft(
    caller: Caller, item: Mapping[str, Any], sort: str, arn: str, name: str, database: str, docs: dict[str, Maybe[Doc | None]]
) -> Draft:
    engine = str(item.get("Engine", ""))
    via = CLUSTERS.via if sort == "cluster" else INSTANCES.via
    resource = Resource(
        arn,
        rds_facts.kind_of(engine),
        f"{_LOGS_OF.get(engine, 'rds')}.{sort}",
        "aws",
        caller.account,
        caller.region,
        name,
        tags=Known(tag_map(item.get("TagList") or ()), via),
        aliases=tuple(str(each) for each in (name, item.get("DbiResourceId"), item.get("DbClusterResourceId")) if each),
        evidence=Evidence(description=str(item.get(database) or "")),
    )
    return Draft(resource, {**docs, keys.ALIASES: keys.aliases(caller)})


def public(draft: Draft) -> Maybe[bool]:
    """Whether the instance, or a member of the cluster, has a public address."""
    item, is_cluster = _item(draft)
    if not is_cluster:
        return flag(item, "PubliclyAccessible", INSTANCES.via)
    members = draft.docs.get(_MEMBERS, Unknown(UnknownReason.NOT_COLLECTED, INSTANCES.via))
    # The cluster's own flag counts for Multi-AZ clusters only (RDS API, DBCluster.PubliclyAccessible).
    if item.get("PubliclyAccessible") and not on_cluster_storage(str(item.get("Engine", ""))):
        return Known(True, CLUSTERS.via)
    if isinstance(members, Unknown):
        return members
    flags = [flag(one, "PubliclyAccessible", INSTANCES.via) for one in (members.value or {}).get(_MEMBERS) or ()]
    if any(isinstance(one, Known) and one.value for one in flags):
        return Known(True, INSTANCES.via)
    return next((one for one in flags if isinstance(one, Unknown)), Known(False, INSTANCES.via))


GROUPS = groups_read(public)


def _secondaries(draft: Draft) -> Maybe[tuple[str, ...]]:
    """The ARNs of the other clusters of the global cluster that this one belongs to."""
    item, is_cluster = _item(draft)
    if not is_cluster or not item.get("GlobalClusterIdentifier"):
        return Known((), CLUSTERS.via)
    listed = field_of(draft.doc(GLOBALS), "GlobalClusters", absent=[])
    if isinstance(listed, Unknown):
        return listed
    own = [one for one in listed.value if one.get("GlobalClusterIdentifier") == item["GlobalClusterIdentifier"]]
    members = [str(each["DBClusterArn"]) for one in own for each in one.get("GlobalClusterMembers") or ()]
    return Known(tuple(arn for arn in members if arn != draft.resource.id), GLOBALS.via)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an instance or cluster that its documents so far allow."""
    item, is_cluster = _item(draft)
    via = CLUSTERS.via if is_cluster else INSTANCES.via
    unread = INSTANCE_PARAMETERS if not is_cluster else CLUSTER_PARAMETERS
    groups = [draft.doc(CLUSTER_PARAMETERS)] if is_cluster else [draft.doc(INSTANCE_PARAMETERS), draft.doc(CLUSTER_PARAMETERS)]
    database = Database(
        str(item.get("Engine", "")),
        item,
        draft.docs,
        via,
        _cluster(draft),
        is_cluster,
        public(draft),
        draft.doc(GROUPS),
        _secondaries(draft),
        parameters.lookup(groups, unread.via),
    )
    return rds_facts.put_all(database)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, the log groups and stream that receive its logs, what it replicates and where to, and the cluster it is a member of."""
    item, is_cluster = _item(draft)
    found = [*keys.key_links(item.get("KmsKeyId")), *_log_links(draft, item, is_cluster)]
    partition, region, account = draft.resource.id.split(":")[1], draft.resource.region, draft.resource.account
    for name, sort in (
        ("ReadReplicaSourceDBInstanceIdentifier", "db"),
        ("ReadReplicaSourceDBClusterIdentifier", "cluster"),
        ("ReplicationSourceIdentifier", "cluster"),
    ):
        if source := item.get(name):
            named = str(source)
            found.append(Link(Rel.COPY_OF, named if named.startswith("arn:") else f"arn:{partition}:rds:{region}:{account}:{sort}:{named}"))
    secondaries = _secondaries(draft)
    if isinstance(secondaries, Unknown):
        found.append(Link(Rel.REPLICATES_TO, "", secondaries))
    elif not item.get("ReplicationSourceIdentifier"):
        found.extend(Link(Rel.REPLICATES_TO, arn) for arn in secondaries.value)
    for copy in item.get("DBInstanceAutomatedBackupsReplications") or ():
        found.append(Link(Rel.REPLICATES_TO, str(copy["DBInstanceAutomatedBackupsArn"])))
    if not is_cluster and item.get("DBClusterIdentifier"):
        found.append(Link(Rel.MEMBER_OF, f"arn:{partition}:rds:{region}:{account}:cluster:{item['DBClusterIdentifier']}"))
    return tuple(found)


def _log_links(draft: Draft, item: Mapping[str, Any], is_cluster: bool) -> Iterator[Link]:
    resource = draft.resource
    partition = resource.id.split(":")[1]
    engine = str(item.get("Engine", ""))
    place = _LOGS_OF.get(engine) or f"rds/{'cluster' if is_cluster else 'instance'}"
    for export in item.get("EnabledCloudwatchLogsExports") or ():
        group = f"/aws/{place}/{resource.name}/{export}"
        yield Link(Rel.LOGS_TO, f"arn:{partition}:logs:{resource.region}:{resource.account}:log-group:{group}")
    if item.get("ActivityStreamStatus") == "started" and item.get("ActivityStreamKinesisStreamName"):
        stream = item["ActivityStreamKinesisStreamName"]
        yield Link(Rel.LOGS_TO, f"arn:{partition}:kinesis:{resource.region}:{resource.account}:stream/{stream}")


_READS = (INSTANCES, CLUSTERS, GLOBALS, keys.LIST_ALIASES, INSTANCE_PARAMETERS, CLUSTER_PARAMETERS, GROUPS)
COLLECTORS = (
    Collector("rds", _READS, survey_instances, facts, links),
    Collector("rds", _READS, survey_clusters, facts, links),
)
