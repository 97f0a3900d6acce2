"""Plans of growing size: wall, CPU and peak memory of a whole scan, beside the decoding of the same file and, where it is installed, Checkov.

    python -m benchmarks.plan_scan [--sizes 100,1000,10000,100000] [--rounds 3] [--checkov-bin PATH] [--large 131000] [--piped 80000]

Two scans of each plan: `json` lists every verdict, `problems` only those that fail or stay open, as JSON Lines (a plan of 100,000 resources
has more verdicts than one JSON document lists). Two floors: `bare` decodes the file into dictionaries, `typed` into structs, both by
msgspec. `--large` is the number of resources of the plan with which memory is measured (131,000 make about 200 MB; 0 leaves it out); `--piped` that of the plan which comes as a file and through standard input.
Memory is that of both processes of a scan together, pages that they share counted once, as a run of its own shows it.
Each goal is printed beside its figure. Also prints how long `tierwise --help` takes beside a bare Python that starts and ends.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import BIN, SHARED, Ran, aws_environment, run

BARE = "import sys, msgspec, pathlib; msgspec.json.decode(pathlib.Path(sys.argv[1]).read_bytes())"
TYPED = """
import sys, pathlib, typing, msgspec
class Change(msgspec.Struct):
    actions: list[str]; before: typing.Any = None; after: typing.Any = None; after_unknown: typing.Any = None; after_sensitive: typing.Any = None
class Entry(msgspec.Struct):
    address: str; mode: str; type: str; name: str; change: Change; provider_name: str = ""
class Plan(msgspec.Struct):
    format_version: str; resource_changes: list[Entry]; configuration: dict[str, typing.Any]; planned_values: dict[str, typing.Any]
