"""Runs tierwise as its command does, and says on stderr at the end how long its reports took to be made and written, in seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from tierwise.cli import finish
from tierwise.cli.main import run
from tierwise.model.finding import ScanResult
from tierwise.reports.base import Report, View

SAID: Final = "reports took "
"""What stands before the seconds."""


def main() -> None:
    """Run it."""
    spent, write = [0.0], finish.write_report

    def timed(report: Report, result: ScanResult, view: View, path: Path | None) -> None:
        began = time.perf_counter()
        write(report, result, view, path)
        spent[0] += time.perf_counter() - began
        print(f"{SAID}{spent[0]:.2f}", file=sys.stderr, flush=True)

    finish.write_report = timed
    run()


if __name__ == "__main__":
    main()
