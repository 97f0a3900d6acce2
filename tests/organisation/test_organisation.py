"""An organisation is scanned as its accounts are: three cannot be entered, one has a closed region, one throttles, and nothing else changes for that.

Eight accounts, one kill and one seed; `make organisation` takes thirty, fifty and twenty.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.cli.conftest import home, tierwise  # noqa: F401 - fixtures
from tests.organisation.estate import ACCOUNTS, REGIONS, SERVICES, STARTED, Estate, clean_environment, recorded, without_waiting
from tests.organisation.scans import scanned
from tests.organisation.wire import Call, Rule, Wire, broken, refusal
from tests.scan.clouds import comparable, told
from tierwise.cli import main as entry
from tierwise.config import AwsConfig
from tierwise.connectors.aws.build import build, unlike
from tierwise.connectors.aws.connect import access_of
from tierwise.connectors.aws.task import Ran, Task
from tierwise.connectors.aws.worker import Worker
from tierwise.connectors.ceiling import Ceiling
from tierwise.errors import ScannerError, UsageError
from tierwise.model.content import Depth
from tierwise.model.fact import Known
from tierwise.model.finding import Verdict
from tierwise.model.resource import Gap, Kind
from tierwise.scan import Outcome

KILLS = int(os.environ.get("TIERWISE_KILLS", "1"))
SEEDS = int(os.environ.get("TIERWISE_SEEDS", "1"))
FORMATS = ("json", "jsonl", "csv", "sarif", "junit", "gitlab", "markdown", "html")
COMMAND = [
    "scan", "aws", "--organization", "--external-id", "x1", "--inherit-tags", "unit",
    *(word for one in REGIONS for word in ("--region", one)), *(word for one in SERVICES for word in ("--service", one)),
]  # fmt: skip


@pytest.fixture(scope="module")
def estate() -> Estate:
    return recorded()


@pytest.fixture(scope="module")
def whole(estate: Estate) -> tuple[Outcome, Wire]:
    wire = estate.replayed()
    outcome = scanned(wire)
    assert outcome.crashes == (), outcome.crashes[0]
    return outcome, wire


def test_each_account_that_can_be_entered_is_judged_by_what_is_in_it(estate, whole):
    result = whole[0].result
    stores = {one.id: one for one in result.resources if one.kind is Kind.OBJECT_STORE}
    assert sorted(one.account for one in stores.values()) == sorted(set(estate.accounts) - estate.unreachable)
    assert {one.account: one.unit for one in result.resources} == {
        account: unit for account, unit in estate.unit.items() if account not in estate.unreachable
    }
    public = {stores[one.resource].account for one in result.findings if one.control == "EXP-01" and one.verdict is Verdict.FAIL}
    assert public == estate.weak
    owners = {one.account: result.classifications[key].owner for key, one in stores.items()}
    assert owners == {account: "health-board" if estate.unit[account] == "Health" else "" for account in owners}


def test_what_is_the_matter_with_one_account_is_told_of_that_account(estate, whole):
    result = whole[0].result
    assert {one.account for one in result.gaps if one.whole} == estate.unreachable
    assert {(one.account, one.service, one.reason) for one in result.gaps if not one.whole} == {(estate.slow, "sqs", "throttled")}
    assert [(one.account, one.region, one.status) for one in result.regions] == [(estate.fenced, REGIONS[1], "closed-by-policy")]
    assert whole[0].collected.organisation == Known(frozenset(estate.accounts), whole[0].collected.organisation.via)
    queues = {one.account for one in result.resources if one.kind is Kind.QUEUE}
    assert queues == set(estate.accounts) - estate.unreachable - {estate.slow}


def test_a_closed_region_and_a_refused_role_cost_one_call_each(estate, whole):
    sent = [call for _, call in whole[1].sent]
    assert sum(one.account == estate.fenced and one.region == REGIONS[1] for one in sent) == 1
    entered = Counter(account for one in sent if one.operation == "AssumeRole" for account in estate.accounts if account in one.body)
    assert entered == Counter(dict.fromkeys(estate.accounts, 1))


def test_what_lies_above_the_accounts_is_asked_once_for_all_of_them(whole):
    asked = Counter((call.operation, call.body) for _, call in whole[1].sent if call.service == "organizations")
    assert {one for one, number in asked.items() if number > 1} <= {("DescribeOrganization", "{}")}
    # By who lists the accounts, and for what lies above them.
    assert asked["DescribeOrganization", "{}"] <= 2


@pytest.fixture(scope="module")
def by_command(estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which a scan by the command line has left its reports, in every format."""
    work = tmp_path_factory.mktemp("whole")
    assert _process(work, estate, 0, *(word for one in FORMATS for word in ("--format", f"{one}={one}.out"))) == 3, (
        work / "said"
    ).read_text()
    return work


