import pytest

from tests.connectors.aws.conftest import ACCOUNT
from tierwise.model.fact import Unknown
from tierwise.model.resource import Link, Rel

ARN = f"arn:aws:cloudtrail:eu-west-2:{ACCOUNT}:trail/main"
BUCKET = "arn:aws:s3:::trail-logs"
ALL_OBJECTS = [
    {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}
]


@pytest.fixture
def trail(aws):
    aws("s3").create_bucket(Bucket="trail-logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    cloudtrail = aws("cloudtrail")
    options = {"IsMultiRegionTrail": True, "EnableLogFileValidation": True, "TagsList": [{"Key": "owner", "Value": "a-team"}]}
    cloudtrail.create_trail(Name="main", S3BucketName="trail-logs", **options)
    return cloudtrail


def test_a_recording_trail_says_what_it_records_and_where_it_delivers(trail, collect):
    trail.start_logging(Name="main")
    trail.put_event_selectors(TrailName="main", EventSelectors=ALL_OBJECTS)
    estate = collect("cloudtrail")
    assert not estate.gaps
    assert set(estate) == {ARN}
    facts = estate[ARN].facts
    assert {name: fact.value for name, fact in facts.items()} == {
        "logging.control_plane": True,
        "logging.all_regions": True,
        "logging.integrity_validated": True,
    }
    assert set(estate[ARN].links) == {Link(Rel.LOGS_TO, BUCKET), Link(Rel.RECORDS, "records:s3:*#all")}
    assert estate[ARN].tags.value == {"owner": "a-team"}


def test_a_trail_without_selectors_records_management_events(trail, collect):
    trail.start_logging(Name="main")
    resource = collect("cloudtrail")[ARN]
    assert resource.facts["logging.control_plane"].value is True
    assert resource.links == (Link(Rel.LOGS_TO, BUCKET),)


def test_a_stopped_trail_records_nothing(trail, collect):
    trail.put_event_selectors(TrailName="main", EventSelectors=ALL_OBJECTS)
    resource = collect("cloudtrail")[ARN]
    assert resource.facts["logging.control_plane"].value is False
    assert resource.links == (Link(Rel.LOGS_TO, BUCKET),)


def test_a_trail_for_data_events_only_does_not_record_the_control_plane(trail, collect):
    trail.start_logging(Name="main")
    trail.put_event_selectors(TrailName="main", EventSelectors=[{**ALL_OBJECTS[0], "IncludeManagementEvents": False}])
    assert collect("cloudtrail")[ARN].facts["logging.control_plane"].value is False


def test_the_trail_of_an_organisation_and_of_another_region_is_seen_by_its_shadow(aws, collect):
    arn = "arn:aws:cloudtrail:eu-west-1:999988887777:trail/org"
    shadow = {
        "Name": "org",
        "TrailARN": arn,
        "HomeRegion": "eu-west-1",
        "S3BucketName": "central",
        "IsOrganizationTrail": True,
        "IsMultiRegionTrail": True,
        "KmsKeyId": "arn:aws:kms:eu-west-1:999988887777:key/k",
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:999988887777:log-group:trail:*",
    }
    canned = {
        ("cloudtrail", "DescribeTrails"): {"trailList": [shadow]},
        ("cloudtrail", "GetTrailStatus"): {"IsLogging": True},
        ("cloudtrail", "GetEventSelectors"): {"EventSelectors": []},
        ("cloudtrail", "ListTags"): {"ResourceTagList": []},
    }
    resource = collect("cloudtrail", canned=canned)[arn]
    assert (resource.account, resource.region) == ("999988887777", "eu-west-1")
    assert set(resource.links) == {
        Link(Rel.LOGS_TO, "arn:aws:s3:::central"),
        Link(Rel.LOGS_TO, "arn:aws:logs:eu-west-1:999988887777:log-group:trail"),
        Link(Rel.USES_KEY, "arn:aws:kms:eu-west-1:999988887777:key/k"),
        Link(Rel.RECORDS, "records:organisation"),
    }
    assert resource.facts["logging.integrity_validated"].value is False


def test_denied_status_or_selectors_leave_what_is_recorded_unknown(trail, collect):
    trail.start_logging(Name="main")
    trail.put_event_selectors(TrailName="main", EventSelectors=ALL_OBJECTS)
    for operation in ("GetTrailStatus", "GetEventSelectors"):
        resource = collect("cloudtrail", canned={("cloudtrail", operation): "AccessDeniedException"})[ARN]
        assert isinstance(resource.facts["logging.control_plane"], Unknown), operation
        records = [link for link in resource.links if link.rel is Rel.RECORDS]
        assert [link.unknown.via.action for link in records] == [f"cloudtrail:{operation}"]


def test_a_denied_listing_is_a_gap_and_a_closed_region_is_not(aws, collect):
    gaps = collect("cloudtrail", canned={("cloudtrail", "DescribeTrails"): "AccessDeniedException"}).gaps
    assert [(gap.region, sorted(gap.kinds)) for gap in gaps] == [("eu-west-2", ["audit-trail"])]
    refused = {("cloudtrail", "DescribeTrails"): "OptInRequired"}
    assert len(collect("cloudtrail", canned=refused).gaps) == 1
    closed = collect("cloudtrail", canned={**refused, ("resourcegroupstaggingapi", "GetResources"): "OptInRequired"})
    assert (closed.gaps, [one.operation for one in closed.outcomes if "Trail" in one.operation]) == ([], [])
