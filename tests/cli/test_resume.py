"""A live scan that is interrupted says how to go on, and goes on only with what it was begun with."""

from __future__ import annotations

import gc
import json

import pytest

from tests.cli.conftest import Ran
from tests.cli.test_azure import tenant  # noqa: F401 - a fixture
from tests.connectors.azure.cloud import SUBSCRIPTION
from tierwise.cli import main as entry
from tierwise.cli.finish import finish as whole
from tierwise.cli.live import _again
from tierwise.connectors.azure.source import AzureSource
from tierwise.errors import StoreError
from tierwise.store import units

SCAN = ("scan", "azure", "--max-rate", "100000", "--store", "kept.db", "--format", "json=scan.json", "-q")


def cut_short(error):
    def finish(*_args, **_more):
        raise error

    return finish


@pytest.fixture
def interrupted(tenant, tierwise, monkeypatch):  # noqa: F811 - the fixture
    """A scan that was ended as it began to write its reports: its id, and the tenant."""
    with monkeypatch.context() as broken:
        broken.setattr("tierwise.cli.live.finish", cut_short(entry._TerminatedError()))
        ran = tierwise(*SCAN)
    assert ran.code == 143
    assert "Traceback" not in ran.err
    first, last = ran.err.splitlines()
    assert (first.partition(" tierwise ")[0], last) == ("what was read is kept; go on with it:", "error: terminated")
    command = first.partition(" tierwise ")[2].split()
    assert command[:-2] == list(SCAN)
    return command[-1], tenant


def test_an_interrupted_scan_says_the_command_that_goes_on_and_that_reads_only_the_rest(interrupted, tierwise, home):
    run, cloud = interrupted
    assert run in tierwise("store", "check", "--store", "kept.db").out
    cloud.calls.clear()
    assert tierwise(*SCAN, "--resume", run).code == 0
    assert [path for _, path in cloud.calls if "Microsoft.Storage" in path] == []
    made = json.loads((home / "scan.json").read_text())
    assert (made["run"]["id"], len(made["resources"])) == (run, 3)
    told = json.loads(tierwise("history", "--store", "kept.db", "--format", "json").out)
    assert [one["id"] for one in told["runs"]] == [run]
    assert "not ended" not in tierwise("store", "check", "--store", "kept.db").out
    tierwise(*SCAN, "--resume", run).complains(2, "no interrupted 'scan azure'", "every scan has ended")


def test_a_scan_that_is_interrupted_after_its_run_was_kept_says_that_it_has_ended(tenant, tierwise, monkeypatch):  # noqa: F811 - the fixture
    with monkeypatch.context() as broken:
        broken.setattr("tierwise.store.prune.tidy", cut_short(entry._TerminatedError()))
        ran = tierwise(*SCAN)
    run = json.loads(tierwise("history", "--store", "kept.db", "--format", "json").out)["runs"][0]["id"]
    assert (ran.code, "--resume" in ran.err, f"run {run} had ended" in ran.err) == (143, False, True)
    tierwise(*SCAN, "--resume", run).complains(2, "every scan has ended")


@pytest.mark.parametrize("word", [("--store", "postgresql://u:s3cret@db/x"), ("--store=postgresql://u:s3cret@db/x",)])
def test_the_command_that_goes_on_shows_no_password(word, monkeypatch):
    monkeypatch.setattr("sys.argv", ["tierwise", "scan", "aws", *word, "--resume=auto"])
    told = _again("r1")
    assert "s3cret" not in told
    assert "u:***@db/x" in told
    assert told.endswith(" --resume r1")


def test_the_last_one_of_the_same_scope_is_gone_on_with(interrupted, tierwise):
    run, _ = interrupted
    ran = tierwise(*SCAN[:-1], "--resume", "--no-color")
    assert ran.code == 0
    assert json.loads(tierwise("history", "--store", "kept.db", "--format", "json").out)["runs"][0]["id"] == run


def test_a_new_scan_says_that_there_is_one_to_go_on_with(interrupted, tierwise):
    run, _ = interrupted
    ran = tierwise(*SCAN[:-1])
    assert ran.err.splitlines() == [f"scan {run} of the same scope has not ended: where it was interrupted, --resume goes on with it"]


