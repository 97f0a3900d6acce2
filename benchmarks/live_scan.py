"""A live scan beside a bare boto3 thread pool that makes the same calls: time, requests, peak memory.

    python -m benchmarks.live_scan [--buckets 300] [--delay 30] [--rounds 5] [--threads 24]

Both run as whole processes, in turn, through a counting proxy that adds the delay and replays answers, so that the emulator is not the bottleneck.
The bare pool has one session and shared clients, and does nothing with the answers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.bench import BIN, SHARED, Ran, aws_environment, emulator, free_port, process, proxy_counts, proxy_reset, run, seed

REGION = "eu-west-2"


def record(out: Path, calls: Path, threads: int) -> None:
    """Run a scan in this process and write down each call: service, operation, region, parameters."""
    from tierwise.cli.main import cli
    from tierwise.connectors.aws import session

    made: list[tuple[str, str, str, Mapping[str, Any]]] = []
    lock = threading.Lock()
    make = session.Account._make

    def recording(self: session.Account, service: str, region: str) -> Any:
        client = make(self, service, region)

        def note(params: Mapping[str, Any], model: Any, **_: object) -> None:
            with lock:
                made.append((service, model.name, region, dict(params)))

        client.meta.events.register("provide-client-params.*.*", note)
        return client

    session.Account._make = recording  # type: ignore[method-assign]
    arguments = ["scan", "aws", "--region", REGION, "--endpoint-compat", "-q", "--jobs", str(threads), "--format", f"json={out}"]
    try:
        cli.main(arguments, standalone_mode=False)
    except SystemExit:
        pass
    finally:
        calls.write_text(json.dumps(made, default=str))


def bare(calls: Path, threads: int) -> None:
    """Make the recorded calls with one session, shared clients and a thread pool, and throw the answers away."""
    import boto3
    from botocore import xform_name
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    made = json.loads(calls.read_text())
    made = made[0] if made and isinstance(made[0][0], list) else made
    session = boto3.Session(region_name=REGION)
    config = Config(max_pool_connections=threads, retries={"max_attempts": 1})
    clients: dict[tuple[str, str], Any] = {}
    for service, _operation, region, _params in made:
        if (service, region) not in clients and service != "s3control":
            clients[service, region] = session.client(service, region_name=region, config=config)

    def one(call: Sequence[Any]) -> None:
        service, operation, region, params = call
        if service == "s3control":
            return
        try:
            getattr(clients[service, region], xform_name(operation))(**params)
        except (ClientError, BotoCoreError, ResponseParserError, ValueError):
            return

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, made))


def per_tier(calls: Sequence[Sequence[Any]], scan: Mapping[str, Any]) -> dict[str, list[int]]:
    """Calls that name a bucket, by the bucket's tier; listings and bulk reads are shared and counted apart."""
    tiers = {one["name"]: one["classification"]["tier"] for one in scan["resources"] if one["kind"] == "object-store"}
    counts = Counter(params["Bucket"] for _service, _operation, _region, params in calls if "Bucket" in params)
    found: dict[str, list[int]] = defaultdict(list)
    for name, tier in tiers.items():
        found[tier].append(counts[name])
    return found


def _say(name: str, runs: Sequence[Ran]) -> float:
    walls = sorted(one.wall for one in runs)
    print(
        f"{name:<12} wall {walls[0]:.2f} / {statistics.median(walls):.2f} / {walls[-1]:.2f} s   cpu {statistics.median(one.cpu for one in runs):.2f} s"
        f"   peak {max(one.peak_mb for one in runs):.0f} MB"
    )
    return statistics.median(walls)


def main() -> int:
    """Seed, warm, measure in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buckets", type=int, default=300)
    parser.add_argument("--delay", type=int, default=30, help="milliseconds added to each request")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=24)
    parser.add_argument("--record", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.record:
        record(chosen.record[0], chosen.record[1], chosen.threads)
        return 0
    if chosen.bare:
        bare(chosen.bare, chosen.threads)
        return 0
    with tempfile.TemporaryDirectory() as name, emulator() as target:
        folder = Path(name)
        seed(target, folder, "--buckets", str(chosen.buckets))
        port = free_port()
        proxy = (sys.executable, str(SHARED / "bench" / "countproxy.py"), str(port), str(target), str(chosen.delay), "cache")
        with process(*proxy, port=port):
            return measure(folder, port, chosen)


def measure(folder: Path, port: int, chosen: argparse.Namespace) -> int:
    """One warm recording, then both in turn."""
    env = aws_environment(port, folder)
    env["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    out, calls = folder / "out.json", folder / "calls.json"
    threads = str(chosen.threads)
    me = [sys.executable, "-m", "benchmarks.live_scan", "--threads", threads]
    warm = run([*me, "--record", str(out), str(calls)], env)
    if not out.exists():
        print(warm.stderr, file=sys.stderr)
        return 2
    made = json.loads(calls.read_text())
    scan = json.loads(out.read_text())
    command = [
        str(BIN / "tierwise"),
        "scan",
        "aws",
        "--region",
        REGION,
        "--endpoint-compat",
        "-q",
        "--jobs",
        threads,
        "--format",
        f"json={out}",
    ]
    ours: list[Ran] = []
    floor: list[Ran] = []
    requests: Mapping[str, Any] = {}
    made_by_floor = 0
    for _ in range(chosen.rounds):
        proxy_reset(port)
        ours.append(run(command, env))
        requests = proxy_counts(port)
        proxy_reset(port)
        floor.append(run([*me, "--bare", str(calls)], env))
        made_by_floor = proxy_counts(port)["total"]
        if floor[-1].code:
            print(floor[-1].stderr, file=sys.stderr)
            return 2
    print(f"{len(scan['resources'])} resources, {chosen.buckets} buckets, {chosen.delay} ms, {threads} threads, medians of {chosen.rounds}")
    print(
        f"requests {requests['total']}, most in flight {requests['max_inflight']}; calls recorded {len(made)}, made by the bare pool {made_by_floor}"
    )
    mine, base = _say("tierwise", ours), _say("bare pool", floor)
    print(f"ratio of medians {mine / base:.2f}")
    for tier, counts in sorted(per_tier(made, scan).items()):
        print(f"calls per bucket at {tier}: mean {statistics.mean(counts):.1f}, most {max(counts)} ({len(counts)} buckets)")
    shared = sum(
        1
        for service, _operation, _region, params in made
        if service in {"s3", "s3control", "resourcegroupstaggingapi"} and "Bucket" not in params
    )
    print(f"shared calls (listing, tags in bulk, account switch): {shared}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
