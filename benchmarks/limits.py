"""The memory limit of the CronJob and the time budget of the function, held against an emulated organisation of two thousand stores.

    python -m benchmarks.limits [--accounts 30] [--buckets 36] [--leg SECONDS]    (Linux, as root or with delegated control groups)

The estate is planted by the bench's `seed_account.py --organization`. The commands, limits and budgets are those of the recipes under `deploy/`. A control group stands for the container or the function: memory without
swap, and for the function as much of a processor as its memory buys (AWS Lambda developer guide, "Configure Lambda function memory": 1,769 MB have the equivalent of one vCPU).
The function runs whole first, then in legs of `--leg` seconds: half of what the whole took, and no less than half a minute, if not given. All three ways have to see the same and to judge it alike.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.bench import BIN, ROOT, SHARED, Ran, aws_environment, emulator, run, seed
from benchmarks.decision_quality import report
from tests.recipes.scheduled import command
from tierwise.model.resource import HELD

REGION = "eu-west-2"
STORES = 2_000
LEAST = 30
"""Seconds of a leg: one of less than twenty after it has begun does not count as one in which a unit failed."""
SHOWN = 20
"""Verdicts that are shown of those that two ways do not share."""
VCPU_MB = 1_769
"""MB of a function's memory that come with one processor."""
V1, V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
PERIOD = 100_000
"""Microseconds after which a share of a processor is handed out anew (kernel documentation, "CFS Bandwidth Control")."""
INVOKE = """
import json, sys, time
names = {{}}
exec(compile(open({handler!r}).read(), "handler.py", "exec"), names)
end = time.monotonic() + {seconds}
class Context:
    def get_remaining_time_in_millis(self):
        return (end - time.monotonic()) * 1000
print(json.dumps(names["handler"]({{}}, Context())), file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Confined:
    """A control group: how to run in it, and what it has used."""

    folders: tuple[Path, ...]

    def command(self, words: Sequence[str]) -> list[str]:
        """The command as one that enters the group first."""
        entering = "".join(f"echo $$ > {folder / 'cgroup.procs'}; " for folder in self.folders)
        return ["/bin/sh", "-c", f'{entering}exec "$@"', "sh", *words]

    @property
    def killed(self) -> int:
        """How many processes the kernel has ended for want of memory."""
        for name in ("memory.events", "memory.oom_control"):
            if (told := self.folders[0] / name).exists():
                return int((re.search(r"^oom_kill (\d+)", told.read_text(), re.MULTILINE) or ["", "0"])[1])
        raise FileNotFoundError(f"{self.folders[0]} does not tell what was ended for want of memory")


@contextmanager
def confined(megabytes: int, processors: float | None = None) -> Iterator[Confined]:
    """A control group of version 1 or 2 with so much memory and no swap, which is gone afterwards."""
    name = f"tierwise-{os.getpid()}-{time.monotonic_ns()}"
    limit = megabytes << 20
    if V1.is_dir():
        memory, cpu = V1 / name, V1.parent / "cpu" / name
        values: list[tuple[Path, str, int | str]] = [
            (memory, "memory.limit_in_bytes", limit),
            (memory, "memory.memsw.limit_in_bytes", limit),
        ]
        if processors is not None:
            values += [(cpu, "cpu.cfs_period_us", PERIOD), (cpu, "cpu.cfs_quota_us", int(PERIOD * processors))]
        folders: tuple[Path, ...] = (memory, cpu) if processors is not None else (memory,)
    else:
        folders = (V2 / name,)
        values = [(V2 / name, "memory.max", limit), (V2 / name, "memory.swap.max", 0)]
        if processors is not None:
            values.append((V2 / name, "cpu.max", f"{int(PERIOD * processors)} {PERIOD}"))
    made: list[Path] = []
    try:
        for folder in folders:
            folder.mkdir()
            made.append(folder)
        for folder, file, value in values:
            if (folder / file).exists() or ("swap" not in file and "memsw" not in file):
                (folder / file).write_text(str(value))
        yield Confined(folders)
    finally:
        for folder in made:
            folder.rmdir()


def limits() -> tuple[int, int, int]:
    """MB of the CronJob, MB and seconds of the function, as the recipes say."""
    job = (ROOT / "deploy/kubernetes/cronjob.yaml").read_text()
    function = (ROOT / "deploy/lambda/template.yaml").read_text()
    found = re.search(r"limits:\s+memory: (\d+)Mi", job), re.search(r"MemorySize: (\d+)", function), re.search(r"Timeout: (\d+)", function)
    memory, size, seconds = (int(one[1]) if one else 0 for one in found)
    return memory, size, seconds


def allocator() -> dict[str, str]:
    """What the image tells the C library's allocator."""
    return dict(re.findall(r"(MALLOC_\w+)=(\d+)", (ROOT / "deploy/container/Containerfile").read_text()))


def lines_of(path: Path) -> dict[str, list[Any]]:
    """The resources and findings of a scan that was written as lines; none where it was not."""
    found: dict[str, list[Any]] = {"resources": [], "findings": []}
    for line in path.read_text().splitlines() if path.exists() else ():
        for name, one in json.loads(line).items():
            if name in ("resource", "finding"):
                found[f"{name}s"].append(one)
    return found


