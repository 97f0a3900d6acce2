"""A generated inventory judged and kept twice, one resource in a hundred changed, and what history and diff then cost.

    python -m benchmarks.million [--sizes 10000,100000,1000000]

Each size is an inventory of JSON Lines, judged as a whole process: by itself, again kept in a store with every resource and its findings
(what fails or is unknown; of what passes the store keeps the controls' names) as JSON Lines, and again with the changed inventory; each time
with nothing but what is said. Making the inventory is not measured. Prints for each step wall and CPU of all of its processes, the most memory
that they took together (proportional set sizes, looked at from time to time, and never less than the system's own figure for the first), and
the CPU per resource. The page's own time is told by the process that makes it (`benchmarks.clocked`), since judging takes longer one time than
another. Queries are asked of the store once each, by a process that has it open. What 1,000,000 resources must cost is then told as met or
NOT MET; the exit code is 1 where anything is not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.bench import BIN, Ran, run
from benchmarks.clocked import SAID
from tierwise.model.codec import INVENTORY_SCHEMA
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import FactSpec, FactType, find_spec
from tierwise.store.compare import comparison
from tierwise.store.connect import open_store
from tierwise.store.read import find_run, find_series, history_of, trend_of

CONTROLS: Final = ("ENC-0*", "ENC-1*", "EXP-0*", "EXP-1*", "LOG-02", "RES-01", "RES-02", "OWN-01", "OWN-03")
"""Of which each kind is asked about ten."""
KINDS: Final = (Kind.OBJECT_STORE, Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.QUEUE)
TIERS: Final = ("public", "internal", "personal", "special-category")
FACTS: Final = (
    "encryption.at_rest",
    "encryption.key_custody",
    "access.anonymous_read",
    "access.anonymous_write",
    "access.any_authenticated",
    "access.public_blocked",
    "network.public_endpoint",
    "network.ingress_any",
    "network.private_endpoint",
    "logging.data_read",
    "logging.data_write",
    "retention.backup_days",
    "recovery.point_in_time",
)
GOALS_AT: Final = 1_000_000


def lines(size: int, *, later: bool) -> Iterator[bytes]:
    """The inventory; in the later one every hundredth resource has other facts."""
    day = 12 if later else 5
    yield msgspec.json.encode({"schema": INVENTORY_SCHEMA, "started": f"2026-01-{day:02}T09:00:00+00:00"}) + b"\n"
    for number in range(size):
        chance = random.Random(number + size * (later and number % 100 == 0))
        kind = KINDS[number % len(KINDS)]
        resource: dict[str, Any] = {
            "id": f"arn:aws:{kind}:eu-west-2:{100000000000 + number % 300}:store-{number}",
            "kind": kind.value,
            "type": f"aws.{kind}",
            "provider": "aws",
            "account": str(100000000000 + number % 300),
            "region": "eu-west-2",
            "name": f"store-{number}",
            "address": None,
            "tags": {"data-classification": TIERS[number % 7 % 4], "owner": f"team-{number % 50}"},
            "facts": {spec.name: {"value": _value(spec, chance), "via": "made"} for spec in _specs(kind)},
            "links": [],
        }
        yield msgspec.json.encode({"resource": resource}) + b"\n"


def _specs(kind: Kind) -> list[FactSpec]:
    found = (find_spec(name) for name in FACTS)
    return [spec for spec in found if spec is not None and kind in spec.kinds]


def _value(spec: FactSpec, chance: random.Random) -> Any:
    match spec.type:
        case FactType.BOOL:
            return chance.random() < 0.8
        case FactType.ENUM:
            return chance.choice(spec.scale)
        case FactType.INT:
            return chance.choice((0, 7, 35, 90))
        case FactType.STRINGS:
            return []


@dataclass(frozen=True)
class Goal:
    """What must be less than something, and is or is not."""

    what: str
    figure: float
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether it is."""
        return self.figure < self.limit

    def __str__(self) -> str:
        return f"  {'met' if self.met else 'NOT MET':<8} {self.what}: {self.figure:,.1f} {self.unit} of {self.limit:,.0f} {self.unit}"


