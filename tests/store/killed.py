"""Scans of the recorded clouds by the command line, each in a process of its own that can be killed; and what is left of them."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from multiprocessing import util
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event, select

from tests.scan.clouds import ASKED, AnyRegion, comparable, sources
from tests.scan.estate import STARTED
from tests.scan.worlds import replay
from tierwise.catalogue.controls import Catalogue, load_catalogue
from tierwise.cli import main as entry
from tierwise.reports.base import View, report_named
from tierwise.store.connect import Store
from tierwise.store.tables import COVERAGE, DAY_COUNTS, DAY_TIERS, DAYS, FACTS, FINDINGS, GAPS, RESOURCES, RUNS, STANDINGS, UNKNOWNS

_FORK = multiprocessing.get_context("fork")
_OWN = frozenset({"run", "id", "finished", "series"})
"""What differs between two runs of the same: a database counts up the number of a series even where what took one was undone."""


@dataclass(frozen=True)
class Scan:
    """One scan: its directory, and where it is kept."""

    work: Path
    where: str

    def start(self, *more: str, prepare: Callable[[], None] = lambda: None) -> ForkProcess:
        """The process of a scan; `prepare` is done in it first."""
        process = _FORK.Process(target=_scan, args=(self.work, self.where, more, prepare, _ready()), daemon=True)
        process.start()
        return process

    def run(self, *more: str, prepare: Callable[[], None] = lambda: None) -> int:
        """A scan to its end: the exit code."""
        process = self.start(*more, prepare=prepare)
        process.join(120)
        assert process.exitcode is not None
        return process.exitcode

    @property
    def said(self) -> str:
        """What the last process wrote on its outputs."""
        return (self.work / "said").read_text()

    def report(self) -> Mapping[str, Any]:
        """What the scan's JSON tells but for ids and times."""
        assert (self.work / "report.html").read_text().rstrip().endswith("</html>")
        return comparable((self.work / "scan.json").read_text())


@cache
def _ready() -> Catalogue:
    """In the process that scans are forked from: the controls, and all that each scan would otherwise read, import and compile for itself."""
    for name in ("live", "keeping", "masking", "scan"):
        import_module(f"tierwise.cli.{name}")
    import_module("tierwise.store.prune")
    import_module("tierwise.store.save")
    result = replay().result
    for name in ("json", "html"):
        report_named(name).render(result, View())
    return load_catalogue()


def _scan(work: Path, where: str, more: tuple[str, ...], prepare: Callable[[], None], catalogue: Catalogue) -> None:
    """In the process: the command with the recording in the place of accounts, begun at the recording's time."""
    os.chdir(work)
    os.environ["TIERWISE_DATA"] = str(work / "data")
    out = os.open(work / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(out, number)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    patch("tierwise.connectors.aws.connect.open_accounts", lambda *_, **__: sources(AnyRegion())).start()
    patch("tierwise.cli.live.utc_now", lambda: STARTED).start()
    patch("tierwise.catalogue.controls.load_catalogue", lambda *_: catalogue).start()
    formats = ("--format", "json=scan.json", "--format", "html=report.html")
    sys.argv = ["tierwise", "scan", "aws", "--store", where, *formats, "--jobs", "2", "--gate", "full", "-q", *more]
    prepare()
    entry.main()


def killed_after(scan: Scan, seconds: float) -> None:
    """A scan that is killed after so many seconds, wherever it is then."""
    process = scan.start()
    time.sleep(seconds)
    process.kill()
    process.join()


def killed_at(scan: Scan, step: int) -> None:
    """A scan that is killed as it is about to take its so manieth step, of those that `steps_of` counts."""
    scan.start(prepare=partial(_count, step)).join()


def steps_of(scan: Scan) -> tuple[int, int]:
    """The exit code of a scan, and how many calls, statements, commits and files opened or renamed it takes."""
    code = scan.run(prepare=partial(_count, 0, scan.work / "steps"))
    return code, int((scan.work / "steps").read_text())


def _count(last: int, told: Path | None = None) -> None:
    """In the process: count steps, and end it with SIGKILL at the last; or write down how many there were."""
    count = itertools.count(1)

    def step(*_: Any, **__: Any) -> None:
        if next(count) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(name: str, _args: tuple[object, ...]) -> None:
        if name in ("open", "os.rename", ASKED):
            step()

    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, step)
    sys.addaudithook(watch)
    if told is not None:
        util.Finalize(None, lambda: told.write_text(str(next(count) - 1)), exitpriority=10)


def contents(store: Store) -> Mapping[str, Any]:
    """All that a store with one run holds, but for the run's id and when it ended."""
    held: dict[str, Any] = {}
    with store.reading() as connection:
        for table in (RUNS, FINDINGS, RESOURCES, FACTS, STANDINGS, DAYS, DAY_TIERS, DAY_COUNTS, GAPS, UNKNOWNS):
            columns = [column for column in table.c if column.name not in _OWN]
            held[table.name] = sorted(map(repr, connection.execute(select(*columns)).all()))
        reads: Counter[tuple[str, str]] = Counter()
        counted = select(COVERAGE.c.operation, COVERAGE.c.outcome, COVERAGE.c.count)
        for operation, outcome, count in connection.execute(counted):
            # Which project's scan reads the organisation's policies depends on who comes first.
            reads[operation, outcome] += count
        held["reads"] = reads
    return held
