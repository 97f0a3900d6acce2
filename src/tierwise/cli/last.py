"""The last scan: kept for `explain`, `fixes` and `classify`, and judged again for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierwise.cli.complaints import complain
from tierwise.cli.files import data_dir, write_atomically
from tierwise.cli.options import Options
from tierwise.cli.settings import audience_of, load_config, load_judging
from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.config import Config
    from tierwise.model.finding import ScanResult
    from tierwise.scan import Judging, Outcome
    from tierwise.scan.collect import Collected


def inventory_lines(outcome: Outcome) -> Iterator[bytes]:
    """What was read, as the lines of an inventory."""
    return _lines(outcome.collected, datetime.fromisoformat(outcome.result.run.started))


def _lines(collected: Collected, started: datetime) -> Iterator[bytes]:
    from tierwise.connectors.inventory.files import lines

    return lines(
        collected.resources.by_name(),
        collected.gaps,
        collected.outcomes,
        collected.regions,
        collected.changes.values(),
        started=started,
        organisation=collected.organisation,
    )


def remember(collected: Collected, started: datetime, sources: Sequence[str], config: Config) -> None:
    """Keep what was read and what it was judged by, for `explain`, `fixes` and `classify`; readable by the user alone.

    Where there is no room that is told, and touches neither reports, store nor exit code; no earlier scan is left there to be taken for this one.
    """
    folder = data_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return
    judged_by = {
        "profile": _absolute(config.profile) if Path(config.profile).is_file() else config.profile,
        "controls": [_absolute(one) for one in config.controls],
        "register": _absolute(config.register),
        "corrections": _absolute(config.corrections),
        "acceptances": _absolute(config.acceptances),
        "attestations": _absolute(config.attestations),
        "sources": list(sources),
    }
    try:
        write_atomically(folder / "last.jsonl", _lines(collected, started), private=True)
        write_atomically(folder / "last.json", json.dumps(judged_by).encode(), private=True)
    except UsageError as error:
        for name in ("last.jsonl", "last.json"):
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        complain(
            f"{error}\nso 'tierwise explain', 'fixes' and 'classify' have nothing to look at; what else was asked for is not touched by it"
        )


def _absolute(path: str) -> str:
    return str(Path(path).resolve()) if path else ""


def last_outcome(options: Options, inventory: Path | None) -> Outcome:
    """The last scan (or a saved inventory) judged again, as it was judged then unless options say otherwise."""
    return last_judged(options, inventory)[0]


def last_shown(options: Options, inventory: Path | None) -> tuple[ScanResult, ScanResult, str]:
    """The last scan's result, the same as its audience may see it, and the audience; what both hold stands in one order."""
    from tierwise.reports.audience import for_audience

    audience = audience_of(load_config(options), quiet=options.quiet)
    result = last_outcome(options, inventory).result
    return result, for_audience(result, audience), audience


def last_judged(options: Options, inventory: Path | None, *, tiers_only: bool = False) -> tuple[Outcome, Judging]:
    """The same, with what it was judged by; `tiers_only`: what no control says, which takes less time."""
    from tierwise.connectors.inventory.files import open_inventory
    from tierwise.scan import scan

    config = load_config(options)
    sources: tuple[str, ...] = ()
    if inventory is None:
        inventory = data_dir() / "last.jsonl"
        if not inventory.is_file():
            raise UsageError(
                "there is no scan to look at yet; run 'tierwise demo' or 'tierwise scan aws' first, or name one with --inventory FILE"
            )
        then = _then()
        config, sources = _as_then(config, options, then), tuple(then.get("sources", ()))
    source = open_inventory(inventory)
    judging = load_judging(config, options.control)
    if tiers_only:
        judging = replace(judging, controls=())
    outcome = scan([source], judging, started=source.started, jobs=1)
    if sources:
        # What was scanned, and not the file in which it lies since.
        outcome = replace(outcome, result=replace(outcome.result, run=replace(outcome.result.run, sources=sources)))
    return outcome, judging


def _then() -> dict[str, Any]:
    """What the last scan was of, and judged by."""
    kept = data_dir() / "last.json"
    return json.loads(kept.read_text("utf-8")) if kept.is_file() else {}


def _as_then(config: Config, options: Options, then: Mapping[str, Any]) -> Config:
    for name in ("profile", "register", "corrections", "acceptances", "attestations"):
        if not getattr(options, name) and then.get(name):
            config = replace(config, **{name: then[name]})
    return config if options.controls_dir else replace(config, controls=tuple(then.get("controls", ())))
