from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import GooglePlan
from tests.connectors.terraform.plans import ref
from tests.connectors.terraform.types.cases import GONE, Case, Part
from tierwise.connectors.terraform.types.google_compute_disk import DISK, REGIONAL
from tierwise.connectors.terraform.types.google_compute_resource_policy import POLICY
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Link, Rel

SCHEDULE = {"snapshot_schedule_policy": [{"schedule": [{"daily_schedule": [{"days_in_cycle": 1, "start_time": "04:00"}]}]}]}
ATTACHMENTS = tuple(f"{kind}_resource_policy_attachment" for kind in (DISK, REGIONAL))
CASES = (
    Case(POLICY, "snapshot_schedule_policy", "protects", [(SCHEDULE["snapshot_schedule_policy"], ())], absent=GONE),
    *(
        Case(kind, "disk", "protects", {"the-disk": ("the-disk",)}, absent=(), of=POLICY, beside=SCHEDULE)
        for kind in ATTACHMENTS
    ),
)  # fmt: skip
PARTS = tuple(Part(kind, POLICY, {"disk": "the-disk"}, beside=SCHEDULE) for kind in ATTACHMENTS)


@pytest.fixture
def plan():
    found = GooglePlan()
    found.put(DISK, "people", {"name": "people", "zone": "europe-west2-a"}, unknown={"id": True, "self_link": True})
    return found


def test_a_schedule_protects_the_disks_that_it_is_attached_to(plan, tmp_path):
    plan.put(POLICY, "daily", {"name": "daily", "region": "europe-west2", **SCHEDULE}, unknown={"id": True})
    attachment = {"name": ref(f"{POLICY}.daily.name"), "disk": ref(f"{DISK}.people.name")}
    plan.put(ATTACHMENTS[0], "a", {"name": "daily", "disk": "people"}, expressions=attachment)
    one = plan.one(tmp_path, f"{POLICY}.daily")
    assert (one.kind, one.region) == (Kind.BACKUP_PLAN, "europe-west2")
    assert one.links == (Link(Rel.PROTECTS, f"{DISK}.people"),)


def test_a_policy_that_starts_machines_is_no_backup_plan(plan, tmp_path):
    plan.put(POLICY, "hours", {"name": "hours", "instance_schedule_policy": [{"time_zone": "Europe/London"}]})
    assert f"{POLICY}.hours" not in plan.read(tmp_path)


def test_a_schedule_that_is_there_already_may_protect_more(plan, tmp_path):
    plan.put(POLICY, "daily", {"name": "daily", **SCHEDULE}, actions=("no-op",))
    (link,) = plan.one(tmp_path, f"{POLICY}.daily").links
    assert link.unknown is not None
    assert link.unknown.reason is UnknownReason.NOT_COLLECTED
