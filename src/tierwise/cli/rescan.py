"""`--since`: what an earlier scan has read and nothing has changed since is taken over; the rest is read again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from tierwise.cli.options import F, require, together
from tierwise.errors import StoreError

if TYPE_CHECKING:
    from tierwise.connectors.rescan import Earlier, Kept, Rescan
    from tierwise.scan import Outcome
    from tierwise.store.connect import Store

LAST: Final = "last"
FULL_EVERY: Final = 7
_LONGEST: Final = 90
_NOT_SCOPE: Final = frozenset({"looks", "profile", "controls", "version"})
"""What two scans may differ in, and still read the same resources of the same places."""


def since_options(command: F) -> F:
    """The options of a scan that takes over what has not changed."""
    return together(
        click.option(
            "--since",
            is_flag=False,
            flag_value=LAST,
            default="",
            metavar="[RUN]",
            help="Read again only what has changed since the last scan with this option, or RUN; default: all.",
        ),
        click.option(
            "--full-every",
            type=click.IntRange(1, _LONGEST),
            default=FULL_EVERY,
            metavar="DAYS",
            help=f"With --since: read again what was read longer ago, changed or not; default: {FULL_EVERY}.",
        ),
    )(command)


@dataclass(frozen=True, slots=True)
class Since:
    """What was asked for."""

    run: str
    rescan: Rescan

    def look_up(self, store: Store | None, told: Mapping[str, Any], started: datetime) -> None:
        """Find what a scan that began then takes over; StoreError where there is no store, or not the run that was named. The first scan reads everything."""
        from tierwise import __version__
        from tierwise.store.earlier import left_by

        if store is None:
            raise StoreError("--since takes over what a store keeps, and nothing is kept here; name a store, or drop --since")
        self.rescan.started = started
        key = _key(told)
        with store.reading() as connection:
            left = left_by(connection, key)
        if self.run != LAST and (left is None or not left.run.startswith(self.run)):
            there = f"what is kept of this scope is of run {left.run}" if left is not None else "nothing is kept of this scope"
            raise StoreError(
                f"nothing can be taken over from run {self.run!r}: {there}; a scan with --since leaves what the next one needs"
            )
        if left is None:
            return
        began = datetime.fromisoformat(left.started)
        if left.version != __version__:
            self.rescan.unused = f"run {left.run} is of tierwise {left.version}"
        elif began > started:
            self.rescan.unused = (
                f"run {left.run} began at {left.started}, by the clock after this scan; where that cannot be, set the clock"
            )
        else:
            self.rescan.earlier = _earlier(store, key, left.run, began)

    def leave(self, store: Store, told: Mapping[str, Any], outcome: Outcome) -> None:
        """Keep what the next scan takes over; where nobody knows when this one began, that is what the one before has left."""
        if self.rescan.ahead is not None:
            return
        from tierwise import __version__
        from tierwise.store.earlier import Left, leave

        run = outcome.result.run
        leave(store, _key(told), Left(run.id, run.started, __version__), _units(self.rescan, outcome))


def asked_since(values: Mapping[str, Any]) -> Since | None:
    """What was asked for; None where everything is read, and nothing is left for a next scan. UsageError for options that do not go together."""
    if not values["since"]:
        require(values["full_every"] == FULL_EVERY, "--full-every says how long --since takes something over; add --since")
        return None
    from tierwise.connectors.rescan import Rescan

    return Since(values["since"], Rescan(timedelta(days=values["full_every"])))


def _key(told: Mapping[str, Any]) -> str:
    from tierwise.store.earlier import scope_key

    return scope_key({name: value for name, value in told.items() if name not in _NOT_SCOPE})


def _earlier(store: Store, key: str, run: str, started: datetime) -> Earlier:
    from tierwise.connectors.rescan import Earlier
    from tierwise.store.earlier import unit

    return Earlier(run, started, lambda name: dict(map(_kept_in, unit(store, key, run, name))))


def _kept_in(entry: Any) -> tuple[str, Kept]:
    from tierwise.connectors.inventory.items import item_in
    from tierwise.connectors.rescan import Kept, Mark
    from tierwise.model.resource import Resource

    item = item_in(entry["item"])
    if not isinstance(item, Resource):
        raise TypeError(f"no resource but {type(item).__name__}")
    return item.id, Kept(item, Mark(entry["read"], entry["docs"]))


def _units(rescan: Rescan, outcome: Outcome) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """What is left of each unit: its resources as they were read, under their own ids; what goes by another, since its id names a person, is read each time."""
    from tierwise.connectors.inventory.items import item_out

    resources, masked = outcome.collected.resources, outcome.collected.masked
    for name, marks in rescan.marks.items():
        known = [(resources[key], mark) for key, mark in marks.items() if key in resources and key not in masked]
        yield name, [{"item": json.loads(json.dumps(item_out(one))), "read": mark.read, "docs": mark.docs} for one, mark in known]