def told(what: str, ran: Ran, size: int) -> Ran:
    """One step's line; what went wrong where it did not end with a verdict."""
    wrong = "" if ran.code in (0, 1) else f"  exit {ran.code}: {ran.stderr[-300:]}"
    print(
        f"  {what:<34} {ran.wall:8.1f} s {ran.cpu:8.1f} s CPU {ran.peak_mb:8.0f} MB {ran.cpu / size * 1e6:6.0f} µs each{wrong}", flush=True
    )
    return ran


def measure(size: int, folder: Path) -> list[Goal]:
    """All steps for one size, and what came of the goals."""
    files = [folder / "first.jsonl", folder / "later.jsonl"]
    for later, file in enumerate(files):
        with file.open("wb") as out:
            out.writelines(lines(size, later=bool(later)))
    print(f"{size:,} resources, {files[0].stat().st_size / 1e6:,.0f} MB of JSON Lines", flush=True)
    chosen = [part for one in CONTROLS for part in ("--control", one)]
    env = {"PATH": os.environ["PATH"], "TIERWISE_DATA": str(folder / "data"), "HOME": str(folder), "TMPDIR": str(folder)}
    kept = [
        "--store",
        str(folder / "store.db"),
        "--series",
        "made",
        "--format",
        f"jsonl={folder / 'out.jsonl'}",
        "--findings",
        "fail,unknown",
    ]
    base = [str(BIN / "tierwise"), "scan", "inventory"]
    steps = [told("judged", run([*base, str(files[1]), "-q", *chosen], env, together=True), size)]
    for what, file in zip(("judged, written and kept", "the same with 1 in 100 changed"), files, strict=True):
        steps.append(told(what, run([*base, str(file), "-q", *chosen, *kept], env, together=True), size))
    with (folder / "out.jsonl").open("rb") as out:
        verdicts = json.loads(next(out))["summary"]["verdicts"]
        findings = sum(line.startswith(b'{"finding"') for line in out)
    print(f"  {sum(verdicts.values()) / size:.1f} verdicts a resource, {findings / size:.1f} of them findings", flush=True)
    clocked = [
        sys.executable,
        "-m",
        "benchmarks.clocked",
        *base[1:],
        str(files[1]),
        "-q",
        *chosen,
        "--format",
        f"html={folder / 'report.html'}",
    ]
    steps.append(told("judged, with the page", run(clocked, env, together=True), size))
    pages = [file.stat().st_size for file in (folder / "report.html", *(folder / "report-pages").glob("*.html")) if file.exists()]
    own = float(steps[-1].stderr.rpartition(SAID)[2])
    print(f"  the page by itself{own:25.1f} s; {len(pages)} files, the largest {max(pages, default=0) / 1e6:.2f} MB", flush=True)
    queries = asked(folder / "store.db")
    return [
        *(Goal(f"a step's exit code ({ran.code})", ran.code, 2, "") for ran in steps if ran.code not in (0, 1)),
        *(Goal("wall of a step", ran.wall, 600, "s") for ran in steps[:3]),
        Goal("memory of all processes", max(ran.peak_mb for ran in steps), 512, "MB"),
        *(Goal(what, seconds, 2, "s") for what, seconds in queries.items()),
        Goal("the page by itself", own, 60, "s"),
        Goal("the largest file of the page", max(pages, default=0) / 1e6, 2, "MB"),
    ]


def asked(path: Path) -> dict[str, float]:
    """How long each query takes."""
    store = open_store("", path)
    found: dict[str, float] = {}
    with store.reading() as connection:
        series = find_series(connection, "")
        for what, work in (
            ("trend", lambda: trend_of(connection, series.id)),
            ("history", lambda: history_of(connection, series)),
            ("diff", lambda: comparison(connection, find_run(connection, "", "first"), find_run(connection, "", "last"))),
        ):
            began = time.perf_counter()
            work()
            found[what] = time.perf_counter() - began
            print(f"  {what:<34} {found[what]:8.2f} s", flush=True)
    store.close()
    return found


def main() -> int:
    """Measure each size; 1 where a goal is not met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    goals: list[Goal] = []
    for size in map(int, parser.parse_args().sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            found = measure(size, Path(folder))
        if size >= GOALS_AT:
            print(*found, sep="\n", flush=True)
            goals += found
    return int(not all(goal.met for goal in goals))


if __name__ == "__main__":
    sys.exit(main())
