from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import Case
from tierwise.classify.readable import Readable
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel
from tierwise.model.vocabulary import facts_of

MEMBER, BINDING, POLICY = (f"google_project_iam_{form}" for form in ("member", "binding", "policy"))
WHO = "group:platform@example.gov.uk"
FACTS = (
    "privilege.admin",
    "privilege.escalation",
    "privilege.wildcard_data_actions",
    "privilege.wildcard_data_resources",
    "privilege.condition_bound",
)
_LEVELS = ("project", "folder", "organization")
_OWNER = json.dumps({"bindings": [{"role": "roles/owner", "members": [WHO]}]})
CASES = (
    *(
        Case(
            f"google_{level}_iam_member",
            "role",
            "privilege.admin",
            {"roles/owner": True, "roles/storage.objectViewer": False},
            absent=UnknownReason.NOT_SUPPORTED,
            having={"member": WHO},
        )
        for level in _LEVELS
    ),
    *(
        Case(
            f"google_{level}_iam_binding",
            "role",
            "privilege.admin",
            {"roles/owner": True, "roles/storage.objectViewer": False},
            absent=UnknownReason.NOT_SUPPORTED,
            having={"members": [WHO]},
        )
        for level in _LEVELS
    ),
    *(Case(f"google_{level}_iam_policy", "policy_data", "privilege.admin", {_OWNER: True}, absent=False) for level in _LEVELS),
    *(
        Case(
            f"google_{level}_iam_{form}",
            "condition",
            "privilege.condition_bound",
            [([{"title": "t", "expression": "e"}], True), ([], False)],
            absent=False,
            having={"role": "roles/storage.objectViewer", **whom},
        )
        for level in _LEVELS
        for form, whom in (("member", {"member": WHO}), ("binding", {"members": [WHO]}))
    ),
)


@pytest.fixture
def plan():
    return GooglePlan()


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("roles/owner", (True, True, True, True, False)),
        ("roles/editor", (True, True, True, True, False)),
        ("roles/viewer", (False, False, True, True, False)),
        ("roles/resourcemanager.projectIamAdmin", (True, True, False, False, True)),
        ("roles/iam.serviceAccountTokenCreator", (False, True, False, False, True)),
        ("roles/storage.objectViewer", (False, False, False, True, False)),
        ("roles/storage.admin", (False, False, True, True, False)),
        ("roles/bigquery.jobUser", (False, False, False, False, True)),
        ("roles/monitoring.viewer", (False, False, False, False, True)),
    ],
)
def test_what_a_role_on_a_project_gives(plan, tmp_path, role, expected):
    plan.put(MEMBER, "m", {"project": PROJECT, "role": role, "member": WHO, "condition": []})
    one = plan.one(tmp_path, f"{MEMBER}.m")
    assert (one.kind, one.name, one.account) == (Kind.POLICY, role, PROJECT)
    assert tuple(value(one, name) for name in FACTS) == expected
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_a_condition_binds_the_grant(plan, tmp_path):
    plan.put(
        BINDING,
        "b",
        {"project": PROJECT, "role": "roles/storage.objectViewer", "members": [WHO], "condition": [{"title": "t", "expression": "x"}]},
    )
    assert value(plan.one(tmp_path, f"{BINDING}.b"), "privilege.condition_bound") is True


def test_a_role_of_the_projects_own_is_not_guessed(plan, tmp_path):
    plan.put(MEMBER, "m", {"project": PROJECT, "role": f"projects/{PROJECT}/roles/reader", "member": WHO})
    one = plan.one(tmp_path, f"{MEMBER}.m")
    for name in FACTS:
        assert reason(one, name) is UnknownReason.NOT_SUPPORTED


def test_unknown_and_sensitive_roles(plan, tmp_path):
    plan.put(MEMBER, "u", {"project": PROJECT, "member": WHO}, unknown={"role": True}, expressions={"role": ref("local.role")})
    plan.put(MEMBER, "s", {"project": PROJECT, "member": WHO, "role": "roles/owner"}, sensitive={"role": True})
    assert reason(plan.one(tmp_path, f"{MEMBER}.u"), "privilege.admin") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(plan.one(tmp_path, f"{MEMBER}.s"), "privilege.admin") is UnknownReason.REDACTED


def test_a_whole_policy_and_one_that_is_not_known(plan, tmp_path):
    data = {"bindings": [{"role": "roles/viewer", "members": [WHO]}, {"role": "roles/owner", "members": [WHO]}]}
    plan.put(POLICY, "p", {"project": PROJECT, "policy_data": json.dumps(data)})
    plan.put(POLICY, "u", {"project": PROJECT}, unknown={"policy_data": True}, expressions={"policy_data": ref("local.p")})
    assert value(plan.one(tmp_path, f"{POLICY}.p"), "privilege.admin") is True
    assert reason(plan.one(tmp_path, f"{POLICY}.u"), "privilege.admin") is UnknownReason.KNOWN_AFTER_APPLY


def test_stores_of_the_project_that_the_role_lets_read(plan, tmp_path):
    plan.put("google_storage_bucket", "mine", {"name": "mine", "location": "EU"})
    plan.put("google_storage_bucket", "other", {"name": "other", "location": "EU", "project": "other-prod"})
    plan.put("google_bigquery_dataset", "d", {"dataset_id": "d"})
    plan.put(MEMBER, "m", {"project": PROJECT, "role": "roles/storage.objectViewer", "member": WHO})
    found = list(plan.read(tmp_path).values())
    reader = plan.one(tmp_path, f"{MEMBER}.m")
    (link,) = reader.links
    assert link.rel is Rel.READS
    assert [found[place].id for place in Readable(found).places(reader, link.to)] == ["google_storage_bucket.mine"]


def test_what_is_below_a_folder_is_not_known(plan, tmp_path):
    plan.put("google_folder_iam_member", "f", {"folder": "folders/7", "role": "roles/storage.objectViewer", "member": WHO})
    plan.put("google_folder_iam_member", "n", {"folder": "folders/7", "role": "roles/monitoring.viewer", "member": WHO})
    (link,) = plan.one(tmp_path, "google_folder_iam_member.f").links
    assert link.unknown.reason is UnknownReason.UNRESOLVED_REFERENCE
    assert plan.one(tmp_path, "google_folder_iam_member.n").links == ()
