"""What AWS Config recorded stands for reads; what it does not tell, or tells too late, is read."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest

import tierwise.connectors.aws as package
from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, REGION
from tests.connectors.aws.misshapen import faults
from tests.connectors.aws.modelled import Modelled
from tests.connectors.aws.test_connect import NOW
from tests.connectors.collected import Estate, absorb, flat
from tierwise.config import AwsConfig
from tierwise.connectors.aws import connect, source
from tierwise.connectors.aws.connect import open_accounts
from tierwise.connectors.aws.s3_reads import SWITCHES
from tierwise.connectors.aws.session import new_session
from tierwise.connectors.base import Remarking
from tierwise.model.fact import Known

THEN = "2026-03-01T04:05:06.000Z"
PART = {
    "ServerSideEncryptionConfiguration": {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    "BucketLoggingConfiguration": {"destinationBucketName": "logs", "logFilePrefix": None},
    "BucketVersioningConfiguration": {"status": "Enabled", "isMfaDeleteEnabled": None},
    "PublicAccessBlockConfiguration": dict.fromkeys(
        ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"), True
    ),
    "ObjectLockConfiguration": {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}},
    "BucketCrossOriginConfiguration": {"rules": [{"allowedOrigins": ["*"]}]},
    "BucketWebsiteConfiguration": {"indexDocumentSuffix": "index.html"},
}
"""What Config tells of a bucket, in the forms of the published schema."""
READ: dict[str, Any] = {
    "s3:GetBucketEncryption": {
        "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    },
    "s3:GetBucketLogging": {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}},
    "s3:GetBucketVersioning": {"Status": "Enabled"},
    "s3:GetBucketReplication": "ReplicationConfigurationNotFoundError",
    "s3:GetPublicAccessBlock": {"PublicAccessBlockConfiguration": dict.fromkeys(SWITCHES, True)},
    "s3:GetObjectLockConfiguration": {
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}}
    },
    "s3:GetBucketCors": {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]},
    "s3:GetBucketWebsite": {"IndexDocument": {"Suffix": "index.html"}},
    "s3:GetBucketPolicy": "NoSuchBucketPolicy",
    "s3:GetBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    "s3:GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
}
"""The same as S3 tells it, and what Config does not tell."""
SELECT = re.compile(r"SELECT ([\w., ]+) WHERE resourceType = 'AWS::S3::Bucket' AND accountId = '(\d{12})'")


def item(name: str, **parts: Any) -> dict[str, Any]:
    """A bucket as Config tells it."""
    told = {key: value for key, value in {**PART, **parts}.items() if value is not None}
    return {
        "arn": f"arn:aws:s3:::{name}",
        "awsRegion": REGION,
        "configurationItemCaptureTime": THEN,
        "tags": [{"key": "tier", "tag": "tier=T3", "value": "T3"}],
        "supplementaryConfiguration": told,
    }


@dataclass
class World:
    """An account with buckets and an aggregator."""

    buckets: list[str]
    items: list[dict[str, Any]] = field(default_factory=list)
    aggregators: tuple[str, ...] = ("org",)
    late: tuple[dict[str, str], ...] = ()
    denied: str = ""
    made: dict[str, datetime] = field(default_factory=dict)
    """When buckets were made; of those that are not in it S3 does not tell."""
    regions: dict[str, tuple[str, ...] | str] = field(default_factory=dict)
    """By region, where the aggregators are others: which, or how asking for them fails."""

    def __post_init__(self) -> None:
        self.stub = Modelled(
            {
                "sts:GetCallerIdentity": lambda _: {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/a"},
                "organizations:ListAccounts": lambda _: {"Accounts": [{"Id": ACCOUNT}]},
                "resourcegroupstaggingapi:GetResources": self._tags,
                "s3:ListBuckets": self._buckets,
                "s3control:GetPublicAccessBlock": lambda _: _raise("NoSuchPublicAccessBlockConfiguration"),
                "kms:ListAliases": lambda _: {"Aliases": []},
                "organizations:DescribeOrganization": lambda _: _raise("AWSOrganizationsNotInUseException"),
                "ec2:DescribeRegions": self._regions,
                "config:DescribeConfigurationAggregators": self._every,
                "config:DescribeConfigurationAggregatorSourcesStatus": self._status,
                "config:SelectAggregateResourceConfig": self._select,
                **{name: partial(_told, answer) for name, answer in READ.items()},
            }
        )

    def _buckets(self, asked: dict[str, Any]) -> dict[str, Any]:
        made = {name: {"CreationDate": when} for name, when in self.made.items()}
        return {"Buckets": [{"Name": name, **made.get(name, {})} for name in self.buckets if asked["BucketRegion"] == REGION]}

    def _tags(self, asked: dict[str, Any]) -> dict[str, Any]:
        some = asked.get("ResourceARNList", [])
        return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": [{"Key": "tier", "Value": "T3"}]} for arn in some]}

    def _regions(self, _: dict[str, Any]) -> dict[str, Any]:
        if self.denied == "regions":
            raise KeyError("UnauthorizedOperation")
        return {"Regions": [{"RegionName": region, "OptInStatus": "opt-in-not-required"} for region in self.regions]}

    def _here(self) -> tuple[str, ...]:
        found = self.regions.get(self.stub.region, self.aggregators)
        return found if isinstance(found, tuple) else _raise(found)

    def _every(self, _: dict[str, Any]) -> dict[str, Any]:
        whole = {"OrganizationAggregationSource": {"RoleArn": "r"}}
        return {"ConfigurationAggregators": [{"ConfigurationAggregatorName": name, **whole} for name in self._here()]}

    def _status(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["UpdateStatus"] == ["FAILED", "OUTDATED"]
        if self.denied == "status":
            raise KeyError("AccessDeniedException")
        if asked["ConfigurationAggregatorName"] not in self._here():
            raise KeyError("NoSuchConfigurationAggregatorException")
        return {"AggregatedSourceStatusList": list(self.late)}

    def _select(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.denied == "select":
            raise KeyError("AccessDeniedException")
        assert self._here()
        columns, account = SELECT.fullmatch(asked["Expression"]).groups()
        assert (account, asked["Limit"]) == (ACCOUNT, 100)
        assert {f"supplementaryConfiguration.{name}" for name in PART} < set(columns.split(", "))
        start = int(asked.get("NextToken") or 0)
        page = {"Results": [json.dumps(one) for one in self.items[start : start + 100]]}
        return {**page, "NextToken": str(start + 100)} if start + 100 < len(self.items) else page


def _told(answer: Any, _: dict[str, Any]) -> Any:
    return answer if isinstance(answer, dict) else _raise(answer)


def _raise(code: str) -> Any:
    raise KeyError(code)


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`scanned(world, aggregator="org")`: what is read of it, its notes, and the calls of the survey."""

    def run(world: World, *, wanted: frozenset[str] = ALL_FACTS, elsewhere: Any = None, **given: Any) -> Any:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setattr(connect, "new_session", lambda **given: world.stub.attach(new_session(credentials=("a", "b", None), **given)))
        chosen = {"regions": (REGION,), "services": ("s3",), "inventory": "config", "requests_per_second": 1e6, **given}
        options = AwsConfig(**chosen)
        (one,) = open_accounts(options, NOW, elsewhere=elsewhere)
        estate = Estate()
        estate.gaps, estate.outcomes = [], []
        absorb(estate, flat(one.survey()))
        surveyed = dict(world.stub.calls)
        absorb(estate, flat(one.details(dict.fromkeys(estate, wanted))))
        assert isinstance(one, Remarking)
        return estate, list(one.remarks()), surveyed

    return run


