from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import Case, Part
from tierwise.model.fact import UNLIMITED, NotApplicable, UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

DATABASE = "google_firestore_database"
COMPUTED = {"id": True, "point_in_time_recovery_enablement": True, "delete_protection_state": True, "cmek_config": []}
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
CASES = (
    Case(DATABASE, "cmek_config.0.kms_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(
        DATABASE,
        "delete_protection_state",
        "recovery.delete_protected",
        {"DELETE_PROTECTION_ENABLED": True, "DELETE_PROTECTION_DISABLED": False},
        absent=False,
    ),
    Case(
        DATABASE,
        "point_in_time_recovery_enablement",
        "recovery.point_in_time",
        {"POINT_IN_TIME_RECOVERY_ENABLED": True, "POINT_IN_TIME_RECOVERY_DISABLED": False},
        absent=False,
    ),
    Case(DATABASE, "location_id", "recovery.redundancy", {"eur3": "multi-region", "europe-west2": "multi-zone"}, absent="multi-zone"),
    Case("google_firestore_backup_schedule", "retention", "retention.backup_days", {"604800s": 7}, absent=0, of=DATABASE),
    Case("google_firestore_field", "ttl_config", "retention.expiry_configured", [([{}], True), ([], False)], absent=False, of=DATABASE),
)
PARTS = (Part("google_firestore_field", DATABASE, {"collection": "cases", "field": "end", "ttl_config": [{}]}),)


@pytest.fixture
def plan():
    found = GooglePlan()
    found.put(DATABASE, "d", {"name": "claims", "location_id": "eur3", "type": "FIRESTORE_NATIVE"}, unknown=COMPUTED)
    return found


def test_a_new_database_that_says_nothing(plan, tmp_path):
    one = plan.one(tmp_path, f"{DATABASE}.d")
    assert (one.kind, one.region) == (Kind.DOCUMENT_DB, "eur3")
    assert value(one, "recovery.redundancy") == "multi-region"
    assert value(one, "recovery.point_in_time") is False
    assert value(one, "recovery.delete_protected") is False
    assert value(one, "retention.backup_days") == 0
    assert value(one, "retention.delete_after_days") == UNLIMITED
    assert reason(one, "access.anonymous_read") is UnknownReason.NOT_COLLECTED
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_what_a_database_says(tmp_path):
    plan = GooglePlan()
    after = {
        "name": "claims",
        "location_id": "europe-west2",
        "point_in_time_recovery_enablement": "POINT_IN_TIME_RECOVERY_ENABLED",
        "delete_protection_state": "DELETE_PROTECTION_ENABLED",
        "cmek_config": [{"kms_key_name": "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"}],
    }
    plan.put(DATABASE, "d", after, unknown={"id": True})
    one = plan.one(tmp_path, f"{DATABASE}.d")
    assert value(one, "recovery.point_in_time") is True
    assert value(one, "retention.backup_days") == 7
    assert value(one, "recovery.delete_protected") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "recovery.redundancy") == "multi-zone"


def test_schedules_and_expiring_fields_by_reference(plan, tmp_path):
    here = {"unknown": {"database": True}, "expressions": {"database": ref(f"{DATABASE}.d.name")}}
    plan.put("google_firestore_backup_schedule", "b", {"retention": f"{98 * 86400}s"}, **here)
    plan.put("google_firestore_field", "f", {"collection": "c", "field": "expires", "ttl_config": [{}]}, **here)
    one = plan.one(tmp_path, f"{DATABASE}.d")
    assert value(one, "retention.backup_days") == 98
    assert value(one, "retention.expiry_configured") is True
    assert isinstance(one.facts["retention.delete_after_days"], NotApplicable)
