"""Plans of growing size: wall, CPU and peak memory of a whole scan, beside bare decoding of the same file and, where it is installed, Checkov.

    python -m benchmarks.plan_scan [--sizes 50,100,1000,10000] [--rounds 3] [--checkov-bin PATH]

Also prints how long `tierwise --help` takes beside a bare Python that starts and ends.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import BIN, SHARED, Ran, aws_environment, run

DECODE = "import sys, msgspec, pathlib; msgspec.json.decode(pathlib.Path(sys.argv[1]).read_bytes())"
CHECKOV_MOST = 1_000


def best(runs: Sequence[Ran]) -> str:
    """Median wall and CPU, highest peak."""
    wall, cpu = statistics.median(one.wall for one in runs), statistics.median(one.cpu for one in runs)
    return f"{wall:8.2f} s wall {cpu:8.2f} s cpu {max(one.peak_mb for one in runs):7.0f} MB"


def repeated(command: Sequence[str], env: dict[str, str], rounds: int) -> list[Ran]:
    """The same command several times."""
    return [run(command, env) for _ in range(rounds)]


def main() -> int:
    """Generate, measure in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="50,100,1000,10000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkov-bin", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = aws_environment(9, folder)
        tierwise = str(BIN / "tierwise")
        helps, bare = repeated([tierwise, "--help"], env, 7), repeated([sys.executable, "-c", ""], env, 7)
        print(f"{'--help':>8}  tierwise  {best(helps)}")
        print(f"{'':>8}  python    {best(bare)}")
        for size in (int(text) for text in chosen.sizes.split(",")):
            plan = folder / f"plan-{size}.json"
            subprocess.run([sys.executable, str(SHARED / "bench" / "gen_plan.py"), str(size), str(plan)], check=True)
            rounds = chosen.rounds if size <= 10_000 else 1
            decode = repeated([sys.executable, "-c", DECODE, str(plan)], env, rounds)
            ours = repeated([tierwise, "scan", "plan", str(plan), "-q", "--format", f"json={folder / 'out.json'}"], env, rounds)
            print(f"{size:>8}  tierwise  {best(ours)}  exit {ours[-1].code}  ({plan.stat().st_size / 1e6:.1f} MB)")
            print(f"{'':>8}  decode    {best(decode)}")
            ratio = statistics.median(one.cpu for one in ours) / statistics.median(one.cpu for one in decode)
            print(f"{'':>8}  cpu ratio to decoding {ratio:.1f}")
            if chosen.checkov_bin and size <= CHECKOV_MOST:
                checkov = [chosen.checkov_bin, "-f", str(plan), "--framework", "terraform_plan", "-o", "json", "--quiet", "--compact"]
                other = repeated(checkov, env, 1)
                print(f"{'':>8}  checkov   {best(other)}  ratio {other[0].wall / statistics.median(one.wall for one in ours):.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
