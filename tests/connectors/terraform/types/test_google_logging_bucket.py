from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

BUCKET = "google_logging_project_bucket_config"


@pytest.fixture
def plan():
    return GooglePlan()


def test_a_bucket_that_says_nothing_keeps_entries_for_thirty_days(plan, tmp_path):
    plan.put(BUCKET, "b", {"project": PROJECT, "location": "europe-west2", "bucket_id": "audit", "retention_days": None, "locked": None})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert (one.kind, one.region, one.account) == (Kind.LOG_STORE, "europe-west2", PROJECT)
    assert f"projects/{PROJECT}/locations/europe-west2/buckets/audit" in one.aliases
    assert value(one, "retention.log_days") == 30
    assert (value(one, "immutability.mode"), value(one, "immutability.min_days")) == ("none", 0)
    assert value(one, "recovery.delete_protected") is False
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_a_locked_bucket_keeps_entries_whoever_asks(plan, tmp_path):
    plan.put(BUCKET, "b", {"project": PROJECT, "location": "global", "bucket_id": "audit", "retention_days": 400, "locked": True})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(one, "retention.log_days") == 400
    assert (value(one, "immutability.mode"), value(one, "immutability.min_days")) == ("compliance", 400)
    assert value(one, "recovery.delete_protected") is True


def test_unknown_and_sensitive(plan, tmp_path):
    plan.put(BUCKET, "u", {"bucket_id": "u"}, unknown={"locked": True}, expressions={"locked": ref("local.l")})
    plan.put(BUCKET, "s", {"bucket_id": "s", "retention_days": 90}, sensitive={"retention_days": True})
    assert reason(plan.one(tmp_path, f"{BUCKET}.u"), "immutability.mode") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(plan.one(tmp_path, f"{BUCKET}.s"), "retention.log_days") is UnknownReason.REDACTED
