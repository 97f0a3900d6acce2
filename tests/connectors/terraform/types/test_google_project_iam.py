from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import Case, plain
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


CUSTOM, OF_ORGANISATION = "google_project_iam_custom_role", "google_organization_iam_custom_role"


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        (["storage.objects.get", "storage.buckets.list"], (False, False, False, True, False)),
        (["storage.buckets.list", "monitoring.timeSeries.list"], (False, False, False, False, True)),
        (["iam.serviceAccounts.actAs", "compute.instances.create"], (False, True, False, False, True)),
        (["resourcemanager.projects.setIamPolicy"], (True, True, False, False, True)),
        (["datastore.entities.list"], (False, False, False, True, False)),
    ],
)
def test_a_role_of_the_plans_own_gives_what_it_permits(plan, tmp_path, permissions, expected):
    plan.put(CUSTOM, "r", {"role_id": "reader", "permissions": permissions, "stage": "GA"})
    plan.put(MEMBER, "m", {"project": PROJECT, "role": f"projects/{PROJECT}/roles/reader", "member": WHO, "condition": []})
    assert tuple(value(plan.one(tmp_path, f"{MEMBER}.m"), name) for name in FACTS) == expected


def test_each_instance_of_a_module_gives_its_own_role(plan, tmp_path):
    for key, permission in (("a", "resourcemanager.projects.setIamPolicy"), ("b", "storage.objects.get")):
        place = {"module": "team", "module_keys": (key,)}
        plan.put(CUSTOM, "r", {"role_id": "custom", "permissions": [permission]}, unknown={"id": True, "name": True}, **place)
        by = {"unknown": {"role": True}, "expressions": {"role": ref(f"{CUSTOM}.r.id")}}
        plan.put(BINDING, "b", {"project": PROJECT, "members": [WHO], "condition": []}, **by, **place)
    assert value(plan.one(tmp_path, f'module.team["a"].{BINDING}.b'), "privilege.admin") is True
    other = plan.one(tmp_path, f'module.team["b"].{BINDING}.b')
    assert value(other, "privilege.admin") is False
    assert [link.to for link in other.links] == ["reads:storage:*"]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ({}, False),
        ({"after": {"stage": "DISABLED", "permissions": ["resourcemanager.organizations.setIamPolicy"]}}, False),
        ({"unknown": {"permissions": True}}, UnknownReason.KNOWN_AFTER_APPLY),
        (
            {"after": {"permissions": ["resourcemanager.organizations.setIamPolicy"]}, "sensitive": {"permissions": True}},
            UnknownReason.REDACTED,
        ),
    ],
    ids=["absent", "disabled", "unknown", "sensitive"],
)
def test_what_a_role_of_the_organisations_own_permits_is_never_guessed(plan, tmp_path, role, expected):
    plan.put(
        OF_ORGANISATION, "r", {"role_id": "custom", "org_id": "7", **role.get("after", {})},
        unknown=role.get("unknown", {}), sensitive=role.get("sensitive", {}),
    )  # fmt: skip
    data = {"bindings": [{"role": "organizations/7/roles/custom", "members": [WHO]}]}
    plan.put(POLICY, "p", {"project": PROJECT, "policy_data": json.dumps(data)})
    assert plain(plan.one(tmp_path, f"{POLICY}.p").facts["privilege.admin"]) == expected


def test_whom_a_role_of_the_plans_own_lets_read_a_bucket(plan, tmp_path):
    plan.put("google_storage_bucket", "b", {"name": "b", "location": "EU", "public_access_prevention": "inherited"})
    plan.put(CUSTOM, "r", {"role_id": "reader", "permissions": ["storage.objects.get"]})
    named = {"bucket": "b", "role": f"projects/{PROJECT}/roles/reader", "member": "allUsers"}
    plan.put("google_storage_bucket_iam_member", "m", named)
    one = plan.one(tmp_path, "google_storage_bucket.b")
    assert value(one, "access.anonymous_write") is False
    assert plain(one.facts["access.anonymous_read"]) in (True, UnknownReason.NOT_COLLECTED)


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
