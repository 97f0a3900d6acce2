"""What event selectors record, from GetEventSelectors' answers as the API Reference shows them."""

import pytest

from tierwise.access.selectors import recorded, records_management

BUCKET = "arn:aws:s3:::records"
TABLE = "arn:aws:dynamodb:eu-west-2:123456789012:table/people"


def classic(kind: str, *values: str, mode: str | None = None) -> dict:
    selector = {"DataResources": [{"Type": kind, "Values": list(values)}], **({"ReadWriteType": mode} if mode else {})}
    return {"EventSelectors": [selector]}


def advanced(*fields: dict) -> dict:
    return {"AdvancedEventSelectors": [{"Name": "x", "FieldSelectors": list(fields)}]}


def field(name: str, **operators: list[str]) -> dict:
    return {"Field": name, **operators}


DATA = field("eventCategory", Equals=["Data"])
OBJECTS = field("resources.type", Equals=["AWS::S3::Object"])
TABLES = field("resources.type", Equals=["AWS::DynamoDB::Table"])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (classic("AWS::S3::Object", "arn:aws:s3"), ("records:s3:*#all",)),
        (classic("AWS::S3::Object", "arn:aws:s3:::", mode="WriteOnly"), ("records:s3:*#write",)),
        (classic("AWS::S3::Object", "arn:aws-us-gov:s3:::", mode="ReadOnly"), ("records:s3:*#read",)),
        (classic("AWS::S3::Object", f"{BUCKET}/", mode="All"), (f"{BUCKET}#all",)),
        (classic("AWS::S3::Object", f"{BUCKET}/exports"), ()),
        (classic("AWS::S3::Object", BUCKET), ()),
        (classic("AWS::DynamoDB::Table", "arn:aws:dynamodb"), ("records:dynamodb:*#all",)),
        (classic("AWS::DynamoDB::Table", TABLE, mode="ReadOnly"), (f"{TABLE}#read",)),
        (classic("AWS::Lambda::Function", "arn:aws:lambda"), ()),
        (advanced(DATA, OBJECTS), ("records:s3:*#all",)),
        (advanced(DATA, OBJECTS, field("readOnly", Equals=["false"])), ("records:s3:*#write",)),
        (advanced(DATA, OBJECTS, field("readOnly", Equals=["true", "false"])), ("records:s3:*#all",)),
        (advanced(DATA, OBJECTS, field("resources.ARN", StartsWith=["arn:aws:s3:::"])), ("records:s3:*#all",)),
        (advanced(DATA, OBJECTS, field("resources.ARN", StartsWith=[f"{BUCKET}/"])), (f"{BUCKET}#all",)),
        (advanced(DATA, TABLES, field("resources.ARN", Equals=[TABLE])), (f"{TABLE}#all",)),
        (advanced(DATA, OBJECTS, field("resources.ARN", NotStartsWith=[f"{BUCKET}/"])), ()),
        (advanced(DATA, OBJECTS, field("resources.ARN", StartsWith=[f"{BUCKET}/"], NotEndsWith=["x"])), ()),
        (advanced(DATA, OBJECTS, field("eventName", Equals=["GetObject"])), ()),
        (advanced(field("eventCategory", Equals=["Management"])), ()),
        (advanced(OBJECTS), ()),
        ({}, ()),
    ],
)
def test_selectors_count_for_what_they_cover_whole(answer, expected):
    assert recorded(answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, True),
        ({"EventSelectors": []}, True),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}, True),
        ({"EventSelectors": [{"ReadWriteType": "All"}]}, True),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": False}]}, False),
        ({"EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]}, False),
        (advanced(field("eventCategory", Equals=["Management"])), True),
        (advanced(field("eventCategory", Equals=["Management"]), field("eventSource", NotEquals=["kms.amazonaws.com"])), True),
        (advanced(field("eventCategory", Equals=["Management"]), field("eventSource", NotEquals=["iam.amazonaws.com"])), False),
        (advanced(field("eventCategory", Equals=["Management"]), field("readOnly", Equals=["true"])), False),
        (advanced(field("eventCategory", Equals=["Management"]), field("readOnly", Equals=["false"])), True),
        (advanced(DATA, OBJECTS), False),
    ],
)
def test_management_events_are_recorded_by_default_and_by_a_selector_that_keeps_changes(answer, expected):
    assert records_management(answer) is expected
