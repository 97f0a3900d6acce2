from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import DOMAIN, NUMBER, ORGANISATION, PROJECT, Cloud, asset, binding, error, logged, project
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.resourcemanager import TYPE
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Link, Rel

SERVICES = ("resourcemanager",)
NAME = f"//cloudresourcemanager.googleapis.com/projects/{NUMBER}"
OWNER = binding("owner", f"user:ann@{DOMAIN}")
READER = binding("storage.objectViewer", f"serviceAccount:app@{PROJECT}.iam.gserviceaccount.com", condition={"expression": "x"})
POLICY = {"bindings": [OWNER, READER], **logged("DATA_READ", "DATA_WRITE")}
ROWS = [asset(TYPE, NAME, project(), policy=POLICY)]
SUBNETS = f"compute/compute/v1/projects/{PROJECT}/aggregated/subnetworks"
LEVELS = (f"projects/{NUMBER}", f"organizations/{ORGANISATION}")
OWN_APPROVAL, APPROVAL_ABOVE = (f"accessapproval/v1/{level}/accessApprovalSettings" for level in LEVELS)


def subnets(*found):
    """An aggregated list, which has a place for regions without any."""
    return {
        "items": {"regions/europe-west2": {"subnetworks": list(found)}, "regions/us-east1": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}
    }


LOGGED, PROXY = {"purpose": "PRIVATE", "logConfig": {"enable": True}}, {"purpose": "REGIONAL_MANAGED_PROXY"}
ENROLLED = {"enrolledServices": [{"cloudProduct": "all", "enrollmentLevel": "BLOCK_ALL"}]}
DOCS = {
    f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy": POLICY,
    SUBNETS: subnets(LOGGED, PROXY),
    OWN_APPROVAL: ENROLLED,
}


def test_a_project_and_its_bindings(collect):
    estate = collect(Cloud(ROWS, DOCS), ALL_FACTS)
    account, owner, reader = estate[NAME], estate[f"{NAME}#roles/owner"], estate[f"{NAME}#roles/storage.objectViewer"]
    assert (account.kind, account.name, account.account, account.unit) == (Kind.ACCOUNT, PROJECT, PROJECT, f"organizations/{ORGANISATION}")
    assert said(account.facts) == {
        "account.public_access_blocked": False,
        "account.public_block_locked": False,
        "account.disk_encryption_default": True,
        "account.root_mfa": "unknown",
        "account.root_keys": "n/a",
        "account.threat_detection": "unknown",
        "account.threat_plans": "unknown",
        "credential.mfa_enabled": "n/a",
        "credential.mfa_phishing_resistant": "n/a",
        "logging.control_plane": True,
        "logging.all_regions": True,
        "network.flow_logs": True,
        "account.support_access_controlled": True,
    }
    assert owner.kind is Kind.POLICY
    assert (said(owner.facts)["privilege.admin"], said(owner.facts)["privilege.condition_bound"]) == (True, False)
    assert [one.principal for one in owner.grants] == [f"user:{DOMAIN}"]
    assert (said(reader.facts)["privilege.admin"], said(reader.facts)["privilege.condition_bound"]) == (False, True)
    assert reader.links == (Link(Rel.READS, "reads:storage:*"),)


def test_the_public_switch_of_a_level_above_is_out_of_the_projects_hands(collect):
    on = {"spec": {"rules": [{"enforce": True}]}}
    for level, locked in ((f"organizations/{ORGANISATION}", True), (f"projects/{NUMBER}", False)):
        policies = {"policies": [{"name": f"{level}/policies/storage.publicAccessPrevention", **on}]}
        facts = said(collect(Cloud(ROWS, {f"orgpolicy/v2/{level}/policies": policies}), ALL_FACTS)[NAME].facts)
        assert (facts["account.public_access_blocked"], facts["account.public_block_locked"]) == (True, locked)


def test_a_policy_of_the_project_under_a_condition_leaves_open_who_blocks(collect):
    rule = {"enforce": True, "condition": {"expression": "resource.matchTag('1/env', 'prod')"}}
    policies = {"policies": [{"name": f"projects/{NUMBER}/policies/storage.publicAccessPrevention", "spec": {"rules": [rule]}}]}
    found = collect(Cloud(ROWS, {f"orgpolicy/v2/projects/{NUMBER}/policies": policies}), ALL_FACTS)[NAME].facts
    assert found["account.public_block_locked"].reason is UnknownReason.NOT_SUPPORTED


def test_a_role_that_is_bound_twice_is_two_policies(collect):
    twice = [binding("viewer", "user:a@b.example"), binding("viewer", "user:c@b.example", condition={"expression": "x"})]
    estate = collect(Cloud([asset(TYPE, NAME, project(), policy={"bindings": twice})]))
    assert {f"{NAME}#roles/viewer", f"{NAME}#roles/viewer~2"} < set(estate)


def test_bindings_that_cannot_be_read_are_a_gap(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({"cloudasset.assets.listIamPolicy", "resourcemanager.projects.getIamPolicy"})
    estate = collect(cloud)
    assert [(gap.action, gap.kinds) for gap in estate.gaps] == [("resourcemanager.projects.getIamPolicy", {Kind.POLICY})]
    assert set(estate) == {NAME}


@pytest.mark.parametrize(
    ("listed", "kept"), [((), True), ((PROXY,), True), ((LOGGED, {"purpose": "PRIVATE"}), False), ((LOGGED, {"logConfig": {}}), False)]
)
def test_flow_logs_are_kept_where_every_subnetwork_with_hosts_has_them(collect, listed, kept):
    found = collect(Cloud(ROWS, {**DOCS, SUBNETS: subnets(*listed)}), ALL_FACTS)[NAME].facts
    assert said(found)["network.flow_logs"] is kept


@pytest.mark.parametrize(
    ("own", "above", "required"),
    [
        (None, None, False),
        (None, ENROLLED, True),
        ({"name": "x"}, ENROLLED, False),
        ({"enrolledAncestor": True}, None, True),
    ],
)
def test_access_is_approved_where_the_project_or_what_is_above_it_is_enrolled(collect, own, above, required):
    docs = {path: doc for path, doc in ((OWN_APPROVAL, own), (APPROVAL_ABOVE, above)) if doc is not None}
    missing = {path: error(404, "NOT_FOUND") for path in (OWN_APPROVAL, APPROVAL_ABOVE)}
    found = collect(Cloud(ROWS, {**DOCS, **missing, **docs}), ALL_FACTS)[NAME].facts
    assert said(found)["account.support_access_controlled"] is required


def test_settings_that_may_not_be_read_leave_open_who_approves(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({"accessapproval.settings.get", "compute.subnetworks.list"})
    found = collect(cloud, ALL_FACTS)[NAME].facts
    for name, action in (
        ("account.support_access_controlled", "accessapproval.settings.get"),
        ("network.flow_logs", "compute.subnetworks.list"),
    ):
        assert (found[name].reason, found[name].via.action) == (UnknownReason.PERMISSION_DENIED, action)
