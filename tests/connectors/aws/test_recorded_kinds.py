"""Each kind of which AWS Config tells the answers of calls for one resource: it says what the service says, or the service is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, REGION
from tests.connectors.aws.misshapen import faults
from tests.connectors.aws.modelled import Modelled
from tests.connectors.aws.test_connect import NOW
from tests.connectors.collected import Estate, absorb, flat
from tierwise.config import AwsConfig
from tierwise.connectors.aws import connect
from tierwise.connectors.aws.connect import open_accounts
from tierwise.connectors.aws.session import new_session
from tierwise.connectors.base import Remarking
from tierwise.model.fact import NOWHERE

THEN = "2026-03-01T04:05:06.000Z"
SELECT = re.compile(r"SELECT ([\w., ]+) WHERE resourceType = '([\w:]+)' AND accountId = '(\d{12})'")
HEAD = f"{REGION}:{ACCOUNT}"
KEY = f"arn:aws:kms:{HEAD}:key/k"

Answer = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Sort:
    """A kind of resource: what the service says of it, and Config."""

    service: str
    type: str
    spared: str
    """The call that an item stands for."""
    item: Mapping[str, Any]
    """What Config tells, by the properties of its published schema."""
    arn: Callable[[str], str]
    answers: Callable[[list[str]], dict[str, Answer]]
    """What the service answers where these names are all that there is."""
    dated: frozenset[str]
    """The facts that rest on the call."""
    gated: bool = False
    """Whether it is made for some tiers only."""


def _policy(_: dict[str, Any]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def _keys(names: list[str]) -> dict[str, Answer]:
    meta = {"AWSAccountId": ACCOUNT, "Enabled": True, "Description": "patients", "KeyState": "Enabled", "Origin": "AWS_KMS"}
    spec = {"KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"}
    return {
        "kms:ListKeys": lambda _: {"Keys": [{"KeyId": one, "KeyArn": keys.arn(one)} for one in names]},
        "kms:DescribeKey": lambda asked: {"KeyMetadata": {**meta, **spec, "KeyId": asked["KeyId"], "Arn": keys.arn(asked["KeyId"])}},
        "kms:GetKeyRotationStatus": lambda _: {"KeyRotationEnabled": True, "RotationPeriodInDays": 90},
        "kms:GetKeyPolicy": _policy,
        "kms:ListGrants": lambda _: {"Grants": []},
    }


keys = Sort(
    "kms",
    "AWS::KMS::Key",
    "kms:DescribeKey",
    {
        "configuration": {
            "keyId": "k",
            "arn": KEY,
            "keyManager": "CUSTOMER",
            "keyState": "Enabled",
            "enabled": True,
            "origin": "AWS_KMS",
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "description": "patients",
        },
        "supplementaryConfiguration": {"KeyRotationStatus": True},
    },
    lambda name: f"arn:aws:kms:{HEAD}:key/{name}",
    _keys,
    frozenset({"key.state"}),
)


def _snapshots(names: list[str], cluster: str = "", kind: str = "manual") -> dict[str, Answer]:
    word = f"DB{cluster}Snapshot"
    mine = clusters if cluster else snapshots

    def attributes(_: dict[str, Any]) -> dict[str, Any]:
        shared = [{"AttributeName": "restore", "AttributeValues": ["999999999999"]}]
        return {f"{word}AttributesResult": {f"{word}Attributes": shared}}

    def listed(_: dict[str, Any]) -> dict[str, Any]:
        encrypted = {"StorageEncrypted" if cluster else "Encrypted": True, "KmsKeyId": KEY}
        return {f"{word}s": [{f"{word}Identifier": one, f"{word}Arn": mine.arn(one), "SnapshotType": kind, **encrypted} for one in names]}

    none = {f"rds:Describe{one}": _nothing for one in ("DBInstances", "DBClusters", "DBSnapshots", "DBClusterSnapshots")}
    return {**none, f"rds:Describe{word}s": listed, f"rds:Describe{word}Attributes": attributes}


def _nothing(_: dict[str, Any]) -> dict[str, Any]:
    return {}


def _snapshot(cluster: str = "") -> Sort:
    word = f"DB{cluster}Snapshot"
    shared = [{"attributeName": "restore", "attributeValues": ["999999999999"]}]
    return Sort(
        "rds",
        f"AWS::RDS::{word}",
        f"rds:Describe{word}Attributes",
        {"configuration": {"encrypted": True}, "supplementaryConfiguration": {f"{word}Attributes": shared}},
        lambda name: f"arn:aws:rds:{HEAD}:{'cluster-' if cluster else ''}snapshot:{name}",
        lambda names: _snapshots(names, cluster),
        frozenset({"access.external_principals", "access.anonymous_read"}),
        gated=True,
    )


snapshots, clusters = _snapshot(), _snapshot("Cluster")


def _streams(names: list[str]) -> dict[str, Answer]:
    def summary(asked: dict[str, Any]) -> dict[str, Any]:
        base = {"StreamName": asked["StreamName"], "StreamARN": streams.arn(asked["StreamName"]), "StreamStatus": "ACTIVE"}
        rest = {"StreamCreationTimestamp": datetime(2026, 1, 1, tzinfo=UTC), "EnhancedMonitoring": [], "OpenShardCount": 1}
        return {"StreamDescriptionSummary": {**base, **rest, "RetentionPeriodHours": 48, "EncryptionType": "KMS", "KeyId": KEY}}

    return {
        "kinesis:ListStreams": lambda _: {"StreamNames": names, "HasMoreStreams": False},
        "kinesis:DescribeStreamSummary": summary,
        "kinesis:GetResourcePolicy": lambda _: {"Policy": "{}"},
    }


streams = Sort(
    "kinesis",
    "AWS::Kinesis::Stream",
    "kinesis:DescribeStreamSummary",
    {"configuration": {"Name": "k", "RetentionPeriodHours": 48, "StreamEncryption": {"EncryptionType": "KMS", "KeyId": KEY}}},
    lambda name: f"arn:aws:kinesis:{HEAD}:stream/{name}",
    _streams,
    frozenset({"encryption.at_rest", "encryption.key_custody", "retention.delete_after_days"}),
)


def _file_systems(names: list[str]) -> dict[str, Answer]:
    def listed(_: dict[str, Any]) -> dict[str, Any]:
        base = {"OwnerId": ACCOUNT, "CreationToken": "t", "CreationTime": datetime(2026, 1, 1, tzinfo=UTC), "LifeCycleState": "available"}
        rest = {"NumberOfMountTargets": 0, "SizeInBytes": {"Value": 1}, "PerformanceMode": "generalPurpose", "Tags": [], "Encrypted": False}
        return {"FileSystems": [{**base, **rest, "FileSystemId": one, "FileSystemArn": file_systems.arn(one)} for one in names]}

    return {
        "efs:DescribeFileSystems": listed,
        "efs:DescribeReplicationConfigurations": _nothing,
        "efs:DescribeFileSystemPolicy": lambda _: _raise("PolicyNotFound"),
        "efs:DescribeBackupPolicy": lambda _: {"BackupPolicy": {"Status": "DISABLED"}},
    }


file_systems = Sort(
    "efs",
    "AWS::EFS::FileSystem",
    "efs:DescribeBackupPolicy",
    {"configuration": {"FileSystemId": "k", "BackupPolicy": {"Status": "DISABLED"}}},
    lambda name: f"arn:aws:elasticfilesystem:{HEAD}:file-system/{name}",
    _file_systems,
    frozenset({"retention.backup_days"}),
    gated=True,
)
SORTS = (keys, snapshots, clusters, streams, file_systems)
every = pytest.mark.parametrize("sort", SORTS, ids=[sort.type for sort in SORTS])


def _raise(code: str) -> Any:
    raise KeyError(code)


@dataclass
class World:
    """An account with resources of one kind, and an aggregator that has items of them, of which it tells what is selected."""

    sort: Sort
    names: list[str]
    items: list[dict[str, Any]] = field(default_factory=list)
    more: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stub = Modelled(
            {
                "sts:GetCallerIdentity": lambda _: {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/a"},
                "organizations:ListAccounts": lambda _: {"Accounts": [{"Id": ACCOUNT}]},
                "resourcegroupstaggingapi:GetResources": _nothing,
                "kms:ListAliases": lambda _: {"Aliases": []},
                "config:DescribeConfigurationAggregatorSourcesStatus": _nothing,
                "config:SelectAggregateResourceConfig": self._select,
                **self.sort.answers(self.names),
                **self.more,
            }
        )

    def _select(self, asked: dict[str, Any]) -> dict[str, Any]:
        columns, kind, account = SELECT.fullmatch(asked["Expression"]).groups()
        assert (account, asked["Limit"], len(asked["Expression"]) <= 4096) == (ACCOUNT, 100, True)
        start = int(asked.get("NextToken") or 0)
        found = self.items[start : start + 100] if kind == self.sort.type else []
        page = {"Results": [json.dumps(selected(one, columns.split(", "))) for one in found]}
        return {**page, "NextToken": str(start + 100)} if start + 100 < len(self.items) and found else page


def selected(whole: Any, columns: list[str]) -> dict[str, Any]:
    """Of an item what was asked for."""
    made: dict[str, Any] = {}
    for column in columns:
        at, into, (*above, last) = whole, made, column.split(".")
        for name in above:
            at = at.get(name, {}) if isinstance(at, dict) else {}
            into = into.setdefault(name, {})
        if isinstance(at, dict) and last in at:
            into[last] = at[last]
    return made


def item(sort: Sort, name: str, told: Any = None) -> dict[str, Any]:
    """A resource as Config tells it."""
    known = {"arn": sort.arn(name), "awsRegion": REGION, "configurationItemCaptureTime": THEN}
    return {**known, **deepcopy(dict(sort.item if told is None else told))}


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`scanned(world)`: what is read of it, its notes, and the calls about resources and to Config."""

    def run(world: World, *, inventory: str = "config", wanted: frozenset[str] = ALL_FACTS) -> Any:
        monkeypatch.setattr(connect, "new_session", lambda **given: world.stub.attach(new_session(credentials=("a", "b", None), **given)))
        options = AwsConfig(
            regions=(REGION,), services=(world.sort.service,), requests_per_second=1e6, inventory=inventory, aggregator="org"
        )
        (one,) = open_accounts(options, NOW)
        estate = Estate()
        estate.gaps, estate.outcomes = [], []
        absorb(estate, flat(one.survey()))
        absorb(estate, flat(one.details(dict.fromkeys(estate, wanted))))
        assert estate.gaps == []
        assert isinstance(one, Remarking)
        return estate, list(one.remarks())

    return run


