from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import Part, iam_cases
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import facts_of

ACCOUNT, KEY, MEMBER = "google_service_account", "google_service_account_key", "google_project_iam_member"
EMAIL = f"app@{PROJECT}.iam.gserviceaccount.com"
COMPUTED = {"email": True, "name": True, "id": True, "unique_id": True, "project": True}
CASES = (*iam_cases(ACCOUNT),)
PARTS = (Part(KEY, ACCOUNT),)


@pytest.fixture
def plan():
    found = GooglePlan()
    found.put(ACCOUNT, "app", {"account_id": "app", "display_name": "Claims app"}, unknown=COMPUTED)
    return found


def test_a_new_account_without_bindings_or_keys(plan, tmp_path):
    one = plan.one(tmp_path, f"{ACCOUNT}.app")
    assert (one.kind, one.account, one.name) == (Kind.ROLE, PROJECT, "app")
    assert EMAIL in one.aliases
    assert value(one, "privilege.admin") is False
    assert value(one, "credential.active_keys") == 0
    assert isinstance(one.facts["credential.oldest_key_days"], NotApplicable)
    assert value(one, "access.external_principals") == frozenset()
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_bindings_name_it_by_email_and_by_reference(plan, tmp_path):
    plan.put(
        MEMBER,
        "r",
        {"project": PROJECT, "role": "roles/editor"},
        unknown={"member": True},
        expressions={"member": ref(f"{ACCOUNT}.app.email")},
    )
    plan.put(MEMBER, "e", {"project": PROJECT, "role": "roles/storage.objectViewer", "member": f"serviceAccount:{EMAIL}"})
    plan.put(MEMBER, "o", {"project": PROJECT, "role": "roles/owner", "member": "user:a@example.gov.uk"})
    one = plan.one(tmp_path, f"{ACCOUNT}.app")
    assert value(one, "privilege.admin") is True
    assert set(one.links) == {Link(Rel.ATTACHES, f"{MEMBER}.r"), Link(Rel.ATTACHES, f"{MEMBER}.e")}


def test_a_member_that_is_not_known_may_be_the_account(plan, tmp_path):
    plan.put(MEMBER, "u", {"project": PROJECT, "role": "roles/owner"}, unknown={"member": True}, expressions={"member": ref("local.who")})
    assert reason(plan.one(tmp_path, f"{ACCOUNT}.app"), "privilege.admin") is UnknownReason.NOT_COLLECTED


def test_keys_are_counted_by_reference(plan, tmp_path):
    plan.put(
        KEY,
        "k",
        {},
        unknown={"service_account_id": True, "private_key": True},
        expressions={"service_account_id": ref(f"{ACCOUNT}.app.name")},
    )
    one = plan.one(tmp_path, f"{ACCOUNT}.app")
    assert value(one, "credential.active_keys") == 1
    assert value(one, "credential.oldest_key_days") == 0


def test_an_existing_account_may_have_more_than_the_plan_shows(tmp_path):
    plan = GooglePlan()
    plan.put(ACCOUNT, "app", {"account_id": "app", "email": EMAIL, "name": "n", "project": PROJECT}, actions=("no-op",))
    plan.put(KEY, "k", {"service_account_id": EMAIL}, actions=("no-op",))
    one = plan.one(tmp_path, f"{ACCOUNT}.app")
    assert one.facts["credential.active_keys"].between == (1, 10)
    assert reason(one, "credential.oldest_key_days") is UnknownReason.NOT_COLLECTED
    assert reason(one, "privilege.admin") is UnknownReason.NOT_COLLECTED


def test_who_may_act_as_it(plan, tmp_path):
    plan.put(
        f"{ACCOUNT}_iam_member", "m", {"role": "roles/iam.serviceAccountUser", "member": "serviceAccount:ci@supplier-prod.iam.gserviceaccount.com"},
        unknown={"service_account_id": True}, expressions={"service_account_id": ref(f"{ACCOUNT}.app.name")},
    )  # fmt: skip
    one = plan.one(tmp_path, f"{ACCOUNT}.app")
    assert value(one, "access.external_principals") == frozenset({"supplier-prod"})
    assert value(one, "access.external_conditioned") is False
