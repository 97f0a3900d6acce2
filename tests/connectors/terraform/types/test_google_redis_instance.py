from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import value
from tests.connectors.terraform.types.cases import Case
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

INSTANCE, CLUSTER, VALKEY = "google_redis_instance", "google_redis_cluster", "google_memorystore_instance"
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
_SERVER = {"SERVER_AUTHENTICATION": True, "DISABLED": False}
CASES = (
    Case(INSTANCE, "customer_managed_key", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case((CLUSTER, VALKEY), "kms_key", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(INSTANCE, "transit_encryption_mode", "transport.tls_required", _SERVER, absent=False),
    Case(
        CLUSTER, "transit_encryption_mode", "transport.tls_required", {"TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION": True}, absent=False
    ),
    Case(VALKEY, "transit_encryption_mode", "transport.tls_required", {"SERVER_AUTHENTICATION": True}, absent=False),
    Case(VALKEY, "authorization_mode", "access.central_identity_enabled", {"IAM_AUTH": True, "AUTH_DISABLED": False}, absent=False),
    Case(VALKEY, "authorization_mode", "access.shared_key_enabled", {"TOKEN_AUTH": True, "IAM_AUTH": False}, absent=False),
    Case(CLUSTER, "authorization_mode", "access.local_auth_enabled", {"AUTH_MODE_TOKEN_AUTH": True}, absent=False),
    Case(
        CLUSTER, "cross_cluster_replication_config.0.primary_cluster.0.cluster", "copy-of", {"clusters/ours": ("clusters/ours",)}, absent=()
    ),
    Case(
        VALKEY,
        "cross_instance_replication_config.0.primary_instance.0.instance",
        "copy-of",
        {"instances/ours": ("instances/ours",)},
        absent=(),
    ),
    Case(INSTANCE, "auth_enabled", "access.shared_key_enabled", {True: True, False: False}, absent=False),
    Case(
        CLUSTER,
        "authorization_mode",
        "access.central_identity_enabled",
        {"AUTH_MODE_IAM_AUTH": True, "AUTH_MODE_DISABLED": False},
        absent=False,
    ),
    Case(INSTANCE, "tier", "recovery.redundancy", {"STANDARD_HA": "multi-zone", "BASIC": "zone"}, absent="zone"),
    Case(
        (CLUSTER, VALKEY),
        "zone_distribution_config.0.mode",
        "recovery.redundancy",
        {"SINGLE_ZONE": "zone", "MULTI_ZONE": "multi-zone"},
        absent="multi-zone",
    ),
    Case((CLUSTER, VALKEY), "automated_backup_config.0.retention", "retention.backup_days", {"604800s": 7}, absent=0),
)


@pytest.fixture
def plan():
    return GooglePlan()


def test_a_new_instance_that_says_nothing(plan, tmp_path):
    plan.put(INSTANCE, "r", {"name": "sessions", "memory_size_gb": 2, "tier": None, "transit_encryption_mode": None, "auth_enabled": None})
    one = plan.one(tmp_path, f"{INSTANCE}.r")
    assert (one.kind, one.region) == (Kind.CACHE, "europe-west2")
    assert value(one, "transport.tls_required") is False
    assert value(one, "transport.min_tls") == "none"
    assert value(one, "access.shared_key_enabled") is False
    assert value(one, "network.public_endpoint") is False
    assert value(one, "recovery.redundancy") == "zone"
    assert value(one, "retention.backup_days") == 0
    assert value(one, "volume.bytes") == 2 * 1024**3
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_what_instances_and_clusters_say(plan, tmp_path):
    key = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
    after = {"transit_encryption_mode": "SERVER_AUTHENTICATION", "auth_enabled": True, "tier": "STANDARD_HA", "customer_managed_key": key}
    plan.put(INSTANCE, "r", {"name": "r", **after})
    cluster = {"transit_encryption_mode": "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION", "authorization_mode": "AUTH_MODE_IAM_AUTH"}
    plan.put(CLUSTER, "c", {"name": "c", **cluster, "automated_backup_config": [{"retention": f"{14 * 86400}s"}]})
    one, wide = plan.one(tmp_path, f"{INSTANCE}.r"), plan.one(tmp_path, f"{CLUSTER}.c")
    for each in (one, wide):
        assert value(each, "transport.tls_required") is True
        assert value(each, "transport.min_tls") == "1.2"
        assert value(each, "recovery.redundancy") == "multi-zone"
    assert value(one, "encryption.key_custody") == "customer"
    assert (value(one, "access.shared_key_enabled"), value(one, "access.central_identity_enabled")) == (True, False)
    assert (value(wide, "access.shared_key_enabled"), value(wide, "access.central_identity_enabled")) == (False, True)
    assert value(wide, "retention.backup_days") == 14
