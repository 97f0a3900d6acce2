"""`tierwise gate replay`: one row a plan, which controls would block most, and what other bars and modes would do; text and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tierwise.evaluate.replay import BARS, MODES, Replayed, noise, stopped
from tierwise.model.control import Control
from tierwise.model.profile import GatePolicy
from tierwise.reports.base import View
from tierwise.reports.console import Printer, console_for
from tierwise.reports.escape import json_bytes
from tierwise.reports.text import count, listed, log_lines, safe_text, short_id

REPLAY_SCHEMA: Final = "tierwise/replay/1"
_STYLE: Final = {"would pass": "green", "would block": "red", "incomplete": "yellow", "unreadable": "bold red"}


def replay_text(plans: Sequence[Replayed], profile: str, policy: GatePolicy, controls: Mapping[str, Control], view: View) -> str:
    """The replay for people."""
    from rich.table import Table
    from rich.text import Text

    console, out = console_for(view)
    page = Printer(console)
    read = [one for one in plans if not one.problem]
    blocked = sum(bool(one.blocking) for one in read)
    page.line(
        f"{count(len(plans), 'plan')} under profile {profile}, mode {policy.mode}, bar {policy.fail_on.word}: {blocked} would block", "bold"
    )
    rows = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in ("plan", "result", "resources", "blocks", "by"):
        rows.add_column(name, justify="right" if name in {"resources", "blocks"} else "left", overflow="fold")
    for one in plans:
        by = one.problem or "; ".join(one.missing) if not one.blocking else _by(one)
        cells = (short_id(one.plan, 60), one.result, f"{one.resources:,}", f"{sum(one.blocking.values()):,}", safe_text(by, 200))
        rows.add_row(*(Text(cell, style=_STYLE[one.result] if number == 1 else "") for number, cell in enumerate(cells)))
    console.print(rows)
    found = noise(read)
    if found:
        page.title("What would block most")
    for each in found:
        title = controls[each.control].title if each.control in controls else ""
        page.bullet(f"{each.control} {title}: {each.plans} of {count(len(read), 'plan')}, {count(each.findings, 'finding')}")
    if read:
        page.title(f"Plans that would block at each bar, of {len(read)}")
        bars = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
        for name in ("bar", *(f"--gate {mode}" for mode in MODES)):
            bars.add_column(name, justify="left" if name == "bar" else "right")
        for bar in BARS:
            bars.add_row(f"--fail-on {bar.word}", *(str(stopped(read, mode, bar)) for mode in MODES))
        console.print(bars)
    return log_lines(out.getvalue())


def _by(one: Replayed) -> str:
    return listed([f"{control} ({number})" if number > 1 else control for control, number in one.blocking.items()], 6)


def replay_json(plans: Sequence[Replayed], profile: str, policy: GatePolicy) -> bytes:
    """The replay for machines, `tierwise/replay/1`."""
    read = [one for one in plans if not one.problem]
    document: dict[str, Any] = {
        "schema": REPLAY_SCHEMA,
        "profile": profile,
        "mode": policy.mode,
        "fail_on": policy.fail_on.word,
        "plans": [
            {
                "plan": one.plan,
                "result": one.result,
                "resources": one.resources,
                "blocking": dict(one.blocking),
                "missing": list(one.missing),
                "problem": one.problem or None,
            }
            for one in plans
        ],
        "controls": [{"control": one.control, "plans": one.plans, "findings": one.findings} for one in noise(read)],
        "bars": [{"mode": mode, "fail_on": bar.word, "plans": stopped(read, mode, bar)} for mode in MODES for bar in BARS],
    }
    return json_bytes(document) + b"\n"
