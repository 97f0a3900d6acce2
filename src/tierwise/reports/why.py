"""Why a resource has its tier, for people and for programs: the evidence, how strong, by which rule, in what order, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tierwise.classify.why import Change, Piece, Why
from tierwise.model.sensitivity import TIER_IDS, Classification, Tier, TierState
from tierwise.reports.base import View
from tierwise.reports.classified import conflict, resting_on
from tierwise.reports.console import Printer, console_for
from tierwise.reports.escape import json_bytes
from tierwise.reports.text import log_lines, safe_text, short_id

WHY_SCHEMA = "tierwise/why/1"


def why_text(one: Why, view: View) -> str:
    """The explanation on a page for people; for the public the tier alone, since the rest is the organisation's."""
    console, out = console_for(view)
    page = Printer(console)
    found = one.classification
    page.line(f"{one.resource.name}  ({one.resource.kind.value}, {short_id(one.resource.id, 100)})", "bold")
    page.line(f"  {_tier(found)}, {resting_on(found)}. The tier is this tool's, not a classification.")
    if view.audience == "public":
        page.line("  Why is not for the public; --audience team tells.")
        return log_lines(out.getvalue())
    if found.understated:
        page.line(f"  {conflict(found)}.")
    if found.owner or found.dataset:
        page.line(
            f"  {'; '.join(part for part in (found.owner and f'owner {found.owner}', found.dataset and f'dataset {found.dataset}') if part)}"
        )
    page.title("How it came about, in the order in which it is combined; the highest tier counts")
    for number, piece in enumerate(one.pieces, 1):
        _piece(page, number, piece)
    _changes(page, one)
    page.line()
    return log_lines(out.getvalue())


def _tier(found: Classification) -> str:
    if found.interval.settled:
        return found.tier.label
    return f"{found.tier.label}, not settled between {found.interval.lo.label} and {found.interval.hi.label}"


def _piece(page: Printer, number: int, piece: Piece) -> None:
    tier = f" -> {piece.step.tier.label}" if piece.step.tier is not None else ""
    page.bullet(f"{piece.step.because}{tier}", mark=f"{number}.")
    if piece.strength:
        page.detail("strength", piece.strength)
    page.detail("rule", f"{piece.step.rule}{f', source {piece.step.source!r}' if piece.step.source else ''}", "dim")


def _changes(page: Printer, one: Why) -> None:
    now = one.classification
    told = [change for change in one.changes if change.after is None]
    moving = [change for change in one.changes if change.after is not None and change.moves]
    still = [change for change in one.changes if change.after is not None and not change.moves]
    page.title("What would change it")
    for change in [one for one in told if one.moves]:
        _change(page, change, change.what)
    for change in sorted(moving, key=lambda change: -_after(change)):
        after = change.after
        assumed = ", assumed" if after is not None and after.state is TierState.ASSUMED else ""
        _change(page, change, f"{Tier(_after(change)).label}{assumed}: {change.what}")
    if not moving and not told:
        page.bullet("nothing that a declaration, a correction or an attestation here can say")
    if still:
        page.title(f"What would not: it stays {now.tier.label}")
        for change in still:
            page.bullet(change.what)
    for change in [one for one in told if not one.moves]:
        _change(page, change, change.what)


def _after(change: Change) -> int:
    return change.after.tier if change.after is not None else -1


def _change(page: Printer, change: Change, text: str) -> None:
    page.bullet(text)
    page.detail("by", change.way.value)
    for how in change.how:
        page.detail("write", how)


def why_json(found: Sequence[Why], view: View) -> bytes:
    """The explanations as JSON (`tierwise/why/1`); for the public without evidence and changes."""
    return json_bytes({"schema": WHY_SCHEMA, "resources": [_out(one, view) for one in found]}) + b"\n"


def _out(one: Why, view: View) -> dict[str, Any]:
    found = one.classification
    public = view.audience == "public"
    return {
        "id": one.resource.id,
        "kind": one.resource.kind.value,
        "name": one.resource.name,
        "tier": TIER_IDS[found.tier],
        "interval": [TIER_IDS[found.interval.lo], TIER_IDS[found.interval.hi]],
        "state": found.state.value,
        "evidence": [] if public else [_piece_out(piece) for piece in one.pieces],
        "changes": [] if public else [_change_out(change) for change in one.changes],
    }


def _piece_out(piece: Piece) -> dict[str, Any]:
    step = piece.step
    return {
        "rule": step.rule,
        "because": step.because,
        "source": step.source,
        "basis": piece.basis.value if piece.basis is not None else None,
        "strength": piece.strength,
        "tier": TIER_IDS[step.tier] if step.tier is not None else None,
    }


def _change_out(change: Change) -> dict[str, Any]:
    after = change.after
    return {
        "what": safe_text(change.what),
        "tier": TIER_IDS[after.tier] if after is not None else None,
        "changes_the_tier": change.moves,
        "by": change.way.value,
        "write": list(change.how),
    }
