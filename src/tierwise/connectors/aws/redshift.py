"""Redshift clusters: encryption, network, parameter group, audit logging and shares. Tags come with the listing.

Connection and user logs name who logged in, not what was read: only the user activity log does (Redshift Management Guide, "Database audit
logging"), and it needs both the logging and the parameter `enable_user_activity_logging`. With logging alone the answer is unknown: each query
stays in system tables for days, but is not delivered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.share import put_no_policy
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.listed import flag, whole
from tierwise.connectors.aws.network import groups_read, put_network
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Evidence, Kind, Link, Rel, Resource

_EXTERNAL = frozenset({"access.external_principals", "access.external_conditioned"})
_ACTIVITY_LOG = "useractivitylog"
_NAMESPACE = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def _cluster(draft: Draft) -> Mapping[str, Any]:
    return {"ClusterIdentifier": draft.resource.name}


def _item(draft: Draft) -> Mapping[str, Any]:
    doc = draft.doc(CLUSTERS)
    return (doc.value or {}) if isinstance(doc, Known) else {}


def _parameters(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    groups = _item(draft).get("ClusterParameterGroups") or ()
    if not groups:
        return Unknown(UnknownReason.NOT_COLLECTED, PARAMETERS.via, "the cluster names no parameter group")
    if any(group.get("ParameterApplyStatus") == "pending-reboot" for group in groups):
        return Unknown(UnknownReason.NOT_COLLECTED, PARAMETERS.via, "its parameter group takes effect at the next reboot")
    return whole(caller, PARAMETERS, "Parameters", ParameterGroupName=str(groups[0]["ParameterGroupName"]))


def _shares(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    return whole(caller, SHARES, "DataShares")


def public(draft: Draft) -> Maybe[bool]:
    """Whether the cluster has a public address."""
    return flag(_item(draft), "PubliclyAccessible", CLUSTERS.via)


CLUSTERS = Read("redshift", "DescribeClusters", "redshift:DescribeClusters", kinds=frozenset({Kind.WAREHOUSE}), links=True)
LOGGING = Read(
    "redshift",
    "DescribeLoggingStatus",
    "redshift:DescribeLoggingStatus",
    facts=frozenset({"logging.data_read", "logging.data_write"}),
    links=True,
    params=_cluster,
)
PARAMETERS = Read(
    "redshift",
    "DescribeClusterParameters",
    "redshift:DescribeClusterParameters",
    Stage.DETAIL,
    frozenset({"transport.tls_required", "logging.data_read", "logging.data_write"}),
    make=_parameters,
)
SHARES = Read("redshift", "DescribeDataShares", "redshift:DescribeDataShares", Stage.DETAIL, _EXTERNAL, make=_shares)
GROUPS = groups_read(public)


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the clusters of one region."""
    for item in caller.listing(CLUSTERS, "Clusters"):
        name = str(item["ClusterIdentifier"])
        namespace = str(item.get("ClusterNamespaceArn") or "")
        resource = Resource(
            f"arn:{caller.partition}:redshift:{caller.region}:{caller.account}:cluster:{name}",
            Kind.WAREHOUSE,
            "redshift.cluster",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=Known(tag_map(item.get("Tags") or ()), CLUSTERS.via),
            aliases=(name, namespace) if namespace else (name,),
            evidence=Evidence(description=str(item.get("DBName") or "")),
        )
        yield Draft(resource, {CLUSTERS.operation: Known(item, CLUSTERS.via), keys.ALIASES: keys.aliases(caller)})


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a cluster that its documents so far allow."""
    sheet = FactSheet()
    item, via = _item(draft), CLUSTERS.via
    if item.get("HsmStatus") and item.get("Encrypted"):
        sheet.known("encryption.at_rest", True, via)
        sheet.known("encryption.key_custody", "customer", via)
    else:
        put_encryption(sheet, flag(item, "Encrypted", via), item.get("KmsKeyId"), draft.docs, without="provider-owned")
    put_no_policy(sheet, "Redshift clusters take no resource policy; users log in to the database")
    _put_shares(draft, sheet)
    groups = [str(each["VpcSecurityGroupId"]) for each in item.get("VpcSecurityGroups") or ()]
    port = (item.get("Endpoint") or {}).get("Port")
    put_network(sheet, public(draft), draft.doc(GROUPS), groups, int(port) if port else None)
    sheet.constant("access.local_auth_enabled", True, "Redshift Management Guide, clusters: the admin user logs in with a password")
    sheet.constant(
        "access.central_identity_enabled", True, "Redshift Management Guide, IAM authentication: GetClusterCredentials, always on"
    )
    sheet.put("transport.tls_required", _switch(draft, "require_ssl"))
    unstated = Unknown(UnknownReason.NOT_SUPPORTED, via, "no API states it", between=("1.0", "1.2"))
    sheet.put("transport.min_tls", unstated)
    sheet.put("transport.internode_encrypted", Unknown(UnknownReason.NOT_SUPPORTED, via, "AWS does not state it for clusters"))
    reads = _recorded(draft)
    sheet.put("logging.data_read", reads)
    sheet.put("logging.data_write", reads)
    _put_recovery(item, sheet)
    return sheet.facts


def _put_shares(draft: Draft, sheet: FactSheet) -> None:
    """Data shares are how a cluster lets in other accounts: their consumers take the place of `nobody`."""
    listed = field_of(draft.doc(SHARES), "DataShares", absent=[])
    if isinstance(listed, Unknown):
        for name in sorted(_EXTERNAL):
            sheet.put(name, listed)
        return
    namespace = str(_item(draft).get("ClusterNamespaceArn") or "")
    consumers = {
        str(each.get("ConsumerIdentifier"))
        for share in listed.value or ()
        if not namespace or share.get("ProducerArn") == namespace
        for each in share.get("DataShareAssociations") or ()
        if each.get("Status") in ("ACTIVE", "AUTHORIZED", "AVAILABLE")
    }
    # A consumer is an account, AWS Data Exchange (`ADX`), or a namespace of the own account, which is named by its GUID.
    accounts = frozenset(one for one in consumers if not _NAMESPACE.match(one)) - {draft.resource.account}
    sheet.known("access.external_principals", accounts, SHARES.via)
    none = NotApplicable("no data share names another account", SHARES.via)
    sheet.put("access.external_conditioned", Known(False, SHARES.via) if accounts else none)


def _switch(draft: Draft, name: str) -> Maybe[bool]:
    listed = field_of(draft.doc(PARAMETERS), "Parameters", absent=[])
    if isinstance(listed, Unknown):
        return listed
    values = {str(one.get("ParameterName")): str(one.get("ParameterValue", "")).lower() for one in listed.value or ()}
    if values.get(name) not in ("true", "false"):
        return Unknown(UnknownReason.NOT_COLLECTED, PARAMETERS.via, f"{name} is not in the parameter group")
    return Known(values[name] == "true", PARAMETERS.via)


def _recorded(draft: Draft) -> Maybe[bool]:
    enabled = field_of(draft.doc(LOGGING), "LoggingEnabled", absent=False)
    if isinstance(enabled, Unknown) or not enabled.value:
        return enabled if isinstance(enabled, Unknown) else Known(False, LOGGING.via)
    if field_of(draft.doc(LOGGING), "LogDestinationType") == Known("s3table", LOGGING.via):
        return Unknown(UnknownReason.NOT_SUPPORTED, LOGGING.via, "it publishes system tables to S3 Tables, which are not looked into")
    exports = field_of(draft.doc(LOGGING), "LogExports", absent=[])
    # Where logs are named, only they are delivered; older S3 logging names none and delivers all three.
    if isinstance(exports, Known) and exports.value and _ACTIVITY_LOG not in exports.value:
        return Known(False, LOGGING.via)
    activity = _switch(draft, "enable_user_activity_logging")
    if isinstance(activity, Known) and not activity.value:
        # Queries then stay in system tables of the cluster (SYS_QUERY_HISTORY, days), which anyone with the cluster can lose: partly recorded.
        return Unknown(
            UnknownReason.NOT_SUPPORTED, PARAMETERS.via, "logins are delivered; queries only stay in system tables for some days"
        )
    return activity


def _put_recovery(item: Mapping[str, Any], sheet: FactSheet) -> None:
    via = CLUSTERS.via
    days = item.get("AutomatedSnapshotRetentionPeriod")
    if days is None:
        missing = Unknown(UnknownReason.NOT_COLLECTED, via, "the answer has no AutomatedSnapshotRetentionPeriod")
        sheet.put("retention.backup_days", missing)
    else:
        sheet.known("retention.backup_days", int(days), via)
    sheet.not_applicable("recovery.point_in_time", "Redshift restores snapshots, taken about every eight hours")
    sheet.not_applicable("recovery.delete_protected", "Redshift has no deletion protection")
    # Redshift API, Cluster.MultiAZ: a string, `Enabled` in answers and `true` in the documentation; absent on clusters of one zone.
    zones = str(item.get("MultiAZ") or "").lower() in ("enabled", "true")
    sheet.known("recovery.redundancy", "multi-zone" if zones else "zone", via)
    sheet.constant("retention.expiry_configured", False, "Redshift has no rule that deletes rows by age")
    sheet.constant("retention.delete_after_days", UNLIMITED, "Redshift has no rule that deletes rows by age")
    sheet.put("volume.bytes", Unknown(UnknownReason.NOT_COLLECTED, via, "the space in use is a CloudWatch metric"))


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key and where its logs go."""
    found = list(keys.key_links(_item(draft).get("KmsKeyId")))
    doc = draft.doc(LOGGING)
    if isinstance(doc, Unknown):
        return (*found, Link(Rel.LOGS_TO, "", doc))
    logging = doc.value or {}
    resource = draft.resource
    partition = resource.id.split(":")[1]
    if logging.get("LoggingEnabled") and logging.get("BucketName"):
        found.append(Link(Rel.LOGS_TO, f"arn:{partition}:s3:::{logging['BucketName']}"))
    elif logging.get("LoggingEnabled"):
        for export in logging.get("LogExports") or ():
            group = f"/aws/redshift/cluster/{resource.name}/{export}"
            found.append(Link(Rel.LOGS_TO, f"arn:{partition}:logs:{resource.region}:{resource.account}:log-group:{group}"))
    return tuple(found)


COLLECTOR = Collector("redshift", (CLUSTERS, keys.LIST_ALIASES, LOGGING, PARAMETERS, SHARES, GROUPS), survey, facts, links)
