from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import plain
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

ACCOUNT, BUCKET = "google_project", "google_storage_bucket"
POLICY, LEGACY = "google_org_policy_policy", "google_project_organization_policy"
PREVENT = "storage.publicAccessPrevention"
COMPUTED = {"public_access_prevention": True, "uniform_bucket_level_access": True, "project": True}


@pytest.fixture
def plan():
    found = GooglePlan()
    found.put(
        ACCOUNT,
        "p",
        {"project_id": PROJECT, "name": "Records", "folder_id": "folders/7", "labels": {"team": "records"}},
        unknown={"number": True},
    )
    found.put(BUCKET, "b", {"name": "b", "location": "EU"}, unknown=COMPUTED)
    found.put(f"{BUCKET}_iam_member", "m", {"bucket": "b", "role": "roles/storage.objectViewer", "member": "allUsers"})
    return found


def rules(*given):
    return {"spec": [{"rules": list(given)}]}


def org_policy(plan, name=f"projects/{PROJECT}/policies/{PREVENT}", parent=f"projects/{PROJECT}", **rest):
    plan.put(POLICY, "o", {"name": name, "parent": parent, **rules({"enforce": "TRUE"}), **rest})


def test_a_project_without_policies_in_the_plan(plan, tmp_path):
    one = plan.one(tmp_path, f"{ACCOUNT}.p")
    assert (one.kind, one.account, one.tags.value) == (Kind.ACCOUNT, PROJECT, {"team": "records"})
    assert reason(one, "account.public_access_blocked") is UnknownReason.NOT_COLLECTED
    assert value(one, "logging.control_plane") is True
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is True


def test_a_policy_of_the_project_keeps_the_public_out_and_is_not_locked(plan, tmp_path):
    org_policy(plan)
    project, bucket = plan.one(tmp_path, f"{ACCOUNT}.p"), plan.one(tmp_path, f"{BUCKET}.b")
    assert value(project, "account.public_access_blocked") is True
    assert reason(project, "account.public_block_locked") is UnknownReason.NOT_COLLECTED
    assert value(bucket, "access.anonymous_read") is False
    assert value(bucket, "access.public_blocked") is True


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        (LEGACY, {"project": PROJECT, "constraint": f"constraints/{PREVENT}", "boolean_policy": [{"enforced": True}]}),
        ("google_folder_organization_policy", {"folder": "folders/7", "constraint": PREVENT, "boolean_policy": [{"enforced": True}]}),
        (POLICY, {"name": f"folders/7/policies/{PREVENT}", "parent": "folders/7", **rules({"enforce": "TRUE"})}),
    ],
)
def test_older_policies_and_those_of_the_folder(plan, tmp_path, kind, after):
    plan.put(kind, "o", after)
    project = plan.one(tmp_path, f"{ACCOUNT}.p")
    assert value(project, "account.public_access_blocked") is True
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is False
    if kind != LEGACY:
        assert value(project, "account.public_block_locked") is True


def test_a_policy_of_another_project_changes_nothing(plan, tmp_path):
    org_policy(plan, f"projects/other-prod/policies/{PREVENT}", "projects/other-prod")
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is True


