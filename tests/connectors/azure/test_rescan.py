"""What a scan of Azure takes over from an earlier one, and what it reads again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import structs

from tests.connectors.azure.cloud import SUBSCRIPTION, Cloud, Credential, Reply, error, named, read_of, row
from tests.connectors.azure.estate import TAGS, tenant, unwired
from tests.scan.worlds import judging
from tierwise.config import AzureConfig
from tierwise.connectors.azure.collectors import collectors
from tierwise.connectors.azure.connect import open_tenant
from tierwise.connectors.azure.history import whole_of
from tierwise.connectors.azure.read import Read
from tierwise.connectors.azure.unchanged import told_by
from tierwise.connectors.rescan import Earlier, Kept, Rescan
from tierwise.model.fact import AnyFact, UnknownReason, oldest
from tierwise.scan import Outcome, scan

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LOG = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.insights/eventtypes/management/values"
CACHES, ACCOUNTS, SERVERS = "Microsoft.Cache/redis", "Microsoft.Storage/storageAccounts", "Microsoft.Sql/servers"
OPEN = {"minimumTlsVersion": "1.2", "publicNetworkAccess": "Enabled"}


@dataclass
class Night:
    """One scan: what it says, by which calls, and what it leaves."""

    outcome: Outcome
    calls: Counter[str]
    rescan: Rescan

    def left(self) -> Earlier:
        """What the next scan finds of it."""
        read = self.outcome.collected.resources
        units = {name: {key: Kept(read[key], mark) for key, mark in marks.items()} for name, marks in self.rescan.marks.items()}
        return Earlier("run", self.rescan.started, lambda name: units.get(name, {}))

    def says(self) -> dict[Any, Any]:
        """Each resource, but for when what is said of it was read, and each verdict."""
        resources: dict[Any, Any] = {
            one.id: (one.tags, set(one.links), {name: _undated(fact) for name, fact in one.facts.items()})
            for one in self.outcome.collected.resources.values()
        }
        return resources | {(one.control, one.resource): one.verdict for one in self.outcome.result.findings}

    def fact(self, resource: str, name: str) -> AnyFact:
        return self.outcome.collected.resources[resource].facts[name]

    def day(self, resource: str) -> str:
        """When the first read of a resource was made; empty for this scan."""
        return oldest(self.outcome.collected.resources[resource].facts.values())[:10]


def _undated(fact: AnyFact) -> AnyFact:
    return structs.replace(fact, via=structs.replace(fact.via, as_of=""))


def night(cloud: Cloud, earlier: Earlier | None = None, *, after: int = 0, days: int = 7, services: tuple[str, ...] = ()) -> Night:
    """The tenant as it is on a night after Monday's, judged by the default profile."""
    started, before = MONDAY + timedelta(days=after), len(cloud.calls)
    rescan = Rescan(timedelta(days=days), started, earlier)
    with unwired(cloud):
        sources = open_tenant(AzureConfig(requests_per_second=0, services=services), started, credential=Credential(), rescan=rescan)
        outcome = scan(sources, judging(), started=started, jobs=1)
    assert outcome.crashes == ()
    return Night(outcome, Counter(path.lower() for _, path in cloud.calls[before:]), rescan)


def event(resource: str, **more: Any) -> dict[str, Any]:
    return {"eventTimestamp": "2026-11-23T12:00:00Z", "resourceId": resource, **more}


def told(cloud: Cloud, *resources: str) -> None:
    """What the activity log tells from now on."""
    cloud.docs[LOG] = {"value": [event(one) for one in resources]}


def caches(count: int) -> Cloud:
    """A subscription of caches under personal data, each with a list of rules."""
    rows = [row(CACHES, f"cache{number}", OPEN, tags=TAGS) for number in range(count)]
    docs = {f"{named(CACHES, f'cache{number}')}/firewallRules": rules("10.0.0.1", "10.0.0.9") for number in range(count)}
    cloud = Cloud(rows, docs)
    told(cloud)
    return cloud


def rules(low: str, high: str) -> dict[str, Any]:
    return {"value": [{"id": "r", "name": "r", "properties": {"startIP": low, "endIP": high}}]}


def cache(number: int) -> str:
    return named(CACHES, f"cache{number}").lower()


def read(found: Night) -> int:
    """How many caches were read one by one."""
    return sum(count for path, count in found.calls.items() if path.endswith("/firewallrules"))


