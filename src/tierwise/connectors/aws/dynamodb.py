"""DynamoDB tables: keys, replicas, recovery, expiry and resource policies. What the trails record of them is derived elsewhere.

No SSEDescription means the key that AWS owns (DynamoDB API, SSEDescription). Tags come from the bulk read of the region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.listed import flag
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.resource_policy import policy_fact_names, policy_facts, policy_grants, policy_text
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Column, Evidence, Grant, Kind, Link, Rel, Resource


def _table(draft: Draft) -> Mapping[str, Any]:
    return {"TableName": draft.resource.name}


def _arn(draft: Draft) -> Mapping[str, Any]:
    return {"ResourceArn": draft.resource.id}


def _describe(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """Describes the table and keeps the names of its attributes as evidence: those of its key and of its indexes are all that it declares."""
    name = draft.resource.name
    described = caller.ask(TABLE, draft.resource.id, TableName=name)
    listed = field_of(described, "Table", "AttributeDefinitions", absent=[])
    if isinstance(listed, Unknown):
        evidence = Evidence(unread=(listed,))
    else:
        evidence = Evidence(
            columns=tuple(Column(name, str(one["AttributeName"]), str(one["AttributeType"]), key=True) for one in listed.value)
        )
    draft.resource = replace(draft.resource, evidence=evidence)
    return described


LIST = Read("dynamodb", "ListTables", "dynamodb:ListTables", kinds=frozenset({Kind.DOCUMENT_DB}))
TABLE = Read(
    "dynamodb",
    "DescribeTable",
    "dynamodb:DescribeTable",
    facts=frozenset({"encryption.key_custody", "recovery.delete_protected", "recovery.redundancy", "volume.bytes", "volume.items"}),
    links=True,
    make=_describe,
)
BACKUPS = Read(
    "dynamodb",
    "DescribeContinuousBackups",
    "dynamodb:DescribeContinuousBackups",
    Stage.DETAIL,
    frozenset({"recovery.point_in_time", "retention.backup_days"}),
    params=_table,
)
EXPIRY = Read(
    "dynamodb",
    "DescribeTimeToLive",
    "dynamodb:DescribeTimeToLive",
    Stage.DETAIL,
    frozenset({"retention.expiry_configured", "retention.delete_after_days"}),
    params=_table,
)
POLICY = Read(
    "dynamodb",
    "GetResourcePolicy",
    "dynamodb:GetResourcePolicy",
    Stage.DETAIL,
    policy_fact_names(Kind.DOCUMENT_DB),
    absent=frozenset({"PolicyNotFoundException"}),
    params=_arn,
)
_LEAVING = frozenset({"DELETING", "CREATION_FAILED"})


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the tables of one region."""
    for listed in caller.listing(LIST, "TableNames"):
        name = str(listed)
        arn = f"arn:{caller.partition}:dynamodb:{caller.region}:{caller.account}:table/{name}"
        tags = caller.tags_of(arn)
        resource = Resource(arn, Kind.DOCUMENT_DB, "dynamodb.table", "aws", caller.account, caller.region, name, tags=tags, aliases=(name,))
        yield Draft(resource, {keys.ALIASES: keys.aliases(caller)})


