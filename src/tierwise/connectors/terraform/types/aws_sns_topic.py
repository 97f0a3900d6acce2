"""SNS topics with their policy and the queues and delivery streams that are subscribed to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tierwise.connectors.fields import whole
from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import is_filled_in, keyed, policy_of, put_encryption, put_policy
from tierwise.model.fact import AnyFact, FactSheet, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

TOPIC: Final = "aws_sns_topic"
POLICY, SUBSCRIPTION = f"{TOPIC}_policy", f"{TOPIC}_subscription"
_KEY: Final = ("kms_master_key_id",)
_STORES: Final = frozenset({"sqs", "firehose"})
"""Protocols whose endpoint is a store; addresses of people and web pages are never read further."""


def convert(topic: Planned, plan: Plan) -> Resource:
    """A planned topic."""
    sheet = FactSheet()
    # Without a key, messages are kept unencrypted until they are delivered (SNS Developer Guide, server-side encryption).
    links = put_encryption(plan, topic, sheet, keyed(plan, topic, _KEY), _KEY, without="provider-managed")
    _retention(topic, sheet)
    sheet.constant("access.shared_key_enabled", False, "SNS Developer Guide: requests are signed by principals; there is no topic-wide key")
    grants = put_policy(plan, topic, policy_of(plan, topic, POLICY, "policy"), "sns", sheet, Kind.QUEUE)
    name = text_or(topic.root, "name")
    return plan.resource(
        topic,
        Kind.QUEUE,
        name or text_or(topic.root, "name_prefix") or topic.place.name,
        sheet.facts,
        links=(*links, *_receivers(topic, plan)),
        aliases=(text_or(topic.root, "arn"), text_or(topic.root, "id"), name),
        grants=grants,
    )


def _retention(topic: Planned, sheet: FactSheet) -> None:
    archive = topic.root.text("archive_policy")
    if is_filled_in(topic, "archive_policy", found=archive):
        archive = Known(None, archive.via)
    configured: AnyFact = archive if isinstance(archive, Unknown) else Known(True, archive.via)
    days: AnyFact = archive if isinstance(archive, Unknown) else _days(archive.value or "", archive)
    if isinstance(archive, Known) and not archive.value:
        configured = days = NotApplicable("a topic without an archive keeps no message after delivery", archive.via)
    sheet.put("retention.expiry_configured", configured)
    sheet.put("retention.delete_after_days", days)


def _days(archive: str, found: Known[str | None]) -> AnyFact:
    # FIFO topics may archive messages for 1 to 365 days (SNS Developer Guide, "Message archiving for FIFO topic owners").
    try:
        policy = json.loads(archive)
    except (ValueError, RecursionError):
        policy = None
    days = whole(str(policy.get("MessageRetentionPeriod", ""))) if isinstance(policy, dict) else None
    if days is not None and days >= 0:
        return Known(days, found.via)
    return Unknown(UnknownReason.UNPARSABLE, found.via, "archive_policy", between=(1, 365))


def _receivers(topic: Planned, plan: Plan) -> Iterator[Link]:
    children = plan.children(topic, SUBSCRIPTION)
    for child in children.found:
        protocol = child.root.text("protocol")
        if isinstance(protocol, Unknown):
            yield Link(Rel.EXPORTS_TO, "", protocol)
        elif protocol.value in _STORES:
            yield from plan.links(Rel.EXPORTS_TO, child, child.root, ("endpoint",), {"aws_sqs_queue"})
    if children.loose is not None:
        yield Link(Rel.EXPORTS_TO, "", children.loose)


_NAMES: Final = ("arn", "id")
CONVERTER = Converter(
    frozenset({TOPIC}), convert, (Child(POLICY, "arn", _NAMES), Child(SUBSCRIPTION, "topic_arn", _NAMES)), KEY_TYPES | {DOCUMENT}
)
