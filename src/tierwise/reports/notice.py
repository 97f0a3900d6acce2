"""What a notice tells of a run: how it differs from the run before, and which accepted risks end soon. Only counts, names and ids."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.model.history import ROWS, Comparison, KeptRun, Move, Sort
from tierwise.model.sensitivity import Tier
from tierwise.reports.history import label
from tierwise.reports.text import count, safe_text, short_id

SCHEMA: Final = "tierwise/notice/1"
BEAT: Final = "tierwise/heartbeat/1"
TOLD: Final = (Sort.NEW, Sort.WORSE, Sort.ACCEPTANCE_ENDED, Sort.BECAME_UNKNOWN, Sort.FIXED)
"""What is told of, in this order; what else changed is in `tierwise diff`."""
_MOST: Final = 20
_LONGEST: Final = 200
_MARKS: Final = (30, 7)
"""How many days before its end an acceptance is told of."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a receiver wants to hear of, and may."""

    severity: Severity = Severity.HIGH
    """Findings at or above."""
    tier: Tier = Tier.T0
    """Findings at or above."""
    owners: tuple[str, ...] = ()
    """Findings and accepted risks of these alone; empty: of all."""
    audience: str = "team"
    """`public` hears numbers alone."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding that changed."""

    change: str
    control: str
    title: str
    severity: str
    tier: str
    assumed: bool
    resource: str
    owner: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Ends:
    """One accepted risk that ends soon."""

    controls: tuple[str, ...]
    findings: int
    expires: str
    owner: str
    file: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent."""

    run: KeptRun
    since: KeptRun | None
    """The run that it is compared with; None for the first."""
    audience: str
    counts: Mapping[str, Mapping[str, int]]
    """By change and by row of the tier."""
    findings: tuple[Told, ...] = ()
    """The worst first."""
    more: int = 0
    """How many are left out."""
    ends: tuple[Ends, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.counts and not self.ends


def notice_of(run: KeptRun, moved: Comparison | None, accepted: Sequence[Mapping[str, Any]], wanted: Wanted) -> Notice:
    """The notice of a run for one receiver. Without a comparison (the first run, or one whose predecessor is pruned) it tells of what ends alone."""
    moves = [one for one in moved.moves if _wanted(one, wanted)] if moved is not None else []
    moves.sort(
        key=lambda one: (TOLD.index(one.sort), -one.shown.tier, -one.shown.severity, one.shown.owner, one.shown.resource, one.shown.control)
    )
    counts: dict[str, Counter[str]] = {}
    for one in moves:
        counts.setdefault(one.sort.value, Counter())[one.shown.row] += 1
    since = moved.before if moved is not None else None
    ends = tuple(_ending(accepted, since.day if since is not None else "", run.day, wanted))
    if wanted.audience == "public":
        return Notice(run, since, "public", counts, ends=tuple(Ends((), one.findings, one.expires, "", "") for one in ends))
    return Notice(run, since, wanted.audience, counts, tuple(map(_told, moves[:_MOST])), max(0, len(moves) - _MOST), ends)


def _wanted(one: Move, wanted: Wanted) -> bool:
    shown = one.shown
    if one.sort not in TOLD or shown.severity < wanted.severity or shown.tier < wanted.tier:
        return False
    if one.after is not None and one.after.accepted:
        return False
    return not wanted.owners or shown.owner in wanted.owners


def _told(one: Move) -> Told:
    shown = one.shown
    title = f"unknown whether: {shown.title}" if one.after is not None and shown.verdict is Verdict.UNKNOWN else shown.title
    parts = (one.sort.value, shown.control, title, shown.severity.word, shown.tier.name)
    return Told(*parts, shown.assumed, shown.resource, shown.owner, shown.fingerprint)


def _ending(accepted: Sequence[Mapping[str, Any]], before: str, now: str, wanted: Wanted) -> Iterator[Ends]:
    """Those that have come within a month, or a week, of their end since the run before."""
    for one in accepted:
        end = date.fromisoformat(one["expires"])
        if wanted.owners and one["owner"] not in wanted.owners:
            continue
        days = [(end - timedelta(days=mark)).isoformat() for mark in _MARKS]
        if any(before < day <= now for day in days):
            yield Ends(tuple(one["controls"]), one["findings"], one["expires"], one["owner"], one["file"])


def as_beat(notice: Notice, delivery: str) -> bytes:
    """The body for what watches that there are runs: which run it was, and nothing of what it found."""
    return json.dumps({"schema": BEAT, "delivery": delivery, "run": _run(notice.run)}, separators=(",", ":")).encode()


def _run(run: KeptRun) -> dict[str, str]:
    return {"id": run.id, "started": run.started, "gate": run.gate}


def as_json(notice: Notice, delivery: str) -> bytes:
    """The body for a receiver that takes JSON; `docs/notifications.md` has its fields."""
    run, since = notice.run, notice.since
    made = {
        "schema": SCHEMA,
        "delivery": delivery,
        "run": _run(run),
        "since": {"id": since.id, "started": since.started} if since is not None else None,
        "counts": notice.counts,
        "findings": [
            {
                "change": one.change,
                "control": one.control,
                "title": _cut(one.title),
                "severity": one.severity,
                "tier": one.tier,
                "assumed": one.assumed,
                "resource": _cut(one.resource),
                "owner": _cut(one.owner) or None,
                "fingerprint": one.fingerprint,
            }
            for one in notice.findings
        ],
        "more": notice.more,
        "acceptances_ending": [
            {
                "controls": list(one.controls),
                "findings": one.findings,
                "expires": one.expires,
                "owner": one.owner or None,
                "file": one.file or None,
            }
            for one in notice.ends
        ],
    }
    return json.dumps(made, ensure_ascii=True).encode()


def as_chat(notice: Notice) -> bytes:
    """The body for a chat: plain text, in which nothing becomes a link, a mention, a picture or a mark."""
    text = "\n".join(_lines(notice))
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "\N{FULLWIDTH COMMERCIAL AT}"), ("](", "] (")):
        text = text.replace(sign, written)
    return json.dumps({"text": text, "mrkdwn": False, "parse": "none", "unfurl_links": False, "unfurl_media": False}).encode()


def _lines(notice: Notice) -> Iterator[str]:
    run, since = notice.run, notice.since
    told = [f"{sum(notice.counts[sort.value].values()):,} {sort.value}" for sort in TOLD if sort.value in notice.counts]
    when = f"since {since.day}" if since is not None else "in the first run"
    yield f"tierwise, {run.day}: {', '.join(told) or 'nothing changed'} {when} (run {run.id}, gate {run.gate})"
    for sort in TOLD if notice.counts else ():
        rows = notice.counts.get(sort.value, {})
        if rows:
            yield f"{sort.value}: {', '.join(f'{rows[row]:,} {label(row)}' for row in ROWS if row in rows)}"
    for one in notice.findings:
        owner = f", owner {_cut(one.owner)}" if one.owner else ", no owner"
        tier = f"{one.tier}{', assumed' if one.assumed else ''}"
        yield f"- {one.change}, {one.severity}, {tier}: {short_id(one.resource)}: {_cut(one.title)} ({one.control}){owner}"
    if notice.more and since is not None:
        yield f"and {notice.more:,} more: tierwise diff {since.id} {run.id}"
    for end in notice.ends:
        what = f"{', '.join(end.controls)} on " if end.controls else ""
        where = f" ({_cut(end.file)})" if end.file else ""
        yield f"- an accepted risk ends on {end.expires}: {what}{count(end.findings, 'finding')}{where}"


def _cut(text: str) -> str:
    return safe_text(text, _LONGEST)
