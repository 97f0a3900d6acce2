"""What a scan of Google Cloud takes over from an earlier one, and what it reads again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.connectors.collected import Estate, absorb, flat
from tests.connectors.gcp.cloud import NUMBER, ORGANISATION, PROJECT, Cloud, Token, binding, error, logged, project
from tests.connectors.gcp.conftest import ALL_FACTS
from tests.connectors.gcp.estate import unwired
from tests.connectors.gcp.test_storage import BARE, DOCS, bucket
from tests.connectors.rescanned import Night, unread
from tierwise.config import GcpConfig
from tierwise.connectors.gcp.calls import Caller
from tierwise.connectors.gcp.connect import open_projects
from tierwise.connectors.gcp.guard import Guard
from tierwise.connectors.gcp.history import LOG, changed_in
from tierwise.connectors.gcp.place import Place
from tierwise.connectors.gcp.services.storage import COLLECTOR
from tierwise.connectors.gcp.session import Google
from tierwise.connectors.gcp.source import GoogleSource
from tierwise.connectors.rescan import Earlier, Rescan

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_STORAGE = "storage/storage/v1/b"
ENTRIES = "logging/v2/entries:list"
A = "//storage.googleapis.com/a"
OPEN = {"bindings": [binding("storage.objectViewer", "allUsers")]}
WHO = frozenset({"access.anonymous_read", "access.external_principals"})
UNIFORM = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}


def made(name: str, *bindings: Any, **more: Any) -> dict[str, Any]:
    return bucket({**BARE, **UNIFORM, "name": name, **more}, *bindings)


def entry(name: str, method: str = "storage.buckets.update") -> dict[str, Any]:
    return {"protoPayload": {"resourceName": name, "methodName": method}}


def changed(*names: str) -> dict[str, Any]:
    return {"entries": [entry(f"projects/_/buckets/{name}") for name in names]}


def buckets(*names: str) -> Cloud:
    found = [made(name) for name in names]
    return Cloud(found, {**DOCS, ENTRIES: {}, _STORAGE: {"items": [one["resource"]["data"] for one in found]}})


Scan = Callable[..., Night]


@pytest.fixture
def scan() -> Iterator[Scan]:
    """`scan(cloud, earlier, night=1)`: the project as it is on that night after Monday's."""

    def run(
        cloud: Cloud, earlier: Earlier | None = None, *, night: int = 0, days: int = 7, wanted: frozenset[str] = ALL_FACTS, **options: Any
    ) -> Night:
        cloud.calls.clear()
        started = MONDAY + timedelta(days=night)
        rescan = Rescan(timedelta(days=days), started, earlier)
        config = GcpConfig(requests_per_second=0, services=("storage",), **(options or {"projects": (PROJECT,)}))
        (one,) = open_projects(config, started, credentials=Token(), inner=cloud, sleep=cloud.slept.append, rescan=rescan)
        assert isinstance(one, GoogleSource)
        read = Estate()
        read.gaps, read.outcomes = [], []
        absorb(read, flat(one.survey()))
        absorb(read, flat(one.details({key: unread(found, wanted) for key, found in read.items()})))
        return Night(read, Counter(path for _, path in cloud.calls), rescan, started)

    with unwired():
        yield run


def folders(night: Night) -> list[str]:
    """The buckets of which managed folders were read."""
    return sorted(path.split("/")[-2] for path in night.calls.elements() if path.endswith("/managedFolders"))


def test_of_a_thousand_buckets_one_in_a_hundred_changes_and_three_calls_in_a_hundred_are_made(scan: Scan) -> None:
    cloud = buckets(*(f"b{number}" for number in range(1000)))
    first = scan(cloud, wanted=WHO)
    for number in range(10):
        cloud.assets[number] = made(f"b{number}", binding("storage.objectViewer", f"user:x{number}@elsewhere.example"))
    cloud.docs[ENTRIES] = changed(*(f"b{number}" for number in range(10)))
    again, whole = scan(cloud, first.left(), night=1, wanted=WHO), scan(cloud, night=1, wanted=WHO)
    assert folders(again) == [f"b{number}" for number in range(10)]
    assert (first.calls.total(), again.calls.total()) == (1009, 20), "docs/scheduled.md says so; at most three in a hundred"
    assert again.says() == whole.says() != first.says()
    assert (again.day("//storage.googleapis.com/b0"), again.day("//storage.googleapis.com/b10")) == ("", "2026-11-23")


def test_the_log_is_asked_for_from_before_the_earlier_scan_and_for_changes_of_buckets_page_by_page(scan: Scan) -> None:
    cloud = buckets("a", "b")
    first = scan(cloud)
    assert first.calls[ENTRIES] == 0
    pages = [{"nextPageToken": "2"}, {**changed("b/objects/o"), "nextPageToken": "3"}, changed("b")]
    cloud.docs[ENTRIES] = lambda number: pages[number - 1]
    again = scan(cloud, first.left(), night=1)
    assert (again.calls[ENTRIES], folders(again)) == (3, ["b"])


