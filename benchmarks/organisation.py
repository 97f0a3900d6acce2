"""An organisation scanned on one core, on two, and by a cluster of two worker processes, beside a loop of single-account scans.

    python -m benchmarks.organisation [--accounts 30,120] [--delay 5] [--buckets 36] [--ways loop,one,two,dask,lost]

Six accounts are planted in an emulator by the bench's `seed_account.py` (74 stores each, unless `--buckets` says otherwise), and the others are twins of three of them (`benchmarks.replay`):
three accounts cannot be entered, one has a closed region, one throttles a service. Each way is the command as a whole process, every answer after the delay (ms), in two regions.
`lost` is `dask` with a worker killed by SIGKILL half way through. The ways that scan the organisation as one have to give the same verdicts (digest).
A loop decides more: scanned alone, an account does not know that a trail of another, which could not be read, may log its stores.
Peak memory is the most that one process held: the one that was started, and the largest worker.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.bench import BIN, aws_environment, children, emulator, free_port, process, proxy_counts, proxy_reset, seed, watched
from benchmarks.limits import lines_of
from benchmarks.replay import Plan

WAYS: Final = ("loop", "one", "two", "dask", "lost")
REGION, CLOSED = "eu-west-2", "eu-west-1"
PLANTED: Final = 6
"""The caller's account, one with a closed region, one that throttles, and three for which the others stand."""
UNREACHABLE: Final = 3
MOST_MB: Final = 300
GROWTH: Final = 1.1
"""Memory that is the same but for this much counts as unchanged."""


