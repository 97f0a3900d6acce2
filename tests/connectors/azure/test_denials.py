"""The central promise, over every declared row and read of Azure: what could not be read is unknown and named; it never passes, fails or vanishes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.connectors.azure.cloud import Cloud, Reply, error
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.estate import opened, scanned, tenant, unwired
from tests.connectors.collected import read_whole, whatever_the_fault
from tests.scan.honesty import all_violations
from tierwise.connectors.azure.collectors import declared_reads
from tierwise.connectors.azure.place import GROUPS, INVENTORY, SUBSCRIPTIONS
from tierwise.connectors.azure.read import ENTRA, Lookup, Read, Row
from tierwise.model.finding import ScanResult, Verdict
from tierwise.model.resource import Kind

BEFORE = {SUBSCRIPTIONS.action, INVENTORY.action, GROUPS.action}
"""Denied, these end a scan before it begins, or take away tags that nobody asked for."""
ACTIONS = sorted({one.action for one in declared_reads()} - BEFORE)
NOT_MADE = {"arm:Microsoft.Sql/servers", "arm:Microsoft.Sql/managedInstances", "arm:Microsoft.Synapse/workspaces"}
"""Made only where a page of the inventory was lost that held what a database is part of."""
FAILS, CUT_SHORT = error(500, "InternalServerError"), Reply(200, raw=b'{"value": [')
READS = [one for one in declared_reads() if isinstance(one, Read | Lookup)]


def service_of(read: Read | Lookup) -> str:
    """The resource provider that answers a read, or `entra`."""
    return read.of.partition("/")[0] if isinstance(read, Read) else ENTRA


@pytest.fixture(scope="module")
def whole() -> ScanResult:
    found = scanned(tenant(), way=unwired).result
    assert found.gaps == ()
    return found


def test_passes_and_fails_are_at_stake(whole):
    verdicts = [one.verdict for one in whole.findings if not one.control.startswith("PROBE")]
    assert verdicts.count(Verdict.PASS) > 20
    assert verdicts.count(Verdict.FAIL) > 10


def test_every_read_is_made_and_answers(whole):
    made = {one.operation for one in whole.outcomes if one.outcome in ("ok", "absent")}
    assert {one.via.via for one in READS} - made == NOT_MADE


def test_every_row_is_listed(whole):
    listed = {one.type for one in whole.resources}
    declared = [one.type for one in declared_reads() if isinstance(one, Row) and one.kinds]
    assert [one for one in declared if not any(each.startswith(one) for each in listed)] == []


@pytest.mark.parametrize("action", ACTIONS)
def test_a_denied_action_is_unknown_and_named_and_flips_nothing(whole, action):
    cloud = tenant()
    cloud.denied = frozenset({action})
    partial = scanned(cloud, way=unwired).result
    assert all_violations(whole, partial, frozenset({action})) == []
    assert "permission-denied" in {one.outcome for one in partial.outcomes}


NOTHING: list[dict[str, Any]] = [
    {},
    {"value": []},
    {"value": [{}]},
    {"value": [{"id": "/x", "name": None, "properties": None}]},
    {"properties": []},
]
"""Answers that say nothing."""
SHARING = [one for one in READS if sum(each.action == one.action for each in READS) > 1]
"""Reads that need the same action as others: each may be denied alone, by a role on a part of what is scanned."""


@pytest.mark.parametrize("read", SHARING, ids=lambda one: one.operation)
def test_a_read_that_is_denied_alone_is_unknown_and_named_and_flips_nothing(whole, read):
    cloud = tenant()
    cloud.failing = {read.operation: error(403, "AuthorizationFailed")}
    partial = scanned(cloud, way=unwired).result
    assert all_violations(whole, partial, frozenset({read.action})) == []
    assert ("permission-denied", read.via.via) in {(one.outcome, one.operation) for one in partial.outcomes}


def test_resource_groups_that_are_hidden_flip_nothing(whole):
    cloud = tenant()
    cloud.denied = frozenset({GROUPS.action})
    assert all_violations(whole, scanned(cloud, way=unwired).result, cloud.denied) == []


def test_what_says_nothing_is_unknown_or_as_documented_and_never_a_crash(whole):
    """Rows without properties, answers without fields, lists of empty objects."""
    empty = tenant()
    bare = [{**one, "properties": None, "sku": None, "kind": None, "tags": None} for one in empty.rows]
    empty.rows = [one if "/providers/" not in one["id"] else each for one, each in zip(empty.rows, bare, strict=True)]
    for answer in NOTHING:
        empty.docs = dict.fromkeys(empty.docs, answer)
        result = scanned(empty, way=unwired).result
        assert len(result.resources) > 30


@pytest.mark.parametrize("service", sorted({service_of(one) for one in READS}))
def test_reads_that_fail_or_are_cut_short_flip_nothing(whole, service):
    failing = [one for one in READS if service_of(one) == service]

    def broken(fault: Reply) -> Cloud:
        cloud = tenant()
        cloud.failing = {one.operation: fault for one in failing}
        return cloud

    fails = scanned(broken(FAILS), way=unwired)
    assert all_violations(whole, fails.result, frozenset(one.action for one in failing)) == []
    with unwired(broken(CUT_SHORT)):
        cut_short = read_whole(opened(), ALL_FACTS)
    assert whatever_the_fault(fails.collected) == whatever_the_fault(cut_short)


def test_with_everything_denied_nothing_passes_and_nothing_fails_by_what_was_read():
    cloud = tenant()
    cloud.denied = frozenset(ACTIONS)
    result = scanned(cloud, way=unwired).result
    # The subscriptions themselves are still seen, by their names and tags.
    left = {one.id for one in result.resources if one.kind is not Kind.ACCOUNT}
    assert [one for one in result.findings if one.verdict in (Verdict.PASS, Verdict.FAIL) and one.resource in left] == []
    assert result.gaps


WORDS = frozenset(
    {
        "action", "category", "categoryGroup", "defaultAction", "effect", "enforcementMode", "expirationAction", "keySource", "kty", "level",
        "minimalTlsVersion", "minimumTlsVersion", "networkAccessPolicy", "pricingTier", "principalType", "publicAccess",
        "publicNetworkAccess", "serverKeyType", "source", "state", "status", "tier", "type",
    }
)  # fmt: skip
"""Properties whose values are words of a closed list, which resource providers write in any case."""


def spelt(value: Any, way: Callable[[str], str], name: str = "") -> Any:
    """The same with such words spelt otherwise."""
    if isinstance(value, dict):
        return {key: spelt(part, way, key) for key, part in value.items()}
    if isinstance(value, list):
        return [spelt(part, way, name) for part in value]
    return way(value) if isinstance(value, str) and name in WORDS else value


@pytest.mark.parametrize("way", [str.lower, str.upper])
def test_words_mean_the_same_in_any_case(way):
    def told(cloud: Cloud) -> dict[str, Any]:
        with unwired(cloud):
            return {one.id: one.facts for one in read_whole(opened(), ALL_FACTS).resources.values()}

    cloud = tenant()
    cloud.rows = [{**one, "properties": spelt(one["properties"], way)} for one in cloud.rows]
    cloud.docs = {path: spelt(answer, way) for path, answer in cloud.docs.items()}
    assert told(cloud) == told(tenant())


WRONG: list[Any] = [None, "", [], {}, "x", 1, True, -1.5, [None], ["x"], [[]], [{}], {"value": None}, "P1D", 10**30]


def distorted(value: Any, by: random.Random, share: float) -> Any:
    """The same with some of its parts of another shape, or without them."""
    if by.random() < share:
        return by.choice(WRONG)
    if isinstance(value, dict):
        return {key: distorted(part, by, share) for key, part in value.items() if by.random() > share / 3}
    return [distorted(part, by, share) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(12))
def test_answers_of_another_shape_crash_nothing(seed):
    by, cloud = random.Random(seed), tenant()
    share = (0.03, 0.1, 0.25)[seed % 3]
    kept = ("id", "type", "subscriptionId")
    cloud.rows = [{key: part if key in kept else distorted(part, by, share) for key, part in one.items()} for one in cloud.rows]
    cloud.docs = {path: distorted(answer, by, share) for path, answer in cloud.docs.items()}
    with unwired(cloud):
        found = read_whole(opened(), ALL_FACTS)
    assert found.crashes == []
    assert len(found.resources) > 20