def test_what_was_begun_otherwise_is_refused_in_one_line(interrupted, tierwise, monkeypatch):
    run, cloud = interrupted
    other = {
        ("--service", "storage"): "services was not given, and is storage now",
        ("--subscription", SUBSCRIPTION): f"subscriptions was not given, and is {SUBSCRIPTION} now",
        ("--profile", "iso-27001-2022"): "profile was uk-gov-personal-data, and is iso-27001-2022 now",
        ("--control", "ENC-*"): "its controls were others",
    }
    for more, words in other.items():
        ran = tierwise(*SCAN, *more, "--resume")
        ran.complains(2, f"scan {run} cannot be gone on with", words)
        assert len(ran.err.splitlines()) == 1
    with monkeypatch.context() as newer:
        newer.setattr("tierwise.__version__", "9.9.9")
        tierwise(*SCAN, "--resume").complains(2, "tierwise's version was", "and is 9.9.9 now")
    for one in cloud.rows:
        if "tenantId" in one:
            one["tenantId"] = "99999999-9999-9999-9999-999999999999"
    tierwise(*SCAN, "--resume").complains(2, "the credentials reach azure:99999999")


def test_where_there_is_none_auto_begins_anew_and_last_says_so(tenant, tierwise):  # noqa: F811 - the fixture
    tierwise(*SCAN, "--resume").complains(2, "no interrupted 'scan azure'", "every scan has ended")
    assert tierwise(*SCAN, "--resume", "auto").code == 0
    tierwise("scan", "azure", "--store", "none", "--resume").complains(2, "--store none keeps nothing", "drop --resume")


def test_a_store_that_goes_away_while_scanning_costs_the_way_back_and_no_report(tenant, tierwise, home, monkeypatch):  # noqa: F811 - the fixture
    def gone(*_args):
        raise StoreError("the store cannot be reached")

    with monkeypatch.context() as broken:
        broken.setattr(units, "keep", gone)
        ran = tierwise(*SCAN)
    assert ran.code == 0
    assert ran.err.splitlines()[0] == "error: what is read from here on is not kept for --resume; the scan goes on"
    assert len(json.loads((home / "scan.json").read_text())["resources"]) == 3
    assert "1 run " in tierwise("store", "check", "--store", "kept.db").out


def test_a_scan_that_overlaps_another_of_the_same_scope_reads_nothing_and_says_which(tenant, tierwise, monkeypatch):  # noqa: F811 - the fixture
    overlapping: list[Ran] = []
    calls: list[int] = []

    def meanwhile(*_args, **_more):
        broken.undo()
        for more in ((), ("--resume", "auto"), ("--profile", "iso-27001-2022"), ("--service", "storage")):
            tenant.calls.clear()
            overlapping.append(tierwise(*SCAN, *more))
            calls.append(len(tenant.calls))
        for one in tenant.rows:
            if "tenantId" in one:
                one["tenantId"] = "99999999-9999-9999-9999-999999999999"
        tenant.calls.clear()
        overlapping.append(tierwise(*SCAN))
        calls.append(len(tenant.calls))
        raise entry._TerminatedError

    with monkeypatch.context() as broken:
        broken.setattr("tierwise.cli.live.finish", meanwhile)
        tierwise(*SCAN)
    *same, narrower, elsewhere = overlapping
    for ran in same:
        ran.complains(2, "another scan of the same scope is running", "this one read nothing", "wait until it has ended")
    assert "begun at 20" in same[0].err
    # Whose credentials they are is asked, and nothing else.
    assert calls[:3] == [1, 1, 1]
    assert (narrower.code, elsewhere.code) == (0, 0)
    assert min(calls[3:]) > 1


def test_what_reads_is_gone_before_reports_are_made_where_many_resources_were_read(tenant, tierwise, monkeypatch):  # noqa: F811 - the fixture
    held = list[int]()

    def finish(*args, **more):
        held.append(sum(type(one) is AzureSource for one in gc.get_objects()))
        return whole(*args, **more)

    monkeypatch.setattr("tierwise.cli.live._HELD", 0)
    monkeypatch.setattr("tierwise.cli.live.finish", finish)
    assert tierwise(*SCAN).code == 0
    assert held == [0]


def test_a_scan_that_was_interrupted_is_in_nobodys_way(interrupted, tierwise):
    assert tierwise(*SCAN).code == 0
