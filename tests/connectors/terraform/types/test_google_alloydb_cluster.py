from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import NA, Case
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import facts_of

CLUSTER, INSTANCE = "google_alloydb_cluster", "google_alloydb_instance"
COMPUTED = {"name": True, "id": True, "continuous_backup_config": True, "automated_backup_policy": True, "encryption_config": []}
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
_RETAINED = {"automated_backup_policy": [{"time_based_retention": [{"retention_period": "2592000s"}]}]}
CASES = (
    Case(CLUSTER, "encryption_config.0.kms_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(CLUSTER, "continuous_backup_config.0.enabled", "recovery.point_in_time", {True: True, False: False}, absent=True),
    Case(CLUSTER, "continuous_backup_config.0.recovery_window_days", "retention.backup_days", {30: 30}, absent=14),
    Case(
        CLUSTER, "automated_backup_policy.0.time_based_retention.0.retention_period", "retention.backup_days", {"2592000s": 30}, absent=14
    ),
    Case(
        CLUSTER, "automated_backup_policy.0.enabled", "retention.backup_days", {True: 30, False: 14}, absent=30, bare=14, having=_RETAINED
    ),
    Case(CLUSTER, "restore_continuous_backup_source.0.cluster", "copy-of", {"clusters/of-ours": ("clusters/of-ours",)}, absent=()),
    Case(CLUSTER, "secondary_config.0.primary_cluster_name", "copy-of", {"clusters/of-ours": ("clusters/of-ours",)}, absent=()),
    Case(INSTANCE, "network_config.0.enable_public_ip", "network.public_endpoint", {True: True, False: False}, absent=False, of=CLUSTER),
    Case(
        INSTANCE,
        "network_config.0.authorized_external_networks.0.cidr_range",
        "network.ingress_any",
        {"0.0.0.0/0": True, "81.2.69.160/32": False},
        absent=False,
        bare=[NA, False],
        having={"network_config": [{"enable_public_ip": True}]},
        of=CLUSTER,
    ),
    Case(
        INSTANCE,
        "client_connection_config.0.ssl_config.0.ssl_mode",
        "transport.tls_required",
        {"ENCRYPTED_ONLY": True, "ALLOW_UNENCRYPTED_AND_ENCRYPTED": False},
        absent=True,
        of=CLUSTER,
    ),
    Case(
        INSTANCE,
        "client_connection_config.0.require_connectors",
        "transport.tls_required",
        {True: True, False: False},
        absent=False,
        bare=True,
        having={"client_connection_config": [{"ssl_config": [{"ssl_mode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}]}]},
        of=CLUSTER,
    ),
    Case(
        INSTANCE,
        "database_flags",
        "access.central_identity_enabled",
        [({"alloydb.iam_authentication": "on"}, True), ({}, False)],
        absent=False,
        of=CLUSTER,
    ),
    Case(
        INSTANCE, "availability_type", "recovery.redundancy", {"REGIONAL": "multi-zone", "ZONAL": "zone"}, absent="multi-zone", of=CLUSTER
    ),
)


@pytest.fixture
def plan():
    found = GooglePlan()
    found.put(CLUSTER, "c", {"cluster_id": "claims", "location": "europe-west2", "labels": {"team": "records"}}, unknown=COMPUTED)
    return found


def instance(plan, name="p", after=None, **rest):
    unset = {"network_config", "client_connection_config", "availability_type", "database_flags"} - set(after or {})
    rest.setdefault("unknown", {"cluster": True, **dict.fromkeys(unset, True)})
    rest.setdefault("expressions", {"cluster": ref(f"{CLUSTER}.c.name")})
    plan.put(INSTANCE, name, {"instance_id": name, "instance_type": "PRIMARY", **(after or {})}, **rest)


def test_a_cluster_with_an_instance_that_says_nothing(plan, tmp_path):
    instance(plan)
    one = plan.one(tmp_path, f"{CLUSTER}.c")
    assert (one.kind, one.region, one.name) == (Kind.RELATIONAL_DB, "europe-west2", "claims")
    assert f"{INSTANCE}.p" not in plan.read(tmp_path)
    assert value(one, "network.public_endpoint") is False
    assert isinstance(one.facts["network.ingress_any"], NotApplicable)
    assert value(one, "transport.tls_required") is True
    assert value(one, "recovery.point_in_time") is True
    assert value(one, "retention.backup_days") == 14
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "logging.data_read") is False
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_a_cluster_without_instances_leaves_their_settings_open(plan, tmp_path):
    one = plan.one(tmp_path, f"{CLUSTER}.c")
    for name in ("network.public_endpoint", "transport.tls_required", "logging.data_read"):
        assert reason(one, name) is UnknownReason.NOT_COLLECTED


def test_the_weakest_instance_counts(plan, tmp_path):
    audit = {"alloydb.enable_pgaudit": "on", "pgaudit.log": "all", "alloydb.iam_authentication": "on"}
    instance(plan, "p", {"database_flags": audit})
    assert value(plan.one(tmp_path, f"{CLUSTER}.c"), "logging.data_read") is True
    assert value(plan.one(tmp_path, f"{CLUSTER}.c"), "access.central_identity_enabled") is True
    wide = {"enable_public_ip": True, "authorized_external_networks": [{"cidr_range": "0.0.0.0/0"}]}
    plain = {"ssl_config": [{"ssl_mode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}]}
    after = {"network_config": [wide], "client_connection_config": [plain], "availability_type": "ZONAL", "database_flags": {}}
    instance(plan, "q", after)
    one = plan.one(tmp_path, f"{CLUSTER}.c")
    assert value(one, "network.public_endpoint") is True
    assert value(one, "network.ingress_any") is True
    assert value(one, "transport.tls_required") is False
    assert value(one, "logging.data_read") is False
    assert value(one, "recovery.redundancy") == "zone"


def test_backups_of_the_cluster(tmp_path):
    plan = GooglePlan()
    policy = {"enabled": True, "time_based_retention": [{"retention_period": f"{35 * 86400}s"}]}
    plan.put(CLUSTER, "c", {"cluster_id": "c", "continuous_backup_config": [{"enabled": False}], "automated_backup_policy": [policy]})
    one = plan.one(tmp_path, f"{CLUSTER}.c")
    assert value(one, "recovery.point_in_time") is False
    assert value(one, "retention.backup_days") == 35


def test_a_secondary_cluster_is_a_copy(plan, tmp_path):
    plan.put(
        CLUSTER, "s", {"cluster_id": "s", "cluster_type": "SECONDARY", "secondary_config": [{}]},
        unknown={"secondary_config": [{"primary_cluster_name": True}]},
        expressions={"secondary_config": [{"primary_cluster_name": ref(f"{CLUSTER}.c.name")}]},
    )  # fmt: skip
    assert Link(Rel.COPY_OF, f"{CLUSTER}.c") in plan.one(tmp_path, f"{CLUSTER}.s").links