def test_the_page_of_the_log_is_named_in_what_is_sent() -> None:
    cloud = Cloud([], {ENTRIES: lambda number: {"nextPageToken": "2"} if number == 1 else changed("a")})
    caller = Caller(Place(""), Google(Token(), Guard([LOG]), ceiling=0, inner=cloud), MONDAY)
    assert COLLECTOR.history is not None
    assert changed_in(caller, [PROJECT], MONDAY, COLLECTOR.history) == {PROJECT: frozenset("a")}
    asked = {
        "resourceNames": [f"projects/{PROJECT}"],
        "filter": 'log_id("cloudaudit.googleapis.com/activity") AND protoPayload.serviceName="storage.googleapis.com" AND timestamp>="2026-11-23T01:00:00Z"',
        "pageSize": 1000,
    }
    assert cloud.bodies == [asked, {**asked, "pageToken": "2"}]
    assert cloud.queries == [{}, {}]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (error(403, "IAM_PERMISSION_DENIED"), "its audit log could not be read (IAM_PERMISSION_DENIED)"),
        (error(403, "SERVICE_DISABLED"), "its audit log could not be read (SERVICE_DISABLED)"),
        ({"entries": "many"}, "its audit log could not be read (the answer has no list of objects)"),
        ({"entries": [entry("projects/p/hmacKeys/k", "storage.hmacKeys.create")]}, "storage.hmacKeys.create names nothing that is known"),
        ({"entries": [{"protoPayload": {"methodName": "<b>"}}]}, "a change names nothing that is known"),
        ({"entries": [7]}, "its audit log could not be read (the answer has no list of objects)"),
        (lambda number: {**changed("z"), "nextPageToken": str(number)}, "its audit log has more than 50,000 changes"),
    ],
)
def test_where_the_log_does_not_tell_all_is_read_and_why_is_told(scan: Scan, answer: Any, why: str) -> None:
    cloud = buckets("a", "b")
    first = scan(cloud)
    cloud.docs[ENTRIES] = answer
    again, whole = scan(cloud, first.left(), night=1), scan(cloud, night=1)
    assert (folders(again), again.rescan.blind) == (["a", "b"], {f"project {PROJECT}": why})
    assert again.says() == whole.says()
    assert [one for one in again.read.outcomes if one.outcome != "ok" and one not in whole.read.outcomes] == []


def test_by_a_clock_that_is_ahead_nothing_is_taken_over_and_it_is_said(scan: Scan) -> None:
    cloud = buckets("a", "b")
    first = scan(cloud)
    cloud.now = MONDAY + timedelta(days=1, hours=-5)
    again = scan(cloud, first.left(), night=1)
    assert folders(again) == ["a", "b"]
    assert [line for line in again.rescan.remarks("buckets") if line.startswith("this machine's clock is 300 minutes ahead")]


def test_a_log_that_may_not_be_read_costs_its_own_project_only(scan: Scan) -> None:
    names = [f"records-p{number}" for number in range(8)]
    docs = {f"cloudresourcemanager/v3/projects/{name}": project(name, str(2000 + number)) for number, name in enumerate(names)}
    chain = f"organizations/{ORGANISATION}"
    assets = [
        bucket(
            {**BARE, **UNIFORM, "name": f"of-{name}", "projectNumber": str(2000 + number)}, ancestors=(f"projects/{2000 + number}", chain)
        )
        for number, name in enumerate(names)
    ]
    cloud = Cloud(assets, {**DOCS, **docs, ENTRIES: {}})
    cloud.assets += [
        {"name": f"//cloudresourcemanager.googleapis.com/projects/{2000 + number}", "assetType": "cloudresourcemanager.googleapis.com/Project", "ancestors": [f"projects/{2000 + number}", chain], "resource": {"data": {**project(name, str(2000 + number))}}}
        for number, name in enumerate(names)
    ]  # fmt: skip
    first = scan(cloud, organizations=(ORGANISATION,))
    refused = iter([error(403, "IAM_PERMISSION_DENIED")] * 4)
    # Eight together, four, two, and the first alone are refused; what is left of each half is answered.
    cloud.docs[ENTRIES] = lambda number: next(refused, {})
    again = scan(cloud, first.left(), night=1, organizations=(ORGANISATION,))
    assert (folders(again), list(again.rescan.blind), again.calls[ENTRIES]) == (["of-records-p0"], ["project records-p0"], 7)