def said(estate: Estate) -> dict[str, Any]:
    """All that is told of resources, wherever it comes from."""
    return {
        key: (one.links, one.evidence, one.tags, {name: replace(fact, via=NOWHERE) for name, fact in one.facts.items()})
        for key, one in estate.items()
    }


@every
def test_an_item_says_the_same_as_the_call_that_it_spares_and_when(scanned: Any, sort: Sort) -> None:
    direct, _ = scanned(World(sort, ["k"]), inventory="")
    world = World(sort, ["k"], [item(sort, "k")])
    estate, notes = scanned(world)
    assert said(estate) == said(direct)
    assert (world.stub.calls[sort.spared], world.stub.calls["config:SelectAggregateResourceConfig"], notes) == (0, 1, [])
    facts = estate[sort.arn("k")].facts
    assert {name for name, fact in facts.items() if fact.via.as_of == THEN} >= sort.dated
    assert {(fact.via.via, fact.via.action) for fact in facts.values() if fact.via.as_of} == {("config:SelectAggregateResourceConfig",) * 2}
    others = {name: fact.via for name, fact in direct[sort.arn("k")].facts.items() if fact.via.via != sort.spared}
    assert {name: facts[name].via for name in others} == others


@every
def test_what_an_item_does_not_tell_or_tells_in_another_shape_is_asked_for(scanned: Any, sort: Sort) -> None:
    told = {f"n{number:03}": one for number, one in enumerate(faults(sort.item))}
    direct, _ = scanned(World(sort, list(told)), inventory="")
    world = World(sort, list(told), [item(sort, name, one) for name, one in told.items()])
    estate, notes = scanned(world)
    assert notes == []
    right, mine = said(direct), said(estate)
    recorded = {name for name in told if any(fact.via.as_of for fact in estate[sort.arn(name)].facts.values())}
    for name, one in told.items():
        # Text stands for any text, and accounts for any accounts; whatever else there is says the same, or was asked for.
        other = name in recorded and any(
            part in json.dumps(one) for part in ('"{"', '"attributeValues": []', '"attributeValues": ["restore"]')
        )
        assert other or mine[sort.arn(name)] == right[sort.arn(name)], one
    assert world.stub.calls[sort.spared] == len(told) - len(recorded) >= 7


