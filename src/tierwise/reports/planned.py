"""What a plan weakens, raises, lowers and takes away, and what only the applied plan will tell, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from tierwise.model.change import LiveRead, Pending, PlanChange, RungChange, TierMove, Weakening
from tierwise.reports.text import count, listed

_MOST: Final = 6


def sentences(one: PlanChange) -> Iterator[str]:
    """What one change of a plan means; nothing for a resource that only moves."""
    if one.loses is not None:
        why = f" ({one.detail})" if one.detail else ""
        back = listed([f"{part.fact} {part.value}" for part in one.loses], _MOST)
        kept = f"; before it goes: {back}" if back else ""
        yield f"{'is replaced' if one.action.value == 'replace' else 'goes'}, and its data with it{why}{kept}"
    elif one.action.value == "forget":
        yield "leaves Terraform's hands and goes on existing: no later plan will show what becomes of it"
    if one.tier is not None:
        yield _moved(one.tier)
    yield from map(_weakened, one.weakened)


def bare(one: PlanChange) -> PlanChange:
    """The change without the values of facts, for those who may not see them."""
    return replace(
        one,
        weakened=tuple(replace(weak, before="", after="") for weak in one.weakened),
        loses=None if one.loses is None else (),
    )


def _moved(move: TierMove) -> str:
    declared = ""
    if move.declared_before != move.declared_after:
        was, now = (tier.label if tier is not None else "nothing" for tier in (move.declared_before, move.declared_after))
        declared = f" (declared {was}, now {now})"
    if move.before == move.after:
        return f"stays {move.after.label}{declared}"
    if move.after > move.before:
        return f"rises from {move.before.label} to {move.after.label}{declared}{_asks('newly asked', move.rungs)}"
    return f"falls from {move.before.label} to {move.after.label}{declared}{_asks('no longer asked', move.rungs)}"


def _asks(what: str, rungs: Sequence[RungChange]) -> str:
    names = dict.fromkeys(f"{one.control}{' (fails)' if one.after == 'fail' else ''}" for one in rungs)
    return f"; {what}: {listed(list(names), _MOST)}" if names else ""


def _weakened(one: Weakening) -> str:
    values = f" {one.before} -> {one.after}" if one.before or one.after else " is weaker"
    broken = list(dict.fromkeys(rung.control for rung in one.rungs if rung.after == "fail" and rung.before != "fail"))
    return f"{one.fact}{values}: {one.because}" + (f"; breaks {listed(broken, _MOST)}" if broken else "")


def later(pending: Sequence[Pending]) -> str:
    """What a plan leaves open until it is applied, as a heading."""
    open_ = len({print_ for one in pending for print_ in one.findings})
    held = len({key for one in pending for key in one.resources})
    return f"Open until it is applied: {count(open_, 'verdict')} on {count(held, 'resource')}"


def obligations(pending: Sequence[Pending]) -> list[str]:
    """What a plan leaves open, and the live reads that will settle it; facts of the same resources and reads in one line."""
    alike: dict[tuple[str, str, tuple[LiveRead, ...], tuple[str, ...]], list[Pending]] = {}
    for one in pending:
        alike.setdefault((one.type, one.reason, one.reads, one.resources), []).append(one)
    lines: list[str] = []
    for (kind, reason, reads, resources), found in alike.items():
        facts = listed([one.fact for one in found], _MOST)
        open_ = len({print_ for one in found for print_ in one.findings})
        calls = [f"{read.call} ({read.action})" if read.action != read.call else read.call for read in reads]
        told = f"; {listed(calls, _MOST)} will tell" if calls else ""
        lines.append(f"{facts} of {len(resources):,} {kind} ({reason}), {count(open_, 'verdict')} open{told}")
    return lines
