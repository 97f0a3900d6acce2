"""Workers in other processes tell what one process tells, also where one of them is lost; what is no cluster is named in a line."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import dask
import pytest
from distributed import Client, LocalCluster, get_worker

from tests.cli.conftest import *  # noqa: F403 - fixtures
from tests.organisation.entering import DEADLY, RECORDING, enter, written
from tests.organisation.estate import HOME, REGIONS, SERVICES, STARTED, clean_environment, recorded, without_waiting
from tests.organisation.scans import OPTIONS, scanned
from tests.organisation.wire import Answer, Call, refusal
from tests.scan.clouds import checkpoint_in, told
from tests.scan.worlds import judging
from tierwise import __version__
from tierwise.config import AwsConfig
from tierwise.connectors.aws import cluster, task
from tierwise.connectors.aws.build import build, unlike
from tierwise.connectors.aws.cluster import ANY_PORT, Cluster, workers
from tierwise.connectors.aws.connect import access_of, open_accounts
from tierwise.connectors.aws.fleet import Fleet
from tierwise.connectors.aws.task import Elsewhere, Reach, Task
from tierwise.connectors.base import Stoppable
from tierwise.errors import CredentialsError, ScannerError, UsageError
from tierwise.model.content import Depth
from tierwise.scan import Outcome, scan
from tierwise.scan.checkpoint import Checkpoint
from tierwise.store.units import KeptUnit


def away(on: Cluster) -> Outcome:
    """A scan of the recorded organisation on a cluster: only what is asked once of the organisation, an account or a region is asked from here."""
    options = AwsConfig(**OPTIONS)
    with (
        clean_environment(),
        without_waiting(),
        recorded().replayed().in_place() as wire,
        workers(on, access_of(options, 4, Depth.METADATA), enter) as elsewhere,
    ):
        sources = open_accounts(options, STARTED, threads=4, elsewhere=elsewhere)
        outcome = scan(sources, judging(), started=STARTED, jobs=4)
        # Neither what was sent to workers nor what they yielded stays here, or memory would grow with the number of accounts.
        assert sum(type(one) in (task.Task, task.Ran) for one in gc.get_objects()) <= 4
    assert {call.service for _, call in wire.sent} <= {"organizations", "sts", "tagging"}
    return outcome


def test_a_worker_that_is_lost_mid_scan_changes_nothing_in_the_result(tmp_path, monkeypatch):
    estate = recorded()
    monkeypatch.setenv(RECORDING, str(written(estate, tmp_path / "recording")))
    deadly = tmp_path / "deadly"
    deadly.write_text(f"{estate.accounts[1]}\n")
    monkeypatch.setenv(DEADLY, str(deadly))
    with socket.socket() as other:
        # Another program, or another scan, has the port of dask's web server.
        with suppress(OSError):
            other.bind(("127.0.0.1", 8787))
            other.listen()
        outcome = away(Cluster(processes=2, threads=2))
    assert outcome.crashes == ()
    assert not deadly.exists()
    assert told(outcome.result) == told(scanned(estate.replayed()).result)


@contextmanager
def joined(address: str, work: Path, text: str) -> Iterator[str]:
    """A worker that joins with a `tierwise` of its own, which consists of a text; its address."""
    package = work / "tierwise"
    package.mkdir()
    (package / "__init__.py").write_text(text)
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny", "--no-dashboard", "--nthreads", "4"]
    words = {"PYTHONPATH": str(work), "PATH": os.environ["PATH"], "HOME": str(work)}
    with Client(address) as client, subprocess.Popen(command, env=words, cwd=work, stderr=subprocess.DEVNULL) as process:
        known = client.nthreads().keys()
        try:
            client.wait_for_workers(len(known) + 1, timeout=60)
            yield next(iter(client.nthreads().keys() - known))
        finally:
            process.terminate()


def test_a_worker_of_another_version_that_joins_mid_scan_reads_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "WAIT", 1)
    estate, options, asked = recorded(), AwsConfig(**OPTIONS), tmp_path / "asked"

    def scan_by(elsewhere: Elsewhere, kept: list[KeptUnit]) -> tuple[Outcome, ScannerError | None]:
        sources = open_accounts(options, STARTED, threads=4, elsewhere=elsewhere)
        outcome = scan(sources, judging(), started=STARTED, jobs=4, checkpoint=Checkpoint("run", kept.extend, print, every=0))
        assert outcome.crashes == ()
        (source,) = sources
        assert isinstance(source, Stoppable)
        return outcome, source.stopped

    with (
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(n_workers=2, processes=False, dashboard_address=None, scheduler_kwargs=dict(ANY_PORT), protocol="tcp") as own,
        clean_environment(),
        without_waiting(),
        estate.replayed().in_place(),
        workers(Cluster(own.scheduler_address), access_of(options, 4, Depth.METADATA)) as elsewhere,
        joined(own.scheduler_address, tmp_path, f"__version__ = '9.9.9'\nopen({str(asked)!r}, 'a').write('once\\n')\n") as other,
    ):
        # The ceiling is shared out: who joins reads in the place of one that has gone.
        own.scale(1)
        with Client(own.scheduler_address) as client:
            while len(client.nthreads()) > 2:
                pass
        whole: list[KeptUnit] = []
        outcome, stopped = scan_by(elsewhere, whole)
        assert asked.read_text() == "once\n"
        assert told(outcome.result) == told(scanned(estate.replayed()).result)
        assert stopped is None
        own.scale(0)
        with Client(own.scheduler_address) as client:
            while client.nthreads().keys() != {other}:
                pass
        kept: list[KeptUnit] = []
        outcome, stopped = scan_by(elsewhere, kept)
    assert isinstance(stopped, UsageError)
    assert str(stopped) == (
        f"no worker is left that runs this code: worker {other} has tierwise 9.9.9, and this is {__version__}:"
        f" install the same on all of them (pip install tierwise=={__version__})"
    )
    lost = [gap for gap in outcome.result.gaps if gap.detail == str(stopped)]
    assert {gap.service for gap in lost} == set(SERVICES)
    assert all(gap.kinds for gap in lost)
    # What nobody has read is not kept as read: a scan that goes on reads it.
    assert {one.name for one in kept} < {one.name for one in whole}
    assert not any(service in one.name for one in kept for service in SERVICES)


def test_where_the_credentials_of_a_worker_expire_the_scan_stops_and_goes_on_to_the_same_end():
    estate, options, own, lasting = recorded(), AwsConfig(**OPTIONS), count(1), [3]

    def expired(call: Call) -> Answer | None:
        """The caller's credentials, where they are a worker's and so many calls were made with them."""
        try:
            get_worker()
        except ValueError:
            return None
        return refusal(call, "ExpiredToken", status=403) if call.account == HOME and next(own) > lasting[0] else None

    def scan_by(scheduler: str, kept: list[KeptUnit], earlier: Sequence[KeptUnit] = ()) -> tuple[Outcome, ScannerError | None]:
        with workers(Cluster(scheduler), access_of(options, 4, Depth.METADATA)) as elsewhere:
            (source,) = open_accounts(options, STARTED, threads=4, elsewhere=elsewhere)
            outcome = scan([source], judging(), started=STARTED, jobs=4, checkpoint=checkpoint_in(kept, earlier))
            assert outcome.crashes == ()
            assert isinstance(source, Stoppable)
            return outcome, source.stopped

    with (
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(n_workers=1, processes=False, dashboard_address=None, scheduler_kwargs=dict(ANY_PORT), protocol="tcp") as own_cluster,
        clean_environment(),
        without_waiting(),
        estate.replayed(expired).in_place(),
    ):
        kept: list[KeptUnit] = []
        _, stopped = scan_by(own_cluster.scheduler_address, kept)
        assert isinstance(stopped, CredentialsError)
        (where,) = [one.address for one in own_cluster.workers.values()]
        assert str(stopped).splitlines()[0] == f"worker {where}: the AWS credentials have expired (ExpiredToken)"
        # They are renewed there, and the worker is still the same.
        lasting[0] = 1 << 30
        earlier = [replace(one, items=zlib.compress(one.items)) for one in kept]
        assert earlier
        outcome, stopped = scan_by(own_cluster.scheduler_address, [], earlier)
    assert stopped is None
    assert told(outcome.result) == told(scanned(estate.replayed()).result)


def test_no_more_workers_read_at_once_than_those_among_which_the_ceiling_was_shared_out():
    there = {"tcp://b:1": 1, "tcp://c:1": 1}

    class Scheduler:
        def nthreads(self) -> dict[str, int]:
            return there

    fleet = Fleet(Scheduler(), (), enter, 1, tuple(there))  # type: ignore[arg-type]
    there["tcp://a:1"] = 1
    assert fleet._right() == ["tcp://b:1", "tcp://c:1"]
    del there["tcp://b:1"]
    assert fleet._right() == ["tcp://c:1", "tcp://a:1"]
    there["tcp://b:1"] = 1
    assert fleet._right() == ["tcp://c:1", "tcp://a:1"]
    there.clear()
    assert fleet._right() is None, "a task waits for the first that comes back, whoever it is"


def test_builds_of_one_version_are_told_apart_by_their_code():
    version, _, code = build().partition("+")
    assert (version, len(code)) == (__version__, 12)
    assert unlike("tcp://x:1", f"{version}+aaa", f"{version}+bbb").startswith(
        f"worker tcp://x:1 has tierwise {version} of other code (aaa), and this is {version} (bbb): install the same"
    )
    assert "has no tierwise, and this is" in unlike("tcp://x:1", "", build())


def test_what_is_no_cluster_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(cluster, "WAIT", 1)
    access = access_of(AwsConfig(), 4, Depth.METADATA)

    def refused(address: str, lines: int = 2) -> str:
        with pytest.raises(UsageError) as error, workers(Cluster(address), access):
            pass
        assert len(str(error.value).splitlines()) == lines
        return str(error.value)

    assert "no scheduler answers at tcp://127.0.0.1:9" in refused("tcp://127.0.0.1:9")
    assert "no scheduler answers at nonsense://x" in refused("nonsense://x")
    with (
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(n_workers=0, processes=False, dashboard_address=None, scheduler_kwargs=dict(ANY_PORT), protocol="tcp") as own,
    ):
        assert "has no worker" in refused(own.scheduler_address)
        own.scale(1)
        own.wait_for_workers(1)
        with Client(own.scheduler_address) as client:
            # What waits for workers that are gone is given to others.
            reach = Reach(HOME, "aws", STARTED, REGIONS[0])
            assert Fleet(client, (), enter, 0.1).sent(Task(reach, REGIONS[0], "sqs", 0), b"", ["tcp://127.0.0.1:9"]) is None
        monkeypatch.setattr(cluster, "build", lambda: "9.9.9+0")
        assert "and this is 9.9.9: install the same on all of them (pip install tierwise==9.9.9)" in refused(own.scheduler_address, lines=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scheduler", "tcp://x:1"), "--scheduler speaks of a cluster; add --executor dask"),
        (("--processes", "2"), "--processes speaks of a cluster"),
        (("--executor", "dask", "--scheduler", "tcp://x:1", "--processes", "2"), "leave --processes out"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, said, tierwise):
    tierwise("scan", "aws", "--store", "none", *words).complains(2, said)
