"""SNS topics; messages are never received.

A topic is encrypted where it names a KMS key; without one, messages are kept unencrypted until they are delivered (SNS Developer Guide,
"Securing Amazon SNS data with server-side encryption"). All attributes, key and policy included, come from one call, made in the survey.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.gather import gather
from tierwise.connectors.aws.history import History
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.resource_policy import policy_fact_names, policy_facts, policy_grants, policy_text
from tierwise.connectors.declared import Doc, Draft, field_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource


def _topic(draft: Draft) -> Mapping[str, Any]:
    return {"TopicArn": draft.resource.id}


LIST = Read("sns", "ListTopics", "sns:ListTopics", kinds=frozenset({Kind.QUEUE}))
SUBSCRIPTIONS = Read("sns", "ListSubscriptions", "sns:ListSubscriptions", links=True)
"""One listing a region says which queues and delivery streams receive the messages of which topic."""
ATTRIBUTES = Read(
    "sns",
    "GetTopicAttributes",
    "sns:GetTopicAttributes",
    facts=policy_fact_names(Kind.QUEUE)
    | {"encryption.at_rest", "encryption.key_custody", "retention.expiry_configured", "retention.delete_after_days"},
    links=True,
    params=_topic,
)
_STORES = frozenset({"sqs", "firehose"})
"""Protocols whose endpoint is a store, named by ARN; addresses of people and web pages are never read further."""


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the topics of one region."""
    for item in caller.listing(LIST, "Topics"):
        arn = str(item["TopicArn"])
        name = arn.rsplit(":", 1)[-1]
        resource = Resource(
            arn, Kind.QUEUE, "sns.topic", "aws", caller.account, caller.region, name, tags=caller.tags_of(arn), aliases=(name,)
        )
        yield Draft(resource, {SUBSCRIPTIONS.operation: _receivers(caller), keys.ALIASES: keys.aliases(caller)})


def _receivers(caller: Caller) -> Maybe[Doc | None]:
    """The stores that receive messages, as `{topic: [endpoint]}`, read once a region."""

    def make() -> Maybe[Doc | None]:
        listed = field_of(gather(caller, SUBSCRIPTIONS, "Subscriptions"), "Subscriptions")
        if isinstance(listed, Unknown):
            return listed
        table: dict[str, list[str]] = {}
        for one in listed.value:
            if one.get("Protocol") in _STORES:
                table.setdefault(str(one["TopicArn"]), []).append(str(one["Endpoint"]))
        return Known(table, SUBSCRIPTIONS.via)

    return caller.once(SUBSCRIPTIONS.operation, make)


def _attribute(draft: Draft, name: str) -> Maybe[Any]:
    return field_of(draft.doc(ATTRIBUTES), "Attributes", name)


def links(draft: Draft) -> tuple[Link, ...]:
    """The topic's key, and the queues and delivery streams that receive its messages."""
    key = _attribute(draft, "KmsMasterKeyId")
    found = [Link(Rel.USES_KEY, "", key)] if isinstance(key, Unknown) else list(keys.key_links(key.value))
    receivers = field_of(draft.doc(SUBSCRIPTIONS), draft.resource.id, absent=())
    if isinstance(receivers, Unknown):
        found.append(Link(Rel.EXPORTS_TO, "", receivers))
    else:
        found.extend(Link(Rel.EXPORTS_TO, arn) for arn in sorted(set(receivers.value)))
    return tuple(found)


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a topic that its documents so far allow."""
    sheet = FactSheet()
    key = _attribute(draft, "KmsMasterKeyId")
    if isinstance(key, Unknown):
        sheet.put("encryption.at_rest", key)
        sheet.put("encryption.key_custody", key)
    else:
        sheet.known("encryption.at_rest", bool(key.value), ATTRIBUTES.via)
        custody = (
            keys.custody(str(key.value), draft.docs, ATTRIBUTES.via) if key.value else NotApplicable("the topic is not encrypted", key.via)
        )
        sheet.put("encryption.key_custody", custody)
    _retention_facts(draft, sheet)
    sheet.constant("access.shared_key_enabled", False, "SNS Developer Guide: requests are signed by principals; there is no topic-wide key")
    policy_facts(
        policy_text(draft.doc(ATTRIBUTES), "Attributes", "Policy"), "sns", draft.resource.account, ATTRIBUTES.via, sheet, kind=Kind.QUEUE
    )
    return sheet.facts


def _retention_facts(draft: Draft, sheet: FactSheet) -> None:
    archive = _attribute(draft, "ArchivePolicy")
    names = ("retention.expiry_configured", "retention.delete_after_days")
    if isinstance(archive, Unknown):
        for name in names:
            sheet.put(name, archive)
    elif not archive.value:
        for name in names:
            sheet.put(name, NotApplicable("a topic without an archive keeps no message after delivery", ATTRIBUTES.via))
    else:
        # FIFO topics may archive messages for 1 to 365 days (SNS Developer Guide, "Message archiving for FIFO topic owners").
        sheet.known(names[0], True, ATTRIBUTES.via)
        days = _archive_days(str(archive.value))
        unread = Unknown(UnknownReason.UNPARSABLE, ATTRIBUTES.via, "ArchivePolicy", between=(1, 365))
        sheet.put(names[1], Known(days, ATTRIBUTES.via) if days else unread)


def _archive_days(archive: str) -> int:
    try:
        found = json.loads(archive)
    except ValueError:
        return 0
    days = str(found.get("MessageRetentionPeriod", "")) if isinstance(found, dict) else ""
    return int(days) if days.isdecimal() else 0


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of the topic's policy, as evidence."""
    return policy_grants(policy_text(draft.doc(ATTRIBUTES), "Attributes", "Policy"), ATTRIBUTES.via)


COLLECTOR = Collector(
    "sns",
    (LIST, SUBSCRIPTIONS, keys.LIST_ALIASES, ATTRIBUTES),
    survey,
    facts,
    links,
    grants,
    history=History(frozenset({"sns.amazonaws.com"}), frozenset({"AWS::SNS::Topic"}), frozenset({"CreateTopic"})),
)
