from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, ref, value
from tests.connectors.terraform.types.cases import Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

CLUSTER, SNAPSHOT, ACL, USER = "aws_memorydb_cluster", "aws_memorydb_snapshot", "aws_memorydb_acl", "aws_memorydb_user"
CASES = (
    Case((CLUSTER, SNAPSHOT), "kms_key_arn", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent="provider-owned"),
    Case(CLUSTER, "tls_enabled", "transport.tls_required", {False: False, True: True}, absent=True),
    Case(CLUSTER, "snapshot_retention_limit", "retention.backup_days", {7: 7, 0: 0}, absent=0),
    Case(CLUSTER, "snapshot_name", "copy-of", {"snapshot-of-ours": ("snapshot-of-ours",)}, absent=()),
    Case(
        CLUSTER, "acl_name", "access.central_identity_enabled",
        {"list-of-ours": UnknownReason.UNRESOLVED_REFERENCE, "open-access": False}, absent=False,
    ),
    Case(SNAPSHOT, "cluster_name", "copy-of", {"cluster-of-ours": ("cluster-of-ours",)}, absent=()),
)  # fmt: skip


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_cluster_that_says_everything(plan, tmp_path):
    plan.add(CLUSTER, "c", {"name": "sessions", "acl_name": "app", "tls_enabled": False, "snapshot_retention_limit": 3, "description": "d"})
    plan.add(ACL, "a", {"name": "app", "user_names": ["svc", "ops"]})
    plan.add(USER, "svc", {"user_name": "svc", "authentication_mode": [{"type": "iam"}]})
    plan.add(USER, "ops", {"user_name": "ops", "authentication_mode": [{"type": "password"}]})
    one = checked(plan, tmp_path, f"{CLUSTER}.c")
    assert (one.kind, one.name, one.evidence.description, unsaid(one)) == (Kind.CACHE, "sessions", "d", set())
    assert value(one, "transport.min_tls") == "none"
    assert value(one, "access.local_auth_enabled") is True
    assert value(one, "access.central_identity_enabled") is True
    assert value(one, "recovery.redundancy") == "multi-zone"


def test_users_of_a_list_that_only_references_name_are_found_in_their_module(plan, tmp_path):
    hidden = {"name": True, "id": True}
    for module in ("a", "b"):
        place = {"module": "m", "module_keys": (module,)}
        mode = "iam" if module == "a" else "password"
        plan.add(USER, "u", {"authentication_mode": [{"type": mode}]}, unknown={"user_name": True, "id": True}, **place)
        users = {"user_names": ref(f"{USER}.u.user_name")}
        plan.add(ACL, "a", {}, unknown={**hidden, "user_names": True}, expressions=users, **place)
        plan.add(CLUSTER, "c", {}, unknown={**hidden, "acl_name": True}, expressions={"acl_name": ref(f"{ACL}.a.name")}, **place)
    by_module = [checked(plan, tmp_path, f'module.m["{module}"].{CLUSTER}.c') for module in ("a", "b")]
    assert [value(one, "access.local_auth_enabled") for one in by_module] == [False, True]
    assert [value(one, "access.central_identity_enabled") for one in by_module] == [True, False]


def test_a_snapshot_is_a_copy_that_cannot_be_shared(plan, tmp_path):
    plan.add(CLUSTER, "c", {"name": "sessions"})
    plan.add(SNAPSHOT, "s", {"name": "nightly"}, unknown={"cluster_name": True}, expressions={"cluster_name": ref(f"{CLUSTER}.c.name")})
    one = checked(plan, tmp_path, f"{SNAPSHOT}.s")
    assert (one.kind, one.name, unsaid(one)) == (Kind.SNAPSHOT, "nightly", set())
    assert value(one, "access.public_blocked") is True
    assert [(link.rel, link.to) for link in one.links] == [(Rel.COPY_OF, f"{CLUSTER}.c")]
