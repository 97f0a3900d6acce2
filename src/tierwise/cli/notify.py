"""`tierwise notify` and `scan --notify`: receivers of the settings are told what a run has changed, each once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click

from tierwise.cli.keeping import open_kept
from tierwise.cli.options import audience_option, options_from, require, utc_now
from tierwise.cli.settings import audience_of, load_config
from tierwise.errors import NotifyError, ScannerError, StoreError, UsageError, unreadable

if TYPE_CHECKING:
    from tierwise.config import Config, ReceiverConfig
    from tierwise.reports.notice import Notice
    from tierwise.store.connect import Store

_SHORTEST: Final = 32
_MOST_BYTES: Final = 64 << 10


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file; default: the nearest tierwise.toml.")
@click.option("--store", default="", metavar="PATH|URL", help="The store; default: the settings', else the user's data directory.")
@click.option("--series", default="", help="Which series, by its name or the beginning of it; default: the one that ran last.")
@click.option("--run", "run_", default="last", metavar="RUN", help="Of which run: last, last~1, a date or an id; default: last.")
@click.option("--to", "names", multiple=True, metavar="NAME", help="Only these receivers; default: all of the settings.")
@click.option("--dry-run", is_flag=True, help="Send nothing: print what would be sent.")
@audience_option
def notify(run_: str, names: tuple[str, ...], dry_run: bool, **values: Any) -> None:
    """Tell the receivers of tierwise.toml what a kept run has changed since the run before: new, worse, fixed, unknown, ending acceptances.

    \b
    tierwise notify --dry-run
    tierwise notify --run last --to payments
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.store.read import find_run

    options = options_from(values)
    config = load_config(options)
    receivers = _chosen(config, names)
    store = open_kept(config.store)
    with store.reading() as connection:
        run = find_run(connection, options.series, run_).id
    if dry_run:
        _print(store, receivers, run, config)
        return
    failed = [said for one in receivers if (said := _tell(store, one, run, click.echo)) is not None]
    if failed:
        raise NotifyError("\n".join(failed))


def _chosen(config: Config, names: Sequence[str]) -> tuple[ReceiverConfig, ...]:
    known = {one.name: one for one in config.receivers}
    require(known, "there is nobody to tell: add a table [notify.NAME] to tierwise.toml, as docs/notifications.md shows")
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise UsageError(f"no receiver {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"))
    return tuple(known[name] for name in names) or config.receivers


def tell_of(where: str, receivers: Sequence[ReceiverConfig], run: str) -> None:
    """After a scan: tell all; what goes wrong is said, and changes nothing of the scan."""
    from tierwise.cli.complaints import complain

    try:
        store = open_kept(where)
        said = [said for one in receivers if (said := _tell(store, one, run, lambda words: click.echo(words, err=True))) is not None]
    except StoreError as error:
        said = [str(error)]
    for words in said:
        complain(f"{words}\nthe scan is not touched by it; tell them later: tierwise notify --run {run}")


def _tell(store: Store, receiver: ReceiverConfig, run: str, say: Callable[[str], object]) -> str | None:
    """Tell one receiver, and say what came of it; why it could not be told, or None."""
    from tierwise.notify.post import post
    from tierwise.reports.text import safe_text
    from tierwise.store.notices import claim, release

    name = safe_text(receiver.name)
    try:
        notice = _notice(store, receiver, run)
        if _silent(receiver, notice):
            say(f"{name}: nothing to tell of run {run}")
            return None
        sending = _sending(receiver, notice, os.environ)
        if not claim(store, run, receiver.name, utc_now()):
            say(f"{name}: has been told of run {run}")
            return None
        try:
            networks = tuple(map(ip_network, receiver.allow_networks))
            post(sending.url, sending.body, delivery=sending.delivery, secret=sending.secret, allowed=networks)
        except NotifyError:
            release(store, run, receiver.name)
            raise
    except ScannerError as error:
        return f"{name} has not been told of run {run}: {error}"
    say(f"{name}: told of run {run}")
    return None