def _replicas(draft: Draft) -> Maybe[tuple[str, ...]]:
    """The ARNs of the table's replicas in other regions."""
    listed = field_of(draft.doc(TABLE), "Table", "Replicas", absent=[])
    if isinstance(listed, Unknown):
        return listed
    resource = draft.resource
    partition = resource.id.split(":")[1]
    found = [
        str(one.get("ReplicaArn") or f"arn:{partition}:dynamodb:{one['RegionName']}:{resource.account}:table/{resource.name}")
        for one in listed.value or ()
        if one.get("RegionName") != resource.region and one.get("ReplicaStatus") not in _LEAVING
    ]
    return Known(tuple(found), TABLE.via)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a table that its documents so far allow."""
    sheet = FactSheet()
    account = draft.resource.account
    policy_facts(policy_text(draft.doc(POLICY), "Policy"), "dynamodb", account, POLICY.via, sheet, kind=Kind.DOCUMENT_DB)
    sheet.constant("access.shared_key_enabled", False, "DynamoDB knows IAM principals only")
    sheet.constant("access.local_auth_enabled", False, "DynamoDB knows IAM principals only")
    sheet.constant("access.central_identity_enabled", True, "DynamoDB knows IAM principals only")
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, "DynamoDB keeps no access log of its own; trails add theirs")
    _put_table(draft, sheet)
    _put_backups(draft, sheet)
    _put_expiry(draft, sheet)
    return sheet.facts


def _put_table(draft: Draft, sheet: FactSheet) -> None:
    sheet.constant("encryption.at_rest", True, "DynamoDB Developer Guide, encryption at rest: every table, since November 2018")
    table = field_of(draft.doc(TABLE), "Table", absent={})
    if isinstance(table, Unknown):
        for name in sorted(TABLE.facts):
            sheet.put(name, table)
        return
    sse = table.value.get("SSEDescription") or {}
    key = sse.get("KMSMasterKeyArn") if sse.get("Status") in ("ENABLED", "UPDATING") else None
    sheet.put("encryption.key_custody", keys.custody(key, draft.docs, TABLE.via))
    sheet.put("recovery.delete_protected", flag(table.value, "DeletionProtectionEnabled", TABLE.via))
    replicas = _replicas(draft)
    if isinstance(replicas, Known) and replicas.value:
        sheet.known("recovery.redundancy", "multi-region", TABLE.via)
    else:
        sheet.constant("recovery.redundancy", "multi-zone", "DynamoDB Developer Guide, resilience: three zones of a region")
    for name, given in (("volume.bytes", "TableSizeBytes"), ("volume.items", "ItemCount")):
        if table.value.get(given) is None:
            sheet.put(name, Unknown(UnknownReason.NOT_COLLECTED, TABLE.via, f"the answer has no {given}"))
        else:
            sheet.known(name, int(table.value[given]), TABLE.via)


def _put_backups(draft: Draft, sheet: FactSheet) -> None:
    found = field_of(draft.doc(BACKUPS), "ContinuousBackupsDescription", "PointInTimeRecoveryDescription", absent={})
    if isinstance(found, Unknown):
        sheet.put("recovery.point_in_time", found)
        sheet.put("retention.backup_days", found)
        return
    on = found.value.get("PointInTimeRecoveryStatus") == "ENABLED"
    sheet.known("recovery.point_in_time", on, BACKUPS.via)
    # DynamoDB API, PointInTimeRecoverySpecification: RecoveryPeriodInDays is 35 where it was never set.
    sheet.known("retention.backup_days", int(found.value.get("RecoveryPeriodInDays") or 35) if on else 0, BACKUPS.via)


def _put_expiry(draft: Draft, sheet: FactSheet) -> None:
    status = field_of(draft.doc(EXPIRY), "TimeToLiveDescription", "TimeToLiveStatus")
    if isinstance(status, Unknown):
        sheet.put("retention.expiry_configured", status)
        sheet.put("retention.delete_after_days", status)
        return
    on = status.value in ("ENABLED", "ENABLING")
    sheet.known("retention.expiry_configured", on, EXPIRY.via)
    if on:
        sheet.not_applicable("retention.delete_after_days", "each item's own attribute says when it expires", EXPIRY.via)
    else:
        sheet.known("retention.delete_after_days", UNLIMITED, EXPIRY.via)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, its replicas, and the table or backup it was restored from."""
    table = field_of(draft.doc(TABLE), "Table", absent={})
    if isinstance(table, Unknown):
        return Link(Rel.USES_KEY, "", table), Link(Rel.REPLICATES_TO, "", table)
    sse = table.value.get("SSEDescription") or {}
    found = list(keys.key_links(sse.get("KMSMasterKeyArn") if sse.get("Status") in ("ENABLED", "UPDATING") else None))
    replicas = _replicas(draft)
    found.extend(Link(Rel.REPLICATES_TO, arn) for arn in (replicas.value if isinstance(replicas, Known) else ()))
    if source := (table.value.get("RestoreSummary") or {}).get("SourceTableArn"):
        found.append(Link(Rel.COPY_OF, str(source)))
    return tuple(found)


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of the table's resource policy, as evidence."""
    return policy_grants(policy_text(draft.doc(POLICY), "Policy"), POLICY.via)


COLLECTOR = Collector("dynamodb", (LIST, TABLE, keys.LIST_ALIASES, BACKUPS, EXPIRY, POLICY), survey, facts, links, grants)
