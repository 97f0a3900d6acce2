"""What the scans of live accounts share: they are kept as they go, and one that was interrupted is gone on with."""

from __future__ import annotations

import gc
import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from tierwise.cli.finish import finish, leave
from tierwise.cli.forecast import tell
from tierwise.cli.keeping import NOWHERE, open_kept
from tierwise.cli.options import F, Options, progress_for, utc_now
from tierwise.cli.settings import load_gated
from tierwise.errors import ScannerError, StoreError, UsageError

if TYPE_CHECKING:
    from tierwise.cli.rescan import Since
    from tierwise.config import AwsConfig, AzureConfig, Config, GcpConfig
    from tierwise.connectors.base import Source
    from tierwise.connectors.reported import Reported
    from tierwise.scan import Judging, Outcome
    from tierwise.scan.checkpoint import Checkpoint
    from tierwise.scan.sample import Sampling
    from tierwise.store.connect import Store
    from tierwise.store.units import Begun

LAST: Final = "last"
AUTO: Final = "auto"
_HELD: Final = 1_000
"""Resources held as they are, beside what reading takes; to write and read more costs nothing next to the calls that they come from."""
_NOT_SCOPE: Final = frozenset({"external_id", "requests_per_second", "endpoint_compat", "inventory", "aggregator"})
"""Options that say how something is read, not what."""
_NOT_ESTATE: Final = frozenset({"looks", "profile", "controls", "version"})
"""What two scans of the same estate at the same time may differ in, and still be in each other's way."""


def resume_option(command: F) -> F:
    """The option that goes on with a scan."""
    option = click.option(
        "--resume",
        is_flag=False,
        flag_value=LAST,
        default="",
        metavar="[RUN]",
        help="Go on with a scan that was interrupted: the last of the same scope, or RUN; 'auto' begins anew where there is none. Default: begin anew.",
    )
    return option(command)


@dataclass(frozen=True, slots=True)
class Live:
    """One scan of live accounts: what is scanned, and by what."""

    command: str
    scope: AwsConfig | AzureConfig | GcpConfig
    config: Config
    options: Options
    sampling: Sampling | None = None
    reported: Sequence[Reported] = ()
    """What other tools found in the stores."""

    def told(self, judging: Judging) -> dict[str, Any]:
        """What must be the same for a scan to be gone on with, in words without identifiers."""
        from tierwise import __version__
        from tierwise.evaluate.baseline import digests

        chosen = {name: value for name, value in asdict(self.scope).items() if name not in _NOT_SCOPE and value}
        sampled = self.sampling is not None and not self.sampling.dry_run
        return {
            "command": self.command,
            **{name: sorted(map(judging.mask.text, value)) if isinstance(value, tuple) else value for name, value in chosen.items()},
            "looks": self.sampling.depth.value if self.sampling is not None and sampled else "metadata",
            "profile": judging.profile.id,
            "controls": digests(judging.controls),
            "version": __version__,
        }


def scan_live(
    live: Live,
    resume: str,
    open_sources: Callable[[datetime, ExitStack], Sequence[Source]],
    since: Since | None = None,
    *,
    dry: bool = False,
) -> NoReturn:
    """Read, judge and report live accounts. What `open_sources` enters into the stack is left when all is read.

    `since` is what is taken over from an earlier scan. `dry`: only say what is going to be called.
    """
    from tierwise.shelf import holding

    with holding(_HELD):
        _scan_live(live, resume, open_sources, since, dry=dry)


