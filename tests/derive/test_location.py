import botocore.session
import pytest

from tests.derive.sample import AWAY, DENIED, DUBLIN, context, derive, gap, link, loose, res, unknown, value
from tierwise.derive.regions import countries_of
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

OS, DD, AC = Kind.OBJECT_STORE, Kind.DOCUMENT_DB, Kind.ACCOUNT
NAME = "location.jurisdictions"


def where(*links, **more):
    return derive(NAME, "s", [res("s", OS, None, *links, **more), res("dub", OS, region=DUBLIN)])


@pytest.mark.parametrize(
    ("provider", "region", "countries"),
    [
        ("aws", "eu-west-2", {"GB"}),
        ("aws", "us-gov-west-1", {"US"}),
        ("azure", "UK South", {"GB"}),
        ("azure", "westeurope", {"NL"}),
        ("gcp", "EU", {"EU"}),
        ("gcp", "US", {"US"}),
        ("gcp", "EUR4", {"FI", "NL"}),
        ("gcp", "europe-west2", {"GB"}),
        ("aws", "global", {"global"}),
    ],
)
def test_a_region_lies_in_a_country(provider, region, countries):
    assert value(where(provider=provider, region=region)) == countries


def test_replicas_add_their_countries():
    assert value(where(link(Rel.REPLICATES_TO, "dub"))) == {"GB", "IE"}
    assert value(where(link(Rel.REPLICATES_TO, "arn:aws:dynamodb:eu-central-1:1:table/t"))) == {"GB", "DE"}


def test_a_replica_whose_region_nothing_tells_keeps_it_open():
    got = unknown(where(link(Rel.REPLICATES_TO, "arn:aws:s3:::gone")))
    assert (got.reason, got.includes) == (UnknownReason.OUT_OF_SCOPE, frozenset({"GB"}))
    assert unknown(where(loose(Rel.REPLICATES_TO))).reason is UnknownReason.PERMISSION_DENIED


def test_a_region_that_the_table_lacks_or_nobody_read_is_unknown():
    assert unknown(where(region="mars-north-1")).reason is UnknownReason.NOT_SUPPORTED
    assert unknown(where(region="eu-west")).reason is UnknownReason.NOT_SUPPORTED
    assert unknown(where(region="")).reason is UnknownReason.NOT_COLLECTED


def test_an_account_has_the_countries_of_its_stores():
    estate = [
        res("a", AC, region="global"),
        res("s", OS),
        res("t", DD, None, link(Rel.REPLICATES_TO, "u")),
        res("u", DD, region=DUBLIN, account=AWAY),
    ]
    assert value(derive(NAME, "a", estate)) == {"GB", "IE"}
    assert unknown(derive(NAME, "a", estate, context(gap(DD, region="us-east-1")))).includes == {"GB", "IE"}
    assert value(derive(NAME, "a", estate, context(gap(DD, account=AWAY)))) == {"GB", "IE"}


def test_every_commercial_region_of_the_sdk_is_in_the_table():
    regions = botocore.session.get_session().get_available_regions("ec2")
    assert len(regions) > 25
    assert [region for region in regions if countries_of("aws", region) is None] == []


def test_a_denied_fact_of_the_store_does_not_touch_its_place():
    assert value(derive(NAME, "s", [res("s", OS, {"encryption.at_rest": DENIED})])) == {"GB"}
