from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import Case, Part, policy
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

USER, GROUP = "aws_iam_user", "aws_iam_group"
ADMIN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
_ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
CASES = (
    *(
        Case(f"{kind}_policy", "policy", "privilege.admin", {policy(): True, policy(action="s3:GetObject"): False}, absent=False, of=kind)
        for kind in (USER, GROUP)
    ),
    *(
        Case(
            f"{kind}_policy_attachment", "policy_arn", "privilege.admin", {_ADMIN: True}, absent=UnknownReason.UNRESOLVED_REFERENCE, of=kind
        )
        for kind in (USER, GROUP)
    ),
    *(
        Case(
            "aws_iam_policy_attachment", "policy_arn", "privilege.admin", {_ADMIN: True}, absent=UnknownReason.UNRESOLVED_REFERENCE, of=kind
        )
        for kind in (USER, GROUP)
    ),
    Case("aws_iam_access_key", "status", "credential.active_keys", {"Inactive": 0, "Active": 1}, absent=1, of=USER, unknown=1, sensitive=1),
    Case("aws_iam_user_group_membership", "groups", "member-of", [(["auditors"], ("auditors",))], absent=(), of=USER),
    Case("aws_iam_group_membership", "group", "member-of", {"auditors": ("auditors",)}, absent=(), of=USER),
    *(
        Case(
            f"{kind}_policies_exclusive",
            "policy_names",
            "privilege.admin",
            [(["unseen"], UnknownReason.UNRESOLVED_REFERENCE), ([], False)],
            absent=False,
            of=kind,
        )
        for kind in (USER, GROUP)
    ),
    *(
        Case(
            f"{kind}_policy_attachments_exclusive", "policy_arns", "privilege.admin", [([_ADMIN], True), ([], False)], absent=False, of=kind
        )
        for kind in (USER, GROUP)
    ),
)
PARTS = (Part("aws_iam_user_login_profile", USER), Part("aws_iam_access_key", USER, {"status": "Active"}))


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_new_user_without_anything_may_do_nothing(plan, tmp_path):
    plan.add(USER, "u", {"name": "u"})
    one = checked(plan, tmp_path, f"{USER}.u")
    assert (one.kind, one.name, unsaid(one)) == (Kind.USER, "u", set())
    assert value(one, "privilege.admin") is False
    assert value(one, "principal.console_login") is False
    assert isinstance(one.facts["credential.mfa_enabled"], NotApplicable)
    assert value(one, "credential.active_keys") == 0
    assert isinstance(one.facts["credential.oldest_key_days"], NotApplicable)
    assert reason(one, "credential.idle_days") is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize("way", WAYS)
def test_access_keys_are_counted(plan, tmp_path, way):
    address = joined(plan, way, (USER, {}), ("aws_iam_access_key", {"status": "Active"}), "user", "name")
    assert value(plan.read(tmp_path)[address], "credential.active_keys") == 1
    plan.changes[1]["change"]["after"]["status"] = "Inactive"
    assert value(plan.read(tmp_path)[address], "credential.active_keys") == 0


def test_a_user_has_what_its_group_gives(plan, tmp_path):
    plan.add(GROUP, "g", {"name": "g"})
    plan.add("aws_iam_group_policy", "p", {"group": "g", "policy": ADMIN})
    for name in ("u", "v"):
        plan.add(USER, name, {"name": name})
    plan.add(
        "aws_iam_user_group_membership",
        "m",
        {"user": "u", "groups": [None]},
        unknown={"groups": [True]},
        expressions={"groups": ref("aws_iam_group.g.name")},
    )
    plan.add("aws_iam_group_membership", "n", {"group": "g", "users": ["v"]})
    for name, link in (("u", "aws_iam_group.g"), ("v", "g")):
        one = checked(plan, tmp_path, f"{USER}.{name}")
        assert value(one, "privilege.admin") is True
        assert [each.to for each in one.links if each.rel is Rel.MEMBER_OF] == [link]


def test_a_group_elsewhere_may_give_anything(plan, tmp_path):
    plan.add(USER, "u", {"name": "u"})
    plan.add("aws_iam_user_group_membership", "m", {"user": "u", "groups": ["elsewhere"]})
    assert reason(checked(plan, tmp_path, f"{USER}.u"), "privilege.admin") is UnknownReason.UNRESOLVED_REFERENCE


def test_a_policy_that_apply_decides_is_unknown_and_a_sensitive_one_redacted(plan, tmp_path):
    for name in ("u", "v"):
        plan.add(USER, name, {"name": name})
    plan.add(f"{USER}_policy", "p", {"user": "u"}, unknown={"policy": True}, expressions={"policy": ref("local.x")})
    plan.add(f"{USER}_policy", "q", {"user": "v", "policy": ADMIN}, sensitive={"policy": True})
    assert reason(checked(plan, tmp_path, f"{USER}.u"), "privilege.admin") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(checked(plan, tmp_path, f"{USER}.v"), "privilege.admin") is UnknownReason.REDACTED


def test_an_existing_user_may_have_more_elsewhere(plan, tmp_path):
    plan.add(USER, "u", {"name": "u"}, actions=("no-op",))
    plan.add("aws_iam_access_key", "k", {"user": "u", "status": "Active"}, actions=("no-op",))
    one = checked(plan, tmp_path, f"{USER}.u")
    assert one.facts["credential.active_keys"].between == (1, 2)
    for fact in ("principal.console_login", "privilege.admin"):
        assert reason(one, fact) is UnknownReason.NOT_COLLECTED, fact
