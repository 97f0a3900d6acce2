from __future__ import annotations

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, value
from tests.connectors.terraform.types.cases import Case
from tierwise.model.resource import Kind, Rel

STORE = "aws_cloudtrail_event_data_store"
_DATA = {"field": "eventCategory", "equals": ["Data"]}
CASES = (
    Case(STORE, "suspend", "logging.control_plane", {True: False, False: True}, absent=True),
    Case(STORE, "multi_region_enabled", "logging.all_regions", {False: False, True: True}, absent=True),
    Case(STORE, "organization_enabled", "records", {True: ("records:organisation",)}, absent=()),
    Case(STORE, "kms_key_id", "uses-key", {"alias/lake-key": ("alias/lake-key",)}, absent=()),
)


def test_a_store_without_selectors_records_management_events_of_every_region(tmp_path):
    plan = PlanBuilder()
    plan.add(STORE, "s", {"name": "lake"})
    one = checked(plan, tmp_path, f"{STORE}.s")
    assert (one.kind, one.name, unsaid(one)) == (Kind.AUDIT_TRAIL, "lake", set())
    for name in ("logging.control_plane", "logging.all_regions", "logging.integrity_validated"):
        assert value(one, name) is True
    assert not [link for link in one.links if link.rel is Rel.LOGS_TO]


def test_a_store_of_data_events_only_records_no_management_events(tmp_path):
    plan = PlanBuilder()
    plan.add(STORE, "s", {"advanced_event_selector": [{"field_selector": [_DATA]}]})
    assert value(checked(plan, tmp_path, f"{STORE}.s"), "logging.control_plane") is False