def test_where_only_accounts_are_missing_the_scan_is_incomplete_and_says_what_mends_it_and_what_it_cost(estate, by_command):
    said = " ".join((by_command / "said").read_text().split())
    first, *others = sorted(estate.unreachable)
    assert f"account {first}: arn:aws:iam::{first}:role/tierwise-scan cannot be assumed (AccessDenied)" in said
    assert f"likewise account {', '.join(others)}" in said
    assert re.search(r"[0-9,]+ calls answered or refused; [0-9,]+ are billed, (?:about|under) [$]0[.][0-9]{4} at list prices", said)


def test_every_format_says_in_which_account_and_unit(estate, by_command):
    weak = next(account for account in sorted(estate.weak) if estate.unit[account] == "Health")
    for one in FORMATS:
        text = (by_command / f"{one}.out").read_text()
        assert weak in text, one
        assert "Health" in text, one


def test_doctor_has_a_row_for_each_account(estate, tierwise, monkeypatch):  # noqa: F811 - the fixture
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with without_waiting(), estate.replayed().in_place():
        ran = tierwise("doctor", "aws", *COMMAND[2:])
    assert ran.code == 3
    rows = {line[5:17]: line[:4] for line in ran.out.splitlines() if line[5:17] in estate.accounts and not line.startswith("note")}
    assert {account for account in estate.unreachable if f"no   account {account}: " in ran.out} == estate.unreachable
    assert rows == {
        account: "part" if account == estate.slow else "ok  " for account in estate.accounts if account not in estate.unreachable
    }
    assert f"note {estate.fenced}: region {REGIONS[1]} is closed-by-policy" in ran.out
    assert f"sqs:ListQueues: throttled (2 calls) in {estate.slow}\n" in ran.out


@pytest.mark.parametrize("seed", range(SEEDS))
def test_faults_on_the_way_change_nothing_in_the_result(estate, whole, seed):
    wire = estate.replayed(broken(seed))
    outcome = scanned(wire)
    assert told(outcome.result) == told(whole[0].result)
    assert len(wire.sent) > len(whole[1].sent)