@dataclass(slots=True)
class Ran:
    """What one way came to."""

    code: int
    wall: float
    cpu: float
    calls: int
    new: int
    """Calls that the replay had not kept: they waited for the emulator."""
    peak: float
    """MB of the process that was started."""
    worker: float
    """MB of the largest worker; 0 where there is none."""
    lines: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """What tells one set of verdicts from another."""
        return hashlib.sha256("\n".join(sorted(self.lines)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the ways run: the replay's port, a folder, and the accounts that can be entered by themselves."""

    port: int
    folder: Path
    accounts: Sequence[str]

    def scan(self, *words: str, one_core: bool = False, victim_at: int = 0) -> Ran:
        """One scan as a whole process; `victim_at`: a worker is killed after so many calls."""
        into = self.folder / "scan.jsonl"
        into.unlink(missing_ok=True)
        command = [str(BIN / "tierwise"), "scan", "aws", "--external-id", "x1", "--region", REGION, "--region", CLOSED, "--endpoint-compat"]
        command += [
            "--fail-on",
            "none",
            "--quiet",
            "--format",
            f"jsonl={into}",
            "--store",
            str(self.folder / f"{time.monotonic_ns()}.db"),
            *words,
        ]
        proxy_reset(self.port)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        pinned = ["taskset", "--cpu-list", "0"] if one_core else []
        environment = aws_environment(self.port, self.folder)
        with (
            subprocess.Popen([*pinned, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child,
            watched(child.pid) as seen,
            self._killing(child.pid, victim_at),
        ):
            said = child.communicate()[1]
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if not into.exists():
            raise RuntimeError(f"{' '.join(command)}\nended with {child.returncode}: {said.strip()[-500:]}")
        counts = proxy_counts(self.port)
        findings = lines_of(into)["findings"]
        lines = [
            f"{one['control']} {one['resource']} {one['verdict']} {one['tier']}" for one in findings if one["verdict"] in ("fail", "pass")
        ]
        own = seen.pop(child.pid, 0.0)
        return Ran(child.returncode, wall, cpu, counts["total"], counts["new"], own, max(seen.values(), default=0.0), lines)

    @contextmanager
    def _killing(self, pid: int, victim_at: int) -> Iterator[None]:
        done = threading.Event()

        def kill() -> None:
            while not done.wait(0.1):
                workers = [one for one in children(pid) if is_worker(one)]
                if workers and proxy_counts(self.port)["total"] >= victim_at:
                    os.kill(workers[0], signal.SIGKILL)
                    return

        if victim_at:
            threading.Thread(target=kill, daemon=True).start()
        try:
            yield
        finally:
            done.set()


def is_worker(pid: int) -> bool:
    """Whether a process is one of the cluster's, and not the one that looks after shared memory."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def organisation(folder: Path, accounts: int, buckets: int, delay: float) -> Iterator[Place]:
    """The emulated organisation, planted and asked once, behind the replay."""
    import boto3

    with emulator() as upstream:
        seed(upstream, folder, "--accounts", str(PLANTED), "--organization", "--buckets", str(buckets), "--region", REGION)
        base = boto3.Session("testing", "testing", region_name=REGION)
        there: Any = base.client("organizations", endpoint_url=f"http://127.0.0.1:{upstream}")
        planted = json.loads((folder / "truth.json").read_text())["accounts"]
        others = [
            there.create_account(Email=f"twin{number}@example.org", AccountName=f"twin-{number}")["CreateAccountStatus"]["AccountId"]
            for number in range(accounts - PLANTED)
        ]
        twins = {account: planted[3 + number % 3] for number, account in enumerate(others)}
        marks = {account: f"-{account[-4:]}-" for account in planted} | {
            account: f"-t{number:03d}-" for number, account in enumerate(others)
        }
        plan = Plan(planted[0], twins, marks, frozenset(others[-UNREACHABLE:]), planted[1], CLOSED, planted[2], delay / 1000)
        port = free_port()
        with replayed(port, upstream, plan, folder):
            place = Place(port, folder, [one for one in (*planted, *others) if one not in plan.unreachable])
            # What the planted accounts answer is asked of the emulator once, which takes it much longer than any way.
            place.scan("--organization", *(word for one in planted for word in ("--account", one)))
            yield place


@contextmanager
def replayed(port: int, upstream: int, plan: Plan, folder: Path) -> Iterator[None]:
    """The replay as a process of its own."""
    told = folder / "plan.json"
    told.write_text(json.dumps({**asdict(plan), "unreachable": sorted(plan.unreachable)}))
    with process(sys.executable, "-m", "benchmarks.replay", str(port), str(upstream), str(told), port=port):
        yield


def ways(place: Place, names: Sequence[str]) -> Mapping[str, Ran]:
    """Each way in turn, a line for each."""
    found: dict[str, Ran] = {}
    for name in names:
        match name:
            case "loop":
                every = [place.scan("--role-arn", f"arn:aws:iam::{one}:role/tierwise-scan") for one in place.accounts]
                found[name] = Ran(
                    code=max(one.code for one in every),
                    wall=sum(one.wall for one in every),
                    cpu=sum(one.cpu for one in every),
                    calls=sum(one.calls for one in every),
                    new=sum(one.new for one in every),
                    peak=max(one.peak for one in every),
                    worker=0.0,
                    lines=[line for one in every for line in one.lines],
                )
            case "one" | "two":
                found[name] = place.scan("--organization", one_core=name == "one")
            case _:
                half = found["dask"].calls // 2 if name == "lost" else 0
                found[name] = place.scan("--organization", "--executor", "dask", "--processes", "2", victim_at=half)
        say(name, found[name])
    return found


def say(name: str, ran: Ran) -> None:
    """A line of figures."""
    worker = f"{ran.worker:.0f}" if ran.worker else "-"
    print(
        f"{name:6}{ran.code:>5}{ran.wall:9.1f}{ran.cpu:9.1f}{ran.calls:9,}{ran.new:6,}{ran.peak:9.0f}{worker:>11}{len(ran.lines):10,}  {ran.digest}",
        flush=True,
    )


def main() -> int:
    """Plant, run each way in turn, and say whether what has to hold does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", default="30", help="one number, or several, whose memory is compared")
    parser.add_argument("--buckets", type=int, default=36, help="of each account; the rest follows from it")
    parser.add_argument("--delay", type=float, default=5.0, help="milliseconds before each answer")
    parser.add_argument("--ways", default=",".join(WAYS))
    asked = parser.parse_args()
    sizes, names = [int(one) for one in asked.accounts.split(",")], asked.ways.split(",")
    found: dict[int, Mapping[str, Ran]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            began = time.monotonic()
            with organisation(Path(name), size, asked.buckets, asked.delay) as place:
                print(
                    f"\n{size} accounts, {asked.delay:g} ms before each answer; {time.monotonic() - began:.0f} s to plant and ask {PLANTED} of them"
                )
                print(
                    f"{'way':6}{'code':>5}{'wall s':>9}{'CPU s':>9}{'calls':>9}{'new':>6}{'peak MB':>9}{'worker MB':>11}{'verdicts':>10}  digest"
                )
                found[size] = ways(place, names)
    met = list(goals(found))
    for text, held in met:
        print(f"{'met    ' if held else 'NOT MET'}  {text}")
    for text in grown(found):
        print(f"told     {text}")
    return int(not all(held for _, held in met))


def goals(found: Mapping[int, Mapping[str, Ran]]) -> Iterator[tuple[str, bool]]:
    """What has to hold, and whether it does."""
    first = min(found)
    for size, ran in found.items():
        whole = {name: one for name, one in ran.items() if name != "loop"}
        yield (
            f"{size} accounts: {', '.join(whole)} give the same verdicts and exit code 3",
            len({(one.digest, one.code) for one in whole.values()}) == 1,
        )
        for name, one in whole.items():
            most = one.worker or one.peak
            yield f"{size} accounts, {name}: {most:.0f} MB of {MOST_MB} MB in a worker", most <= MOST_MB
            if one.worker:
                yield f"{size} accounts, {name}: {one.peak:.0f} MB of {MOST_MB} MB in the process that was started", one.peak <= MOST_MB
            if size != first and name in found[first]:
                before = found[first][name]
                was = before.worker or before.peak
                yield f"{name}: {was:.0f} MB in a worker at {first} accounts, {most:.0f} MB at {size}", most <= was * GROWTH


def grown(found: Mapping[int, Mapping[str, Ran]]) -> Iterator[str]:
    """How the process grows that sends tasks to workers and is none: it holds what may still be read of each resource."""
    first = min(found)
    for size, ran in found.items():
        for name, one in ran.items():
            if one.worker and size != first and name in found[first]:
                was = found[first][name].peak
                each = (one.peak - was) / (size - first)
                yield f"{name}: {was:.0f} MB in the process that was started at {first} accounts, {one.peak:.0f} MB at {size}: {each:.2f} MB an account"


if __name__ == "__main__":
    sys.exit(main())
