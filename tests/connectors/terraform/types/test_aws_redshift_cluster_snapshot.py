from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, value
from tests.connectors.terraform.types.cases import OTHER, Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

CLUSTER, SERVERLESS = "aws_redshift_cluster_snapshot", "aws_redshiftserverless_snapshot"
CASES = (
    Case(CLUSTER, "cluster_identifier", "copy-of", {"records-of-ours": ("records-of-ours",)}, absent=()),
    Case(SERVERLESS, "namespace_name", "copy-of", {"records-of-ours": ("records-of-ours",)}, absent=()),
    Case(
        "aws_redshiftserverless_resource_policy", "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})},
        absent=frozenset(), of=SERVERLESS,
    ),
)  # fmt: skip


@pytest.fixture
def plan():
    return PlanBuilder()


@pytest.mark.parametrize(
    ("kind", "argument", "source", "settings"),
    [
        (CLUSTER, "cluster_identifier", "aws_redshift_cluster", {"encrypted": True}),
        (SERVERLESS, "namespace_name", "aws_redshiftserverless_namespace", {}),
    ],
)
def test_a_snapshot_is_as_encrypted_as_its_source(plan, tmp_path, kind, argument, source, settings):
    plan.add(source, "w", {argument: "w", "kms_key_id": "alias/ours", **settings})
    plan.add(kind, "s", {argument: "w"})
    one = checked(plan, tmp_path, f"{kind}.s")
    assert (one.kind, unsaid(one)) == (Kind.SNAPSHOT, set())
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "access.external_principals") == frozenset()
    assert {(link.rel, link.to) for link in one.links} == {(Rel.USES_KEY, "alias/ours"), (Rel.COPY_OF, "w")}


def test_a_snapshot_of_something_that_is_not_in_the_plan_is_not_told(plan, tmp_path):
    plan.add(CLUSTER, "s", {"cluster_identifier": "elsewhere"})
    assert reason(checked(plan, tmp_path, f"{CLUSTER}.s"), "encryption.at_rest") is UnknownReason.UNRESOLVED_REFERENCE


def test_an_existing_snapshot_says_who_may_restore_it_where_the_provider_tells(plan, tmp_path):
    plan.add(CLUSTER, "s", {"cluster_identifier": "w"}, actions=("no-op",))
    shares = {"accounts_with_restore_access": ["222222222222"], "accounts_with_provisioned_restore_access": ["333333333333"]}
    plan.add(SERVERLESS, "s", {"namespace_name": "w", **shares}, actions=("no-op",))
    assert reason(checked(plan, tmp_path, f"{CLUSTER}.s"), "access.external_principals") is UnknownReason.NOT_COLLECTED
    assert value(checked(plan, tmp_path, f"{SERVERLESS}.s"), "access.external_principals") == {"222222222222", "333333333333"}
