"""Every recorded resource of a supported type is read, nothing that Azure answered is called unreadable, and some of it is known by heart."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from tests.connectors.azure.cloud import Cloud, subscription
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.recorded import GRAPH_AND_ARM, Round, answers, listed, rounds
from tests.connectors.collected import Estate
from tierwise.connectors.azure.ids import same
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

LEAST = {
    "microsoft.authorization/roleassignments": 70,
    "microsoft.storage/storageaccounts": 40,
    "microsoft.sql/servers": 20,
    "microsoft.sql/servers/databases": 15,
    "microsoft.sql/managedinstances": 12,
    "microsoft.keyvault/vaults": 10,
    "microsoft.compute/disks": 5,
    "microsoft.dbforpostgresql/flexibleservers": 5,
    "microsoft.cache/redis": 4,
    "microsoft.dbformysql/flexibleservers": 3,
    "microsoft.servicebus/namespaces": 3,
    "microsoft.documentdb/databaseaccounts": 3,
    "microsoft.eventhub/namespaces": 2,
    "microsoft.kusto/clusters": 2,
    "microsoft.compute/snapshots": 2,
}
"""How many states of resources the material has at least; a file that is no longer found would be missed here."""
NO_STORES = ("/databases/master", "/roledefinitions/roledefinitionid")
"""SQL's own database, and a role of the specification that is none of the tenant's own."""


def cloud_of(one: Round, *, table: bool = False) -> Cloud:
    subscriptions = sorted({row["subscriptionId"] for row in one.rows.values()})
    cloud = Cloud(one.rows.values(), one.docs, [subscription(identifier) for identifier in subscriptions])
    cloud.table = table
    return cloud


@pytest.fixture
def read(collect):
    """What is read of all rounds."""
    return lambda **options: [collect(cloud_of(one, **options), ALL_FACTS) for one in rounds()]


def test_every_recorded_resource_is_read(read):
    seen: Counter[str] = Counter()
    for one, found in zip(rounds(), read(), strict=True):
        assert found.gaps == []
        assert unreadable(found) == []
        assert [identifier for identifier in one.rows if identifier not in found and not identifier.endswith(NO_STORES)] == []
        seen.update(one.rows[identifier]["type"] for identifier in found if identifier in one.rows)
    sys.stdout.write("".join(f"{count:4} {name}\n" for name, count in seen.most_common()))  # shown by `pytest -s`
    assert {name: seen[name] for name, least in LEAST.items() if seen[name] < least} == {}


def unreadable(found: Estate) -> list[tuple[str, str]]:
    facts = ((one.id, name, fact) for one in found.values() for name, fact in one.facts.items())
    return [(identifier, name) for identifier, name, fact in facts if isinstance(fact, Unknown) and fact.reason is UnknownReason.UNPARSABLE]


def test_rows_as_a_table_say_the_same_as_rows_as_objects(read):
    """A table has every column for every row: null there is what absent is in an object."""
    for objects, table in zip(read(), read(table=True), strict=True):
        assert said(objects) == said(table)


def said(found: Estate) -> dict[str, object]:
    return {one.id: (one.kind, one.region, one.tags, one.facts, one.links) for one in found.values()}


def test_resource_graph_and_resource_manager_said_the_same_of_one_resource():
    """Recorded within a second of each other: ids differ in case, types too, and Resource Graph knows one thing more."""
    managed, graph = ([*listed(one.body)] for one in answers() if one.file == GRAPH_AND_ARM)
    rows = {same(one["id"]): one for one in graph}
    both = [(one, rows[same(one["id"])]) for one in managed if same(one["id"]) in rows]
    assert len(both) == 1
    for one, row in both:
        assert one["id"] != row["id"]
        assert one["type"].lower() == row["type"]
        assert {name: row[name] for name in ("name", "location", "tags")} == {name: one[name] for name in ("name", "location", "tags")}
        image = row["properties"]["storageProfile"]["imageReference"]
        assert image.pop("exactVersion") == "16.04.201906280"
        assert row["properties"] == one["properties"]


EXPECTED: dict[str, dict[str, object]] = {
    # Each was read off the recording by a person, beside the documentation of the fields.
    "kusto324red": {"encryption.key_custody": "provider-owned", "network.public_endpoint": True, "network.ingress_any": True},
    "cctestredis": {"transport.tls_required": True, "network.private_endpoint": False},
    "cckeyvault1yghq6zt4ewg2e": {"network.public_endpoint": True, "network.ingress_any": True},  # all addresses but 127.0.0.0/8
    "offkxd3qjwh6a-cctesteventhubns": {"network.public_endpoint": True, "network.ingress_any": False},
    "kkkk": {"encryption.key_custody": "provider-owned", "volume.bytes": 4 << 30},
    "testsnapshot": {"encryption.key_custody": "customer", "volume.bytes": 32213303296},
    "ddb1": {"network.private_endpoint": True, "network.public_endpoint": True, "access.local_auth_enabled": True},
    "pgtestsvc4": {
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "retention.backup_days": 7,
        "recovery.redundancy": "multi-zone",
        "access.central_identity_enabled": False,
        "access.local_auth_enabled": True,
        "volume.bytes": 512 << 30,
    },
    "cfb-guhvauzm-test-sql-server": {"encryption.key_custody": "customer"},
}


@pytest.fixture
def first(collect):
    """What is read of the first state of everything."""
    return collect(cloud_of(rounds()[0]), ALL_FACTS)


def test_what_was_recorded_means_what_a_reader_finds_in_it(first):
    facts = {one.id.rpartition("/")[2]: one.facts for one in first.values()}
    found = {name: {each: facts[name][each] for each in expected} for name, expected in EXPECTED.items()}
    values = {name: {each: fact.value if isinstance(fact, Known) else fact for each, fact in said.items()} for name, said in found.items()}
    assert values == EXPECTED


def test_links_of_recorded_resources(first):
    links = {one.name: one.links for one in first.values()}
    key = "https://cfb-guhvauzm-test-vault.vault.azure.net/keys/cfb-guhvauzm-test-key"
    assert Link(Rel.USES_KEY, key) in links["cfb-guhvauzm-test-sql-server"]
    group = "/subscriptions/ea42f556-5106-4743-99b0-c129bfa71a47/resourcegroups/jamison-policy-testing"
    disk = f"{group}/providers/microsoft.compute/disks/jamisontestvm_osdisk_1_0217b3db61cb4bf6bbfbe1bbddadf4d4"
    assert Link(Rel.COPY_OF, disk) in links["Testsnapshot"]


def test_a_database_keeps_its_backups_as_long_as_the_longest_of_its_policies(first):
    one = next(each for each in first if each.endswith("konu36uvuesr4/databases/cclongtermretentiondb"))
    kept = first[one].facts["retention.backup_days"]
    # P1M and P12M of the long-term policy; the short-term one was not recorded.
    assert isinstance(kept, Unknown)
    assert kept.between is not None
    assert kept.between[0] == 360