def values(estate: Estate) -> dict[str, dict[str, Any]]:
    """What each resource's facts say, wherever they come from."""
    return {key: {name: getattr(fact, "value", fact) for name, fact in one.facts.items()} for key, one in estate.items()}


def test_what_config_recorded_says_the_same_as_the_reads_that_it_spares(scanned: Any) -> None:
    direct, _, _ = scanned(World(["a"]), inventory="")
    world = World(["a"], [item("a")])
    estate, notes, surveyed = scanned(world)
    (mine,), (read,) = values(estate).values(), values(direct).values()
    assert {name: value for name, value in mine.items() if value != read[name] and isinstance(value, bool | int | str)} == {}
    assert [link.to for link in estate["arn:aws:s3:::a"].links] == [link.to for link in direct["arn:aws:s3:::a"].links]
    assert estate["arn:aws:s3:::a"].tags.value == {"tier": "T3"}
    assert [name for name in surveyed if name.startswith("s3:")] == ["s3:ListBuckets"]
    assert {name for name in world.stub.calls if name.startswith("s3:")} == {
        "s3:ListBuckets",
        "s3:GetBucketPolicy",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketLifecycleConfiguration",
    }
    assert notes == []


def test_where_workers_read_too_buckets_are_read_by_the_process_that_has_the_aggregator(scanned: Any) -> None:
    here, away = (scanned(World(["a"], [item("a")]), elsewhere=one) for one in (None, pytest.fail))
    assert (values(away[0]), away[1:]) == (values(here[0]), here[1:])


