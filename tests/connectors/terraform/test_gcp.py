from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import const, known, why
from tests.shared import shared_path
from tierwise.access.google_roles import SERVICES, data_of, touches_data
from tierwise.connectors import gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.planned import Node
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.vocabulary import check_fact, facts_of

BUCKET = "google_storage_bucket"


@pytest.mark.parametrize(
    ("place", "region"),
    [
        ("EU", "eu"),
        ("EUROPE-WEST2", "europe-west2"),
        ("europe-west2-a", "europe-west2"),
        ("projects/p/zones/europe-west2-b", "europe-west2"),
        ("https://www.googleapis.com/compute/v1/projects/p/regions/us-central1", "us-central1"),
        ("global", "global"),
    ],
)
def test_a_region_is_found_in_locations_zones_and_paths(place, region):
    assert gcp_terms.as_region(place) == region


@pytest.mark.parametrize(("text", "seconds"), [("86400s", 86400), ("3600.5s", 3600), ("604800", 604800), (None, None)])
def test_durations(text, seconds):
    assert known(gcp_terms.seconds(Known(text))) == seconds


@pytest.mark.parametrize("text", ["P1D", "soon", "-5s", "1" * 40])
def test_what_is_no_duration(text):
    assert why(gcp_terms.seconds(Known(text))) is UnknownReason.UNPARSABLE


def test_an_unknown_duration_stays_so():
    assert gcp_terms.seconds(Unknown(UnknownReason.REDACTED)) == Unknown(UnknownReason.REDACTED)


def test_project_and_place_from_the_resource_then_from_its_provider(tmp_path):
    plan = GooglePlan(project="from-provider", region=None, zone="europe-west2-c")
    plan.put("google_compute_disk", "own", {"name": "own", "project": "own-project", "zone": "us-east1-b"})
    plan.put("google_compute_disk", "given", {"name": "given"}, unknown={"project": True, "zone": True})
    found = plan.read(tmp_path)
    assert (found["google_compute_disk.own"].account, found["google_compute_disk.own"].region) == ("own-project", "us-east1")
    assert (found["google_compute_disk.given"].account, found["google_compute_disk.given"].region) == ("from-provider", "europe-west2")


def test_a_project_that_is_a_placeholder_is_not_one(tmp_path):
    plan = GooglePlan(project=None)
    plan.put(BUCKET, "b", {"name": "b", "location": "EU", "project": "{{.Provider.project}}"})
    assert plan.one(tmp_path, f"{BUCKET}.b").account == ""


def test_every_role_that_changes_data_of_a_service_is_told_from_those_that_do_not():
    assert data_of("storage", "roles/storage.objectCreator") == (False, True)
    assert data_of("storage", "roles/storage.legacyBucketReader") == (True, False)
    assert data_of("cloudkms", "roles/cloudkms.cryptoKeyEncrypter") == (False, False)
    assert data_of("pubsub", "roles/dataflow.worker") == (None, None)
    assert touches_data("roles/monitoring.viewer") is False
    assert touches_data("organizations/1/roles/x") is None
    for roles in SERVICES.values():
        assert not roles.neither & (roles.reads | roles.writes)


def test_a_dynamic_block_hides_what_it_says():
    node = _node({"settings": [{"tier": const("x"), "ip_configuration": [{}]}]})
    assert gcp.is_unwritten(node, ("labels",))
    assert gcp.is_unwritten(node, ("settings", 0, "backup_configuration", 0, "enabled"))
    assert not gcp.is_unwritten(node, ("settings", 0, "tier"))
    assert not gcp.is_unwritten(node, ("settings", 0, "ip_configuration", 0, "ssl_mode"))
    assert not gcp.is_unwritten(_node(None), ("labels",))


def _node(expressions):
    return Node("google_x.y", {}, _expression=expressions)


def test_every_public_plan_gives_google_resources_with_all_facts_of_their_kind():
    seen = 0
    for path in sorted(shared_path("plans", "files").glob("*gcp__*")):
        (plan,) = open_plans([path]).plans
        for one in resources(plan):
            if one.provider == "gcp":
                seen += 1
                assert [problem for name, fact in one.facts.items() if (problem := check_fact(name, fact, one.kind))] == [], path.name
                assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS, (path.name, one.id)
    assert seen > 60
