"""Kinesis data streams; records are never read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, Final

from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.recorded import Recorded, members, part
from tierwise.connectors.aws.resource_policy import policy_fact_names, policy_facts, policy_grants, policy_text
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource


def _stream(draft: Draft) -> Mapping[str, Any]:
    return {"StreamName": draft.resource.name}


def _arn(draft: Draft) -> Mapping[str, Any]:
    return {"ResourceARN": draft.resource.id}


LIST = Read("kinesis", "ListStreams", "kinesis:ListStreams", kinds=frozenset({Kind.STREAM}))
SUMMARY = Read(
    "kinesis",
    "DescribeStreamSummary",
    "kinesis:DescribeStreamSummary",
    facts=frozenset({"encryption.at_rest", "encryption.key_custody", "retention.delete_after_days"}),
    links=True,
    params=_stream,
)
POLICY = Read("kinesis", "GetResourcePolicy", "kinesis:GetResourcePolicy", Stage.DETAIL, policy_fact_names(Kind.STREAM), params=_arn)


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the streams of one region."""
    for name in caller.listing(LIST, "StreamNames"):
        arn = f"arn:{caller.partition}:kinesis:{caller.region}:{caller.account}:stream/{name}"
        resource = Resource(
            arn,
            Kind.STREAM,
            "kinesis.stream",
            "aws",
            caller.account,
            caller.region,
            str(name),
            tags=caller.tags_of(arn),
            aliases=(str(name),),
        )
        yield Draft(resource, {keys.ALIASES: keys.aliases(caller)})


def _of(draft: Draft, name: str) -> Maybe[Any]:
    return field_of(draft.doc(SUMMARY), "StreamDescriptionSummary", name)


def links(draft: Draft) -> tuple[Link, ...]:
    """The stream's key."""
    key = _of(draft, "KeyId")
    return (Link(Rel.USES_KEY, "", key),) if isinstance(key, Unknown) else keys.key_links(key.value)


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a stream that its documents so far allow."""
    sheet = FactSheet()
    _encryption_facts(draft, sheet)
    hours = _of(draft, "RetentionPeriodHours")
    sheet.constant("retention.expiry_configured", True, "Kinesis Developer Guide, data retention period: 24 hours to 365 days")
    if isinstance(hours, Known) and hours.value is None:
        hours = Unknown(UnknownReason.NOT_SUPPORTED, SUMMARY.via, "RetentionPeriodHours", between=(1, 365))
    sheet.put("retention.delete_after_days", hours if isinstance(hours, Unknown) else Known(ceil(int(hours.value) / 24), SUMMARY.via))
    sheet.not_applicable("transport.internode_encrypted", "a data stream has no nodes that its owner runs")
    sheet.constant(
        "access.shared_key_enabled", False, "Kinesis Developer Guide: requests are signed by principals; there is no stream-wide key"
    )
    policy_facts(policy_text(draft.doc(POLICY), "Policy"), "kinesis", draft.resource.account, POLICY.via, sheet, kind=Kind.STREAM)
    return sheet.facts


def _encryption_facts(draft: Draft, sheet: FactSheet) -> None:
    kind, key = _of(draft, "EncryptionType"), _of(draft, "KeyId")
    if isinstance(kind, Unknown) or isinstance(key, Unknown):
        why = kind if isinstance(kind, Unknown) else key
        sheet.put("encryption.at_rest", why)
        sheet.put("encryption.key_custody", why)
        return
    # NONE and an absent value are the same: server-side encryption was never started (API Reference, StartStreamEncryption).
    encrypted = kind.value == "KMS"
    sheet.known("encryption.at_rest", encrypted, SUMMARY.via)
    custody = keys.custody(key.value, draft.docs, SUMMARY.via) if encrypted else NotApplicable("the stream is not encrypted", SUMMARY.via)
    sheet.put("encryption.key_custody", custody)


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of the stream's policy, as evidence."""
    return policy_grants(policy_text(draft.doc(POLICY), "Policy"), POLICY.via)


def _summary(item: Mapping[str, Any]) -> Doc | None:
    """What DescribeStreamSummary answers, out of an item of AWS Config; one that tells of no encryption may be older than what it should tell."""
    kept = members(part(item, "configuration"), RetentionPeriodHours=int)
    key = members(part(item, "configuration", "StreamEncryption"), EncryptionType=str, KeyId=str)
    return {"StreamDescriptionSummary": {**kept, **key}} if kept and key else None


RECORDED: Final = Recorded(
    "AWS::Kinesis::Stream", ("configuration.RetentionPeriodHours", "configuration.StreamEncryption"), {SUMMARY.operation: _summary}
)
COLLECTOR = Collector("kinesis", (LIST, keys.LIST_ALIASES, SUMMARY, POLICY), survey, facts, links, grants, RECORDED)