def test_one_in_a_hundred_changed_costs_three_in_a_hundred_calls_and_says_what_a_full_scan_says():
    cloud = caches(200)
    first = night(cloud, services=("redis",))
    for number in range(0, 200, 100):
        cloud.docs[f"{cache(number)}/firewallrules"] = rules("0.0.0.0", "255.255.255.255")
    told(cloud, *(f"{named(CACHES, f'cache{number}').upper()}/firewallRules/r" for number in range(0, 200, 100)))
    again = night(cloud, first.left(), after=1, services=("redis",))
    assert read(again) == 2
    assert again.calls.total() <= first.calls.total() * 3 / 100
    assert again.says() == night(cloud, after=1, services=("redis",)).says()
    assert again.says() != first.says()
    assert [
        line
        for line in again.outcome.collected.notes
        if line.startswith("198 of 200 resources are as they were read before, the oldest on 2026-11-23")
    ]


def test_what_is_taken_over_says_when_it_was_read_and_is_read_again_in_time():
    cloud = caches(2)
    first = night(cloud)
    told(cloud, cache(1))
    second = night(cloud, first.left(), after=1, days=2)
    told(cloud)
    third = night(cloud, second.left(), after=2, days=2)
    assert (third.day(cache(0)), third.day(cache(1))) == ("2026-11-23", "2026-11-24")
    assert third.fact(cache(0), "network.ingress_any").via.as_of.startswith("2026-11-23")
    assert third.fact(cache(0), "transport.min_tls").via.as_of == "", "the inventory is read each time"
    fourth = night(cloud, third.left(), after=3, days=2)
    assert (fourth.day(cache(0)), fourth.day(cache(1))) == ("", "2026-11-24")
    assert read(fourth) == 1


def test_the_log_is_asked_for_from_before_the_earlier_scan_and_for_nothing_but_what_it_names():
    cloud = caches(1)
    first = night(cloud)
    assert first.calls[LOG] == 0
    again = night(cloud, first.left(), after=1)
    assert again.calls[LOG] == 1
    asked = parse_qs(urlsplit(next(url for url in cloud.urls if LOG in url.lower())).query)
    assert asked["$filter"] == ["eventTimestamp ge '2026-11-23T01:00:00Z' and eventTimestamp le '2026-11-24T02:00:00Z'"]
    assert asked["$select"] == ["eventTimestamp,resourceId"]
    assert [one for one in again.outcome.result.outcomes if "eventtypes" in one.operation and one.outcome == "ok"]


@pytest.mark.parametrize(
    ("resource", "count"),
    [
        (cache(1), 1),
        (f"{cache(1)}/providers/Microsoft.Insights/diagnosticSettings/all", 1),
        (named(CACHES, "other"), 0),
        (named(CACHES, "cache1").replace("resourceGroups", "RESOURCEGROUPS"), 1),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg", 0),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Authorization/locks/l", 0),
        ("", 3),
    ],
)
def test_an_event_is_of_the_resource_that_it_names_or_of_any(resource, count):
    cloud = caches(3)
    first = night(cloud)
    told(cloud, resource)
    assert read(night(cloud, first.left(), after=1)) == count


def _refuse(cloud: Cloud) -> None:
    cloud.faults[LOG] = error(403, "AuthorizationFailed")


def _lead_astray(cloud: Cloud) -> None:
    cloud.docs[LOG] = {"value": [], "nextLink": "https://evil.example/next"}


def _cut(cloud: Cloud) -> None:
    cloud.docs[LOG] = Reply(200, raw=b'{"value": [')


def _forget(cloud: Cloud) -> None:
    cloud.docs[LOG] = {"value": [{"eventTimestamp": "x"}]}


def _go_on(cloud: Cloud) -> None:
    more = f"https://management.azure.com{LOG}?api-version=2015-04-01&page="
    cloud.docs[LOG] = lambda asked: {"value": [], "nextLink": f"{more}{asked}"}


@pytest.mark.parametrize("fail", [_refuse, _lead_astray, _cut, _forget, _go_on])
def test_where_the_log_is_not_read_to_its_end_everything_is_read_and_said(fail: Callable[[Cloud], None]):
    cloud = caches(3)
    first = night(cloud)
    fail(cloud)
    again = night(cloud, first.left(), after=1)
    assert read(again) == 3
    assert again.says() == first.says()
    assert again.outcome.result.gaps == ()
    assert any("was read again" in line and SUBSCRIPTION in line for line in again.outcome.collected.notes)
    assert not [one for one in again.outcome.result.outcomes if "eventtypes" in one.operation], "no fact rests on it"


def test_a_window_that_the_log_does_not_reach_back_to_is_not_asked_for():
    cloud = caches(2)
    first = night(cloud)
    late = night(cloud, first.left(), after=90, days=90)
    assert (read(late), late.calls[LOG]) == (2, 0)
    assert any("reaches back 90 days" in line for line in late.outcome.collected.notes)


