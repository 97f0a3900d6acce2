"""A scan whose services are listed and whose resources are read by other processes tells what one process tells."""

from __future__ import annotations

import pickle
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.scan.clouds import AnyRegion, checkpoint_in, told
from tests.scan.estate import ACCOUNT, STARTED
from tests.scan.worlds import judging, source
from tierwise.connectors.aws.collectors import collectors
from tierwise.connectors.aws.session import Access
from tierwise.connectors.aws.source import AwsAccount, AwsScope, AwsSource
from tierwise.connectors.aws.task import Ran, Task
from tierwise.connectors.aws.worker import Worker
from tierwise.connectors.rescan import Rescan
from tierwise.scan import scan
from tierwise.store.units import KeptUnit


class _Cluster:
    """Other processes: what goes to them and comes back is pickled, and each task may meet another one."""

    stopped = None

    def __init__(self, processes: int) -> None:
        self.stand: Any = AnyRegion()
        self.workers = [Worker(Access(frozenset()), enter=lambda reach, _: self.enter(reach.now)) for _ in range(processes)]
        self.tasks: list[Task] = []

    def enter(self, now) -> AwsAccount:
        return AwsAccount(ACCOUNT, self.stand, "aws", now, home=False)

    def __call__(self, task: Task) -> Ran:
        self.tasks.append(task)
        worker = self.workers[len(self.tasks) % len(self.workers)]
        found = pickle.loads(pickle.dumps(worker.run(pickle.loads(pickle.dumps(task)))))
        assert isinstance(found, Ran)
        return found

    def source(self) -> AwsSource:
        return AwsSource(AwsAccount(ACCOUNT, self.stand, "aws", STARTED), AwsScope(), self)


def test_other_processes_read_what_one_reads_and_make_as_many_calls():
    stand, cluster = AnyRegion(), _Cluster(1)
    wanted = scan([source(stand)], judging(), started=STARTED, jobs=1)
    found = scan([cluster.source()], judging(), started=STARTED, jobs=1)
    assert (wanted.crashes, found.crashes) == ((), ())
    assert told(found.result) == told(wanted.result)
    assert sorted(cluster.stand.asked) == sorted(stand.asked)
    assert {bool(task.asked) for task in cluster.tasks} == {True, False}
    listed = [task for task in cluster.tasks if not task.asked]
    assert len({(task.reach.account, task.region, task.collector) for task in listed}) == len(listed)


def test_it_matters_to_nobody_which_process_a_task_meets_and_what_was_kept_is_gone_on_with():
    wanted = told(scan([source(AnyRegion())], judging(), started=STARTED, jobs=1).result)
    kept: list[KeptUnit] = []
    cluster = _Cluster(3)
    assert told(scan([cluster.source()], judging(), started=STARTED, jobs=4, checkpoint=checkpoint_in(kept)).result) == wanted
    some = [one for one in kept if not one.below][::2]
    earlier = [replace(one, items=zlib.compress(one.items)) for one in some]
    again = _Cluster(2)
    assert told(scan([again.source()], judging(), started=STARTED, jobs=1, checkpoint=checkpoint_in([], earlier)).result) == wanted
    assert len(again.tasks) < len(cluster.tasks)


def test_what_an_earlier_scan_may_spare_is_read_by_the_process_that_knows_of_it():
    wanted = told(scan([source(AnyRegion())], judging(), started=STARTED, jobs=1).result)
    cluster, rescan = _Cluster(2), Rescan(timedelta(days=7), STARTED)
    account = AwsAccount(ACCOUNT, cluster.stand, "aws", STARTED)
    found = scan([AwsSource(account, AwsScope(), cluster, rescan=rescan)], judging(), started=STARTED, jobs=1)
    assert found.crashes == ()
    assert told(found.result) == wanted
    spared = {one.service for one in collectors() if one.history is not None}
    sent = {task.service for task in cluster.tasks}
    assert (len(spared), spared & sent, len(sent) > 10) == (3, set(), True)
    marked = {key for marks in rescan.marks.values() for key in marks}
    assert marked == {one.id for one in found.result.resources if one.type.partition(".")[0] in spared}
