"""SQS queues with their policy and redrive policy in resources of their own or inline."""

from __future__ import annotations

import json
from math import ceil
from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import is_filled_in, key_links, keyed, mapped, number, policy_of, put_encryption, put_policy
from tierwise.model.fact import FactSheet, Known, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

QUEUE: Final = "aws_sqs_queue"
POLICY, REDRIVE = f"{QUEUE}_policy", f"{QUEUE}_redrive_policy"
_KEY: Final = ("kms_master_key_id",)
_DAY: Final = 86_400
_FOUR_DAYS: Final = 345_600
_MANAGED: Final = "constant: SQS Developer Guide, encryption at rest: SSE-SQS is on for queues made since October 2022"


def convert(queue: Planned, plan: Plan) -> Resource:
    """A planned queue."""
    sheet = FactSheet()
    _encryption(queue, plan, sheet)
    sheet.constant("retention.expiry_configured", True, "SQS API Reference, MessageRetentionPeriod: at most 14 days")
    seconds = number(queue, "message_retention_seconds", _FOUR_DAYS)
    sheet.put("retention.delete_after_days", mapped(seconds, lambda value: ceil(value / _DAY)))
    sheet.constant("access.shared_key_enabled", False, "SQS Developer Guide: requests are signed by principals; there is no queue-wide key")
    grants = put_policy(plan, queue, policy_of(plan, queue, POLICY, "policy"), "sqs", sheet, Kind.QUEUE)
    name = text_or(queue.root, "name")
    return plan.resource(
        queue,
        Kind.QUEUE,
        name or text_or(queue.root, "name_prefix") or queue.place.name,
        sheet.facts,
        links=(*key_links(plan, queue, _KEY), *_redrive(queue, plan)),
        aliases=(text_or(queue.root, "url"), text_or(queue.root, "id"), text_or(queue.root, "arn"), name),
        grants=grants,
    )


def _encryption(queue: Planned, plan: Plan, sheet: FactSheet) -> None:
    at_rest = keyed(plan, queue, _KEY)
    without = "provider-managed"
    if isinstance(at_rest, Known) and not at_rest.value:
        at_rest, without = defaulted(queue, "sqs_managed_sse_enabled", True), "provider-owned"
        if isinstance(at_rest, Known) and queue.root.flag("sqs_managed_sse_enabled") != at_rest:
            at_rest = Known(at_rest.value, Provenance(_MANAGED))
    put_encryption(plan, queue, sheet, at_rest, _KEY, without=without)


def _redrive(queue: Planned, plan: Plan) -> tuple[Link, ...]:
    """The queue that receives what could not be processed."""
    children = plan.children(queue, REDRIVE)
    if children.loose is not None:
        return (Link(Rel.EXPORTS_TO, "", children.loose),)
    holder = children.found[0] if children.found else queue
    text = holder.root.text("redrive_policy")
    if isinstance(text, Known):
        if not text.value:
            return ()
        target = _target(text.value)
        return (Link(Rel.EXPORTS_TO, target, None if target else Unknown(UnknownReason.UNPARSABLE, text.via, "redrive_policy")),)
    if is_filled_in(holder, "redrive_policy", found=text):
        return ()
    return plan.links(Rel.EXPORTS_TO, holder, holder.root, ("redrive_policy",), {QUEUE})


def _target(redrive: str) -> str:
    try:
        found = json.loads(redrive)
    except (ValueError, RecursionError):
        return ""
    return str(found.get("deadLetterTargetArn") or "") if isinstance(found, dict) else ""


_NAMES: Final = ("url", "id")
CONVERTER = Converter(
    frozenset({QUEUE}), convert, (Child(POLICY, "queue_url", _NAMES), Child(REDRIVE, "queue_url", _NAMES)), KEY_TYPES | {DOCUMENT}
)
