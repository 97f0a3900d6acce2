from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import value
from tests.connectors.terraform.types.cases import Case
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

BUCKET = "google_logging_project_bucket_config"
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
_EVERY = tuple(f"google_logging_{level}_bucket_config" for level in ("project", "folder", "organization", "billing_account"))
CASES = (
    Case(_EVERY, "cmek_settings.0.kms_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(_EVERY, "retention_days", "retention.log_days", {365: 365}, absent=30),
    Case(BUCKET, "locked", "immutability.mode", {True: "compliance", False: "none"}, absent="none"),
)


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
