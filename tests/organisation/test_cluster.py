"""Workers in other processes tell what one process tells, also where one of them is lost; what is no cluster is named in a line."""

from __future__ import annotations

import gc
import socket
from contextlib import suppress

import dask
import pytest
from distributed import LocalCluster

from tests.cli.conftest import *  # noqa: F403 - fixtures
from tests.organisation.entering import DEADLY, RECORDING, enter, written
from tests.organisation.estate import STARTED, clean_environment, recorded, without_waiting
from tests.organisation.scans import OPTIONS, scanned
from tests.scan.clouds import told
from tests.scan.worlds import judging
from tierwise.config import AwsConfig
from tierwise.connectors.aws import cluster, task
from tierwise.connectors.aws.cluster import ANY_PORT, Cluster, workers
from tierwise.connectors.aws.connect import access_of, open_accounts
from tierwise.errors import UsageError
from tierwise.model.content import Depth
from tierwise.scan import Outcome, scan


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


def test_what_is_no_cluster_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(cluster, "WAIT", 1)
    access = access_of(AwsConfig(), 4, Depth.METADATA)

    def refused(address: str) -> str:
        with pytest.raises(UsageError) as error, workers(Cluster(address), access):
            pass
        assert len(str(error.value).splitlines()) == 2
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
        monkeypatch.setattr(cluster, "__version__", "9.9.9")
        assert "and this is 9.9.9\ninstall the same on all of them: pip install tierwise==9.9.9" in refused(own.scheduler_address)


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
