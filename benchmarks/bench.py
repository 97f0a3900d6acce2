"""What the benchmarks share: the read-only bench material, an emulator on a free port, and a scan as a whole process."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("TIERWISE_SHARED", ROOT.parent / "shared"))
BIN = Path(sys.executable).parent


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int, seconds: float = 60.0) -> None:
    """Wait until something listens on a local port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


@contextmanager
def process(*command: str, port: int, **more: str) -> Iterator[None]:
    """A background process that listens on a port, ended at the end; `more` is what is added to its environment."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **more})
    try:
        wait_for(port)
        yield
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def emulator() -> Iterator[int]:
    """A moto server; yields its port. Its accounts have no public images, and no snapshots behind them, which no real account lists as its own (moto, "Configuration Options")."""
    port = free_port()
    with process(str(BIN / "moto_server"), "-p", str(port), port=port, MOTO_EC2_LOAD_DEFAULT_AMIS="false"):
        yield port


def aws_environment(port: int, home: Path) -> dict[str, str]:
    """An environment in which the SDK talks to a local port and to nothing else."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TIERWISE_DATA": str(home / "data"),
    }


def seed(port: int, folder: Path, *arguments: str) -> Mapping[str, Any]:
    """Fill the emulated account; returns the ground truth."""
    truth = folder / "truth.json"
    command = [sys.executable, str(SHARED / "bench" / "seed_account.py"), "--truth", str(truth), *arguments]
    ran = subprocess.run(command, env=aws_environment(port, folder), check=False, capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"the emulated account could not be filled: {ran.stderr.strip()[-500:]}")
    found: Mapping[str, Any] = json.loads(truth.read_text())
    return found


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished process: exit code, wall and CPU seconds with those that it started, and peak memory in MB: resident and its own, or, where it was watched, of all together."""

    code: int
    wall: float
    cpu: float
    peak_mb: float
    stderr: str


def run(command: Sequence[str], env: Mapping[str, str], *, together: bool = False, apart: bool = False) -> Ran:
    """Run a command as a whole process and measure it. `together`: its memory with that of the processes that it starts, which takes some of its time.

    `apart`: its memory, or that of the largest process that it starts, as each tells of itself: what the system tells afterwards is never less than what the
    process that began it had held (getrusage(2), ru_maxrss, begins at a fork and outlives an exec).
    """
    began = time.perf_counter()
    child = subprocess.Popen(command, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with ExitStack() as looking:
        peak = looking.enter_context(_summed(child.pid)) if together else [0.0]
        seen = looking.enter_context(watched(child.pid)) if apart else {}
        stderr = child.stderr.read() if child.stderr else ""
        _pid, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    # One process by itself is known to the page; several together by what was seen of them.
    most = max(seen.values(), default=0.0) if apart else max(usage.ru_maxrss / 1024, *peak)
    return Ran(child.returncode, wall, usage.ru_utime + usage.ru_stime, most, stderr)


@contextmanager
def meanwhile(look: Callable[[], None], pause: Callable[[], float]) -> Iterator[None]:
    """Look at something again and again until the context ends, each time after a pause of so many seconds."""
    done = threading.Event()

    def looking() -> None:
        while not done.wait(pause()):
            look()

    looker = threading.Thread(target=looking, daemon=True)
    looker.start()
    try:
        yield
    finally:
        done.set()
        looker.join()


@contextmanager
def watched(pid: int) -> Iterator[dict[int, float]]:
    """The most memory in MB that a process and each of its children held, as the system tells it while they run."""
    seen: dict[int, float] = {}

    def look() -> None:
        for one in (pid, *children(pid)):
            seen[one] = max(seen.get(one, 0.0), high_water(one))

    with meanwhile(look, lambda: 0.2):
        yield seen


def high_water(pid: int) -> float:
    """The most that a process has held, in MB (proc_pid_status(5), VmHWM); 0 where it has ended."""
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM:")), 0.0)


@contextmanager
def _summed(pid: int) -> Iterator[list[float]]:
    """The memory in MB of a process with its children, each time that there are any, as it was seen until the context ends: every tenth of a second at first, and less often the longer it takes."""
    seen, began = [0.0], time.monotonic()

    def look() -> None:
        if started := children(pid):
            seen.append(sum(map(_pss, (pid, *started))) / 1024)

    with meanwhile(look, lambda: 0.1 + (time.monotonic() - began) / 100):
        yield seen


def children(pid: int) -> list[int]:
    """The processes that the threads of a process have started and that have not ended."""
    try:
        return [int(one) for thread in Path(f"/proc/{pid}/task").iterdir() for one in (thread / "children").read_text().split()]
    except OSError:
        return []


def _pss(pid: int) -> int:
    """The proportional set size in kB (proc_pid_smaps(5)): pages that processes share are counted once over all of them. 0 where the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def proxy_counts(port: int) -> Mapping[str, Any]:
    """What the counting proxy has seen since it was last reset."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/__count", timeout=10) as answer:
        found: Mapping[str, Any] = json.load(answer)
    return found


def proxy_reset(port: int) -> None:
    """Clear the counting proxy."""
    urllib.request.urlopen(f"http://127.0.0.1:{port}/__reset", timeout=10).close()


def own_peak_mb() -> float:
    """Peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
