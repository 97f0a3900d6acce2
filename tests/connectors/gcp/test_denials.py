"""The central promise, over every declared row and read of Google Cloud: what could not be read is unknown and named; it never passes, fails or vanishes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from tests.connectors.collected import read_whole, whatever_the_fault
from tests.connectors.gcp.cloud import ORGANISATION, Cloud, Reply, error
from tests.connectors.gcp.conftest import ALL_FACTS
from tests.connectors.gcp.estate import FOLDER, estate, opened, scanned, unlisted, unwired
from tests.scan.honesty import all_violations
from tierwise.connectors.gcp.above import CALLS
from tierwise.connectors.gcp.assets import ORG_POLICIES, POLICIES, RESOURCES
from tierwise.connectors.gcp.collectors import collectors, declared_calls, declared_reads
from tierwise.connectors.gcp.history import LOG
from tierwise.connectors.gcp.place import PLACES, SEARCH
from tierwise.connectors.gcp.read import Read, Row
from tierwise.errors import CredentialsError
from tierwise.model.finding import ScanResult, Verdict
from tierwise.model.resource import HELD, Kind

BEFORE = {"resourcemanager.projects.get", "resourcemanager.projects.list", "resourcemanager.folders.list"}
"""Denied, these end a scan before it begins (of the example, which has one project), or are of scans of folders and organisations alone."""
INSTEAD = {read.action for collector in collectors() for row in collector.rows for read in (*row.lists, *((row.iam,) if row.iam else ()))}
"""Calls that are made where the inventory cannot be asked."""
HOLDERS = {"spanner.googleapis.com/Instance", "bigtableadmin.googleapis.com/Instance"}
"""Types that hold stores and are none."""
ALL = {one.action for one in declared_reads()}
MADE = sorted(ALL - BEFORE - {ORG_POLICIES.action})
SCOPES: dict[str, dict[str, tuple[str, ...]]] = {
    "folder": {"folders": (FOLDER.rpartition("/")[2],)},
    "organisation": {"organizations": (ORGANISATION,)},
}
"""Scans that find their projects by themselves."""
FEW = ("storage", "resourcemanager", "iam")
EACH = [one for one in declared_calls() if one.action in MADE and one.make is None]
INVENTORY = frozenset({RESOURCES.action, POLICIES.action})
FAILS, CUT_SHORT = error(500, "backendError"), Reply(200, raw=b'{"items": [')
ABOVE = sorted({one.action for one in (*CALLS, *PLACES, RESOURCES, POLICIES, ORG_POLICIES)})
"""What only such scans read, or read in another way."""


def _closed(read: Read) -> frozenset[str]:
    """What has to be denied for a read to be made."""
    return INVENTORY if read.action in INSTEAD else frozenset()


@pytest.fixture(scope="module", autouse=True)
def _unwired() -> Iterator[None]:
    with unwired():
        yield


@pytest.fixture(scope="module")
def whole() -> ScanResult:
    found = scanned(estate()).result
    assert found.gaps == ()
    return found


@pytest.fixture(scope="module")
def direct() -> ScanResult:
    """The same estate where the inventory cannot be asked."""
    found = scanned(unlisted(estate())).result
    assert found.gaps == ()
    return found


def test_passes_and_fails_are_at_stake(whole):
    verdicts = [one.verdict for one in whole.findings if not one.control.startswith("PROBE")]
    assert verdicts.count(Verdict.PASS) > 8
    assert verdicts.count(Verdict.FAIL) > 5


def test_every_read_is_made_and_answers(whole, direct):
    others = [scan_of(scope, listed=listed) for scope in SCOPES for listed in (True, False)]
    made = {one.operation for result in (whole, direct, *others) for one in result.outcomes if one.outcome in ("ok", "absent")}
    assert {one.via.via for one in declared_calls() if one.make is None} - made == {SEARCH.via.via, LOG.via.via}, (
        "where no scope is named, and with --since"
    )


def test_every_row_is_listed_with_the_inventory_and_without(whole, direct):
    levels = {"cloudresourcemanager.googleapis.com/Folder", "cloudresourcemanager.googleapis.com/Organization"}
    rows = [one for one in declared_reads() if isinstance(one, Row)]
    types = {one.type for one in rows if one.kinds and (not one.within or one.within in HOLDERS)} - levels - HOLDERS
    for result in (whole, direct):
        assert types - {one.type for one in result.resources} == set()


def test_what_the_services_list_is_judged_as_what_the_inventory_lists_but_for_tags_that_it_alone_tells(whole, direct):
    by_pair = [{(one.control, one.resource): one.verdict for one in result.findings} for result in (whole, direct)]
    differs = {resource for (control, resource), verdict in by_pair[0].items() if by_pair[1].get((control, resource)) is not verdict}
    labelled = {one.id for one in whole.resources if one.tags.value and one.kind in HELD}
    assert len(labelled) > 15
    assert {one for one in labelled if direct.classifications[one].tier is not whole.classifications[one].tier} == set()
    by_id = {one.id: one for one in direct.resources}
    assert {one for one in differs if not by_id[one].evidence.inherited} == set()
    assert all_violations(whole, direct, INVENTORY) == []


@pytest.mark.parametrize("action", MADE)
def test_a_denied_permission_is_unknown_and_named_and_flips_nothing(whole, direct, action):
    cloud = estate()
    inventory = {RESOURCES.action, POLICIES.action} if action in INSTEAD else set()
    cloud.denied = frozenset({action} | inventory)
    partial = scanned(cloud).result
    assert all_violations(direct if inventory else whole, partial, cloud.denied) == []
    assert "permission-denied" in {one.outcome for one in partial.outcomes}


def _broken(reads: Iterable[Read], fault: Reply, closed: frozenset[str]) -> Cloud:
    cloud = estate()
    cloud.denied, cloud.broken = closed, dict.fromkeys(reads, fault)
    return cloud


@pytest.mark.parametrize("read", EACH, ids=lambda one: one.operation)
def test_a_read_that_fails_flips_nothing(whole, direct, read: Read):
    closed = _closed(read)
    found = scanned(_broken([read], FAILS, closed)).result
    assert all_violations(direct if closed else whole, found, frozenset({read.action}) | closed) == []


def test_an_answer_that_is_cut_short_is_taken_as_one_that_failed():
    """Several reads at once, of which no two have to do with the same resources; one that another keeps from being made comes after it."""
    waiting: dict[tuple[object, ...], list[Read]] = {}
    for read in EACH:
        waiting.setdefault((_closed(read), read.host, read.of), []).append(read)
    for closed in {_closed(read) for read in EACH}:
        apart = [reads for key, reads in waiting.items() if key[0] == closed]
        while together := {reads[0] for reads in apart if reads}:
            clouds = [_broken(together, fault, closed) for fault in (FAILS, CUT_SHORT)]
            fails, cut_short = (whatever_the_fault(read_whole(opened(cloud), ALL_FACTS)) for cloud in clouds)
            assert fails == cut_short, together
            made = clouds[0].hit
            assert made
            assert clouds[1].hit == made
            for reads in apart:
                reads[:] = [one for one in reads if one not in made]


@cache
def scan_of(scope: str, *, listed: bool) -> ScanResult:
    """All that a scan of such a scope finds, with the inventory and without."""
    found = scanned(estate() if listed else unlisted(estate()), **SCOPES[scope], services=FEW).result
    assert {one.kinds for one in found.gaps} == (set() if listed else {frozenset({Kind.POLICY})}), "of folders the inventory alone tells"
    return found


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "walked"])
@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_denied_of_a_scope_is_unknown_and_named_and_flips_nothing(scope, listed):
    whole, ended = scan_of(scope, listed=listed), set()
    for action in ABOVE:
        cloud = estate() if listed else unlisted(estate())
        cloud.denied |= {action}
        try:
            partial = scanned(cloud, **SCOPES[scope], services=FEW).result
        except CredentialsError:
            ended.add(action)
            continue
        assert all_violations(whole, partial, cloud.denied) == [], action
    assert ended == (
        set() if listed else {"resourcemanager.projects.list"} | ({"resourcemanager.folders.list"} if scope == "organisation" else set())
    )


def test_with_everything_denied_nothing_passes_and_nothing_fails_by_what_was_read():
    cloud = estate()
    cloud.denied = frozenset(ALL - {"resourcemanager.projects.get"})
    result = scanned(cloud).result
    judged = {one.resource for one in result.findings if one.verdict in (Verdict.PASS, Verdict.FAIL)}
    assert judged <= {"//cloudresourcemanager.googleapis.com/projects/1001"}, "the project itself was read"
    assert result.gaps