def test_by_a_clock_that_is_ahead_nothing_is_taken_over_and_it_is_said():
    cloud = caches(2)
    first = night(cloud)
    cloud.now = MONDAY + timedelta(days=1, minutes=-6)
    ahead = night(cloud, first.left(), after=1)
    assert read(ahead) == 2
    assert ahead.rescan.ahead == timedelta(minutes=6)
    assert [line for line in ahead.outcome.collected.notes if line.startswith("this machine's clock is 6 minutes ahead")]
    cloud.now = MONDAY + timedelta(days=1, minutes=-4)
    assert read(night(cloud, first.left(), after=1)) == 0


def test_what_was_read_later_than_this_scan_began_is_read_again():
    cloud = caches(2)
    assert read(night(cloud, night(cloud, after=2).left(), after=1)) == 2


def test_of_a_scan_that_is_gone_on_with_days_later_the_log_is_asked_for_up_to_then():
    cloud = caches(1)
    first = night(cloud)
    cloud.now = MONDAY + timedelta(days=4)
    night(cloud, first.left(), after=1)
    asked = parse_qs(urlsplit(next(url for url in cloud.urls if LOG in url.lower())).query)
    assert asked["$filter"] == ["eventTimestamp ge '2026-11-23T01:00:00Z' and eventTimestamp le '2026-11-27T02:00:00Z'"]


def test_a_resource_of_which_the_inventory_says_something_else_is_read():
    cloud = caches(2)
    first = night(cloud)
    cloud.rows[-1] = row(CACHES, "cache1", {**OPEN, "enableNonSslPort": True}, tags=TAGS)
    again = night(cloud, first.left(), after=1)
    assert read(again) == 1
    assert again.says() == night(cloud, after=1).says()


def test_a_read_that_was_refused_is_tried_again():
    cloud = caches(2)
    cloud.faults[f"{cache(0)}/firewallrules"] = error(403, "AuthorizationFailed")
    first = night(cloud)
    assert first.fact(cache(0), "network.ingress_any").reason is UnknownReason.PERMISSION_DENIED
    cloud.faults.clear()
    again = night(cloud, first.left(), after=1)
    assert read(again) == 1
    assert again.says() == night(cloud, after=1).says()


def test_the_parts_of_a_server_are_read_again_when_it_is_changed():
    cloud = tenant()
    told(cloud)
    first = night(cloud)
    server = next(one for one in first.outcome.collected.resources if f"/{SERVERS.lower()}/" in one and "/databases/" in one)
    told(cloud, f"{whole_of(server)}/auditingSettings/default")
    again = night(cloud, first.left(), after=1)
    assert server not in again.rescan.taken
    assert again.rescan.taken


def test_an_unchanged_tenant_says_the_same_for_fewer_calls():
    cloud = tenant()
    told(cloud)
    first = night(cloud)
    again = night(cloud, first.left(), after=1)
    assert again.says() == first.says()
    assert again.calls.total() < first.calls.total() * 7 / 10


def test_what_clients_change_without_resource_manager_is_read_each_time():
    """Blobs, keys, tables and statements have planes of their own: containers that are opened there leave no trace in the activity log."""
    cloud = tenant()
    told(cloud)
    first = night(cloud)
    account = next(
        one
        for one in cloud.rows
        if one["type"] == ACCOUNTS.lower() and cloud.docs.get(f"{one['id'].lower()}/blobservices/default/containers")
    )
    path = f"{account['id'].lower()}/blobservices/default/containers"
    again = night(cloud, first.left(), after=1)
    assert again.calls[path] == first.calls[path] == 1


def test_facts_that_anything_else_may_change_are_taken_over_of_no_kind():
    own = {"access.anonymous_read", "access.external_principals", "recovery.delete_protected", "encryption.at_rest"}
    for collector in collectors():
        assert not told_by(collector) & own, collector.service
    (server,) = (one for one in collectors() if any(row.type == SERVERS for row in one.rows))
    assert "network.ingress_any" not in told_by(server), "a statement may open it"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_changes_the_second_scan_says_what_a_full_one_says(seed):
    """A change of any answer that Azure Resource Manager alone changes, of which the log tells, and of any other, of which it does not."""
    chosen = random.Random(seed)
    cloud = tenant()
    told(cloud)
    first = night(cloud)
    reads = {path: found for path in sorted(first.calls) if path in cloud.docs and isinstance(found := read_of(path), Read) and found.of}
    logged = chosen.sample([path for path, one in reads.items() if one.told], 6)
    silent = chosen.sample([path for path, one in reads.items() if not one.told], 8)
    for path in (*logged, *silent):
        cloud.docs[path] = chosen.choice([{"value": []}, error(404, "ResourceNotFound"), {"properties": {}}])
    told(cloud, *logged)
    again = night(cloud, first.left(), after=1)
    assert again.says() == night(cloud, after=1).says()
    assert again.rescan.taken
