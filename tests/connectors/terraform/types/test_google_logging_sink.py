from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import GONE, Case
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

SINK = "google_logging_project_sink"
ACTIVITY = f'logName="projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Factivity"'
_EVERY = tuple(f"google_logging_{level}_sink" for level in ("project", "folder", "organization", "billing_account"))
CASES = (
    Case(_EVERY, "filter", "logging.control_plane", {ACTIVITY: True, "severity>=ERROR": GONE}, absent=True),
    Case(_EVERY, "disabled", "logging.control_plane", {True: False, False: True}, absent=True),
    Case(_EVERY, "exclusions", "logging.control_plane", [([{"name": "x", "filter": "y"}], UnknownReason.NOT_SUPPORTED)], absent=True),
    Case(_EVERY, "destination", "logs-to", {"storage.googleapis.com/logs-of-ours": ("logs-of-ours",)}, absent=()),
)


@pytest.fixture
def plan():
    return GooglePlan()


def sink(plan, wanted=None, **after):
    plan.put(
        SINK,
        "s",
        {"name": "audit", "destination": "storage.googleapis.com/b-logs", "filter": wanted, "exclusions": [], "disabled": False, **after},
    )


@pytest.mark.parametrize(
    "wanted", [None, "", ACTIVITY, 'log_id("cloudaudit.googleapis.com/activity")', 'logName:"cloudaudit.googleapis.com"']
)
def test_all_administrative_activity_passes(plan, tmp_path, wanted):
    sink(plan, wanted)
    one = plan.one(tmp_path, f"{SINK}.s")
    assert one.kind is Kind.AUDIT_TRAIL
    assert value(one, "logging.control_plane") is True
    assert value(one, "logging.all_regions") is True
    assert isinstance(one.facts["logging.integrity_validated"], NotApplicable)
    assert one.links == (Link(Rel.LOGS_TO, "b-logs"),)


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        (f'{ACTIVITY} AND protoPayload.methodName="x"', {}),
        (f"NOT {ACTIVITY}", {}),
        ('logName:"cloudaudit.googleapis.com%2Fdata_access"', {}),
        (None, {"exclusions": [{"name": "noise", "filter": "severity<ERROR"}]}),
    ],
)
def test_what_a_filter_leaves_out_is_not_worked_out(plan, tmp_path, wanted, after):
    sink(plan, wanted, **after)
    assert reason(plan.one(tmp_path, f"{SINK}.s"), "logging.control_plane") is UnknownReason.NOT_SUPPORTED


def test_a_sink_of_other_logs_is_no_trail_and_one_that_is_off_records_nothing(plan, tmp_path):
    sink(plan, 'resource.type="gce_instance"')
    assert f"{SINK}.s" not in plan.read(tmp_path)
    other = GooglePlan()
    sink(other, disabled=True)
    assert value(other.one(tmp_path, f"{SINK}.s"), "logging.control_plane") is False


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("google_storage_bucket", {"name": "b-logs", "location": "EU"}),
        ("google_logging_project_bucket_config", {"bucket_id": "audit"}),
        ("google_bigquery_dataset", {"dataset_id": "audit"}),
    ],
)
def test_the_destination_by_reference(plan, tmp_path, kind, after):
    plan.put(kind, "x", after, unknown={"id": True})
    plan.put(SINK, "s", {"name": "audit"}, unknown={"destination": True}, expressions={"destination": ref(f"{kind}.x.id")})
    assert plan.one(tmp_path, f"{SINK}.s").links == (Link(Rel.LOGS_TO, f"{kind}.x"),)


def test_unknown_destination_and_sensitive_filter(plan, tmp_path):
    plan.put(
        SINK,
        "s",
        {"name": "audit", "filter": ACTIVITY},
        sensitive={"filter": True},
        unknown={"destination": True},
        expressions={"destination": ref("local.d")},
    )
    one = plan.one(tmp_path, f"{SINK}.s")
    assert reason(one, "logging.control_plane") is UnknownReason.REDACTED
    assert [link.unknown.reason for link in one.links] == [UnknownReason.UNRESOLVED_REFERENCE]
