"""Pub/Sub topics and subscriptions with their IAM bindings; a subscription keeps the messages of its topic under the topic's key."""

from __future__ import annotations

from typing import Final

from tierwise.access.google_iam import put_audience
from tierwise.connectors import gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import iam_children, policy_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import FactSheet, Known, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

TOPIC, SUBSCRIPTION = "google_pubsub_topic", "google_pubsub_subscription"
_WEEK: Final = "Pub/Sub, subscription properties: unacknowledged messages are kept for 7 days unless another time is given"
_NO_MESSAGES: Final = "the topic keeps no messages; its subscriptions do"


def convert(queue: Planned, plan: Plan) -> Resource:
    """A planned topic or subscription."""
    sheet = FactSheet()
    topic = queue if queue.type == TOPIC else _topic(queue, plan)
    links: list[Link] = []
    if topic is not None:
        links += gcp.put_key(plan, topic, ("kms_key_name",), sheet)
    else:
        elsewhere = Unknown(UnknownReason.UNRESOLVED_REFERENCE, queue.at("topic"), "the topic, whose key it is, is not in this plan")
        sheet.constant("encryption.at_rest", True, "Google Cloud, default encryption at rest")
        sheet.put("encryption.key_custody", elsewhere)
        links.append(Link(Rel.USES_KEY, "", elsewhere))
    if queue.type == SUBSCRIPTION:
        links += _flows(queue, plan)
    gcp.put_api_store(plan, queue, "pubsub.googleapis.com", sheet, Kind.QUEUE)
    gcp.put_audit(plan, queue, "pubsub.googleapis.com", sheet)
    sheet.constant("access.shared_key_enabled", False, "Pub/Sub, access control with IAM: no shared keys")
    _retention(queue, sheet)
    grants = put_audience(policy_of(plan, queue), "pubsub", sheet, Kind.QUEUE)
    name = text_or(queue.root, "name")
    return gcp.resource(
        plan, queue, Kind.QUEUE, name or queue.place.name, sheet, links=links, aliases=(name,), grants=grants, region=_region(topic)
    )


def _topic(subscription: Planned, plan: Plan) -> Planned | None:
    way = plan.resolve(subscription, subscription.root, ("topic",), {TOPIC})
    if isinstance(way, Resolved):
        return plan.by_address.get(way.address)
    named = text_or(subscription.root, "topic")
    topics = [
        one
        for one in plan.by_type.get(TOPIC, ())
        if not one.is_gone and named and named in (text_or(one.root, "name"), text_or(one.root, "id"))
    ]
    return topics[0] if len(topics) == 1 else None


def _flows(subscription: Planned, plan: Plan) -> list[Link]:
    found = list(plan.links(Rel.COPY_OF, subscription, subscription.root, ("topic",), {TOPIC}))
    for path, kinds in (
        (("dead_letter_policy", 0, "dead_letter_topic"), {TOPIC}),
        (("cloud_storage_config", 0, "bucket"), {"google_storage_bucket"}),
        (("bigquery_config", 0, "table"), {"google_bigquery_dataset", "google_bigquery_table"}),
    ):
        if not gcp.is_unwritten(subscription.root, path):
            found += plan.links(Rel.EXPORTS_TO, subscription, subscription.root, path, kinds)
    return found


def _retention(queue: Planned, sheet: FactSheet) -> None:
    path = "message_retention_duration"
    given = queue.root.text(path) if queue.type == TOPIC else gcp.text(queue, path, default=f"{7 * gcp_terms.DAY}s", doc=_WEEK)
    kept = gcp_terms.seconds(given)
    if isinstance(kept, Unknown) and gcp.is_unwritten(queue.root, (path,)):
        kept = Known(None, kept.via)
    if isinstance(kept, Known) and not kept.value:
        for name in ("retention.expiry_configured", "retention.delete_after_days"):
            sheet.not_applicable(name, _NO_MESSAGES, kept.via)
        return
    sheet.put("retention.expiry_configured", kept if isinstance(kept, Unknown) else Known(True, kept.via))
    sheet.put("retention.delete_after_days", kept if isinstance(kept, Unknown) else Known(-(-(kept.value or 0) // gcp_terms.DAY), kept.via))


def _region(topic: Planned | None) -> str:
    """The one region in which messages may rest; `global` where the topic names none, empty where it names several."""
    if topic is None:
        return ""
    regions = topic.root.texts("message_storage_policy", 0, "allowed_persistence_regions")
    if isinstance(regions, Unknown):
        return "global" if gcp.is_unwritten(topic.root, ("message_storage_policy",)) else ""
    if regions.value.open is not None or len(regions.value.known) > 1:
        return ""
    return regions.value.known[0] if regions.value.known else "global"


_NAMES: Final = ("name", "id")
CONVERTER = Converter(
    frozenset({TOPIC, SUBSCRIPTION}),
    convert,
    (*iam_children(TOPIC, "topic", _NAMES), *iam_children(SUBSCRIPTION, "subscription", _NAMES)),
    gcp.KEY_TYPES | READS | IDENTITIES | {"google_bigquery_dataset", "google_bigquery_table", "google_storage_bucket"},
)
