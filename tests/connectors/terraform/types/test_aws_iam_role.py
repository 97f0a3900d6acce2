from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, reason, ref, value
from tests.connectors.terraform.types.cases import OTHER, Case, policy
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel
from tierwise.model.vocabulary import check_fact

ROLE = "aws_iam_role"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
ADMIN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
ONE = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}]})
COMPUTED = {"arn": True, "id": True, "inline_policy": True, "managed_policy_arns": True}
CASES = (
    Case(ROLE, "assume_role_policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset()),
    Case(ROLE, "inline_policy.0.policy", "privilege.admin", {policy(): True}, absent=False),
    Case(ROLE, "managed_policy_arns", "privilege.admin", [(["arn:aws:iam::aws:policy/AdministratorAccess"], True)], absent=False),
    Case("aws_iam_role_policy", "policy", "privilege.admin", {policy(): True, policy(action="s3:GetObject"): False}, absent=False, of=ROLE),
    Case(
        "aws_iam_role_policy_attachment",
        "policy_arn",
        "privilege.admin",
        {"arn:aws:iam::aws:policy/AdministratorAccess": True},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
        of=ROLE,
    ),
    Case(
        "aws_iam_policy_attachment",
        "policy_arn",
        "privilege.admin",
        {"arn:aws:iam::aws:policy/AdministratorAccess": True},
        absent=UnknownReason.UNRESOLVED_REFERENCE,
        of=ROLE,
    ),
    Case(
        ROLE,
        "permissions_boundary",
        "privilege.admin",
        {"arn:aws:iam::aws:policy/ReadOnlyAccess": False},
        absent=True,
        having={"inline_policy": [{"policy": policy()}]},
    ),
    Case(
        "aws_iam_role_policies_exclusive",
        "policy_names",
        "privilege.admin",
        [(["unseen"], UnknownReason.UNRESOLVED_REFERENCE), ([], False)],
        absent=False,
        of=ROLE,
    ),
    Case(
        "aws_iam_role_policy_attachments_exclusive",
        "policy_arns",
        "privilege.admin",
        [(["arn:aws:iam::aws:policy/AdministratorAccess"], True), ([], False)],
        absent=False,
        of=ROLE,
    ),
)


@pytest.fixture
def plan():
    found = PlanBuilder()
    found.providers["aws"]["expressions"]["allowed_account_ids"] = const(["111122223333"])
    return found


def role(plan, name="r", **after):
    return plan.add(ROLE, name, {"name": name, "assume_role_policy": TRUST, **after}, unknown=COMPUTED)


def read(plan, tmp_path, address=f"{ROLE}.r"):
    one = plan.read(tmp_path)[address]
    assert [problem for fact in one.facts if (problem := check_fact(fact, one.facts[fact], one.kind))] == []
    return one


def attaches(resource):
    return [link.to for link in resource.links if link.rel is Rel.ATTACHES]


def test_a_role_without_policies_may_do_nothing(plan, tmp_path):
    role(plan)
    one = read(plan, tmp_path)
    assert (one.kind, one.name) == (Kind.ROLE, "r")
    for name in ("admin", "escalation", "wildcard_data_actions", "wildcard_data_resources", "inline_wildcard"):
        assert value(one, f"privilege.{name}") is False, name
    assert value(one, "access.external_principals") == frozenset()
    assert isinstance(one.facts["access.external_conditioned"], NotApplicable)
    assert value(one, "credential.active_keys") == 0
    assert one.links == ()


def test_a_trust_names_another_account(plan, tmp_path):
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"}
    role(plan, assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    one = read(plan, tmp_path)
    assert value(one, "access.external_principals") == frozenset({"444455556666"})
    assert value(one, "access.external_conditioned") is False


def test_a_trust_known_after_apply_and_a_sensitive_one(plan, tmp_path):
    plan.add(ROLE, "r", {"name": "r"}, unknown={"assume_role_policy": True}, expressions={"assume_role_policy": ref("local.t")})
    plan.add(ROLE, "s", {"name": "s", "assume_role_policy": TRUST}, sensitive={"assume_role_policy": True})
    assert reason(read(plan, tmp_path), "access.external_principals") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(read(plan, tmp_path, f"{ROLE}.s"), "access.external_principals") is UnknownReason.REDACTED


def test_an_inline_policy_by_name_and_by_reference(plan, tmp_path):
    role(plan)
    role(plan, "q")
    plan.add("aws_iam_role_policy", "a", {"role": "r", "policy": ADMIN})
    plan.add("aws_iam_role_policy", "b", {"policy": ONE}, unknown={"role": True}, expressions={"role": ref("aws_iam_role.q.id")})
    assert value(read(plan, tmp_path), "privilege.admin") is True
    other = read(plan, tmp_path, f"{ROLE}.q")
    assert value(other, "privilege.admin") is False
    assert (Rel.READS, "arn:aws:s3:::data") in [(link.rel, link.to) for link in other.links]


def test_a_loose_inline_policy_leaves_the_roles_of_its_module_undetermined(plan, tmp_path):
    role(plan)
    plan.add("aws_iam_role_policy", "a", {"policy": ADMIN}, unknown={"role": True}, expressions={"role": ref("local.role")})
    one = read(plan, tmp_path)
    assert reason(one, "privilege.admin") is UnknownReason.UNRESOLVED_REFERENCE
    assert reason(one, "privilege.inline_wildcard") is UnknownReason.UNRESOLVED_REFERENCE


def test_an_attached_policy_of_the_plan_makes_the_role_an_administrator_and_is_linked(plan, tmp_path):
    role(plan)
    plan.add("aws_iam_policy", "p", {"name": "p", "policy": ADMIN}, unknown={"arn": True})
    plan.add(
        "aws_iam_role_policy_attachment",
        "a",
        {"role": "r"},
        unknown={"policy_arn": True},
        expressions={"policy_arn": ref("aws_iam_policy.p.arn")},
    )
    one = read(plan, tmp_path)
    assert value(one, "privilege.admin") is True
    assert value(one, "privilege.wildcard_data_actions") is False, "a customer's policy is judged as itself"
    assert attaches(one) == ["aws_iam_policy.p"]
    assert value(plan.read(tmp_path)["aws_iam_policy.p"], "privilege.wildcard_data_actions") is True


def test_a_policy_that_aws_wrote_is_known_by_name(plan, tmp_path):
    role(plan)
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    plan.add("aws_iam_policy_attachment", "a", {"roles": ["r"], "policy_arn": arn})
    one = read(plan, tmp_path)
    assert value(one, "privilege.admin") is True
    assert attaches(one) == [arn]


def test_an_attachment_of_something_unknown_leaves_the_role_undetermined(plan, tmp_path):
    role(plan)
    plan.add(
        "aws_iam_role_policy_attachment", "a", {"role": "r"}, unknown={"policy_arn": True}, expressions={"policy_arn": ref("local.arn")}
    )
    one = read(plan, tmp_path)
    assert reason(one, "privilege.admin") is UnknownReason.UNRESOLVED_REFERENCE
    (link,) = one.links
    assert link.to == ""
    assert link.unknown is not None


def test_an_existing_role_alone_is_not_judged_by_what_the_plan_leaves_out(plan, tmp_path):
    plan.add(ROLE, "r", {"name": "r", "assume_role_policy": TRUST}, actions=("no-op",))
    one = read(plan, tmp_path)
    assert reason(one, "privilege.admin") is UnknownReason.NOT_COLLECTED
    assert reason(one, "privilege.inline_wildcard") is UnknownReason.NOT_COLLECTED


def test_a_boundary_that_is_no_administrators_bounds(plan, tmp_path):
    arn = "arn:aws:iam::111122223333:policy/edge"
    plan.add("aws_iam_policy", "edge", {"name": "edge", "arn": arn, "policy": ONE}, actions=("no-op",))
    role(plan, permissions_boundary=arn)
    plan.add("aws_iam_role_policy", "a", {"role": "r", "policy": ADMIN})
    assert value(read(plan, tmp_path), "privilege.admin") is False


def test_what_an_exclusive_list_names_is_all_that_a_role_has(plan, tmp_path):
    plan.add(ROLE, "r", {"name": "r"}, before={"name": "r"}, actions=("no-op",))
    assert reason(plan.read(tmp_path)[f"{ROLE}.r"], "privilege.admin") is UnknownReason.NOT_COLLECTED
    plan.add("aws_iam_role_policy", "p", {"name": "p", "role": "r", "policy": policy(action="s3:GetObject")})
    plan.add("aws_iam_role_policies_exclusive", "p", {"role_name": "r", "policy_names": ["p"]})
    plan.add("aws_iam_policy", "m", {"policy": policy(action="s3:GetObject")}, unknown={"arn": True})
    arns = {"policy_arns": ref("aws_iam_policy.m.arn")}
    plan.add("aws_iam_role_policy_attachments_exclusive", "m", {"role_name": "r"}, unknown={"policy_arns": True}, expressions=arns)
    one = plan.read(tmp_path)[f"{ROLE}.r"]
    assert value(one, "privilege.admin") is False
    assert (Rel.ATTACHES, "aws_iam_policy.m") in [(link.rel, link.to) for link in one.links]