@every
def test_of_several_hundred_a_hundred_are_told_a_call(scanned: Any, sort: Sort) -> None:
    names = [f"n{number:03}" for number in range(201)]
    told = [item(sort, name) for name in names]
    if sort is keys:
        for name, one in zip(names, told, strict=True):
            one["configuration"]["keyId"] = name
    world = World(sort, names, told)
    estate, notes = scanned(world, wanted=sort.dated)
    assert (len(estate), notes) == (201, [])
    assert (world.stub.calls["config:SelectAggregateResourceConfig"], world.stub.calls[sort.spared]) == (3, 0)


@pytest.mark.parametrize("sort", [one for one in SORTS if one.gated], ids=[one.type for one in SORTS if one.gated])
def test_nothing_is_looked_up_of_resources_of_which_nothing_is_asked(scanned: Any, sort: Sort) -> None:
    world = World(sort, ["k"], [item(sort, "k")])
    scanned(world, wanted=frozenset())
    assert (world.stub.calls["config:SelectAggregateResourceConfig"], world.stub.calls[sort.spared]) == (0, 0)


@every
def test_what_the_aggregator_lacks_is_asked_for_and_counted_once(scanned: Any, sort: Sort) -> None:
    world = World(sort, ["k", "new"], [item(sort, "k")])
    estate, notes = scanned(world)
    assert (set(estate), world.stub.calls[sort.spared]) == ({sort.arn("k"), sort.arn("new")}, 1)
    assert [note.partition(" (in")[0] for note in notes] == [
        f"AWS Config aggregator org has 1 of type {sort.type} and lacks 1, which were read directly"
    ]


