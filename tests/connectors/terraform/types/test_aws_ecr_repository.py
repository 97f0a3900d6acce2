from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked
from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tests.connectors.terraform.types.cases import Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

REPOSITORY = "aws_ecr_repository"
CASES = (
    Case(
        "aws_ecr_repository", "encryption_configuration.0.kms_key", "uses-key", {"alias/app-of-ours": ("alias/app-of-ours",)}, absent=(),
        having={"encryption_configuration": [{"encryption_type": "KMS"}]},
    ),
)  # fmt: skip


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_repository_under_a_key(plan, tmp_path):
    plan.add(REPOSITORY, "r", {"name": "apps/case", "encryption_configuration": [{"encryption_type": "KMS", "kms_key": "alias/app"}]})
    one = checked(plan, tmp_path, f"{REPOSITORY}.r")
    assert (one.kind, one.name) == (Kind.REGISTRY, "apps/case")
    assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, "alias/app")]


def test_a_repository_that_says_nothing_names_no_key(plan, tmp_path):
    plan.add(REPOSITORY, "r", {"name": "r", "encryption_configuration": []})
    assert checked(plan, tmp_path, f"{REPOSITORY}.r").links == ()


def test_a_key_that_apply_decides_or_that_is_sensitive_is_an_unknown_link(plan, tmp_path):
    plan.add(REPOSITORY, "r", {}, unknown={"encryption_configuration": True}, expressions={"encryption_configuration": ref("local.x")})
    plan.add(REPOSITORY, "s", {"encryption_configuration": [{"kms_key": "k"}]}, sensitive={"encryption_configuration": True})
    found = plan.read(tmp_path)
    assert [link.unknown.reason for link in found[f"{REPOSITORY}.r"].links] == [UnknownReason.KNOWN_AFTER_APPLY]
    assert [link.unknown.reason for link in found[f"{REPOSITORY}.s"].links] == [UnknownReason.REDACTED]


def test_a_key_by_reference_inside_a_module(plan, tmp_path):
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True}, module="m", module_keys=("a",))
    address = plan.add(
        REPOSITORY, "r", {"encryption_configuration": [{"encryption_type": "KMS"}]}, unknown={"encryption_configuration": [{"kms_key": True}]},
        expressions={"encryption_configuration": [{"encryption_type": const("KMS"), "kms_key": ref("aws_kms_key.k.arn")}]},
        module="m", module_keys=("a",),
    )  # fmt: skip
    assert [link.to for link in checked(plan, tmp_path, address).links] == ['module.m["a"].aws_kms_key.k']