def _scan_live(
    live: Live, resume: str, open_sources: Callable[[datetime, ExitStack], Sequence[Source]], since: Since | None, *, dry: bool
) -> NoReturn:
    from tierwise.scan import scan as run_scan

    judging = load_gated(live.config, live.options)
    if dry:
        with ExitStack() as reading:
            tell(live, judging, open_sources(utc_now(), reading), since=since is not None)
        leave(0)
    told = live.told(judging)
    store = _store(live, resume)
    with ExitStack() as held:
        begun = _found(store, told, resume) if store is not None and resume else None
        started = utc_now() if begun is None else datetime.fromisoformat(begun.started)
        with ExitStack() as reading:
            sources = open_sources(started, reading)
            told["sources"] = [judging.mask.text(one.name) for one in sources]
            if store is not None:
                held.enter_context(_alone(store, told))
            if since is not None:
                since.look_up(store, told, started)
            if not resume:
                _tell_of_others(store, told, live.options)
            checkpoint = held.enter_context(_checkpoint(store, told, begun, started, named=bool(live.config.store)))
            outcome = run_scan(
                sources,
                judging,
                started=started,
                jobs=live.config.jobs,
                progress=progress_for(live.options),
                sampling=live.sampling,
                reported=live.reported,
                checkpoint=checkpoint,
            )
            if checkpoint is not None and not checkpoint.broken:
                _stop(sources)
        # With them go the clients that read, some of which only the collector of garbage finds: reports and store use their room.
        del sources
        if outcome.collected.resources.many:
            gc.collect()
        code = finish(outcome, live.config, live.options, judging=judging)
        if since is not None and store is not None and not outcome.crashes:
            left = _left(since, store, told, outcome)
            # As where a run cannot be kept: what the gate decided goes first.
            code = code or left
    leave(code)


def _stop(sources: Sequence[Source]) -> None:
    """The error of a source that was out of reach before the scan had ended: it has not ended then, but waits to be gone on with."""
    from tierwise.connectors.base import Stoppable

    for one in sources:
        # Not by a name of its own, by which the error would hold this frame, and with it what reads.
        if isinstance(one, Stoppable) and one.stopped is not None:
            raise one.stopped


def _left(since: Since, store: Store, told: Mapping[str, Any], outcome: Outcome) -> int:
    """Keep what the next scan takes over; an exit code where that fails, since it was asked for."""
    from tierwise.cli.complaints import complain

    try:
        since.leave(store, told, outcome)
    except StoreError as error:
        complain(f"the next scan has nothing to take over from this one: {error}")
        return StoreError.exit_code
    return 0


def _store(live: Live, resume: str) -> Store | None:
    """The store in which the scan is kept as it goes; None where nothing is kept, or where the store that nobody named cannot be used."""
    from tierwise.cli.complaints import complain

    if live.config.store == NOWHERE:
        if resume:
            raise UsageError("--store none keeps nothing, so there is no scan to go on with; drop --resume, or name a store")
        return None
    try:
        return open_kept(live.config.store, create=True)
    except StoreError as error:
        if live.config.store or resume:
            raise
        complain(f"the scan is not kept as it goes, and cannot be gone on with if it is interrupted: {error}")
        return None


@contextmanager
def _alone(store: Store, told: Mapping[str, Any]) -> Iterator[None]:
    """Keep others from scanning the same at the same time; StoreError where another does.

    What is the same is told by the sources too: two who name no account, with credentials of their own, are not in each other's way.
    """
    from tierwise.store.lock import alone

    scope = {name: value for name, value in told.items() if name not in _NOT_ESTATE}
    with alone(store, json.dumps(scope, sort_keys=True)) as only:
        if not only:
            since = _found(store, told, AUTO)
            same = since is not None and since.scope.get("sources") == told["sources"]
            which = f", {since.run}, begun at {since.started}" if since is not None and same else ""
            raise StoreError(
                f"another scan of the same scope is running{which}; this one read nothing"
                "\nwait until it has ended; where they overlap each day, scan less often or with a higher ceiling"
            )
        yield


def _tell_of_others(store: Store | None, told: Mapping[str, Any], options: Options) -> None:
    found = _found(store, told, AUTO) if store is not None and not options.quiet else None
    if found is not None:
        click.echo(f"scan {found.run} of the same scope has not ended: where it was interrupted, --resume goes on with it", err=True)