def told(ran: Ran, folder: Path, confined_to: Confined) -> dict[str, Any]:
    """What a scan has written, its verdicts as lines, and a digest of them."""
    scan = lines_of(folder / "scan.jsonl")
    lines = sorted(f"{one['control']} {one['resource']} {one['verdict']} {one['tier']}" for one in scan.get("findings", ()))
    stores = sum(one["kind"] in HELD for one in scan.get("resources", ()))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
    return {
        "name": folder.name,
        "code": ran.code,
        "killed": confined_to.killed,
        "stores": stores,
        "verdicts": lines,
        "digest": digest,
        "scan": scan,
    }


def say(name: str, ran: Ran, found: dict[str, Any], note: str) -> None:
    """A line of figures."""
    print(
        f"{name:<22} exit {found['code']}, {found['stores']} stores, {len(found['verdicts'])} verdicts {found['digest']}, {ran.wall:.1f} s wall, {ran.cpu:.1f} s CPU,"
        f" peak {ran.peak_mb:.0f} MB; {note}",
        flush=True,
    )


def main() -> int:
    """Plant, scan in each way, and say whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=30)
    parser.add_argument("--buckets", type=int, default=36, help="of each account; the rest follows from it")
    parser.add_argument("--leg", type=int, help="seconds of each leg, beside what the handler leaves for the end")
    asked = parser.parse_args()
    memory, size, seconds = limits()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name, emulator() as port:
        folder = Path(name)
        truth = seed(port, folder, "--accounts", str(asked.accounts), "--organization", "--buckets", str(asked.buckets), "--region", REGION)
        job = _job(folder / "job", port, memory, wrong)
        whole, _ = _function(folder / "whole", port, size, seconds, seconds, wrong)
        legs, count = _function(folder / "legs", port, size, asked.leg or max(LEAST, int(whole["longest"] / 2)), seconds, wrong)
    if not job["stores"] >= STORES:
        wrong.append(f"the estate has {job['stores']} stores, not {STORES}")
    if count < 2:
        wrong.append("the scan ended in its first leg; make --leg shorter")
    if len({one["digest"] for one in (job, whole, legs)}) != 1:
        wrong.append("the three ways do not judge alike")
        for first, second in ((job, whole), (whole, legs)):
            for line in sorted(set(first["verdicts"]) ^ set(second["verdicts"]))[:SHOWN]:
                print(f"{(first if line in first['verdicts'] else second)['name']} alone: {line}")
    print("planted weaknesses, as decision_quality counts them:")
    report(truth, job["scan"], yaml.safe_load((SHARED / "bench" / "weakness_map.yaml").read_text()))
    for one in wrong:
        print(f"NOT MET: {one}")
    if not wrong:
        print("all limits hold")
    return int(bool(wrong))


def _job(folder: Path, port: int, memory: int, wrong: list[str]) -> dict[str, Any]:
    """The CronJob's command within its memory."""
    folder.mkdir()
    words = [one.replace("/data/", f"{folder}/") for one in command("kubernetes")]
    with confined(memory) as group:
        confining = group.command([str(BIN / "tierwise"), *words, "--region", REGION, "--endpoint-compat"])
        ran = run(confining, {**aws_environment(port, folder), **allocator()}, apart=True)
        found = told(ran, folder, group)
    say("CronJob", ran, found, f"within {memory} MiB")
    if found["killed"] or found["code"] not in (0, 3):
        wrong.append(f"the CronJob's scan ended with {found['code']} within {memory} MiB: {ran.stderr.strip()[-300:]}")
    return found


def _function(folder: Path, port: int, size: int, leg: int, budget: int, wrong: list[str]) -> tuple[dict[str, Any], int]:
    """The function's handler, invoked until the scan has ended; also how many legs that took."""
    folder.mkdir()
    share = size / VCPU_MB
    words = [*command("lambda")[1:-2], "--region", REGION, "--endpoint-compat", "--quiet", "--format", f"jsonl={folder / 'scan.jsonl'}"]
    environment = {
        **aws_environment(port, folder),
        **allocator(),
        "TIERWISE_SCAN": " ".join(words),
        "TIERWISE_STORE": str(folder / "store.db"),
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
    handler = str(ROOT / "deploy/lambda/handler.py")
    left = int((re.search(r"^LEFT = (\d+)", Path(handler).read_text(), re.MULTILINE) or ["", "0"])[1])
    legs, wall, cpu, peak, longest = 0, 0.0, 0.0, 0.0, 0.0
    seconds = budget if leg == budget else leg + left
    with confined(size, share) as group:
        while True:
            legs += 1
            ran = run(group.command([sys.executable, "-c", INVOKE.format(handler=handler, seconds=seconds)]), environment, apart=True)
            wall, cpu, peak, longest = wall + ran.wall, cpu + ran.cpu, max(peak, ran.peak_mb), max(longest, ran.wall)
            said = json.loads(ran.stderr.strip().splitlines()[-1]) if ran.code == 0 else {"ended": True, "code": ran.stderr[-300:]}
            if said["ended"] or legs > 60:
                break
        found = told(ran, folder, group)
    found |= {"code": said["code"], "longest": longest}
    total = Ran(ran.code, wall, cpu, peak, ran.stderr)
    say(f"function, {legs} leg(s)", total, found, f"within {size} MB, {share:.2f} processors, {seconds} s a leg (longest {longest:.0f} s)")
    if found["killed"] or found["code"] not in (0, 3):
        wrong.append(f"the function's scan ended with {found['code']} within {size} MB")
    if longest > seconds:
        wrong.append(f"a leg took {longest:.0f} s of {seconds}")
    return found, legs


if __name__ == "__main__":
    sys.exit(main())
