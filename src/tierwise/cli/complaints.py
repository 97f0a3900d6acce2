"""What is said on stderr where a command cannot do what was asked, and where a bug of ours ends it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import click

from tierwise import __version__
from tierwise.cli.masking import mask_of_user

MOST_LINES: Final = 6


def complain(message: str) -> None:
    """Print an error on stderr, six lines at most, terminal escapes written out."""
    from tierwise.reports.text import log_lines, safe_text

    lines = [safe_text(line) for line in message.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more problems; mend these first"]
    for number, line in enumerate(lines):
        click.echo(f"error: {line}" if number == 0 else log_lines(f"  {line}"), err=True)


def bug(trace: str) -> None:
    """Keep a traceback in a file, without identifiers that an error's message may quote, and say where."""
    handle, name = tempfile.mkstemp(prefix="tierwise-crash-", suffix=".txt")
    with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 - an open descriptor, not a path
        file.write(f"tierwise {__version__}\n{mask_of_user().text(trace)}")
    complain(f"this is a bug in tierwise, not in what you did; the traceback is in {Path(name)}")