def test_a_key_that_waits_for_deletion_is_described_by_kms_which_knows_how_long(scanned: Any) -> None:
    told = deepcopy(dict(keys.item))
    told["configuration"] |= {"keyState": "PendingDeletion", "deletionDate": "2026-12-01T00:00:00.000Z"}
    world = World(keys, ["k"], [item(keys, "k", told)])
    scanned(world)
    assert world.stub.calls["kms:DescribeKey"] == 1


def test_a_key_of_aws_is_no_resource_of_its_own_whoever_tells_it(scanned: Any) -> None:
    told = deepcopy(dict(keys.item))
    told["configuration"]["keyManager"] = "AWS"
    world = World(keys, ["k"], [item(keys, "k", told)])
    estate, _ = scanned(world)
    assert (dict(estate), world.stub.calls["kms:DescribeKey"]) == ({}, 0)


def test_a_public_snapshot_is_public_as_config_tells_it(scanned: Any) -> None:
    told = {"supplementaryConfiguration": {"DBSnapshotAttributes": json.dumps([{"attributeName": "restore", "attributeValues": ["all"]}])}}
    estate, _ = scanned(World(snapshots, ["k"], [item(snapshots, "k", told)]))
    fact = estate[snapshots.arn("k")].facts["access.anonymous_read"]
    assert (fact.value, fact.via.as_of) == (True, THEN)


def test_an_automated_snapshot_cannot_be_shared_and_is_looked_up_nowhere(scanned: Any) -> None:
    world = World(snapshots, ["k"], more=_snapshots(["k"], kind="automated"))
    _, notes = scanned(world)
    assert (notes, world.stub.calls["config:SelectAggregateResourceConfig"]) == ([], 0)