def test_each_fact_from_config_has_the_time_at_which_it_was_recorded(scanned: Any) -> None:
    estate, _, _ = scanned(World(["a"], [item("a")]))
    facts = estate["arn:aws:s3:::a"].facts
    told = {name: fact.via for name, fact in facts.items() if fact.via.as_of}
    assert {(via.via, via.action, via.as_of) for via in told.values()} == {
        ("config:SelectAggregateResourceConfig", "config:SelectAggregateResourceConfig", THEN)
    }
    assert {
        "encryption.key_custody",
        "recovery.versioning",
        "logging.data_read",
        "access.public_blocked",
        "immutability.min_days",
    } <= told.keys()
    assert facts["access.acls_disabled"].via.via == "s3:GetBucketOwnershipControls"
    assert estate["arn:aws:s3:::a"].tags.via.as_of == THEN


UNLOGGED: tuple[Any, ...] = ({"logFilePrefix": None}, {"destinationBucketName": None, "logFilePrefix": None}, {})
"""How Config tells that nothing is logged."""


def test_what_an_item_does_not_tell_or_tells_in_another_shape_is_read(scanned: Any) -> None:
    parts = {**PART, "BucketReplicationConfiguration": {"roleARN": None}}
    told = [({name: value}, value in UNLOGGED) for name, part in parts.items() for value in (None, "{", [], ["x"], *faults(part))]
    told += [({"tags": one}, False) for one in (None, "{", ["x"], [{"value": "T3"}], [{"key": 1, "value": "T3"}])]
    names = [f"b{number:03}" for number in range(len(told))]
    items = [{**item(name, **one), **one} for name, (one, _) in zip(names, told, strict=True)]
    direct, _, _ = scanned(World(names), inventory="")
    estate, notes, _ = scanned(World(names, items))
    assert notes == []
    right, mine = values(direct), values(estate)
    for name, (one, unlogged) in zip(names, told, strict=True):
        key = f"arn:aws:s3:::{name}"
        # Text stands for any text, and a list of strings for any.
        other = unlogged or any(value in json.dumps(one) for value in ('"{"', '"allowedOrigins": []', '"allowedOrigins": ["restore"]'))
        differ = {fact: value for fact, value in mine[key].items() if value != right[key][fact] and isinstance(value, bool | int | str)}
        assert other or differ == {}, (one, differ)
        assert estate[key].tags.value == {"tier": "T3"}


def test_a_replication_is_read_where_config_tells_that_there_is_one(scanned: Any) -> None:
    world = World(["a", "b"], [item("a", BucketReplicationConfiguration={"roleARN": "arn:aws:iam::1:role/r"}), item("b")])
    scanned(world)
    assert world.stub.calls["s3:GetBucketReplication"] == 1


