"""How long a scan of an organisation takes, from 30 to 10,000 accounts, by one process and by several: a model, at once and without a network.

    python -m benchmarks.organisation_model [--calls 209] [--work 5.5] [--elsewhere 12] [--latency 50] [--organisation 5] ...

What it rests on is what `python -m benchmarks.organisation` measures, unless you say otherwise: calls an account, milliseconds of processor time a call. A way takes as long as the
slowest of what holds it up: its processors, the answers that its threads wait for, the ceiling that an account has, and that which the organisation has for all of its accounts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, fields

from tierwise.connectors.aws.session import Access, rate_of

SIZES = (30, 300, 1_000, 3_000, 10_000)
PROCESSES = (1, 2, 8, 32)
THREADS = 24
"""Of each process (`--jobs`)."""


@dataclass(frozen=True, slots=True)
class Model:
    """What is known of one account on the average."""

    calls: float = 209
    """All calls of an account; about twenty stores in two regions."""
    busiest: float = 93
    """Those to the service that is asked most, beside its ceiling: S3."""
    organisation: float = 5
    """Those to Organizations, whose ceiling all accounts share: tags, parents, two kinds of policies, and the effective one."""
    work: float = 5.5
    """Milliseconds of processor time a call, in a process that reads and judges."""
    elsewhere: float = 12.0
    """The same where workers read, theirs and that of the process that sends them tasks."""
    latency: float = 50.0
    """Milliseconds until a call is answered."""

    def holds(self, accounts: int, processes: int) -> dict[str, float]:
        """Seconds by what holds a scan up; one process has one processor, since its threads share one lock."""
        ceiling = Access(frozenset()).ceiling
        each = self.work if processes == 1 else self.elsewhere
        return {
            "processors": accounts * self.calls * each / 1000 / processes,
            "answers": accounts * self.calls * self.latency / 1000 / (THREADS * processes),
            "an account's ceiling": self.busiest / rate_of(ceiling, "s3:"),
            "the organisation's ceiling": accounts * self.organisation / rate_of(ceiling, "organizations:"),
        }


def table(model: Model) -> Iterator[str]:
    """The table as lines of Markdown."""
    yield f"| accounts | calls | {' | '.join('1 process' if one == 1 else f'{one} processes' for one in PROCESSES)} |"
    yield f"|---|---|{'---|' * len(PROCESSES)}"
    for accounts in SIZES:
        cells = []
        for processes in PROCESSES:
            why, seconds = max(model.holds(accounts, processes).items(), key=lambda one: one[1])
            cells.append(f"{shown(seconds)} ({why})")
        yield f"| {accounts:,} | {accounts * model.calls:,.0f} | {' | '.join(cells)} |"


def shown(seconds: float) -> str:
    """A time in words."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for one in fields(Model):
        parser.add_argument(f"--{one.name}", type=float, default=one.default)
    print("\n".join(table(Model(**vars(parser.parse_args())))))


if __name__ == "__main__":
    main()
