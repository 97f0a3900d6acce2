from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, ref, value
from tests.connectors.terraform.types.cases import Case
from tierwise.model.resource import Kind, Rel

TRAIL = "aws_cloudtrail"
_OF_DATA = {"field": "eventCategory", "equals": ["Data"]}
_OF_S3 = {"field": "resources.type", "equals": ["AWS::S3::Object"]}
_ALL_S3 = {"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}
_STORE = "aws_cloudtrail_event_data_store"
CASES = (
    Case(TRAIL, "enable_logging", "logging.control_plane", {False: False, True: True}, absent=True),
    Case(TRAIL, "is_multi_region_trail", "logging.all_regions", {True: True, False: False}, absent=False),
    Case(TRAIL, "enable_log_file_validation", "logging.integrity_validated", {True: True, False: False}, absent=False),
    Case(TRAIL, "is_organization_trail", "records", {True: ("records:organisation",)}, absent=()),
    Case(TRAIL, "s3_bucket_name", "logs-to", {"logs-of-ours": ("logs-of-ours",)}, absent=()),
    Case(TRAIL, "cloud_watch_logs_group_arn", "logs-to", {"arn:aws:logs:::g": ("arn:aws:logs:::g",)}, absent=()),
    Case(TRAIL, "kms_key_id", "uses-key", {"alias/trail-key": ("alias/trail-key",)}, absent=()),
    Case(
        TRAIL, "event_selector.0.include_management_events", "logging.control_plane", {False: False, True: True}, absent=True,
        having={"event_selector": [{"data_resource": [_ALL_S3]}]},
    ),
    Case(
        TRAIL, "event_selector.0.read_write_type", "records",
        {"ReadOnly": ("records:s3:*#read",), "WriteOnly": ("records:s3:*#write",), "All": ("records:s3:*#all",)},
        absent=("records:s3:*#all",), bare=(), having={"event_selector": [{"data_resource": [_ALL_S3]}]},
    ),
    Case(
        TRAIL, "event_selector.0.data_resource.0.type", "records", {"AWS::S3::Object": ("records:s3:*#all",)}, absent=(),
        having={"event_selector": [{"data_resource": [{"values": ["arn:aws:s3"]}]}]},
    ),
    Case(
        TRAIL, "event_selector.0.data_resource.0.values", "records", [(["arn:aws:s3"], ("records:s3:*#all",))], absent=(),
        having={"event_selector": [{"data_resource": [{"type": "AWS::S3::Object"}]}]},
    ),
    Case(
        (TRAIL, _STORE), "advanced_event_selector.0.field_selector.1.equals", "records",
        [(["AWS::DynamoDB::Table"], ("records:dynamodb:*#all",))], absent=(),
        having={"advanced_event_selector": [{"field_selector": [_OF_DATA, {"field": "resources.type"}]}]},
    ),
    Case(
        (TRAIL, _STORE), "advanced_event_selector.0.field_selector.1.field", "records", {"resources.type": ("records:dynamodb:*#all",)}, absent=(),
        having={"advanced_event_selector": [{"field_selector": [_OF_DATA, {"equals": ["AWS::DynamoDB::Table"]}]}]},
    ),
    *(
        Case(
            (TRAIL, _STORE), f"advanced_event_selector.0.field_selector.2.{operator}", "records", [(["arn:aws:s3:::cases/"], found)], absent=(),
            bare=(), having={"advanced_event_selector": [{"field_selector": [_OF_DATA, _OF_S3, {"field": "resources.ARN"}]}]},
        )
        for operator, found in (
            ("starts_with", ("arn:aws:s3:::cases#all",)), ("ends_with", ()), ("not_equals", ()), ("not_starts_with", ()), ("not_ends_with", ()),
        )
    ),
)  # fmt: skip


@pytest.fixture
def plan():
    return PlanBuilder()


def links(one):
    return [(link.rel, link.to) for link in one.links]


def test_a_trail_that_says_everything(plan, tmp_path):
    plan.add("aws_s3_bucket", "logs", {"bucket": "logs"})
    selector = {
        "read_write_type": "WriteOnly",
        "include_management_events": True,
        "data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}],
    }
    plan.add(
        TRAIL, "t",
        {
            "name": "main", "enable_logging": True, "is_multi_region_trail": True, "enable_log_file_validation": True,
            "is_organization_trail": True, "s3_bucket_name": "logs", "kms_key_id": "alias/trail", "event_selector": [selector],
        },
        expressions={"s3_bucket_name": ref("aws_s3_bucket.logs.bucket")},
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{TRAIL}.t")
    assert (one.kind, one.name, unsaid(one)) == (Kind.AUDIT_TRAIL, "main", set())
    assert value(one, "logging.control_plane") is True
    assert value(one, "logging.all_regions") is True
    assert value(one, "logging.integrity_validated") is True
    assert links(one) == [
        (Rel.LOGS_TO, "aws_s3_bucket.logs"), (Rel.USES_KEY, "alias/trail"), (Rel.RECORDS, "records:organisation"), (Rel.RECORDS, "records:s3:*#write"),
    ]  # fmt: skip


def test_a_trail_that_says_nothing_records_management_events_of_one_region(plan, tmp_path):
    plan.add(TRAIL, "t", {"name": "t", "s3_bucket_name": "logs", "enable_logging": None}, unknown={"arn": True})
    one = checked(plan, tmp_path, f"{TRAIL}.t")
    assert value(one, "logging.control_plane") is True
    assert value(one, "logging.all_regions") is False
    assert value(one, "logging.integrity_validated") is False
    assert links(one) == [(Rel.LOGS_TO, "logs")]


def test_a_stopped_trail_records_nothing(plan, tmp_path):
    selector = {"data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}
    plan.add(TRAIL, "t", {"enable_logging": False, "event_selector": [selector]})
    one = checked(plan, tmp_path, f"{TRAIL}.t")
    assert value(one, "logging.control_plane") is False
    assert links(one) == []


def test_advanced_selectors_of_data_alone_record_no_management_events(plan, tmp_path):
    fields = [{"field": "eventCategory", "equals": ["Data"]}, {"field": "resources.type", "equals": ["AWS::DynamoDB::Table"]}]
    plan.add(TRAIL, "t", {"advanced_event_selector": [{"field_selector": fields}]})
    one = checked(plan, tmp_path, f"{TRAIL}.t")
    assert value(one, "logging.control_plane") is False
    assert links(one) == [(Rel.RECORDS, "records:dynamodb:*#all")]


def test_a_selector_of_a_bucket_still_to_be_made_leaves_open_what_is_recorded(plan, tmp_path):
    plan.add("aws_s3_bucket", "b", {}, unknown={"arn": True}, module="m", module_keys=("a",))
    address = plan.add(
        TRAIL, "t", {"event_selector": [{"data_resource": [{"type": "AWS::S3::Object", "values": [None]}]}]},
        unknown={"event_selector": [{"data_resource": [{"values": [True]}]}], "s3_bucket_name": True},
        expressions={
            "event_selector": [{"data_resource": [{"values": ref("aws_s3_bucket.b.arn")}]}], "s3_bucket_name": ref("aws_s3_bucket.b.id"),
        },
        module="m", module_keys=("a",),
    )  # fmt: skip
    one = checked(plan, tmp_path, address)
    assert [(link.rel, link.to, link.unknown is None) for link in one.links] == [
        (Rel.LOGS_TO, 'module.m["a"].aws_s3_bucket.b', True), (Rel.RECORDS, "", False),
    ]  # fmt: skip
