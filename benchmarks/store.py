"""The store at scale: a made-up estate kept twice, one resource in a hundred changed, then asked what history and diff ask.

`python -m benchmarks.store [RESOURCES]` prints CPU and wall seconds of each step, the size of the store and the peak of memory.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from tests.reports.sample import bucket, classification, finding, result_of
from tierwise.model.finding import Finding, Findings, ScanResult, Sort, Verdict
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Tier
from tierwise.store.check import check
from tierwise.store.compare import comparison
from tierwise.store.connect import open_store
from tierwise.store.read import ages_of, find_run, find_series, history_of, times_of, trend_of
from tierwise.store.save import save

CONTROLS = 10
FIRST = "2026-01-05T09:00:00+00:00"


def estate(size: int, number: int) -> ScanResult:
    """Ten verdicts on each resource, two of them no pass; in the second run every hundredth resource has one more."""
    resources = tuple(bucket(f"store-{one}", f"arn:aws:s3:::store-{one}") for one in range(size))
    tiers = {one.id: classification(Tier(1 + at % 4)) for at, one in enumerate(resources)}
    models = [finding(control, Verdict.PASS) for control in range(CONTROLS)]

    def of(some: Iterable[tuple[int, Resource]]) -> Iterator[Finding]:
        for at, one in some:
            worse = (1, 2, 3) if number > 1 and at % 100 == 0 else (1, 2)
            for control, model in enumerate(models):
                verdict = (Verdict.UNKNOWN if control == 2 else Verdict.FAIL) if control in worse else Verdict.PASS
                yield structs.replace(model, fingerprint=f"{at:08x}-{control}", verdict=verdict, resource=one.id, tier=tiers[one.id].tier)

    rows = tuple(enumerate(resources))
    tally = Counter(map(Sort.of, of(rows)))
    made = result_of(())
    run = replace(made.run, id=f"run-{number}", started=FIRST.replace("05T", f"{4 + number:02}T"))
    return replace(made, run=run, resources=resources, classifications=tiers, findings=Findings((), tally, rows, of), gaps=())


def timed(what: str, work: Callable[[], Any]) -> Any:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    print(f"{what:<34} {time.process_time() - cpu:8.2f} s CPU {time.perf_counter() - wall:8.2f} s")
    return made


def main(size: int) -> None:
    print(f"{size:,} resources, {size * CONTROLS:,} verdicts, of which {size * 2:,} are no pass")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        store = open_store("", path, create=True)
        for number, what in enumerate(("the first run", "a run that changes 1 in 100", "a run that changes nothing"), 1):
            result = timed(f"make {what}", partial(estate, size, min(number, 2)))
            result = replace(result, run=replace(result.run, id=f"run-{number}", started=FIRST.replace("05T", f"{4 + number:02}T")))
            timed(f"save {what}", partial(save, store, result, series="bench", controls={}))
            del result
        with store.reading() as connection:
            timed("trend", lambda: trend_of(connection, 1))
            timed("ages", lambda: ages_of(connection, 1, datetime.fromisoformat(FIRST)))
            timed("times to fix", lambda: times_of(connection, 1))
            timed("history", lambda: history_of(connection, find_series(connection, "")))
            first, second = (find_run(connection, "", name) for name in ("first", "last"))
            found = timed("diff of the first and the last run", lambda: comparison(connection, first, second))
            print(f"{len(found.moves):,} findings moved")
        timed("check", lambda: check(store))
        print(f"{path.stat().st_size / 1e6:,.0f} MB; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
