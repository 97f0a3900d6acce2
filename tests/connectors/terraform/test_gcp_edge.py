"""Perimeters of a plan, and what they make of a bucket in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.terraform.gcp_plans import PROJECT, GooglePlan
from tests.connectors.terraform.plans import const, ref
from tierwise.model.fact import Unknown, UnknownReason

PERIMETER, LEVEL = "google_access_context_manager_service_perimeter", "google_access_context_manager_access_level"
FULL = "accessPolicies/1/servicePerimeters/p"
CORP = "accessPolicies/1/accessLevels/corp"
OPEN, ELSEWHERE = UnknownReason.KNOWN_AFTER_APPLY, UnknownReason.NOT_COLLECTED
ANYBODY = {"identity_type": "ANY_IDENTITY", "sources": [{"access_level": "*"}]}
ALL_OF_IT = [{"service_name": "storage.googleapis.com", "method_selectors": [{"method": "*"}]}]


@pytest.fixture
def plan():
    found = GooglePlan()
    found.add("google_storage_bucket", "b", {"name": "b"}, provider="google")
    after = {"project_id": PROJECT, "number": "123"}
    found.add("google_project", "here", after, mode="data", actions=("read",), provider="google")
    return found


def perimeter(plan, status: dict[str, Any] | None = None, **rest: Any) -> str:
    status = {"resources": ["projects/123"], "restricted_services": ["storage.googleapis.com"], **(status or {})}
    after = {"name": FULL, "perimeter_type": "PERIMETER_TYPE_REGULAR", "status": [status], **rest.pop("after", {})}
    address: str = plan.add(PERIMETER, "p", after, provider="google", **rest)
    return address


def seen(plan) -> tuple[object, object, object]:
    """The private path, whether any address gets in, and whether data stays inside."""
    facts = plan.judged()["google_storage_bucket.b"].facts
    names = ("network.private_endpoint", "network.ingress_any", "access.organisation_perimeter")
    found = [facts[name] for name in names]
    private, anybody, kept = (one.reason if isinstance(one, Unknown) else one.value for one in found)
    return private, anybody, kept


def rule(side: str, who: dict[str, Any], **into: Any) -> dict[str, Any]:
    return {f"{side}_policies": [{f"{side}_from": [who], f"{side}_to": [{"operations": ALL_OF_IT, **into}]}]}


CLOSED, UNTOLD = (True, False, True), (ELSEWHERE, ELSEWHERE, ELSEWHERE)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, CLOSED),
        ({"resources": ["projects/9", "projects/123"]}, CLOSED),
        ({"resources": ["projects/9"]}, UNTOLD),
        ({"restricted_services": ["bigquery.googleapis.com"]}, UNTOLD),
        (rule("ingress", ANYBODY, resources=["*"]), UNTOLD),
        (rule("ingress", ANYBODY, resources=["projects/123"]), UNTOLD),
        (rule("ingress", ANYBODY, resources=["projects/9"]), CLOSED),
        (rule("ingress", {"identities": ["user:a@b"], "sources": [{"access_level": "*"}]}, resources=["*"]), CLOSED),
        (rule("ingress", {"identity_type": "ANY_IDENTITY", "sources": [{"resource": "projects/9"}]}, resources=["*"]), CLOSED),
        (rule("egress", {"identity_type": "ANY_IDENTITY"}, resources=["*"]), (True, False, ELSEWHERE)),
        (rule("egress", {"identity_type": "ANY_IDENTITY"}, resources=["projects/9"]), CLOSED),
        ({"access_levels": [CORP]}, UNTOLD),
    ],
)
def test_a_perimeter_counts_that_closes_the_service_and_no_other_settles_anything(plan, status, expected):
    perimeter(plan, status)
    assert seen(plan) == expected


@pytest.mark.parametrize(("ranges", "expected"), [(["203.0.113.0/24"], CLOSED), (["0.0.0.0/0"], UNTOLD), ([], UNTOLD)])
def test_an_access_level_of_the_plan_says_whom_it_lets_in(plan, ranges, expected):
    perimeter(plan, {"access_levels": [CORP]})
    basic = {"combining_function": "AND", "conditions": [{"ip_subnetworks": ranges, "members": [], "device_policy": [], "negate": False}]}
    plan.add(LEVEL, "corp", {"name": CORP, "basic": [basic], "custom": []}, provider="google")
    assert seen(plan) == expected
    plan.add(f"{LEVEL}_condition", "more", {"access_level": CORP}, provider="google")
    assert seen(plan) == UNTOLD


@pytest.mark.parametrize(
    "rest",
    [
        {"after": {"perimeter_type": "PERIMETER_TYPE_BRIDGE"}},
        {"after": {"status": [], "spec": [{"resources": ["projects/123"]}], "use_explicit_dry_run_spec": True}},
        {"actions": ("delete",), "before": {"name": FULL}},
    ],
)
def test_a_bridge_a_dry_run_and_what_goes_keep_nobody_out(plan, rest):
    perimeter(plan, **rest)
    assert seen(plan) == UNTOLD


@pytest.mark.parametrize("path", ["restricted_services", "ingress_policies", "resources"])
def test_what_is_known_after_apply_leaves_it_open(plan, path):
    perimeter(plan, {path: None}, unknown={"status": [{path: True}]})
    assert seen(plan) == (OPEN, OPEN, ELSEWHERE)


def test_a_sensitive_list_of_projects_is_not_looked_at(plan):
    perimeter(plan, sensitive={"status": [{"resources": True}]})
    assert seen(plan)[0] is UnknownReason.REDACTED


def test_a_project_that_the_plan_makes_is_found_by_reference_before_it_has_a_number():
    plan = GooglePlan(project=None)
    plan.add("google_project", "p", {"project_id": "new-one"}, unknown={"number": True}, provider="google")
    plan.add("google_storage_bucket", "b", {"name": "b", "project": "new-one"}, provider="google")
    status = {"resources": ref("google_project.p.number"), "restricted_services": const(["storage.googleapis.com"])}
    later = {"unknown": {"status": [{"resources": [True]}]}, "expressions": {"status": [status]}}
    perimeter(plan, {"resources": []}, **later)
    assert seen(plan) == CLOSED
    plan.changes.pop()
    perimeter(plan, {"resources": [], **rule("ingress", ANYBODY, resources=["projects/7"])}, **later)
    assert seen(plan) == UNTOLD, "which project projects/7 is, is not known"


def test_a_number_that_the_plan_does_not_tell_leaves_it_open():
    plan = GooglePlan()
    plan.add("google_storage_bucket", "b", {"name": "b"}, provider="google")
    perimeter(plan)
    assert seen(plan)[0] is UnknownReason.UNRESOLVED_REFERENCE


@pytest.mark.parametrize("by_reference", [True, False])
def test_what_is_set_of_a_perimeter_in_resources_of_their_own_is_part_of_it(plan, by_reference):
    perimeter(plan, {"resources": []}, **({"unknown": {"name": True}, "after": {"name": None}} if by_reference else {}))

    def part(kind: str, argument: str, after: dict[str, Any]) -> None:
        named = {"unknown": {argument: True}, "expressions": {argument: ref(f"{PERIMETER}.p.name")}} if by_reference else {}
        plan.add(f"{PERIMETER}_{kind}", kind, after if by_reference else {argument: FULL, **after}, provider="google", **named)

    assert seen(plan) == UNTOLD
    part("resource", "perimeter_name", {"resource": "projects/123"})
    assert seen(plan) == CLOSED
    part(
        "egress_policy",
        "perimeter",
        {"egress_from": [{"identity_type": "ANY_IDENTITY"}], "egress_to": [{"resources": ["*"], "operations": ALL_OF_IT}]},
    )
    assert seen(plan) == (True, False, ELSEWHERE)
    part("ingress_policy", "perimeter", {"ingress_from": [ANYBODY], "ingress_to": [{"resources": ["*"], "operations": ALL_OF_IT}]})
    assert seen(plan) == UNTOLD


def test_a_part_that_may_be_of_any_perimeter_leaves_all_of_them_open(plan):
    perimeter(plan)
    later = {"unknown": {"perimeter": True}, "expressions": {"perimeter": ref("local.which")}}
    plan.add(f"{PERIMETER}_ingress_policy", "i", {"ingress_from": [ANYBODY]}, provider="google", **later)
    assert seen(plan)[0] is UnknownReason.UNRESOLVED_REFERENCE
    plan.changes.pop()
    plan.add(f"{PERIMETER}_ingress_policy", "i", {"perimeter": f"{FULL}-other", "ingress_from": [ANYBODY]}, provider="google")
    assert seen(plan) == CLOSED


def test_all_perimeters_of_a_policy_in_one_resource_are_read_alike(plan):
    status = {"resources": ["projects/123"], "restricted_services": ["storage.googleapis.com"]}
    blocks = [{"name": f"{FULL}2", "status": []}, {"name": FULL, "status": [status]}]
    plan.add(f"{PERIMETER}s", "all", {"parent": "accessPolicies/1", "service_perimeters": blocks}, provider="google")
    assert seen(plan) == CLOSED
