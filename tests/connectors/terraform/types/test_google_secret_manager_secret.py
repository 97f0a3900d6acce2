from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import Case, iam_cases
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import facts_of

SECRET = "google_secret_manager_secret"
KEY = "projects/keys/locations/{}/keyRings/r/cryptoKeys/k"
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
_REGIONAL = "google_secret_manager_regional_secret"
_CMEK = "customer_managed_encryption.0.kms_key_name"
CASES = (
    Case(SECRET, f"replication.0.auto.0.{_CMEK}", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(SECRET, f"replication.0.user_managed.0.replicas.0.{_CMEK}", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(_REGIONAL, _CMEK, "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case((SECRET, _REGIONAL), "version_destroy_ttl", "recovery.soft_delete_days", {"604800s": 7}, absent=0),
    *iam_cases(SECRET),
    *iam_cases(_REGIONAL),
)


@pytest.fixture
def plan():
    return GooglePlan()


def replica(place, *, key=True):
    return {"location": place, "customer_managed_encryption": [{"kms_key_name": KEY.format(place)}] if key else []}


def test_a_secret_that_google_replicates(plan, tmp_path):
    plan.put(SECRET, "s", {"secret_id": "db", "replication": [{"auto": [{}]}]}, unknown={"name": True, "id": True})
    one = plan.one(tmp_path, f"{SECRET}.s")
    assert (one.kind, one.region, one.name) == (Kind.SECRET, "global", "db")
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "recovery.soft_delete_days") == 0
    assert value(one, "access.anonymous_read") is False
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_the_weakest_key_of_several_places_counts(plan, tmp_path):
    both = [replica("europe-west2"), replica("europe-west1", key=False)]
    plan.put(SECRET, "s", {"secret_id": "a", "version_destroy_ttl": "172800s", "replication": [{"user_managed": [{"replicas": both}]}]})
    plan.put(SECRET, "t", {"secret_id": "b", "replication": [{"user_managed": [{"replicas": [replica("europe-west2")]}]}]})
    mixed, one = plan.one(tmp_path, f"{SECRET}.s"), plan.one(tmp_path, f"{SECRET}.t")
    assert value(mixed, "encryption.key_custody") == "provider-owned"
    assert mixed.region == ""
    assert value(mixed, "recovery.soft_delete_days") == 2
    assert value(one, "encryption.key_custody") == "customer"
    assert one.region == "europe-west2"
    assert one.links == (Link(Rel.USES_KEY, KEY.format("europe-west2")),)


def test_unknown_replication_and_a_sensitive_time(plan, tmp_path):
    plan.put(SECRET, "s", {"secret_id": "a"}, unknown={"replication": True, "version_destroy_ttl": True}, expressions={"replication": {}})
    plan.put(SECRET, "t", {"secret_id": "b", "version_destroy_ttl": "86400s"}, sensitive={"version_destroy_ttl": True})
    assert reason(plan.one(tmp_path, f"{SECRET}.s"), "encryption.key_custody") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(plan.one(tmp_path, f"{SECRET}.t"), "recovery.soft_delete_days") is UnknownReason.REDACTED


@pytest.mark.parametrize(("role", "reads"), [("roles/secretmanager.secretAccessor", True), ("roles/secretmanager.viewer", False)])
def test_who_may_read_the_value(plan, tmp_path, role, reads):
    plan.put(SECRET, "s", {"secret_id": "db", "replication": [{"auto": [{}]}]}, unknown={"id": True})
    plan.put(
        f"{SECRET}_iam_member",
        "m",
        {"role": role, "member": "allUsers"},
        unknown={"secret_id": True},
        expressions={"secret_id": ref(f"{SECRET}.s.id")},
    )
    assert value(plan.one(tmp_path, f"{SECRET}.s"), "access.anonymous_read") is reads
