"""Files that are no plan, of the size of a large one: how long it takes to say so.

    python -m benchmarks.bad_input [--resources 131000] [--rounds 3] [--only WORDS]

What is wrong stands at the end of a plan of so many resources (131,000 make about 200 MB) unless the name says otherwise, in the last thing of its kind that is looked at.
Every refusal is a whole process: its exit code has to be 2, its message at most six lines, its time at most a second. Beside each stands the floor: a process of Python that
lets the decoder pass over the same bytes once without making anything of them, or, where they are no JSON, reads them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.bench import BIN, SHARED, aws_environment
from benchmarks.plan_scan import goal, measured

PASS_OVER: Final = """
import contextlib, pathlib, sys, msgspec
raw = pathlib.Path(sys.argv[1]).read_bytes()
with contextlib.suppress(msgspec.DecodeError, RecursionError):
    msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
"""
WALL, LINES = 1.0, 6
SPARSE: Final = 10 << 30
DEEP: Final = b"[" * 100_000 + b"]" * 100_000
DIGITS: Final = b"1" * 5_000
EXPONENT: Final = b"1e999999"
SURROGATE: Final = b'"\\ud800 half a pair"'
CHANGES, CONFIGURATION = b'"resource_changes": [', b'"configuration": '
EVENT: Final = b'{"@level":"info","@message":"aws_s3_bucket.a: Plan to create","@module":"terraform.ui","type":"planned_change"}\n'


@dataclass(frozen=True, slots=True)
class Bad:
    """A kind of bad input."""

    name: str
    made: Callable[[bytes], bytes]
    """The file, of a plan that is good."""
    options: tuple[str, ...] = ()


def spliced(plan: bytes, at: int, text: bytes) -> bytes:
    """The plan with more text in it."""
    return plan[:at] + text + plan[at:]


def at_start(value: bytes) -> Callable[[bytes], bytes]:
    """One more argument, with this value, of the first resource that is planned."""
    return lambda plan: spliced(plan, plan.index(b'"after": {', plan.index(CHANGES)) + 10, b'"x": %b, ' % value)


def at_end(value: bytes) -> Callable[[bytes], bytes]:
    """The same of the last."""
    return lambda plan: spliced(plan, plan.rindex(b'"after": {', 0, plan.index(CONFIGURATION)) + 10, b'"x": %b, ' % value)


def in_block(value: bytes) -> Callable[[bytes], bytes]:
    """The same of the last block of the configuration."""
    return lambda plan: spliced(plan, plan.rindex(b'"expressions": {') + 16, b'"x": {"constant_value": %b}, ' % value)


def beside(value: bytes) -> Callable[[bytes], bytes]:
    """One more part of the document, at its end, that nobody looks at."""
    return lambda plan: plan[:-1] + b', "x": %b}' % value


def changes_of(plan: bytes) -> bytes:
    """The list of changes, without its brackets."""
    first = plan.index(CHANGES) + len(CHANGES)
    return plan[first : plan.rindex(b"]", 0, plan.index(CONFIGURATION))]


def repeated_address(plan: bytes) -> bytes:
    """The first change once more behind the last."""
    every = changes_of(plan)
    first = every[: every.index(b'}, {"address"') + 1]
    return plan.replace(every, every + b", " + first, 1)


def repeated_part(plan: bytes) -> bytes:
    """A second list of changes."""
    return plan[:-1] + b', "resource_changes": []}'


def values_of(plan: bytes) -> bytes:
    """The resources of the planned values, brackets and all."""
    return plan[plan.index(b'"resources": [') + 13 : plan.index(b"}", plan.rindex(b"]", 0, plan.index(CHANGES)))]


def state(plan: bytes) -> bytes:
    """A state of several modules, of about the plan's size."""
    values = values_of(plan)
    modules = [b'{"address": "module.m%d", "resources": %b}' % (number, values) for number in range(len(plan) // len(values))]
    return b'{"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"child_modules": [%b]}}}' % b", ".join(
        modules
    )


def raw_state(plan: bytes) -> bytes:
    """The file that Terraform keeps a state in."""
    return b'{"version": 4, "serial": 1, "lineage": "x", "outputs": {}, "resources": [%b]}' % changes_of(plan)


BAD: Final = (
    Bad("empty", lambda _: b""),
    Bad("blanks", lambda plan: b" " * len(plan)),
    Bad("binary plan", lambda plan: b"PK\x03\x04" + bytes(len(plan))),
    Bad("zeros", lambda plan: bytes(len(plan))),
    Bad("a list", lambda plan: b"[" + changes_of(plan) + b"]"),
    Bad("JSON that is no plan", lambda plan: b'{"things": [' + changes_of(plan) + b"]}"),
    Bad("raw state", raw_state),
    Bad("state, --gate new", state, ("--gate", "new")),
    Bad("event stream", lambda plan: EVENT * (len(plan) // len(EVENT))),
    Bad("cut short", lambda plan: plan[:-1]),
    Bad("cut in the middle", lambda plan: plan[: len(plan) // 2]),
    Bad("no JSON", beside(b"nope")),
    Bad("text behind it", lambda plan: plan + b" nope"),
    Bad("not UTF-8", beside(b'"\xff"')),
    Bad("half of UTF-16", lambda plan: plan.decode().encode("utf-16")[:-1]),
    Bad("lone surrogate, start", at_start(SURROGATE)),
    Bad("lone surrogate", at_end(SURROGATE)),
    Bad("100,000 deep, start", at_start(DEEP)),
    Bad("100,000 deep", at_end(DEEP)),
    Bad("100,000 deep, block", in_block(DEEP)),
    Bad("5,000 digits, start", at_start(DIGITS)),
    Bad("5,000 digits", at_end(DIGITS)),
    Bad("5,000 digits, block", in_block(DIGITS)),
    Bad("1e999999, start", at_start(EXPONENT)),
    Bad("1e999999", at_end(EXPONENT)),
    Bad("1e999999, block", in_block(EXPONENT)),
    Bad("an address twice", repeated_address),
    Bad("a part twice", repeated_part),
)


def files(plan: bytes, folder: Path, only: str) -> Iterator[tuple[Bad, Path]]:
    """Each kind with its file, which is there until the next is asked for."""
    path = folder / "plan.json"
    for bad in BAD:
        if only in bad.name:
            path.write_bytes(bad.made(plan))
            yield bad, path
            path.unlink()
    if only in "FIFO":
        os.mkfifo(path)
        yield Bad("FIFO", lambda plan: plan), path
        path.unlink()
    if only in "sparse, 10 GB":
        path.touch()
        os.truncate(path, SPARSE)
        yield Bad("sparse, 10 GB", lambda plan: plan), path


def main() -> int:
    """Generate, measure in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resources", type=int, default=131_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="kinds whose name has these words")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = aws_environment(9, folder)
        good = folder / "good.json"
        subprocess.run([sys.executable, str(SHARED / "bench" / "gen_plan.py"), str(chosen.resources), str(good)], check=True)
        plan = good.read_bytes()
        good.unlink()
        print(f"a plan of {chosen.resources} resources, {len(plan) / 1e6:.0f} MB")
        print(f"{'':24} {'refused':>8} {'':>8} {'passed over':>13}")
        print(f"{'':24} {'s wall':>8} {'s cpu':>8} {'s wall':>8} {'s cpu':>8}")
        missed = 0
        for bad, path in files(plan, folder, chosen.only):
            found = measured([str(BIN / "tierwise"), "scan", "plan", str(path), *bad.options], env, chosen.rounds)
            plain = path.is_file() and path.stat().st_size < SPARSE
            floor = measured([sys.executable, "-c", PASS_OVER, str(path)], env, chosen.rounds) if plain else None
            beside_it = f"{floor.wall:8.2f} {floor.cpu:8.2f}" if floor else f"{'':17}"
            right = found.code == 2 and len(found.said.splitlines()) <= LINES
            missed += not right or found.wall > WALL
            told = found.said.splitlines()[0].replace(str(path), path.name)[:100] if found.said else ""
            wrong = "" if right else f"NOT REFUSED: exit {found.code}; "
            print(
                f"{bad.name:24} {found.wall:8.2f} {found.cpu:8.2f} {beside_it}  {wrong}{goal(found.wall, WALL, 's wall')}: {told}",
                flush=True,
            )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