def test_what_stands_above_has_changed_and_all_that_rests_on_it_is_read(scan: Scan) -> None:
    cloud = buckets("a", "b")
    first = scan(cloud)
    cloud.docs[f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy"] = {**logged("DATA_READ"), **OPEN}
    again, whole = scan(cloud, first.left(), night=1), scan(cloud, night=1)
    assert folders(again) == ["a", "b"]
    assert again.says() == whole.says() != first.says()


def test_a_bucket_is_read_again_where_its_own_document_its_tags_or_its_policy_have_changed(scan: Scan) -> None:
    cloud = buckets("a", "b", "c")
    first = scan(cloud)
    cloud.assets[0] = made("a", labels={"tier": "T3"})
    cloud.assets[1] = made("b", binding("storage.objectViewer", "allUsers"))
    again = scan(cloud, first.left(), night=1)
    assert folders(again) == ["a", "b"]
    assert again.says() == scan(cloud, night=1).says()


def test_what_failed_is_tried_again(scan: Scan) -> None:
    cloud = buckets("a", "b")
    cloud.docs[f"{_STORAGE}/a/managedFolders"] = {"items": [{"name": "in/"}]}
    cloud.faults = {f"{_STORAGE}/a/managedFolders/in/": error(500, "backendError"), f"{_STORAGE}/b/managedFolders": error(403, "forbidden")}
    first = scan(cloud)
    cloud.faults = {}
    cloud.docs[f"{_STORAGE}/a/managedFolders/in//iam"] = OPEN
    again = scan(cloud, first.left(), night=1)
    assert folders(again) == ["a", "b"]
    assert again.says() == scan(cloud, night=1).says()


def test_what_may_not_be_read_above_does_not_cost_a_whole_scan_each_night(scan: Scan) -> None:
    cloud = buckets("a", "b")
    cloud.denied = frozenset({"resourcemanager.organizations.getIamPolicy", "cloudasset.assets.listIamPolicy"})
    first = scan(cloud)
    again = scan(cloud, first.left(), night=1)
    assert (folders(again), again.says()) == ([], scan(cloud, night=1).says())
    cloud.denied = frozenset()
    last = scan(cloud, again.left(), night=2)
    assert (folders(last), last.says()) == (["a", "b"], scan(cloud, night=2).says())


def test_where_the_services_list_in_place_of_the_inventory_policies_are_read_and_the_rest_is_taken_over(scan: Scan) -> None:
    cloud = buckets("a", "b")
    cloud.denied = frozenset({"cloudasset.assets.listResource", "cloudasset.assets.listIamPolicy", "cloudasset.assets.listOrgPolicy"})
    cloud.docs |= {f"{_STORAGE}/{name}/iam": {"bindings": []} for name in "ab"}
    first = scan(cloud)
    cloud.docs[f"{_STORAGE}/b/iam"] = OPEN
    again = scan(cloud, first.left(), night=1)
    assert (folders(again), again.calls[f"{_STORAGE}/a/iam"], again.calls[f"{_STORAGE}/b/iam"]) == (["b"], 1, 1)
    assert again.says() == scan(cloud, night=1).says()


def test_a_chain_of_scans_keeps_the_day_on_which_a_bucket_was_read_and_reads_it_again_in_time(scan: Scan) -> None:
    cloud = buckets("a", "b")
    first = scan(cloud)
    cloud.docs[ENTRIES] = changed("b")
    second = scan(cloud, first.left(), night=1, days=2)
    cloud.docs[ENTRIES] = {}
    third = scan(cloud, second.left(), night=2, days=2)
    assert (third.day(A), third.day("//storage.googleapis.com/b")) == ("2026-11-23", "2026-11-24")
    fourth = scan(cloud, third.left(), night=3, days=2)
    assert (folders(fourth), fourth.day(A)) == (["a"], "")


def test_a_bucket_of_which_more_is_asked_is_read_as_a_whole(scan: Scan) -> None:
    cloud = buckets("a", "b")
    cloud.docs[f"{_STORAGE}/a/managedFolders"] = {"items": [{"name": "in/"}]}
    cloud.docs[f"{_STORAGE}/a/managedFolders/in//iam"] = OPEN
    first = scan(cloud, wanted=WHO)
    again = scan(cloud, first.left(), night=1)
    assert (folders(again), again.rescan.taken) == (["a", "b"], {})
    assert again.says() == scan(cloud, night=1).says()


def test_a_bucket_that_is_new_or_gone_or_made_anew_is_as_it_is_now(scan: Scan) -> None:
    cloud = buckets("a", "b")
    first = scan(cloud)
    cloud.assets = [made("b", location="EU"), made("c")]
    cloud.docs[ENTRIES] = changed("a", "c", "b")
    again = scan(cloud, first.left(), night=1)
    assert (folders(again), again.says()) == (["b", "c"], scan(cloud, night=1).says())
