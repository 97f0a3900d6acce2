"""Other tools' findings joined and ordered: by each identifier and its cloud's case, never by a guess, and nothing is dropped."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from dataclasses import replace

import pytest

from tests.reports.hostile import HOSTILE
from tests.reports.sample import ACCOUNT, BUCKET, PLANNED, classification, resources, result_of
from tests.reports.test_hostile import FORMULA, obeyed
from tierwise.cli.rank import ORDERS
from tierwise.model.control import Severity
from tierwise.model.fact import Known
from tierwise.model.finding import ScanResult
from tierwise.model.foreign import Foreign, Reference, Standing
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Tier, TierState
from tierwise.reports.base import View
from tierwise.reports.locate import index
from tierwise.reports.ranked import ABSENT, COLUMNS, ELSEWHERE, FORMATS, NAMELESS, TWICE, UNREADABLE, Estate, Ranking, ranking

SUBSCRIPTION = "5a3c0f2e-0000-4000-8000-00000000dc51"
DISK = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/casework/providers/microsoft.compute/disks/bundles"
DATASET = "//bigquery.googleapis.com/projects/research/datasets/outcomes"
HELD = (
    *resources(),
    Resource(DISK, Kind.BLOCK_VOLUME, "disks", "azure", SUBSCRIPTION, "uksouth", "bundles"),
    Resource(
        DATASET, Kind.WAREHOUSE, "Dataset", "gcp", "research", "europe-west2", "outcomes", aliases=("projects/research/datasets/outcomes",)
    ),
    Resource("arn:aws:iam::123456789012:root", Kind.ACCOUNT, "account", "aws", ACCOUNT, "", ACCOUNT, aliases=(ACCOUNT,)),
    Resource("arn:aws:rds:eu-west-2:123456789012:db:twin", Kind.RELATIONAL_DB, "rds.instance", "aws", ACCOUNT, "eu-west-2", "twin"),
    Resource("arn:aws:sqs:eu-west-2:123456789012:twin", Kind.QUEUE, "sqs.queue", "aws", ACCOUNT, "eu-west-2", "Twin"),
    Resource("arn:aws:logs:eu-west-2:123456789012:log-group:/aws/x", Kind.LOG_STORE, "logs.group", "aws", ACCOUNT, "eu-west-2", "/aws/x"),
)


def estate(held: tuple[Resource, ...] = HELD, **tiers: Tier) -> ScanResult:
    made = result_of((), held=held)
    return replace(made, classifications={one.id: classification(tiers.get(one.name, Tier.T3)) for one in held})


def foreign(*named: Reference, severity: Severity | None = Severity.HIGH, standing: Standing = Standing.OPEN, check: str = "c") -> Foreign:
    return Foreign("Tool", check, "a title", severity, standing, named)


@pytest.mark.parametrize(
    ("named", "resource", "how"),
    [
        (Reference(BUCKET), BUCKET, "its full name"),
        (Reference(BUCKET.upper()), None, ABSENT),
        (Reference(f"{BUCKET}/a/key.csv"), BUCKET, "the bucket of its object"),
        (Reference(DISK.upper()), DISK, "its full name"),
        (Reference(f"{DISK}/"), DISK, "its full name"),
        (Reference(DATASET), DATASET, "its full name"),
        (Reference(DATASET.upper()), None, ABSENT),
        (Reference("projects/research/datasets/outcomes"), DATASET, "its full name"),
        (Reference(PLANNED), PLANNED, "its full name"),
        (Reference("module.store.aws_s3_bucket.records"), PLANNED, "its full name"),
        (Reference('module.store["b"].aws_s3_bucket.records[0]'), None, ABSENT),
        (Reference("outcomes", account="research", region="europe-west2"), DATASET, "account, region and name"),
        (Reference("OUTCOMES", account="RESEARCH"), DATASET, "account and name"),
        (Reference("x", "outcomes", "research", "europe-west2"), DATASET, "account, region and name"),
        (Reference("outcomes", account="research", region="us-east1"), None, ABSENT),
        (Reference("outcomes", account="research", region="europe-west2-a"), DATASET, "account, region and name"),
        (Reference("outcomes", account="research", region="global"), DATASET, "account and name"),
        (Reference("x", ACCOUNT, ACCOUNT, "us-east-1"), "arn:aws:iam::123456789012:root", "account and name"),
        (Reference(f"arn:aws:lambda:eu-west-2:{ACCOUNT}:function:/aws/x", "/aws/x", ACCOUNT, "eu-west-2"), None, ABSENT),
        (Reference(f"arn:aws:logs:eu-west-2:{ACCOUNT}:log-group:/aws/x:*", "/aws/x", ACCOUNT, "eu-west-2"), "arn:aws:logs:eu-west-2:123456789012:log-group:/aws/x", "account, region and name"),
        (Reference(f"arn:aws:sqs:eu-west-2:{ACCOUNT}:old", "twin", ACCOUNT, "eu-west-2"), "arn:aws:sqs:eu-west-2:123456789012:twin", "account, region and name"),
        (Reference(f"arn:aws:rds:eu-west-2:{ACCOUNT}:cluster:claims", "claims", ACCOUNT, "eu-west-2"), None, ABSENT),
        (Reference(DISK.replace("disks", "virtualmachines"), "bundles", SUBSCRIPTION, "uksouth"), None, ABSENT),
        (Reference("//compute.googleapis.com/projects/research/x", "outcomes", "research", "europe-west2"), None, ABSENT),
        (Reference("outcomes", account="other"), None, ELSEWHERE),
        (Reference("outcomes"), None, ABSENT),
        (Reference(f"AWS::::Account:{ACCOUNT}", account=ACCOUNT), "arn:aws:iam::123456789012:root", "account and name"),
        (Reference("twin", account=ACCOUNT, region="eu-west-2"), None, TWICE),
        (Reference("/aws/x", account=ACCOUNT, region="eu-west-2"), "arn:aws:logs:eu-west-2:123456789012:log-group:/aws/x", "account, region and name"),
        (Reference("/aws/x", account="999999999999"), None, ELSEWHERE),
        (Reference("arn:aws:ec2:eu-west-2:999999999999:instance/i-1"), None, ELSEWHERE),
        (Reference(f"arn:aws:ec2:eu-west-2:{ACCOUNT}:instance/i-1", account=ACCOUNT), None, ABSENT),
        (Reference(), None, NAMELESS),
    ],
)  # fmt: skip
def test_a_resource_is_found_by_what_it_is_called_and_by_nothing_like_it(named, resource, how):
    one = Estate(estate()).rank(foreign(named))
    assert (one.resource.id if one.resource is not None else None, one.how) == (resource, how)


def test_a_result_is_joined_by_its_place_where_the_configuration_is_at_hand():
    sources = index(
        [
            ("infra/main.tf", 'module "store" {\n  source = "./store"\n}\n'),
            ("infra/store/main.tf", '\nresource "aws_s3_bucket" "records" {\n}\n'),
        ],
        "infra",
    )
    held = Estate(estate(), sources)
    assert held.rank(foreign(Reference(path="infra/store/main.tf", line=3))).how == "its place in the configuration"
    assert held.rank(foreign(Reference(path="infra/store/main.tf", line=9))).resource is None
    assert Estate(estate()).rank(foreign(Reference(path="infra/store/main.tf", line=3))).how == ABSENT


def test_the_weight_is_tier_times_severity_times_reach_each_from_one():
    open_ = replace(resources()[0], facts={"access.audience": Known("public")})
    one = Estate(estate((open_,), patients=Tier.T4)).rank(foreign(Reference(BUCKET), severity=Severity.CRITICAL))
    assert one.weight == 5 * 5 * 6
    assert Estate(estate((open_,), patients=Tier.T0)).rank(foreign(Reference(BUCKET), severity=None)).weight == 1 * 3 * 6


def test_settled_tiers_come_before_assumed_ones_and_what_is_not_joined_last():
    made = estate()
    assumed = replace(made, classifications={**made.classifications, BUCKET: classification(Tier.T4, TierState.ASSUMED)})
    rows = ranking(
        [
            foreign(Reference("nowhere"), severity=Severity.CRITICAL, check="lost"),
            foreign(Reference(BUCKET), severity=Severity.CRITICAL, check="assumed"),
            foreign(Reference(DISK), severity=Severity.LOW, check="low"),
            foreign(Reference(DISK), severity=Severity.HIGH, check="high"),
            foreign(Reference(DISK), severity=None, check="unsaid"),
        ],
        Estate(assumed),
    ).rows
    assert [one.found.check for one in rows] == ["high", "unsaid", "low", "assumed", "lost"]


def test_of_several_resources_the_one_that_weighs_most_counts():
    both = Estate(estate(bundles=Tier.T4)).rank(foreign(Reference(BUCKET), Reference(DISK), Reference("nowhere")))
    assert both.resource is not None
    assert both.resource.id == DISK


def counted() -> Ranking:
    return ranking(
        [
            foreign(Reference(BUCKET)),
            foreign(Reference(DISK), standing=Standing.UNKNOWN),
            foreign(Reference(BUCKET), standing=Standing.MET),
            foreign(Reference(BUCKET), standing=Standing.SUPPRESSED),
            foreign(Reference("nowhere")),
            foreign(Reference("else", account="9")),
            foreign(),
            Foreign("", "", "", None, Standing.OPEN, (), readable=False),
        ],
        Estate(estate()),
    )


def test_nothing_is_dropped_and_what_is_left_out_is_counted():
    found = counted()
    assert found.reasons == {ABSENT: 1, ELSEWHERE: 1, NAMELESS: 1, UNREADABLE: 1}
    assert found.left_out == {Standing.MET: 1, Standing.SUPPRESSED: 1}
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](found, View(), 0).decode())))
    told = json.loads(FORMATS["json"](found, View(), 0))
    assert len(rows) == len(told["findings"]) == told["open"] == 6
    assert [row["not_joined"] for row in rows] == ["", "", *[each["not_joined"] for each in told["findings"][2:]]]
    assert (told["joined"], told["left_out"]) == (2, {"passed": 1, "suppressed or resolved": 1})
    assert (told["findings"][0]["dataset"], told["findings"][0]["owner"]) == ("secretdataset", "health-team")
    assert set(told["findings"][0]) == set(COLUMNS)


def test_the_page_says_how_many_were_not_joined_and_why():
    page = str(FORMATS["console"](counted(), View(), 1))
    assert page.startswith("6 open findings of Tool: 2 on resources of the scan, 4 not joined. Left out")
    assert "1 more; --most 2 shows all" in " ".join(page.split())
    for reason in (ABSENT, ELSEWHERE, NAMELESS, UNREADABLE):
        assert f"1: {reason}" in page
    assert "T3 heightened x high x not" in " ".join(page.split())


def test_help_names_the_orders_that_there_are():
    assert set(ORDERS) == set(FORMATS)


def test_hostile_names_harm_no_form_of_it():
    for text in HOSTILE:
        held = replace(resources()[0], id=f"{BUCKET}{text}", name=text)
        made = estate((held,))
        told = replace(classification(Tier.T3), dataset=text, owner=text)
        found = ranking(
            [Foreign(text, text, text, None, Standing.OPEN, (Reference(name, text, text, text, text),)) for name in (held.id, f"{text}?")],
            Estate(replace(made, classifications={held.id: told})),
        )
        page, table, data = (FORMATS[name](found, View(), 9) for name in ("console", "csv", "json"))
        assert isinstance(table, bytes)
        assert isinstance(data, bytes)
        assert [char for char in str(page) if unicodedata.category(char) == "Cc" and char != "\n"] == [], text
        assert [line for line in "".join((str(page), table.decode(), data.decode())).split("\n") if obeyed(line)] == [], text
        cells = [cell for row in csv.reader(io.StringIO(table.decode(), newline=""), strict=True) for cell in row]
        assert [cell for cell in cells if cell[:1] and cell[0] in FORMULA] == [], text
        assert len(json.loads(data)["findings"]) == 2