def _notice(store: Store, receiver: ReceiverConfig, run: str) -> Notice:
    from tierwise.model.control import Severity
    from tierwise.model.sensitivity import Tier
    from tierwise.reports.notice import Wanted, notice_of
    from tierwise.store.compare import comparison
    from tierwise.store.read import acceptances_of, run_before, run_with, series_id

    wanted = Wanted(Severity[receiver.min_severity.upper()], Tier[receiver.min_tier], receiver.owners, receiver.audience)
    with store.reading() as connection:
        after = run_with(connection, run)
        before = run_before(connection, after)
        moved = comparison(connection, before, after) if before is not None and not before.pruned and not after.pruned else None
        accepted = acceptances_of(connection, series_id(connection, after.series), after.number)
    return notice_of(after, moved, accepted, wanted)


@dataclass(frozen=True, slots=True)
class _Sending:
    url: str
    body: bytes
    delivery: str
    secret: bytes = b""


def _sending(receiver: ReceiverConfig, notice: Notice, environ: Mapping[str, str]) -> _Sending:
    """What goes where; NotifyError where its secrets are not there, or too short to be any."""
    url = _secret(receiver, "url", environ)
    delivery = _delivery(receiver, notice.run.id)
    secret = _secret(receiver, "secret", environ) if receiver.secret_env or receiver.secret_file else ""
    if secret and len(secret) < _SHORTEST:
        raise NotifyError(
            f"its secret has fewer than {_SHORTEST} signs; make one: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return _Sending(url, _body(receiver, notice, delivery), delivery, secret.encode())


def _delivery(receiver: ReceiverConfig, run: str) -> str:
    """What names a notice to its receiver, in signs that a header takes."""
    return f"{run}/{quote(receiver.name, safe=' ')}"


def _silent(receiver: ReceiverConfig, notice: Notice) -> bool:
    """Whether a receiver hears nothing of a run: a heartbeat is heard each time, since that there is one is its news."""
    return notice.empty and receiver.kind != "heartbeat"


def _body(receiver: ReceiverConfig, notice: Notice, delivery: str) -> bytes:
    from tierwise.reports.notice import as_beat, as_chat, as_json

    match receiver.kind:
        case "slack":
            return as_chat(notice)
        case "heartbeat":
            return as_beat(notice, delivery)
        case _:
            return as_json(notice, delivery)


def _secret(receiver: ReceiverConfig, key: str, environ: Mapping[str, str]) -> str:
    name, file = getattr(receiver, f"{key}_env"), getattr(receiver, f"{key}_file")
    if name:
        found = environ.get(name, "").strip()
        if not found:
            raise NotifyError(f"the environment has no {name}, which holds its {key}")
        return found
    try:
        with Path(file).open("rb") as opened:
            found = opened.read(_MOST_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotifyError(f"the file of its {key} cannot be read: {file} ({unreadable(error)})") from None
    if not found:
        raise NotifyError(f"the file of its {key} is empty: {file}")
    return found


def _print(store: Store, receivers: Sequence[ReceiverConfig], run: str, config: Config) -> None:
    """What would be sent, a line of JSON for each receiver; whoever reads the log of a public pipeline sees what a public one would."""
    from tierwise.reports.text import safe_text
    from tierwise.store.notices import told_at

    require(
        audience_of(config, quiet=True) != "public" or all(one.audience == "public" for one in receivers),
        "the public may not see what these receivers are told\nwhere only your organisation reads what this prints, say so: --audience team",
    )
    for one in receivers:
        notice = _notice(store, one, run)
        at = told_at(store, run, one.name)
        state = (
            f"has been told at {at}, and is not told again"
            if at
            else "nothing to tell"
            if _silent(one, notice)
            else f"{one.kind} would be sent"
        )
        click.echo(f"{safe_text(one.name)}: {state}", err=True)
        if not _silent(one, notice):
            click.echo(_body(one, notice, _delivery(one, run)).decode())