def test_a_bucket_that_the_aggregator_lacks_is_read_and_told_in_one_line(scanned: Any) -> None:
    world = World(["a", "new"], [item("a"), item("gone")])
    estate, notes, surveyed = scanned(world)
    assert set(estate) == {"arn:aws:s3:::a", "arn:aws:s3:::new"}
    assert isinstance(estate["arn:aws:s3:::new"].facts["recovery.versioning"], Known)
    assert estate["arn:aws:s3:::new"].tags.value == {"tier": "T3"}
    assert (surveyed["s3:GetBucketVersioning"], surveyed["resourcegroupstaggingapi:GetResources"]) == (1, 2)
    assert notes == [
        "AWS Config aggregator org has 2 of type AWS::S3::Bucket and lacks 1, which were read directly "
        f"(in {ACCOUNT}/{REGION}); where that lasts, let the recorder there record the type, and the aggregator collect it"
    ]


@pytest.mark.parametrize(
    "late",
    [
        {"SourceId": ACCOUNT, "SourceType": "ACCOUNT", "AwsRegion": REGION, "LastUpdateStatus": "OUTDATED"},
        {"SourceId": "o-1", "SourceType": "ORGANIZATION", "LastUpdateStatus": "FAILED"},
    ],
)
def test_what_the_aggregator_has_of_places_where_it_lags_is_not_used(scanned: Any, late: dict[str, str]) -> None:
    world = World(["a"], [item("a")], late=(late,))
    estate, notes, surveyed = scanned(world)
    assert surveyed["s3:GetBucketVersioning"] == 1
    assert not any(fact.via.as_of for fact in estate["arn:aws:s3:::a"].facts.values())
    (note,) = notes
    assert note.startswith("AWS Config aggregator org lags in 1 of its accounts and regions (")
    assert note.endswith("why: aws configservice describe-configuration-aggregator-sources-status --configuration-aggregator-name org")


def test_without_an_aggregator_one_line_says_how_to_get_one(scanned: Any) -> None:
    for world, named in ((World(["a"], aggregators=()), ""), (World(["a"]), "other")):
        estate, notes, surveyed = scanned(world, aggregator=named)
        assert isinstance(estate["arn:aws:s3:::a"].facts["recovery.versioning"], Known)
        (note,) = notes
        assert "\n" not in note
        assert "put-configuration-aggregator" in note
        assert surveyed["resourcegroupstaggingapi:GetResources"] == 1


@pytest.mark.parametrize("denied", ["status", "select"])
def test_an_aggregator_that_may_not_be_asked_is_told_and_everything_is_read(scanned: Any, denied: str) -> None:
    world = World(["a"], [item("a")], denied=denied)
    estate, notes, _ = scanned(world)
    assert isinstance(estate["arn:aws:s3:::a"].facts["recovery.versioning"], Known)
    assert ["AccessDenied" in note and "allow config:" in note and "\n" not in note for note in notes] == [True]
    assert {one.outcome for one in estate.outcomes} <= {"ok", "absent"}
    assert estate["arn:aws:s3:::a"].tags.value == ({"tier": "T3"} if denied == "select" else {})


def test_what_was_recorded_of_an_earlier_bucket_of_the_name_is_not_used(scanned: Any) -> None:
    then = datetime.fromisoformat(THEN)
    day = timedelta(days=1)
    world = World(["a", "b"], [item("a"), item("b")], made={"a": then + day, "b": then - day})
    estate, (note,), _ = scanned(world)
    read = {name: estate[f"arn:aws:s3:::{name}"].facts["recovery.versioning"].via.as_of for name in "ab"}
    assert read == {"a": "", "b": THEN}
    assert "has 2 of type AWS::S3::Bucket and lacks 1, which were read directly" in note


OTHERS = ("eu-central-1", "eu-west-1", "us-east-1")


def test_where_its_own_region_is_closed_the_others_are_looked_through(scanned: Any) -> None:
    world = World(["a"], [item("a")], regions={REGION: "OptInRequired", "us-east-1": ("org",)})
    _, notes, _ = scanned(world, regions=(REGION, "us-east-1"))
    assert [note.partition(";")[0] for note in notes] == ["AWS Config aggregator org is in us-east-1"]


