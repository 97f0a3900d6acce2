from __future__ import annotations

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset, binding
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.pubsub import SUBSCRIPTION, TOPIC
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Link, Rel

SERVICES = ("pubsub",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
TOPIC_NAME, SUB_NAME = f"projects/{PROJECT}/topics/letters", f"projects/{PROJECT}/subscriptions/post"
TOPIC_DATA = {
    "name": TOPIC_NAME,
    "kmsKeyName": KEY,
    "messageRetentionDuration": "86400s",
    "messageStoragePolicy": {"allowedPersistenceRegions": ["europe-west2"]},
}
SUB_DATA = {
    "name": SUB_NAME,
    "topic": TOPIC_NAME,
    "deadLetterPolicy": {"deadLetterTopic": f"projects/{PROJECT}/topics/dead"},
    "bigqueryConfig": {"table": f"{PROJECT}.people.letters"},
    "cloudStorageConfig": {"bucket": "exports"},
}
PUBLIC = binding("pubsub.subscriber", "allUsers")


def queue(kind: str, data: dict, *bindings: dict) -> dict:
    return asset(kind, f"//pubsub.googleapis.com/{data['name']}", data, policy={"bindings": list(bindings)})


ROWS = [queue(TOPIC, TOPIC_DATA), queue(SUBSCRIPTION, SUB_DATA, PUBLIC)]
DOCS = {
    f"pubsub/v1/projects/{PROJECT}/topics": {"topics": [TOPIC_DATA]},
    f"pubsub/v1/projects/{PROJECT}/subscriptions": {"subscriptions": [SUB_DATA]},
    f"pubsub/v1/{TOPIC_NAME}": TOPIC_DATA,
    f"pubsub/v1/{SUB_NAME}:getIamPolicy": {"bindings": [PUBLIC]},
}


def test_a_topic_and_its_subscription(collect):
    found = collect(Cloud(ROWS, DOCS), ALL_FACTS)
    topic, subscription = found[f"//pubsub.googleapis.com/{TOPIC_NAME}"], found[f"//pubsub.googleapis.com/{SUB_NAME}"]
    assert (topic.region, topic.links) == ("europe-west2", (Link(Rel.USES_KEY, KEY),))
    assert subscription.links == (
        Link(Rel.USES_KEY, KEY),
        Link(Rel.COPY_OF, TOPIC_NAME),
        Link(Rel.EXPORTS_TO, f"projects/{PROJECT}/topics/dead"),
        Link(Rel.EXPORTS_TO, "exports"),
        Link(Rel.EXPORTS_TO, f"{PROJECT}.people"),
    )
    assert said(topic.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "access.shared_key_enabled": False,
        "retention.expiry_configured": True,
        "retention.delete_after_days": 1,
        "network.public_endpoint": True,
        "network.ingress_any": True,
        "network.private_endpoint": False,
        "transport.tls_required": True,
        "transport.min_tls": "1.0",
        "logging.data_read": False,
        "logging.data_write": False,
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
    }
    assert said(subscription.facts) == said(topic.facts) | {"retention.delete_after_days": 7, "access.anonymous_read": True}


def test_what_was_never_set(collect):
    (found,) = collect(Cloud([queue(TOPIC, {"name": TOPIC_NAME})]), ALL_FACTS).values()
    facts = said(found.facts)
    assert facts["encryption.key_custody"] == "provider-owned"
    assert (facts["retention.expiry_configured"], facts["retention.delete_after_days"]) == ("n/a", "n/a")


def test_a_topic_that_may_not_be_read_leaves_the_key_open(collect):
    cloud = Cloud([ROWS[1]], DOCS)
    cloud.denied = frozenset({"pubsub.topics.get"})
    (found,) = collect(cloud, ALL_FACTS).values()
    assert found.facts["encryption.key_custody"].reason is UnknownReason.PERMISSION_DENIED


def test_a_topic_is_read_once_for_all_its_subscriptions(collect):
    cloud = Cloud([queue(SUBSCRIPTION, {**SUB_DATA, "name": f"{SUB_NAME}{number}"}) for number in range(5)], DOCS)
    assert len(collect(cloud)) == 5
    assert cloud.asked(f"pubsub/v1/{TOPIC_NAME}") == 1
