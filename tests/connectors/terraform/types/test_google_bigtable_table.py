from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part, iam_cases
from tierwise.model.fact import UNLIMITED, UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

TABLE, INSTANCE, GC = "google_bigtable_table", "google_bigtable_instance", "google_bigtable_gc_policy"
KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
CASES = (
    Case(INSTANCE, "cluster.0.kms_key_name", "encryption.key_custody", {KEY: "customer"}, absent="provider-owned", bare=UNSAID),
    Case(TABLE, "deletion_protection", "recovery.delete_protected", {"PROTECTED": True, "UNPROTECTED": False}, absent=False),
    Case(TABLE, "automated_backup_policy.0.retention_period", "retention.backup_days", {"72h0m0s": 3, "259200s": 3}, absent=0),
    Case(TABLE, "column_family", "retention.delete_after_days", [([{"family": "f"}], UNLIMITED)], absent=UNLIMITED),
    Case(
        GC,
        "max_age.0.duration",
        "retention.delete_after_days",
        {"72h": 3},
        absent=UNLIMITED,
        having={"column_family": "f"},
        of=TABLE,
        beside={"column_family": [{"family": "f"}]},
    ),
    *iam_cases(TABLE, part=True),
    *iam_cases(INSTANCE),
    Case(
        GC,
        "column_family",
        "retention.delete_after_days",
        {"f": 3},
        absent=UNLIMITED,
        having={"max_age": [{"duration": "72h"}]},
        of=TABLE,
        beside={"column_family": [{"family": "f"}]},
    ),
)
PARTS = (Part(TABLE, INSTANCE, {"name": "cases"}),)


def instance(*clusters):
    found = GooglePlan()
    found.put(
        INSTANCE,
        "i",
        {"name": "main", "labels": {"team": "records"}, "deletion_protection": True, "cluster": list(clusters)},
        unknown={"id": True},
    )
    return found


def cluster(zone, key=None):
    return {"cluster_id": zone, "zone": zone, **({"kms_key_name": key} if key else {})}


@pytest.fixture
def plan():
    return instance(cluster("europe-west2-a", KEY), cluster("europe-west2-b", KEY))


def test_a_table_has_key_place_and_labels_from_its_instance(plan, tmp_path):
    plan.put(
        TABLE,
        "t",
        {"name": "t"},
        unknown={"instance_name": True, "deletion_protection": True},
        expressions={"instance_name": ref(f"{INSTANCE}.i.name")},
    )
    one = plan.one(tmp_path, f"{TABLE}.t")
    assert f"{INSTANCE}.i" not in plan.read(tmp_path)
    assert (one.kind, one.region, one.tags.value) == (Kind.DOCUMENT_DB, "europe-west2", {"team": "records"})
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "recovery.delete_protected") is False
    assert value(one, "retention.backup_days") == 0
    assert value(one, "retention.delete_after_days") == UNLIMITED
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


@pytest.mark.parametrize(
    ("clusters", "redundancy", "region", "custody"),
    [
        ([cluster("europe-west2-a")], "zone", "europe-west2", "provider-owned"),
        ([cluster("europe-west2-a", KEY), cluster("europe-west1-b")], "multi-region", "", "provider-owned"),
    ],
)
def test_the_weakest_cluster_counts(tmp_path, clusters, redundancy, region, custody):
    one = instance(*clusters).one(tmp_path, f"{INSTANCE}.i")
    assert value(one, "recovery.redundancy") == redundancy
    assert one.region == region
    assert value(one, "encryption.key_custody") == custody
    assert reason(one, "recovery.delete_protected") is UnknownReason.NOT_COLLECTED


def test_what_a_table_says(plan, tmp_path):
    after = {
        "name": "t",
        "instance_name": "main",
        "deletion_protection": "PROTECTED",
        "automated_backup_policy": [{"retention_period": "72h0m0s", "frequency": "24h0m0s"}],
        "column_family": [{"family": "a"}, {"family": "b"}],
    }
    plan.put(TABLE, "t", after)
    plan.put(GC, "a", {"instance_name": "main", "table": "t", "column_family": "a", "max_age": [{"duration": "168h"}]})
    one = plan.one(tmp_path, f"{TABLE}.t")
    assert value(one, "recovery.delete_protected") is True
    assert value(one, "retention.backup_days") == 3
    assert value(one, "retention.expiry_configured") is True
    assert value(one, "retention.delete_after_days") == UNLIMITED
    plan.put(GC, "b", {"instance_name": "main", "table": "t", "column_family": "b", "max_age": [{"duration": "720h"}]})
    assert value(plan.one(tmp_path, f"{TABLE}.t"), "retention.delete_after_days") == 30


def test_unknown_and_sensitive_protection(plan, tmp_path):
    name = "deletion_protection"
    plan.put(TABLE, "u", {"name": "u", "instance_name": "main"}, unknown={name: True}, expressions={name: ref("local.p")})
    plan.put(TABLE, "s", {"name": "s", "instance_name": "main", name: "PROTECTED"}, sensitive={name: True})
    assert reason(plan.one(tmp_path, f"{TABLE}.u"), "recovery.delete_protected") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(plan.one(tmp_path, f"{TABLE}.s"), "recovery.delete_protected") is UnknownReason.REDACTED
