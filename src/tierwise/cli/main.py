"""The entry point: commands loaded when they are called, errors turned into messages and exit codes."""

from __future__ import annotations

import errno
import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from types import FrameType
from typing import Any, Final, NoReturn

import click

from tierwise import __version__
from tierwise.cli.complaints import bug, complain
from tierwise.errors import ScannerError

_SELDOM: Final = 10_000
"""How many more objects there are before the collector looks at them; by itself it waits for 700."""
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("tierwise.cli.demo:demo", "A sample department in three clouds and a sample plan; no cloud needed."),
    "scan": ("tierwise.cli.scan:scan", "Scan live accounts, Terraform plans or a saved inventory."),
    "explain": ("tierwise.cli.explain:explain", "Why this tier, why this bar, what would fix it."),
    "fixes": ("tierwise.cli.fixes:fixes", "The few changes that close most findings."),
    "report": ("tierwise.cli.report:report", "The last scan or a kept run in any format; papers for owners and boards."),
    "rank": ("tierwise.cli.rank:rank", "Other tools' findings in the order of our tiers, severity and reach."),
    "history": ("tierwise.cli.history:history", "Runs over time: trend, ages, time to fix, what changed."),
    "diff": ("tierwise.cli.history:diff", "What changed between two runs, and why."),
    "evidence": ("tierwise.cli.history:evidence", "What was known of a dataset on a date, for an auditor."),
    "notify": ("tierwise.cli.notify:notify", "Tell webhooks what a run has changed."),
    "store": ("tierwise.cli.store:store", "Where runs are kept: path, check, prune."),
    "accept": ("tierwise.cli.accept:accept", "Accept a risk until a date, in a reviewed file; or check that file."),
    "correct": ("tierwise.cli.accept:correct", "Correct evidence that a tier rests on, in a reviewed file."),
    "attest": ("tierwise.cli.attest:attest", "Attest what no scan can see, in a reviewed file; or check that file."),
    "register": ("tierwise.cli.register:register", "The asset register: tiers of it for pipelines."),
    "gate": ("tierwise.cli.gate:gate", "What the last plans would have met at the gate."),
    "classify": ("tierwise.cli.classify:classify", "What is where, how we know, what would settle the rest."),
    "controls": ("tierwise.cli.controls:controls", "List, show, check and start controls."),
    "profiles": ("tierwise.cli.profiles:profiles", "List, show and check profiles."),
    "facts": ("tierwise.cli.facts:facts", "List the facts that controls may name."),
    "permissions": ("tierwise.cli.permissions:permissions", "The least-privilege policy for a scan."),
    "doctor": ("tierwise.cli.doctor:doctor", "Check credentials, permissions and configuration before a scan."),
    "schedule": ("tierwise.cli.schedule:schedule", "Write a recipe for scans that run each night."),
    "init": ("tierwise.cli.init:init", "Write a first tierwise.toml here."),
}


class _UnheardError(BaseException):
    """Nobody reads standard output any more. click ends with 1 on a broken pipe, which is the code of a failed gate, so it does not see one."""


@contextmanager
def _heard() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise _UnheardError from None


class Lazy(click.Group):
    """A group whose commands are imported when they are called, not to list them."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        """As click does, which prints help from here."""
        with _heard():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does."""
        with _heard():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All command names, in the order of a newcomer's path."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        found = getattr(importlib.import_module(module), name)
        return found if isinstance(found, click.Command) else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for an unknown one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no command {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else "; see 'tierwise --help'"))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_path, about) in COMMANDS.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Security controls that get stricter as the data gets more sensitive.

    Start with 'tierwise demo'; then 'tierwise doctor' and 'tierwise scan aws'.
    """


class _TerminatedError(BaseException):
    """SIGTERM arrived."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _TerminatedError


def run() -> None:
    """Run the command line as a process that ends with it."""
    # What is imported lives to the end; the collector of garbage would look through it again after every few hundred objects.
    gc.set_threshold(_SELDOM)
    main(leave=_end_at_once)


def _end_at_once(code: int) -> NoReturn:
    """End the process without freeing, object by object, what the system takes back at once: of a large scan that takes seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _hold_nothing_back() -> None:
    """What standard output did not take would fail again as the process ends: it goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def main(*, leave: Callable[[int], NoReturn] = sys.exit) -> None:
    """Run the command line and exit with the code that the contract gives; `leave` ends it where a scan is done (see `finish.leave`)."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = cli.main(prog_name="tierwise", standalone_mode=False, obj=leave)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        sys.exit(2)
    except click.ClickException as error:
        complain(error.format_message())
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except ScannerError as error:
        complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(130)
    except _TerminatedError:
        complain("terminated")
        sys.exit(143)
    except (BrokenPipeError, _UnheardError):
        # As the shell tells it of a program that SIGPIPE ended, and never as if all had been said.
        _hold_nothing_back()
        sys.exit(141)
    except Exception as error:  # noqa: BLE001 - a bug: keep the traceback in a file, tell where, exit 70
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _hold_nothing_back()
            complain(f"cannot write{f' {error.filename}' if error.filename else ''}: {error.strerror}")
            sys.exit(ScannerError.exit_code)
        bug(traceback.format_exc())
        sys.exit(70)