msgspec.json.decode(pathlib.Path(sys.argv[1]).read_bytes(), type=Plan)
"""
READ = """
import sys, pathlib
from tierwise.connectors.terraform.source import open_plans, resources
source = open_plans([pathlib.Path(sys.argv[1])])
print(sum(1 for plan in source.plans for _ in resources(plan)))
"""
CHECKOV_MOST = 1_000
PROBLEMS = ("--findings", "fail,unknown", "--format")
WALL = {1_000: 1.0, 10_000: 3.0, 100_000: 40.0}
MEMORY = {10_000: 250.0, 100_000: 900.0}
GROWTH, CPU_RATIO, CHECKOV_RATIO, HELP = 13.0, 25.0, 20.0, 0.15
READING, SCANNING, STREAMING = 300.0, 900.0, 400.0


@dataclass(frozen=True)
class Figures:
    """Medians of several runs, and the highest peak."""

    wall: float
    cpu: float
    peak: float
    code: int
    said: str
    """What the last run wrote to standard error."""


def measured(command: Sequence[str], env: Mapping[str, str], rounds: int) -> Figures:
    """The same command several times, and once more for the memory of all its processes together, which is looked at while it runs."""
    runs: list[Ran] = [run(command, dict(env)) for _ in range(rounds)]
    peak = run(command, dict(env), together=True).peak_mb
    middle = statistics.median
    return Figures(
        middle(one.wall for one in runs),
        middle(one.cpu for one in runs),
        max(peak, *(one.peak_mb for one in runs)),
        runs[-1].code,
        runs[-1].stderr,
    )


def row(size: object, name: str, found: Figures, note: str = "") -> None:
    """One line of figures."""
    print(f"{size!s:>8}  {name:<9} {found.wall:8.2f} s wall {found.cpu:8.2f} s cpu {found.peak:7.0f} MB  {note}", flush=True)


def goal(figure: float, most: float, unit: str, *, least: bool = False) -> str:
    """A goal beside its figure."""
    met = figure >= most if least else figure <= most
    return f"{figure:.2f} {unit} (goal: at {'least' if least else 'most'} {most:g}) {'met' if met else 'NOT MET'}"


def one_size(size: int, folder: Path, env: Mapping[str, str], rounds: int, checkov: str) -> Figures:
    """Everything about plans of one size; returns the scan that lists problems."""
    plan = folder / f"plan-{size}.json"
    subprocess.run([sys.executable, str(SHARED / "bench" / "gen_plan.py"), str(size), str(plan)], check=True)
    bare, typed = (measured([sys.executable, "-c", script, str(plan)], env, rounds) for script in (BARE, TYPED))
    row(size, "bare", bare, f"{plan.stat().st_size / 1e6:.1f} MB")
    row("", "typed", typed)
    scan = [str(BIN / "tierwise"), "scan", "plan", str(plan), "-q"]
    found = measured([*scan, *PROBLEMS, f"jsonl={folder / 'out.jsonl'}"], env, rounds)
    row("", "problems", found, f"exit {found.code}; {goal(found.cpu / typed.cpu, CPU_RATIO, 'times the CPU of typed decoding')}")
    judged = [("problems", found)]
    if size <= 10_000:
        every = measured([*scan, "--format", f"json={folder / 'out.json'}"], env, rounds)
        row("", "json", every, f"exit {every.code}")
        judged.append(("json", every))
    for name, one in judged:
        if size in WALL:
            print(f"{'':>8}  {name}: {goal(one.wall, WALL[size], 's wall')}")
        if size in MEMORY:
            print(f"{'':>8}  {name}: {goal(one.peak, MEMORY[size], 'MB')}")
    if checkov and size <= CHECKOV_MOST:
        other = measured([checkov, "-f", str(plan), "--framework", "terraform_plan", "-o", "json", "--quiet", "--compact"], env, 1)
        ratio = other.wall / judged[-1][1].wall
        row(
            "",
            "checkov",
            other,
            f"exit {other.code}; {goal(ratio, CHECKOV_RATIO, 'times as long', least=True) if size == CHECKOV_MOST else f'{ratio:.1f} times as long'}",
        )
    plan.unlink()
    return found


def large(size: int, folder: Path, env: Mapping[str, str]) -> None:
    """Memory of reading and of scanning one large plan."""
    plan = folder / "large.json"
    subprocess.run([sys.executable, str(SHARED / "bench" / "gen_plan.py"), str(size), str(plan)], check=True)
    print(f"{size:>8}  {plan.stat().st_size / 1e6:.0f} MB")
    scan = [str(BIN / "tierwise"), "scan", "plan", str(plan), "-q"]
    commands = (
        ("reading", [sys.executable, "-c", READ, str(plan)], READING),
        ("scan", [*scan, "--format", f"sarif={folder / 'out.sarif'}"], SCANNING),
        ("problems", [*scan, *PROBLEMS, f"jsonl={folder / 'out.jsonl'}"], STREAMING),
    )
    for name, command, most in commands:
        found = measured(command, env, 1)
        row("", name, found, f"exit {found.code}; {goal(found.peak, most, 'MB')}")


def piped(size: int, folder: Path, env: Mapping[str, str]) -> None:
    """The same plan as a file and through standard input."""
    plan = folder / "piped.json"
    subprocess.run([sys.executable, str(SHARED / "bench" / "gen_plan.py"), str(size), str(plan)], check=True)
    scan = [str(BIN / "tierwise"), "scan", "plan", "-q", *PROBLEMS, f"jsonl={folder / 'out.jsonl'}"]
    row(size, "as file", measured([*scan, str(plan)], env, 1))
    row("", "by pipe", measured(["/bin/sh", "-c", 'plan=$1; shift; exec "$@" < "$plan"', "sh", str(plan), *scan, "-"], env, 1))
    plan.unlink()


def main() -> int:
    """Generate, measure in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000,10000,100000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkov-bin", default="")
    parser.add_argument("--large", type=int, default=131_000)
    parser.add_argument("--piped", type=int, default=80_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = aws_environment(9, folder)
        helps = measured([str(BIN / "tierwise"), "--help"], env, 7)
        row("--help", "tierwise", helps, goal(helps.wall, HELP, "s wall"))
        row("", "python", measured([sys.executable, "-c", ""], env, 7))
        found: dict[int, Figures] = {}
        for size in (int(text) for text in chosen.sizes.split(",")):
            found[size] = one_size(size, folder, env, chosen.rounds if size <= 10_000 else 1, chosen.checkov_bin)
        if {10_000, 100_000} <= found.keys():
            print(f"growth from 10,000 to 100,000: {goal(found[100_000].wall / found[10_000].wall, GROWTH, 'times the wall time')}")
        if chosen.large:
            large(chosen.large, folder, env)
        if chosen.piped:
            piped(chosen.piped, folder, env)
    return 0


if __name__ == "__main__":
    sys.exit(main())
