from __future__ import annotations

import json

from tests.connectors.terraform.plans import PlanBuilder, ref
from tests.connectors.terraform.types.cases import Case, policy
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel
from tierwise.model.vocabulary import check_fact

POLICY = "aws_iam_policy"
CASES = (
    Case(
        "aws_iam_policy",
        "policy",
        "privilege.admin",
        {policy(): True, policy(action="s3:GetObject"): False},
        absent=UnknownReason.UNPARSABLE,
    ),
)


def document(action, resource):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


def test_a_policy_is_judged_by_its_document(tmp_path):
    plan = PlanBuilder()
    plan.add(POLICY, "wide", {"name": "wide", "description": "all of s3", "policy": document("s3:*", "*")}, unknown={"arn": True})
    plan.add(POLICY, "small", {"policy": document("s3:GetObject", "arn:aws:s3:::data/*")}, unknown={"arn": True, "name": True})
    found = plan.read(tmp_path)
    wide, small = found[f"{POLICY}.wide"], found[f"{POLICY}.small"]
    assert (wide.kind, wide.name, small.name, wide.evidence.description) == (Kind.POLICY, "wide", "small", "all of s3")
    for one, expected in ((wide, True), (small, False)):
        assert [problem for fact in one.facts if (problem := check_fact(fact, one.facts[fact], one.kind))] == []
        for name in ("wildcard_data_actions", "wildcard_data_resources"):
            fact = one.facts[f"privilege.{name}"]
            assert isinstance(fact, Known)
            assert fact.value is expected
    assert [(link.rel, link.to) for link in small.links] == [(Rel.READS, "arn:aws:s3:::data")]


def test_unknown_absent_and_sensitive_documents(tmp_path):
    plan = PlanBuilder()
    plan.add(POLICY, "later", {}, unknown={"policy": True}, expressions={"policy": ref("local.p")})
    plan.add(POLICY, "none", {"policy": None})
    plan.add(POLICY, "secret", {"policy": document("*", "*")}, sensitive={"policy": True})
    reasons = {}
    for one in plan.read(tmp_path).values():
        fact = one.facts["privilege.admin"]
        assert isinstance(fact, Unknown)
        reasons[one.name] = fact.reason
        assert [(link.rel, link.to) for link in one.links] == [(Rel.READS, "")]
    assert reasons == {
        "later": UnknownReason.KNOWN_AFTER_APPLY,
        "none": UnknownReason.UNPARSABLE,
        "secret": UnknownReason.REDACTED,
    }


def test_unknown_resources_of_a_data_source_keep_what_its_actions_settle(tmp_path):
    plan = PlanBuilder()
    plan.add(
        "aws_iam_policy_document", "d", {"statement": [{"actions": ["s3:GetObject"], "resources": [None]}]}, mode="data", actions=("read",),
        unknown={"json": True, "statement": [{"resources": [True]}]},
    )  # fmt: skip
    plan.add(POLICY, "p", {}, unknown={"policy": True}, expressions={"policy": ref("data.aws_iam_policy_document.d.json")})
    facts = plan.read(tmp_path)[f"{POLICY}.p"].facts
    assert facts["privilege.wildcard_data_actions"] == Known(False, facts["privilege.wildcard_data_actions"].via)
    assert facts["privilege.admin"] == Known(False, facts["privilege.admin"].via)
    assert isinstance(facts["privilege.wildcard_data_resources"], Unknown)
