"""An organisation scanned on one core, on two, and by a cluster of two worker processes, beside a loop of single-account scans.

    python -m benchmarks.organisation [--accounts 30] [--delay 30] [--ways loop,one,two,dask]

The emulated organisation of the tests is recorded once; each way then replays it as a whole process, every answer after the delay (ms).
The ways that scan the organisation as one give the same verdicts (digest). A loop decides more: scanned alone, an account does not know that a trail
of another, which could not be read, may log its stores. Peak memory is that of the process, and of the largest worker.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

WAYS = ("loop", "one", "two", "dask")
ACCOUNTS, DELAY, RECORDING = "TIERWISE_ACCOUNTS", "TIERWISE_TEST_DELAY", "TIERWISE_TEST_RECORDING"


def record(to: Path) -> None:
    """Plant, scan and write the organisation down."""
    from tests.organisation.entering import written
    from tests.organisation.estate import recorded

    written(recorded(), to)


def run(way: str) -> None:
    """One way, in this process; its result as a line of JSON."""
    from tests.organisation.entering import in_place
    from tests.organisation.estate import STARTED
    from tests.organisation.scans import OPTIONS
    from tests.scan.worlds import judging
    from tierwise.config import AwsConfig
    from tierwise.connectors.aws.connect import access_of, open_accounts
    from tierwise.model.content import Depth
    from tierwise.scan import scan

    estate = in_place(os.environ[RECORDING])
    if way == "one" and sys.platform == "linux":
        os.sched_setaffinity(0, {0})
    options, jobs = AwsConfig(**OPTIONS), 24
    findings: list[str] = []
    workers_peak = 0
    if way == "loop":
        for account in estate.accounts:
            if account in estate.unreachable:
                continue
            own = AwsConfig(**{**OPTIONS, "organization": True, "accounts": (account,)})
            outcome = scan(open_accounts(own, STARTED, threads=jobs), judging(), started=STARTED, jobs=jobs)
            findings += _lines(outcome.result)
    elif way == "dask":
        from distributed import default_client

        from tests.organisation.entering import enter
        from tierwise.connectors.aws.cluster import Cluster, workers

        with workers(Cluster(processes=2, threads=jobs), access_of(options, jobs, Depth.METADATA), enter) as elsewhere:
            sources = open_accounts(options, STARTED, threads=jobs, elsewhere=elsewhere)
            outcome = scan(sources, judging(), started=STARTED, jobs=jobs)
            findings = _lines(outcome.result)
            peaks: dict[str, int] = default_client().run(_peak)
            workers_peak = max(peaks.values())
    else:
        outcome = scan(open_accounts(options, STARTED, threads=jobs), judging(), started=STARTED, jobs=jobs)
        findings = _lines(outcome.result)
    digest = hashlib.sha256("\n".join(sorted(findings)).encode()).hexdigest()[:12]
    print(json.dumps({"findings": len(findings), "digest": digest, "peak": _peak(), "worker": workers_peak}))


def _lines(result: Any) -> list[str]:
    return [f"{one.control} {one.resource} {one.verdict} {one.tier}" for one in result.findings if one.verdict in ("fail", "pass")]


def _peak() -> int:
    """Most memory of this process so far, in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Record, run each way in turn, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=30)
    parser.add_argument("--delay", type=float, default=30.0, help="milliseconds before each answer")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run or asked.record:
        run(asked.run) if asked.run else record(asked.record)
        return
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "recording"
        environment = {**os.environ, ACCOUNTS: str(asked.accounts), RECORDING: str(recording), DELAY: str(asked.delay)}
        me = [sys.executable, "-m", "benchmarks.organisation"]
        subprocess.run([*me, "--record", str(recording)], env={**environment, DELAY: "0"}, check=True)
        print(f"{asked.accounts} accounts, {asked.delay:g} ms before each answer")
        print(f"{'way':6}{'wall s':>9}{'CPU s':>9}{'peak MB':>10}{'worker MB':>11}{'verdicts':>10}  digest")
        for way in asked.ways.split(","):
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            ran = subprocess.run([*me, "--run", way], env=environment, check=True, capture_output=True, text=True)
            wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            told = json.loads(ran.stdout.splitlines()[-1])
            worker = f"{told['worker'] / 1024:.0f}" if told["worker"] else "-"
            print(f"{way:6}{wall:9.1f}{cpu:9.1f}{told['peak'] / 1024:10.0f}{worker:>11}{told['findings']:10}  {told['digest']}", flush=True)


if __name__ == "__main__":
    main()
