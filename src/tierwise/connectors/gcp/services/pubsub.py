"""Pub/Sub topics and subscriptions; a subscription keeps the messages of its topic under the topic's key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import iam
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp.store import ApiStore, api_store, policy_read
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TOPIC, SUBSCRIPTION = "pubsub.googleapis.com/Topic", "pubsub.googleapis.com/Subscription"
_WEEK: Final = "Pub/Sub, subscription properties: unacknowledged messages are kept for 7 days unless another time is given"
_NO_MESSAGES: Final = "the topic keeps no messages; its subscriptions do"
_UNSET: Final = "Pub/Sub API: none where it was never set"
_QUEUES: Final = frozenset({Kind.QUEUE})


def _list(what: str) -> Read:
    path = f"/v1/projects/{{}}/{what}"
    return Read("pubsub", path, f"pubsub.{what}.list", stage=Stage.SURVEY, items=what, query=(("pageSize", "1000"),), kinds=_QUEUES)


def _policy(of: str, what: str) -> Read:
    return policy_read(of, "pubsub", f"/v1/projects/{{}}/{what}/{{}}", f"pubsub.{what}.getIamPolicy")


def _row(of: str, what: str, store: ApiStore, facts: frozenset[str]) -> Row:
    return Row(of, _QUEUES, (_list(what),), lambda doc, _place: f"//pubsub.googleapis.com/{doc.get('name')}", store.policy, facts)


STORES: Final = {
    TOPIC: api_store(TOPIC, "pubsub", "pubsub.googleapis.com", _policy(TOPIC, "topics")),
    SUBSCRIPTION: api_store(SUBSCRIPTION, "pubsub", "pubsub.googleapis.com", _policy(SUBSCRIPTION, "subscriptions")),
}
_KEPT: Final = frozenset({"retention.expiry_configured", "retention.delete_after_days"})
TOPICS: Final = _row(TOPIC, "topics", STORES[TOPIC], _KEPT | {"encryption.key_custody"})
SUBSCRIPTIONS: Final = _row(SUBSCRIPTION, "subscriptions", STORES[SUBSCRIPTION], _KEPT)


def _topic_of(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """The topic, which has the key; once for all its subscriptions."""
    named = fields.word(draft.doc(SUBSCRIPTIONS), "topic")
    if isinstance(named, Unknown) or named.value == "_deleted-topic_":
        return named if isinstance(named, Unknown) else Known(None, named.via)
    return caller.place.above(f"topic:{named.value}", partial(caller.ask, OWNER, values_of(named.value), draft.resource.id))


OWNER: Final = Read(
    "pubsub",
    "/v1/projects/{}/topics/{}",
    "pubsub.topics.get",
    SUBSCRIPTION,
    Stage.SURVEY,
    frozenset({"encryption.key_custody"}),
    make=_topic_of,
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per topic or subscription."""
    region = _region(asset.data) if declared is TOPICS else ""
    draft = drafted(caller.place, declared, asset, Kind.QUEUE, region=region, aliases=(asset.name.rpartition("/")[2],))
    draft.docs[iam.PLACE] = Known({"place": caller.place})
    yield draft


def _region(topic: Maybe[Doc]) -> str:
    """The one region in which the topic lets messages be kept."""
    regions = fields.words(topic, "messageStoragePolicy", "allowedPersistenceRegions", because=_UNSET)
    return regions.value[0] if isinstance(regions, Known) and len(regions.value) == 1 else ""


def _key(draft: Draft) -> Maybe[str]:
    topic = draft.doc(TOPICS if draft.resource.type == TOPIC else OWNER)
    return fields.word(topic, "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, its topic, and where its messages go."""
    key = _key(draft)
    found = [(Rel.USES_KEY, key.value)] if isinstance(key, Known) and key.value else []
    if draft.resource.type == SUBSCRIPTION:
        row = draft.doc(SUBSCRIPTIONS)
        for rel, path in (
            (Rel.COPY_OF, ("topic",)),
            (Rel.EXPORTS_TO, ("deadLetterPolicy", "deadLetterTopic")),
            (Rel.EXPORTS_TO, ("cloudStorageConfig", "bucket")),
            (Rel.EXPORTS_TO, ("bigqueryConfig", "table")),
        ):
            named = fields.word(row, *path, absent="", because=_UNSET)
            if isinstance(named, Known) and named.value:
                # A table is written `project.dataset.table`; the dataset is what is judged.
                found.append((rel, ".".join(named.value.split(".")[:2]) if path[0] == "bigqueryConfig" else named.value))
    return tuple(Link(rel, gcp_terms.unversioned(to)) for rel, to in found)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a topic or subscription that its documents so far allow."""
    sheet, of = FactSheet(), draft.resource.type
    gcp_terms.put_custody(sheet, _key(draft))
    sheet.constant("access.shared_key_enabled", False, "Pub/Sub, access control with IAM: no shared keys")
    default = "" if of == TOPIC else f"{7 * gcp_terms.DAY}s"
    given = fields.word(
        draft.doc(TOPICS if of == TOPIC else SUBSCRIPTIONS),
        "messageRetentionDuration",
        absent=default,
        because=_UNSET if of == TOPIC else _WEEK,
    )
    kept = gcp_terms.seconds(given if isinstance(given, Unknown) or given.value else Known(None, given.via))
    if isinstance(kept, Known) and not kept.value:
        for name in sorted(_KEPT):
            sheet.not_applicable(name, _NO_MESSAGES, kept.via)
    else:
        sheet.put("retention.expiry_configured", kept if isinstance(kept, Unknown) else Known(True, kept.via))
        days = kept if isinstance(kept, Unknown) else Known(-(-(kept.value or 0) // gcp_terms.DAY), kept.via)
        sheet.put("retention.delete_after_days", days)
    STORES[of].put(draft, sheet)
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of its policy."""
    return STORES[draft.resource.type].put(draft, FactSheet())


COLLECTOR = Collector(
    "pubsub", (TOPICS, SUBSCRIPTIONS), (*STORES[TOPIC].reads, *STORES[SUBSCRIPTION].reads, OWNER), survey, facts, links, grants
)