@pytest.mark.parametrize("named", ["", "org"])
def test_an_aggregator_in_another_region_is_found_by_a_call_each_and_told_with_what_spares_them(scanned: Any, named: str) -> None:
    world = World(["a"], [item("a")], regions={REGION: (), "eu-central-1": "AccessDeniedException", "eu-west-1": ("org",)})
    estate, notes, _ = scanned(world, regions=(REGION, *OTHERS), aggregator=named)
    assert estate["arn:aws:s3:::a"].facts["recovery.versioning"].via.as_of == THEN
    where = f"{REGION}, eu-central-1"
    assert notes == [f"AWS Config aggregator org is in eu-west-1; AWS_DEFAULT_REGION=eu-west-1 spares looking for it in {where}"]
    assert world.stub.calls[f"config:DescribeConfigurationAggregator{'SourcesStatus' if named else 's'}"] == 3
    assert world.stub.calls["ec2:DescribeRegions"] == 0
    assert {one.outcome for one in estate.outcomes} <= {"ok", "absent"}


def test_without_regions_to_scan_those_that_are_enabled_are_looked_through(scanned: Any) -> None:
    world = World(["a"], [item("a")], regions={REGION: (), "us-east-1": ("org",)})
    estate, notes, _ = scanned(world, regions=())
    assert estate["arn:aws:s3:::a"].facts["recovery.versioning"].via.as_of == THEN
    assert notes == [f"AWS Config aggregator org is in us-east-1; AWS_DEFAULT_REGION=us-east-1 spares looking for it in {REGION}"]


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        (dict.fromkeys((REGION, *OTHERS), ()), f"there is no AWS Config aggregator in {REGION}, eu-central-1, eu-west-1 and 1 more; "),
        (
            {REGION: (), "us-east-1": "AccessDeniedException"},
            f"there is no AWS Config aggregator in {REGION} and AWS Config could not be asked for an aggregator in us-east-1 (AccessDenied",
        ),
        (
            {REGION: "AccessDeniedException", "us-east-1": ("org",)},
            f"AWS Config could not be asked for an aggregator in {REGION} (AccessDeniedException; allow config:DescribeConfigurationAggreg",
        ),
        ({REGION: "ThrottlingException"}, f"AWS Config could not be asked for an aggregator in {REGION} (ThrottlingException); "),
    ],
)
def test_where_no_region_has_an_aggregator_one_line_says_where_it_was_looked_for(scanned: Any, regions: Any, said: str) -> None:
    world = World(["a"], [item("a")], regions=regions)
    estate, (note,), _ = scanned(world, regions=tuple(regions))
    assert isinstance(estate["arn:aws:s3:::a"].facts["recovery.versioning"], Known)
    assert note.startswith(said)
    assert "\n" not in note


def test_where_regions_may_not_be_listed_its_own_is_all_that_is_looked_through(scanned: Any) -> None:
    world = World(["a"], [item("a")], regions={REGION: (), "us-east-1": ("org",)}, denied="regions")
    _, notes, _ = scanned(world, regions=())
    assert notes[0].startswith(f"there is no AWS Config aggregator in {REGION}; AWS_DEFAULT_REGION says where to look first, or make one")


def test_an_inventory_of_a_thousand_buckets_costs_at_most_twelve_calls(scanned: Any) -> None:
    names = [f"bucket-{number:04}" for number in range(1000)]
    world = World(names, [item(name) for name in names])
    estate, notes, surveyed = scanned(world, wanted=frozenset(), aggregator="org")
    assert (len(estate), notes) == (1000, [])
    spent = {name: number for name, number in surveyed.items() if name.partition(":")[0] in ("config", "s3")}
    assert sum(spent.values()) <= 12, spent
    # What a region without a bucket costs too.
    assert sum(surveyed.values()) - sum(spent.values()) <= 5, surveyed


def test_the_bulk_read_of_tags_names_every_service_whose_tags_come_from_there() -> None:
    def modules() -> Iterator[str]:
        for info in pkgutil.iter_modules(package.__path__):
            if "caller.tags_of(" in inspect.getsource(import_module(f"{package.__name__}.{info.name}")):
                yield info.name.partition("_")[0]

    # OpenSearch's domains are `es` in ARNs.
    assert {{"opensearch": "es"}.get(name, name) for name in modules()} == {*source._TAGGED, "s3"}
