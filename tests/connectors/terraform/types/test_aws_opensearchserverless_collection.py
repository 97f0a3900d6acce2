from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, add, builder_for, said, unknowns
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

COLLECTION = "aws_opensearchserverless_collection"
SECURITY, ACCESS = "aws_opensearchserverless_security_policy", "aws_opensearchserverless_access_policy"
CASES = (
    Case(
        COLLECTION, "kms_key_arn", "encryption.key_custody", {"alias/app": "customer", "auto": UNSAID},
        absent=UNSAID, unknown=UNSAID, sensitive=UNSAID,
    ),
    Case(COLLECTION, "name", "network.public_endpoint", {"cases": UNSAID}, absent=UNSAID),
)  # fmt: skip
NETWORK = ("network.public_endpoint", "network.ingress_any", "network.private_endpoint")


@pytest.fixture
def plan():
    return builder_for(COLLECTION)


def rules(*names, kind="collection", **more):
    return [{"ResourceType": kind, "Resource": [f"{kind}/{name}" if kind == "index" else f"collection/{name}" for name in names], **more}]


def encryption(*names, **key):
    return {"type": "encryption", "policy": json.dumps({"Rules": rules(*names), **key})}


def network(*names, kind="collection", **more):
    return {"type": "network", "policy": json.dumps([{"Rules": rules(*names, kind=kind), **more}])}


def access(*principals, names=("cases/*",), permissions=("aoss:ReadDocument",)):
    return {"type": "data", "policy": json.dumps([{"Rules": rules(*names, kind="index", Permission=permissions), "Principal": principals}])}


def test_a_collection_that_policies_reach_by_name_and_pattern(plan, tmp_path):
    plan.add(COLLECTION, "c", {"name": "cases", "description": "of citizens"})
    plan.add(SECURITY, "e", encryption("ca*", KmsARN="arn:aws:kms:eu-west-1:111111111111:key/k"))
    plan.add(SECURITY, "n", network("cases", AllowFromPublic=False, SourceVPCEs=["vpce-1"]))
    plan.add(SECURITY, "other", network("logs*", AllowFromPublic=True))
    plan.add(ACCESS, "a", access("arn:aws:iam::222222222222:role/r", "saml/111111111111/idp/user/u"))
    one = checked(plan, tmp_path, f"{COLLECTION}.c")
    assert (one.kind, one.name, one.evidence.description, unsaid(one)) == (Kind.SEARCH_INDEX, "cases", "of citizens", set())
    assert value(one, "encryption.key_custody") == "customer"
    assert (Rel.USES_KEY, "arn:aws:kms:eu-west-1:111111111111:key/k") in [(link.rel, link.to) for link in one.links]
    assert [value(one, name) for name in (NETWORK[0], NETWORK[2])] == [False, True]
    assert isinstance(one.facts[NETWORK[1]], NotApplicable)
    assert value(one, "access.external_principals") == {"222222222222"}
    assert value(one, "access.anonymous_read") is False


@pytest.mark.parametrize("kind", ["collection", "dashboard"])
def test_data_is_read_through_public_dashboards_as_well(plan, tmp_path, kind):
    plan.add(COLLECTION, "c", {"name": "cases"})
    plan.add(SECURITY, "private", network("cases", AllowFromPublic=False, SourceVPCEs=["vpce-1"]))
    plan.add(SECURITY, "public", network("cases", kind=kind, AllowFromPublic=True))
    one = checked(plan, tmp_path, f"{COLLECTION}.c")
    assert [value(one, name) for name in NETWORK] == [True, True, False]


def test_the_services_own_key_stands_where_no_other_is_named(plan, tmp_path):
    plan.add(COLLECTION, "c", {"name": "cases"})
    plan.add(SECURITY, "e", encryption("cases", AWSOwnedKey=True))
    one = checked(plan, tmp_path, f"{COLLECTION}.c")
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert not one.links


def test_policies_that_disagree_about_the_key_settle_nothing(plan, tmp_path):
    plan.add(COLLECTION, "c", {"name": "cases"})
    plan.add(SECURITY, "own", encryption("*", AWSOwnedKey=True))
    plan.add(SECURITY, "key", encryption("cases", KmsARN="arn:aws:kms:::key/k"))
    assert reason(checked(plan, tmp_path, f"{COLLECTION}.c"), "encryption.key_custody") is UnknownReason.NOT_SUPPORTED


TELLING = (
    (SECURITY, encryption("cases", AWSOwnedKey=True), "encryption.key_custody"),
    (SECURITY, network("cases", AllowFromPublic=True), "network.public_endpoint"),
    (ACCESS, access("arn:aws:iam::222222222222:root"), "access.external_principals"),
)


@pytest.mark.parametrize(("kind", "values", "fact"), TELLING, ids=[fact for _, _, fact in TELLING])
def test_a_policy_that_is_missing_unknown_sensitive_or_broken_leaves_its_facts_unknown(kind, values, fact):
    def shown(given, **more):
        plan = builder_for(COLLECTION)
        address = add(plan, COLLECTION, "c", {"name": "cases"})
        if given is not None:
            add(plan, kind, "p", given, **more)
        return plan.judged()[address]

    open_ = {"unknown": {"policy": True}, "expressions": {"policy": ref("local.policy")}}
    assert not unknowns(shown(values), fact)
    assert said(shown(None), fact) is UnknownReason.NOT_COLLECTED
    assert said(shown({"type": values["type"]}, **open_), fact) is UnknownReason.KNOWN_AFTER_APPLY
    assert said(shown(values, sensitive={"policy": True}), fact) is UnknownReason.REDACTED
    assert said(shown({**values, "policy": "{}"}), fact) is UnknownReason.UNPARSABLE
    assert said(shown({"policy": values["policy"]}, unknown={"type": True}), fact) is UnknownReason.KNOWN_AFTER_APPLY
    assert said(shown({**values, "policy": values["policy"].replace("cases", "others")}), fact) is UnknownReason.NOT_COLLECTED


def test_a_policy_of_another_region_or_one_that_goes_does_not_count(tmp_path):
    plan = PlanBuilder()
    plan.add(COLLECTION, "c", {"name": "cases"})
    plan.add(SECURITY, "gone", network("cases", AllowFromPublic=True), actions=("delete",))
    assert reason(checked(plan, tmp_path, f"{COLLECTION}.c"), "network.public_endpoint") is UnknownReason.NOT_COLLECTED


def test_a_collection_whose_name_is_not_known_may_be_reached_by_any_policy(plan, tmp_path):
    plan.add(COLLECTION, "c", {}, unknown={"name": True})
    plan.add(SECURITY, "n", network("cases", AllowFromPublic=True))
    assert reason(checked(plan, tmp_path, f"{COLLECTION}.c"), "network.public_endpoint") is UnknownReason.KNOWN_AFTER_APPLY
