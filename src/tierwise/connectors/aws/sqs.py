"""SQS queues; messages are never received.

All attributes of a queue, its key and its policy included, come from one call, so that call is made in the survey.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.history import History
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.resource_policy import policy_fact_names, policy_facts, policy_grants, policy_text
from tierwise.connectors.declared import Draft, field_of
from tierwise.model.fact import AnyFact, FactSheet, Maybe, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource

_DAY = 86_400


def _queue(draft: Draft) -> Mapping[str, Any]:
    return {"QueueUrl": draft.resource.aliases[0], "AttributeNames": ["All"]}


LIST = Read("sqs", "ListQueues", "sqs:ListQueues", kinds=frozenset({Kind.QUEUE}))
ATTRIBUTES = Read(
    "sqs",
    "GetQueueAttributes",
    "sqs:GetQueueAttributes",
    facts=policy_fact_names(Kind.QUEUE)
    | {"encryption.at_rest", "encryption.key_custody", "retention.expiry_configured", "retention.delete_after_days"},
    links=True,
    params=_queue,
)


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the queues of one region."""
    for url in caller.listing(LIST, "QueueUrls", MaxResults=1000):
        name = str(url).rsplit("/", 1)[-1]
        arn = f"arn:{caller.partition}:sqs:{caller.region}:{caller.account}:{name}"
        resource = Resource(
            arn, Kind.QUEUE, "sqs.queue", "aws", caller.account, caller.region, name, tags=caller.tags_of(arn), aliases=(str(url), name)
        )
        yield Draft(resource, {keys.ALIASES: keys.aliases(caller)})


def _attribute(draft: Draft, name: str) -> Maybe[Any]:
    return field_of(draft.doc(ATTRIBUTES), "Attributes", name)


def links(draft: Draft) -> tuple[Link, ...]:
    """The queue's key, and the queue that receives what could not be processed."""
    key, redrive = _attribute(draft, "KmsMasterKeyId"), _attribute(draft, "RedrivePolicy")
    if isinstance(key, Unknown):
        return (Link(Rel.USES_KEY, "", key), Link(Rel.EXPORTS_TO, "", key))
    if isinstance(redrive, Unknown) or not redrive.value:
        return keys.key_links(key.value)
    target = _dead_letter_target(str(redrive.value))
    unread = Unknown(UnknownReason.UNPARSABLE, ATTRIBUTES.via, "RedrivePolicy")
    return (*keys.key_links(key.value), Link(Rel.EXPORTS_TO, target) if target else Link(Rel.EXPORTS_TO, "", unread))


def _dead_letter_target(redrive: str) -> str:
    try:
        found = json.loads(redrive)
    except ValueError:
        return ""
    return str(found.get("deadLetterTargetArn") or "") if isinstance(found, dict) else ""


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a queue that its documents so far allow."""
    sheet = FactSheet()
    _encryption_facts(draft, sheet)
    _retention_facts(draft, sheet)
    sheet.constant("access.shared_key_enabled", False, "SQS Developer Guide: requests are signed by principals; there is no queue-wide key")
    policy_facts(
        policy_text(draft.doc(ATTRIBUTES), "Attributes", "Policy"), "sqs", draft.resource.account, ATTRIBUTES.via, sheet, kind=Kind.QUEUE
    )
    return sheet.facts


def _encryption_facts(draft: Draft, sheet: FactSheet) -> None:
    key, managed = _attribute(draft, "KmsMasterKeyId"), _attribute(draft, "SqsManagedSseEnabled")
    names = ("encryption.at_rest", "encryption.key_custody")
    if isinstance(key, Unknown) or isinstance(managed, Unknown):
        for name in names:
            sheet.put(name, key if isinstance(key, Unknown) else managed)
    elif key.value:
        sheet.known(names[0], True, ATTRIBUTES.via)
        sheet.put(names[1], keys.custody(str(key.value), draft.docs, ATTRIBUTES.via))
    elif managed.value == "true":
        # SSE-SQS: keys that SQS owns (SQS Developer Guide, "Encryption at rest"); on by default for queues made since October 2022.
        sheet.known(names[0], True, ATTRIBUTES.via)
        sheet.known(names[1], "provider-owned", ATTRIBUTES.via)
    elif managed.value == "false":
        sheet.known(names[0], False, ATTRIBUTES.via)
        sheet.put(names[1], NotApplicable("the queue is not encrypted", ATTRIBUTES.via))
    else:
        for name in names:
            sheet.put(name, Unknown(UnknownReason.NOT_SUPPORTED, ATTRIBUTES.via, "the queue does not say whether SSE-SQS is on"))


def _retention_facts(draft: Draft, sheet: FactSheet) -> None:
    # Messages live 60 seconds to 14 days, 4 days by default (API Reference, SetQueueAttributes); the attribute is always returned.
    seconds = _attribute(draft, "MessageRetentionPeriod")
    sheet.constant("retention.expiry_configured", True, "SQS API Reference, MessageRetentionPeriod: at most 14 days")
    if isinstance(seconds, Unknown):
        sheet.put("retention.delete_after_days", seconds)
    elif seconds.value is None:
        sheet.put(
            "retention.delete_after_days", Unknown(UnknownReason.NOT_SUPPORTED, ATTRIBUTES.via, "MessageRetentionPeriod", between=(1, 14))
        )
    else:
        sheet.known("retention.delete_after_days", ceil(int(seconds.value) / _DAY), ATTRIBUTES.via)


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of the queue's policy, as evidence."""
    return policy_grants(policy_text(draft.doc(ATTRIBUTES), "Attributes", "Policy"), ATTRIBUTES.via)


COLLECTOR = Collector(
    "sqs",
    (LIST, keys.LIST_ALIASES, ATTRIBUTES),
    survey,
    facts,
    links,
    grants,
    history=History(frozenset({"sqs.amazonaws.com"}), frozenset({"AWS::SQS::Queue"}), frozenset({"CreateQueue"})),
)
