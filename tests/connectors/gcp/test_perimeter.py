from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.gcp.cloud import NUMBER, ORGANISATION, PLACES, PROJECT, Cloud, error, project
from tests.connectors.gcp.conftest import ALL_FACTS
from tests.connectors.gcp.test_storage import BARE, bucket
from tierwise.connectors import gcp_perimeter
from tierwise.connectors.gcp.perimeter import FACTS, POLICIES
from tierwise.connectors.gcp_perimeter import edge_of
from tierwise.model.fact import Known, UnknownReason

SERVICES = ("storage",)
_MANAGER = "accesscontextmanager/v1"
LISTED = f"{_MANAGER}/accessPolicies?parent=organizations/{ORGANISATION}"
_HOME = f"{_MANAGER}/accessPolicies/1"
_ANYBODY = {"identityType": "ANY_IDENTITY"}
_SOME = [{"serviceName": "pubsub.googleapis.com", "methodSelectors": [{"method": "Publisher.Publish"}]}]
AROUND: dict[str, Any] = {
    "name": "accessPolicies/1/servicePerimeters/records",
    "perimeterType": "PERIMETER_TYPE_REGULAR",
    "status": {
        "resources": [f"projects/{NUMBER}"],
        "restrictedServices": ["storage.googleapis.com", "bigquery.googleapis.com", "pubsub.googleapis.com"],
        "accessLevels": ["accessPolicies/1/accessLevels/office"],
        "ingressPolicies": [
            {
                "ingressFrom": {"sources": [{"accessLevel": "*"}], **_ANYBODY},
                "ingressTo": {"resources": ["projects/2002"], "operations": _SOME, "roles": []},
            }
        ],
        "egressPolicies": [{"egressFrom": _ANYBODY, "egressTo": {"resources": ["projects/2002"], "operations": _SOME, "roles": []}}],
    },
}
OFFICE = {
    "name": "accessPolicies/1/accessLevels/office",
    "basic": {"combiningFunction": "AND", "conditions": [{"ipSubnetworks": ["192.0.2.0/24"]}, {"regions": ["GB"]}]},
}
DOCS = {
    LISTED: {"accessPolicies": [{"name": "accessPolicies/1"}]},
    f"{_HOME}/servicePerimeters": {"servicePerimeters": [AROUND]},
    f"{_HOME}/accessLevels": {"accessLevels": [OFFICE]},
}
OPEN = bucket({**BARE, "iamConfiguration": {}})


def facts_of(collect, cloud):
    (found,) = collect(cloud, ALL_FACTS).values()
    names = ("network.private_endpoint", "network.ingress_any", "access.organisation_perimeter")
    return [fact.value if isinstance(fact, Known) else fact.reason for fact in (found.facts[name] for name in names)]


def test_a_perimeter_around_the_project_is_a_private_path_and_keeps_other_organisations_out(collect):
    assert facts_of(collect, Cloud([OPEN], DOCS)) == [True, False, True]
    assert facts_of(collect, Cloud([OPEN])) == [False, True, False]


def test_a_dry_run_protects_nothing(collect):
    dry = {"name": AROUND["name"], "useExplicitDryRunSpec": True, "spec": AROUND["status"]}
    assert facts_of(collect, Cloud([OPEN], {**DOCS, f"{_HOME}/servicePerimeters": {"servicePerimeters": [dry]}})) == [False, True, False]


@pytest.mark.parametrize("lost", ["policies", "servicePerimeters", "accessLevels"])
def test_what_may_not_be_read_leaves_it_open_with_the_permission_named(collect, lost):
    cloud = Cloud([OPEN], DOCS)
    cloud.denied = frozenset({f"accesscontextmanager.{lost}.list"})
    assert facts_of(collect, cloud) == [UnknownReason.PERMISSION_DENIED] * 3
    (found,) = collect(cloud, ALL_FACTS).values()
    assert {found.facts[name].via.action for name in FACTS} == cloud.denied


def test_access_context_manager_that_is_not_enabled_is_said(collect):
    cloud = Cloud([OPEN])
    cloud.faults[f"{_MANAGER}/accessPolicies"] = error(403, "SERVICE_DISABLED")
    assert facts_of(collect, cloud) == [UnknownReason.NOT_SUPPORTED] * 3


def test_perimeters_are_read_once_for_all_stores_and_access_levels_where_one_is_named(collect, monkeypatch):
    plain = {**AROUND, "status": {**AROUND["status"], "accessLevels": []}}
    cloud = Cloud([OPEN, bucket({**BARE, "name": "second"})], {**DOCS, f"{_HOME}/servicePerimeters": {"servicePerimeters": [plain]}})
    worked_out: list[str] = []

    def counted(service, *more):
        worked_out.append(service)
        return edge_of(service, *more)

    monkeypatch.setattr(gcp_perimeter, "edge_of", counted)
    assert len(collect(cloud, FACTS)) == 2
    assert len(worked_out) == 1
    assert [cloud.asked(one) for one in ("/accessPolicies", "/servicePerimeters", "/accessLevels")] == [1, 1, 0]


def test_a_project_in_no_organisation_has_no_perimeter_and_asks_for_none(collect):
    alone = {f"cloudresourcemanager/v3/projects/{PROJECT}": project(parent="")}
    cloud = Cloud([{**OPEN, "ancestors": [f"projects/{NUMBER}"]}], {**PLACES, **alone})
    assert facts_of(collect, cloud)[:2] == [False, True]
    assert cloud.asked(POLICIES.path) == 0


def test_of_a_project_whose_number_is_not_known_it_is_not_told(collect):
    cloud = Cloud([{**OPEN, "ancestors": [f"projects/{PROJECT}", f"organizations/{ORGANISATION}"]}], DOCS)
    cloud.docs[f"cloudresourcemanager/v3/projects/{PROJECT}"] = {"projectId": PROJECT, "parent": f"organizations/{ORGANISATION}"}
    assert facts_of(collect, cloud)[:2] == [UnknownReason.NOT_COLLECTED] * 2
