from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import const, reason, ref, value
from tests.connectors.terraform.types.cases import Case, iam_cases
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import facts_of

DISK, REGIONAL, SNAPSHOT = "google_compute_disk", "google_compute_region_disk", "google_compute_snapshot"
KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
_DISKS = (DISK, REGIONAL)
_SUPPLIED = ("raw_key", "rsa_encrypted_key")
CASES = (
    Case(DISK, "disk_encryption_key.0.kms_key_self_link", "encryption.key_custody", {KEY: "customer"}, absent="provider-owned"),
    Case(REGIONAL, "disk_encryption_key.0.kms_key_name", "encryption.key_custody", {KEY: "customer"}, absent="provider-owned"),
    Case(SNAPSHOT, "snapshot_encryption_key.0.kms_key_self_link", "encryption.key_custody", {KEY: "customer"}, absent="provider-owned"),
    *(
        Case(
            _DISKS,
            f"disk_encryption_key.0.{one}",
            "encryption.key_custody",
            {"a-long-key-of-ours": "customer"},
            absent="provider-owned",
            unknown="customer",
            sensitive="customer",
        )
        for one in _SUPPLIED
    ),
    *(
        Case(
            SNAPSHOT,
            f"snapshot_encryption_key.0.{one}",
            "encryption.key_custody",
            {"a-long-key-of-ours": "customer"},
            absent="provider-owned",
            unknown="customer",
            sensitive="customer",
        )
        for one in _SUPPLIED
    ),
    Case(_DISKS, "snapshot", "copy-of", {"snapshots/of-ours": ("snapshots/of-ours",)}, absent=()),
    Case((*_DISKS, SNAPSHOT), "source_disk", "copy-of", {"disks/of-ours": ("disks/of-ours",)}, absent=()),
    *iam_cases(DISK),
    *iam_cases(REGIONAL),
    *iam_cases(SNAPSHOT),
)


@pytest.fixture
def plan():
    return GooglePlan()


def test_a_disk_that_says_nothing(plan, tmp_path):
    plan.put(DISK, "d", {"name": "data", "zone": "europe-west2-a", "size": 10}, unknown={"id": True, "disk_encryption_key": True})
    one = plan.one(tmp_path, f"{DISK}.d")
    assert (one.kind, one.region) == (Kind.BLOCK_VOLUME, "europe-west2")
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "access.anonymous_read") is False
    assert isinstance(one.facts["recovery.delete_protected"], NotApplicable)
    assert value(one, "volume.bytes") == 10 * 1024**3
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


@pytest.mark.parametrize(
    ("kind", "block", "argument"),
    [
        (DISK, "disk_encryption_key", "kms_key_self_link"),
        (REGIONAL, "disk_encryption_key", "kms_key_name"),
        (SNAPSHOT, "snapshot_encryption_key", "kms_key_self_link"),
    ],
)
def test_a_key_of_cloud_kms(plan, tmp_path, kind, block, argument):
    plan.put(kind, "k", {"name": "k", block: [{argument: KEY}]})
    one = plan.one(tmp_path, f"{kind}.k")
    assert value(one, "encryption.key_custody") == "customer"
    assert one.links == (Link(Rel.USES_KEY, KEY),)


def test_a_key_that_the_customer_supplies(plan, tmp_path):
    plan.put(
        DISK, "r", {"name": "r", "disk_encryption_key": [{"raw_key": "c2VjcmV0"}]}, sensitive={"disk_encryption_key": [{"raw_key": True}]},
        expressions={"disk_encryption_key": [{"raw_key": ref("var.key")}]},
    )  # fmt: skip
    supplied = plan.one(tmp_path, f"{DISK}.r")
    assert value(supplied, "encryption.key_custody") == "customer"
    assert "c2VjcmV0" not in str(supplied)


def test_a_key_known_after_apply(plan, tmp_path):
    plan.put(
        DISK, "d", {"name": "d", "disk_encryption_key": [{}]}, unknown={"disk_encryption_key": [{"kms_key_self_link": True}]},
        expressions={"disk_encryption_key": [{"kms_key_self_link": ref("local.key")}], "name": const("d")},
    )  # fmt: skip
    assert plan.one(tmp_path, f"{DISK}.d").facts["encryption.key_custody"].between == ("provider-owned", "customer")


def test_copies_by_reference_and_by_name(plan, tmp_path):
    plan.put(DISK, "d", {"name": "data"}, unknown={"id": True, "self_link": True})
    plan.put(
        SNAPSHOT,
        "s",
        {"name": "snap", "storage_locations": ["EU"]},
        unknown={"source_disk": True},
        expressions={"source_disk": ref(f"{DISK}.d.id")},
    )
    plan.put(DISK, "n", {"name": "restored", "snapshot": "snap"})
    snapshot = plan.one(tmp_path, f"{SNAPSHOT}.s")
    assert (snapshot.kind, snapshot.region) == (Kind.SNAPSHOT, "eu")
    assert Link(Rel.COPY_OF, f"{DISK}.d") in snapshot.links
    assert value(snapshot, "access.public_blocked") is False
    assert value(snapshot, "immutability.mode") == "none"
    assert Link(Rel.COPY_OF, "snap") in plan.one(tmp_path, f"{DISK}.n").links
    assert "snap" in snapshot.aliases
    assert {spec.name for spec in facts_of(snapshot.kind) if not spec.derived} - set(snapshot.facts) <= NEEDS_OTHERS


def test_a_snapshot_that_everybody_may_use(plan, tmp_path):
    plan.put(SNAPSHOT, "s", {"name": "snap", "source_disk": "d"})
    plan.put(f"{SNAPSHOT}_iam_member", "m", {"name": "snap", "role": "roles/compute.storageAdmin", "member": "allAuthenticatedUsers"})
    plan.put(
        f"{SNAPSHOT}_iam_member",
        "l",
        {"role": "roles/compute.storageAdmin", "member": "allUsers"},
        unknown={"name": True},
        expressions={"name": ref("local.n")},
    )
    one = plan.one(tmp_path, f"{SNAPSHOT}.s")
    assert value(one, "access.any_authenticated") is True
    assert reason(one, "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE
