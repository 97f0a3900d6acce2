from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import Case, Part, iam_cases
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

DATABASE, INSTANCE = "google_spanner_database", "google_spanner_instance"
BY_REFERENCE = {"unknown": {"instance": True, "id": True}, "expressions": {"instance": ref(f"{INSTANCE}.i.name")}}
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
CASES = (
    Case(DATABASE, "encryption_config.0.kms_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(DATABASE, "enable_drop_protection", "recovery.delete_protected", {True: True, False: False}, absent=False),
    Case(DATABASE, "version_retention_period", "retention.backup_days", {"7d": 7, "1h": 0}, absent=0),
    Case(INSTANCE, "config", "recovery.redundancy", {"regional-europe-west2": "multi-zone", "eur3": "multi-region"}, absent="multi-region"),
    Case("google_spanner_backup_schedule", "retention_duration", "retention.backup_days", {"604800s": 7}, absent=0, of=DATABASE),
    *iam_cases(DATABASE, part=True),
    *iam_cases(INSTANCE),
)
PARTS = (Part(DATABASE, INSTANCE, {"name": "cases"}),)


@pytest.fixture
def plan():
    found = GooglePlan()
    after = {"name": "main", "config": "regional-europe-west2", "labels": {"team": "records"}, "display_name": "Main"}
    found.put(INSTANCE, "i", after, unknown={"id": True})
    return found


def test_a_database_has_place_labels_and_redundancy_from_its_instance(plan, tmp_path):
    plan.put(DATABASE, "d", {"name": "claims", "deletion_protection": True}, **BY_REFERENCE)
    plan.put(DATABASE, "n", {"name": "other", "instance": "main", "enable_drop_protection": True, "version_retention_period": "7d"})
    found = plan.read(tmp_path)
    assert f"{INSTANCE}.i" not in found
    one, other = plan.one(tmp_path, f"{DATABASE}.d"), plan.one(tmp_path, f"{DATABASE}.n")
    for each in (one, other):
        assert (each.kind, each.region, each.tags.value) == (Kind.RELATIONAL_DB, "europe-west2", {"team": "records"})
        assert value(each, "recovery.redundancy") == "multi-zone"
    assert (value(one, "recovery.delete_protected"), value(one, "retention.backup_days")) == (False, 0)
    assert (value(other, "recovery.delete_protected"), value(other, "retention.backup_days")) == (True, 7)
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_an_instance_without_databases_stands_for_those_made_elsewhere(plan, tmp_path):
    one = plan.one(tmp_path, f"{INSTANCE}.i")
    assert reason(one, "encryption.key_custody") is UnknownReason.NOT_COLLECTED
    assert value(one, "recovery.redundancy") == "multi-zone"


def test_backup_schedules_reach_further_than_versions(plan, tmp_path):
    plan.put(DATABASE, "d", {"name": "claims", "instance": "main"}, unknown={"id": True})
    plan.put(
        "google_spanner_backup_schedule", "b", {"instance": "main", "retention_duration": f"{30 * 86400}s"}, unknown={"database": True},
        expressions={"database": ref(f"{DATABASE}.d.name")},
    )  # fmt: skip
    assert value(plan.one(tmp_path, f"{DATABASE}.d"), "retention.backup_days") == 30


def test_bindings_of_the_database_and_of_the_instance_hold_together(plan, tmp_path):
    plan.put(DATABASE, "d", {"name": "claims", "instance": "main"}, unknown={"id": True})
    plan.put(f"{INSTANCE}_iam_member", "m", {"instance": "main", "role": "roles/spanner.databaseReader", "member": "allUsers"})
    one = plan.one(tmp_path, f"{DATABASE}.d")
    assert value(one, "access.anonymous_read") is True
    assert value(one, "access.anonymous_write") is False


def test_an_instance_elsewhere_and_values_that_are_not_known(plan, tmp_path):
    plan.put(
        DATABASE,
        "e",
        {"name": "e", "instance": "elsewhere"},
        unknown={"version_retention_period": True},
        expressions={"version_retention_period": ref("local.p")},
    )
    plan.put(DATABASE, "s", {"name": "s", "instance": "main", "enable_drop_protection": True}, sensitive={"enable_drop_protection": True})
    one = plan.one(tmp_path, f"{DATABASE}.e")
    assert reason(one, "recovery.redundancy") is UnknownReason.UNRESOLVED_REFERENCE
    assert reason(one, "retention.backup_days") is UnknownReason.KNOWN_AFTER_APPLY
    assert isinstance(one.facts["access.anonymous_read"], Unknown)
    assert one.region == ""
    assert reason(plan.one(tmp_path, f"{DATABASE}.s"), "recovery.delete_protected") is UnknownReason.REDACTED


def test_a_multi_region_of_spanner_is_not_one_of_cloud_storage(tmp_path):
    plan = GooglePlan()
    plan.put(INSTANCE, "i", {"name": "wide", "config": "projects/p/instanceConfigs/eur3"})
    one = plan.one(tmp_path, f"{INSTANCE}.i")
    assert one.region == "spanner-eur3"
    assert value(one, "recovery.redundancy") == "multi-region"