def test_no_account_sees_more_than_its_ceiling_whatever_is_tried_again(estate, whole):
    now = [0.0]
    made = partial(Ceiling, clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    wire = estate.replayed(broken(1, throttled=0.2))
    wire.clock = lambda: now[0]
    rate = {"s3": 2.0, "organizations": 2.0 / 80}
    with patch("tierwise.connectors.aws.session.Ceiling", made):
        slow = scanned(wire, requests_per_second=rate["s3"], services=("s3",))
    assert told(slow.result) == told(scanned(estate.replayed(), services=("s3",)).result)
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    for at, call in wire.sent:
        seen[call.account, call.service].append(at)
    # So low that it is met: what is allowed of each service is used up, and no more.
    share = {
        (*key, seconds): max(sum(start <= one < start + seconds for one in times) - 1 for start in times)
        / seconds
        / rate.get(key[1], 2.0 / 8)
        for key, times in seen.items()
        for seconds in (5, 40, 200)
    }
    assert {key: used for key, used in share.items() if used > 1} == {}
    assert {key[1] for key, used in share.items() if used > 0.75} >= {"s3", "sts", "organizations"}


def _expired(wire: Wire, last: int) -> Rule:
    """The caller's own credentials expire as so many calls of theirs have left."""
    own = count(1)
    return lambda call: refusal(call, "ExpiredToken", status=403) if call.account == wire.home and next(own) > last else None


def _revoked(_: Wire, last: int) -> Rule:
    """The caller's own access key is deleted as so many calls have left for what it alone is used for; what roles have been given holds."""
    own = count(1)
    services = ("sts", "organizations")
    return lambda call: refusal(call, "InvalidClientTokenId", status=403) if call.service in services and next(own) > last else None


def _killed(_: Wire, last: int) -> Rule:
    """The process ends with SIGKILL as its so manieth call would leave."""
    calls = count(1)

    def rule(_: Call) -> None:
        if next(calls) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return rule


@dataclass
class _Leaving:
    """A worker in this process, in whose place there is one of another version after so many tasks."""

    left: int
    worker: Worker
    stopped: ScannerError | None = None

    def __call__(self, task: Task) -> Ran:
        self.left -= 1
        if self.left >= 0:
            return self.worker.run(task)
        self.stopped = UsageError(unlike("tcp://x:1", "9.9.9", build()))
        return Ran((Gap("aws", task.reach.account, task.region, task.service, "api-error", "", str(self.stopped)),))


def _left(_: Wire, last: int) -> Rule:
    """The workers that read are gone as so many tasks were sent to them; nothing is wrong on the way."""
    there = _Leaving(last, Worker(access_of(AwsConfig(requests_per_second=0.0), 2, Depth.METADATA)))
    patch("tierwise.cli.scan.elsewhere", lambda *_: there).start()
    return lambda _: None


def _ending(work: Path, wire: Wire, how: Callable[[Wire, int], Rule], last: int, more: tuple[str, ...]) -> None:
    """In a process of its own: the scan, to which something happens on its way, unless `last` is 0."""
    os.chdir(work)
    os.environ["TIERWISE_DATA"] = str(work / "data")
    said = os.open(work / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(said, number)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    if last:
        wire.rules.insert(0, how(wire, last))
    options = ("--format", "console", "--format", "json=json.out", "--fail-on", "none", "--jobs", "2", "--store", "kept.db")
    with clean_environment(), without_waiting(), wire.in_place(), patch("tierwise.cli.live.utc_now", lambda: STARTED):
        sys.argv = ["tierwise", *COMMAND, *options, *more]
        entry.main()


def _process(work: Path, estate: Estate, last: int, *more: str, how: Callable[[Wire, int], Rule] = _killed) -> int | None:
    process = multiprocessing.get_context("fork").Process(target=_ending, args=(work, estate.replayed(), how, last, more))
    process.start()
    process.join(900)
    return process.exitcode


def test_a_scan_that_is_killed_anywhere_goes_on_to_the_same_end(estate, whole, by_command, tmp_path):
    wanted = comparable((by_command / "json.out").read_text())
    calls, chance = len(whole[1].sent), random.Random(7)
    for number in range(KILLS):
        work = tmp_path / str(number)
        work.mkdir()
        assert _process(work, estate, chance.randrange(ACCOUNTS, calls * 2 // 3)) == -signal.SIGKILL
        assert _process(work, estate, 0, "--resume", "auto") == 3, (work / "said").read_text()
        assert comparable((work / "json.out").read_text()) == wanted, number


@pytest.mark.parametrize(
    ("how", "said", "mended"),
    [
        (_expired, "the AWS credentials have expired (ExpiredToken)", "renew them: "),
        (_revoked, "AWS no longer accepts the credentials (AccessKeyRevoked)", "the access key was deleted"),
    ],
)
def test_where_the_callers_credentials_end_the_scan_waits_for_new_ones_and_goes_on_to_the_same_end(
    estate, whole, by_command, tmp_path, how, said, mended
):
    wanted = comparable((by_command / "json.out").read_text())
    own, chance = sum(call.service in ("sts", "organizations") for _, call in whole[1].sent), random.Random(8)
    for number in range(KILLS):
        work = tmp_path / str(number)
        work.mkdir()
        # The first calls say who the caller is and list the organisation: without them there is no scan.
        assert _process(work, estate, chance.randrange(ACCOUNTS * 2, own * 2 // 3), how=how) == 4, (work / "said").read_text()
        first, second, third = (work / "said").read_text().splitlines()[-3:]
        assert first.startswith("what was read is kept; go on with it: tierwise scan aws ")
        assert second == f"error: {said}"
        assert third.strip().startswith(mended)
        assert not (work / "json.out").exists()
        assert _process(work, estate, 0, "--resume", "auto") == 3, (work / "said").read_text()
        assert comparable((work / "json.out").read_text()) == wanted, number


def test_where_no_worker_of_this_version_is_left_the_scan_waits_for_one_and_goes_on_to_the_same_end(estate, by_command, tmp_path):
    assert _process(tmp_path, estate, ACCOUNTS // 2, how=_left) == 2, (tmp_path / "said").read_text()
    first, second = (tmp_path / "said").read_text().splitlines()[-2:]
    assert first.startswith("what was read is kept; go on with it: tierwise scan aws ")
    assert second.startswith("error: worker tcp://x:1 has tierwise 9.9.9, and this is ")
    assert not (tmp_path / "json.out").exists()
    assert _process(tmp_path, estate, 0, "--resume", "auto") == 3, (tmp_path / "said").read_text()
    assert comparable((tmp_path / "json.out").read_text()) == comparable((by_command / "json.out").read_text())