def _found(store: Store, told: Mapping[str, Any], resume: str) -> Begun | None:
    """The scan to go on with; StoreError where there is none, or where something differs from how it was begun."""
    from tierwise.store.units import begun

    with store.reading() as connection:
        every = [one for one in begun(connection) if one.scope["command"] == told["command"]]
    wanted = [one for one in every if resume in (LAST, AUTO) or one.run.startswith(resume)]
    same = [one for one in wanted if not _differs(one.scope, told)]
    if same:
        return same[0]
    if resume == AUTO:
        return None
    if wanted:
        raise StoreError(
            f"scan {wanted[0].run} cannot be gone on with: {_differs(wanted[0].scope, told)}; give what it was begun with, or drop --resume"
        )
    known = f"; interrupted are {', '.join(one.run for one in every[:3])}" if every else ": every scan has ended, or is older than a week"
    which = f"called {resume!r} " if resume != LAST else ""
    raise StoreError(f"there is no interrupted 'scan {told['command']}' {which}in {store.where}{known}")


def _differs(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What is not as it was, the first of it in words; empty where all is."""
    for name in dict.fromkeys([*now, *then]):
        was, is_ = then.get(name), now.get(name)
        if was != is_ and name != "sources":
            return "its controls were others" if name == "controls" else f"{_option(name)} was {_words(was)}, and is {_words(is_)} now"
    return ""


def _option(name: str) -> str:
    return {"version": "tierwise's version", "looks": "what it looks into"}.get(name, name.replace("_", " "))


def _words(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value) if value else "not given"


@contextmanager
def _checkpoint(
    store: Store | None, told: Mapping[str, Any], begun: Begun | None, started: datetime, *, named: bool
) -> Iterator[Checkpoint | None]:
    """Where the scan is kept as it goes; where it is interrupted, how to go on is said.

    StoreError, before anything is read, where a store that someone named cannot be written.
    """
    from tierwise.cli.complaints import complain
    from tierwise.scan.checkpoint import Checkpoint
    from tierwise.scan.pipeline import run_name
    from tierwise.store import units

    if store is None:
        yield None
        return
    if begun is not None and begun.scope["sources"] != told["sources"]:
        then, now = (", ".join(one["sources"]) for one in (begun.scope, told))
        raise StoreError(f"scan {begun.run} cannot be gone on with: it was of {then}, and the credentials reach {now}")
    run = run_name(started) if begun is None else begun.run

    def warn(said: str) -> None:
        complain(f"what is read from here on is not kept for --resume; the scan goes on\n{said}")

    checkpoint = Checkpoint(run, lambda some: units.keep(store, run, some, utc_now()), warn)
    try:
        if begun is None:
            units.begin(store, run, started, told)
        else:
            with store.reading() as connection:
                checkpoint.earlier = {one.name: one for one in units.kept(connection, run)}
    except StoreError as error:
        if begun is not None or named:
            raise
        warn(str(error))
        checkpoint.broken = True
    try:
        yield checkpoint
    except BaseException as error:
        if goes_on := _goes_on(store, run):
            checkpoint.interrupted(counts=not isinstance(error, ScannerError))
        if not checkpoint.broken:
            click.echo(_what_is_kept(store, run, goes_on=goes_on), err=True)
        raise


def _goes_on(store: Store, run: str) -> bool:
    """Whether a scan has not ended."""
    from tierwise.store.units import begun

    try:
        with store.reading() as connection:
            return any(one.run == run for one in begun(connection))
    except StoreError:
        # What was kept is told of when the store can be read again.
        return True


def _what_is_kept(store: Store, run: str, *, goes_on: bool) -> str:
    """Of a scan that was interrupted: how to go on, or that it had ended, so that nobody goes on with it, or scans again, in vain."""
    if goes_on:
        return f"what was read is kept; go on with it: {_again(run)}"
    return (
        f"run {run} had ended: its reports are written, and it is in {store.where}; whom --notify tells, 'tierwise notify --run {run}' does"
    )


def _again(run: str) -> str:
    """The command that goes on with a run: the one that was given, with `--resume`."""
    from tierwise.store.connect import shown

    kept: list[str] = []
    given = iter(sys.argv[1:])
    for word in given:
        if word == "--resume":
            following = next(given, None)
            kept += [following] if following is not None and following.startswith("-") else []
        elif not word.startswith("--resume="):
            option, equals, value = word.partition("=") if word.startswith("--store=") else ("", "", word)
            kept.append(option + equals + (shown(value) if value.startswith("postgres") else value))
    return shlex.join(["tierwise", *kept, "--resume", run])