def test_a_project_by_number_may_be_this_one(plan, tmp_path):
    org_policy(plan, f"projects/123456/policies/{PREVENT}", "projects/123456")
    assert reason(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE


def test_a_folder_that_does_not_enforce_leaves_it_to_the_project(plan, tmp_path):
    plan.put(
        "google_folder_organization_policy", "o", {"folder": "folders/7", "constraint": PREVENT, "boolean_policy": [{"enforced": False}]}
    )
    assert reason(plan.one(tmp_path, f"{ACCOUNT}.p"), "account.public_access_blocked") is UnknownReason.NOT_COLLECTED


def test_a_policy_of_an_organisation_above_something_leaves_it_open(plan, tmp_path):
    org_policy(plan, f"organizations/1/policies/{PREVENT}", "organizations/1")
    assert reason(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE
    assert reason(plan.one(tmp_path, f"{ACCOUNT}.p"), "account.public_access_blocked") is UnknownReason.UNRESOLVED_REFERENCE


def test_a_policy_that_is_off_conditional_or_not_known(plan, tmp_path):
    org_policy(plan, **rules({"enforce": "FALSE"}))
    assert value(plan.one(tmp_path, f"{ACCOUNT}.p"), "account.public_access_blocked") is False
    other = GooglePlan()
    other.put(ACCOUNT, "p", {"project_id": PROJECT})
    org_policy(other, **rules({"enforce": "TRUE", "condition": [{"expression": "resource.matchTag('a/b', 'c')"}]}))
    assert reason(other.one(tmp_path, f"{ACCOUNT}.p"), "account.public_access_blocked") is UnknownReason.NOT_SUPPORTED
    third = GooglePlan()
    third.put(ACCOUNT, "p", {"project_id": PROJECT})
    third.put(
        LEGACY, "o", {"project": PROJECT, "constraint": PREVENT, "boolean_policy": [{}]}, unknown={"boolean_policy": [{"enforced": True}]}
    )
    assert reason(third.one(tmp_path, f"{ACCOUNT}.p"), "account.public_access_blocked") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_project_that_is_made_in_the_plan_is_joined_by_reference(tmp_path):
    plan = GooglePlan(project=None)
    plan.put(ACCOUNT, "p", {"name": "Records"}, unknown={"project_id": True}, expressions={"project_id": ref("random_id.r.hex")})
    for name, key, unknown in (("b", "project", COMPUTED), ("o", "project", {})):
        kind = BUCKET if name == "b" else LEGACY
        after = {"name": "b", "location": "EU"} if name == "b" else {"constraint": PREVENT, "boolean_policy": [{"enforced": True}]}
        plan.put(kind, name, after, unknown={**unknown, key: True}, expressions={key: ref(f"{ACCOUNT}.p.project_id")})
    bucket = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(bucket, "access.public_blocked") is True
    assert bucket.account == ""


def test_denied_tls_versions_raise_the_floor(plan, tmp_path):
    org_policy(
        plan,
        f"projects/{PROJECT}/policies/gcp.restrictTLSVersion",
        **rules({"values": [{"denied_values": ["TLS_VERSION_1", "TLS_VERSION_1_1"]}]}),
    )
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "transport.min_tls") == "1.2"


def audit(plan, name="a", service="storage.googleapis.com", project=PROJECT, logs=("DATA_READ",), exempted=()):
    configs = [{"log_type": log, "exempted_members": list(exempted)} for log in logs]
    plan.put("google_project_iam_audit_config", name, {"project": project, "service": service, "audit_log_config": configs})


@pytest.mark.parametrize("service", ["storage.googleapis.com", "allServices"])
def test_data_access_logs_of_the_project_fold_into_its_stores(plan, tmp_path, service):
    audit(plan, service=service)
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(one, "logging.data_read") is True
    assert reason(one, "logging.data_write") is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"service": "bigquery.googleapis.com"}, UnknownReason.NOT_COLLECTED),
        ({"project": "other-prod"}, UnknownReason.NOT_COLLECTED),
        ({"exempted": ["user:a@example.gov.uk"]}, UnknownReason.NOT_SUPPORTED),
    ],
)
def test_logs_that_do_not_take_in_every_read(plan, tmp_path, given, why):
    audit(plan, **given)
    assert reason(plan.one(tmp_path, f"{BUCKET}.b"), "logging.data_read") is why


