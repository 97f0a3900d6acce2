from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import GONE, Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

PARAMETER = "aws_ssm_parameter"
CASES = (
    Case(PARAMETER, "type", "encryption.at_rest", {"SecureString": True, "String": GONE}, absent=True),
    Case(
        PARAMETER,
        "key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-managed",
        having={"type": "SecureString"},
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_secret_parameter_is_a_secret_and_a_plain_one_is_not_listed(plan, tmp_path):
    plan.add(PARAMETER, "p", {"name": "/db/password", "type": "SecureString", "key_id": "alias/app"})
    plan.add(PARAMETER, "q", {"name": "/plain", "type": "String"})
    one = checked(plan, tmp_path, f"{PARAMETER}.p")
    assert (one.kind, one.name) == (Kind.SECRET, "/db/password")
    assert unsaid(one, ("logging.data_read", "logging.data_write")) == set()
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "recovery.soft_delete_days") == 0
    assert list(plan.read(tmp_path)) == [f"{PARAMETER}.p"]


def test_without_a_key_it_is_under_the_managed_one(plan, tmp_path):
    plan.add(PARAMETER, "p", {"type": "SecureString"}, unknown={"key_id": True})
    one = checked(plan, tmp_path, f"{PARAMETER}.p")
    assert value(one, "encryption.key_custody") == "provider-managed"
    assert one.links == ()


def test_a_type_that_apply_decides_may_be_a_secret(plan, tmp_path):
    plan.add(PARAMETER, "p", {}, unknown={"type": True}, expressions={"type": ref("local.x")})
    assert reason(checked(plan, tmp_path, f"{PARAMETER}.p"), "encryption.at_rest") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_sensitive_key_is_redacted(plan, tmp_path):
    plan.add(PARAMETER, "p", {"type": "SecureString", "key_id": "x"}, sensitive={"key_id": True, "value": True})
    assert reason(checked(plan, tmp_path, f"{PARAMETER}.p"), "encryption.key_custody") is UnknownReason.REDACTED


def test_its_key_is_linked_by_reference_inside_a_module(plan, tmp_path):
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True}, module="m", module_keys=("a",))
    address = plan.add(
        PARAMETER, "p", {"type": "SecureString"}, unknown={"key_id": True}, expressions={"key_id": ref("aws_kms_key.k.arn")},
        module="m", module_keys=("a",),
    )  # fmt: skip
    one = checked(plan, tmp_path, address)
    assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, 'module.m["a"].aws_kms_key.k')]


def test_an_existing_advanced_parameter_may_be_shared(plan, tmp_path):
    plan.add(PARAMETER, "p", {"type": "SecureString", "tier": "Advanced"}, actions=("no-op",))
    plan.add(PARAMETER, "q", {"type": "SecureString", "tier": "Standard"}, actions=("no-op",))
    assert reason(checked(plan, tmp_path, f"{PARAMETER}.p"), "access.external_principals") is UnknownReason.NOT_COLLECTED
    assert value(checked(plan, tmp_path, f"{PARAMETER}.q"), "access.external_principals") == frozenset()
