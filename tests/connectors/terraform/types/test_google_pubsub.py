from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import NA, Case, iam_cases
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import facts_of

TOPIC, SUBSCRIPTION = "google_pubsub_topic", "google_pubsub_subscription"
KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
CASES = (
    Case(TOPIC, "kms_key_name", "encryption.key_custody", {KEY: "customer"}, absent="provider-owned"),
    Case(TOPIC, "message_retention_duration", "retention.delete_after_days", {"86400s": 1}, absent=NA),
    Case(SUBSCRIPTION, "message_retention_duration", "retention.delete_after_days", {"86400s": 1}, absent=7),
    Case(SUBSCRIPTION, "topic", "copy-of", {"topics/of-ours": ("topics/of-ours",)}, absent=()),
    Case(SUBSCRIPTION, "dead_letter_policy.0.dead_letter_topic", "exports-to", {"topics/of-ours": ("topics/of-ours",)}, absent=()),
    Case(SUBSCRIPTION, "cloud_storage_config.0.bucket", "exports-to", {"bucket-of-ours": ("bucket-of-ours",)}, absent=()),
    Case(SUBSCRIPTION, "bigquery_config.0.table", "exports-to", {"p.d.t-of-ours": ("p.d.t-of-ours",)}, absent=()),
    *iam_cases(TOPIC),
    *iam_cases(SUBSCRIPTION),
)


@pytest.fixture
def plan():
    found = GooglePlan()
    after = {"name": "events", "kms_key_name": KEY, "message_storage_policy": [{"allowed_persistence_regions": ["europe-west2"]}]}
    found.put(TOPIC, "t", after, unknown={"id": True})
    return found


def test_a_topic_keeps_no_messages_of_its_own(plan, tmp_path):
    one = plan.one(tmp_path, f"{TOPIC}.t")
    assert (one.kind, one.region) == (Kind.QUEUE, "europe-west2")
    assert value(one, "encryption.key_custody") == "customer"
    assert isinstance(one.facts["retention.delete_after_days"], NotApplicable)
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_a_subscription_is_under_its_topics_key_and_keeps_messages_for_a_week(plan, tmp_path):
    plan.put(SUBSCRIPTION, "s", {"name": "s"}, unknown={"topic": True}, expressions={"topic": ref(f"{TOPIC}.t.id")})
    plan.put(SUBSCRIPTION, "n", {"name": "n", "topic": "events", "message_retention_duration": "90000s"})
    by_reference, by_name = plan.one(tmp_path, f"{SUBSCRIPTION}.s"), plan.one(tmp_path, f"{SUBSCRIPTION}.n")
    for one in (by_reference, by_name):
        assert value(one, "encryption.key_custody") == "customer"
        assert one.region == "europe-west2"
        assert Link(Rel.USES_KEY, KEY) in one.links
    assert Link(Rel.COPY_OF, f"{TOPIC}.t") in by_reference.links
    assert value(by_reference, "retention.delete_after_days") == 7
    assert value(by_name, "retention.delete_after_days") == 2


def test_a_subscription_to_a_topic_elsewhere(plan, tmp_path):
    plan.put(SUBSCRIPTION, "s", {"name": "s", "topic": "projects/other/topics/x", "bigquery_config": [{"table": "p.d.t"}]})
    one = plan.one(tmp_path, f"{SUBSCRIPTION}.s")
    assert reason(one, "encryption.key_custody") is UnknownReason.UNRESOLVED_REFERENCE
    assert one.region == ""
    assert Link(Rel.EXPORTS_TO, "p.d.t") in one.links


def test_a_duration_that_is_unknown_or_sensitive(plan, tmp_path):
    name = "message_retention_duration"
    plan.put(SUBSCRIPTION, "u", {"name": "u", "topic": "events"}, unknown={name: True}, expressions={name: ref("local.d")})
    plan.put(SUBSCRIPTION, "s", {"name": "s", "topic": "events", name: "600s"}, sensitive={name: True})
    assert reason(plan.one(tmp_path, f"{SUBSCRIPTION}.u"), "retention.delete_after_days") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(plan.one(tmp_path, f"{SUBSCRIPTION}.s"), "retention.expiry_configured") is UnknownReason.REDACTED


def test_publishers_write_and_subscribers_read(plan, tmp_path):
    plan.put(f"{TOPIC}_iam_member", "p", {"topic": "events", "role": "roles/pubsub.publisher", "member": "allUsers"})
    one = plan.one(tmp_path, f"{TOPIC}.t")
    assert value(one, "access.anonymous_write") is True
    assert value(one, "access.anonymous_read") is False