def test_audit_logs_in_a_whole_iam_policy(plan, tmp_path):
    data = {"bindings": [], "auditConfigs": [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_WRITE"}]}]}
    plan.put("google_project_iam_policy", "p", {"project": PROJECT, "policy_data": json.dumps(data)})
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "logging.data_write") is True


@pytest.mark.parametrize(
    ("kind", "attribute", "above", "own"), [("folder", "folder", "folders/7", "folder_id"), ("organization", "org_id", "7", "org_id")]
)
def test_data_access_logs_of_what_is_above_a_planned_project_fold_into_its_stores(tmp_path, kind, attribute, above, own):
    for number, expected in (("7", True), ("8", UnknownReason.NOT_COLLECTED)):
        plan = GooglePlan()
        plan.put(ACCOUNT, "p", {"project_id": PROJECT, own: number})
        plan.put(BUCKET, "b", {"name": "b", "location": "EU"}, unknown=COMPUTED)
        logs = [{"log_type": "DATA_READ", "exempted_members": []}]
        plan.put(f"google_{kind}_iam_audit_config", "a", {attribute: above, "service": "allServices", "audit_log_config": logs})
        assert plain(plan.one(tmp_path, f"{BUCKET}.b").facts["logging.data_read"]) == expected


LOGS = {"service": "allServices", "audit_log_config": [{"log_type": "DATA_READ", "exempted_members": []}]}


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("google_folder_iam_audit_config", {"folder": ref("google_folder.f.name")}),
        ("google_project_iam_audit_config", {"project": ref(f"{ACCOUNT}.p.project_id")}),
    ],
)
@pytest.mark.parametrize("how", ["reference", "unresolvable", "nothing"])
def test_each_instance_of_a_module_has_the_data_access_logs_of_what_is_above_it(tmp_path, kind, named, how):
    plan = GooglePlan(project=None)
    for key in ("a/b.c", "other"):
        place = {"module": "unit", "module_keys": (key,)}
        plan.put("google_folder", "f", {"display_name": key}, unknown={"name": True, "id": True}, **place)
        above = {"unknown": {"folder_id": True, "project_id": True}, "expressions": {"folder_id": ref("google_folder.f.name")}}
        plan.put(ACCOUNT, "p", {"name": key}, **above, **place)
        of = {"project": ref(f"{ACCOUNT}.p.project_id")}
        plan.put(BUCKET, "b", {"name": key[0], "location": "EU"}, unknown={**COMPUTED, "project": True}, expressions=of, **place)
        if key != "other" and how != "nothing":
            written = named if how == "reference" else dict.fromkeys(named, ref("local.open"))
            plan.put(kind, "a", LOGS, unknown=dict.fromkeys(named, True), expressions=written, **place)
    found = plan.read(tmp_path)
    ours, other = (found[f'module.unit["{key}"].{BUCKET}.b'].facts["logging.data_read"] for key in ("a/b.c", "other"))
    assert plain(ours) == (True if how == "reference" else UnknownReason.NOT_COLLECTED)
    assert plain(other) is UnknownReason.NOT_COLLECTED


DOMAINS, MEMBERS = "iam.allowedPolicyMemberDomains", "iam.managed.allowedPolicyMembers"
LISTED = {"values": [{"allowed_values": ["is:C03xgje4y"]}]}


def listing(parameters: str) -> dict[str, object]:
    """An enforced policy for the managed constraint, with its parameters as the provider takes them: as JSON."""
    name = f"projects/{PROJECT}/policies/{MEMBERS}"
    return {"name": name, "parent": f"projects/{PROJECT}", **rules({"enforce": "TRUE", "parameters": parameters})}


@pytest.mark.parametrize(
    ("kind", "after", "found"),
    [
        (POLICY, {"name": f"projects/{PROJECT}/policies/{DOMAINS}", "parent": f"projects/{PROJECT}", **rules(LISTED)}, True),
        (POLICY, {"name": f"projects/{PROJECT}/policies/{MEMBERS}", "parent": f"projects/{PROJECT}", **rules({"enforce": "TRUE"})}, True),
        (POLICY, listing('{"allowedMemberSubjects": ["user:ann@example.org"]}'), True),
        (POLICY, listing('{"allowedMemberSubjects": ["allUsers"]}'), UnknownReason.NOT_COLLECTED),
        (POLICY, listing('{"allowedPrincipalSets": ["principalSet://goog/public:all"]}'), UnknownReason.NOT_COLLECTED),
        (POLICY, listing("[]"), UnknownReason.UNPARSABLE),
        (LEGACY, {"project": PROJECT, "constraint": DOMAINS, "list_policy": [{"allow": [{"values": ["C03xgje4y"]}]}]}, True),
        (LEGACY, {"project": PROJECT, "constraint": DOMAINS, "list_policy": [{"allow": [{"all": True}]}]}, UnknownReason.NOT_COLLECTED),
        (POLICY, {"name": f"projects/other/policies/{DOMAINS}", "parent": "projects/other", **rules(LISTED)}, UnknownReason.NOT_COLLECTED),
        (
            POLICY,
            {"name": f"organizations/1/policies/{DOMAINS}", "parent": "organizations/1", **rules(LISTED)},
            UnknownReason.UNRESOLVED_REFERENCE,
        ),
        (
            POLICY,
            {
                "name": f"projects/{PROJECT}/policies/{DOMAINS}",
                "parent": f"projects/{PROJECT}",
                **rules({**LISTED, "condition": [{"expression": "resource.matchTag('a/b', 'c')"}]}),
            },
            UnknownReason.NOT_SUPPORTED,
        ),
    ],
)
def test_a_policy_that_restricts_sharing_is_a_perimeter_and_without_one_what_is_above_may_have_it(plan, tmp_path, kind, after, found):
    plan.put(kind, "d", after)
    fact = "access.organisation_perimeter"
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert (value(one, fact) if found is True else reason(one, fact)) is found
